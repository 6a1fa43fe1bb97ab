//! Every member of an archive against its checksum.

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::archive::{archive, drain, member, members};
use crate::Context;
use crate::formats::error::{Error, Placed, Result};

/// What checking a member has found.
#[derive(Debug)]
pub struct Verified {
    /// Its name: that of its array, or its own where it holds none.
    pub name: String,
    /// Bytes that it takes in the archive.
    pub bytes: u64,
    /// What is wrong with it.
    pub damage: Option<Error>,
}

/// Reads every member to its end and compares its checksum, several members at a time; `progress` is told the bytes done,
/// and those of all.
///
/// Of `context`, it takes the number of threads, and when to stop.
///
/// # Errors
/// When the archive cannot be read. What is wrong with a member is in its [`Verified::damage`].
pub fn verify(path: &Path, context: &Context, progress: impl Fn(u64, u64) + Sync) -> Result<Vec<Verified>> {
    let mut first = archive(path)?;
    let members = members(&first);
    let sizes =
        members.iter().map(|m| Ok(first.by_index_raw(m.index).map_err(Error::foreign)?.compressed_size()));
    let sizes: Vec<u64> = sizes.collect::<Result<_>>().place(|| path.display())?;
    let all = sizes.iter().sum();
    let (next, done, verified) = (AtomicUsize::new(0), AtomicU64::new(0), Mutex::new(Vec::new()));
    let work = || -> Result<()> {
        let mut archive = archive(path)?;
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let (Some(one), Some(&bytes)) = (members.get(place), sizes.get(place)) else { return Ok(()) };
            let whole = member(&mut archive, one.index)
                .and_then(|mut member| drain(&mut member, &context.cancel, |_| Ok(())));
            if whole.as_ref().is_err_and(Error::is_cancelled) {
                return whole;
            }
            progress(done.fetch_add(bytes, Ordering::Relaxed) + bytes, all);
            let found = (place, Verified { name: one.name.clone(), bytes, damage: whole.err() });
            verified.lock().unwrap_or_else(PoisonError::into_inner).push(found);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..context.threads {
            // What a helper could not begin is left to the others.
            scope.spawn(|| drop(work()));
        }
        work()
    })?;
    let mut verified = verified.into_inner().unwrap_or_else(PoisonError::into_inner);
    verified.sort_by_key(|(place, _)| *place);
    Ok(verified.into_iter().map(|(_, one)| one).collect())
}
