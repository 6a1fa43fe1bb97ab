//! `arrstore doctor`: the machine as the engine finds it, the speed of memory and disk, and advice.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use serde_json::{Map, Value, json};

use crate::cli::Doctor;
use crate::misuse::misuse;
use crate::print::say;
use crate::{probe, report};

/// Bytes of the file for measuring the disk, but at most a quarter of the free space.
const DISK_BYTES: u64 = 256 << 20;
/// With less free space, the disk is not measured.
const LEAST_DISK: u64 = 1 << 20;
/// Bytes for measuring memory, but at most an eighth of the budget: more than caches hold.
const MEMORY_BYTES: u64 = 256 << 20;
/// A smaller budget cuts most work into many passes.
const SMALL_BUDGET: u64 = 256 << 20;
/// Variables that make OpenBLAS choose worse than on its own.
const MISLEADING: [&str; 2] = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"];

/// A name, a value for machines, and text for people.
type Fact = (&'static str, Value, String);

/// The facts that were found.
#[derive(Default)]
struct Findings {
    facts: Vec<Fact>,
    warnings: Vec<String>,
}

pub(super) fn run(args: &Doctor) -> Result<ExitCode> {
    let folder = &args.folder;
    if !fs::metadata(folder).with_context(|| folder.display().to_string())?.is_dir() {
        return Err(misuse(format!(
            "{} is not a folder; doctor measures the disk of a folder",
            folder.display()
        )));
    }
    let mut found = Findings::default();
    found.processor();
    let threads = found.threads();
    let budget = found.memory();
    found.memory_speed(budget, threads)?;
    found.disk(folder)?;
    found.variables();
    if args.speaking.json {
        let mut all: Map<String, Value> =
            found.facts.into_iter().map(|(k, v, _)| (k.to_owned(), v)).collect();
        all.insert("warnings".to_owned(), json!(found.warnings));
        say(&Value::from(all).to_string())?;
    } else {
        let label =
            |key: &str| key.replace("_bytes_per_second", " speed").replace("_bytes", "").replace('_', " ");
        let rows: Vec<_> = found.facts.into_iter().map(|(key, _, words)| vec![label(key), words]).collect();
        say(report::table(&rows, &[]).trim_end())?;
        for warning in &found.warnings {
            say(&format!("warning: {warning}"))?;
        }
        if found.warnings.is_empty() {
            say("nothing to mend")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Findings {
    fn add(&mut self, key: &'static str, value: impl Into<Value>, words: impl Into<String>) {
        self.facts.push((key, value.into(), words.into()));
    }

    fn processor(&mut self) {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|l| l.strip_prefix("model name")?.split_once(": "));
        let model = model.map_or(std::env::consts::ARCH, |(_, name)| name);
        self.add("processor", model, model);
        let features = features();
        self.add("features", features.as_slice(), features.join(", "));
        let set = arrstore::instruction_set();
        self.add("loops", set, set);
        if cfg!(target_arch = "x86_64") && !set.starts_with("AVX2") {
            self.warnings
                .push("the processor, or what emulates it, has no AVX2: loops run at half the speed".into());
        }
        let (backend, core) = (arrstore::BACKEND, arrstore::backend_core());
        self.add("products", json!({ "backend": backend, "core": core }), format!("{backend}, for {core}"));
    }

    /// Adds the number of threads of a run, and returns it.
    fn threads(&mut self) -> usize {
        let (threads, variable) = arrstore::threads_and_why();
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cores = info.lines().filter(|l| l.starts_with("processor")).count();
        let why = match variable {
            Some(name) => name,
            None if threads < cores => "the container's quota, or the affinity",
            None => "the machine's cores",
        };
        let value = json!({ "count": threads, "cores": cores, "decided_by": why });
        self.add("threads", value, format!("{threads} of {cores}, by {why}"));
        threads
    }

    /// Adds the budget of a run, and returns it.
    fn memory(&mut self) -> u64 {
        let (limit, machine) = (arrstore::machine_limit(), arrstore::machine_memory());
        let budget = arrstore::Budget::of_machine().total();
        let why = if limit < machine { "the container's limit" } else { "all of the machine's" };
        self.add("memory", limit, format!("{}, {why}", report::bytes(limit)));
        self.add(
            "container_limit",
            (limit < machine).then_some(limit),
            match limit < machine {
                true => report::bytes(limit),
                false => "none".to_owned(),
            },
        );
        self.add("default_budget", budget, format!("{}, 70 % of that", report::bytes(budget)));
        if budget < SMALL_BUDGET {
            self.warnings.push(format!("a budget of {} is small: expect many passes", report::bytes(budget)));
        }
        let pages = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default();
        let pages = pages.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(word, _)| word);
        self.add("huge_pages", pages, pages.unwrap_or("unknown"));
        budget
    }

    fn memory_speed(&mut self, budget: u64, threads: usize) -> Result<()> {
        let bytes = MEMORY_BYTES.min(budget / 8);
        let rate = probe::memory(bytes, threads, Duration::from_millis(250))?;
        let words = format!("{} read by {threads} threads", per_second(rate));
        self.add("memory_bytes_per_second", rate.round(), words);
        Ok(())
    }

    fn disk(&mut self, folder: &Path) -> Result<()> {
        let free = probe::free(folder)?;
        self.add("folder", folder.display().to_string(), folder.display().to_string());
        self.add("folder_free_bytes", free, report::bytes(free));
        let volatile = statfs(folder)?.filesystem_type() == TMPFS_MAGIC;
        if volatile {
            self.warnings.push(format!(
                "{} lies in memory (tmpfs): temporary files there count against the memory they are to spare",
                folder.display()
            ));
        }
        let bytes = DISK_BYTES.min(free / 4);
        if bytes < LEAST_DISK {
            self.warnings.push(format!("{} has no room: its disk was not measured", folder.display()));
            return Ok(());
        }
        let disk = probe::disk(folder, bytes, Duration::from_secs(1))?;
        let size = report::bytes(disk.bytes);
        self.add(
            "disk_write_bytes_per_second",
            disk.write.round(),
            format!("{}, {size} written and synced", per_second(disk.write)),
        );
        let cold = if volatile { "from memory" } else { "not cached" };
        self.add(
            "disk_read_bytes_per_second",
            disk.read.round(),
            format!("{}, {size} {cold}", per_second(disk.read)),
        );
        Ok(())
    }

    fn variables(&mut self) {
        for name in MISLEADING {
            if let Some(value) = std::env::var_os(name) {
                self.warnings.push(format!(
                    "{name} is set to {}: OpenBLAS then does not choose by itself, which can halve its speed",
                    value.to_string_lossy()
                ));
            }
        }
    }
}

fn per_second(rate: f64) -> String {
    format!("{}/s", report::bytes(rate as u64))
}

/// The features of the processor that matter for speed.
fn features() -> Vec<&'static str> {
    macro_rules! present {
        ($detect:ident: $($name:tt)*) => {
            [$(($name, std::arch::$detect!($name))),*].into_iter().filter(|f| f.1).map(|f| f.0).collect()
        };
    }
    #[cfg(target_arch = "x86_64")]
    return present!(is_x86_feature_detected: "sse4.2" "avx" "avx2" "fma" "f16c" "bmi2" "avx512f" "avx512dq" "avx512bw" "avx512vl");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("neon").then_some("neon").into_iter().collect();
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return Vec::new();
}
