//! Arrays cut into parts, all of them views.

use crate::view::{Index, resolve_axes};
use crate::{Error, Expr, Result};

/// The most arrays that an array is taken apart into. Each of them takes memory that no budget counts.
const MOST: u64 = 10_000;

/// How an array is cut along an axis.
#[derive(Clone, Debug)]
pub enum Cuts {
    /// Into this many parts.
    Parts(i64),
    /// Before these indices.
    At(Vec<i64>),
}

impl From<i64> for Cuts {
    fn from(parts: i64) -> Cuts {
        Cuts::Parts(parts)
    }
}

impl From<i32> for Cuts {
    fn from(parts: i32) -> Cuts {
        Cuts::Parts(parts.into())
    }
}

impl From<Vec<i64>> for Cuts {
    fn from(places: Vec<i64>) -> Cuts {
        Cuts::At(places)
    }
}

impl<const N: usize> From<[i64; N]> for Cuts {
    fn from(places: [i64; N]) -> Cuts {
        Cuts::At(places.to_vec())
    }
}

/// Checks the number of arrays that an array is taken apart into.
fn check_parts(parts: u64) -> Result<()> {
    match parts <= MOST {
        true => Ok(()),
        false => Err(Error::Value(format!(
            "an array is taken apart into at most {MOST} arrays, found {parts}; reshape or index the array instead"
        ))),
    }
}

impl Expr {
    /// The parts of an array along an axis, as NumPy's `array_split`: some may be one longer than the others.
    ///
    /// # Errors
    /// When the axis is not there, or the number of parts is not positive or above 10 000.
    pub fn array_split(&self, cuts: &Cuts, axis: i64) -> Result<Vec<Expr>> {
        let input = self.typed()?;
        let at = resolve_axes(&[axis], input.ndim())?[0];
        let n = input.shape()[at] as i64;
        let borders = match cuts {
            &Cuts::Parts(parts) if parts <= 0 => {
                return Err(Error::Value(format!("expected a positive number of parts, found {parts}")));
            }
            &Cuts::Parts(parts) => {
                check_parts(parts.unsigned_abs())?;
                let (each, longer) = (n / parts, n % parts);
                (0..=parts).map(|k| k * each + k.min(longer)).collect()
            }
            Cuts::At(places) => {
                check_parts(places.len() as u64 + 1)?;
                let mut borders = vec![0];
                borders.extend(places);
                borders.push(n);
                borders
            }
        };
        let part = |pair: &[i64]| {
            let mut index = vec![Index::ALL; at];
            index.push(Index::Slice { start: Some(pair[0]), stop: Some(pair[1]), step: None });
            input.index(&index)
        };
        borders.windows(2).map(part).collect()
    }

    /// The same, but equal parts only, as NumPy's `split`.
    ///
    /// # Errors
    /// As [`Expr::array_split`], and when the axis does not divide into equal parts.
    pub fn split(&self, cuts: &Cuts, axis: i64) -> Result<Vec<Expr>> {
        if let &Cuts::Parts(parts) = cuts {
            let at = resolve_axes(&[axis], self.ndim())?[0];
            if parts == 0 || self.shape()[at] as i64 % parts != 0 {
                return Err(Error::Value(format!(
                    "an axis of length {} does not divide into {parts} equal parts; array_split makes unequal ones",
                    self.shape()[at]
                )));
            }
        }
        self.array_split(cuts, axis)
    }

    /// The elements along an axis, each as an array without it, as NumPy's `unstack`.
    ///
    /// # Errors
    /// When the axis is not there, or is longer than 10 000.
    pub fn unstack(&self, axis: i64) -> Result<Vec<Expr>> {
        let input = self.typed()?;
        if input.ndim() == 0 {
            return Err(Error::Value("unstack takes an array of at least one axis".into()));
        }
        let axis = resolve_axes(&[axis], input.ndim())?[0];
        check_parts(input.shape()[axis])?;
        let part = |k: u64| {
            let mut index = vec![Index::ALL; axis];
            index.push(Index::At(k as i64));
            input.index(&index)
        };
        (0..input.shape()[axis]).map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_not_taken_apart_into_any_number_of_arrays() {
        let long = Expr::scalar(2.5).broadcast_to(&[1_000_000_000_000]).unwrap();
        let none = Expr::scalar(2.5).broadcast_to(&[0]).unwrap();
        for parts in [10_001, 1_000_000_000_000, i64::MAX] {
            for array in [&long, &none] {
                assert!(array.array_split(&Cuts::Parts(parts), 0).is_err(), "{parts}");
                assert!(array.split(&Cuts::Parts(parts), 0).is_err(), "{parts}");
            }
        }
        assert!(long.unstack(0).is_err());
        assert_eq!(long.split(&Cuts::Parts(10_000), 0).unwrap().len(), 10_000);
    }
}
