//! Subscripts with arrays of indices and masks, by NumPy's rules.
//!
//! Slices, integers and new axes make a view. Arrays of indices broadcast together, and their axes take the place of
//! the first of them if no slice, new axis or `...` stands between them; otherwise they come first. A mask stands for
//! the indices of its true elements, one array for each of its axes.

use crate::view::{Index, broadcast_shape, show};
use crate::{Context, DType, Error, Expr, Kind, Result};

/// One part of a subscript.
#[derive(Clone, Debug)]
pub enum Part {
    /// An integer, a slice, a new axis, or `...`.
    Index(Index),
    /// An array of indices, or a mask.
    Array(Expr),
}

/// A subscript with arrays, of an array of a known shape.
pub(crate) struct Indexed {
    /// Integers, slices and new axes, with `:` for the axes that arrays index: a view.
    pub(crate) view: Vec<Index>,
    /// The axis of the array and its axis in the view, for each array of indices.
    pub(crate) axes: Vec<(usize, usize)>,
    /// The arrays of indices, broadcast together.
    pub(crate) indices: Vec<Expr>,
    /// The given arrays of indices that are not checked yet, each with the length and the number of its axis.
    pub(crate) unknown: Vec<(Expr, u64, usize)>,
    /// The shape of the arrays of indices.
    pub(crate) shape: Vec<u64>,
    /// The place of their axes among the other axes of the view.
    pub(crate) place: usize,
}

impl Expr {
    /// A subscript as NumPy's `a[...]`. It is a view if there are no arrays in it. A mask is counted with the memory and
    /// threads of `context`.
    ///
    /// # Errors
    /// As NumPy: too many indices, an index out of bounds, a mask of another shape, indices that are not integers.
    pub fn subscript(&self, parts: &[Part], context: &Context) -> Result<Expr> {
        let arrays = parts.iter().filter(|part| matches!(part, Part::Array(_))).count();
        if arrays == 0 {
            return self.index(&parts.iter().filter_map(Part::index).collect::<Vec<_>>());
        }
        if let Some(mask) = self.covering_mask(parts) {
            return self.masked(mask, context);
        }
        let Indexed { view, axes, indices, shape, place, .. } = Indexed::new(self.shape(), parts, context)?;
        let view = self.index(&view)?;
        if axes.is_empty() {
            // a mask without axes makes an axis of length 0 or 1
            let wide = view.expand_dims(&[place as i64])?;
            let mut all = vec![Index::ALL; wide.ndim()];
            all[place] = (0..shape.iter().product()).into();
            return wide.index(&all);
        }
        let (names, axes): (Vec<usize>, Vec<usize>) = axes.into_iter().unzip();
        view.gather(&axes, &names, &indices, place)
    }

    /// The mask, if it is the only part beside `...` and has all axes of the array.
    fn covering_mask<'p>(&self, parts: &'p [Part]) -> Option<&'p Expr> {
        let mut others = parts.iter().filter(|part| !part.is_ellipsis());
        match (others.next(), others.next()) {
            (Some(Part::Array(mask)), None) if parts.len() <= 2 => {
                let covers = mask.dtype() == DType::Bool && mask.ndim() > 0 && mask.shape() == self.shape();
                covers.then_some(mask)
            }
            _ => None,
        }
    }
}

/// The parts with slices for the axes that are left out, after `...` or at the end.
fn filled(shape: &[u64], parts: &[Part]) -> Result<Vec<Part>> {
    let named: usize = parts.iter().map(Part::axes).sum();
    let Some(rest) = shape.len().checked_sub(named) else {
        return Err(Error::Shape(format!(
            "too many indices: the array has {} dimension(s), but {named} were indexed",
            shape.len()
        )));
    };
    let ellipses = parts.iter().filter(|part| part.is_ellipsis()).count();
    if ellipses > 1 {
        return Err(Error::Shape("an index can only have a single ellipsis ('...')".into()));
    }
    let whole = || std::iter::repeat_n(Part::Index(Index::ALL), rest);
    let mut full = Vec::new();
    for part in parts {
        // the mark stays: it parts the arrays beside it even where it stands for no axis
        full.push(part.clone());
        if part.is_ellipsis() {
            full.extend(whole());
        }
    }
    if ellipses == 0 {
        full.extend(whole());
    }
    Ok(full)
}

