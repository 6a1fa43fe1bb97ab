//! Why parts cannot be merged.

use std::path::PathBuf;

/// Part files that do not make up whole arrays. Nothing was committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartsError {
    /// No part files.
    #[error("expected at least one part file")]
    None,
    /// A file without a part.
    #[error(
        "{path}: expected a file that write_part wrote (or Layout::part), found no array with the attribute '_part'"
    )]
    NotPart {
        /// The file.
        path: PathBuf,
    },
    /// A part whose attribute cannot be read.
    #[error(
        "{path}, array {array}: expected the attribute '_part' with start and shape, each a list of {ndim} whole numbers; found something else"
    )]
    Place {
        /// The file.
        path: PathBuf,
        /// The array.
        array: String,
        /// Axes of the part.
        ndim: usize,
    },
    /// A part that reaches outside its array.
    #[error(
        "{path}, array {array}, axis {axis}: a part from {start} to {end} lies outside of an array of length {length}"
    )]
    Outside {
        /// The file.
        path: PathBuf,
        /// The array.
        array: String,
        /// The axis.
        axis: usize,
        /// The first element of the part along the axis.
        start: u64,
        /// The end of the part along the axis.
        end: u128,
        /// Elements of the whole array along the axis.
        length: u64,
    },
    /// Parts of different arrays, or of one array in different layouts.
    #[error(
        "{path}, array {array}: found {what} {found}, not {expected} as in {}: write all parts with the same layout",
        first.display()
    )]
    Differs {
        /// The file.
        path: PathBuf,
        /// The array.
        array: String,
        /// The property.
        what: &'static str,
        /// Its value in the file.
        found: String,
        /// Its value in the other file.
        expected: String,
        /// The other file.
        first: PathBuf,
    },
    /// Two parts with a common element.
    #[error(
        "array {array}: two parts overlap: {} has the elements from {:?} on, and {} those from {:?} on",
        one.0.display(), one.1, other.0.display(), other.1
    )]
    Overlap {
        /// The array.
        array: String,
        /// A file, and the first element of its part.
        one: (PathBuf, Vec<u64>),
        /// Another file, or the same one again, and the first element of its part.
        other: (PathBuf, Vec<u64>),
    },
    /// Elements that no part has, where a complete array was asked for.
    #[error("array {array}: no part has element {first:?}; {missing} of {elements} elements are missing")]
    Gap {
        /// The array.
        array: String,
        /// The first missing element.
        first: Vec<u64>,
        /// The number of missing elements.
        missing: u128,
        /// The number of elements of the array.
        elements: u128,
    },
    /// The output, given as a part.
    #[error(
        "{path}: the output is also given as a part, and parts are left as they are: choose another output"
    )]
    Output {
        /// The file.
        path: PathBuf,
    },
    /// A part that was written anew during the merge, as something else.
    #[error(
        "{path}, array {array}: the part has changed during the merge: wait for its writer, and merge again"
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// The array.
        array: String,
    },
}
