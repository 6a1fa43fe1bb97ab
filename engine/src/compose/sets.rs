//! Arrays as sets of elements.
//!
//! The shape of such a result depends on data, so distinct elements are found at once, within the context's memory.
//! The results are then ordinary arrays. Few distinct elements are counted in one pass; otherwise the array is sorted.

use std::sync::Arc;

use super::held::held;
use super::{Mode, small};
use crate::op::Op;
use crate::plan::evaluate_in;
use crate::promote;
use crate::source::Value;
use crate::view::{Index, resolve_axes};
use crate::{Context, DType, Error, Expr, Kind, Result, ScanOptions};

/// The most distinct elements that are counted without sorting, if memory allows.
const COUNTED: u64 = 1 << 18;
/// The share of the budget for counting them, as a divisor, and bytes for each element and thread.
const SHARE: (u64, u64) = (4, 256);

/// The results of [`Expr::unique`] besides the elements themselves.
#[derive(Clone, Copy, Debug)]
pub struct UniqueOptions {
    /// The position in C order of the first of equal elements.
    pub index: bool,
    /// For each element of the array, the place of its equal among the distinct ones.
    pub inverse: bool,
    /// How many elements are equal.
    pub counts: bool,
    /// Whether all NaN count as one element. If not, each is an element of its own.
    pub equal_nan: bool,
    /// The axis whose parts are told apart, negative ones counted from the end; `None`: elements are.
    pub axis: Option<i64>,
}

impl Default for UniqueOptions {
    fn default() -> UniqueOptions {
        UniqueOptions { index: false, inverse: false, counts: false, equal_nan: true, axis: None }
    }
}

/// The distinct elements of an array, or its distinct parts along an axis, in ascending order.
#[derive(Clone, Debug)]
pub struct Unique {
    /// The elements: a vector; or the parts along the axis.
    pub values: Expr,
    /// Where the first of each is, if it was asked for.
    pub index: Option<Expr>,
    /// The place of each element of the array among `values`, in the array's shape, if it was asked for. Of parts, a
    /// vector.
    pub inverse: Option<Expr>,
    /// How often each occurs, if it was asked for.
    pub counts: Option<Expr>,
}

impl Expr {
    /// The distinct elements of the array in ascending order, or its distinct parts along an axis, as NumPy's `unique`.
    /// Parts are compared element by element.
    ///
    /// They are found at once. The inverse is computed when it is asked for, and holds the distinct elements in memory.
    /// Parts are ranked by some of their elements at a time, so the array is read several times.
    ///
    /// # Errors
    /// When the axis is not there, and errors of the computation.
    pub fn unique(&self, options: &UniqueOptions, context: &Context) -> Result<Unique> {
        let typed = self.typed()?;
        match options.axis {
            Some(axis) if typed.ndim() != 1 => return typed.unique_parts(axis, options, context),
            Some(axis) => drop(resolve_axes(&[axis], 1)?),
            None => {}
        }
        if typed.dtype().kind() == Kind::Record {
            let mut unique = typed.reshape(&[-1])?.unique_by_keys(options, context)?;
            unique.inverse = unique.inverse.map(|inverse| same_shape(&inverse, &typed)).transpose()?;
            return Ok(unique);
        }
        // NumPy finds points in time alone by their bits, and so "not a time" once
        let alone = !options.index && !options.inverse && !options.counts;
        let equal_nan = options.equal_nan || alone && typed.dtype().kind() == Kind::DateTime;
        let options = &UniqueOptions { equal_nan, ..*options };
        let few = if typed.has_order_units() { None } else { typed.few(options, context)? };
        let mut unique = match few {
            Some(few) => few,
            None => typed.many(options, context)?,
        };
        if options.inverse {
            let places = unique.values.searchsorted(&typed, false, None)?;
            let inverse = match (has_nan(&typed), options.equal_nan) {
                (false, _) => places,
                // complex NaN that differ in their other part stand behind the one that stands for all
                (true, true) => {
                    let last = unique.values.shape()[0].saturating_sub(1) as i64;
                    Expr::apply(Op::Minimum, &[places, Expr::scalar(last)])?
                }
                (true, false) => separate_nan(&typed, &places, context)?,
            };
            unique.inverse = Some(inverse);
        }
        Ok(unique)
    }

