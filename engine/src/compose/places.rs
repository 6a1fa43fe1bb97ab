//! Places as numbers: the places of elements that are not zero, and places counted in C order.

use super::subscript::check_indices;
use super::{Mode, small, two};
use crate::source::elements;
use crate::view::Index;
use crate::{Context, DType, Error, Expr, Op, ReduceOptions, Reduction, Result};

impl Expr {
    /// The places of the elements that are not zero, in C order: one array for each axis, as NumPy's `nonzero`. They
    /// are counted with the memory and threads of `context`.
    ///
    /// # Errors
    /// When the array has no axes, or its elements cannot be counted.
    pub fn nonzero(&self, context: &Context) -> Result<Vec<Expr>> {
        if self.ndim() == 0 {
            return Err(Error::Shape("nonzero needs an array of at least one axis; a[None] has one".into()));
        }
        let places = self.argwhere(context)?;
        (0..self.ndim()).map(|k| places.index(&[Index::ALL, Index::At(k as i64)])).collect()
    }

    /// The places of the elements that are not zero, counted in C order, as NumPy's `flatnonzero`.
    ///
    /// # Errors
    /// When the elements cannot be counted.
    pub fn flatnonzero(&self, context: &Context) -> Result<Expr> {
        match self.ndim() {
            0 => self.expand_dims(&[0])?.flatnonzero(context),
            1 => self.nonzero(context).map(|mut all| all.remove(0)),
            _ => Expr::flat_places(&self.nonzero(context)?, self.shape()),
        }
    }

    /// Places along each axis of an array of `shape` as one number each, counted in C order.
    fn flat_places(places: &[Expr], shape: &[u64]) -> Result<Expr> {
        let mut step = elements(shape)?;
        let mut all: Option<Expr> = None;
        for (place, &n) in places.iter().zip(shape) {
            step /= n.max(1);
            let apart = two(Op::Multiply, &place.cast(DType::I64)?, &Expr::scalar(step as i64))?;
            all = Some(match all {
                Some(all) => two(Op::Add, &all, &apart)?,
                None => apart,
            });
        }
        all.ok_or_else(|| Error::Value("places need at least one axis".into()))
    }

    /// Places counted in C order, as one array of places for each axis of `shape`: NumPy's `unravel_index`. The places
    /// are checked at once, with the memory and threads of `context`.
    ///
    /// # Errors
    /// When a place is not inside the shape, or the places are not integers.
    pub fn unravel_index(&self, shape: &[u64], context: &Context) -> Result<Vec<Expr>> {
        let places = self.typed()?;
        check_indices(&places)?;
        let size = elements(shape)?;
        if shape.is_empty() && self.ndim() > 0 {
            return Err(Error::Shape("several places are not supported for an array without axes".into()));
        }
        let places = places.cast(DType::I64)?;
        if let Some(index) = places.outside(size, context)? {
            return Err(Error::Value(format!("index {index} is out of bounds for array with size {size}")));
        }
        let mut step = size;
        let axis = |&n: &u64| {
            step /= n.max(1);
            let of_lines = two(Op::FloorDivide, &places, &Expr::scalar(step.max(1) as i64))?;
            two(Op::Remainder, &of_lines, &Expr::scalar(n.max(1) as i64))
        };
        shape.iter().map(axis).collect()
    }

    /// Places along each axis of `shape` as one number each, counted in C order: NumPy's `ravel_multi_index`. In mode
    /// [`Mode::Raise`] the places are checked at once, with the memory and threads of `context`.
    ///
    /// # Errors
    /// When there is not one array for each axis, a place is not inside the shape, or the places are not integers.
    pub fn ravel_multi_index(
        places: &[Expr],
        shape: &[u64],
        modes: &[Mode],
        context: &Context,
    ) -> Result<Expr> {
        if places.len() != shape.len() || modes.len() != shape.len() {
            return Err(Error::Value(format!(
                "ravel_multi_index needs places and a mode for each of {} axes, found {} and {}",
                shape.len(),
                places.len(),
                modes.len()
            )));
        }
        elements(shape)?;
        let mut inside = Vec::new();
        for ((place, &n), &mode) in places.iter().zip(shape).zip(modes) {
            let place = place.typed()?;
            check_indices(&place)?;
            if mode != Mode::Raise && n == 0 && elements(place.shape())? > 0 {
                return Err(Error::Value("cannot ravel indices into a shape without elements".into()));
            }
            let place = mode.bring(&place, n)?;
            if mode == Mode::Raise
                && let Some(index) = place.outside(n, context)?
            {
                return Err(Error::Value(format!(
                    "invalid entry in coordinates array: {index} of an axis of {n}"
                )));
            }
            inside.push(place);
        }
        Expr::flat_places(&inside, shape)
    }

    /// A number of the array that is not at least 0 and below `size`, if there is one.
    fn outside(&self, size: u64, context: &Context) -> Result<Option<i64>> {
        if elements(self.shape())? == 0 {
            return Ok(None);
        }
        let ends = self.extremes(context)?;
        Ok(ends.into_iter().find(|&end| end < 0 || end as u64 >= size))
    }

    /// The least and the greatest of one `int64` or more.
    pub(super) fn extremes(&self, context: &Context) -> Result<[i64; 2]> {
        let ends: Vec<i64> = match self.known_integers()? {
            Some(known) => known,
            None => {
                let fold = |end| self.reduce(end, &ReduceOptions::default());
                let ends = [fold(Reduction::Min)?, fold(Reduction::Max)?];
                small::read(&Expr::stack(&ends, 0, None)?, context)?
            }
        };
        let ends = ends.iter().copied().min().zip(ends.iter().copied().max());
        ends.map(|(least, most)| [least, most]).ok_or_else(|| Error::internal("no number has no extremes"))
    }

    /// Whether each element is not zero, or a text that is not empty.
    pub(crate) fn truths(&self) -> Result<Expr> {
        self.typed()?.cast(DType::Bool)
    }

    /// Arrays of one axis as an open mesh, so that they index one axis each: NumPy's `ix_`. A mask stands for the places
    /// where it is true.
    ///
    /// # Errors
    /// When an array has not one axis, or a mask cannot be counted.
    pub fn ix_(arrays: &[Expr], context: &Context) -> Result<Vec<Expr>> {
        let one = |(k, array): (usize, &Expr)| {
            if array.ndim() != 1 {
                return Err(Error::Shape("ix_ takes arrays of one axis".into()));
            }
            let places = match array.dtype() {
                DType::Bool => array.flatnonzero(context)?,
                _ => array.clone(),
            };
            let beside: Vec<i64> =
                (0..arrays.len()).filter(|&other| other != k).map(|other| other as i64).collect();
            places.expand_dims(&beside)
        };
        arrays.iter().enumerate().map(one).collect()
    }
}
