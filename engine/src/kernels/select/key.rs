//! Keys: unsigned integers in the order in which NumPy sorts elements, as wide as the elements.
//!
//! NaN comes last. All NaN of a real type have one key, the greatest. The key of -0 lies just before the key of +0.
//! Complex numbers are ordered by their real and then their imaginary parts. Those with a NaN follow: first those with
//! a real part that is a number, then those with an imaginary part that is a number, then the rest.

use std::fmt::Debug;

use bytemuck::{NoUninit, Pod};
use half::{bf16, f16};
use num_complex::{Complex32, Complex64};

use crate::kernels::block::{Truth, fill};
use crate::kernels::dispatch::dispatch;
use crate::kernels::physical::{Physical, by_class};
use crate::kernels::time::Time;

/// A key.
pub(crate) trait Key: Pod + Ord + Debug + Send + Sync {
    const LEAST: Self;
    const GREATEST: Self;

    /// The key after this one; the greatest has none.
    fn next(self) -> Option<Self>;

    /// The key before this one; the least key stays.
    fn previous(self) -> Self;

    /// Up to `parts - 1` keys in `self + 1 ..= end`, ascending, that cut the keys from `self` to `end` into equal
    /// parts. There is one at least if `end` is greater than `self`.
    fn cut(self, end: Self, parts: u64) -> Vec<Self>;

    /// The key of this number.
    fn of(number: u128) -> Self;
}

macro_rules! key {
    ($($t:ty)+) => { $(
        impl Key for $t {
            const LEAST: Self = 0;
            const GREATEST: Self = <$t>::MAX;

            #[inline(always)]
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn previous(self) -> Self {
                self.saturating_sub(1)
            }

            fn cut(self, end: Self, parts: u64) -> Vec<Self> {
                let gap = end.saturating_sub(self);
                let step = (gap / <$t>::try_from(parts.max(1)).unwrap_or(<$t>::MAX)).max(1);
                let keys = std::iter::successors(Some(self), |key| key.checked_add(step));
                keys.skip(1).take(parts.saturating_sub(1).max(1) as usize).take_while(|key| *key <= end).collect()
            }

            fn of(number: u128) -> Self {
                number as $t
            }
        }
    )+ };
}
key!(u8 u16 u32 u64 u128);

/// The translation between the elements of a type and their keys.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    encode: fn(&mut [u8]),
    decode: fn(&mut [u8]),
    /// The least key of a NaN.
    nan: Option<u128>,
}

impl Keys {
    /// Replaces elements by their keys.
    pub(crate) fn encode(&self, elements: &mut [u8]) {
        (self.encode)(elements);
    }

    /// Replaces keys by their elements.
    pub(crate) fn decode(&self, keys: &mut [u8]) {
        (self.decode)(keys);
    }

    /// The least key of a NaN, if the type has NaN. Every greater key is that of a NaN, too.
    pub(crate) fn nan<K: Key>(&self) -> Option<K> {
        self.nan.map(K::of)
    }
}

impl Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// The keys of a type; `None` for texts and records.
pub(crate) fn keys(physical: Physical) -> Option<Keys> {
    by_class!(physical, T {
        truth => Some(of_type::<T>()),
        whole => Some(of_type::<T>()),
        float => Some(of_type::<T>()),
        complex => Some(of_type::<T>()),
        time => Some(of_type::<T>()),
        half => Some(if physical == Physical::F16 { of_type::<f16>() } else { of_type::<bf16>() }),
    })
}

fn of_type<T: Ordered>() -> Keys {
    Keys {
        encode: |elements| in_place::<T, T::Key>(elements, T::key),
        decode: |keys| in_place::<T::Key, T>(keys, T::element),
        nan: T::NAN,
    }
}

/// Replaces values by others of the same size.
fn in_place<A: Pod, B: Pod + NoUninit>(bytes: &mut [u8], f: impl Fn(A) -> B) {
    fill(bytes, |values: &mut [A]| {
        dispatch(
            #[inline(always)]
            || values.iter_mut().for_each(|value| *value = bytemuck::cast(f(*value))),
        );
    });
}

/// An element with a place in the order.
trait Ordered: Pod {
    type Key: Key;
    /// The least key of a NaN.
    const NAN: Option<u128>;
    fn key(self) -> Self::Key;
    fn element(key: Self::Key) -> Self;
}

