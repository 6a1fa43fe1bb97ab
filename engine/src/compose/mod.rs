//! Functions that are compositions of others: a file for each family, over the public methods of expressions.

mod held;
mod order;
mod sets;

pub use sets::{Unique, UniqueOptions};
