//! The content of a disk: what is durable, what is not durable yet, and what a crash leaves of it.

use std::collections::BTreeMap;

use super::choose::{Choose, Random};

pub(super) const SECTOR: usize = 512;
const SECTORS: u64 = (crate::PAGE / SECTOR) as u64;

/// The bytes of one sector.
pub(super) type Sector = [u8; SECTOR];

/// An operation on a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// A new file without a name.
    Create,
    Write {
        file: usize,
        offset: u64,
        data: Vec<u8>,
    },
    SetLen {
        file: usize,
        len: u64,
    },
    Sync {
        file: usize,
    },
    /// A sync that failed. Part of the data is durable, and the rest is never tried again.
    LostSync {
        file: usize,
        seed: u64,
    },
    /// The only name of this disk is given to a file.
    Name {
        file: usize,
    },
    SyncName,
    /// A commit was acknowledged.
    Acknowledged,
}

/// One file.
#[derive(Clone, Debug, Default)]
struct FileImage {
    /// The bytes as the system shows them.
    now: Vec<u8>,
    /// The durable bytes, perhaps with others beyond the durable length.
    durable: Vec<u8>,
    len: usize,
    /// Lengths since the last sync.
    lengths: Vec<usize>,
    /// Contents of sectors since the last sync.
    sectors: BTreeMap<u64, Vec<Sector>>,
}

/// A disk of some files and one name.
#[derive(Clone, Debug)]
pub(super) struct Image {
    files: Vec<FileImage>,
    /// The files that had the name since it was last durable, the durable one first.
    names: Vec<Option<usize>>,
}

impl Default for Image {
    fn default() -> Image {
        Image { files: Vec::new(), names: vec![None] }
    }
}

/// The bytes of a sector, with zeros beyond the end of the file.
fn sector_of(bytes: &[u8], number: u64) -> Sector {
    let rest = bytes.get(number as usize * SECTOR..).unwrap_or_default();
    let mut sector = [0; SECTOR];
    for (to, from) in sector.iter_mut().zip(rest) {
        *to = *from;
    }
    sector
}

impl FileImage {
    /// Notes new contents of the sectors of a range of bytes.
    fn touched(&mut self, start: usize, end: usize) {
        for number in (start / SECTOR) as u64..end.div_ceil(SECTOR) as u64 {
            let content = sector_of(&self.now, number);
            self.sectors.entry(number).or_default().push(content);
        }
    }

    fn write(&mut self, offset: usize, data: &[u8]) {
        let end = offset + data.len();
        if self.now.len() < end {
            self.set_len(end);
        }
        self.now[offset..end].copy_from_slice(data);
        self.touched(offset, end);
    }

    fn set_len(&mut self, len: usize) {
        let old = std::mem::take(&mut self.now);
        self.now = old[..old.len().min(len)].to_vec();
        self.now.resize(len, 0);
        // Bytes that are cut off are zero if the file grows again.
        for number in (len / SECTOR) as u64..old.len().div_ceil(SECTOR) as u64 {
            if sector_of(&old, number) != sector_of(&self.now, number) {
                self.touched(number as usize * SECTOR, (number as usize + 1) * SECTOR);
            }
        }
        self.lengths.push(len);
    }

    fn sync(&mut self) {
        for (number, _) in std::mem::take(&mut self.sectors) {
            let at = number as usize * SECTOR;
            self.durable.resize(self.durable.len().max(at + SECTOR), 0);
            self.durable[at..at + SECTOR].copy_from_slice(&sector_of(&self.now, number));
        }
        self.lengths.clear();
        self.len = self.now.len();
    }

    /// A sync that failed. Some sectors are durable, and the others are never tried again. The length is not lost.
    fn lose(&mut self, choose: &mut dyn Choose) {
        self.durable = self.survivors(choose);
        self.sectors.clear();
    }

    /// The file that a crash leaves.
    fn crash(&self, choose: &mut dyn Choose) -> Vec<u8> {
        let len = match choose.one_of(1 + self.lengths.len()) {
            0 => self.len,
            n => self.lengths[n - 1],
        };
        let mut left = self.survivors(choose);
        left.resize(len, 0);
        left
    }

    /// The bytes of a file that a crash leaves, before its length is chosen.
    fn survivors(&self, choose: &mut dyn Choose) -> Vec<u8> {
        let mut left = self.durable.clone();
        let whole = self.sectors.keys().next_back().map_or(0, |last| (*last as usize + 1) * SECTOR);
        left.resize(whole.max(left.len()), 0);
        let mut contents: Vec<(u64, Vec<Sector>)> = Vec::new();
        for (&number, written) in &self.sectors {
            let mut distinct = vec![sector_of(&self.durable, number)];
            for content in written {
                if !distinct.contains(content) {
                    distinct.push(*content);
                }
            }
            contents.push((number, distinct));
        }
        for page in contents.chunk_by(|a, b| a.0 / SECTORS == b.0 / SECTORS) {
            let changes = page.iter().filter(|(_, distinct)| distinct.len() > 1).count();
            for (i, (number, distinct)) in page.iter().enumerate() {
                let at = *number as usize * SECTOR;
                let counts = if changes == 0 { i == 0 } else { distinct.len() > 1 };
                left[at..at + SECTOR].copy_from_slice(&choose.sector(distinct, counts));
            }
        }
        left
    }
}

impl Image {
    /// A disk on which this file durably has the name.
    pub(super) fn of(bytes: Vec<u8>) -> Image {
        let file = FileImage { len: bytes.len(), now: bytes.clone(), durable: bytes, ..FileImage::default() };
        Image { files: vec![file], names: vec![Some(0)] }
    }

    pub(super) fn apply(&mut self, op: &Op) {
        match op {
            Op::Create => self.files.push(FileImage::default()),
            Op::Write { file, offset, data } => self.files[*file].write(*offset as usize, data),
            Op::SetLen { file, len } => self.files[*file].set_len(*len as usize),
            Op::Sync { file } => self.files[*file].sync(),
            Op::LostSync { file, seed } => {
                self.files[*file].lose(&mut Random::new(*seed));
            }
            Op::Name { file } => self.names.push(Some(*file)),
            Op::SyncName => drop(self.names.drain(..self.names.len() - 1)),
            Op::Acknowledged => {}
        }
    }

    /// The file that has the name after a crash, if there is one.
    pub(super) fn crash(&self, choose: &mut dyn Choose) -> Option<Vec<u8>> {
        let name = self.names[choose.one_of(self.names.len())];
        name.map(|file| self.files[file].crash(choose))
    }

    /// The bytes of a file, as the system shows them.
    pub(super) fn file(&self, file: usize) -> &[u8] {
        &self.files[file].now
    }

    /// The file that has the name now.
    pub(super) fn named(&self) -> Option<usize> {
        self.names.last().copied().flatten()
    }

    /// The number of files created so far.
    pub(super) fn count(&self) -> usize {
        self.files.len()
    }
}
