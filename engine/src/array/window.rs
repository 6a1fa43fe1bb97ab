//! Elements viewed in place, through the views of an expression.

use ndarray::{ArrayViewD, Axis, IxDyn, ShapeBuilder};

use crate::expr::Kind;
use crate::source::{Data, Source};
use crate::view::AxisMap;
use crate::{Element, Error, Expr, Result};

/// Elements in place: bytes in memory or in a map, and how the elements lie in them.
#[derive(Clone, Debug)]
pub struct Window<'a> {
    /// The bytes of all elements of the source.
    pub bytes: &'a [u8],
    /// The first element's offset in `bytes`.
    pub offset: usize,
    /// Bytes from one element to the next along each axis of the view; 0 along an axis that repeats.
    pub strides: Vec<isize>,
}

impl Expr {
    /// The elements in place, if this is views of a contiguous source. With `check`, the checksums of the source are
    /// checked first.
    ///
    /// # Errors
    /// When the source is damaged or cannot be read.
    #[doc(hidden)]
    pub fn window(&self, check: bool) -> Result<Option<Window<'_>>> {
        match &self.0.kind {
            Kind::Source(source) => whole(source.as_ref(), check),
            Kind::View { input, view } => match &input.0.kind {
                Kind::Source(source) => {
                    Ok(whole(source.as_ref(), check)?.map(|seen| seen.through(&view.0, self.ndim())))
                }
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }
}

/// All elements of a source, if they are contiguous.
fn whole(source: &dyn Source, check: bool) -> Result<Option<Window<'_>>> {
    let pieces = source.shape().iter().zip(source.chunk_shape()).any(|(n, chunk)| n > chunk);
    if pieces || !source.in_place() || cfg!(target_endian = "big") {
        return Ok(None);
    }
    let strides = source.strides().to_vec();
    if source.shape().contains(&0) {
        return Ok(Some(Window { bytes: &[], offset: 0, strides }));
    }
    let located = source.locate(&vec![0; strides.len()])?;
    let Data::InPlace(bytes) = located.data else { return Ok(None) };
    if check && source.has_checksums() {
        source.check(&located, 0..bytes.len())?;
    }
    source.intact()?;
    Ok(Some(Window { bytes, offset: source.offset(), strides }))
}

impl<'a> Window<'a> {
    /// The same elements through a view of `ndim` axes.
    fn through(self, maps: &[AxisMap], ndim: usize) -> Window<'a> {
        let (mut offset, mut strides) = (self.offset as isize, vec![0; ndim]);
        for (map, stride) in maps.iter().zip(&self.strides) {
            match *map {
                AxisMap::At(index) => offset += stride * index as isize,
                AxisMap::Along { axis, start, step } => {
                    offset += stride * start as isize;
                    if let Some(along) = strides.get_mut(axis) {
                        *along += stride * step as isize;
                    }
                }
            }
        }
        // an empty view may begin behind the last element
        let offset = if self.bytes.is_empty() { 0 } else { offset.max(0) as usize };
        Window { offset, strides, ..self }
    }
}

/// The elements of `expr` in place; `None` where an axis is repeated.
pub(super) fn view<T: Element>(expr: &Expr) -> Result<Option<ArrayViewD<'_, T>>> {
    let Some(Window { bytes, offset, mut strides }) = expr.window(true)? else { return Ok(None) };
    let shape: Vec<usize> = expr.shape().iter().map(|&n| n as usize).collect();
    if shape.contains(&0) {
        return Ok(ArrayViewD::from_shape(IxDyn(&shape), &[]).ok());
    }
    let item = size_of::<T>() as isize;
    if strides.iter().zip(&shape).any(|(&stride, &n)| n > 1 && stride == 0) {
        return Ok(None);
    }
    // an axis of length 1 may have any stride, and a negative one is turned
    let mut turned = Vec::new();
    let mut first = offset;
    for (axis, (stride, &n)) in strides.iter_mut().zip(&shape).enumerate() {
        if n == 1 {
            *stride = item;
        } else if *stride < 0 {
            first = first.saturating_sub(stride.unsigned_abs() * (n - 1));
            *stride = -*stride;
            turned.push(axis);
        }
    }
    if strides.iter().any(|stride| stride % item != 0) {
        return Ok(None);
    }
    let steps: Vec<usize> = strides.iter().map(|&stride| (stride / item) as usize).collect();
    let last: usize = shape.iter().zip(&steps).map(|(n, step)| (n - 1) * step).sum();
    let used = first..first + (last + 1) * item as usize;
    let Some(elements) = bytes.get(used).and_then(|bytes| bytemuck::try_cast_slice(bytes).ok()) else {
        return Ok(None);
    };
    let seen = ArrayViewD::from_shape(IxDyn(&shape).strides(IxDyn(&steps)), elements);
    let mut seen = seen.map_err(|e| Error::Shape(e.to_string()))?;
    turned.into_iter().for_each(|axis| seen.invert_axis(Axis(axis)));
    Ok(Some(seen))
}
