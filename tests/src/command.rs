//! The `arrstore` command, as a program of its own.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The program: `ARRSTORE_BIN`, or else built now, with the profile and in the folder of the running test.
///
/// # Panics
/// When it cannot be built.
pub fn arrstore() -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    Command::new(PROGRAM.get_or_init(|| std::env::var_os("ARRSTORE_BIN").map_or_else(build, PathBuf::from)))
}

fn build() -> PathBuf {
    // The test lies in TARGET/PROFILE/deps.
    let test = std::env::current_exe().expect("the running test has a path");
    let profile = test.ancestors().nth(2).expect("a test lies in target/profile/deps");
    let target = profile.parent().expect("a profile lies in a target folder");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // With a test of it, as `cargo test --workspace` has built it already: on its own, what it depends on has other
    // features, and nearly all of that would be built once more.
    cargo
        .args(["test", "--quiet", "--no-run", "--workspace", "--test", "convert", "--target-dir"])
        .arg(target)
        .stdout(Stdio::null());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo can be run");
    assert!(status.success(), "building the arrstore command failed: {status}");
    profile.join("arrstore")
}

/// How often a campaign tries: the number in an environment variable, or a few for an ordinary run.
pub fn rounds(variable: &str, few: usize) -> usize {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(few)
}
