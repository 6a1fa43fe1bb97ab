//! Lives of a file: the changes that are made to it, and its contents after each commit.

use std::collections::BTreeMap;

use super::choose::Words;
use super::disk::Disk;
use crate::{Attributes, Codec, CreateOptions, DType, File, Meta, Result, Snapshot, Transaction};

/// The contents of a commit: the file's attributes, and every array with all its elements.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Contents {
    attributes: Attributes,
    arrays: BTreeMap<String, (Meta, Vec<u8>)>,
}

impl Contents {
    pub(super) fn of(snapshot: &Snapshot) -> Result<Contents> {
        let mut arrays = BTreeMap::new();
        for name in snapshot.arrays()? {
            let array = snapshot.array(&name)?;
            let meta = array.meta().clone();
            let len = meta.shape.iter().product::<u64>() as usize * meta.dtype.size();
            let mut bytes = vec![0; len];
            array.read(&vec![0; meta.shape.len()], &meta.shape, &mut bytes)?;
            arrays.insert(name, (meta, bytes));
        }
        Ok(Contents { attributes: snapshot.attributes()?, arrays })
    }
}

/// A life under way.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) disk: Disk,
    pub(super) file: File,
    /// The contents of each commit, if they are recorded.
    pub(super) states: Option<Vec<Contents>>,
    pub(super) acknowledged: usize,
    /// Called before each transaction begins.
    pub(super) before: fn(&mut Run),
}

/// The changes of a life. It begins with a file that has no commit yet.
pub(super) type Life = fn(&mut Run) -> Result<()>;

impl Run {
    /// A file that has no commit yet, on an empty disk.
    pub(super) fn new(disk: &Disk, watched: bool) -> Result<Run> {
        let file = File::create_on(disk.create(), &CreateOptions::default())?;
        let states = watched.then(Vec::new);
        Ok(Run { disk: disk.clone(), file, states, acknowledged: 0, before: |_| {} })
    }

    pub(super) fn commit(&mut self, change: impl FnOnce(&Transaction) -> Result<()>) -> Result<()> {
        (self.before)(self);
        let transaction = self.file.begin()?;
        change(&transaction)?;
        transaction.commit()?;
        self.done()
    }

    fn done(&mut self) -> Result<()> {
        self.disk.acknowledged();
        self.acknowledged += 1;
        if let Some(states) = &mut self.states {
            states.push(Contents::of(&self.file.snapshot()?)?);
        }
        Ok(())
    }

    /// Makes changes and drops them.
    fn abort(&self, change: impl FnOnce(&Transaction) -> Result<()>) -> Result<()> {
        change(&self.file.begin()?)
    }

    /// Goes on with another handle, which remembers nothing.
    fn reopen(&mut self) -> Result<()> {
        let storage = self.disk.open().expect("a file with a name");
        self.file = File::on(storage)?;
        Ok(())
    }

    /// Compacts the file, as `compact` does.
    fn compact(&mut self) -> Result<()> {
        let lock = self.file.begin()?;
        let old = self.file.snapshot()?;
        self.create()?;
        old.copy_sealed(&self.file, &|_, _| true)?;
        drop(lock);
        self.done()
    }

    /// Replaces the file by a new one.
    fn create(&mut self) -> Result<()> {
        self.file = File::create_on(self.disk.create(), &CreateOptions::default())?;
        Ok(())
    }
}

/// Bytes that differ from one `round` to the next.
pub(super) fn pattern(n: u64, round: u64) -> Vec<u8> {
    (0..n).map(|i| (i / 3 + round * 37) as u8).collect()
}

fn raw(shape: &[u64], chunks: &[u64]) -> Meta {
    Meta::new(DType::U8, shape, chunks)
}

fn packed(shape: &[u64], chunks: &[u64]) -> Meta {
    Meta { fill: vec![7, 1], ..Meta::new(DType::U16, shape, chunks) }.encoded(Codec::Zstd { level: 1 }, true)
}

