//! A disk that crashes, fails and lies, and a file that has to survive on it.
//!
//! A life of a file (`life.rs`) runs on a disk in memory (`disk.rs`, `storage.rs`), which logs every operation. The
//! log is played again up to any operation, and the machine crashes there (`image.rs`). Any part of the data that was
//! not durable yet may survive, in any order. Each sector of 512 bytes has one of its contents since the last sync,
//! or half of one and half of another, or garbage. The file has one of its lengths, and the folder one of its names.
//! The file that is left must be at the last acknowledged commit or at the one under way, byte for byte
//! (`crashes.rs`). Breaking the protocol on purpose proves that the test would find a fault (`broken.rs`). Failing
//! calls are in `errors.rs`, readers beside a writer in `turns.rs`.
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
