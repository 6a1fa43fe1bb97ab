//! The 16-bit floats nearest to a `float64`. `half` goes by way of `float32` on some processors and loses low bits on
//! others, so that it rounds twice.

use half::{bf16, f16};

/// The `float16` nearest to a number, ties to even.
#[inline(always)]
pub(crate) fn nearest_f16(x: f64) -> f16 {
    f16::from_f32(odd(x))
}

/// The `bfloat16` of a number as `ml_dtypes` has it: the one nearest to the nearest `float32`.
#[inline(always)]
pub(crate) fn nearest_bf16(x: f64) -> bf16 {
    bf16::from_f32(x as f32)
}

/// A `float32` beside `x` that rounds to fewer bits as `x` itself does: of the two neighbours of a number that is none, the
/// one with an odd last bit (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
#[inline(always)]
fn odd(x: f64) -> f32 {
    let near = x as f32;
    let wide = f64::from(near);
    if wide == x || x.is_nan() {
        return near;
    }
    let below = near.to_bits() - u32::from(wide.abs() > x.abs());
    f32::from_bits(below | 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beside_a_tie_are_rounded_once() {
        for bits in 0..0x7c00_u16 {
            let (low, high) = (f16::from_bits(bits), f16::from_bits(bits + 1));
            // infinity stands for the next power of two
            let top = if high.is_infinite() { 65536.0 } else { high.to_f64() };
            let tie = (low.to_f64() + top) / 2.0;
            let even = if bits % 2 == 0 { low } else { high };
            for sign in [1.0, -1.0] {
                let of = |x: f64| nearest_f16(sign * x).to_bits() & 0x7fff;
                assert_eq!(of(tie), even.to_bits(), "{tie}");
                assert_eq!(of(tie.next_down()), low.to_bits(), "below {tie}");
                assert_eq!(of(tie.next_up()), high.to_bits(), "above {tie}");
                assert_eq!(of(low.to_f64()), low.to_bits());
            }
        }
        assert!(nearest_f16(f64::NAN).is_nan() && nearest_f16(-f64::INFINITY) == f16::NEG_INFINITY);
        assert_eq!(nearest_f16(-1e-300).to_bits(), 0x8000);
        assert_eq!(nearest_f16(1e300), f16::INFINITY);
        assert_eq!(nearest_bf16(1.0 + 2f64.powi(-8) + 2f64.powi(-22)).to_bits(), 0x3f81);
    }
}
