//! Waits for another writer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrstore_format::Error::{Cancelled, Locked};

use crate::formats::error::{Choice, Error, Result};

/// The longest pause between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// Does `work` that needs the writer's lock of an `.arrs` file. While another writer has the lock, it tries again for
/// the time `wait`; without a time it tries once.
///
/// # Errors
/// Those of `work`; when the time is over; when `cancel` is set while it waits.
pub fn wait_for_writer<T>(
    wait: Option<Duration>,
    cancel: &AtomicBool,
    mut work: impl FnMut() -> arrstore_format::Result<T>,
) -> Result<T> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(5);
    loop {
        match work() {
            Err(Locked) => {}
            other => return Ok(other?),
        }
        let left = wait.map(|wait| wait.saturating_sub(begun.elapsed()));
        let Some(left) = left.filter(|left| !left.is_zero()) else {
            return Err(Error::from(Locked).needs(Choice::Wait { waited: wait.is_some() }));
        };
        if cancel.load(Ordering::Relaxed) {
            return Err(Cancelled.into());
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(PAUSE);
    }
}
