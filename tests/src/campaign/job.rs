//! A job: its inputs and their places, its expressions, the places of its results, and the checks.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::bounds::{Bounds, Work};
use super::check::check;
use super::child::{self, InMemory, Ran};
use super::data::Data;
use super::expr::{Expr, NAMES};
use super::oracle::answer;
use super::place::Place;
use super::report::{Finding, Kind};

/// The factor on the allowed time above which other programs cannot be the cause: such a job is not repeated.
const CLIFF: f64 = 4.0;

/// A job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number or its name.
    pub name: String,
    /// The inputs, called a and b, and their places.
    pub inputs: Vec<(Data, Place)>,
    /// The expressions, which are computed together.
    pub roots: Vec<Expr>,
    /// The place of the results.
    pub target: Place,
    /// The budget.
    pub memory: u64,
    /// Threads that compute.
    pub threads: u64,
    /// Whether the time is checked against the bounds.
    pub timed: bool,
}

/// The outcome of a job.
#[derive(Debug)]
pub struct Outcome {
    /// The outcome of its program.
    pub ran: Ran,
    /// Bytes of the inputs and of the results.
    pub bytes: (u64, u64),
    /// The broken promises.
    pub findings: Vec<Finding>,
}

impl Job {
    fn data(&self) -> Vec<Data> {
        self.inputs.iter().map(|(data, _)| data.clone()).collect()
    }

    /// The text of the expressions.
    pub fn text(&self) -> String {
        let data = self.data();
        let texts: Vec<String> = self.roots.iter().map(|root| root.text(&data)).collect();
        texts.join(", ")
    }

    /// The names and files of the inputs that are used.
    fn files(&self, folder: &Path) -> Vec<(&'static str, PathBuf)> {
        let used = |number: usize| {
            let mut used = false;
            self.roots.iter().for_each(|root| root.for_inputs(&mut |n| used |= n == number));
            used
        };
        let file = |k: usize| folder.join(format!("{}.{}", NAMES[k], self.inputs[k].1.ending()));
        (0..self.inputs.len()).filter(|&k| used(k)).map(|k| (NAMES[k], file(k))).collect()
    }

    /// The arguments of the command.
    fn arguments(&self, folder: &Path, outputs: &[PathBuf]) -> Vec<String> {
        let relative = |path: &Path| path.strip_prefix(folder).unwrap_or(path).display().to_string();
        let files = self.files(folder);
        let mut args = match (&self.roots[..], &files[..], outputs) {
            ([Expr::Input(_, steps)], [(_, file)], [output]) if steps.is_empty() => {
                vec!["convert".to_owned(), relative(file), relative(output)]
            }
            _ => {
                let mut args = vec!["eval".to_owned(), self.text()];
                args.extend(files.iter().map(|(name, file)| format!("{name}={}", relative(file))));
                args.extend(outputs.iter().flat_map(|output| ["-o".to_owned(), relative(output)]));
                args
            }
        };
        args.extend(self.target.flags());
        args.extend(
            ["--memory", &self.memory.to_string(), "--threads", &self.threads.to_string()].map(String::from),
        );
        args.extend(["--quiet", "--no-sync"].map(String::from));
        args
    }

    /// The files of the results.
    fn outputs(&self, folder: &Path) -> Vec<PathBuf> {
        (0..self.roots.len()).map(|k| folder.join(format!("result{k}.{}", self.target.ending()))).collect()
    }

    /// A description of the job in words, and as a command.
    pub fn describe(&self, folder: &Path) -> String {
        let mut text = String::new();
        for ((data, place), name) in self.inputs.iter().zip(NAMES) {
            _ = write!(text, "{name}: {}{:?} in {place}; ", data.dtype, data.shape);
        }
        _ = write!(text, "to {}; {} MiB, {} thread(s)\n      ", self.target, self.memory >> 20, self.threads);
        let quoted = |arg: &String| match arg.contains([' ', '(', '[', '*', '>']) {
            true => format!("'{arg}'"),
            false => arg.clone(),
        };
        let command: Vec<String> = self.arguments(folder, &self.outputs(folder)).iter().map(quoted).collect();
        text + "arrstore " + &command.join(" ")
    }

    /// Writes the inputs that are used and do not exist yet.
    pub fn write_inputs(&self, folder: &Path) {
        for (name, path) in self.files(folder) {
            let (data, place) = &self.inputs[usize::from(name == NAMES[1])];
            if !path.exists() {
                place.write(data, &path);
            }
        }
    }

