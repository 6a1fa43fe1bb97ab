//! The errors of this crate. Each tells what was expected, what was found, where, and what to do.

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
/// Variants that hold another error of this crate report damage or incompatibility in a file. The others refuse a
/// request; the file is then as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error of the system.
    #[error("{doing}: {source}")]
    Io {
        /// The action that failed.
        doing: String,
        /// The system's error.
        source: io::Error,
    },
    /// An invalid header.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// Invalid commit slots.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// An invalid node of a tree.
    #[error("{}, node at byte {offset}: {problem}", owner_name(.owner))]
    Node {
        /// The array's id, 0 for the array table.
        owner: u64,
        /// The first byte of the node.
        offset: u64,
        /// The error that was found.
        problem: NodeError,
    },
    /// An invalid reference to a block.
    #[error("the reference to {what}: {problem}")]
    BlockPlace {
        /// The block.
        what: &'static str,
        /// The error that was found.
        problem: EntryError,
    },
    /// A checksum of a block that does not match.
    #[error("{what} at byte {offset}: {problem}")]
    BlockCrc {
        /// The block.
        what: &'static str,
        /// The first byte of the block.
        offset: u64,
        /// The two checksums.
        problem: CrcMismatch,
    },
    /// An invalid name block.
    #[error("the name block at byte {offset}: {problem}")]
    Names {
        /// The first byte of the block.
        offset: u64,
        /// The error that was found.
        problem: NamesError,
    },
    /// An invalid record of an array.
    #[error("the record of array {id}: {problem}")]
    Record {
        /// The array's id.
        id: u64,
        /// The error that was found.
        problem: RecordError,
    },
    /// Invalid metadata of an array, in the file or in a request.
    #[error("metadata of '{array}': {problem}")]
    Meta {
        /// The array.
        array: String,
        /// The error that was found.
        problem: MetaError,
    },
    /// A damaged chunk.
    #[error("array '{array}', chunk {index:?}, {len} bytes at byte {offset}: {problem}")]
    Chunk {
        /// The array.
        array: String,
        /// The chunk.
        index: Vec<u64>,
        /// The first byte of its payload.
        offset: u64,
        /// Bytes of its payload.
        len: u64,
        /// The error that was found.
        problem: PayloadError,
    },
    /// A chunk for which there is no memory.
    #[error("not enough memory for a chunk of {bytes} bytes")]
    ChunkTooLarge {
        /// Bytes of the chunk, or of its stored form.
        bytes: u64,
    },
    /// Invalid attributes of the file.
    #[error("attributes of the file: {0}")]
    Attributes(#[from] AttributesError),
    /// A name that no array can have.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A name that no array has.
    #[error("there is no array '{name}'; the file holds {}", list(.names))]
    NoArray {
        /// The name asked for.
        name: String,
        /// The first names in the file.
        names: Vec<String>,
    },
    /// An id that no array has any more, or yet.
    #[error("no array has id {id} in this transaction")]
    NoArrayId {
        /// The id.
        id: u64,
    },
    /// A name that is taken.
    #[error("the name '{name}' is taken by '{taken}': delete or replace that array, or choose another name")]
    NameTaken {
        /// The name asked for.
        name: String,
        /// The array that is in the way: it has that name, or lies above or below it.
        taken: String,
    },
    /// An index that no chunk has.
    #[error("there is no chunk {index:?}: '{array}' has {counts:?} chunks along its axes")]
    Index {
        /// The array.
        array: String,
        /// The index asked for.
        index: Vec<u64>,
        /// Chunks along each axis.
        counts: Vec<u64>,
    },
    /// A region that is not inside the array.
    #[error(
        "the region of shape {shape:?} at {start:?} reaches outside '{array}', which has shape {whole:?}"
    )]
    Region {
        /// The array.
        array: String,
        /// The first element asked for.
        start: Vec<u64>,
        /// Elements asked for.
        shape: Vec<u64>,
        /// Shape of the array.
        whole: Vec<u64>,
    },
    /// A buffer of the wrong length.
    #[error("'{array}': expected {expected} bytes of elements, found {found}")]
    DataLength {
        /// The array.
        array: String,
        /// Bytes needed.
        expected: u64,
        /// Bytes given.
        found: usize,
    },
    /// Elements that cannot be stored.
    #[error("'{array}', chunk {index:?}: {problem}")]
    Elements {
        /// The array.
        array: String,
        /// The chunk.
        index: Vec<u64>,
        /// The error that was found.
        problem: PayloadError,
    },
    /// A view that is not possible without a copy.
    #[error("'{array}' cannot be viewed in place: {problem}; read it instead")]
    View {
        /// The array.
        array: String,
        /// Why.
        problem: ViewError,
    },
    /// A file that another writer has locked.
    #[error(
        "another program is writing to the file, or another transaction of this one: wait for it to end, or stop it"
    )]
    Locked,
    /// A file system without locks, where writing is not safe.
    #[error(
        "this file system has no file locks, so writing is not safe: copy the file to a local disk, or write without a lock if no other program uses the file"
    )]
    NoLocks,
    /// A handle whose earlier commit could not be made durable.
    #[error("an earlier write to the disk failed: open the file again to continue from its last commit")]
    Poisoned,
    /// Data that could not be made durable. Nothing was committed.
    #[error("the data could not be made durable, so nothing was committed: {source}")]
    SyncFailed {
        /// The system's error.
        source: io::Error,
    },
    /// A commit that may or may not stand.
    #[error(
        "commit {seq} was written, but the disk did not confirm it ({source}): open the file again to see whether it is there"
    )]
    CommitUnknown {
        /// The commit.
        seq: u64,
        /// The system's error.
        source: io::Error,
    },
    /// A transaction that has lost changes to an earlier error.
    #[error("an earlier error left this transaction incomplete: begin a new one")]
    Failed,
    /// A new file without a commit.
    #[error("the file is new and has no commit yet: commit a transaction first")]
    NoCommit,
    /// A commit that the file no longer holds, or does not hold yet.
    #[error("the file does not hold commit {seq}: it holds commit {newest} and at most the one before")]
    NoSuchCommit {
        /// The commit asked for.
        seq: u64,
        /// The newest commit.
        newest: u64,
    },
    /// A path that is taken already.
    #[error("{path} exists already: choose another name, or allow it to be overwritten")]
    Exists {
        /// The path.
        path: String,
    },
    /// A file whose sequence numbers are used up.
    #[error("the file has reached the limit of 2^62 commits: compact it")]
    Exhausted,
    /// A slot page that holds neither a commit nor zeros.
    #[error(
        "slot page {page} is damaged: expected a commit or zeros; if it is a copy, the next commit repairs it"
    )]
    SlotPage {
        /// Page number.
        page: usize,
    },
    /// Unused bytes of a sealed file that are not zero.
    #[error("unused bytes at or after byte {offset} are not zero: expected zeros in a sealed file")]
    NotZero {
        /// A byte at or before the first of them.
        offset: u64,
    },
    /// Bytes that are in use twice.
    #[error("{len} bytes at byte {offset} overlap other bytes in use")]
    Overlap {
        /// The first byte of the second use that was found.
        offset: u64,
        /// The number of bytes.
        len: u64,
    },
    /// An array in the table without a name.
    #[error("the array table has array {id}, which has no name")]
    Nameless {
        /// Its id.
        id: u64,
    },
    /// A record whose counts do not fit the index.
    #[error(
        "the record of '{array}' does not fit its index: expected {expected} chunks, found {found}, or their payload bytes differ"
    )]
    Counts {
        /// The array.
        array: String,
        /// Chunks according to the record.
        expected: u64,
        /// Chunks in the index.
        found: u64,
    },
    /// A call that the caller cancelled.
    #[error("cancelled")]
    Cancelled,
    /// Chunks that cannot be copied without decoding them.
    #[error(
        "chunks of '{from}' cannot be copied to '{array}' as they are: type, chunk shape, order, fill value or codec differ"
    )]
    OtherLayout {
        /// The array to copy to.
        array: String,
        /// The array to copy from.
        from: String,
    },
    /// A part that cannot be copied without decoding it, because it begins or ends within a chunk.
    #[error(
        "the part of shape {shape:?} at {start:?} of '{array}' begins or ends within a chunk of shape {chunk:?}: write its elements instead"
    )]
    PartOfChunk {
        /// The array to copy to.
        array: String,
        /// The first element of the part.
        start: Vec<u64>,
        /// Elements of the part along each axis.
        shape: Vec<u64>,
        /// Shape of a chunk.
        chunk: Vec<u64>,
    },
    /// A chunk that was already written in the same transaction.
    #[error("chunk {index:?} of '{array}' was already written in this transaction: two parts overlap there")]
    ChunkWritten {
        /// The array to copy to.
        array: String,
        /// The chunk.
        index: Vec<u64>,
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
    /// Adds the action that failed to an error of the system.
    pub(crate) fn io(doing: impl FnOnce() -> String) -> impl FnOnce(io::Error) -> Error {
        |source| Error::Io { doing: doing(), source }
    }
}
