//! The bands of a mask, and the selected elements of one of them.

use arrstore_format::Grid;

use crate::exec::Reader;
use crate::program::Program;
use crate::program::tiles::rows;
use crate::{Buffer, Error, Result};

/// Elements of a band.
const BAND: u64 = 1 << 16;
/// Elements are copied one by one if at most one of this many in a band is selected.
const SPARSE: usize = 16;

/// Selected elements among 64 that are noted without a branch for each.
const FEW: usize = 4;

/// The bands of a mask.
#[derive(Debug)]
pub(super) struct Bands {
    pub(super) grid: Grid,
}

impl Bands {
    pub(super) fn new(shape: &[u64]) -> Bands {
        Bands { grid: Grid::new(shape, &rows(shape, BAND)) }
    }

    pub(super) fn band(&self, number: u64) -> (Vec<u64>, Vec<u64>) {
        let index = self.grid.index(number);
        (self.grid.start(&index), self.grid.extent(&index))
    }

    pub(super) fn longest(&self) -> &[u64] {
        self.grid.chunk_shape()
    }
}

/// The elements of one band that a mask selects.
pub(super) struct Band {
    mask: Buffer,
    /// The places of the selected elements in the band.
    found: Buffer,
    values: Buffer,
}

impl Band {
    /// Bytes of a band of `n` elements of `item` bytes; `values` gives those that are selected from.
    pub(super) fn bytes(n: u64, item: u64, values: Option<&Program>) -> u64 {
        let picked = values.map_or(0, |values| Reader::picking(values, n / SPARSE as u64 + 1));
        n.saturating_mul(5 + item).saturating_add(4 * FEW as u64).saturating_add(picked)
    }

    pub(super) fn new() -> Band {
        Band { mask: Buffer::default(), found: Buffer::default(), values: Buffer::default() }
    }

    /// Reads the mask of the band of `shape` at `start`.
    pub(super) fn read(&mut self, mask: &mut Reader<'_>, start: &[u64], shape: &[u64]) -> Result<&[u8]> {
        let n = shape.iter().product::<u64>() as usize;
        let bytes = self.mask.reserve(n)?;
        mask.fill(start, shape, bytes)?;
        Ok(bytes)
    }

    /// Finds the selected elements, once the mask is read.
    pub(super) fn find(&mut self, n: usize) -> Result<usize> {
        let found: &mut [u32] = bytemuck::try_cast_slice_mut(self.found.reserve(4 * (n + FEW))?)
            .map_err(|e| Error::internal(&e.to_string()))?;
        let mask = self.mask.bytes().get(..n).unwrap_or_default();
        let mut count = 0;
        let mut note = |first: usize, mut bits: u64| {
            let next = |bits: &mut u64| {
                let place = first as u32 + bits.trailing_zeros();
                *bits &= bits.wrapping_sub(1);
                place
            };
            let all = bits.count_ones() as usize;
            // the first few without a branch for each, which would be guessed wrongly
            if let Some(room) = found.get_mut(count..count + FEW) {
                room.iter_mut().for_each(|to| *to = next(&mut bits));
            }
            if let Some(room) = found.get_mut(count + FEW..count + all) {
                room.iter_mut().for_each(|to| *to = next(&mut bits));
            }
            count += all;
        };
        let (blocks, rest) = mask.as_chunks::<64>();
        for (number, block) in blocks.iter().enumerate() {
            note(64 * number, bits(block));
        }
        let mut last = [0; 64];
        for (to, &byte) in last.iter_mut().zip(rest) {
            *to = byte;
        }
        note(64 * blocks.len(), bits(&last));
        Ok(count)
    }

