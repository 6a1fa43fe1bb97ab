//! Truth values as bits of bytes, and bits of bytes as numbers.

use super::two;
use crate::promote::is_exact;
use crate::view::Index;
use crate::{DType, Error, Expr, Op, Result};

/// Bits of a byte.
const BITS: u64 = 8;

/// The order of bits in a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BitOrder {
    /// The first element is the highest bit.
    #[default]
    Big,
    /// The first element is the lowest bit.
    Little,
}

impl BitOrder {
    /// How far bit number `k` of a byte is from its lowest bit.
    fn place(self, k: u64) -> u64 {
        match self {
            BitOrder::Big => BITS - 1 - k,
            BitOrder::Little => k,
        }
    }
}

impl std::str::FromStr for BitOrder {
    type Err = Error;

    fn from_str(name: &str) -> Result<BitOrder> {
        match name {
            "big" => Ok(BitOrder::Big),
            "little" => Ok(BitOrder::Little),
            _ => Err(Error::Value(format!("'{name}' is not an order of bits; try 'big' or 'little'"))),
        }
    }
}

impl Expr {
    /// Whether elements are zero, as bits of `uint8`: eight along `axis` (`None`: of all in C order) make one byte, and the
    /// last byte is filled up with zeros.
    ///
    /// # Errors
    /// When the elements are neither integers nor booleans, or the axis is not there.
    pub fn packbits(&self, axis: Option<i64>, order: BitOrder) -> Result<Expr> {
        let a = self.typed()?;
        if !is_exact(a.dtype()) {
            return Err(Error::Value(format!("packbits takes integers or booleans, found {}", a.dtype())));
        }
        let (a, axis) = a.at_least(1)?.along(axis)?;
        let mut bits = a.truths()?.cast(DType::U8)?;
        let missing = bits.shape()[axis].next_multiple_of(BITS) - bits.shape()[axis];
        if missing > 0 {
            bits = bits.followed_by_zeros(missing, axis)?;
        }
        let mut parts = vec![Index::ALL; a.ndim()];
        let mut bytes: Option<Expr> = None;
        for k in 0..BITS {
            parts[axis] = Index::Slice { start: Some(k as i64), stop: None, step: Some(BITS as i64) };
            let place = Expr::scalar(order.place(k)).cast(DType::U8)?;
            let bit = two(Op::BitwiseLeftShift, &bits.index(&parts)?, &place)?;
            bytes = Some(match bytes {
                Some(bytes) => two(Op::BitwiseOr, &bytes, &bit)?,
                None => bit,
            });
        }
        bytes.ok_or_else(|| Error::internal("a byte has bits"))
    }

    /// The bits of `uint8` as numbers 0 and 1, eight for each element along `axis` (`None`: of all in C order). The result
    /// has `count` of them: more are zeros, and a negative count leaves out as many at the end.
    ///
    /// # Errors
    /// When the elements are not `uint8`, the axis is not there, or a negative count is too large.
    pub fn unpackbits(&self, axis: Option<i64>, count: Option<i64>, order: BitOrder) -> Result<Expr> {
        let a = self.typed()?;
        if a.dtype() != DType::U8 {
            return Err(Error::dtype("unpackbits", DType::U8, a.dtype()));
        }
        let (a, axis) = a.at_least(1)?.along(axis)?;
        let places: Vec<u8> = (0..BITS).map(|k| order.place(k) as u8).collect();
        let places = super::small::bytes(&places)?;
        let beside: Vec<i64> = (0..(a.ndim() - axis - 1) as i64).map(|k| k + 1).collect();
        let shifted =
            two(Op::BitwiseRightShift, &a.expand_dims(&[axis as i64 + 1])?, &places.expand_dims(&beside)?)?;
        let mut shape = a.shape().to_vec();
        shape[axis] = shape[axis].saturating_mul(BITS);
        let one = Expr::scalar(1).cast(DType::U8)?;
        let bits = two(Op::BitwiseAnd, &shifted, &one)?.reshaped_to(&shape)?;
        let found = shape[axis];
        let wanted = match count {
            None => found,
            Some(count) => match u64::try_from(count) {
                Ok(count) => count,
                Err(_) => found.checked_sub(count.unsigned_abs()).ok_or_else(|| {
                    Error::Value(format!("unpackbits: count {count} leaves out more than all {found} bits"))
                })?,
            },
        };
        match wanted.checked_sub(found) {
            Some(0) => Ok(bits),
            Some(more) => bits.followed_by_zeros(more, axis),
            None => bits.range_of(axis, 0..wanted),
        }
    }

    /// The array with `count` more zeros at the end of an axis.
    fn followed_by_zeros(&self, count: u64, axis: usize) -> Result<Expr> {
        let mut shape = self.shape().to_vec();
        shape[axis] = count;
        Expr::concatenate(&[self.clone(), Expr::zeros(&shape, self.dtype())?], Some(axis as i64), None)
    }
}
