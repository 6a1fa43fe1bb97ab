//! Units of time.

use std::fmt;
use std::str::FromStr;

use super::error::{DTypeError, UnknownDType};

/// A unit of time, in the order of their length. The numbers are the codes on disk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u32)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TimeBase {
    /// No unit yet: it takes the unit of the times beside it.
    Generic = 0,
    Year = 1,
    Month = 2,
    Week = 3,
    Day = 4,
    Hour = 5,
    Minute = 6,
    Second = 7,
    Millisecond = 8,
    Microsecond = 9,
    Nanosecond = 10,
    Picosecond = 11,
    Femtosecond = 12,
    Attosecond = 13,
}

impl TimeBase {
    /// Every unit, with NumPy's name.
    pub const ALL: [(TimeBase, &'static str); 14] = [
        (TimeBase::Generic, "generic"),
        (TimeBase::Year, "Y"),
        (TimeBase::Month, "M"),
        (TimeBase::Week, "W"),
        (TimeBase::Day, "D"),
        (TimeBase::Hour, "h"),
        (TimeBase::Minute, "m"),
        (TimeBase::Second, "s"),
        (TimeBase::Millisecond, "ms"),
        (TimeBase::Microsecond, "us"),
        (TimeBase::Nanosecond, "ns"),
        (TimeBase::Picosecond, "ps"),
        (TimeBase::Femtosecond, "fs"),
        (TimeBase::Attosecond, "as"),
    ];

    /// NumPy's name, such as `ns`.
    pub fn name(self) -> &'static str {
        TimeBase::ALL.iter().find(|(base, _)| *base == self).map_or("", |(_, name)| name)
    }
}

/// The unit of a time type: one count is `count` times `base`. So `{ Minute, 15 }` counts quarters of an hour.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TimeUnit {
    /// The unit.
    pub base: TimeBase,
    /// How many of it one count is, from 1 to 2^31 - 1.
    pub count: u32,
}

impl TimeUnit {
    /// The count that stands for "not a time".
    pub const NAT: i64 = i64::MIN;
    /// The unit of times that take the unit of those beside them.
    pub const GENERIC: TimeUnit = TimeUnit { base: TimeBase::Generic, count: 1 };

    /// One of `base`.
    pub const fn of(base: TimeBase) -> TimeUnit {
        TimeUnit { base, count: 1 }
    }

    /// Whether it takes the unit of the times beside it.
    pub fn is_generic(self) -> bool {
        self.base == TimeBase::Generic
    }

    pub(super) fn from_codes(base: u32, count: u32) -> Result<TimeUnit, DTypeError> {
        let found = TimeBase::ALL.iter().find(|(unit, _)| *unit as u32 == base);
        let (unit, _) = found.ok_or(DTypeError::Unit { base, count })?;
        let unit = TimeUnit { base: *unit, count };
        unit.checked().map(|()| unit)
    }

    pub(super) fn checked(self) -> Result<(), DTypeError> {
        let most = if self.is_generic() { 1 } else { i32::MAX as u32 };
        match (1..=most).contains(&self.count) {
            true => Ok(()),
            false => Err(DTypeError::Unit { base: self.base as u32, count: self.count }),
        }
    }
}

impl fmt::Display for TimeUnit {
    /// `[ns]`, `[25s]`, and nothing for a generic unit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_generic(), self.count) {
            (true, _) => Ok(()),
            (_, 1) => write!(f, "[{}]", self.base.name()),
            (_, count) => write!(f, "[{count}{}]", self.base.name()),
        }
    }
}

impl FromStr for TimeUnit {
    type Err = UnknownDType;

    /// Reads `[ns]`, `[25s]`, `[generic]`, and nothing as the generic unit.
    fn from_str(text: &str) -> Result<TimeUnit, UnknownDType> {
        let unknown = || UnknownDType(text.to_owned());
        if text.is_empty() {
            return Ok(TimeUnit::GENERIC);
        }
        let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).ok_or_else(unknown)?;
        let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
        let (count, name) = inner.split_at(digits);
        let count = if count.is_empty() { 1 } else { count.parse().map_err(|_| unknown())? };
        let name = if name == "\u{3bc}s" { "us" } else { name };
        let (base, _) = TimeBase::ALL.into_iter().find(|(_, n)| *n == name).ok_or_else(unknown)?;
        let unit = TimeUnit { base, count };
        unit.checked().map(|()| unit).map_err(|_| unknown())
    }
}
