//! What a check finds: damage, and a report of each array.

use std::fmt;

use crate::Error;
use crate::layout::Layout;

/// What is told of progress, from any of the threads: bytes done and bytes to do. It answers whether to go on.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) -> bool + Sync);

/// Something that is not as its referrer says.
#[derive(Debug)]
pub struct Damage {
    /// The array, when it is known.
    pub array: Option<String>,
    /// The chunk.
    pub chunk: Option<Vec<u64>>,
    /// The elements that are lost: first index and shape of the box.
    pub region: Option<(Vec<u64>, Vec<u64>)>,
    /// What was found.
    pub error: Error,
}

impl Damage {
    /// That of one chunk of an array.
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

/// What was found of one array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArrayReport {
    /// Its name.
    pub name: String,
    /// Chunks of its grid.
    pub chunks: u64,
    /// Chunks that were never written and read as the fill value.
    pub missing: u64,
    /// Chunks of one value throughout.
    pub constant: u64,
    /// Of these, chunks that hold the fill value because it was written.
    pub fill: u64,
    /// Chunks stored as they are.
    pub raw: u64,
    /// Chunks stored packed.
    pub encoded: u64,
    /// Bytes of its payloads.
    pub stored_bytes: u64,
    /// Damages.
    pub damaged: u64,
}

/// What [`Snapshot::verify`] found.
#[derive(Debug, Default)]
pub struct Report {
    /// The commit.
    pub seq: u64,
    /// Whether the file is sealed, so that its unused bytes were checked too.
    pub sealed: bool,
    /// Bytes read and checked.
    pub bytes: u64,
    /// The arrays, by name.
    pub arrays: Vec<ArrayReport>,
    /// The damage, at most 10,000 entries.
    pub damage: Vec<Damage>,
    /// Damage beyond those entries.
    pub unlisted: u64,
}

impl Report {
    /// Whether everything is as it was written.
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
