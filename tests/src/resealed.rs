//! Changed bytes with corrected checksums: only the rules of the format can find such damage.

use std::ops::Range;

const PAGE: usize = 4096;

/// The parts of a file that have a checksum: the header, the newest slot, and all that its commit reaches.
#[derive(Clone, Debug)]
pub struct Pieces {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
struct Piece {
    /// The bytes that the checksum covers.
    bytes: Range<usize>,
    /// The offset of the checksum.
    crc_at: usize,
    /// The piece that contains the checksum, if it is not this piece itself.
    parent: Option<usize>,
    /// Offsets of bytes that are not zero, or near a byte that is not.
    filled: Vec<usize>,
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    bytes[at..at + 4].iter().rev().fold(0, |n, &byte| n << 8 | usize::from(byte))
}

fn u64_at(bytes: &[u8], at: usize) -> usize {
    u32_at(bytes, at) | u32_at(bytes, at + 4) << 32
}

impl Pieces {
    /// The pieces of a sound file, or of one whose last commit was interrupted.
    pub fn of(bytes: &[u8]) -> Pieces {
        let is_slot = |page: &usize| {
            let page = &bytes[page * PAGE..][..PAGE];
            page.starts_with(b"ARSSLOT1") && crc32fast::hash(&page[..4092]) as usize == u32_at(page, 4092)
        };
        let newest = (1..5).filter(is_slot).max_by_key(|page| (u64_at(bytes, page * PAGE + 8), 5 - page));
        let mut all = Pieces { pieces: Vec::new() };
        all.push(bytes, 0..4092, 4092, None);
        if let Some(slot) = newest.map(|page| page * PAGE) {
            let piece = all.push(bytes, slot..slot + 4092, slot + 4092, None);
            all.tree(bytes, slot + 88, piece);
            all.block(bytes, slot + 104, piece);
            all.block(bytes, slot + 120, piece);
        }
        all
    }

    fn push(&mut self, bytes: &[u8], range: Range<usize>, crc_at: usize, parent: Option<usize>) -> usize {
        let near = |at: &usize| bytes[at.saturating_sub(7)..bytes.len().min(at + 8)].iter().any(|&b| b != 0);
        let filled = range.clone().filter(near).collect();
        self.pieces.push(Piece { bytes: range, crc_at, parent, filled });
        self.pieces.len() - 1
    }

    fn block(&mut self, bytes: &[u8], at: usize, parent: usize) {
        let (offset, len) = (u64_at(bytes, at), u32_at(bytes, at + 8));
        if offset != 0 {
            self.push(bytes, offset..offset + len, at + 12, Some(parent));
        }
    }

    fn tree(&mut self, bytes: &[u8], root: usize, parent: usize) {
        if let Some(level) = u32_at(bytes, root + 12).checked_sub(1) {
            self.node(bytes, u64_at(bytes, root), root + 8, level, parent);
        }
    }

    fn node(&mut self, bytes: &[u8], offset: usize, crc_at: usize, level: usize, parent: usize) {
        let piece = self.push(bytes, offset..offset + PAGE, crc_at, Some(parent));
        let size = if level == 0 { 32 } else { 16 };
        for at in (offset + 32..offset + PAGE).step_by(size) {
            let (to, len) = (u64_at(bytes, at), u64_at(bytes, at + 8));
            match (level, if level == 0 { u32_at(bytes, at + 20) } else { 0 }) {
                (0, 1 | 2) if len <= 1 << 20 => {
                    self.push(bytes, to..to + len, at + 16, Some(piece));
                }
                (0, 4) => {
                    let record = self.push(bytes, to..to + len, at + 16, Some(piece));
                    self.tree(bytes, to + 16, record);
                    self.block(bytes, to + 32, record);
                }
                (1.., _) if to != 0 => self.node(bytes, to, at + 8, level - 1, piece),
                _ => {}
            }
        }
    }

    /// An offset in the file: half of the picks anywhere, half where data is.
    pub fn any(&self, bytes: &[u8], pick: usize) -> usize {
        match pick % 2 {
            0 => (pick >> 1) % bytes.len(),
            _ => self.pick(pick >> 1).1,
        }
    }

    fn pick(&self, pick: usize) -> (usize, usize) {
        let piece = pick % self.pieces.len();
        let filled = &self.pieces[piece].filled;
        (piece, filled[(pick >> 20) % filled.len()])
    }

    /// Changes a byte of a piece, and corrects all checksums on the way to it. Returns the byte's offset.
    pub fn change(&self, bytes: &mut [u8], pick: usize, flip: u8) -> usize {
        let (piece, at) = self.pick(pick);
        let old = bytes.to_vec();
        bytes[at] ^= flip;
        let mut next = Some(piece);
        while let Some(piece) = next {
            let Piece { bytes: range, crc_at, parent, .. } = &self.pieces[piece];
            let crc = crc32fast::hash(&bytes[range.clone()]);
            bytes[*crc_at..crc_at + 4].copy_from_slice(&crc.to_le_bytes());
            next = *parent;
        }
        // Both copies of a slot change alike.
        for page in [1, 2] {
            let (first, second) = (page * PAGE..(page + 1) * PAGE, (page + 2) * PAGE..(page + 3) * PAGE);
            if old[first.clone()] == old[second.clone()] {
                bytes.copy_within(first, second.start);
            }
        }
        at
    }
}
