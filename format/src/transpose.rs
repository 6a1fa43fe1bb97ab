//! Transposing squares of bytes in registers, for shuffles and for transposes of single bytes.

/// Words handled side by side, to fill wide registers.
pub(crate) const LANES: usize = 8;
/// One step of [`transpose`]: squares of `D` bytes change places across the diagonal.
#[expect(clippy::needless_range_loop, reason = "squares are transposed by index")]
#[inline(always)]
fn exchange<const W: usize, const D: usize>(words: &mut [[u64; LANES]; W], mask: u64) {
    for i in 0..W {
        if i & D == 0 {
            for lane in 0..LANES {
                let swapped = (words[i][lane] >> (8 * D) ^ words[i + D][lane]) & mask;
                words[i][lane] ^= swapped << (8 * D);
                words[i + D][lane] ^= swapped;
            }
        }
    }
}

/// In each lane, transposes the squares of `W` x `W` bytes that `W` words hold side by side (`W` is 4 or 8): byte `b`
/// of word `i` of a square changes places with byte `i` of word `b`. It is its own inverse.
#[inline(always)]
pub(crate) fn transpose<const W: usize>(words: &mut [[u64; LANES]; W]) {
    if W == 8 {
        exchange::<W, 4>(words, 0x0000_0000_ffff_ffff);
    }
    exchange::<W, 2>(words, 0x0000_ffff_0000_ffff);
    exchange::<W, 1>(words, 0x00ff_00ff_00ff_00ff);
}
