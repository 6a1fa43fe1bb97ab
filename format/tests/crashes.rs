//! A crash or a failure at any instant leaves the last acknowledged commit, or the one in flight, whole.

use std::sync::Arc;

use arrstore_format::{
    Codec, CreateOptions, DType, Error, FaultyStorage, File, Meta, Result, Storage, Survivors,
};

/// What a commit holds: every element of two arrays of one value each, and their shapes.
type Expected = Vec<(String, Vec<u64>, u8)>;

/// A short life of a file. `done` is called after every acknowledged commit, `begun` before each.
fn life(storage: Arc<FaultyStorage>, begun: &mut dyn FnMut(Expected), done: &mut dyn FnMut()) -> Result<()> {
    let file = File::create_on(storage, &CreateOptions::default())?;
    let mut expected: Expected = Vec::new();
    let transaction = file.begin()?;
    let a = transaction.create_array("/a", Meta::new(DType::U8, &[20_000], &[9000]))?;
    let packed = Meta::new(DType::U8, &[300], &[100]).encoded(Codec::Zstd { level: 1 }, false);
    let b = transaction.create_array("/b", packed)?;
    transaction.write(a, &[0], &[20_000], &pattern(20_000, 1))?;
    transaction.write(b, &[0], &[300], &pattern(300, 1))?;
    expected.push(("/a".into(), vec![20_000], 1));
    expected.push(("/b".into(), vec![300], 1));
    begun(expected.clone());
    transaction.commit()?;
    done();
    for round in 2..8u8 {
        let transaction = file.begin()?;
        transaction.write(a, &[0], &[20_000], &pattern(20_000, round))?;
        if round == 4 {
            transaction.resize(b, &[150])?;
            transaction.resize(b, &[250])?;
        }
        let n = expected[1].1[0].min(if round >= 4 { 250 } else { 300 });
        transaction.write(b, &[0], &[n], &pattern(n as usize, round))?;
        if round == 6 {
            transaction.rename(b, "/c")?;
            transaction.replace("/n", Meta::new(DType::U8, &[4], &[2]))?;
        }
        expected = vec![("/a".into(), vec![20_000], round)];
        expected.push((if round >= 6 { "/c" } else { "/b" }.into(), vec![n], round));
        begun(expected.clone());
        transaction.commit()?;
        done();
    }
    Ok(())
}

fn pattern(n: usize, round: u8) -> Vec<u8> {
    (0..n).map(|i| (i / 3) as u8 ^ round).collect()
}

