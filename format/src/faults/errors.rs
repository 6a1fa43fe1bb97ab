//! Failing calls of a storage. Each call fails in its turn, alone or with all later ones. The file stays at a commit,
//! and the error tells which.

use super::broken::{Lie, is_slot};
use super::choose::{Each, Random, Words};
use super::crashes::{Story, go_on, look, told};
use super::disk::{Disk, Failure, Fault};
use super::image::Op;
use super::life::{self, Contents, Life, Run};
use crate::{Error, File};

/// Lives a life whose calls fail, and checks the result. What another handle does afterwards reaches the disk through
/// `lie`.
fn lives_with(life: Life, states: &[Contents], fault: Fault, lie: Lie) {
    let disk = Disk::new();
    disk.fail(Some(fault));
    let mut handle = None;
    let (mut acknowledged, mut result) = (0, Ok(()));
    match Run::new(&disk, false) {
        Ok(mut run) => {
            result = life(&mut run);
            acknowledged = run.acknowledged;
            handle = Some(run.file);
        }
        Err(error) => result = result.and(Err(error)),
    }
    disk.fail(None);
    let (unknown, unsynced) = match &result {
        Ok(()) => (false, false),
        Err(Error::CommitUnknown { .. }) => (true, true),
        Err(error) => (false, matches!(error, Error::SyncFailed { .. })),
    };
    let what = format!("{fault:?}, {acknowledged} commits, {result:?}");
    assert!(disk.open().is_none_or(|storage| !storage.is_locked()), "{what}: the lock is kept");
    if let Some(handle) = handle {
        let begun = handle.begin();
        assert!(!unsynced || matches!(begun, Err(Error::Poisoned)), "{what}: it would write again");
    }
    // The file may be at the last commit, or at the next one if the error says so.
    let allowed: Vec<Option<&Contents>> = [Some(acknowledged), unknown.then_some(acknowledged + 1)]
        .into_iter()
        .flatten()
        .map(|n| n.checked_sub(1).and_then(|n| states.get(n)))
        .collect();
    let check = |left: Option<&[u8]>, when: &str| {
        let found = left.map(|left| look(left, true).unwrap_or_else(|e| panic!("{what}, {when}: {e}")));
        assert!(allowed.contains(&found.as_ref()), "{what}, {when}: another commit");
    };
    let image = disk.state().image.clone();
    let from = disk.state().log.len();
    let named = image.named();
    check(named.map(|file| image.file(file)), "at once");
    let mut words = Words::new(fault.at);
    for _ in 0..2 {
        check(image.crash(&mut Random::new(words.next())).as_deref(), "after a crash");
    }
    if named.is_none() {
        return;
    }
    // Another handle goes on. Nothing that was acknowledged to it may be lost.
    let next = go_on(&disk).unwrap_or_else(|e| panic!("{what}, going on: {e}"));
    let log = lie(disk.state().log.split_off(from));
    let mut last = image.clone();
    log.iter().for_each(|op| last.apply(op));
    let durable = last.crash(&mut Each::default()).map(|left| look(&left, true));
    assert!(durable == Some(Ok(next.clone())), "{what}: a later commit is lost, {durable:?}");
    for stop in (0..log.len()).flat_map(|stop| [stop; 2]) {
        let (mut image, seed) = (image.clone(), words.next());
        log[..stop].iter().for_each(|op| image.apply(op));
        let left = image.crash(&mut Random::new(seed));
        let found = left.map(|left| look(&left, true).unwrap_or_else(|e| panic!("{what}, {stop}: {e}")));
        let fits = found.as_ref() == Some(&next) || allowed.contains(&found.as_ref());
        assert!(fits, "{what}, a crash at operation {stop} after it: another commit");
    }
}

/// Fails every `step`-th call of a life.
fn fail(life: Life, step: usize, lie: Lie) -> usize {
    let states = Story::of(life).states;
    let disk = Disk::new();
    Run::new(&disk, false).and_then(|mut run| life(&mut run)).expect("no faults yet");
    let mut tried = 0;
    for failure in Failure::ALL {
        for for_good in [false, true] {
            for at in (tried % step..disk.calls() as usize).step_by(step) {
                lives_with(life, &states, Fault { at: at as u64, for_good, failure }, lie);
                tried += 1;
            }
        }
    }
    tried
}

#[test]
fn every_call_of_short_lives_fails() {
    let tried: usize = life::SHORT.iter().map(|(_, life)| fail(*life, 1, |log| log)).sum();
    eprintln!("{tried} failures");
}

#[test]
fn calls_of_long_lives_fail() {
    let step = told("ARRSTORE_CRASHES").map_or(11, |_| 1);
    let tried: usize = life::LONG.iter().map(|(_, life)| fail(*life, step, |log| log)).sum();
    eprintln!("{tried} failures");
}

/// A handle that trusts the state that the one before has left is caught.
#[test]
fn a_trusting_handle_is_caught() {
    let lies: [(&str, Lie); 2] = [
        ("the name is not synced again", |log| log.into_iter().filter(|op| *op != Op::SyncName).collect()),
        ("the last slot is not written again", |log| {
            let slots = log.iter().filter(|op| is_slot(op)).count();
            let mut seen = 0;
            let mut kept = |op: &Op| {
                seen += usize::from(is_slot(op));
                !is_slot(op) || seen + 2 > slots
            };
            log.into_iter().filter(|op| kept(op)).collect()
        }),
    ];
    for (what, lie) in lies {
        let caught = |life: Life| std::panic::catch_unwind(|| fail(life, 1, lie)).is_err();
        assert!(life::SHORT.iter().any(|(_, life)| caught(*life)), "{what}, but nothing shows it");
    }
}

/// A commit is made, refused, not made durable, or unknown, depending on the call that fails. The error tells which.
#[test]
fn the_error_tells_whether_the_commit_stands() {
    let mut outcomes = std::collections::BTreeMap::new();
    for at in 0.. {
        let disk = Disk::new();
        let mut run = Run::new(&disk, false).expect("a file");
        run.commit(|_| Ok(())).expect("a commit");
        let file = File::on(disk.open().expect("a named file")).expect("a file");
        let before = disk.calls();
        disk.fail(Some(Fault { at: before + at, for_good: false, failure: Failure::ALL[0] }));
        let outcome = file.begin().and_then(|t| t.commit());
        disk.fail(None);
        let done = outcome.is_ok();
        let (name, seqs) = match outcome {
            Ok(seq) => ("committed", seq..=seq),
            Err(Error::SyncFailed { .. }) => ("not committed", 1..=1),
            Err(Error::CommitUnknown { seq, .. }) => ("unknown", 1..=seq),
            Err(_) => ("refused", 1..=1),
        };
        assert!(seqs.contains(&file.snapshot().expect("a snapshot").seq()), "{name}, call {at}");
        *outcomes.entry(name).or_insert(0) += 1;
        if done {
            break;
        }
    }
    assert_eq!(outcomes.len(), 4, "{outcomes:?}");
}
