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

/// Up to this many true bytes of eight are looked up one by one.
const FEW: u32 = 3;
/// Eight true bytes.
const ONES: u64 = 0x0101_0101_0101_0101;

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
        n.saturating_mul(5 + item).saturating_add(picked)
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
        let found: &mut [u32] = bytemuck::try_cast_slice_mut(self.found.reserve(4 * n)?)
            .map_err(|e| Error::internal(&e.to_string()))?;
        let mask = self.mask.bytes().get(..n).unwrap_or_default();
        let mut count = 0;
        let mut note = |at: usize, byte: u8| {
            if let Some(place) = found.get_mut(count) {
                *place = at as u32;
            }
            count += usize::from(byte != 0);
        };
        let (words, rest) = mask.as_chunks::<8>();
        for (number, word) in words.iter().enumerate() {
            let mut bits = u64::from_le_bytes(*word);
            match bits.count_ones() {
                0 => {}
                // few bytes, each 1
                1..=FEW if bits & !ONES == 0 => {
                    while bits != 0 {
                        note(8 * number + (bits.trailing_zeros() / 8) as usize, 1);
                        bits &= bits - 1;
                    }
                }
                _ => word.iter().enumerate().for_each(|(k, &byte)| note(8 * number + k, byte)),
            }
        }
        rest.iter().enumerate().for_each(|(k, &byte)| note(8 * words.len() + k, byte));
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
