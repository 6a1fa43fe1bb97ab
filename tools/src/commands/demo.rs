//! `arrstore demo`: the main jobs on a data set larger than the budget; checks every answer.
//!
//! The data are `a[i, j] = i + 2j` and `b[i, j] = i - j`. Their sums, deviations and matrix product are known in closed
//! form, and exact in float64 for any size that fits on a disk.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use arrstore::formats::{About, Location};
use arrstore::text::Formula;
use arrstore::{Context, Expr, Plan, Target};
use arrstore_format::replace::Hidden;
use serde_json::json;

use crate::cli::{Demo, Memory, Running, Storing, Told, Waiting};
use crate::output::{self, Written};
use crate::print::say;
use crate::{input, probe, report, run};

/// Bytes of disk for each byte of the data set: first its .npy files beside the store, then the results beside the
/// store.
const DISK: f64 = 2.1;

/// The work done in one step, and how long it took.
struct Step {
    what: String,
    bytes: u64,
    flops: u64,
    seconds: f64,
}

struct Session<'a> {
    args: &'a Demo,
    running: Running,
    folder: &'a Path,
    /// Length of both axes.
    n: u64,
    steps: Vec<Step>,
}

pub(super) fn run(args: &Demo) -> Result<ExitCode> {
    run::stop_flag();
    let base = args.tmp.clone().unwrap_or_else(|| ".".into());
    let needed = (args.size as f64 * DISK) as u64;
    let free = probe::free(&base)?;
    ensure!(
        free >= needed,
        "the demo needs {} of disk in {}, but only {} are free: choose a smaller --size or another --tmp",
        report::bytes(needed),
        base.display(),
        report::bytes(free)
    );
    let folder = Hidden::folder(&base).with_context(|| base.display().to_string())?;
    let memory = args.memory.unwrap_or(Memory::Bytes(128 << 20));
    let running = Running {
        memory: Some(memory),
        threads: args.threads,
        tmp: Some(folder.path().to_owned()),
        quiet: args.quiet,
        no_check: false,
    };
    // The data set is two arrays of float64.
    let n = ((args.size / 16) as f64).sqrt() as u64;
    ensure!(n >= 16, "--size {} is too small to show anything: give at least 1MiB", report::bytes(args.size));
    let mut session = Session { args, running, folder: folder.path(), n, steps: Vec::new() };
    session.remark(&format!(
        "two float64 arrays of {n} x {n} ({} together), {} of memory, {} threads",
        report::bytes(2 * session.array_bytes()),
        report::bytes(memory.bytes()),
        session.context().threads
    ))?;
    session.all()?;
    let peak = peak_memory();
    if args.speaking.json {
        let steps: Vec<_> = session
            .steps
            .iter()
            .map(|s| json!({ "step": s.what, "bytes": s.bytes, "flops": s.flops, "seconds": s.seconds }))
            .collect();
        say(&json!({ "n": n, "memory": memory.bytes(), "steps": steps, "peak_resident": peak }).to_string())?;
    } else {
        let peak = peak.map_or("unknown".to_owned(), report::bytes);
        say(&format!(
            "every answer was right; peak resident memory {peak}, budget {}",
            report::bytes(memory.bytes())
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Session<'_> {
    fn all(&mut self) -> Result<()> {
        let size = self.array_bytes();
        let (i, j) = (self.ramp(true)?, self.ramp(false)?);
        let indices = [("i", i), ("j", j)];
        self.step("write a.npy, b.npy", 2 * size, 0, |s| {
            s.eval("i + 2*j, i - j", &indices, &["a.npy", "b.npy"])
        })?;
        self.step("convert to one store", 4 * size, 0, |s| {
            for name in ["a", "b"] {
                let npy = s.folder.join(format!("{name}.npy"));
                s.copy(&npy, &format!("demo.arrs:/{name}"))?;
                std::fs::remove_file(&npy)?;
            }
            Ok(())
        })?;
        self.step("verify", 2 * size, 0, |s| {
            let report = input::open_file(&s.folder.join("demo.arrs"))?.snapshot()?.verify(&|_, _| true)?;
            ensure!(report.is_sound(), "the store is damaged: {report}");
            Ok(())
        })?;

        let arrays = [("a", self.stored("a")?), ("b", self.stored("b")?)];
        self.step("c = a*b + a - 2, to disk", 3 * size, 0, |s| {
            s.eval("a*b + a - 2", &arrays, &["demo.arrs:/c"])
        })?;
        self.step("sum, min, max, mean, std of a", size, 0, |s| s.check_reductions(&arrays))?;
        let c = [("c", self.stored("c")?)];
        self.step("sum of c", size, 0, |s| {
            let n = s.n as f64;
            let (s1, s2) = s.power_sums();
            s.close("sum(c)", &c, s1 * s1 - n * s2 + 3.0 * n * s1 - 2.0 * n * n)
        })?;
        self.step("mean of a over rows, whole", size, 0, |s| {
            let mean = [arrays[0].clone(), ("j", s.ramp(false)?)];
            let expected = format!("max(abs(mean(a, axis=0) - ({} + 2*j)))", (s.n - 1) as f64 / 2.0);
            s.close(&expected, &mean, 0.0)
        })?;
        let flops = 2 * self.n.pow(3);
        self.step("p = a @ b, to disk", 3 * size, flops, |s| s.eval("a @ b", &arrays, &["demo.arrs:/p"]))?;
        let (s1, s2) = self.power_sums();
        let product = [("p", self.stored("p")?), indices[0].clone(), indices[1].clone()];
        // sum over k of (i + 2k)(k - j)
        let closed = format!(
            "max(abs(p - (i*{s1:.1} - i*j*{n:.1} + {:.1} - j*{:.1})))",
            2.0 * s2,
            2.0 * s1,
            n = self.n as f64
        );
        self.step("every element of a @ b", size, 0, |s| s.close(&closed, &product, 0.0))
    }

    fn check_reductions(&mut self, arrays: &[(&'static str, Expr)]) -> Result<()> {
        let n = self.n as f64;
        let (s1, _) = self.power_sums();
        let deviation = (5.0 * (n * n - 1.0) / 12.0).sqrt();
        let expected = [3.0 * n * s1, 0.0, 3.0 * (n - 1.0), 1.5 * (n - 1.0), deviation];
        let found = self.numbers("sum(a), min(a), max(a), mean(a), std(a)", arrays)?;
        for (found, expected) in found.iter().zip(expected) {
            compare("a reduction of a", *found, expected)?;
        }
        Ok(())
    }

    /// The sums of k and of k squared for k below n.
    fn power_sums(&self) -> (f64, f64) {
        let n = self.n as f64;
        (n * (n - 1.0) / 2.0, (n - 1.0) * n * (2.0 * n - 1.0) / 6.0)
    }

    fn array_bytes(&self) -> u64 {
        self.n * self.n * 8
    }

    /// The index of the row (a column vector) or of the column (a row vector).
    fn ramp(&self, rows: bool) -> Result<Expr> {
        let (values, n) = ((0..self.n).map(|k| k as f64), self.n);
        let bytes: Vec<u8> = values.flat_map(f64::to_le_bytes).collect();
        let shape = if rows { [n, 1] } else { [1, n] };
        let value = arrstore::Value::copied_from(arrstore::DType::F64, &shape, &bytes)?;
        Ok(Expr::source(std::sync::Arc::new(value))?)
    }

    fn context(&self) -> Context {
        run::context(&self.running, None)
    }

    fn location(&self, name: &str) -> Result<Location> {
        Ok(Location::of_output(&self.folder.join(name).to_string_lossy())?)
    }

    fn stored(&self, name: &str) -> Result<Expr> {
        let location = self.location(&format!("demo.arrs:/{name}"))?;
        Ok(input::open(&location, &Told::default(), &self.context())?.expr)
    }

    fn copy(&self, from: &Path, to: &str) -> Result<()> {
        let source = Location::of_input(&from.to_string_lossy())?;
        let input = input::open(&source, &Told::default(), &self.context())?;
        self.write(&[(input.expr, to)])
    }

    fn eval(&self, text: &str, variables: &[(&str, Expr)], outputs: &[&str]) -> Result<()> {
        let results = self.lower(text, variables)?;
        self.write(&results.into_iter().zip(outputs.iter().copied()).collect::<Vec<_>>())
    }

    fn lower(&self, text: &str, variables: &[(&str, Expr)]) -> Result<Vec<Expr>> {
        let variables = variables.iter().map(|(name, expr)| ((*name).to_owned(), expr.clone())).collect();
        Ok(Formula::parse(text)?.lower(&variables)?)
    }

    fn write(&self, results: &[(Expr, &str)]) -> Result<()> {
        let locations = results.iter().map(|(_, name)| self.location(name)).collect::<Result<Vec<_>>>()?;
        let (storing, about) = (Storing::default(), About::default());
        let writing = run::writing(true, false, Waiting::default());
        let mut outputs = output::open(&locations, &storing, writing)?;
        let mut roots = Vec::new();
        for (k, ((expr, _), location)) in results.iter().zip(&locations).enumerate() {
            let written = Written { output: k, location, name: "", storing: &storing, about: &about };
            roots.push(output::add(&mut outputs, expr, &written)?);
        }
        let mut context = self.context();
        let plan = Plan::new(&roots, &context)?;
        drop(roots);
        let bar = run::watch(&mut context, self.args.quiet, "");
        plan.run(&context)?;
        bar.finish_and_clear();
        Ok(outputs.commit()?)
    }

    fn numbers(&self, text: &str, variables: &[(&str, Expr)]) -> Result<Vec<f64>> {
        let roots: Vec<_> = self.lower(text, variables)?.into_iter().map(|e| (e, Target::Memory)).collect();
        let context = self.context();
        let values = Plan::new(&roots, &context)?.run(&context)?;
        let number = |v: arrstore::Value| Some(f64::from_le_bytes(v.bytes().try_into().ok()?));
        values.into_iter().flatten().map(|v| number(v).context("expected one float64")).collect()
    }

    fn close(&self, text: &str, variables: &[(&str, Expr)], expected: f64) -> Result<()> {
        let found = self.numbers(text, variables)?;
        found.into_iter().try_for_each(|found| compare(text, found, expected))
    }

    fn remark(&self, text: &str) -> Result<()> {
        if self.args.quiet || self.args.speaking.json { Ok(()) } else { say(text) }
    }

    fn step(
        &mut self,
        what: &str,
        bytes: u64,
        flops: u64,
        work: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let begun = Instant::now();
        work(self).with_context(|| format!("demo: {what}"))?;
        let seconds = begun.elapsed().as_secs_f64();
        let rate = match flops {
            0 => format!("{:>8}/s", report::bytes((bytes as f64 / seconds.max(1e-9)) as u64)),
            flops => format!("{:>5.1} GFLOP/s", flops as f64 / seconds.max(1e-9) / 1e9),
        };
        self.remark(&format!("  {what:<32} {seconds:>7.2} s  {rate:>14}"))?;
        self.steps.push(Step { what: what.to_owned(), bytes, flops, seconds });
        Ok(())
    }
}

/// Checks that both are equal within the error of a pairwise sum.
fn compare(what: &str, found: f64, expected: f64) -> Result<()> {
    let error = (found - expected).abs();
    ensure!(error <= 1e-12 * expected.abs().max(1.0), "{what}: expected {expected}, found {found}");
    Ok(())
}

/// The peak resident memory of this process.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}