    /// Writes selected elements number `from` and on to `out`, as many as there is room for.
    pub(super) fn pack(
        &mut self,
        values: Option<&mut Reader<'_>>,
        (start, shape): (&[u64], &[u64]),
        from: usize,
        out: &mut [u8],
        item: usize,
    ) -> Result<()> {
        let n = shape.iter().product::<u64>() as usize;
        let found: &[u32] =
            bytemuck::try_cast_slice(self.found.bytes()).map_err(|e| Error::internal(&e.to_string()))?;
        let count = out.len() / item;
        let found = found.get(from..from + count).unwrap_or_default();
        let place = |at: u32, to: &mut [u64]| {
            let mut rest = u64::from(at);
            for ((to, &n), &first) in to.iter_mut().zip(shape).zip(start).rev() {
                *to = first + rest % n;
                rest /= n;
            }
        };
        match values {
            None => {
                let out: &mut [u64] =
                    bytemuck::try_cast_slice_mut(out).map_err(|e| Error::internal(&e.to_string()))?;
                found
                    .iter()
                    .zip(out.chunks_exact_mut(shape.len().max(1)))
                    .for_each(|(&at, to)| place(at, to));
            }
            Some(values) => {
                if values.lend(start, shape, |all| compress(all, out, item, found))? {
                    return Ok(());
                }
                if count * SPARSE > n || !values.picks() {
                    let all = self.values.reserve(n * item)?;
                    values.fill(start, shape, all)?;
                    compress(all, out, item, found);
                    return Ok(());
                }
                let mut places = vec![0; count * shape.len()];
                found
                    .iter()
                    .zip(places.chunks_exact_mut(shape.len().max(1)))
                    .for_each(|(&at, to)| place(at, to));
                values.pick(&places, out)?;
            }
        }
        Ok(())
    }
}

/// One bit for each of 64 bytes, the first one lowest: whether it is not zero.
fn bits(bytes: &[u8; 64]) -> u64 {
    let words = bytes.as_chunks::<8>().0.iter().enumerate();
    words.fold(0, |bits, (number, word)| {
        let mut word = u64::from_le_bytes(*word);
        // any bit of a byte becomes its lowest one, and the lowest bits of all bytes gather in the highest byte
        word |= word >> 4;
        word |= word >> 2;
        word |= word >> 1;
        let gathered = (word & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits | gathered << (8 * number)
    })
}

/// Copies the elements of `all` at the places `found` to `out`.
fn compress(all: &[u8], out: &mut [u8], item: usize, found: &[u32]) {
    fn of<const N: usize>(all: &[u8], out: &mut [u8], found: &[u32]) {
        let (all, out) = (all.as_chunks::<N>().0, out.as_chunks_mut::<N>().0);
        for (to, &at) in out.iter_mut().zip(found) {
            if let Some(from) = all.get(at as usize) {
                *to = *from;
            }
        }
    }
    match item {
        1 => of::<1>(all, out, found),
        2 => of::<2>(all, out, found),
        4 => of::<4>(all, out, found),
        8 => of::<8>(all, out, found),
        16 => of::<16>(all, out, found),
        _ => {
            for (to, &at) in out.chunks_exact_mut(item).zip(found) {
                let at = at as usize * item;
                if let Some(from) = all.get(at..at + item) {
                    to.copy_from_slice(from);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_bytes_that_are_not_zero() {
        let mut state = 1_u64;
        for round in 0..2000 {
            let mut bytes = [0_u8; 64];
            for byte in &mut bytes {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *byte = if round % 3 == 0 {
                    (state >> 56) as u8
                } else {
                    u8::from(state >> 61 == 0) << (state >> 40 & 7)
                };
            }
            let expected = (0..64).filter(|&k| bytes[k] != 0).fold(0, |bits, k| bits | 1 << k);
            assert_eq!(bits(&bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn places_are_found_wherever_they_lie() {
        for n in [0, 1, 63, 64, 65, 300, 1000] {
            for step in [1, 2, 7, 64, 65, 2000] {
                let mut band = Band::new();
                let mask: Vec<u8> = (0..n).map(|k| u8::from(k % step == step - 1)).collect();
                band.mask.reserve(n).unwrap().copy_from_slice(&mask);
                let expected: Vec<u32> = (0..n as u32).filter(|&k| mask[k as usize] != 0).collect();
                assert_eq!(band.find(n).unwrap(), expected.len());
                let found: &[u32] = bytemuck::cast_slice(band.found.bytes());
                assert_eq!(&found[..expected.len()], expected, "{n} {step}");
            }
        }
    }
}
