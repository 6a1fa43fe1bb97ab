//! Times as text: ISO 8601 for points in time, a number of units for spans.

use arrstore_format::{TimeBase, TimeUnit};

use super::Moment;
use super::calendar::days_of;

/// The text of "not a time".
const NAT: &str = "NaT";

/// Digits of a second that a unit shows.
fn digits(base: TimeBase) -> usize {
    match base {
        TimeBase::Millisecond => 3,
        TimeBase::Microsecond => 6,
        TimeBase::Nanosecond => 9,
        TimeBase::Picosecond => 12,
        TimeBase::Femtosecond => 15,
        TimeBase::Attosecond => 18,
        _ => 0,
    }
}

/// A point in time, as precise as its unit: `2024-01-31T09:30`.
pub(crate) fn text(count: i64, unit: TimeUnit) -> String {
    if count == TimeUnit::NAT {
        return NAT.to_owned();
    }
    let base = if unit.is_generic() { TimeBase::Second } else { unit.base };
    let at = Moment::of_count(count, unit);
    let mut out = format!("{:04}", at.year);
    if base == TimeBase::Year {
        return out;
    }
    out += &format!("-{:02}", at.month);
    if base == TimeBase::Month {
        return out;
    }
    out += &format!("-{:02}", at.day);
    if base <= TimeBase::Day {
        return out;
    }
    out += &format!("T{:02}", at.second / 3600);
    if base == TimeBase::Hour {
        return out;
    }
    out += &format!(":{:02}", at.second / 60 % 60);
    if base == TimeBase::Minute {
        return out;
    }
    out += &format!(":{:02}", at.second % 60);
    let fraction = format!("{:018}", at.attosecond);
    match fraction.get(..digits(base)) {
        Some(shown) if !shown.is_empty() => out + "." + shown,
        _ => out,
    }
}

/// A span of time on its own: `5 seconds`.
pub(crate) fn delta(count: i64, unit: TimeUnit) -> String {
    if count == TimeUnit::NAT {
        return NAT.to_owned();
    }
    let name = match unit.base {
        TimeBase::Generic => "generic time units",
        TimeBase::Year => "years",
        TimeBase::Month => "months",
        TimeBase::Week => "weeks",
        TimeBase::Day => "days",
        TimeBase::Hour => "hours",
        TimeBase::Minute => "minutes",
        TimeBase::Second => "seconds",
        TimeBase::Millisecond => "milliseconds",
        TimeBase::Microsecond => "microseconds",
        TimeBase::Nanosecond => "nanoseconds",
        TimeBase::Picosecond => "picoseconds",
        TimeBase::Femtosecond => "femtoseconds",
        TimeBase::Attosecond => "attoseconds",
    };
    format!("{} {name}", i128::from(count) * i128::from(unit.count))
}

/// Reads a point in time and the unit that its text is precise to; `None` for "not a time", as a moment.
///
/// # Errors
/// When the text is not a date, or a date with a time of day, in ISO 8601.
pub(crate) fn parse(text: &str) -> Result<(Option<Moment>, TimeBase), String> {
    let wrong = |what: &str| {
        format!(
            "'{text:.60}' is not a time: {what}; expected ISO 8601 such as 2024-01-31 or 2024-01-31T09:30:00.5"
        )
    };
    if text.is_empty() || text.eq_ignore_ascii_case(NAT) {
        return Ok((None, TimeBase::Generic));
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (date, time) = match rest.find(['T', ' ']) {
        Some(at) => (rest.get(..at).unwrap_or(""), rest.get(at + 1..)),
        None => (rest, None),
    };
    let number = |part: &str, least: usize, most: usize, what: &str| -> Result<i64, String> {
        let fits = (least..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|_| fits).ok_or_else(|| wrong(what))
    };
    let mut parts = date.split('-');
    let mut at = Moment::of_year(sign * number(parts.next().unwrap_or(""), 4, 18, "no year of four digits")?);
    let mut base = TimeBase::Year;
    if let Some(month) = parts.next() {
        at.month = number(month, 2, 2, "no month of two digits")?;
        if !(1..=12).contains(&at.month) {
            return Err(wrong("a month is from 01 to 12"));
        }
        base = TimeBase::Month;
    }
    if let Some(day) = parts.next() {
        at.day = number(day, 2, 2, "no day of two digits")?;
        if !(1..=days_of(at.year, at.month)).contains(&at.day) {
            return Err(wrong("the month has no such day"));
        }
        base = TimeBase::Day;
    }
    let Some(time) = time else {
        return if parts.next().is_some() {
            Err(wrong("the date has too many parts"))
        } else {
            Ok((Some(at), base))
        };
    };
    if base != TimeBase::Day {
        return Err(wrong("a time of day follows a whole date"));
    }
    if time.ends_with('Z') || time.contains(['+', '-']) {
        return Err(wrong("times are in UTC, and are written without a zone"));
    }
    let (clock, fraction) = match time.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (time, None),
    };
    let mut parts = clock.split(':');
    let units = [(3600, 24, TimeBase::Hour), (60, 60, TimeBase::Minute), (1, 60, TimeBase::Second)];
    for (seconds, end, unit) in units {
        let Some(part) = parts.next() else { break };
        let count = number(part, 2, 2, "hours, minutes and seconds have two digits")?;
        if count >= end {
            return Err(wrong("the day has no such time"));
        }
        at.second += seconds * count;
        base = unit;
    }
    if parts.next().is_some() {
        return Err(wrong("the time has too many parts"));
    }
    if let Some(fraction) = fraction {
        if base != TimeBase::Second {
            return Err(wrong("a fraction follows seconds"));
        }
        at.attosecond = number(&format!("{fraction:0<18}"), 18, 18, "a fraction has up to 18 digits")?;
        base = match fraction.len() {
            0 => return Err(wrong("a fraction has digits")),
            1..=3 => TimeBase::Millisecond,
            4..=6 => TimeBase::Microsecond,
            7..=9 => TimeBase::Nanosecond,
            10..=12 => TimeBase::Picosecond,
            13..=15 => TimeBase::Femtosecond,
            _ => TimeBase::Attosecond,
        };
    }
    Ok((Some(at), base))
}
