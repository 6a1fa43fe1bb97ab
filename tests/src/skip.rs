//! Tests with needs that not every machine meets: root, another program, a loop device.

use std::io::Write;

/// The variable that makes such a test fail if something is missing. Continuous integration sets it.
pub const REQUIRE: &str = "ARRSTORE_REQUIRE";

/// Prints on the terminal that a test was skipped, and why; the caller then returns. With `ARRSTORE_REQUIRE=1` the test
/// fails instead.
///
/// # Panics
/// When no test may be skipped.
#[track_caller]
pub fn skip(why: &str) {
    let must = std::env::var_os(REQUIRE).is_some_and(|value| !value.is_empty() && value != "0");
    assert!(!must, "this test cannot run here, and {REQUIRE} is set: {why}");
    // The test harness captures `eprintln`, so this writes to stderr directly.
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let text = format!("SKIPPED {test}: {why}\n");
    std::io::stderr().write_all(text.as_bytes()).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// The test below runs this in a process of its own.
    #[test]
    fn skipping() {
        if std::env::var_os("ARRSTORE_TEST_SKIP").is_some() {
            skip("for want of a moon");
        }
    }

    #[test]
    fn a_skip_is_seen_or_fails() {
        let run = |require: Option<&str>| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command
                .args(["skip::tests::skipping", "--exact"])
                .env("ARRSTORE_TEST_SKIP", "1")
                .env_remove(REQUIRE);
            command.envs(require.map(|value| (REQUIRE, value)));
            let done = command.output().unwrap();
            (done.status.success(), [done.stdout, done.stderr].concat())
        };
        for (require, passes) in [(None, true), (Some("0"), true), (Some("1"), false)] {
            let (passed, said) = run(require);
            let said = String::from_utf8(said).unwrap();
            assert_eq!(passed, passes, "{require:?}: {said}");
            assert!(said.contains("for want of a moon"), "{require:?}: {said}");
        }
    }

    /// No test skips in a way of its own, which the variable could not turn into a failure.
    #[test]
    fn nobody_skips_in_another_way() {
        let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..")];
        let mut read = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let (path, name) = (entry.path(), entry.file_name());
                let name = name.to_string_lossy();
                if path.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
                    folders.push(path);
                } else if name.ends_with(".rs") && name != "skip.rs" {
                    let text = std::fs::read_to_string(&path).unwrap();
                    assert!(!text.contains("SKIPPED"), "{}: call skip", path.display());
                    read += 1;
                }
            }
        }
        assert!(read > 100, "{read} files were read");
    }
}
