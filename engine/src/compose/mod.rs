//! Functions that are compositions of others, a file for each family.
//!
//! Most of NumPy needs no operator of its own. These functions use the methods of [`Expr`](crate::Expr) that any user
//! has, so that they are planned, fused and kept within memory like the text that a user would write instead.

mod indexing;
mod places;
mod subscript;

pub use indexing::Mode;
pub(crate) use subscript::Indexed;
pub use subscript::Part;
