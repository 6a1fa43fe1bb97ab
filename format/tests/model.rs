//! Random sequences of operations, compared with a model of arrays in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrstore_format::{Codec, CreateOptions, DType, File, MemoryStorage, Meta, Snapshot, Storage};
use proptest::prelude::*;

/// A region of values in a small array.
#[derive(Clone, Debug)]
enum Step {
    Create { name: u8, chunk: [u64; 2], coding: u8 },
    Delete { name: u8 },
    Rename { name: u8, to: u8 },
    Write { name: u8, start: [u64; 2], shape: [u64; 2], value: u16, varied: bool },
    Resize { name: u8, shape: [u64; 2] },
    Append { name: u8, axis: usize, len: u64, value: u16 },
    Commit,
    Abort,
    Hold,
    LetGo,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = 0..3u8;
    let pair = |n: u64| [0..n, 0..n];
    let step = prop_oneof![
        2 => (name.clone(), [1..9u64, 1..9u64], 0..4u8).prop_map(|(name, chunk, coding)| Step::Create { name, chunk, coding }),
        1 => name.clone().prop_map(|name| Step::Delete { name }),
        1 => (name.clone(), 0..3u8).prop_map(|(name, to)| Step::Rename { name, to }),
        8 => (name.clone(), pair(12), pair(12), any::<u16>(), any::<bool>())
            .prop_map(|(name, start, shape, value, varied)| Step::Write { name, start, shape, value, varied }),
        3 => (name.clone(), pair(24)).prop_map(|(name, shape)| Step::Resize { name, shape }),
        2 => (name, 0..2usize, 0..6u64, any::<u16>()).prop_map(|(name, axis, len, value)| Step::Append { name, axis, len, value }),
        6 => Just(Step::Commit),
        1 => Just(Step::Abort),
        1 => Just(Step::Hold),
        1 => Just(Step::LetGo),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..60)
}

const FILL: u16 = 0x0107;

/// An array in memory.
#[derive(Clone, Debug, PartialEq)]
struct Plain {
    shape: [u64; 2],
    values: Vec<u16>,
}

impl Plain {
    fn resized(&self, shape: [u64; 2]) -> Plain {
        let value = |r: u64, c: u64| match r < self.shape[0] && c < self.shape[1] {
            true => self.values[(r * self.shape[1] + c) as usize],
            false => FILL,
        };
        let values = (0..shape[0]).flat_map(|r| (0..shape[1]).map(move |c| (r, c)));
        Plain { shape, values: values.map(|(r, c)| value(r, c)).collect() }
    }
}

type Model = BTreeMap<String, Plain>;

fn same(snapshot: &Snapshot, model: &Model) -> Result<(), TestCaseError> {
    let names = snapshot.arrays().expect("names");
    prop_assert_eq!(&names, &model.keys().cloned().collect::<Vec<_>>());
    for (name, plain) in model {
        let array = snapshot.array(name).expect("an array");
        prop_assert_eq!(&array.meta().shape, &plain.shape.to_vec());
        let mut out = vec![0u16; plain.values.len()];
        array.read(&[0, 0], &plain.shape, bytemuck::cast_slice_mut(&mut out)).expect("elements");
        prop_assert_eq!(&out, &plain.values);
    }
    Ok(())
}

fn coding(n: u8) -> (Codec, bool) {
    match n {
        0 => (Codec::None, false),
        1 => (Codec::None, true),
        2 => (Codec::Zstd { level: 1 }, false),
        _ => (Codec::Zstd { level: 1 }, true),
    }
}

fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let storage = Arc::new(MemoryStorage::new());
    let mut file = File::create_on(storage.clone(), &CreateOptions::default()).expect("a file");
    file.begin().and_then(|t| t.commit()).expect("a commit");
    let mut committed = Model::new();
    let mut model = Model::new();
    let mut held: Vec<(Snapshot, Model)> = Vec::new();
    let mut transaction = Some(file.begin().expect("a lock"));
    for step in steps {
        let t = transaction.as_ref().expect("always one");
        let path = |name: u8| format!("/{name}");
        let find = |name: u8| t.find(&path(name)).ok();
        match step {
            Step::Create { name, chunk, coding: n } => {
                let (codec, shuffle) = coding(n);
                let mut meta = Meta::new(DType::U16, &[6, 7], &chunk).encoded(codec, shuffle);
                meta.fill = FILL.to_le_bytes().to_vec();
                meta.order = if n % 2 == 0 { vec![0, 1] } else { vec![1, 0] };
                t.replace(&path(name), meta).expect("an array");
                model.insert(path(name), Plain { shape: [6, 7], values: vec![FILL; 42] });
            }
            Step::Delete { name } => {
                if let Some(id) = find(name) {
                    t.delete(id).expect("deleted");
                    model.remove(&path(name));
                }
            }
            Step::Rename { name, to } => {
                if let Some(id) = find(name) {
                    let renamed = t.rename(id, &path(to));
                    prop_assert_eq!(renamed.is_ok(), name == to || !model.contains_key(&path(to)));
                    if renamed.is_ok() {
                        let plain = model.remove(&path(name)).expect("as in the file");
                        model.insert(path(to), plain);
                    }
                }
            }
            Step::Write { name, start, shape, value, varied } => {
                if let (Some(id), Some(plain)) = (find(name), model.get_mut(&path(name))) {
                    let start = [0, 1].map(|k| start[k].min(plain.shape[k]));
                    let shape = [0, 1].map(|k| shape[k].min(plain.shape[k] - start[k]));
                    let values: Vec<u16> = (0..shape[0] * shape[1])
                        .map(|i| if varied { value ^ i as u16 } else { value })
                        .collect();
                    t.write(id, &start, &shape, bytemuck::cast_slice(&values)).expect("written");
                    for (i, v) in values.into_iter().enumerate() {
                        let (r, c) = (start[0] + i as u64 / shape[1], start[1] + i as u64 % shape[1]);
                        plain.values[(r * plain.shape[1] + c) as usize] = v;
                    }
                }
            }
            Step::Resize { name, shape } => {
                if let (Some(id), Some(plain)) = (find(name), model.get_mut(&path(name))) {
                    t.resize(id, &shape).expect("resized");
                    *plain = plain.resized(shape);
                }
            }
            Step::Append { name, axis, len, value } => {
                if let (Some(id), Some(plain)) = (find(name), model.get_mut(&path(name))) {
                    let old = plain.shape;
                    let mut shape = old;
                    shape[axis] += len;
                    let n = len * old[1 - axis];
                    t.append(id, axis, len, bytemuck::cast_slice(&vec![value; n as usize]))
                        .expect("appended");
                    *plain = plain.resized(shape);
                    for (i, v) in plain.values.iter_mut().enumerate() {
                        let at = [i as u64 / shape[1], i as u64 % shape[1]];
                        if at[axis] >= old[axis] {
                            *v = value;
                        }
                    }
                }
            }
            Step::Commit => {
                transaction.take().expect("always one").commit().expect("committed");
                committed = model.clone();
                same(&file.snapshot().expect("a snapshot"), &committed)?;
                transaction = Some(file.begin().expect("a lock"));
            }
            Step::Abort => {
                transaction = None;
                model = committed.clone();
                transaction = transaction.or(file.begin().ok());
            }
            Step::Hold => held.push((file.snapshot().expect("a snapshot"), committed.clone())),
            Step::LetGo => {
                held.pop();
            }
            Step::Reopen => {
                transaction = None;
                model = committed.clone();
                file = File::on(storage.clone()).expect("a file");
                transaction = transaction.or(file.begin().ok());
            }
        }
        for (snapshot, model) in &held {
            same(snapshot, model)?;
        }
    }
    drop(transaction);
    let report = file.snapshot().and_then(|s| s.verify(&|_, _| true)).expect("a report");
    prop_assert!(report.is_sound(), "{}", report);
    let copy = File::create_on(Arc::new(MemoryStorage::new()), &CreateOptions::default()).expect("a file");
    file.snapshot().and_then(|s| s.copy_sealed(&copy, &|_, _| true)).expect("a copy");
    same(&copy.snapshot().expect("a snapshot"), &committed)?;
    let report = copy.snapshot().and_then(|s| s.verify(&|_, _| true)).expect("a report");
    prop_assert!(report.is_sound(), "{}", report);
    Ok(())
}

/// The number of sequences to try: `ARRSTORE_SEQUENCES`, or a few.
fn cases() -> u32 {
    std::env::var("ARRSTORE_SEQUENCES").ok().and_then(|n| n.parse().ok()).unwrap_or(300)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]
    #[test]
    fn files_equal_the_model(steps in steps()) {
        run(steps)?;
    }
}

/// Overwriting an array again and again reuses the same space, whether or not the handle stays open.
#[test]
fn space_is_reused() {
    for reopen in [false, true] {
        let storage = Arc::new(MemoryStorage::new());
        let mut file = File::create_on(storage.clone(), &CreateOptions::default()).expect("a file");
        let t = file.begin().expect("a lock");
        let id = t.create_array("/a", Meta::new(DType::U8, &[100_000], &[10_000])).expect("an array");
        t.commit().expect("a commit");
        let mut longest = 0;
        for round in 0..40u8 {
            let data: Vec<u8> = (0..100_000u32).map(|i| (i / 3) as u8 ^ round).collect();
            let t = file.begin().expect("a lock");
            t.write(id, &[0], &[100_000], &data).expect("space");
            t.commit().expect("a commit");
            longest = storage.len().expect("a length");
            let mut out = vec![0; 100_000];
            let array = file.snapshot().and_then(|s| s.array("/a")).expect("an array");
            array.read(&[0], &[100_000], &mut out).expect("elements");
            assert_eq!(out, data);
            if reopen {
                file = File::on(storage.clone()).expect("a file");
            }
        }
        assert!(longest < 600_000, "{reopen}: {longest}");
        // A reader that holds a commit keeps its bytes.
        let held = file.snapshot().and_then(|s| s.array("/a")).expect("an array");
        for round in 0..10u8 {
            let t = file.begin().expect("a lock");
            t.write(
                id,
                &[0],
                &[100_000],
                &(0..100_000u32).map(|i| (i / 7) as u8 ^ round).collect::<Vec<_>>(),
            )
            .expect("space");
            t.commit().expect("a commit");
        }
        let mut out = vec![0; 100_000];
        held.read(&[0], &[100_000], &mut out).expect("elements");
        assert_eq!(out, (0..100_000u32).map(|i| (i / 3) as u8 ^ 39).collect::<Vec<_>>());
    }
}
