//! Runs programs and measures their peak resident memory, without root.
//!
//! The peak that the system reports for a child (`ru_maxrss`) starts at that of the parent. A campaign itself uses much
//! memory, so a small process stands between: this test's own program, started anew.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use arrstore::text::Formula;
use arrstore::{Context, Expr, Plan, Stored, Target};
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value as Json, json};

/// The variable with the child's task.
const VARIABLE: &str = "ARRSTORE_CAMPAIGN_CHILD";

/// The outcome of a program.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its exit code, or the reason why it has none.
    pub ended: Result<i32, String>,
    /// Seconds that it ran.
    pub seconds: f64,
    /// Its peak resident memory in bytes.
    pub peak: u64,
    /// Its text on stderr.
    pub said: String,
}

/// Runs a program in `folder`, for at most the time `most`.
///
/// # Panics
/// When it cannot be started.
pub fn run(program: &Path, args: &[String], folder: &Path, most: Duration) -> Ran {
    ask(&json!({ "program": program, "args": args, "folder": folder, "most": most.as_secs_f64() }))
}

/// A computation by the library, run like a program. The results stay in memory until it is done; then each is written
/// to a `.npy` file.
pub struct InMemory<'a> {
    /// The text of the expressions.
    pub text: &'a str,
    /// Names and files of the inputs.
    pub inputs: &'a [(&'a str, PathBuf)],
    /// Files for the results.
    pub outputs: &'a [PathBuf],
    /// The budget.
    pub memory: u64,
    /// Threads that compute.
    pub threads: usize,
}

impl InMemory<'_> {
    /// Runs it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn run(&self, folder: &Path, most: Duration) -> Ran {
        let InMemory { text, inputs, outputs, memory, threads } = self;
        let what = json!({ "text": text, "inputs": inputs, "outputs": outputs, "memory": memory, "threads": threads });
        ask(&json!({ "compute": what, "folder": folder, "most": most.as_secs_f64() }))
    }
}

fn this_test(what: &Json) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the running test has a path"));
    // the test that calls `child`
    command.args(["child", "--exact", "--nocapture", "--test-threads=1"]).env(VARIABLE, what.to_string());
    command
}

#[expect(clippy::panic, reason = "without the process between nothing can be tried")]
fn ask(what: &Json) -> Ran {
    let done = this_test(what).output().expect("this test's program can be run");
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    let told =
        out.split_once("ran: ").and_then(|(_, rest)| serde_json::from_str::<Json>(rest.lines().next()?).ok());
    let told = told.unwrap_or_else(|| panic!("the process between has failed: {out}"));
    let ended = told["code"].as_i64().map(|code| code as i32);
    Ran {
        ended: ended.ok_or_else(|| told["why"].as_str().unwrap_or_default().to_owned()),
        seconds: told["seconds"].as_f64().unwrap_or_default(),
        peak: told["peak"].as_u64().unwrap_or_default(),
        said: String::from_utf8_lossy(&done.stderr).into_owned(),
    }
}

/// The body of the test named `child`: it does nothing, unless the process stands between or computes.
///
/// # Panics
/// When the task cannot be done.
pub fn child() {
    let Some(what) = std::env::var(VARIABLE).ok().and_then(|text| serde_json::from_str::<Json>(&text).ok())
    else {
        return;
    };
    if what.get("memory").is_some() {
        if let Err(error) = compute(&what) {
            eprintln!("error: {error}");
            std::process::exit(1);
        }
        std::process::exit(0);
    }
    let mut command = match what.get("compute") {
        Some(compute) => this_test(compute),
        None => {
            let mut command = Command::new(what["program"].as_str().unwrap_or_default());
            command
                .args(what["args"].as_array().into_iter().flatten().filter_map(Json::as_str))
                .env_remove(VARIABLE);
            command
        }
    };
    command.current_dir(what["folder"].as_str().unwrap_or(".")).stdin(Stdio::null()).stdout(Stdio::null());
    let begun = Instant::now();
    let mut running = command.spawn().expect("the program can be started");
    let most = what["most"].as_f64().unwrap_or(60.0);
    let status = loop {
        match running.try_wait().expect("a child can be waited for") {
            Some(status) => break Some(status),
            None if begun.elapsed().as_secs_f64() > most => {
                running.kill().expect("a child can be ended");
                running.wait().expect("a child can be waited for");
                break None;
            }
            None => std::thread::sleep(Duration::from_micros(500)),
        }
    };
    let seconds = begun.elapsed().as_secs_f64();
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system tells").max_rss() as u64 * 1024;
    let code = status.and_then(|status| status.code());
    let why = status.map_or(format!("stopped after {most:.0} s"), |status| status.to_string());
    println!("\nran: {}", json!({ "code": code, "why": why, "seconds": seconds, "peak": peak }));
}

fn compute(what: &Json) -> Result<(), Box<dyn std::error::Error>> {
    let strings = |key: &str| what[key].as_array().into_iter().flatten().filter_map(Json::as_str);
    let mut variables = std::collections::BTreeMap::new();
    for input in what["inputs"].as_array().into_iter().flatten() {
        let (name, path) =
            (input[0].as_str().unwrap_or_default(), Path::new(input[1].as_str().unwrap_or_default()));
        let expr = match path.extension().is_some_and(|end| end == "npy") {
            true => Expr::npy(path)?,
            false => {
                let array = arrstore_format::File::open(path)?.snapshot()?.array("/a")?;
                Expr::source(std::sync::Arc::new(Stored::new(array)))?
            }
        };
        variables.insert(name.to_owned(), expr);
    }
    let number = |key: &str| what[key].as_u64().unwrap_or_default();
    let mut context = Context::new(number("memory"), number("threads") as usize);
    context.tmp = Some(".".into());
    let formula = Formula::parse(what["text"].as_str().unwrap_or_default())?;
    let roots: Vec<_> = formula.lower(&variables)?.into_iter().map(|root| (root, Target::Memory)).collect();
    let values = Plan::new(&roots, &context)?.run(&context)?;
    for (value, path) in values.into_iter().flatten().zip(strings("outputs")) {
        use std::io::Write;
        let mut file = std::fs::File::create(path)?;
        file.write_all(&arrstore::npy::Header::write(value.dtype(), value.shape(), false)?)?;
        file.write_all(value.bytes())?;
    }
    Ok(())
}
