//! The head of a file: header and slots, read from sound files and from damaged ones.

use crate::header::{Header, HeaderError};
use crate::slot::error::SlotError;
use crate::slot::pages::{self, Slots};
use crate::storage::Storage;
use crate::{Error, FIXED, PAGE, Result};

/// Reads header and slots.
pub(crate) fn read_head(storage: &dyn Storage) -> Result<Slots> {
    let length = || storage.len().map_err(Error::io(|| "asking for the file's length".into()));
    let len = length()?;
    if len == 0 {
        return Err(HeaderError::Empty.into());
    }
    let mut head = vec![0; FIXED.min(len) as usize];
    storage.read_exact_at(&mut head, 0).map_err(Error::io(|| "reading header and slots".into()))?;
    let whole = head.len() as u64 == FIXED;
    head.resize(FIXED as usize, 0);
    let (pages, _) = head.as_chunks::<PAGE>();
    let Some((first, slots)) = pages.split_first() else { return Err(HeaderError::Empty.into()) };
    let header = match Header::decode(first) {
        Ok(header) if whole => header,
        // A short file of another kind is refused for its kind.
        Err(e @ (HeaderError::Magic { .. } | HeaderError::MangledMagic { .. })) => return Err(e.into()),
        _ if !whole => return Err(HeaderError::TooShort { expected: FIXED, found: len }.into()),
        Err(e) => return Err(e.into()),
        Ok(header) => header,
    };
    match pages::read(slots, &header.uuid, len) {
        // A writer may have made the file longer since, and then committed.
        Err(SlotError::Truncated { .. }) => Ok(pages::read(slots, &header.uuid, length()?)?),
        read => Ok(read?),
    }
}

/// Reads the slots of a file that may have lost its header and its end.
pub(crate) fn read_damaged_head(storage: &dyn Storage) -> Result<Slots> {
    read_slots(storage, |_| u64::MAX)
}

/// Reads the slots of a file without its header: they have the file's uuid too. `most` turns the file's length into
/// the length that a commit may have.
fn read_slots(storage: &dyn Storage, most: impl Fn(u64) -> u64) -> Result<Slots> {
    let len = storage.len().map_err(Error::io(|| "asking for the file's length".into()))?;
    let mut head = vec![0; FIXED as usize];
    let there = head.get_mut(..FIXED.min(len) as usize).unwrap_or_default();
    storage.read_exact_at(there, 0).map_err(Error::io(|| "reading the slots".into()))?;
    let (pages, _) = head.as_chunks::<PAGE>();
    let slots = pages.get(1..).unwrap_or_default();
    let uuid = pages::uuid(slots).ok_or(SlotError::NoneValid)?;
    Ok(pages::read(slots, &uuid, most(len))?)
}

/// Reads the slots, and tells whether the header is damaged. The slots repeat all that the header says.
pub(crate) fn read_mendable_head(storage: &dyn Storage) -> Result<(Slots, bool)> {
    use HeaderError::{Crc, Magic, MangledMagic};
    match read_head(storage) {
        Err(Error::Header(lost @ (Crc(_) | Magic { .. } | MangledMagic { .. }))) => {
            // Without any slot, it is another kind of file.
            read_slots(storage, |len| len).map(|slots| (slots, true)).map_err(|_| lost.into())
        }
        read => read.map(|slots| (slots, false)),
    }
}
