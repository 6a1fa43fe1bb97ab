//! Names and ids of arrays, and the block that lists them.
//!
//! Names are paths: `/ocean/sst`. The name block holds every name of a commit in order. Only a commit that adds,
//! removes or renames an array rewrites it. Arrays are few and large, so a list is enough to find them, and a reader
//! needs no tree for it.

use std::collections::BTreeMap;

use crate::bytes::{Reader, Short, Writer};

/// The most bytes of one name.
pub const NAME_MAX: usize = 4096;
/// The most bytes of the name block.
pub(crate) const NAMES_MAX: usize = 256 << 20;
const MAGIC: u32 = u32::from_le_bytes(*b"NAME");

/// Why a name was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// An empty name.
    #[error("the name is empty: expected a path such as /ocean/sst")]
    Empty,
    /// A name that does not begin with a slash.
    #[error("name {0:?} does not begin with '/': expected a path such as /ocean/sst")]
    Relative(String),
    /// Two slashes in a row, or one at the end.
    #[error("name {0:?} has an empty part: expected text between slashes and after the last one")]
    EmptyPart(String),
    /// `.` or `..`, which would leave a folder on export.
    #[error("name {0:?} has a part '.' or '..': choose another name")]
    Dots(String),
    /// A NUL or another control character.
    #[error("name {0:?} has a control character: expected none")]
    Control(String),
    /// A name that is not UTF-8.
    #[error("a name is not UTF-8: found the bytes {0:02x?}")]
    Utf8(Vec<u8>),
    /// A name that is too long.
    #[error("a name of {found} bytes: expected at most {NAME_MAX}")]
    TooLong {
        /// The length in bytes.
        found: usize,
    },
}

/// Checks a name.
///
/// # Errors
/// When it is not a path of non-empty UTF-8 parts.
pub(crate) fn check(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > NAME_MAX {
        return Err(NameError::TooLong { found: name.len() });
    }
    let Some(path) = name.strip_prefix('/') else { return Err(NameError::Relative(name.to_owned())) };
    if name.chars().any(char::is_control) {
        return Err(NameError::Control(name.to_owned()));
    }
    for part in path.split('/') {
        match part {
            "" => return Err(NameError::EmptyPart(name.to_owned())),
            "." | ".." => return Err(NameError::Dots(name.to_owned())),
            _ => {}
        }
    }
    Ok(())
}

/// Why the name block was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NamesError {
    /// A block that does not hold names.
    #[error("expected a name block, found magic {found:#010x}")]
    Magic {
        /// The first word of the block.
        found: u32,
    },
    /// Parts that do not add up to the block.
    #[error("the lengths of its parts do not add up to its {len} bytes")]
    Length {
        /// Bytes of the block.
        len: usize,
    },
    /// A block that is too long.
    #[error("{found} bytes: expected at most {NAMES_MAX}")]
    TooLong {
        /// The length in bytes.
        found: u64,
    },
    /// An invalid name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A name that occurs twice, or out of order.
    #[error("name '{0}' occurs twice or out of order")]
    Order(String),
    /// An array below an array. Neither a folder nor a Zarr hierarchy can hold that.
    #[error("'{name}' lies below the array '{above}'")]
    Nested {
        /// The array.
        name: String,
        /// The array above it.
        above: String,
    },
    /// Another number of names than the commit has arrays.
    #[error("{found} names: expected {expected}, the number of arrays in the commit")]
    Count {
        /// Number of arrays of the commit.
        expected: u64,
        /// Number of names.
        found: u64,
    },
    /// An id that the commit has not given, or has given twice.
    #[error("'{name}' has id {id}: expected one from 1 to {last} that no other array has")]
    Id {
        /// The array.
        name: String,
        /// Its id.
        id: u64,
        /// The last id that was given.
        last: u64,
    },
}

/// The number of an array. The array keeps it when it is renamed, and no number is given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArrayId(pub(crate) u64);

impl ArrayId {
    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

/// Names and ids, in order of the names' bytes.
pub(crate) type Names = BTreeMap<String, u64>;

/// The array that lies above a name.
pub(crate) fn above<'a>(names: &Names, name: &'a str) -> Option<&'a str> {
    name.match_indices('/')
        .skip(1)
        .filter_map(|(end, _)| name.get(..end))
        .find(|path| names.contains_key(*path))
}

