//! Selection: elements at given places of the order, without sorting all of them. The loops work on keys: unsigned
//! integers that sort as the elements do.

mod cuts;
mod key;
mod place;

pub(crate) use cuts::{Cuts, collect};
pub(crate) use key::{Key, Keys, keys};
pub(crate) use place::{Wanted, place, within};
