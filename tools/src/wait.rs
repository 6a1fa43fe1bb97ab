//! `--wait`: another writer is waited for.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use arrstore_format::Error;

use crate::cli::Waiting;

/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// Reads `30s`, `500ms`, `2m`, `1h`, or a number of seconds.
pub(crate) fn parse_wait(text: &str) -> Result<Duration, String> {
    let refuse = || format!("'{text}' is no time; write 30s, 500ms, 2m or 1h");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match text.split_at(digits.len()).1 {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(refuse()),
    };
    let number: f64 = digits.parse().map_err(|_| refuse())?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| refuse())
}

impl Waiting {
    /// Does what needs the writer's lock of a file: again and again while another writer has it, for as long as was asked.
    pub(crate) fn for_writer<T>(self, mut work: impl FnMut() -> arrstore_format::Result<T>) -> Result<T> {
        let (begun, stop) = (Instant::now(), crate::run::stop_flag());
        let mut pause = Duration::from_millis(5);
        loop {
            match work() {
                Err(Error::Locked) => {}
                other => return Ok(other?),
            }
            let Some(wait) = self.wait else { bail!("{}; --wait 30s waits for it", Error::Locked) };
            let left = wait.saturating_sub(begun.elapsed());
            if left.is_zero() {
                bail!("{}; it was waited for as long as --wait says", Error::Locked);
            }
            if stop.load(Ordering::Relaxed) {
                return Err(Error::Cancelled.into());
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let ms = Duration::from_millis;
        for (text, time) in
            [("30s", ms(30_000)), ("500ms", ms(500)), ("1.5", ms(1500)), ("2m", ms(120_000)), ("0", ms(0))]
        {
            assert_eq!(parse_wait(text), Ok(time), "{text}");
        }
        for bad in ["", "s", "-1s", "1d", "nan", "inf", "1e999h", "30 s", "s30"] {
            assert!(parse_wait(bad).is_err(), "{bad}");
        }
    }
}