/// Lives that are short enough to try every crash.
pub(super) const SHORT: [(&str, Life); 6] = [
    ("a file without arrays", |run| {
        run.commit(|_| Ok(()))?;
        run.commit(|_| Ok(()))
    }),
    ("one element", |run| {
        run.commit(|t| {
            let a = t.create_array("/a", raw(&[2], &[2]))?;
            t.write(a, &[0], &[2], &[1, 2])
        })?;
        run.commit(|t| t.write(t.find("/a")?, &[0], &[1], &[3]))
    }),
    ("another handle", |run| {
        run.commit(|_| Ok(()))?;
        run.commit(|_| Ok(()))?;
        run.reopen()?;
        run.commit(|t| t.create_array("/a", raw(&[2], &[2])).map(drop))
    }),
    ("an array that is renamed, shrinks, grows and is deleted", |run| {
        run.commit(|t| {
            let a = t.create_array("/a", packed(&[3], &[2]))?;
            t.write(a, &[0], &[3], &[1, 2, 3, 4, 5, 6])
        })?;
        run.commit(|t| t.rename(t.find("/a")?, "/b"))?;
        run.commit(|t| t.resize(t.find("/b")?, &[1]))?;
        run.commit(|t| t.append(t.find("/b")?, 0, 1, &[7, 8]))?;
        run.commit(|t| t.delete(t.find("/b")?))
    }),
    ("attributes", |run| {
        for round in 0..3 {
            run.commit(|t| t.set_file_attributes(attributes(round)))?;
        }
        Ok(())
    }),
    ("compacting", |run| {
        run.commit(|t| t.set_file_attributes(attributes(1)))?;
        run.compact()?;
        run.commit(|_| Ok(()))
    }),
];

fn attributes(round: u64) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.insert("round".into(), round.into());
    attributes
}

/// Lives with every kind of change.
pub(super) const LONG: [(&str, Life); 8] = [
    ("create", |run| {
        run.commit(|t| {
            let a = t.create_array("/g/a", raw(&[20_000], &[9000]))?;
            t.write(a, &[0], &[20_000], &pattern(20_000, 1))?;
            let b = t.create_array("/g/b", packed(&[30, 10], &[8, 8]))?;
            t.write(b, &[0, 0], &[30, 10], &pattern(600, 2))
        })?;
        run.create()?;
        run.commit(|t| t.create_array("/other", packed(&[9], &[2])).map(drop))
    }),
    ("overwrite", |run| {
        two_arrays(run)?;
        for round in 2..7 {
            run.commit(|t| {
                t.write(t.find("/a")?, &[0], &[20_000], &pattern(20_000, round))?;
                t.write(t.find("/b")?, &[3, 1], &[9, 4], &pattern(72, round))
            })?;
        }
        run.abort(|t| t.write(t.find("/a")?, &[0], &[20_000], &pattern(20_000, 9)))?;
        run.commit(|t| t.write(t.find("/a")?, &[7], &[9], &[4; 9]))
    }),
    ("append", |run| {
        two_arrays(run)?;
        for round in 2..6 {
            run.commit(|t| t.append(t.find("/a")?, 0, 5000, &pattern(5000, round)))?;
            let columns = 12 + round - 2;
            run.commit(|t| t.append(t.find("/b")?, 0, 1, &pattern(2 * columns, round)))?;
            run.commit(|t| t.append(t.find("/b")?, 1, 1, &pattern(2 * (12 + round - 1), round)))?;
        }
        Ok(())
    }),
    ("resize", |run| {
        two_arrays(run)?;
        for (a, b) in [(9500, [3, 20]), (30_000, [12, 2]), (0, [0, 7]), (20_000, [40, 40])] {
            run.commit(|t| t.resize(t.find("/a")?, &[a]).and_then(|()| t.resize(t.find("/b")?, &b)))?;
        }
        Ok(())
    }),
    ("delete and rename", |run| {
        two_arrays(run)?;
        run.commit(|t| t.rename(t.find("/b")?, "/c/b"))?;
        run.commit(|t| t.delete(t.find("/a")?))?;
        run.commit(|t| t.replace("/c/b", raw(&[5], &[2])).map(drop))?;
        run.commit(|t| t.delete(t.find("/c/b")?))?;
        two_arrays(run)
    }),
    ("attributes", |run| {
        two_arrays(run)?;
        for round in 0..4 {
            run.commit(|t| {
                t.set_file_attributes(attributes(round))?;
                t.set_attributes(t.find("/b")?, attributes(round * 1000))
            })?;
        }
        run.commit(|t| t.set_file_attributes(Attributes::new()))
    }),
    ("compacting", |run| {
        two_arrays(run)?;
        run.commit(|t| t.write(t.find("/a")?, &[0], &[20_000], &pattern(20_000, 5)))?;
        run.compact()?;
        run.commit(|t| t.write(t.find("/a")?, &[10_000], &[10], &pattern(10, 6)))?;
        run.reopen()?;
        run.commit(|t| t.delete(t.find("/b")?))?;
        run.compact()
    }),
    ("use of freed space", |run| {
        run.commit(|t| {
            let a = t.create_array("/a", raw(&[90_000], &[30_000]))?;
            t.write(a, &[0], &[90_000], &pattern(90_000, 1))
        })?;
        for round in 2..12 {
            if round == 6 || round == 9 {
                run.reopen()?;
            }
            run.commit(|t| {
                let start = round % 3 * 30_000;
                t.write(t.find("/a")?, &[start], &[30_000], &pattern(30_000, round))
            })?;
        }
        Ok(())
    }),
];

