//! Checks every member of an archive against its checksum.

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::archive::{archive, drain, member, members};
use crate::Context;
use crate::formats::error::{Error, Placed, Result};

/// The result of checking a member.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verified {
    /// The name of the array, or the member's own name if it holds no array.
    pub name: String,
    /// Bytes of the member in the archive.
    pub bytes: u64,
    /// The damage, if there is any.
    pub damage: Option<Error>,
}

/// Reads every member to its end and compares its checksum, several members at a time. `progress` gets the bytes done
/// and the bytes in all.
///
/// Of `context`, only the number of threads and the cancellation count.
///
/// # Errors
/// When the archive cannot be read. Damage to a member is in [`Verified::damage`].
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
            // A helper that cannot open the archive leaves the members to the others.
            scope.spawn(|| drop(work()));
        }
        work()
    })?;
    let mut verified = verified.into_inner().unwrap_or_else(PoisonError::into_inner);
    verified.sort_by_key(|(place, _)| *place);
    Ok(verified.into_iter().map(|(_, one)| one).collect())
}