impl Ordered for Truth {
    type Key = u8;
    const NAN: Option<u128> = None;
    #[inline(always)]
    fn key(self) -> u8 {
        self.get().into()
    }
    #[inline(always)]
    fn element(key: u8) -> Truth {
        (key != 0).into()
    }
}

/// "Not a time" is the NaN of times.
impl Ordered for Time {
    type Key = u64;
    const NAN: Option<u128> = Some(u64::MAX as u128);
    #[inline(always)]
    fn key(self) -> u64 {
        (self.0 as u64 ^ 1 << 63).wrapping_sub(1)
    }
    #[inline(always)]
    fn element(key: u64) -> Time {
        Time((key.wrapping_add(1) ^ 1 << 63) as i64)
    }
}

macro_rules! whole {
    ($($t:ty: $key:ty;)+) => { $(
        impl Ordered for $t {
            type Key = $key;
            const NAN: Option<u128> = None;
            #[inline(always)]
            fn key(self) -> $key {
                (self ^ <$t>::MIN) as $key
            }
            #[inline(always)]
            fn element(key: $key) -> $t {
                key as $t ^ <$t>::MIN
            }
        }
    )+ };
}
whole! { i8: u8; i16: u16; i32: u32; i64: u64; u8: u8; u16: u16; u32: u32; u64: u64; }

macro_rules! float {
    ($($t:ty: $key:ty;)+) => { $(
        impl Ordered for $t {
            type Key = $key;
            const NAN: Option<u128> = Some(<$key>::MAX as u128);
            #[inline(always)]
            fn key(self) -> $key {
                let bits = self.to_bits();
                // the sign bit, repeated
                let sign = (bits as $key).wrapping_shr(<$key>::BITS - 1).wrapping_neg();
                let top = 1 << (<$key>::BITS - 1);
                if bits & (top - 1) > <$t>::INFINITY.to_bits() { <$key>::MAX } else { bits ^ (sign | top) }
            }
            #[inline(always)]
            fn element(key: $key) -> $t {
                let top = 1 << (<$key>::BITS - 1);
                let sign = (key >> (<$key>::BITS - 1)).wrapping_sub(1);
                if key == <$key>::MAX { <$t>::NAN } else { <$t>::from_bits(key ^ (sign | top)) }
            }
        }
    )+ };
}
float! { f16: u16; bf16: u16; f32: u32; f64: u64; }

macro_rules! complex {
    ($($t:ty: $part:ty, $half:ty, $key:ty;)+) => { $(
        impl Ordered for $t {
            type Key = $key;
            const NAN: Option<u128> = Some(((<$half>::MAX - 2) as u128) << <$half>::BITS);

            /// The upper half is the key of the real part. Two zeros count as equal there, so that the imaginary part
            /// decides; their sign then becomes the lowest of the bits below, and the highest of these moves into the
            /// upper half, where -0 and +0 leave room for it. The upper half of a NaN says which parts are numbers.
            #[inline(always)]
            fn key(self) -> $key {
                const BITS: u32 = <$half>::BITS;
                const MINUS: $key = (<$half>::MAX >> 1) as $key;
                let (re, im) = (self.re.key() as $key, self.im.key() as $key);
                match (self.re.is_nan(), self.im.is_nan()) {
                    (false, false) if re == MINUS || re == MINUS + 1 => (MINUS << BITS) + (im << 1) + (re - MINUS),
                    (false, false) => (re << BITS) | im,
                    (false, true) => ((<$half>::MAX - 2) as $key) << BITS | re,
                    (true, false) => ((<$half>::MAX - 1) as $key) << BITS | im,
                    (true, true) => (<$half>::MAX as $key) << BITS,
                }
            }

            #[inline(always)]
            fn element(key: $key) -> $t {
                const BITS: u32 = <$half>::BITS;
                const MINUS: $key = (<$half>::MAX >> 1) as $key;
                const REAL: $half = <$half>::MAX - 2;
                const IMAGINARY: $half = <$half>::MAX - 1;
                let (upper, lower) = ((key >> BITS) as $half, key as $half);
                let part = |key: $half| <$part>::element(key);
                match upper {
                    <$half>::MAX => <$t>::new(<$part>::NAN, <$part>::NAN),
                    IMAGINARY => <$t>::new(<$part>::NAN, part(lower)),
                    REAL => <$t>::new(part(lower), <$part>::NAN),
                    _ if key >> BITS == MINUS || key >> BITS == MINUS + 1 => {
                        let rest = key - (MINUS << BITS);
                        <$t>::new(part((MINUS + (rest & 1)) as $half), part((rest >> 1) as $half))
                    }
                    _ => <$t>::new(part(upper), part(lower)),
                }
            }
        }
    )+ };
}
complex! { Complex32: f32, u32, u64; Complex64: f64, u64, u128; }

