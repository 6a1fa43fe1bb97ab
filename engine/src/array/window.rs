//! Elements viewed in place, through the views of an expression.

use ndarray::{ArrayViewD, Axis, IxDyn, ShapeBuilder};

use crate::expr::Kind;
use crate::source::{Data, Source};
use crate::view::{AxisMap, View};
use crate::{Element, Error, Expr, Result};

/// The elements of `expr` in place, if it is views of a contiguous source.
pub(super) fn view<T: Element>(expr: &Expr) -> Result<Option<ArrayViewD<'_, T>>> {
    match &expr.0.kind {
        Kind::Source(source) => whole(source.as_ref()),
        Kind::View { input, view } => match &input.0.kind {
            Kind::Source(source) => {
                let seen = whole(source.as_ref())?;
                Ok(seen.and_then(|seen| through(seen, view, expr.shape())))
            }
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// All elements of a source, if they are contiguous.
fn whole<T: Element>(source: &dyn Source) -> Result<Option<ArrayViewD<'_, T>>> {
    let item = size_of::<T>();
    let pieces = source.shape().iter().zip(source.chunk_shape()).any(|(n, chunk)| n > chunk);
    if pieces || !source.in_place() || cfg!(target_endian = "big") {
        return Ok(None);
    }
    let shape: Vec<usize> = source.shape().iter().map(|&n| n as usize).collect();
    if shape.contains(&0) {
        return Ok(ArrayViewD::from_shape(IxDyn(&shape), &[]).ok());
    }
    let located = source.locate(&vec![0; shape.len()])?;
    let Data::InPlace(bytes) = located.data else { return Ok(None) };
    if source.has_checksums() {
        source.check(&located, 0..bytes.len())?;
    }
    source.intact()?;
    let steps = source.strides().iter().map(|&stride| usize::try_from(stride).ok().filter(|s| s % item == 0));
    let Some(steps) = steps.map(|stride| stride.map(|s| s / item)).collect::<Option<Vec<usize>>>() else {
        return Ok(None);
    };
    let last = shape.iter().zip(&steps).map(|(n, step)| (n - 1) * step).sum::<usize>();
    let used = source.offset()..source.offset() + (last + 1) * item;
    let Some(elements) = bytes.get(used).and_then(|bytes| bytemuck::try_cast_slice(bytes).ok()) else {
        return Ok(None);
    };
    ArrayViewD::from_shape(IxDyn(&shape).strides(IxDyn(&steps)), elements)
        .map(Some)
        .map_err(|e| Error::Shape(e.to_string()))
}

/// `seen` through a view of `shape`; `None` where an axis is repeated.
fn through<'a, T>(mut seen: ArrayViewD<'a, T>, view: &View, shape: &[u64]) -> Option<ArrayViewD<'a, T>> {
    // for each axis left of the array, the axis of the view that it becomes
    let mut becomes = Vec::new();
    for (at, map) in view.0.iter().enumerate().rev() {
        match *map {
            AxisMap::At(index) => seen = seen.index_axis_move(Axis(at), index as usize),
            AxisMap::Along { axis, start, step } => {
                let count = *shape.get(axis)? as i64;
                let last = start + step * (count - 1);
                let (low, high) = if count == 0 { (0, -1) } else { (start.min(last), start.max(last)) };
                let slice = ndarray::Slice::new(low as isize, Some(high as isize + 1), step as isize);
                seen.slice_axis_inplace(Axis(at), slice);
                becomes.insert(0, axis);
            }
        }
    }
    let mut order: Vec<usize> = (0..becomes.len()).collect();
    order.sort_by_key(|&k| becomes[k]);
    let mut seen = seen.permuted_axes(IxDyn(&order));
    for (axis, &len) in shape.iter().enumerate() {
        match becomes.iter().filter(|&&b| b == axis).count() {
            0 if len == 1 => seen = seen.insert_axis(Axis(axis)),
            1 => {}
            _ => return None,
        }
    }
    Some(seen)
}
