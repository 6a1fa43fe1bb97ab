//! The `.arrs` file: many chunked, checksummed arrays in one file that a crash cannot break.
//!
//! SPEC.md describes the bytes; its sections are named after the modules here. The way down is
//! [`File`] -> [`Snapshot`] -> [`Array`] -> [`Chunk`] for readers, and [`File`] -> [`Transaction`] for the one
//! writer:
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
//! The crate starts no thread; its types can be used from any number of threads at once. It knows no
//! arithmetic: elements are bytes with a [`DType`].

mod alloc;
mod array;
mod attributes;
mod bytes;
mod chunk;
mod codec;
mod compact;
mod dtype;
mod element;
mod error;
#[cfg(test)]
mod faults;
mod file;
#[cfg(test)]
mod fuzz;
mod grid;
mod header;
mod meta;
mod name;
mod node;
mod payload;
mod reach;
mod record;
#[cfg(test)]
mod refusals;
pub mod replace;
mod salvage;
mod scan;
mod slot;
mod snapshot;
mod storage;
pub mod strided;
mod sync;
mod transaction;
mod tree;
mod turn;
mod verify;
mod view;

pub use array::Array;
pub use attributes::{ATTRIBUTES_MAX, Attributes, AttributesError};
pub use bytes::CrcMismatch;
pub use chunk::{Chunk, ChunkState};
pub use codec::Codec;
pub use compact::{Compacted, compact};
pub use dtype::{DType, Kind, UnknownDType};
pub use element::Element;
pub use error::{Error, Result};
pub use file::{CreateOptions, Durability, File};
pub use grid::{Grid, Indices};
pub use header::HeaderError;
pub use meta::{CHUNKS_MAX, Meta, MetaError, NDIM_MAX};
pub use name::{NAME_MAX, NameError, NamesError};
pub use node::{EntryError, NodeError};
pub use payload::PayloadError;
pub use record::RecordError;
pub use salvage::{Salvage, Salvaged, salvage};
pub use slot::SlotError;
pub use snapshot::{Snapshot, Stat};
pub use storage::{FileMap, FileStorage, Lock, MemoryStorage, Storage};
pub use transaction::{ArrayId, Transaction};
pub use verify::{ArrayReport, Damage, Progress, Report, Verification};
pub use view::ViewError;

/// Bytes of a page: of the header, a slot and a node, and what payloads are aligned to.
pub(crate) const PAGE: usize = 4096;
/// Bytes of the header and the four slot pages, which every file has.
pub(crate) const FIXED: u64 = 5 * PAGE as u64;
