//! Shared by the command-line tests: a folder for each test, and runs of the command in it.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use arrstore::DType;
use arrstore::npy::Header;

/// A folder with arrays, removed at the end.
pub(crate) struct Folder(tempfile::TempDir);

/// The outcome of a run.
pub(crate) struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn of(output: &Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The output of a run, which must succeed.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    /// The error text of a run, which must end with `code`.
    #[track_caller]
    pub(crate) fn fails(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert!(self.err.starts_with("error: "), "{}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self.err
    }
}

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    /// A folder with `x.npy`: the float64 numbers from 0 to 23, in 4 rows.
    pub(crate) fn with_x() -> Folder {
        let folder = Folder::new();
        folder.ramp("x.npy", &[4, 6]);
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_arrstore"));
        command.args(args).current_dir(self.0.path()).env("RUST_BACKTRACE", "0");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command(args).output().unwrap())
    }

    /// Writes a `.npy` file and returns its bytes.
    pub(crate) fn npy(&self, name: &str, dtype: DType, shape: &[u64], data: &[u8]) -> Vec<u8> {
        let mut bytes = Header::write(dtype, shape, false).unwrap();
        bytes.extend_from_slice(data);
        self.write(name, &bytes);
        bytes
    }

    /// A `.npy` file of float64 numbers 0, 1, 2, ...
    pub(crate) fn ramp(&self, name: &str, shape: &[u64]) -> Vec<u8> {
        let count = shape.iter().product::<u64>();
        let data: Vec<u8> = (0..count).flat_map(|k| (k as f64).to_le_bytes()).collect();
        self.npy(name, DType::F64, shape, &data)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// The names in the folder, including temporary files.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Everything below the folder, with the bytes of its files.
    pub(crate) fn tree(&self) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.root().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let kind = std::fs::symlink_metadata(&path).unwrap();
                let bytes = if kind.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
                found.push((path.display().to_string(), bytes));
                if kind.is_dir() {
                    folders.push(path);
                }
            }
        }
        found.sort();
        found
    }

    /// Runs a command that must be refused as misuse, without changing anything.
    #[track_caller]
    pub(crate) fn refuses(&self, args: &[&str], says: &str) {
        let before = self.tree();
        let err = self.run(args).fails(2);
        assert!(err.contains(says), "{args:?}: {err}");
        assert!(self.tree() == before, "{args:?} changed something: {:?}", self.names());
    }
}

/// A tmpfs of a few megabytes, unmounted at the end.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    pub(crate) fn mount(folder: &Folder, name: &str) -> Option<SmallDisk> {
        let path = folder.path(name);
        std::fs::create_dir(&path).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"]).arg(&path).status();
        mount.is_ok_and(|s| s.success()).then_some(SmallDisk(path))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
