//! Assignment to scattered elements of a stored array.
//!
//! The indices and the values are read in batches, in C order of the assigned region. The elements of a batch are
//! sorted by the chunk that they change. Each of these chunks is then read, changed and written once. Of several values
//! for one element, the last one in C order stays, as in NumPy, or they are combined one after the other.

mod staged;

use arrstore_format::{ArrayId, Grid, Meta, Transaction};

use crate::compose::{Indexed, Part};
use crate::op::{Op, Reduction};
use crate::operator::gather::resolve;
use crate::plan::{Plan, Target};
use crate::program::tiles::rows;
use crate::region::fitted;
use crate::source::elements;
use crate::view::{AxisMap, Index, View};
use crate::{Context, DType, Error, Expr, ReduceOptions, Result, Value};
pub(crate) use staged::Staged;

/// The part of the budget that a batch takes, and that computed inputs may take.
pub(crate) const SHARE: u64 = 8;
/// The fewest elements of a batch.
const FEW: u64 = 1 << 10;
/// The most elements of a batch.
const MANY: u64 = 1 << 21;
/// A chunk of more bytes is changed in parts,
const WHOLE: u64 = 16 << 20;
/// of this many bytes.
const PART: u64 = 1 << 20;

/// What becomes of the old element and the value for it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// The value takes the element's place.
    Set,
    /// An operation of both.
    Combine(Op),
}

/// The elements of an array that a subscript with arrays names.
pub(crate) struct Scatter {
    indexed: Indexed,
    /// For each axis of the array, the source of its index: an axis of the view, or a number.
    maps: Vec<AxisMap>,
    /// For each axis of the view, the number of its array of indices, or the axis of the region.
    axes: Vec<Along>,
    /// The shape of the region.
    shape: Vec<u64>,
}

/// The memory of an assignment.
struct Sizes {
    /// The elements of a batch.
    batch: u64,
    /// The bytes of the plan that reads a batch.
    planned: u64,
    /// All bytes.
    total: u64,
}

#[derive(Clone, Copy)]
enum Along {
    Indices(usize),
    Region(usize),
}

/// One element to change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    /// The part of the array that it lies in, and its place there.
    part: u64,
    place: u64,
    /// The number of its value.
    value: usize,
}

impl Scatter {
    /// The elements of an array of `shape` that a subscript names.
    ///
    /// # Errors
    /// As NumPy: too many indices, an index out of bounds.
    fn new(shape: &[u64], indexed: Indexed) -> Result<Scatter> {
        let (View(maps), of_view) = View::subscript(shape, &indexed.view)?;
        let (rank, place) = (indexed.shape.len(), indexed.place);
        let (mut axes, mut region) = (Vec::new(), Vec::new());
        for (axis, &n) in of_view.iter().enumerate() {
            match indexed.axes.iter().position(|&(_, view)| view == axis) {
                Some(number) => axes.push(Along::Indices(number)),
                None => {
                    axes.push(Along::Region(if region.len() < place {
                        region.len()
                    } else {
                        region.len() + rank
                    }));
                    region.push(n);
                }
            }
        }
        region.splice(place..place, indexed.shape.iter().copied());
        elements(&region)?;
        Ok(Scatter { indexed, maps, axes, shape: region })
    }

    /// The elements of an array of `shape` that the parts of a subscript name. Masks are counted with the memory and
    /// threads of `context`.
    ///
    /// # Errors
    /// As NumPy: too many indices, an index out of bounds, a mask of another shape.
    pub(crate) fn named(shape: &[u64], parts: &[Part], context: &Context) -> Result<Scatter> {
        Scatter::new(shape, Indexed::new(shape, parts, context)?)
    }

    /// `value`, cast and broadcast to the region, and whether that drops imaginary parts.
    pub(crate) fn fitted(&self, value: &Expr, meta: &Meta) -> Result<(Expr, bool)> {
        fitted(value, meta.dtype, &self.shape)
    }

