//! Points and spans of time, by NumPy's rules: units and their common multiples, the calendar, ISO 8601.

mod calendar;
mod iso;
mod unit;

pub(crate) use calendar::Moment;
pub(crate) use iso::{delta, parse, text};
pub(crate) use unit::{Rescale, common, is_long, rescale};
