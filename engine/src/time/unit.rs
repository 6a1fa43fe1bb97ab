//! Units of time: their common unit, and the factor from one to another.

use arrstore_format::{DType, TimeBase, TimeUnit};

use crate::promote::PromoteError;

/// Units of each kind in one unit of the kind before it, from years on. That of years and months is none: they have no
/// fixed number of days. NumPy's common unit of months and weeks counts them as 1 nevertheless.
const FACTORS: [u64; 14] = [1, 1, 1, 7, 24, 60, 60, 1000, 1000, 1000, 1000, 1000, 1000, 1];

/// Units `fine` in one of `coarse`; `None` beyond NumPy's limit.
fn factor(coarse: TimeBase, fine: TimeBase) -> Option<u64> {
    let between = FACTORS.get(coarse as usize..fine as usize)?;
    between.iter().try_fold(1u64, |product, &f| product.checked_mul(f)).filter(|product| product >> 56 == 0)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Whether the unit has no fixed length: a year or a month.
pub(crate) fn is_long(unit: TimeUnit) -> bool {
    matches!(unit.base, TimeBase::Year | TimeBase::Month)
}

/// The coarsest unit of which both types' units are multiples, as NumPy finds it: `common` of hours and 25 seconds is 25
/// seconds.
///
/// # Errors
/// When a span in years or months meets one in weeks or shorter units, or the unit is too fine to be counted.
pub(crate) fn common(a: DType, b: DType) -> Result<TimeUnit, PromoteError> {
    let none = |reason| PromoteError::NoCommonUnit { a, b, reason };
    let (Some(x), Some(y)) = (a.time_unit(), b.time_unit()) else { return Err(none("one is not a time")) };
    if x.is_generic() || y.is_generic() {
        return Ok(if x.is_generic() { y } else { x });
    }
    let spans = |dtype: DType, unit: TimeUnit| matches!(dtype, DType::TimeDelta(_)) && is_long(unit);
    // beside a point in time, a span of months is one of days from that point
    let strict = !matches!((a, b), (DType::DateTime(_), _) | (_, DType::DateTime(_)));
    if strict && is_long(x) != is_long(y) && (spans(a, x) || spans(b, y)) {
        return Err(none("years and months have no fixed length"));
    }
    let (coarse, fine) = if x.base <= y.base { (x, y) } else { (y, x) };
    let times = match (coarse.base, fine.base) {
        (TimeBase::Year, TimeBase::Month) => Some(12),
        (coarse, fine) => factor(coarse, fine),
    };
    let coarse = times.and_then(|times| u64::from(coarse.count).checked_mul(times));
    let count = gcd(coarse.ok_or_else(|| none("the finer unit is too short"))?, fine.count.into());
    let count = u32::try_from(count).map_err(|_| none("the finer unit is too short"))?;
    Ok(TimeUnit { base: fine.base, count })
}

/// How a count of one unit becomes a count of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rescale {
    /// It is the same.
    Same,
    /// It is multiplied, then divided and rounded down.
    By { times: i64, over: i64 },
    /// It goes by way of the calendar.
    Calendar,
}

/// The way from counts of `from` to counts of `to`. Points in time go by way of the calendar between years or months and
/// all other units; spans take a year for 365.2425 days. A point becomes a span, and a span a point, by its mere count, as
/// in NumPy.
///
/// # Errors
/// When the factor is too large for 64 bits, or a generic unit is asked for.
pub(crate) fn rescale(from: DType, to: DType) -> Result<Rescale, PromoteError> {
    let fail = || PromoteError::NoCast { from, to, hint: ": the units lie too far apart" };
    let (Some(x), Some(y)) = (from.time_unit(), to.time_unit()) else { return Ok(Rescale::Same) };
    if x == y || x.is_generic() || from.kind() != to.kind() {
        return Ok(Rescale::Same);
    }
    if y.is_generic() {
        return Err(PromoteError::NoCast { from, to, hint: ": a time cannot lose its unit" });
    }
    if matches!(from, DType::DateTime(_)) && is_long(x) != is_long(y) {
        return Ok(Rescale::Calendar);
    }
    let (coarse, fine) = if x.base <= y.base { (x, y) } else { (y, x) };
    let (mut many, mut per) = match (coarse.base, fine.base) {
        (TimeBase::Year, TimeBase::Year) => (1, 1),
        (TimeBase::Year, TimeBase::Month) => (12, 1),
        // 400 years have 146097 days
        (TimeBase::Year, TimeBase::Week) => (146_097, 400 * 7),
        (TimeBase::Year, fine) => {
            (factor(TimeBase::Day, fine).and_then(|f| f.checked_mul(146_097)).ok_or_else(fail)?, 400)
        }
        (TimeBase::Month, TimeBase::Week) => (146_097, 4800 * 7),
        (TimeBase::Month, fine) if fine > TimeBase::Month => {
            (factor(TimeBase::Day, fine).and_then(|f| f.checked_mul(146_097)).ok_or_else(fail)?, 4800)
        }
        (coarse, fine) => (factor(coarse, fine).ok_or_else(fail)?, 1),
    };
    many = many.checked_mul(coarse.count.into()).ok_or_else(fail)?;
    per *= u64::from(fine.count);
    let shared = gcd(many, per);
    let (many, per) = (many / shared, per / shared);
    let (times, over) = if x.base <= y.base { (many, per) } else { (per, many) };
    let signed = |n: u64| i64::try_from(n).map_err(|_| fail());
    Ok(Rescale::By { times: signed(times)?, over: signed(over)? })
}
