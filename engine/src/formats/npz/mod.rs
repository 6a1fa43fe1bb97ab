//! NumPy's `.npz` archives: zip files of `.npy` files.

mod archive;
mod read;
mod verify;
mod write;

pub(super) use read::{list, open};
pub use verify::{Verified, verify};
pub(super) use write::Archive;
