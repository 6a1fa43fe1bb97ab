//! The `.arrs` file: many chunked, checksummed arrays in one file that a crash cannot break.
//!
//! SPEC.md describes the bytes; its sections name the modules of this crate. A reader goes from [`File`] to
//! [`Snapshot`], [`Array`] and [`Chunk`]. The one writer goes from [`File`] to [`Transaction`]:
//!
//! ```
//! use std::sync::Arc;
//! use arrstore_format::{CreateOptions, DType, File, MemoryStorage, Meta};
//!
//! let file = File::create_on(Arc::new(MemoryStorage::new()), &CreateOptions::default())?;
//! let transaction = file.begin()?;
//! let id = transaction.create_array("/ocean/sst", Meta::new(DType::U8, &[2, 3], &[2, 2]))?;
//! transaction.write(id, &[0, 0], &[2, 3], &[1, 2, 3, 4, 5, 6])?;
//! transaction.commit()?;
//!
//! let array = file.snapshot()?.array("/ocean/sst")?;
//! let mut column = [0; 2];
//! array.read(&[0, 1], &[2, 1], &mut column)?;
//! assert_eq!(column, [2, 5]);
//! # Ok::<(), arrstore_format::Error>(())
//! ```
//!
//! The crate starts no threads, but any number of threads can use its types at once. It does no arithmetic: elements
//! are bytes with a [`DType`].

mod alloc;
mod array;
mod attributes;
mod bytes;
mod chunk;
mod codec;
mod commit;
mod compact;
mod dtype;
mod element;
mod entry;
mod error;
#[cfg(test)]
mod faults;
mod file;
#[cfg(test)]
mod fuzz;
mod grid;
mod head;
mod header;
mod layout;
mod mend;
mod meta;
mod name;
mod node;
mod open_file;
mod payload;
mod record;
mod reference;
#[cfg(test)]
mod refusals;
mod region;
pub mod replace;
mod runs;
mod salvage;
mod scan;
mod scratch;
mod slot;
mod snapshot;
mod storage;
pub mod strided;
mod sync;
mod transaction;
mod transpose;
mod tree;
mod usage;
mod verify;
mod view;

pub use array::Array;
pub use attributes::{ATTRIBUTES_MAX, Attributes, AttributesError};
pub use bytes::CrcMismatch;
pub use chunk::{Chunk, ChunkState};
pub use codec::{Codec, check_zstd};
pub use compact::{Compacted, compact};
pub use dtype::{DType, DTypeError, Field, Kind, RecordType, TimeBase, TimeUnit, UnknownDType, quoted};
pub use element::Element;
pub use entry::EntryError;
pub use error::{Error, Result};
pub use file::{CreateOptions, File};
pub use grid::{Grid, Indices};
pub use header::HeaderError;
pub use meta::Meta;
pub use meta::error::MetaError;
pub use meta::limits::{CHUNKS_MAX, NDIM_MAX};
pub use name::{ArrayId, NAME_MAX, NameError, NamesError};
pub use node::NodeError;
pub use open_file::Durability;
pub use payload::PayloadError;
pub use record::RecordError;
pub use salvage::{Salvage, Salvaged, salvage};
pub use scratch::trim;
pub use slot::error::SlotError;
pub use snapshot::{Snapshot, Stat};
pub use storage::file::FileStorage;
pub use storage::memory::MemoryStorage;
pub use storage::{FileMap, Lock, Storage};
pub use transaction::Transaction;
pub use verify::Verification;
pub use verify::report::{ArrayReport, Damage, Progress, Report};
pub use view::ViewError;

/// Bytes of a page. The header, a slot and a node have one each; large raw payloads are aligned to pages.
pub(crate) const PAGE: usize = 4096;
/// Bytes of the header and the four slot pages, which every file has.
pub(crate) const FIXED: u64 = 5 * PAGE as u64;
/// The major version of the format that this crate writes.
pub(crate) const MAJOR: u16 = 1;
/// The minor version of the format that this crate writes.
pub(crate) const MINOR: u16 = 0;