    fn launch(&self, program: &Path, folder: &Path, most: Duration) -> Ran {
        let outputs = self.outputs(folder);
        if self.target == Place::Memory {
            let (text, inputs) = (self.text(), self.files(folder));
            let (memory, threads) = (self.memory, self.threads as usize);
            return InMemory { text: &text, inputs: &inputs, outputs: &outputs, memory, threads }
                .run(folder, most);
        }
        child::run(program, &self.arguments(folder, &outputs), folder, most)
    }

    /// Bytes of the largest packed chunk, which must be in memory whole.
    fn packed_chunk(&self, data: &[Data]) -> u64 {
        let inputs = self.inputs.iter().map(|(data, place)| place.packed_chunk(data.dtype, &data.shape));
        let results =
            self.roots.iter().map(|root| self.target.packed_chunk(root.dtype(data), &root.shape(data)));
        inputs.chain(results).max().unwrap_or(0)
    }

    /// Runs the job and checks every promise.
    pub fn run(&self, program: &Path, folder: &Path, bounds: &Bounds) -> Outcome {
        let data = self.data();
        self.write_inputs(folder);
        let work = Work::of(self, &data);
        let allowed = bounds.seconds(&work);
        let most = Duration::from_secs_f64((2.0 * allowed).clamp(20.0, 200.0));
        let mut ran = self.launch(program, folder, most);
        let mut findings = Vec::new();
        let mut tell = |kind: Kind, ratio: f64, what: String| {
            let what = format!("{what}\n      {}", self.describe(folder));
            findings.push(Finding { job: self.name.clone(), kind, ratio, what });
        };
        match &ran.ended {
            Ok(0) => {
                for (root, output) in self.roots.iter().zip(self.outputs(folder)) {
                    if let Some(what) = check(&answer(root, &data), &output) {
                        tell(Kind::Wrong, 0.0, format!("{}: {what}", root.text(&data)));
                    }
                }
                // Another program may have slowed it down: the best of three runs counts.
                for _ in 0..2 {
                    if !self.timed || ran.seconds <= allowed || ran.seconds > CLIFF * allowed {
                        break;
                    }
                    let again = self.launch(program, folder, most);
                    ran.seconds = ran.seconds.min(again.seconds);
                    ran.peak = ran.peak.max(again.peak);
                }
                let ratio = ran.seconds / allowed;
                if self.timed && ratio > 1.0 {
                    let (seconds, rate) = (ran.seconds, work.moved() as f64 / ran.seconds / 1e9);
                    tell(
                        Kind::Slow,
                        ratio,
                        format!("{seconds:.2} s ({rate:.3} GB/s), allowed {allowed:.2} s"),
                    );
                }
            }
            Ok(1 | 2) if self.packed_chunk(&data) > self.memory => {}
            Ok(code @ (1 | 2)) => tell(Kind::Refused, 0.0, format!("exit code {code}: {}", ran.said.trim())),
            Ok(code) => tell(Kind::Crashed, 0.0, format!("exit code {code}: {}", ran.said.trim())),
            Err(why) if why.starts_with("stopped") => {
                tell(Kind::Slow, most.as_secs_f64() / allowed, format!("{why}, allowed {allowed:.2} s"));
            }
            Err(why) => tell(Kind::Crashed, 0.0, format!("{why}: {}", ran.said.trim())),
        }
        let room = bounds.peak(self);
        if ran.peak > room {
            let (peak, room) = (ran.peak >> 20, room >> 20);
            tell(
                Kind::Peak,
                ran.peak as f64 / bounds.peak(self) as f64,
                format!("{peak} MiB resident, allowed {room}"),
            );
        }
        let left = hidden(folder);
        // a killed program cannot clean up
        if !left.is_empty() && ran.ended.is_ok() {
            let names: Vec<String> = left.iter().map(|path| path.display().to_string()).collect();
            tell(Kind::Left, left.len() as f64, format!("left behind: {}", names.join(", ")));
        }
        for output in left.into_iter().chain(self.outputs(folder)) {
            let _ = std::fs::remove_file(output);
        }
        Outcome { ran, bytes: (work.read, work.written), findings }
    }
}

/// Hidden files: output that a run did not move to its place.
fn hidden(folder: &Path) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_hidden =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    listed.map(|entry| entry.path()).filter(is_hidden).collect()
}
