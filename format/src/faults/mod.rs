//! A disk that crashes, fails and lies, and what a file on it has to withstand.
//!
//! A life of a file (`life.rs`) runs on a disk in memory (`disk.rs`, `storage.rs`), which logs what is done to it.
//! The log is played again up to any operation, and the machine crashes there (`image.rs`): of everything that was
//! not yet durable, any part may survive, in any order. Each 512-byte sector has one of the contents it was
//! given since the last sync, or two of them half and half, or garbage; the file has one of the lengths, the folder one
//! of the names. Of what is left, the file must be the last acknowledged commit or the one in flight, byte for byte
//! (`crashes.rs`). That this would show is proven by breaking the protocol on purpose (`broken.rs`). Calls that
//! fail are in `errors.rs`, readers beside a writer in `turns.rs`.
//!
//! `ARRSTORE_CRASHES=1000000 cargo test -p arrstore-format --release crashes` is the long campaign.

mod broken;
mod choose;
mod crashes;
mod disk;
mod errors;
mod image;
mod life;
mod storage;
mod turns;

pub(crate) use disk::{Disk, Failure, Fault};
pub(crate) use storage::FaultyStorage;
