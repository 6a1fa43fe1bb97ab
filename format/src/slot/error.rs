//! Why slots are refused.

use crate::{FIXED, MAJOR};

/// Why the slots were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SlotError {
    /// No page that holds a slot.
    #[error("none of the four slot pages holds a commit: restore the file from a copy")]
    NoneValid,
    /// A slot of another file.
    #[error("slot page {page} belongs to another file: its uuid differs from the header's")]
    Uuid {
        /// Number of the page.
        page: usize,
    },
    /// A slot in the place of the other.
    #[error("slot page {page} holds commit {seq}, which belongs in the other slot")]
    Parity {
        /// Number of the page.
        page: usize,
        /// Number of its commit.
        seq: u64,
    },
    /// A number that no commit has.
    #[error("slot page {page} has sequence number {seq}: expected 1 to 2^62-1")]
    Sequence {
        /// Number of the page.
        page: usize,
        /// The sequence number.
        seq: u64,
    },
    /// Two valid copies that differ.
    #[error("the two copies of commit {seq} differ, although both have correct checksums")]
    CopiesDiffer {
        /// The commit.
        seq: u64,
    },
    /// Features that a reader has to know.
    #[error("the file needs features {unknown:#x} that this program does not know; use a newer program")]
    Incompatible {
        /// The bits that are not known.
        unknown: u64,
    },
    /// Features that a writer has to know.
    #[error(
        "the file has features {unknown:#x} that this program does not know: it can read the file, but not write to it; use a newer program"
    )]
    ReadOnlyCompatible {
        /// The bits that are not known.
        unknown: u64,
    },
    /// A later major version.
    #[error("format version {major}.{minor}: this program knows {MAJOR}.x; use a newer program")]
    Major {
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
    },
    /// A file that has lost its end.
    #[error(
        "commit {seq} needs {recorded} bytes, but the file has {found}: it was cut short; restore it from a copy"
    )]
    Truncated {
        /// The commit.
        seq: u64,
        /// Bytes that the commit needs.
        recorded: u64,
        /// Bytes of the file.
        found: u64,
    },
    /// An invalid length.
    #[error(
        "commit {seq} records a length of {recorded} bytes: expected whole pages, at least {FIXED} bytes"
    )]
    Length {
        /// The commit.
        seq: u64,
        /// The length that it records.
        recorded: u64,
    },
    /// A count of arrays that contradicts the next id.
    #[error(
        "commit {seq} counts {arrays} arrays: expected fewer than its next id, {next_id}, which is at most 2^48"
    )]
    ArrayCount {
        /// The commit.
        seq: u64,
        /// The count of arrays.
        arrays: u64,
        /// The id of the next new array.
        next_id: u64,
    },
    /// Other invalid fields.
    #[error("commit {seq}: {what}")]
    Malformed {
        /// The commit.
        seq: u64,
        /// The broken rule.
        what: &'static str,
    },
}