    /// The distinct elements if they are few.
    fn few(&self, options: &UniqueOptions, context: &Context) -> Result<Option<Unique>> {
        let room = context.budget.total() / SHARE.0 / SHARE.1 / context.threads as u64;
        let most = room.min(COUNTED).min(crate::elements(self.shape())?).max(1);
        let found = held(&self.distinct(most)?, context)?;
        let [values, counts, index, number] = &found[..] else { return Ok(None) };
        let number = evaluate_in(number, context)?.item::<i64>()?;
        let Ok(number) = u64::try_from(number) else { return Ok(None) };
        let first = |vector: &Expr| {
            let cut = vector.index(&[Index::Slice { start: None, stop: Some(number as i64), step: None }])?;
            small::one(&cut, context)
        };
        let values = first(values)?;
        if !options.equal_nan && has_nan(&values) && number > 0 {
            let last = is_nan(&values.index(&[Index::At(-1)])?)?;
            if evaluate_in(&last, context)?.bytes() == [1] {
                return Ok(None);
            }
        }
        let index = options.index.then(|| first(index)).transpose()?;
        let counts = options.counts.then(|| first(counts)).transpose()?;
        Ok(Some(Unique { values, index, counts, inverse: None }))
    }

    /// The distinct elements, by sorting.
    fn many(&self, options: &UniqueOptions, context: &Context) -> Result<Unique> {
        let order = options.index.then(|| small::one(&self.argsort(None)?, context)).transpose()?;
        let sorted = match &order {
            // the order of several keys takes longer than elements in a known order
            Some(order) if self.has_order_units() => self.take(order, None, Mode::default())?,
            _ => self.sort(None)?,
        };
        let sorted = small::one(&sorted, context)?;
        let length = sorted.shape()[0];
        let begins = begins(&sorted, options.equal_nan)?;
        let vectors: Vec<Expr> = std::iter::once(sorted).chain(order).collect();
        let mut found = held(&begins.marked(&vectors, options.counts, context)?, context)?;
        let counts = if options.counts { Some(counts(&mut found, length, context)?) } else { None };
        let mut found = found.into_iter();
        let values = found.next().ok_or_else(|| Error::internal("no elements"))?;
        Ok(Unique { values, index: found.next(), counts, inverse: None })
    }

    /// The elements that are in any of two arrays, distinct and in ascending order, as NumPy's `union1d`.
    ///
    /// # Errors
    /// As [`Expr::unique`], and when NumPy has no common type.
    pub fn union1d(&self, other: &Expr, context: &Context) -> Result<Expr> {
        // NumPy joins the arrays flattened, so that a number of Python takes the type of the other
        let dtype = promote::common_type(&[self.operand(), other.operand()])?;
        let [a, b] = distinct_pair(&self.cast(dtype)?, &other.cast(dtype)?, context)?;
        let both = Expr::concatenate(&[a.values, b.values], Some(0), None)?;
        Ok(both.unique(&UniqueOptions::default(), context)?.values)
    }

    /// The elements that are in both arrays, distinct and in ascending order; their positions in C order in each array.
    /// NumPy's `intersect1d`.
    ///
    /// # Errors
    /// As [`Expr::union1d`].
    pub fn intersect1d(&self, other: &Expr, context: &Context) -> Result<[Expr; 3]> {
        let [a, b] = distinct_pair(self, other, context)?;
        let indexed = |set: Unique| [Some(set.values), set.index].into_iter().flatten().collect::<Vec<_>>();
        let (in_a, in_b) = (a.values.isin(&b.values, false)?, b.values.isin(&a.values, false)?);
        let mut found = held(&in_a.marked(&indexed(a), false, context)?, context)?;
        found.extend(held(&in_b.marked(&indexed(b)[1..], false, context)?, context)?);
        <[Expr; 3]>::try_from(found).map_err(|_| Error::internal("an intersection has three parts"))
    }