#[cfg(test)]
mod tests {
    use super::*;

    fn back_and_forth<T: Ordered + PartialEq + Debug>(ascending: &[T]) {
        for pair in ascending.windows(2) {
            assert!(pair[0].key() < pair[1].key(), "{pair:?}");
        }
        for &x in ascending {
            let back = T::element(x.key());
            // NaN has many bits, and one of them is enough
            let is_nan = T::NAN.is_some_and(|nan| x.key() >= T::Key::of(nan));
            assert!(back == x || (back.key() == x.key() && is_nan), "{x:?} became {back:?}");
            if !is_nan {
                assert_eq!(bytemuck::bytes_of(&back), bytemuck::bytes_of(&x));
            }
        }
    }

    #[test]
    fn keys_are_in_order_and_lead_back() {
        back_and_forth(&[i8::MIN, -1, 0, 1, i8::MAX]);
        back_and_forth(&[i64::MIN, -1, 0, 1, i64::MAX]);
        back_and_forth(&[0, 1, u16::MAX]);
        let tiny = f64::from_bits(1);
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        back_and_forth(&[-inf, f64::MIN, -1.0, -tiny, -0.0, 0.0, tiny, 1.0, f64::MAX, inf, nan]);
        back_and_forth(&[f32::NEG_INFINITY, -1.0, -0.0, 0.0, 1.0, f32::INFINITY, f32::NAN]);
        back_and_forth(&[
            f16::NEG_INFINITY,
            f16::NEG_ONE,
            f16::NEG_ZERO,
            f16::ZERO,
            f16::ONE,
            f16::INFINITY,
            f16::NAN,
        ]);
        assert_eq!((-nan).key(), u64::MAX);
        assert_eq!(f64::from_bits(0xFFF0_0000_0000_0001).key(), u64::MAX);
    }

    #[test]
    fn complex_numbers_with_equal_real_parts_are_ordered_by_the_imaginary_ones() {
        let c = Complex64::new;
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        back_and_forth(&[
            c(-inf, 0.0),
            c(-1.0, -inf),
            c(-1.0, 5.0),
            // equal zeros: the imaginary part decides, and then the sign of the zero
            c(0.0, -inf),
            c(0.0, -3.0),
            c(-0.0, -0.0),
            c(0.0, -0.0),
            c(-0.0, 0.0),
            c(0.0, 0.0),
            c(0.0, 3.0),
            c(-0.0, 5.0),
            c(0.0, inf),
            c(f64::from_bits(1), -inf),
            c(inf, inf),
            c(-inf, nan),
            c(0.0, nan),
            c(1.0, nan),
            c(nan, -inf),
            c(nan, 1.0),
            c(nan, nan),
        ]);
        assert!(c(inf, inf).key() < Complex64::NAN.unwrap() && c(-inf, nan).key() >= Complex64::NAN.unwrap());
        let c = Complex32::new;
        back_and_forth(&[c(-0.0, 1.0), c(0.0, 1.0), c(-0.0, 2.0), c(1.0, 0.0), c(f32::MAX, f32::NAN)]);
        assert_eq!(Complex32::NAN, Some(u128::from(c(f32::NEG_INFINITY, f32::NAN).key() >> 32 << 32)));
    }

    #[test]
    fn keys_are_cut_into_parts() {
        assert_eq!(0_u8.cut(255, 4), [63, 126, 189]);
        assert_eq!(7_u64.cut(8, 100), [8]);
        assert_eq!(7_u64.cut(9, 100), [8, 9]);
        assert_eq!(5_u16.cut(5, 3), [0_u16; 0]);
        assert_eq!((u128::MAX - 1).cut(u128::MAX, 9), [u128::MAX]);
    }
}
