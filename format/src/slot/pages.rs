//! The four slot pages: which commits they hold, and which pages have to be written again.

use super::error::SlotError;
use super::{MAGIC, SEQ_MAX, Slot};
use crate::bytes::{Reader, is_zero, split_crc};
use crate::{MAJOR, PAGE};

/// The file offsets of the two copies of commit `seq`.
pub(crate) fn places(seq: u64) -> [u64; 2] {
    let page = PAGE as u64;
    [(1 + (seq & 1)) * page, (3 + (seq & 1)) * page]
}

/// The commits of the four slot pages.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    /// The newest commit.
    pub(crate) newest: Slot,
    /// The commit before it, when its slot has not been overwritten and is understood.
    pub(crate) previous: Option<Slot>,
    /// Whether the other slot holds a commit that is not understood, so that the pages it uses are unknown.
    pub(crate) opaque: bool,
    /// The page of the newest commit as it stands in the file. One of a later minor version may have fields that are
    /// unknown here.
    pub(crate) page: Vec<u8>,
    /// Slot pages (1 to 4) that hold neither zeros nor a whole slot.
    pub(crate) broken: Vec<usize>,
    /// Whether the first and the second copy of the newest commit are valid.
    pub(crate) copies: [bool; 2],
    /// Slot pages that can be written again, each with the page that it should be a copy of.
    pub(crate) mendable: Vec<(usize, usize)>,
}

impl Slots {
    /// The slots of a file with one commit, sound.
    pub(crate) fn of(newest: Slot) -> Slots {
        let (page, broken, mendable) = (newest.encode(), Vec::new(), Vec::new());
        Slots { newest, previous: None, opaque: false, page, broken, copies: [true; 2], mendable }
    }

    /// The slots with commit `seq` alone, if a slot still holds it. Then all that the commit reaches is unchanged:
    /// space that the next commit has freed is used by the one after that at the earliest, and that one overwrites
    /// this slot.
    pub(crate) fn at(self, seq: u64) -> Option<Slots> {
        if self.newest.seq == seq {
            return Some(self);
        }
        let mut slot = self.previous.filter(|slot| slot.seq == seq)?;
        // A later commit has written to bytes that this one does not use.
        slot.set_sealed(false);
        Some(Slots::of(slot))
    }

    /// The places of the two copies of the newest commit, in the order in which to write them again, with a sync
    /// between. A missing copy comes first, so that one copy is valid at every moment.
    pub(crate) fn mending(&self) -> [u64; 2] {
        let [first, second] = places(self.newest.seq);
        if self.copies == [false, true] { [first, second] } else { [second, first] }
    }
}

/// A page whose CRC is right, with the fields that every version of the format has.
#[derive(Clone, Copy, Debug)]
struct Whole<'a> {
    page: usize,
    seq: u64,
    body: &'a [u8],
}

impl<'a> Whole<'a> {
    /// Checks the rules for every page that counts, whether its commit is the current one or not.
    fn read(page: usize, body: &'a [u8], file: &[u8; 16]) -> Result<Whole<'a>, SlotError> {
        let mut r = Reader::new(body.get(MAGIC.len()..).unwrap_or_default());
        let seq = r.u64().unwrap_or_default();
        if r.array() != Ok(*file) {
            return Err(SlotError::Uuid { page });
        }
        if seq == 0 || seq > SEQ_MAX {
            return Err(SlotError::Sequence { page, seq });
        }
        if (seq & 1) as usize == page % 2 {
            return Err(SlotError::Parity { page, seq });
        }
        Ok(Whole { page, seq, body })
    }

    /// The slot, if this program understands it.
    fn slot(self, file_len: u64) -> Result<Slot, SlotError> {
        let mut r = Reader::new(self.body.get(32..).unwrap_or_default());
        let (major, minor) = (r.u16().unwrap_or_default(), r.u16().unwrap_or_default());
        if major != MAJOR {
            return Err(SlotError::Major { major, minor });
        }
        let what = "malformed fields behind a right checksum";
        let slot = Slot::decode(self.body).map_err(|_| SlotError::Malformed { seq: self.seq, what })?;
        slot.accept(file_len)?;
        Ok(slot)
    }
}

/// Reads the four slot pages that follow the header.
pub(crate) fn read(pages: &[[u8; PAGE]], uuid: &[u8; 16], file_len: u64) -> Result<Slots, SlotError> {
    let mut found: Vec<Whole<'_>> = Vec::new();
    let mut broken = Vec::new();
    for (page, bytes) in (1..).zip(pages) {
        let (body, crc) = split_crc(bytes);
        if crc.is_err() || !body.starts_with(&MAGIC) {
            if !is_zero(bytes) {
                broken.push(page);
            }
            continue;
        }
        let whole = Whole::read(page, body, uuid)?;
        if found.iter().any(|other| other.seq == whole.seq && other.body != body) {
            return Err(SlotError::CopiesDiffer { seq: whole.seq });
        }
        found.push(whole);
    }
    let current = *found.iter().max_by_key(|whole| whole.seq).ok_or(SlotError::NoneValid)?;
    let newest = current.slot(file_len)?;
    let copies = places(newest.seq)
        .map(|place| found.iter().any(|s| s.seq == newest.seq && s.page as u64 * PAGE as u64 == place));
    let mendable = (1..=pages.len()).filter_map(|page| {
        let copy = (page + 1) % 4 + 1;
        let seq = |page| found.iter().find(|whole| whole.page == page).map(|whole| whole.seq);
        let behind = seq(copy) == Some(newest.seq) && seq(page) != Some(newest.seq);
        (behind || (broken.contains(&page) && seq(copy).is_some())).then_some((page, copy))
    });
    let mendable = mendable.collect();
    let before = found.iter().find(|whole| whole.seq + 1 == newest.seq).map(|s| s.slot(file_len));
    let opaque = matches!(before, Some(Err(_)));
    let page = pages.get(current.page - 1).map(|page| page.to_vec()).unwrap_or_default();
    Ok(Slots { newest, previous: before.and_then(Result::ok), opaque, page, broken, copies, mendable })
}

/// The uuid in a slot, for a file whose header is lost.
pub(crate) fn uuid(pages: &[[u8; PAGE]]) -> Option<[u8; 16]> {
    pages.iter().find_map(|page| {
        let (body, crc) = split_crc(page);
        let counts = crc.is_ok() && body.starts_with(&MAGIC);
        if counts { Reader::new(body.get(16..)?).array().ok() } else { None }
    })
}
