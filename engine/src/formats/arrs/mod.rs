//! The project's own `.arrs` files.

mod claim;
mod merge;
mod read;
mod wait;
mod write;

pub use merge::merge;
pub(super) use read::open;
pub use read::open_snapshot;
pub use wait::wait_for_writer;
pub(super) use write::{Assignment, Store};
