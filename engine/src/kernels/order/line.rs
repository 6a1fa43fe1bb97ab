//! Sorting a line of elements in memory.

use super::code::Coder;
use super::sort::{Room, sort};
use super::word::Word;

/// One thread's memory for sorting lines.
pub(crate) struct Desk<W> {
    words: Vec<W>,
    room: Room<W>,
    zeros: Vec<u8>,
}

impl<W: Word> Desk<W> {
    /// Memory for lines of `length` elements of `item` bytes.
    pub(crate) fn new(length: usize, item: usize) -> Desk<W> {
        let zeros = Vec::with_capacity(length * item);
        Desk { words: vec![W::zeroed(); length], room: Room::new(length), zeros }
    }

    /// Bytes of this memory.
    pub(crate) fn bytes(length: u64, item: u64) -> u64 {
        length.saturating_mul(size_of::<W>() as u64 + item).saturating_add(Room::<W>::bytes(length))
    }
}

impl<W: Word> Coder<W> {
    /// Sorts the elements of `line`; the result goes to `out`, or takes their place. Equal elements stay in order.
    pub(crate) fn sort_line(&self, line: &mut [u8], out: Option<&mut [u8]>, desk: &mut Desk<W>) {
        let Desk { words, room, zeros } = desk;
        (self.encode)(line, 0, words);
        sort(words, self.scale, room);
        let signed = self.zeros.map(|kind| (kind, (kind.count)(line))).filter(|(_, (negative, _))| *negative > 0);
        let place = signed.map(|(kind, (_, all))| {
            let item = line.len() / words.len().max(1);
            zeros.resize(all as usize * item, 0);
            (kind.copy)(line, zeros);
            words.partition_point(|word| *word < kind.word) * item
        });
        let out = out.unwrap_or(line);
        (self.decode)(words, out);
        if let Some(place) = place
            && let Some(found) = out.get_mut(place..place + zeros.len())
        {
            found.copy_from_slice(zeros);
        }
    }
}
