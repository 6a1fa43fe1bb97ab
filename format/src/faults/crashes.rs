//! A crash at any operation leaves the last acknowledged commit or the one in flight.

use super::choose::{Each, Random, Words};
use super::disk::Disk;
use super::image::{Image, Op};
use super::life::{self, Contents, Run};
use crate::{DType, Error, File, Meta, Result, Snapshot, usage};

/// Crashes of long lives that are tried without being told a number.
const CRASHES: usize = 20_000;
/// Of so many crashes, one is followed by more while the next commit is made.
const AGAIN: usize = 4;

/// What a disk went through, and what each commit held.
#[derive(Debug)]
pub(super) struct Story {
    /// What was on it before, and how many commits were acknowledged.
    start: (Image, usize),
    log: Vec<Op>,
    pub(super) states: Vec<Contents>,
}

impl Story {
    pub(super) fn of(life: impl FnOnce(&mut Run) -> Result<()>) -> Story {
        Story::with(life, |_| {}).expect("no faults yet")
    }

    /// The story of a life in which `before` is called before each transaction.
    pub(super) fn with(life: impl FnOnce(&mut Run) -> Result<()>, before: fn(&mut Run)) -> Result<Story> {
        let disk = Disk::new();
        let mut run = Run::new(&disk, true)?;
        run.before = before;
        life(&mut run)?;
        let states = run.states.take().unwrap_or_default();
        let log = std::mem::take(&mut disk.state().log);
        Ok(Story { start: (Image::default(), 0), log, states })
    }

    /// What happens when a file that a crash left, and that holds this, is opened and written to.
    fn reopened(left: &[u8], found: &Contents) -> std::result::Result<Story, String> {
        let disk = Disk::of(left.to_vec());
        let next = go_on(&disk).map_err(|e| format!("going on after a crash: {e}"))?;
        disk.acknowledged();
        let log = std::mem::take(&mut disk.state().log);
        Ok(Story { start: (Image::of(left.to_vec()), 1), log, states: vec![found.clone(), next] })
    }

    /// The same on a disk that does something else.
    pub(super) fn told_by(self, liar: &dyn Fn(Vec<Op>) -> Vec<Op>) -> Story {
        Story { log: liar(self.log), ..self }
    }

    /// Plays the log, and calls `visit` before each operation and at the end, with what is on the disk and the number of
    /// commits acknowledged.
    fn play(&self, visit: &mut dyn FnMut(usize, &Image, usize) -> Verdict) -> Verdict {
        let (mut image, mut acknowledged) = self.start.clone();
        for (at, op) in self.log.iter().enumerate() {
            visit(at, &image, acknowledged)?;
            image.apply(op);
            acknowledged += usize::from(*op == Op::Acknowledged);
        }
        visit(self.log.len(), &image, acknowledged)
    }

    /// Which commit a crash has left after so many were acknowledged: a number, 0 for no file at all.
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

    /// Tries every crash, and after one of `again` of them every crash of the next commit; counts them.
    fn each(&self, again: Option<usize>, tried: &mut usize) -> Verdict {
        self.play(&mut |at, image, acknowledged| {
            // What any crash since the last sync can leave, one just before the next can.
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

    /// Tries `count` crashes, evenly over the operations; counts them, and those that follow.
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

    /// One page of the slots that rots takes no acknowledged commit away.
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
                    return Err(format!("page {page} is rotten after commit {acknowledged}: {found:?}"));
                }
            }
            Ok(())
        })
    }
}

/// What was found wrong, if anything.
pub(super) type Verdict = std::result::Result<(), String>;

/// Opens the file of a disk, and commits; what it then holds.
pub(super) fn go_on(disk: &Disk) -> Result<Contents> {
    let file = File::on(disk.open().expect("a named file"))?;
    let transaction = file.begin()?;
    let id = transaction.replace("/again", Meta::new(DType::U8, &[40], &[20]))?;
    transaction.write(id, &[0], &[40], &life::pattern(40, 3))?;
    transaction.commit()?;
    Contents::of(&file.snapshot()?)
}

/// What a file holds, after a proof of every byte if that is asked for.
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

/// Proves the commit before the newest, if there is one.
fn look_back(bytes: &[u8]) -> Verdict {
    let disk = Disk::of(bytes.to_vec());
    let text = |e: Error| e.to_string();
    let file = File::on(disk.open().expect("a named file")).map_err(text)?;
    match file.history().map_err(text)?.get(1) {
        Some(before) => prove(&file.snapshot_at(before.seq).map_err(text)?),
        None => Ok(()),
    }
}

/// Checks every byte of a commit, and what its slot says is in use.
fn prove(snapshot: &Snapshot) -> Verdict {
    let text = |e: Error| e.to_string();
    let report = snapshot.verify(&|_, _| true).map_err(text)?;
    // A slot that was being written is expected to be torn, which in a sealed file is twice wrong.
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

/// The number in an environment variable.
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
