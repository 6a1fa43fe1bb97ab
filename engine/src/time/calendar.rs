//! The calendar: from counts of a unit to years, months and days, and back. It is the Gregorian one for all years, as in
//! NumPy. Numbers beyond 64 bits wrap, as NumPy's do.

use arrstore_format::{TimeBase, TimeUnit};

/// A point in time in its parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Moment {
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) month: i64,
    /// 1 to 31.
    pub(crate) day: i64,
    /// Seconds of the day.
    pub(crate) second: i64,
    /// Attoseconds of the second.
    pub(crate) attosecond: i64,
}

/// Attoseconds of a second.
const ATTO: i64 = 1_000_000_000_000_000_000;
/// Seconds of a day.
const DAY: i64 = 86_400;
/// Days of 400 years.
const CYCLE: i64 = 146_097;
/// Days of the months of a year that is not a leap year.
const MONTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn is_leap(year: i64) -> bool {
    year & 3 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month.
pub(super) fn days_of(year: i64, month: i64) -> i64 {
    let days = MONTHS.get(month as usize - 1).copied().unwrap_or(0);
    days + i64::from(month == 2 && is_leap(year))
}

/// Days from 1970-01-01 to the first day of a year.
fn days_before(year: i64) -> i64 {
    // leap days from 1600 on, of which 1970 follows 90 years that have them
    let (cycles, years) = (year.wrapping_sub(1600).div_euclid(400), year.wrapping_sub(1600).rem_euclid(400));
    let within = years * 365 + (years + 3) / 4 - (years + 99) / 100 + (years + 399) / 400;
    cycles.wrapping_mul(CYCLE).wrapping_add(within).wrapping_sub(135_140)
}

/// Parts of a second for each unit shorter than a second.
fn parts(base: TimeBase) -> Option<i64> {
    let power = match base {
        TimeBase::Millisecond => 3,
        TimeBase::Microsecond => 6,
        TimeBase::Nanosecond => 9,
        TimeBase::Picosecond => 12,
        TimeBase::Femtosecond => 15,
        TimeBase::Attosecond => 18,
        _ => return None,
    };
    Some(10i64.pow(power))
}

/// Seconds of each unit from a second to a week.
fn seconds(base: TimeBase) -> Option<i64> {
    Some(match base {
        TimeBase::Week => 7 * DAY,
        TimeBase::Day => DAY,
        TimeBase::Hour => 3600,
        TimeBase::Minute => 60,
        TimeBase::Second => 1,
        _ => return None,
    })
}

impl Moment {
    /// The start of a year.
    pub(crate) fn of_year(year: i64) -> Moment {
        Moment { year, month: 1, day: 1, second: 0, attosecond: 0 }
    }

    fn of_days(days: i64) -> Moment {
        // days since 1600-03-01, so that a leap day ends a year
        let days = days.wrapping_add(135_140 - 60);
        let (cycles, day) = (days.div_euclid(CYCLE), days.rem_euclid(CYCLE));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let after = i64::from(month >= 10);
        Moment {
            year: cycles.wrapping_mul(400).wrapping_add(1600 + year + after),
            month: month + 3 - 12 * after,
            day: day - (153 * month + 2) / 5 + 1,
            second: 0,
            attosecond: 0,
        }
    }

    fn days(self) -> i64 {
        let months: i64 = (1..self.month).map(|month| days_of(self.year, month)).sum();
        days_before(self.year).wrapping_add(months + self.day - 1)
    }

    /// The moment of a count of `unit` since 1970. A generic unit counts seconds.
    pub(crate) fn of_count(count: i64, unit: TimeUnit) -> Moment {
        let count = count.wrapping_mul(unit.count.into());
        match unit.base {
            TimeBase::Year => Moment::of_year(count.wrapping_add(1970)),
            TimeBase::Month => {
                let year = count.div_euclid(12).wrapping_add(1970);
                Moment { month: count.rem_euclid(12) + 1, ..Moment::of_year(year) }
            }
            TimeBase::Week => Moment::of_days(count.wrapping_mul(7)),
            base => {
                let parts = parts(base).unwrap_or(1);
                let length = seconds(base).unwrap_or(1);
                let in_day = DAY / length;
                let (whole, part) = (count.div_euclid(parts), count.rem_euclid(parts));
                let (days, rest) = (whole.div_euclid(in_day), whole.rem_euclid(in_day));
                Moment { second: rest * length, attosecond: part * (ATTO / parts), ..Moment::of_days(days) }
            }
        }
    }

    /// The count of `unit` since 1970 in which the moment lies.
    pub(crate) fn count(self, unit: TimeUnit) -> i64 {
        let count = match unit.base {
            TimeBase::Year => self.year.wrapping_sub(1970),
            TimeBase::Month => self.year.wrapping_sub(1970).wrapping_mul(12).wrapping_add(self.month - 1),
            TimeBase::Week => self.days().div_euclid(7),
            base => {
                let length = seconds(base).unwrap_or(1);
                let whole = self.days().wrapping_mul(DAY / length).wrapping_add(self.second / length);
                match parts(base) {
                    Some(parts) => whole.wrapping_mul(parts).wrapping_add(self.attosecond / (ATTO / parts)),
                    None => whole,
                }
            }
        };
        if unit.count > 1 { count.div_euclid(unit.count.into()) } else { count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates() {
        let day = TimeUnit::of(TimeBase::Day);
        for (days, date) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (19723, (2024, 1, 1)),
            (19782, (2024, 2, 29)),
            (-719_528, (0, 1, 1)),
            (11_016, (2000, 2, 29)),
            (-25_509, (1900, 2, 28)),
            (-25_508, (1900, 3, 1)),
        ] {
            let moment = Moment::of_count(days, day);
            assert_eq!((moment.year, moment.month, moment.day), date);
            assert_eq!(moment.count(day), days);
        }
        for days in (-800_000..800_000).step_by(7) {
            assert_eq!(Moment::of_count(days, day).count(day), days);
        }
    }
}
