//! A crash at any operation leaves the last acknowledged commit or the one in flight.

use super::choose::{Each, Random, Words};
use super::disk::Disk;
use super::image::{Image, Op};
use super::life::{self, Contents, Run};
use crate::{DType, Error, File, Meta, Result, Snapshot, usage};

/// Crashes of long lives that are tried by default.
const CRASHES: usize = 20_000;
/// One crash of this many is followed by crashes of the next commit.
const AGAIN: usize = 4;

/// The log of a disk, and the contents of each commit.
#[derive(Debug)]
pub(super) struct Story {
    /// The disk before the log, and the number of commits acknowledged by then.
    start: (Image, usize),
    log: Vec<Op>,
    pub(super) states: Vec<Contents>,
}

impl Story {
    pub(super) fn of(life: impl FnOnce(&mut Run) -> Result<()>) -> Story {
        Story::with(life, |_| {}).expect("no faults yet")
    }

    /// The story of a life that calls `before` before each transaction.
    pub(super) fn with(life: impl FnOnce(&mut Run) -> Result<()>, before: fn(&mut Run)) -> Result<Story> {
        let disk = Disk::new();
        let mut run = Run::new(&disk, true)?;
        run.before = before;
        life(&mut run)?;
        let states = run.states.take().unwrap_or_default();
        let log = std::mem::take(&mut disk.state().log);
        Ok(Story { start: (Image::default(), 0), log, states })
    }

    /// The story of opening and writing to a file that a crash has left, whose contents are `found`.
    fn reopened(left: &[u8], found: &Contents) -> std::result::Result<Story, String> {
        let disk = Disk::of(left.to_vec());
        let next = go_on(&disk).map_err(|e| format!("going on after a crash: {e}"))?;
        disk.acknowledged();
        let log = std::mem::take(&mut disk.state().log);
        Ok(Story { start: (Image::of(left.to_vec()), 1), log, states: vec![found.clone(), next] })
    }

    /// The same story on a lying disk.
    pub(super) fn told_by(self, liar: &dyn Fn(Vec<Op>) -> Vec<Op>) -> Story {
        Story { log: liar(self.log), ..self }
    }

    /// Plays the log. Calls `visit` before each operation and at the end, with the disk and the number of commits
    /// acknowledged.
    fn play(&self, visit: &mut dyn FnMut(usize, &Image, usize) -> Verdict) -> Verdict {
        let (mut image, mut acknowledged) = self.start.clone();
        for (at, op) in self.log.iter().enumerate() {
            visit(at, &image, acknowledged)?;
            image.apply(op);
            acknowledged += usize::from(*op == Op::Acknowledged);
        }
        visit(self.log.len(), &image, acknowledged)
    }

    /// The commit that a crash has left after this many were acknowledged; 0 for no file at all.
    fn judge(&self, left: Option<&[u8]>, acknowledged: usize) -> std::result::Result<usize, String> {
        match left {
            Some(left) => {
                look_back(left)?;
                self.find(&look(left, true)?, acknowledged)
            }
            None if acknowledged == 0 => Ok(0),
            None => Err("no file has the name".into()),
        }
    }

    fn find(&self, found: &Contents, acknowledged: usize) -> std::result::Result<usize, String> {
        let mut allowed = acknowledged.max(1)..=(acknowledged + 1).min(self.states.len());
        let is = |n: &usize| self.states.get(n - 1) == Some(found);
        allowed.find(is).ok_or_else(|| match (1..=self.states.len()).find(is) {
            Some(n) => format!("commit {n}, after {acknowledged}"),
            None => format!("no commit at all, after {acknowledged}"),
        })
    }

    /// Tries every crash. After one crash of `again`, tries every crash of the next commit. Counts all of them.
    fn each(&self, again: Option<usize>, tried: &mut usize) -> Verdict {
        self.play(&mut |at, image, acknowledged| {
            // A crash just before the next sync can leave everything that an earlier one can.
            if !matches!(self.log.get(at), None | Some(Op::Sync { .. } | Op::SyncName | Op::Acknowledged)) {
                return Ok(());
            }
            let mut choices = Each::default();
            loop {
                *tried += 1;
                let fail = |e: String| format!("before operation {at}: {e}");
                let left = image.crash(&mut choices);
                let found = self.judge(left.as_deref(), acknowledged).map_err(fail)?;
                if let (Some(left), 1.., Some(again)) = (left, found, again)
                    && tried.is_multiple_of(again)
                {
                    Story::reopened(&left, &self.states[found - 1])?.each(None, tried).map_err(fail)?;
                }
                if !choices.next() {
                    return Ok(());
                }
            }
        })
    }

