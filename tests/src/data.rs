//! Reproducible data of any size.

use arrstore_format::DType;

use crate::golden::Array;

/// A stream of pseudo-random words (SplitMix64).
#[derive(Clone, Debug)]
pub struct Words(pub u64);

impl Iterator for Words {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Some(z ^ (z >> 31))
    }
}

/// `n` numbers in -1..1 of many magnitudes: their sums depend on the order.
pub fn floats(seed: u64, n: usize) -> Vec<f64> {
    let number = |word: u64| {
        let unit = (word >> 11) as f64 / (1u64 << 53) as f64 * 2.0 - 1.0;
        unit * f64::powi(0.5, (word & 15) as i32)
    };
    Words(seed).take(n).map(number).collect()
}

/// An array of such numbers in `dtype`: float64, float32, or integers of 100 times the numbers.
pub fn array(dtype: DType, shape: &[u64], seed: u64) -> Array {
    let values = floats(seed, shape.iter().product::<u64>() as usize);
    let bytes = match dtype {
        DType::F64 => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        DType::F32 => values.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect(),
        DType::F16 => values.iter().flat_map(|v| half::f16::from_f32(*v as f32).to_le_bytes()).collect(),
        DType::BF16 => values.iter().flat_map(|v| half::bf16::from_f32(*v as f32).to_le_bytes()).collect(),
        other => {
            let word = |v: &f64| ((v * 100.0) as i64).to_le_bytes().into_iter().take(other.size());
            values.iter().flat_map(word).collect()
        }
    };
    Array { dtype, shape: shape.to_vec(), bytes }
}
