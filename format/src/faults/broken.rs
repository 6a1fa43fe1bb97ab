//! Testing the tester: each test breaks one rule of the protocol, and the crashes have to show it.

use super::crashes::Story;
use super::image::Op;
use super::life::{self, Life, Run};
use crate::PAGE;

/// Removes one sync from each commit: the first (0) or the second (1).
fn without_sync(log: Vec<Op>, which: usize) -> Vec<Op> {
    let mut syncs = 0;
    let mut kept = |op: &Op| {
        match op {
            Op::Acknowledged => syncs = 0,
            Op::Sync { .. } => syncs += 1,
            _ => return true,
        }
        syncs == 0 || syncs != which + 1
    };
    log.into_iter().filter(|op| kept(op)).collect()
}

/// Whether an operation writes exactly one of these pages.
fn writes(op: &Op, pages: &[usize]) -> bool {
    matches!(op, Op::Write { offset, data, .. }
        if data.len() == PAGE && pages.iter().any(|page| page * PAGE == *offset as usize))
}

pub(super) fn is_slot(op: &Op) -> bool {
    writes(op, &[1, 2, 3, 4])
}

/// Turns a log of operations into the log of a lying disk.
pub(super) type Lie = fn(Vec<Op>) -> Vec<Op>;

fn is_caught(before: fn(&mut Run), lie: Lie) -> bool {
    let found = |life: Life| {
        // A life that fails by itself shows nothing about crashes.
        let Ok(story) = Story::with(life, before) else { return false };
        let story = story.told_by(&lie);
        story.rot(&mut 0).is_err() || (0..4).any(|round| story.some(400, round, &mut 0).is_err())
    };
    life::LONG.iter().any(|(_, life)| found(*life))
}

#[test]
fn an_honest_disk_passes() {
    assert!(!is_caught(|_| {}, |log| log));
}

#[test]
fn a_lying_disk_is_caught() {
    let lies: [(&str, Lie); 7] = [
        ("the first sync is skipped", |log| without_sync(log, 0)),
        ("the second sync is skipped", |log| without_sync(log, 1)),
        ("the folder is not synced", |log| log.into_iter().filter(|op| *op != Op::SyncName).collect()),
        ("the second copy of a slot is not written", |log| {
            log.into_iter().filter(|op| !writes(op, &[3, 4])).collect()
        }),
        ("the length is not set", |log| {
            log.into_iter().filter(|op| !matches!(op, Op::SetLen { .. })).collect()
        }),
        ("the name is given before the sync", |mut log| {
            while let Some(at) = log.windows(2).position(|w| matches!(w, [Op::Sync { .. }, Op::Name { .. }]))
            {
                log.swap(at, at + 1);
            }
            log
        }),
        ("both copies of a slot are mended at once", |mut log| {
            // A commit that mends writes three slot pages after its first sync.
            while let Some(at) =
                log.windows(4).position(|w| matches!(w[0], Op::Sync { .. }) && w[1..].iter().all(is_slot))
            {
                log.swap(at, at + 1);
            }
            log
        }),
    ];
    for (what, lie) in lies {
        assert!(is_caught(|_| {}, lie), "{what}, but no crash shows it");
    }
}

#[test]
fn space_that_is_reused_too_early_is_caught() {
    assert!(is_caught(|run| run.file.reuse_early(), |log| log), "space that a handle remembers");
    assert!(is_caught(|run| run.disk.state().hides_older = true, |log| log), "space that a scan finds");
}
