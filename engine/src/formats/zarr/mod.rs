//! Zarr stores of version 3: folders of `zarr.json` files and chunks. `zarrs` reads and writes the chunks.

pub(in crate::formats) mod nodes;
mod read;
mod tree;
mod write;

pub(super) use nodes::arrays;
pub(super) use read::open;
pub(super) use tree::folder_of;
pub(super) use write::Store;