    /// Tries `count` crashes, spread evenly over the operations, and counts them and those that follow.
    pub(super) fn some(&self, count: usize, seed: u64, tried: &mut usize) -> Verdict {
        let mut words = Words::new(seed);
        let places = self.log.len() + 1;
        let phase = words.below(places);
        self.play(&mut |at, image, acknowledged| {
            let until = |at: usize| (count * at + phase) / places;
            for _ in until(at)..until(at + 1) {
                *tried += 1;
                let seed = words.next();
                let fail = |e: String| format!("before operation {at}, seed {seed}: {e}");
                let left = image.crash(&mut Random::new(seed));
                let found = self.judge(left.as_deref(), acknowledged).map_err(fail)?;
                if let (Some(left), 1..) = (left, found)
                    && words.below(AGAIN) == 0
                {
                    Story::reopened(&left, &self.states[found - 1])?.some(1, seed, tried).map_err(fail)?;
                }
            }
            Ok(())
        })
    }

    /// Damages one slot page at a time. No acknowledged commit may be lost.
    pub(super) fn rot(&self, tried: &mut usize) -> Verdict {
        self.play(&mut |at, image, acknowledged| {
            if at == 0 || self.log[at - 1] != Op::Acknowledged {
                return Ok(());
            }
            for page in 1..5 {
                *tried += 1;
                let mut left = image.crash(&mut Random::new(1)).ok_or("no file has the name")?;
                left[page * crate::PAGE..][..crate::PAGE].fill(0xA5);
                let found = look(&left, false).and_then(|found| self.find(&found, acknowledged));
                if found != Ok(acknowledged) {
                    return Err(format!("page {page} is damaged after commit {acknowledged}: {found:?}"));
                }
            }
            Ok(())
        })
    }
}

/// The fault that was found, if any.
pub(super) type Verdict = std::result::Result<(), String>;

/// Opens the file of a disk and commits. Gives the contents.
pub(super) fn go_on(disk: &Disk) -> Result<Contents> {
    let file = File::on(disk.open().expect("a named file"))?;
    let transaction = file.begin()?;
    let id = transaction.replace("/again", Meta::new(DType::U8, &[40], &[20]))?;
    transaction.write(id, &[0], &[40], &life::pattern(40, 3))?;
    transaction.commit()?;
    Contents::of(&file.snapshot()?)
}

/// The contents of a file. If `proven` is set, every byte is checked first.
pub(super) fn look(bytes: &[u8], proven: bool) -> std::result::Result<Contents, String> {
    let disk = Disk::of(bytes.to_vec());
    let text = |e: Error| e.to_string();
    let file = File::on(disk.open().expect("a named file")).map_err(text)?;
    let snapshot = file.snapshot().map_err(text)?;
    if proven {
        prove(&snapshot)?;
    }
    Contents::of(&snapshot).map_err(text)
}

/// Checks the commit before the newest, if there is one.
fn look_back(bytes: &[u8]) -> Verdict {
    let disk = Disk::of(bytes.to_vec());
    let text = |e: Error| e.to_string();
    let file = File::on(disk.open().expect("a named file")).map_err(text)?;
    match file.history().map_err(text)?.get(1) {
        Some(before) => prove(&file.snapshot_at(before.seq).map_err(text)?),
        None => Ok(()),
    }
}

/// Checks every byte of a commit, and the totals in its slot.
fn prove(snapshot: &Snapshot) -> Verdict {
    let text = |e: Error| e.to_string();
    let report = snapshot.verify(&|_, _| true).map_err(text)?;
    // A slot that was being written may be torn. A sealed file reports that twice.
    let torn = |e: &Error| match e {
        Error::NotZero { offset } => *offset < crate::FIXED,
        e => matches!(e, Error::SlotPage { .. }),
    };
    if !report.damage.iter().all(|d| torn(&d.error)) {
        return Err(report.to_string());
    }
    let (counted, slot) = (usage::totals(snapshot.commit()).map_err(text)?, snapshot.slot());
    if counted == (slot.live_bytes, slot.nodes) {
        Ok(())
    } else {
        Err(format!("{counted:?} bytes and nodes are in use, and the slot says {slot:?}"))
    }
}

/// The number in an environment variable, if there is one.
pub(super) fn told(name: &str) -> Option<usize> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

#[test]
fn every_crash_of_short_lives() {
    let mut tried = 0;
    let again = told("ARRSTORE_CRASHES").map_or(97, |_| 1);
    for (name, life) in life::SHORT {
        let story = Story::of(life);
        story
            .each(Some(again), &mut tried)
            .and_then(|()| story.rot(&mut tried))
            .unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    eprintln!("{tried} crashes");
    assert!(tried > 10_000, "{tried}");
}

#[test]
fn crashes_of_long_lives() {
    let (mut tried, wanted) = (0, told("ARRSTORE_CRASHES").unwrap_or(CRASHES));
    for round in 0.. {
        let any = ("anything", Story::of(|run| life::any(run, round)));
        let stories = life::LONG.map(|(name, life)| (name, Story::of(life)));
        for (name, story) in stories.iter().chain([&any]) {
            story
                .some(300, round, &mut tried)
                .and_then(|()| story.rot(&mut tried))
                .unwrap_or_else(|e| panic!("{name}, round {round}: {e}"));
        }
        if tried >= wanted {
            break;
        }
    }
    eprintln!("{tried} crashes");
}
