//! Functions that are compositions of others: a file for each family, over the methods of [`Expr`](crate::Expr).

mod creation;
mod diagonals;
mod grids;
mod inserting;
mod joining;
mod pad;
mod repeating;
mod spaces;
mod splitting;
mod strided;

pub use inserting::Places;
pub(crate) use joining::Blocks;
pub use pad::{Pad, Stat};
pub use spaces::Samples;
pub use splitting::Cuts;
