//! Assignment to scattered elements of a stored array.
//!
//! The indices and the values are read in batches, in C order of the assigned region. The elements of a batch are
//! sorted by the chunk that they change. Each of these chunks is then read, changed and written once. Of several values
//! for one element, the last one in C order stays, as in NumPy, or they are combined one after the other.

use std::path::Path;
use std::sync::Arc;

use arrstore_format::{ArrayId, Grid, Meta, Transaction};

use super::finished;
use crate::compose::{Indexed, Part};
use crate::op::Op;
use crate::operator::gather::resolve;
use crate::plan::{Plan, Target};
use crate::program::tiles::rows;
use crate::region::fitted;
use crate::sink::{Sink, Spill};
use crate::source::elements;
use crate::view::{AxisMap, Index, View};
use crate::{Budget, Context, DType, Error, Expr, Result, Value};

/// The part of the budget that a batch takes.
const SHARE: u64 = 8;
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

    /// Assigns `values`, which have the shape of the region and the type of the array.
    ///
    /// # Errors
    /// When an index is out of bounds; errors of the computation and of the file.
    pub(crate) fn write(
        &self,
        (transaction, id): (&Transaction, ArrayId),
        values: &Expr,
        how: How,
        context: &Context,
    ) -> Result<()> {
        if elements(&self.shape)? == 0 {
            return Ok(());
        }
        let meta = transaction.meta(id)?;
        let (mut inputs, held) = settled(self.indexed.indices.iter().chain([values]), context)?;
        let values = inputs.pop().ok_or_else(|| Error::internal("no values"))?;
        let total = context.budget.total();
        let item = meta.dtype.size() as u64;
        // a point, the indices and the value of an element, and as much again for the results of the plan
        let each = size_of::<Point>() as u64 + 2 * (8 * inputs.len() as u64 + 4 * item);
        let batch = (total / SHARE / each).clamp(FEW, MANY);
        let parts = parts(&meta);
        let part = parts.chunk_shape().iter().fold(item, |bytes, &n| bytes.saturating_mul(n));
        let scratch =
            (meta.chunk_bytes() as u64).saturating_mul(2).saturating_add(meta.encode_scratch() as u64);
        let planned = total / 2;
        let bytes = [batch.saturating_mul(each), part, scratch, planned, held]
            .into_iter()
            .fold(0, u64::saturating_add);
        let _permit = context.budget.take(bytes, "an assignment to scattered elements")?;
        let within = Context { budget: Budget::new(planned), progress: None, ..context.clone() };

        let batches = Grid::new(&self.shape, &rows(&self.shape, batch));
        let mut done = 0;
        for number in 0..batches.len() {
            context.go_on()?;
            let index = batches.index(number);
            let (start, shape) = (batches.start(&index), batches.extent(&index));
            let values = self.read(&inputs, &values, (&start, &shape), &within)?;
            self.change((transaction, id, &meta), &parts, (&start, &shape), &values, how)?;
            done += shape.iter().product::<u64>();
            if let Some(progress) = &context.progress {
                progress(done, self.shape.iter().product());
            }
        }
        Ok(())
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
        let indices: Vec<&[i64]> = indices
            .iter()
            .map(|value| bytemuck::try_cast_slice(value.bytes()).map_err(|e| Error::internal(&e.to_string())))
            .collect::<Result<_>>()?;
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

/// The same arrays, so that a part of them costs no more than its elements: computed to memory, or to files if they are
/// large. Views of stored arrays stay as they are. With them comes the number of bytes in memory.
fn settled<'e>(exprs: impl Iterator<Item = &'e Expr>, context: &Context) -> Result<(Vec<Expr>, u64)> {
    let mut all: Vec<Expr> = exprs.cloned().collect();
    let computed: Vec<usize> = (0..all.len()).filter(|&k| !all[k].is_stored()).collect();
    let bytes = |k: &usize| crate::source::bytes(all[*k].dtype().size(), all[*k].shape());
    let total =
        computed.iter().map(bytes).try_fold(0u64, |sum, bytes| Ok::<_, Error>(sum.saturating_add(bytes?)))?;
    let held = total <= context.budget.total() / SHARE;
    let folder = context.tmp.clone().unwrap_or_else(|| ".".into());
    let mut spills: Vec<Option<Arc<Spill>>> = Vec::new();
    let mut roots = Vec::new();
    for &k in &computed {
        let spill = if held { None } else { Some(spill(&folder, &all[k])?) };
        let target = spill.clone().map_or(Target::Memory, |spill| Target::Sink(spill as Arc<dyn Sink>));
        roots.push((all[k].clone(), target));
        spills.push(spill);
    }
    if roots.is_empty() {
        return Ok((all, 0));
    }
    let plan = Plan::new(&roots, context)?;
    drop(roots);
    let values = plan.run(context)?;
    for ((k, spill), value) in computed.into_iter().zip(spills).zip(values) {
        all[k] = match (spill, value) {
            (Some(spill), _) => Expr::source(Arc::new(finished(spill)?.into_source()?))?,
            (None, Some(value)) => Expr::source(Arc::new(value))?,
            (None, None) => return Err(Error::internal("the plan gave no value")),
        };
    }
    Ok((all, if held { total } else { 0 }))
}

fn spill(folder: &Path, expr: &Expr) -> Result<Arc<Spill>> {
    let chunk = rows(expr.shape(), PART / expr.dtype().size() as u64);
    Ok(Arc::new(Spill::create(folder, expr.dtype(), expr.shape(), &chunk)?))
}
