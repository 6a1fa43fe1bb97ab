//! Sorting a line of elements in memory.

use super::code::{Coder, Positions};
use super::sort::{Room, sort};
use super::word::Word;
use crate::{Buffer, Result};

/// One thread's memory for sorting lines.
pub(crate) struct Desk<W> {
    words: Buffer,
    room: Room<W>,
    zeros: Buffer,
}

impl<W: Word> Desk<W> {
    /// Memory for lines of up to `length` elements.
    ///
    /// # Errors
    /// When memory is short.
    pub(crate) fn new(length: usize) -> Result<Desk<W>> {
        let words = Buffer::unfilled(length * size_of::<W>())?;
        Ok(Desk { words, room: Room::new(length)?, zeros: Buffer::default() })
    }

    /// Bytes of this memory for elements of `item` bytes.
    pub(crate) fn bytes(length: u64, item: u64) -> u64 {
        length.saturating_mul(size_of::<W>() as u64 + item).saturating_add(Room::<W>::bytes(length))
    }
}

impl<W: Word> Coder<W> {
    /// Sorts the elements of `line`; the result goes to `out`, or takes their place. Equal elements stay in order.
    ///
    /// # Errors
    /// When memory is short.
    pub(crate) fn sort_line(
        &self,
        line: &mut [u8],
        out: Option<&mut [u8]>,
        desk: &mut Desk<W>,
    ) -> Result<()> {
        let words: &mut [W] = bytemuck::cast_slice_mut(desk.words.bytes_mut());
        (self.encode)(line, Positions::ALL, words);
        sort(words, self.scale, &mut desk.room);
        let signed =
            self.zeros.map(|kind| (kind, (kind.count)(line))).filter(|(_, (negative, _))| *negative > 0);
        let (mut zeros, mut place) = (&mut [][..], 0);
        if let Some((kind, (_, all))) = signed {
            let item = line.len() / words.len().max(1);
            zeros = desk.zeros.reserve(all as usize * item)?;
            (kind.copy)(line, zeros);
            place = words.partition_point(|word| *word < kind.word) * item;
        }
        let out = out.unwrap_or(line);
        (self.decode)(words, out);
        if let Some(found) = out.get_mut(place..place + zeros.len()) {
            found.copy_from_slice(zeros);
        }
        Ok(())
    }
}