    /// The distinct elements of this array that are not in another, in ascending order, as NumPy's `setdiff1d`. NaN is
    /// equal to nothing.
    ///
    /// # Errors
    /// As [`Expr::union1d`].
    pub fn setdiff1d(&self, other: &Expr, context: &Context) -> Result<Expr> {
        let own = self.unique(&UniqueOptions::default(), context)?.values;
        let others = other.unique(&UniqueOptions::default(), context)?.values;
        own.without(&others, context)
    }

    /// The elements that are in one of two arrays but not in both, distinct and in ascending order, as NumPy's
    /// `setxor1d`.
    ///
    /// # Errors
    /// As [`Expr::union1d`].
    pub fn setxor1d(&self, other: &Expr, context: &Context) -> Result<Expr> {
        let [a, b] = distinct_pair(self, other, context)?;
        let parts = [a.values.without(&b.values, context)?, b.values.without(&a.values, context)?];
        small::one(&Expr::concatenate(&parts, Some(0), None)?.sort(Some(0))?, context)
    }

    /// The elements of a vector that are not among others, in their order.
    pub fn without(&self, others: &Expr, context: &Context) -> Result<Expr> {
        let kept = self.isin(others, true)?.marked(std::slice::from_ref(self), false, context)?;
        Ok(held(&kept, context)?.swap_remove(0))
    }
}

/// The distinct elements of two arrays in their common type.
fn distinct_pair(a: &Expr, b: &Expr, context: &Context) -> Result<[Unique; 2]> {
    let (a, b) = (a.typed()?, b.typed()?);
    let dtype = promote::common_type(&[a.operand(), b.operand()])?;
    let options = UniqueOptions { index: true, ..UniqueOptions::default() };
    Ok([a.cast(dtype)?.unique(&options, context)?, b.cast(dtype)?.unique(&options, context)?])
}

/// How long the groups are that begin at the last of these vectors, which is taken off.
pub(super) fn counts(found: &mut Vec<Expr>, length: u64, context: &Context) -> Result<Expr> {
    let firsts = found.pop().ok_or_else(|| Error::internal("no places"))?;
    if firsts.shape() == [0] {
        return Ok(firsts);
    }
    let end = constant(DType::I64, &(length as i64).to_le_bytes())?;
    let ends = Expr::concatenate(&[after_first(&firsts)?, end], Some(0), None)?;
    small::one(&Expr::apply(Op::Subtract, &[ends, firsts])?, context)
}

pub(super) fn has_nan(expr: &Expr) -> bool {
    matches!(expr.dtype().kind(), Kind::Float | Kind::Complex | Kind::DateTime | Kind::TimeDelta)
}

/// Whether elements are NaN, or "not a time".
pub(super) fn is_nan(expr: &Expr) -> Result<Expr> {
    let op = if expr.dtype().kind().is_time() { Op::Isnat } else { Op::Isnan };
    Expr::apply(op, std::slice::from_ref(expr))
}

/// The elements of a vector in the shape of another array.
fn same_shape(vector: &Expr, like: &Expr) -> Result<Expr> {
    vector.reshape(&like.shape().iter().map(|&n| n as i64).collect::<Vec<_>>())
}

/// A vector of one element.
fn constant(dtype: DType, bytes: &[u8]) -> Result<Expr> {
    Expr::source(Arc::new(Value::copied_from(dtype, &[1], bytes)?))
}

fn after_first(vector: &Expr) -> Result<Expr> {
    vector.index(&[Index::Slice { start: Some(1), stop: None, step: None }])
}