impl Indexed {
    /// The subscript `parts` of an array of `shape`. Masks are counted with the memory and threads of `context`.
    ///
    /// # Errors
    /// As [`Expr::subscript`].
    pub(crate) fn new(shape: &[u64], parts: &[Part], context: &Context) -> Result<Indexed> {
        let (mut view, mut axes, mut indices) = (Vec::new(), Vec::new(), Vec::new());
        let mut given = Vec::new();
        let mut lone: Option<u64> = None;
        // the axis of the array, and that of the view
        let (mut axis, mut of_view) = (0, 0);
        let (mut place, mut runs, mut inside) = (0, 0, false);
        for part in filled(shape, parts)? {
            // integers beside arrays of indices count as such arrays
            let advanced = matches!(part, Part::Array(_) | Part::Index(Index::At(_)));
            if advanced && !inside {
                runs += 1;
                // the axes of the view so far that no array indexes come first
                place = of_view - axes.len();
            }
            inside = advanced;
            match part {
                Part::Index(Index::Ellipsis) => {}
                Part::Index(index) => {
                    view.push(index);
                    axis += usize::from(index != Index::NewAxis);
                    of_view += usize::from(!matches!(index, Index::At(_)));
                }
                Part::Array(mask) if mask.dtype() == DType::Bool && mask.ndim() == 0 => {
                    let count = mask.expand_dims(&[0])?.flatnonzero(context)?.shape().iter().product();
                    lone = Some(lone.unwrap_or(1).min(count));
                }
                Part::Array(mask) if mask.dtype() == DType::Bool => {
                    check_mask(&mask, shape, axis)?;
                    for places in mask.nonzero(context)? {
                        view.push(Index::ALL);
                        axes.push((axis, of_view));
                        indices.push(places);
                        (axis, of_view) = (axis + 1, of_view + 1);
                    }
                }
                Part::Array(array) => {
                    check_indices(&array)?;
                    let index = array.typed()?.cast(DType::I64)?;
                    given.push((array, index.clone(), shape[axis], axis));
                    view.push(Index::ALL);
                    axes.push((axis, of_view));
                    indices.push(index);
                    (axis, of_view) = (axis + 1, of_view + 1);
                }
            }
        }
        let lone = lone.map(|length| vec![length]);
        let shapes: Vec<&[u64]> = indices.iter().map(Expr::shape).chain(lone.as_deref()).collect();
        let shape = broadcast_shape(shapes).map_err(|error| match error {
            Error::Shape(words) => Error::Shape(words.replace("operands", "shape mismatch: indexing arrays")),
            other => other,
        })?;
        let mut unknown = Vec::new();
        // where nothing is chosen, NumPy looks at no index
        for (array, index, size, axis) in given.into_iter().filter(|_| !shape.contains(&0)) {
            if !array.check_known(size, axis)? {
                unknown.push((index, size, axis));
            }
        }
        let indices = indices.iter().map(|index| index.broadcast_to(&shape)).collect::<Result<_>>()?;
        Ok(Indexed { view, axes, indices, unknown, shape, place: if runs > 1 { 0 } else { place } })
    }
}

impl Part {
    fn index(&self) -> Option<Index> {
        match self {
            Part::Index(index) => Some(*index),
            Part::Array(_) => None,
        }
    }

    fn is_ellipsis(&self) -> bool {
        matches!(self, Part::Index(Index::Ellipsis))
    }

    /// Axes of the array that it indexes.
    fn axes(&self) -> usize {
        match self {
            Part::Index(Index::At(_) | Index::Slice { .. }) => 1,
            Part::Index(_) => 0,
            Part::Array(array) if array.dtype() == DType::Bool => array.ndim(),
            Part::Array(_) => 1,
        }
    }
}

/// Checks the shape of a mask of the axes from `axis` on. As in NumPy, an axis without elements fits any.
fn check_mask(mask: &Expr, shape: &[u64], axis: usize) -> Result<()> {
    for (k, (&found, &size)) in mask.shape().iter().zip(shape.get(axis..).unwrap_or_default()).enumerate() {
        if found != size && found != 0 {
            return Err(Error::Shape(format!(
                "boolean index did not match indexed array along axis {}; size of axis is {size} but size of corresponding boolean axis is {found}",
                axis + k
            )));
        }
    }
    Ok(())
}

/// Refuses indices that are not integers.
pub(super) fn check_indices(array: &Expr) -> Result<()> {
    match array.dtype().kind() {
        Kind::Signed | Kind::Unsigned => Ok(()),
        _ => Err(Error::Value(format!(
            "arrays used as indices must be of integer (or boolean) type, found {} of shape {}",
            array.dtype(),
            show(array.shape())
        ))),
    }
}