fn two_arrays(run: &mut Run) -> Result<()> {
    run.commit(|t| {
        let a = t.create_array("/a", raw(&[20_000], &[9000]))?;
        let b = t.create_array("/b", packed(&[12, 12], &[5, 5]))?;
        t.write(a, &[0], &[20_000], &pattern(20_000, 1))?;
        t.write(b, &[0, 0], &[12, 12], &pattern(288, 1))
    })
}

/// A life of random changes.
pub(super) fn any(run: &mut Run, seed: u64) -> Result<()> {
    let mut words = Words::new(seed);
    two_arrays(run)?;
    for round in 0..12 {
        match words.below(12) {
            0 => run.reopen()?,
            1 => run.compact()?,
            2 => run.abort(|t| change(t, &mut words, round))?,
            _ => {}
        }
        let changes = 1 + words.below(3);
        run.commit(|t| (0..changes).try_for_each(|_| change(t, &mut words, round)))?;
    }
    Ok(())
}

/// Makes one change to one of the arrays.
fn change(t: &Transaction, words: &mut Words, round: u64) -> Result<()> {
    let names = t.arrays();
    let Some(name) = names.get(words.below(names.len().max(1))) else {
        return t.create_array("/a", raw(&[20_000], &[5000])).map(drop);
    };
    let id = t.find(name)?;
    let Meta { shape, dtype, .. } = t.meta(id)?;
    match words.below(9) {
        0 => t.replace(name, packed(&[50], &[9])).map(drop),
        1 => t.rename(id, &format!("/r{}", words.below(1000))).or(Ok(())),
        2 if names.len() > 1 => t.delete(id),
        3 => t.set_attributes(id, attributes(round)),
        4 => t.set_file_attributes(attributes(round)),
        5 => {
            let most = if dtype == DType::U8 { 40_000 } else { 30 };
            let shape: Vec<u64> = shape.iter().map(|_| words.below(most) as u64).collect();
            t.resize(id, &shape)
        }
        _ => {
            let start: Vec<u64> = shape.iter().map(|&n| words.below(n as usize + 1) as u64).collect();
            let part: Vec<u64> =
                shape.iter().zip(&start).map(|(n, s)| words.below((n - s) as usize + 1) as u64).collect();
            let len = part.iter().product::<u64>() * dtype.size() as u64;
            t.write(id, &start, &part, &pattern(len, round))
        }
    }
}
