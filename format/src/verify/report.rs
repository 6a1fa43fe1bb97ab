//! The result of a check: damage, and a report of each array.

use std::fmt;

use crate::Error;
use crate::layout::Layout;

/// Receives progress from any thread: bytes done, and bytes in all. It answers whether to go on.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) -> bool + Sync);

/// A part of a file that differs from what refers to it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Damage {
    /// The name of the array, when it is known.
    pub array: Option<String>,
    /// The index of the chunk, when it is one chunk.
    pub chunk: Option<Vec<u64>>,
    /// The region of lost elements: its first index and its shape.
    pub region: Option<(Vec<u64>, Vec<u64>)>,
    /// The error that was found.
    pub error: Error,
}

impl Damage {
    /// The damage of one chunk of an array.
    pub(crate) fn of_chunk(layout: &Layout, index: &[u64], error: Error) -> Damage {
        let (meta, grid) = (&layout.meta, &layout.grid);
        let region = grid.contains(index).then(|| (grid.start(index), grid.extent(index)));
        Damage { array: Some(meta.name.clone()), chunk: Some(index.to_vec()), region, error }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        if let (Some(array), Some((start, shape))) = (&self.array, &self.region) {
            let axes: Vec<String> = start.iter().zip(shape).map(|(s, n)| format!("{s}:{}", s + n)).collect();
            write!(f, " (lost: {array}[{}])", axes.join(", "))?;
        }
        Ok(())
    }
}

/// The result of a check for one array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArrayReport {
    /// Name of the array.
    pub name: String,
    /// Number of chunks in its grid.
    pub chunks: u64,
    /// Chunks that were never written: they read as the fill value.
    pub missing: u64,
    /// Chunks whose elements all have one value.
    pub constant: u64,
    /// Constant chunks of the fill value: it was written to them.
    pub fill: u64,
    /// Chunks stored raw.
    pub raw: u64,
    /// Chunks stored packed.
    pub encoded: u64,
    /// Bytes of the payloads.
    pub stored_bytes: u64,
    /// Number of entries of damage.
    pub damaged: u64,
}

/// The result of [`crate::Snapshot::verify`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Number of the commit.
    pub seq: u64,
    /// Whether the file is sealed, so that its unused bytes were checked too.
    pub sealed: bool,
    /// Bytes read and checked.
    pub bytes: u64,
    /// The arrays, by name.
    pub arrays: Vec<ArrayReport>,
    /// The damage, at most 10,000 entries.
    pub damage: Vec<Damage>,
    /// Number of entries of damage beyond the list.
    pub unlisted: u64,
}

impl Report {
    /// Whether no damage was found.
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for damage in &self.damage {
            writeln!(f, "{damage}")?;
        }
        if self.unlisted > 0 {
            writeln!(f, "and {} more", self.unlisted)?;
        }
        let state = if self.is_sound() { "sound" } else { "DAMAGED" };
        write!(
            f,
            "commit {}: {state}, {} bytes in {} arrays checked",
            self.seq,
            self.bytes,
            self.arrays.len()
        )
    }
}