/// The array that is in the way of a new name: it has that name, or lies above or below it.
pub(crate) fn in_the_way(names: &Names, name: &str) -> Option<String> {
    if names.contains_key(name) {
        return Some(name.to_owned());
    }
    let folder = format!("{name}/");
    let below =
        names.range(folder.clone()..).next().map(|(below, _)| below).filter(|n| n.starts_with(&folder));
    below.cloned().or_else(|| above(names, name).map(str::to_owned))
}

pub(crate) fn encode(names: &Names) -> Vec<u8> {
    let mut w = Writer::default();
    w.u32(MAGIC).u32(0).u64(names.len() as u64);
    for (name, id) in names {
        w.u64(*id).u16(name.len() as u16).bytes(name.as_bytes());
    }
    w.0
}

pub(crate) fn decode(block: &[u8], arrays: u64, next_id: u64) -> Result<Names, NamesError> {
    let wrong = |_: Short| NamesError::Length { len: block.len() };
    let mut r = Reader::new(block);
    let magic = r.u32().map_err(wrong)?;
    if magic != MAGIC {
        return Err(NamesError::Magic { found: magic });
    }
    if r.u32().map_err(wrong)? != 0 {
        return Err(wrong(Short));
    }
    let count = r.u64().map_err(wrong)?;
    if count != arrays {
        return Err(NamesError::Count { expected: arrays, found: count });
    }
    let mut names = Names::new();
    let mut ids = std::collections::BTreeSet::new();
    while !r.rest().is_empty() {
        let id = r.u64().map_err(wrong)?;
        let n = r.u16().map_err(wrong)?;
        let bytes = r.bytes(usize::from(n)).map_err(wrong)?;
        let name = std::str::from_utf8(bytes).map_err(|_| NameError::Utf8(bytes.to_vec()))?;
        check(name)?;
        if names.last_key_value().is_some_and(|(last, _)| last.as_str() >= name) {
            return Err(NamesError::Order(name.to_owned()));
        }
        if id == 0 || id >= next_id || !ids.insert(id) {
            return Err(NamesError::Id { name: name.to_owned(), id, last: next_id.saturating_sub(1) });
        }
        if let Some(above) = above(&names, name) {
            return Err(NamesError::Nested { name: name.to_owned(), above: above.to_owned() });
        }
        names.insert(name.to_owned(), id);
    }
    match names.len() as u64 {
        found if found == count => Ok(names),
        found => Err(NamesError::Count { expected: count, found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["/a", "/ocean/sst", "/ä b/…"] {
            assert_eq!(check(good), Ok(()));
        }
        assert_eq!(check(""), Err(NameError::Empty));
        assert!(matches!(check("a"), Err(NameError::Relative(_))));
        for bad in ["/", "/a/", "//a", "/a//b"] {
            assert!(matches!(check(bad), Err(NameError::EmptyPart(_))), "{bad}");
        }
        assert!(matches!(check("/a/../b"), Err(NameError::Dots(_))));
        assert!(matches!(check("/a\0"), Err(NameError::Control(_))));
        assert!(matches!(check(&format!("/{}", "x".repeat(NAME_MAX))), Err(NameError::TooLong { .. })));
    }

    #[test]
    fn blocks() {
        let names: Names = [("/b".to_owned(), 1), ("/a/c".to_owned(), 7)].into();
        let block = encode(&names);
        assert_eq!(decode(&block, 2, 8), Ok(names));
        assert!(matches!(decode(&block, 3, 8), Err(NamesError::Count { expected: 3, found: 2 })));
        assert!(matches!(decode(&block, 2, 7), Err(NamesError::Id { id: 7, .. })));
        assert!(matches!(decode(&block[..block.len() - 1], 2, 8), Err(NamesError::Length { .. })));
        let mut magic = block.clone();
        magic[0] = 0;
        assert!(matches!(decode(&magic, 2, 8), Err(NamesError::Magic { .. })));
        let twice = [&block[..16], &block[16..30], &block[16..30]].concat();
        assert!(matches!(decode(&twice, 2, 8), Err(NamesError::Order(_))));
        let mut utf8 = block.clone();
        utf8[28] = 0xff;
        assert!(matches!(decode(&utf8, 2, 8), Err(NamesError::Name(NameError::Utf8(_)))));
        let nested = encode(&[("/a".to_owned(), 3), ("/a/b".to_owned(), 4)].into());
        assert!(matches!(decode(&nested, 2, 8), Err(NamesError::Nested { .. })));
        let same_id = encode(&[("/a".to_owned(), 3), ("/b".to_owned(), 3)].into());
        assert!(matches!(decode(&same_id, 2, 8), Err(NamesError::Id { id: 3, .. })));
    }
}
