//! Sorting. Elements become unsigned integers, their *words*, whose order is NumPy's order of the elements. All sorting
//! and splitting is done on words, so that there is one loop for each size of a word and not for each type.
//!
//! A word that is sorted for its position holds the position in its lower bits. No two of these words are equal, so any
//! way of sorting them is stable.

mod cells;
mod code;
mod line;
mod packed;
mod real;
mod scale;
mod sort;
mod tally;
mod texts;
mod word;

pub(crate) use cells::Cells;
pub(crate) use code::{Code, Coder, Encode, Positions, Wanted, code, position};
pub(crate) use line::Desk;
pub(crate) use packed::{Pack, Packing, Ranges, Unit, units};
pub(crate) use sort::{Room, sort};
pub(crate) use tally::Tally;
pub(crate) use texts::WIDEST;
pub(crate) use word::{Wide, Word};