    /// The shape of the region: that of the values.
    pub(crate) fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Checks the indices before anything is computed with them.
    ///
    /// # Errors
    /// When an index is out of bounds; errors of the computation.
    pub(crate) fn check(&self, context: &Context) -> Result<()> {
        let mut ends = Vec::new();
        let mut roots = Vec::new();
        for (array, size, axis) in self.indexed.unknown.iter().filter(|given| !given.0.shape().contains(&0)) {
            for reduction in [Reduction::Min, Reduction::Max] {
                ends.push((*size, *axis));
                roots.push((array.reduce(reduction, &ReduceOptions::default())?, Target::Memory));
            }
        }
        if roots.is_empty() {
            return Ok(());
        }
        let found = Plan::new(&roots, context)?.run(context)?;
        for ((size, axis), value) in ends.into_iter().zip(found.iter().flatten()) {
            for &index in integers(value)? {
                resolve(index, size, axis)?;
            }
        }
        Ok(())
    }

    /// Assigns `values`, which have the shape of the region and the type of the array.
    ///
    /// # Errors
    /// When an index is out of bounds; errors of the computation and of the file.
    pub(crate) fn write(
        self,
        place: (&Transaction, ArrayId),
        values: &Expr,
        how: How,
        context: &Context,
    ) -> Result<()> {
        self.check(context)?;
        let staged = self.staged(values, context.budget.total() / SHARE, context)?;
        let roots = staged.roots();
        let found = if roots.is_empty() { Vec::new() } else { Plan::new(&roots, context)?.run(context)? };
        drop(roots);
        staged.settled(found)?.write(place, how, context)
    }

    /// The memory of an assignment of `inputs` arrays, of which `held` bytes are in memory.
    fn sizes(&self, meta: &Meta, inputs: usize, held: u64, context: &Context) -> Sizes {
        let total = context.budget.total();
        let item = meta.dtype.size() as u64;
        // a point, the indices and the value of an element, and as much again for the results of the plan
        let each = size_of::<Point>() as u64 + 2 * (8 * inputs.saturating_sub(1) as u64 + 4 * item);
        let batch = (total / SHARE / each).clamp(FEW, MANY).min(self.shape.iter().product::<u64>().max(1));
        let part = parts(meta).chunk_shape().iter().fold(item, |bytes, &n| bytes.saturating_mul(n));
        let scratch =
            (meta.chunk_bytes() as u64).saturating_mul(2).saturating_add(meta.encode_scratch() as u64);
        let planned = total / 2;
        let bytes = [batch.saturating_mul(each), part, scratch, planned, held];
        Sizes { batch, planned, total: bytes.into_iter().fold(0, u64::saturating_add) }
    }

    /// The indices and the values of a box of the region.
    fn read(
        &self,
        indices: &[Expr],
        values: &Expr,
        (start, shape): (&[u64], &[u64]),
        context: &Context,
    ) -> Result<Vec<Value>> {
        let slices: Vec<Index> =
            start.iter().zip(shape).map(|(&first, &n)| (first..first + n).into()).collect();
        let of_indices =
            slices.get(self.indexed.place..).and_then(|rest| rest.get(..self.indexed.shape.len()));
        let of_indices = of_indices.unwrap_or_default();
        let mut roots = Vec::new();
        for index in indices {
            roots.push((index.index(of_indices)?, Target::Memory));
        }
        roots.push((values.index(&slices)?, Target::Memory));
        Ok(Plan::new(&roots, context)?.run(context)?.into_iter().flatten().collect())
    }

    /// Changes the elements of a box of the region.
    fn change(
        &self,
        (transaction, id, meta): (&Transaction, ArrayId, &Meta),
        parts: &Grid,
        (start, shape): (&[u64], &[u64]),
        read: &[Value],
        how: How,
    ) -> Result<()> {
        let Some((values, indices)) = read.split_last() else { return Ok(()) };
        let points = self.points(parts, (start, shape), indices)?;
        let item = meta.dtype.size();
        let mut bytes = Vec::new();
        for group in points.chunk_by(|a, b| a.part == b.part) {
            let index = group.first().map_or_else(Vec::new, |first| parts.index(first.part));
            let (first, extent) = (parts.start(&index), parts.extent(&index));
            bytes.resize(extent.iter().product::<u64>() as usize * item, 0);
            transaction.read(id, &first, &extent, &mut bytes)?;
            match how {
                How::Set => group.iter().for_each(|point| put(&mut bytes, point, values.bytes(), item)),
                How::Combine(op) => combine(&mut bytes, group, values.bytes(), (op, meta.dtype))?,
            }
            transaction.write(id, &first, &extent, &bytes)?;
        }
        Ok(())
    }

