//! Numbers as integers in the same order, their *keys*.

use bytemuck::Pod;

use super::scale::Scale;

/// The bits of a real element, or of a part of a complex one, with its order.
pub(super) trait Real: Pod {
    /// The number of bits.
    const BITS: u32 = 8 * size_of::<Self>() as u32;
    const SCALE: Scale = Scale::Whole;
    /// The key of both zeros, if there are two.
    const ZERO: Option<u64> = None;
    /// Whether the greatest key is that of NaN, or of "not a time".
    const NAN: bool = Self::ZERO.is_some();
    /// An integer of `BITS` bits, in the order of the elements.
    fn key(self) -> u64;
    fn of_key(key: u64) -> Self;
    /// Whether it is a zero, and whether it is a negative one.
    fn zero(self) -> (bool, bool) {
        (false, false)
    }
    /// The keys of a complex element, of which this type is a part; the first decides.
    ///
    /// Elements without a NaN come first, ordered by the real part, then by the imaginary part. Then come those with an
    /// imaginary NaN, ordered by the real part; those with a real NaN, ordered by the imaginary part; and those with two.
    #[inline(always)]
    fn pair([re, im]: [Self; 2]) -> [u64; 2] {
        let nan = u64::MAX >> (64 - Self::BITS);
        match (re.key(), im.key()) {
            (re, im) if re != nan && im != nan => [re, im],
            (re, _) if re != nan => [nan - 2, re],
            (_, im) if im != nan => [nan - 1, im],
            _ => [nan, 0],
        }
    }
}

/// A boolean as a byte.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub(super) struct Flag(u8);

impl Real for Flag {
    #[inline(always)]
    fn key(self) -> u64 {
        u64::from(self.0 != 0)
    }
    #[inline(always)]
    fn of_key(key: u64) -> Flag {
        Flag(key as u8)
    }
}

/// A time. "Not a time" comes last.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub(super) struct Instant(u64);

impl Real for Instant {
    const NAN: bool = true;
    #[inline(always)]
    fn key(self) -> u64 {
        (self.0 ^ 1 << 63).wrapping_sub(1)
    }
    #[inline(always)]
    fn of_key(key: u64) -> Instant {
        Instant(key.wrapping_add(1) ^ 1 << 63)
    }
}

macro_rules! whole {
    ($($t:ident $unsigned:ident $flip:expr;)+) => { $(
        impl Real for $t {
            #[inline(always)]
            fn key(self) -> u64 {
                u64::from(self as $unsigned ^ $flip)
            }
            #[inline(always)]
            fn of_key(key: u64) -> $t {
                (key as $unsigned ^ $flip) as $t
            }
        }
    )+ };
}
whole! {
    i8 u8 1 << 7; i16 u16 1 << 15; i32 u32 1 << 31; i64 u64 1 << 63;
    u8 u8 0; u16 u16 0; u32 u32 0; u64 u64 0;
}

macro_rules! floats {
    ($($t:ident $bits:ident $infinity:literal $nan:literal $scale:ident;)+) => { $(
        /// The bits of a float.
        #[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
        #[repr(transparent)]
        pub(super) struct $t($bits);

        impl $t {
            const SIGN: $bits = 1 << ($bits::BITS - 1);
        }

        impl Real for $t {
            const SCALE: Scale = Scale::$scale;
            const ZERO: Option<u64> = Some($t::SIGN as u64);
            #[inline(always)]
            fn key(self) -> u64 {
                let size = self.0 & !$t::SIGN;
                let key = if self.0 == size || size == 0 { size | $t::SIGN } else { !self.0 };
                u64::from(if size > $infinity { $bits::MAX } else { key })
            }
            #[inline(always)]
            fn of_key(key: u64) -> $t {
                let key = key as $bits;
                $t(match key {
                    $bits::MAX => $nan,
                    _ if key & $t::SIGN == 0 => !key,
                    _ => key & !$t::SIGN,
                })
            }
            #[inline(always)]
            fn zero(self) -> (bool, bool) {
                (self.0 & !$t::SIGN == 0, self.0 == $t::SIGN)
            }
        }
    )+ };
}
floats! {
    F16 u16 0x7c00 0x7e00 Whole;
    BF16 u16 0x7f80 0x7fc0 Whole;
    F32 u32 0x7f80_0000 0x7fc0_0000 Single;
    F64 u64 0x7ff0_0000_0000_0000 0x7ff8_0000_0000_0000 Double;
}
