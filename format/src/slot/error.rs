//! Why slots are refused.

use crate::{FIXED, MAJOR};

/// Why the slots were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SlotError {
    /// None of the four pages holds a slot.
    #[error("none of the four commit slots is readable: the file is damaged beyond its last commit")]
    NoneValid,
    /// A slot of another file.
    #[error("slot page {page} belongs to another file: its uuid differs from the header's")]
    Uuid {
        /// Page number.
        page: usize,
    },
    /// A slot in the other's place.
    #[error("slot page {page} holds commit {seq}, whose place is the other slot")]
    Parity {
        /// Page number.
        page: usize,
        /// Its commit.
        seq: u64,
    },
    /// A sequence number that no commit has.
    #[error("slot page {page} has sequence number {seq}; commits count from 1 to 2^62-1")]
    Sequence {
        /// Page number.
        page: usize,
        /// The number.
        seq: u64,
    },
    /// Two truths about one commit.
    #[error("the two copies of commit {seq} differ, each with a right checksum")]
    CopiesDiffer {
        /// The commit.
        seq: u64,
    },
    /// Needs something this program does not know.
    #[error("the file needs features {unknown:#x} that this program does not know: use a newer one")]
    Incompatible {
        /// Bits not known.
        unknown: u64,
    },
    /// May be read but not written.
    #[error(
        "the file has features {unknown:#x} that this program would break by writing: it can be read; use a newer program to write"
    )]
    ReadOnlyCompatible {
        /// Bits not known.
        unknown: u64,
    },
    /// A later major version.
    #[error("format version {major}.{minor}: this program knows {MAJOR}.x; use a newer one")]
    Major {
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
    },
    /// The file lost its end.
    #[error(
        "commit {seq} is {recorded} bytes long, the file {found}: it was truncated; restore it from a copy"
    )]
    Truncated {
        /// The commit.
        seq: u64,
        /// Bytes the commit reaches.
        recorded: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A length that cannot be.
    #[error("commit {seq} gives the file {recorded} bytes: expected whole pages, at least {FIXED} bytes")]
    Length {
        /// The commit.
        seq: u64,
        /// Bytes it gives.
        recorded: u64,
    },
    /// Numbers of arrays that contradict each other.
    #[error("commit {seq} counts {arrays} arrays with ids below {next_id}")]
    ArrayCount {
        /// The commit.
        seq: u64,
        /// Arrays counted.
        arrays: u64,
        /// The id it would give next.
        next_id: u64,
    },
    /// Bytes that have to be zero are not, or a text that is none.
    #[error("commit {seq}: {what}")]
    Malformed {
        /// The commit.
        seq: u64,
        /// What.
        what: &'static str,
    },
}