    /// The elements of a box of the region, sorted by the part of the array that they lie in.
    fn points(
        &self,
        parts: &Grid,
        (start, shape): (&[u64], &[u64]),
        indices: &[Value],
    ) -> Result<Vec<Point>> {
        let indices: Vec<&[i64]> = indices.iter().map(integers).collect::<Result<_>>()?;
        let (size, part) = (parts.shape(), parts.chunk_shape());
        let inner: u64 = shape.iter().skip(self.indexed.place + self.indexed.shape.len()).product();
        let each: u64 = shape.iter().skip(self.indexed.place).take(self.indexed.shape.len()).product();
        let total = shape.iter().product::<u64>();
        let mut points = Vec::with_capacity(total as usize);
        let mut at = start.to_vec();
        for value in 0..total {
            let number = value / inner.max(1) % each.max(1);
            let (mut cell, mut step) = (0, 1);
            let (mut place, mut stride) = (0, 1);
            for (axis, map) in self.maps.iter().enumerate().rev() {
                let index = match *map {
                    AxisMap::At(index) => index,
                    AxisMap::Along { axis: of_view, start, step } => match self.axes.get(of_view) {
                        Some(&Along::Region(k)) => {
                            (start + step * at.get(k).copied().unwrap_or(0) as i64) as u64
                        }
                        Some(&Along::Indices(k)) => {
                            let given = indices.get(k).and_then(|all| all.get(number as usize)).copied();
                            let given = given.ok_or_else(|| Error::internal("an index is missing"))?;
                            resolve(given, size[axis], axis)?
                        }
                        None => return Err(Error::internal("an axis without an index")),
                    },
                };
                let first = index / part[axis] * part[axis];
                (cell, step) = (cell + index / part[axis] * step, step * size[axis].div_ceil(part[axis]));
                (place, stride) =
                    (place + (index - first) * stride, stride * part[axis].min(size[axis] - first));
            }
            points.push(Point { part: cell, place, value: value as usize });
            for (k, at) in at.iter_mut().enumerate().rev() {
                *at += 1;
                if *at < start[k] + shape[k] {
                    break;
                }
                *at = start[k];
            }
        }
        points.sort_unstable();
        Ok(points)
    }
}

/// The elements of an array of int64.
fn integers(value: &Value) -> Result<&[i64]> {
    bytemuck::try_cast_slice(value.bytes()).map_err(|e| Error::internal(&e.to_string()))
}

/// The parts of an array that are changed at a time: chunks, or parts of large ones.
fn parts(meta: &Meta) -> Grid {
    let large = meta.chunk_bytes() as u64 > WHOLE;
    let part = if large {
        rows(&meta.chunk_shape, PART / meta.dtype.size() as u64)
    } else {
        meta.chunk_shape.clone()
    };
    Grid::new(&meta.shape, &part)
}

/// Puts a value in the place of an element.
fn put(elements: &mut [u8], point: &Point, values: &[u8], item: usize) {
    let (to, from) = (point.place as usize * item, point.value * item);
    if let (Some(to), Some(from)) = (elements.get_mut(to..to + item), values.get(from..from + item)) {
        to.copy_from_slice(from);
    }
}

/// Combines elements with their values, one after the other. `points` are sorted by place, then by the order of values.
fn combine(elements: &mut [u8], points: &[Point], values: &[u8], (op, dtype): (Op, DType)) -> Result<()> {
    let item = dtype.size();
    let mut runs: Vec<&[Point]> = points.chunk_by(|a, b| a.place == b.place).collect();
    let (mut old, mut more, mut new) = (Vec::new(), Vec::new(), Vec::new());
    // in each round, every place takes its next value
    let mut round = 0;
    while !runs.is_empty() {
        old.clear();
        more.clear();
        let next: Vec<&Point> = runs.iter().filter_map(|run| run.get(round)).collect();
        for point in &next {
            let (at, value) = (point.place as usize * item, point.value * item);
            old.extend_from_slice(elements.get(at..at + item).unwrap_or_default());
            more.extend_from_slice(values.get(value..value + item).unwrap_or_default());
        }
        new.resize(old.len(), 0);
        op.compute(dtype, &[&old, &more], &mut new)?;
        for (number, point) in next.into_iter().enumerate() {
            put(elements, &Point { value: number, ..*point }, &new, item);
        }
        round += 1;
        runs.retain(|run| run.len() > round);
    }
    Ok(())
}