fn holds(file: &File, expected: &Expected) -> Result<bool> {
    let snapshot = file.snapshot()?;
    for (name, shape, round) in expected {
        let Ok(array) = snapshot.array(name) else { return Ok(false) };
        if array.meta().shape != *shape {
            return Ok(false);
        }
        let mut out = vec![0; shape[0] as usize];
        array.read(&[0], shape, &mut out)?;
        if out != pattern(out.len(), *round) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lets operation `at` and all later ones fail, crashes, and looks at what is left.
fn crash(at: u64, survivors: Survivors) {
    let storage = Arc::new(FaultyStorage::new());
    storage.fail_from(at);
    let (mut begun, mut acknowledged) = (Vec::new(), 0usize);
    let result = {
        let mut states = Vec::new();
        let mut count = 0;
        let result = life(storage.clone(), &mut |e| states.push(e), &mut || count += 1);
        begun.append(&mut states);
        acknowledged += count;
        result
    };
    assert!(result.is_err(), "operation {at} was never reached");
    let left = storage.crash(survivors);
    let file = match File::on(left.clone()) {
        Ok(file) => file,
        Err(e) => {
            assert_eq!(acknowledged, 0, "{at} {survivors:?}: an acknowledged commit is lost: {e}");
            return;
        }
    };
    let report = file.snapshot().and_then(|s| s.verify(&|_, _| true)).expect("a readable file");
    let torn = report.damage.iter().all(|d| matches!(d.error, Error::SlotPage { .. }));
    assert!(torn, "{at} {survivors:?}: {report}");
    let candidates = begun.iter().skip(acknowledged.max(1) - 1).take(2);
    let whole = candidates.map(|e| holds(&file, e).expect("a readable array")).filter(|&h| h).count();
    assert_eq!(whole, 1, "{at} {survivors:?}: seq {} after {acknowledged}", report.seq);

    // And life goes on: the next writer builds on what was left, and mends the slots.
    let transaction = file.begin().expect("a lock");
    let a = transaction.find("/a").expect("/a");
    transaction.write(a, &[0], &[20_000], &pattern(20_000, 77)).expect("space");
    transaction.commit().expect("a commit");
    let again = File::on(left.crash(Survivors::None)).expect("a file");
    assert!(holds(&again, &vec![("/a".into(), vec![20_000], 77)]).expect("a readable array"));
    let report = again.snapshot().and_then(|s| s.verify(&|_, _| true)).expect("a readable file");
    assert!(report.is_sound(), "{at} {survivors:?}: {report}");
}

fn operations() -> u64 {
    let storage = Arc::new(FaultyStorage::new());
    life(storage.clone(), &mut |_| {}, &mut || {}).expect("no faults yet");
    storage.operations()
}

#[test]
fn nothing_unsynced_survives() {
    (0..operations()).for_each(|at| crash(at, Survivors::None));
}

#[test]
fn everything_survives() {
    (0..operations()).for_each(|at| crash(at, Survivors::All));
}

#[test]
fn any_sectors_survive() {
    for at in 0..operations() {
        for seed in 1..6 {
            crash(at, Survivors::Some(seed * 7919 + at * 104_729));
        }
    }
}

#[test]
fn one_failure_is_an_error_and_no_more() {
    for at in 1..operations() {
        let storage = Arc::new(FaultyStorage::new());
        storage.fail_at(at);
        let (mut begun, mut acknowledged) = (Vec::new(), 0usize);
        let result = life(storage.clone(), &mut |e| begun.push(e), &mut || acknowledged += 1);
        // Giving space back when a transaction is dropped may fail without anybody's loss.
        let Err(error) = result else { continue };
        assert!(!storage.locked(), "{at}: the lock is given back");
        if acknowledged == 0 {
            continue;
        }
        let file = File::on(storage).expect("a file");
        let last = begun.iter().skip(acknowledged - 1).take(2);
        let whole = last.map(|e| holds(&file, e).expect("a readable array")).filter(|&h| h).count();
        assert_eq!(whole, 1, "{at}: {error}");
        assert!(file.begin().is_ok());
    }
}

#[test]
fn a_failed_sync_is_not_tried_again() {
    let storage = Arc::new(FaultyStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default()).expect("a file");
    file.begin().and_then(|t| t.commit()).expect("a commit");
    let last = storage.operations();
    let mut outcomes = Vec::new();
    for at in 0..12 {
        let copy = storage.crash(Survivors::All);
        let file = File::on(copy.clone()).expect("a file");
        copy.fail_at(at);
        match file.begin().and_then(|t| t.commit()) {
            Ok(_) => outcomes.push("committed"),
            Err(Error::SyncFailed { .. }) => {
                outcomes.push("not committed");
                assert!(matches!(file.begin(), Err(Error::Poisoned)));
                assert_eq!(file.snapshot().expect("a snapshot").seq(), 1);
            }
            Err(Error::CommitUnknown { seq: 2, .. }) => {
                outcomes.push("unknown");
                assert!(matches!(file.begin(), Err(Error::Poisoned)));
            }
            Err(_) => outcomes.push("refused"),
        }
    }
    assert!(last > 0);
    for outcome in ["committed", "not committed", "unknown"] {
        assert!(outcomes.contains(&outcome), "{outcomes:?}");
    }
}

#[test]
fn lengths_never_exceed_the_file() {
    let storage = Arc::new(FaultyStorage::new());
    life(storage.clone(), &mut |_| {}, &mut || {}).expect("no faults");
    let file = File::on(storage.clone()).expect("a file");
    let stat = file.snapshot().expect("a snapshot").stat();
    assert_eq!(stat.length, storage.len().expect("a length"));
}
