//! What can go wrong, in the words of whoever has to act on it.

use std::io;

use crate::attributes::AttributesError;
use crate::bytes::CrcMismatch;
use crate::entry::EntryError;
use crate::header::HeaderError;
use crate::meta::error::MetaError;
use crate::name::{NameError, NamesError};
use crate::node::NodeError;
use crate::payload::PayloadError;
use crate::record::RecordError;
use crate::slot::error::SlotError;
use crate::view::ViewError;

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something could not be done.
///
/// Variants that hold another error are damage or incompatibility found in a file; the others are refusals of a
/// request, and the file is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// The system's words.
        source: io::Error,
    },
    /// Page 0.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The commit slots.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// A node of a tree.
    #[error("{}, node at byte {offset}: {problem}", owner_name(.owner))]
    Node {
        /// The array's id, 0 for the array table.
        owner: u64,
        /// Where the node is.
        offset: u64,
        /// What is wrong.
        problem: NodeError,
    },
    /// A reference to a block of metadata.
    #[error("the reference to {what}: {problem}")]
    BlockPlace {
        /// Which block.
        what: &'static str,
        /// What is wrong.
        problem: EntryError,
    },
    /// The checksum of a block of metadata.
    #[error("{what} at byte {offset}: {problem}")]
    BlockCrc {
        /// Which block.
        what: &'static str,
        /// Where it is.
        offset: u64,
        /// How it failed.
        problem: CrcMismatch,
    },
    /// The list of names.
    #[error("the name block at byte {offset}: {problem}")]
    Names {
        /// Where it is.
        offset: u64,
        /// What is wrong.
        problem: NamesError,
    },
    /// The record of an array.
    #[error("the record of array {id}: {problem}")]
    Record {
        /// The array's id.
        id: u64,
        /// What is wrong.
        problem: RecordError,
    },
    /// The metadata of an array, in the file or asked for.
    #[error("metadata of '{array}': {problem}")]
    Meta {
        /// The array.
        array: String,
        /// What is wrong.
        problem: MetaError,
    },
    /// A chunk.
    #[error("array '{array}', chunk {index:?}, {len} bytes at byte {offset}: {problem}")]
    Chunk {
        /// The array.
        array: String,
        /// The chunk.
        index: Vec<u64>,
        /// First byte of its payload.
        offset: u64,
        /// Bytes of its payload.
        len: u64,
        /// What is wrong.
        problem: PayloadError,
    },
    /// A chunk that this machine cannot hold.
    #[error("there is no memory for {bytes} bytes of a chunk")]
    ChunkTooLarge {
        /// Bytes of the chunk, or of its stored form.
        bytes: u64,
    },
    /// Attributes of the file.
    #[error("attributes of the file: {0}")]
    Attributes(#[from] AttributesError),
    /// A name that no array can have.
    #[error(transparent)]
    Name(#[from] NameError),
    /// There is no such array.
    #[error("no array '{name}'; the file holds {}", list(.names))]
    NoArray {
        /// The name asked for.
        name: String,
        /// Some of those there are.
        names: Vec<String>,
    },
    /// There is no such array any more, or not yet.
    #[error("no array has id {id} in this transaction")]
    NoArrayId {
        /// The id.
        id: u64,
    },
    /// The name is taken.
    #[error("'{name}' cannot be named so: the file has '{taken}' already; delete or replace it")]
    NameTaken {
        /// The name asked for.
        name: String,
        /// The array in its way: the same, above or below it.
        taken: String,
    },
    /// There is no such chunk.
    #[error("no chunk {index:?}: the grid of '{array}' has {counts:?} chunks")]
    Index {
        /// The array.
        array: String,
        /// The index asked for.
        index: Vec<u64>,
        /// Chunks along each axis.
        counts: Vec<u64>,
    },
    /// A box that is not inside the array.
    #[error("the box of shape {shape:?} at {start:?} is not inside '{array}' of shape {whole:?}")]
    Region {
        /// The array.
        array: String,
        /// First element asked for.
        start: Vec<u64>,
        /// Elements asked for.
        shape: Vec<u64>,
        /// Shape of the array.
        whole: Vec<u64>,
    },
    /// Too few or too many bytes.
    #[error("'{array}': expected {expected} bytes of elements, found {found}")]
    DataLength {
        /// The array.
        array: String,
        /// Bytes needed.
        expected: u64,
        /// Bytes given.
        found: usize,
    },
    /// A boolean that is neither, or something else that cannot be stored.
    #[error("'{array}', chunk {index:?}: {problem}")]
    Elements {
        /// The array.
        array: String,
        /// The chunk.
        index: Vec<u64>,
        /// What is wrong.
        problem: PayloadError,
    },
    /// A view that would need a copy.
    #[error("'{array}' cannot be viewed in place: {problem}; read it instead")]
    View {
        /// The array.
        array: String,
        /// Why.
        problem: ViewError,
    },
    /// Another writer is at work.
    #[error("another writer holds the file: wait for it to end, or stop it")]
    Locked,
    /// No locks, so no safe writing.
    #[error(
        "this file system has no file locks, so writing is not safe: copy the file to a local disk, or force it when no other process uses the file"
    )]
    NoLocks,
    /// An earlier commit could not be made durable.
    #[error("an earlier write to the disk failed: open the file anew to go on from its last commit")]
    Poisoned,
    /// Nothing was committed, because the data could not be made durable.
    #[error("the data could not be made durable, nothing was committed: {source}")]
    SyncFailed {
        /// The system's words.
        source: io::Error,
    },
    /// The commit may or may not stand.
    #[error(
        "commit {seq} was written but could not be made durable: it may or may not stand; open the file anew to see ({source})"
    )]
    CommitUnknown {
        /// The commit.
        seq: u64,
        /// The system's words.
        source: io::Error,
    },
    /// A transaction that lost some of its changes to an earlier error.
    #[error("an earlier error has left this transaction incomplete: begin another")]
    Failed,
    /// A new file that has no first commit yet.
    #[error("the file is new and has no commit yet")]
    NoCommit,
    /// A commit that is no longer, or not yet, in the file.
    #[error(
        "the file does not hold commit {seq}: the newest is {newest}, and at most the one before it is kept"
    )]
    NoSuchCommit {
        /// The one asked for.
        seq: u64,
        /// The newest.
        newest: u64,
    },
    /// There is something at the path.
    #[error("{path} exists: choose another name, or ask for it to be overwritten")]
    Exists {
        /// The path.
        path: String,
    },
    /// The last sequence number is taken.
    #[error("the file has had 2^62 commits, the most there can be: compact it")]
    Exhausted,
    /// A slot page that holds neither a commit nor nothing.
    #[error(
        "slot page {page} holds no whole commit and is not empty: the next commit mends it if it is a copy"
    )]
    SlotPage {
        /// Page number.
        page: usize,
    },
    /// Bytes of a sealed file that are in nobody's use and not zero.
    #[error("unused bytes at or after byte {offset} of a sealed file are not zero")]
    NotZero {
        /// Where to look.
        offset: u64,
    },
    /// Two things in one place.
    #[error("{len} bytes at byte {offset} are in use twice")]
    Overlap {
        /// First byte of the second one met.
        offset: u64,
        /// Its bytes.
        len: u64,
    },
    /// A record without a name.
    #[error("the array table has array {id}, which has no name")]
    Nameless {
        /// Its id.
        id: u64,
    },
    /// A record that counts wrong.
    #[error("'{array}' counts {expected} chunks or other payload bytes than the {found} chunks it has")]
    Counts {
        /// The array.
        array: String,
        /// Chunks by the record.
        expected: u64,
        /// Chunks by the index.
        found: u64,
    },
    /// The caller had enough.
    #[error("cancelled")]
    Cancelled,
    /// Chunks that would have to be decoded to be moved.
    #[error(
        "chunks of '{from}' cannot be moved to '{array}' as they are: type, chunk shape, order or codec differ"
    )]
    OtherLayout {
        /// The array to write to.
        array: String,
        /// The array to read from.
        from: String,
    },
}

fn owner_name(owner: &u64) -> String {
    match owner {
        0 => "array table".into(),
        id => format!("index of array {id}"),
    }
}

fn list(names: &[String]) -> String {
    match names {
        [] => "none".into(),
        names => names.join(", "),
    }
}

impl Error {
    /// Says what was being done when the system refused.
    pub(crate) fn io(doing: impl FnOnce() -> String) -> impl FnOnce(io::Error) -> Error {
        |source| Error::Io { doing: doing(), source }
    }
}