/// Where an element of a sorted vector of numbers or times differs from the one before it.
pub(super) fn begins(sorted: &Expr, equal_nan: bool) -> Result<Expr> {
    if sorted.shape() == [0] {
        return Expr::zeros(&[0], DType::Bool);
    }
    let before = sorted.index(&[Index::Slice { start: None, stop: Some(-1), step: None }])?;
    let here = after_first(sorted)?;
    let mut differs = Expr::apply(Op::NotEqual, &[here.clone(), before.clone()])?;
    if equal_nan && has_nan(sorted) {
        let [here, before] = [here, before].map(|x| Expr::apply(Op::LogicalNot, &[is_nan(&x)?]));
        let any_number = Expr::apply(Op::LogicalOr, &[here?, before?])?;
        differs = Expr::apply(Op::LogicalAnd, &[differs, any_number])?;
    }
    Expr::concatenate(&[constant(DType::Bool, &[1])?, differs], Some(0), None)
}

/// The places of elements among distinct ones if each NaN is an element of its own: the NaN of the array, in C order,
/// are the last ones.
fn separate_nan(x: &Expr, places: &Expr, context: &Context) -> Result<Expr> {
    let nan = is_nan(x)?;
    let so_far =
        nan.cumsum(&ScanOptions { axis: None, dtype: Some(DType::I64), ..ScanOptions::default() })?;
    let so_far = same_shape(&small::one(&so_far, context)?, x)?;
    let before = Expr::apply(Op::Subtract, &[so_far, nan.cast(DType::I64)?])?;
    let moved = Expr::apply(Op::Add, &[places.clone(), before])?;
    Expr::apply(Op::Where, &[nan, moved, places.clone()])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const LENGTH: u64 = 60_000;

    fn array<T: crate::Element>(elements: &[T]) -> Expr {
        Expr::from_ndarray(&ndarray::ArrayView1::from(elements)).unwrap()
    }

    fn all<T: bytemuck::Pod>(expr: &Expr) -> Vec<T> {
        let value = crate::evaluate(expr).unwrap();
        bytemuck::pod_collect_to_vec(value.bytes())
    }

    fn mixed(k: u64) -> u64 {
        k.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 20
    }

    #[test]
    fn many_distinct_elements_are_found_in_little_memory() {
        for kinds in [40_000, 7] {
            let elements: Vec<i64> = (0..LENGTH).map(|k| (mixed(k) % kinds) as i64 - 100).collect();
            let mut expected = BTreeMap::<i64, (i64, i64)>::new();
            for (k, x) in elements.iter().enumerate() {
                expected.entry(*x).or_insert((k as i64, 0)).1 += 1;
            }
            let options =
                UniqueOptions { index: true, inverse: true, counts: true, ..UniqueOptions::default() };
            for context in [Context::new(4 << 20, 2), Context::new(256 << 20, 3)] {
                let found = array(&elements).unique(&options, &context).unwrap();
                let values: Vec<i64> = all(&found.values);
                assert_eq!(values, expected.keys().copied().collect::<Vec<_>>());
                let [index, counts, inverse] =
                    [found.index, found.counts, found.inverse].map(|part| all::<i64>(&part.unwrap()));
                assert_eq!(index, expected.values().map(|v| v.0).collect::<Vec<_>>());
                assert_eq!(counts, expected.values().map(|v| v.1).collect::<Vec<_>>());
                assert!(inverse.iter().zip(&elements).all(|(&at, x)| values[at as usize] == *x));
            }
        }
    }

    #[test]
    fn each_nan_is_an_element_of_its_own_if_so_asked() {
        let elements: Vec<f32> = (0..LENGTH)
            .map(|k| if mixed(k).is_multiple_of(5) { f32::NAN } else { (mixed(k) % 30_000) as f32 })
            .collect();
        let nan = elements.iter().filter(|x| x.is_nan()).count();
        let a = array(&elements);
        for context in [Context::new(4 << 20, 2), Context::new(256 << 20, 3)] {
            let once: Vec<f32> = all(&a.unique(&UniqueOptions::default(), &context).unwrap().values);
            assert_eq!(once.iter().filter(|x| x.is_nan()).count(), 1);
            let options =
                UniqueOptions { inverse: true, counts: true, equal_nan: false, index: true, axis: None };
            let found = a.unique(&options, &context).unwrap();
            let values: Vec<f32> = all(&found.values);
            assert_eq!(values.len(), once.len() - 1 + nan);
            let [index, counts, inverse] =
                [found.index, found.counts, found.inverse].map(|part| all::<i64>(&part.unwrap()));
            assert_eq!(counts.iter().sum::<i64>(), LENGTH as i64);
            let same = |x: f32, y: f32| x == y || x.is_nan() && y.is_nan();
            assert!(inverse.iter().zip(&elements).all(|(&at, x)| same(values[at as usize], *x)));
            for (at, (&first, &count)) in
                index.iter().zip(&counts).enumerate().filter(|(_, (_, count))| **count == 1)
            {
                assert_eq!((inverse[first as usize], count), (at as i64, 1));
            }
        }
    }

    #[test]
    fn the_first_of_equal_zeros_stands_for_them() {
        let zero = |k: u64| if mixed(k).is_multiple_of(2) { -0.0 } else { 0.0f64 };
        let elements: Vec<num_complex::Complex64> = (0..LENGTH)
            .map(|k| {
                num_complex::Complex64::new((mixed(k) % 9000) as f64 * zero(k + 1).signum(), zero(k + LENGTH))
            })
            .collect();
        let options = UniqueOptions { index: true, ..UniqueOptions::default() };
        for context in [Context::new(8 << 20, 2), Context::new(256 << 20, 3)] {
            let found = array(&elements).unique(&options, &context).unwrap();
            let (values, index) =
                (all::<num_complex::Complex64>(&found.values), all::<i64>(&found.index.unwrap()));
            let bits = |x: num_complex::Complex64| [x.re.to_bits(), x.im.to_bits()];
            assert!(values.iter().zip(&index).all(|(x, &at)| bits(*x) == bits(elements[at as usize])));
            let firsts = index.iter().map(|&at| elements.iter().position(|x| *x == elements[at as usize]));
            assert!(firsts.zip(&index).all(|(first, &at)| first == Some(at as usize)));
        }
        let floats: Vec<f32> = (0..LENGTH).map(|k| if k == 3 { -0.0 } else { (k % 4) as f32 }).collect();
        let found =
            array(&floats[3..]).unique(&UniqueOptions::default(), &Context::new(64 << 20, 2)).unwrap();
        assert_eq!(all::<f32>(&found.values)[0].to_bits(), (-0.0f32).to_bits());
    }

    #[test]
    fn sets_in_little_memory_are_those_in_much() {
        let a: Vec<u16> = (0..LENGTH).map(|k| (mixed(k) % 50_000) as u16).collect();
        let b: Vec<u16> = (0..LENGTH).map(|k| (mixed(k + LENGTH) % 65_000) as u16 | 1).collect();
        let (a, b) = (array(&a), array(&b));
        let (little, much) = (Context::new(4 << 20, 2), Context::new(256 << 20, 2));
        for set in [Expr::union1d, Expr::setdiff1d, Expr::setxor1d] {
            let [one, other] = [&little, &much].map(|context| all::<u16>(&set(&a, &b, context).unwrap()));
            assert!(one == other && one.is_sorted() && one.len() > 1000);
        }
        let [one, other] =
            [&little, &much].map(|context| a.intersect1d(&b, context).unwrap().map(|part| all::<u16>(&part)));
        assert!(one == other && one[0].is_sorted());
    }
}
