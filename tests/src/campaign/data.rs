//! Arrays whose elements are a formula of their index, so that no test needs to keep them.
//!
//! The values are whole numbers of at most 12 bits; for floats they are divided by 64. Every sum of them that fits on
//! this machine is exact in float64, in any order.

use arrstore::{DType, Kind};

/// An array, given by its formula.
#[derive(Clone, Debug)]
pub struct Data {
    /// Type of the elements.
    pub dtype: DType,
    /// Elements along each axis.
    pub shape: Vec<u64>,
    /// Whether one float in 97 is NaN.
    pub nans: bool,
    /// Distinguishes arrays of one shape.
    pub seed: u64,
}

impl Data {
    /// An array without NaN.
    pub fn new(dtype: DType, shape: &[u64], seed: u64) -> Data {
        Data { dtype, shape: shape.to_vec(), nans: false, seed }
    }

    /// Element number `k` in C order; for a complex type, its real part.
    pub fn value(&self, k: u64) -> f64 {
        let word =
            k.wrapping_add(self.seed << 40).wrapping_add(self.seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let word = (word ^ (word >> 32)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 52;
        match self.dtype.kind() {
            Kind::Bool => (word & 1) as f64,
            Kind::Unsigned => (word & 255) as f64,
            Kind::Signed if self.dtype.size() == 1 => (word & 127) as f64,
            Kind::Signed => word as f64 - 2048.0,
            _ if self.nans && k % 97 == 5 => f64::NAN,
            _ => (word as f64 - 2048.0) / 64.0,
        }
    }

    /// Bytes of the whole array.
    pub fn bytes(&self) -> u64 {
        self.shape.iter().product::<u64>() * self.dtype.size() as u64
    }
}

/// Appends the element of a type that is nearest to `value`, little-endian. The imaginary part of a complex element is
/// minus its real part.
pub fn encode(dtype: DType, value: f64, out: &mut Vec<u8>) {
    match dtype {
        DType::F16 => out.extend(half::f16::from_f32(value as f32).to_le_bytes()),
        DType::BF16 => out.extend(half::bf16::from_f32(value as f32).to_le_bytes()),
        DType::F32 => out.extend((value as f32).to_le_bytes()),
        DType::F64 => out.extend(value.to_le_bytes()),
        DType::C64 => [value, -value].iter().for_each(|v| out.extend((*v as f32).to_le_bytes())),
        DType::C128 => [value, -value].iter().for_each(|v| out.extend(v.to_le_bytes())),
        _ => out.extend(&(value as i64).to_le_bytes()[..dtype.size()]),
    }
}

/// The real part and the imaginary part of an element.
pub fn decode(dtype: DType, bytes: &[u8]) -> (f64, f64) {
    let word = || bytes.iter().take(8).rev().fold(0u64, |word, &byte| word << 8 | u64::from(byte));
    match dtype.kind() {
        Kind::Bool | Kind::Unsigned => (word() as f64, 0.0),
        Kind::Signed => {
            let unused = 64 - 8 * dtype.size() as u32;
            (((word() << unused) as i64 >> unused) as f64, 0.0)
        }
        Kind::Float => (crate::compare::number(dtype, bytes), 0.0),
        Kind::Complex => {
            let part = if dtype == DType::C64 { DType::F32 } else { DType::F64 };
            let (re, im) = bytes.split_at(bytes.len() / 2);
            (crate::compare::number(part, re), crate::compare::number(part, im))
        }
        // the campaign draws numbers
        _ => (f64::NAN, 0.0),
    }
}

/// `value` as an element of the type holds it: integers wrap, floats are rounded.
pub fn held(dtype: DType, value: f64) -> f64 {
    match dtype {
        DType::F64 | DType::C128 => value,
        DType::F32 | DType::C64 => f64::from(value as f32),
        _ => {
            let mut bytes = Vec::with_capacity(16);
            encode(dtype, value, &mut bytes);
            decode(dtype, &bytes).0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_holds_the_values() {
        for dtype in DType::ALL.into_iter().filter(|&d| d != DType::BF16) {
            let data = Data { nans: true, ..Data::new(dtype, &[1000], 3) };
            for k in 0..1000 {
                let value = data.value(k);
                assert!(held(dtype, value) == value || value.is_nan(), "{dtype}: {value}");
            }
        }
        assert_eq!((held(DType::U8, -1.0), held(DType::I16, 40000.0)), (255.0, -25536.0));
    }
}
