//! PATH and OUT: `file.arrs:/group/name`, `x.npy`, `x.npz:/name`, `x.zarr`, each with an optional `[subscript]`.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Result;
use arrstore::{Index, text};

use crate::misuse::misuse;

/// The kinds of files and folders that hold arrays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Arrs,
    Npy,
    Npz,
    Zarr,
    Raw,
}

/// Where an array is, or will be.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    /// The array within the file, with its leading `/`.
    pub(crate) name: Option<String>,
    pub(crate) subscript: Option<Vec<Index>>,
    /// The commit to read, of an .arrs file; none for the newest.
    pub(crate) commit: Option<u64>,
}

/// Endings after which a `:` begins the name of an array.
const CONTAINERS: [(&str, Kind); 3] = [(".arrs", Kind::Arrs), (".npz", Kind::Npz), (".zarr", Kind::Zarr)];

const KINDS: &str = ".arrs, .npy, .npz, .zarr, or .raw, .bin, .dat for plain elements";

impl Location {
    /// Reads a PATH of something that exists.
    pub(crate) fn of_input(text: &str) -> Result<Location> {
        Location::parse(text, |path| sniff(path).or_else(|| by_ending(path)))
    }

    /// Reads an OUT: its kind is what its ending says.
    pub(crate) fn of_output(text: &str) -> Result<Location> {
        Location::parse(text, by_ending)
    }

    /// The same, as it was after a commit.
    pub(crate) fn at_commit(self, commit: Option<u64>) -> Result<Location> {
        if commit.is_some() && self.kind != Kind::Arrs {
            return Err(misuse(format!("{self}: --commit is for .arrs files; others have no commits")));
        }
        Ok(Location { commit, ..self })
    }

    fn parse(text: &str, kind: impl Fn(&Path) -> Option<Kind>) -> Result<Location> {
        let (rest, subscript) = split_subscript(text)?;
        for (ending, container) in CONTAINERS {
            let mark = format!("{ending}:");
            let Some(at) = rest.find(&mark) else { continue };
            let (path, name) = rest.split_at(at + ending.len());
            let path = PathBuf::from(path);
            let name = Some(full_name(name.trim_start_matches(':'))?);
            let kind = kind(&path).unwrap_or(container);
            return Ok(Location { kind, path, name, subscript, commit: None });
        }
        let path = PathBuf::from(rest);
        if rest.is_empty() {
            return Err(misuse("the path is empty"));
        }
        match kind(&path) {
            Some(kind) => Ok(Location { path, kind, name: None, subscript, commit: None }),
            None => {
                Err(misuse(format!("{rest}: cannot tell what kind of file this is; known endings: {KINDS}")))
            }
        }
    }

    /// The name a file without a named array suggests: its stem.
    pub(crate) fn stem(&self) -> String {
        match &self.name {
            Some(name) => name.rsplit('/').next().unwrap_or("").to_owned(),
            None => self.path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default(),
        }
    }

    /// The folder that the file lies in.
    pub(crate) fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, ":{name}"))
    }
}

/// The name of an array with one leading `/`.
pub(crate) fn full_name(name: &str) -> Result<String> {
    let bare = name.trim_start_matches('/');
    if bare.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(misuse(format!("'{name}' cannot name an array: expected a path such as /ocean/sst")));
    }
    Ok(format!("/{bare}"))
}

/// Cuts a trailing `[...]` off, unless a file has that very name.
fn split_subscript(text: &str) -> Result<(&str, Option<Vec<Index>>)> {
    let whole = || (text, None);
    if !text.ends_with(']') || Path::new(text).exists() {
        return Ok(whole());
    }
    // the bracket that the last one closes
    let mut depth = 0;
    let opening = text.rmatch_indices(['[', ']']).find(|(_, bracket)| {
        depth += if *bracket == "]" { 1 } else { -1 };
        depth == 0
    });
    let Some((at, _)) = opening else {
        return Err(misuse(format!("{text}: the brackets do not match")));
    };
    let (path, inside) = (&text[..at], &text[at + 1..text.len() - 1]);
    Ok((path, Some(text::parse_subscript(inside)?)))
}

fn by_ending(path: &Path) -> Option<Kind> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "arrs" => Some(Kind::Arrs),
        "npy" => Some(Kind::Npy),
        "npz" => Some(Kind::Npz),
        "zarr" => Some(Kind::Zarr),
        "raw" | "bin" | "dat" => Some(Kind::Raw),
        _ => None,
    }
}

/// The kind of a file by its first bytes, of a folder by its `zarr.json`.
fn sniff(path: &Path) -> Option<Kind> {
    let kind = std::fs::metadata(path).ok()?;
    if kind.is_dir() {
        return path.join("zarr.json").exists().then_some(Kind::Zarr);
    }
    // A FIFO would block, and a device may do anything: only regular files are looked into.
    if !kind.is_file() {
        return None;
    }
    let mut head = Vec::new();
    File::open(path).ok()?.take(8).read_to_end(&mut head).ok()?;
    match head.as_slice() {
        [0x89, b'A', b'R', b'R', ..] => Some(Kind::Arrs),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Some(Kind::Npy),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Some(Kind::Npz),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (String, Kind, Option<String>, usize) {
        let l = Location::of_output(text).unwrap();
        (l.path.display().to_string(), l.kind, l.name, l.subscript.map_or(0, |s| s.len()))
    }

    #[test]
    fn the_grammar_of_paths() {
        let name = |s: &str| Some(s.to_owned());
        assert_eq!(parse("a.arrs"), ("a.arrs".into(), Kind::Arrs, None, 0));
        assert_eq!(parse("d/a.arrs:/g/x"), ("d/a.arrs".into(), Kind::Arrs, name("/g/x"), 0));
        assert_eq!(parse("a.arrs:x[10:20, ::2]"), ("a.arrs".into(), Kind::Arrs, name("/x"), 2));
        assert_eq!(parse("a.npz:/m"), ("a.npz".into(), Kind::Npz, name("/m"), 0));
        assert_eq!(parse("a.npy[3]"), ("a.npy".into(), Kind::Npy, None, 1));
        assert_eq!(parse("b.RAW"), ("b.RAW".into(), Kind::Raw, None, 0));
        assert_eq!(parse("x.zarr:/a"), ("x.zarr".into(), Kind::Zarr, name("/a"), 0));
        for bad in
            ["", "x", "x.txt", "a.arrs:", "a.arrs:/", "a.arrs:/a//b", "a.zarr:../b", "a.npy[x]", "a.npy[]"]
        {
            assert!(Location::of_output(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_subscript_is_read_whole_or_refused() {
        assert_eq!(parse("x[1].npy[2, :]"), ("x[1].npy".into(), Kind::Npy, None, 2));
        for bad in [
            "a.npy[0]]",
            "a.npy0]",
            "a.npy[[0, 2]]",
            "a.npy[[0]",
            "a.npy[[[0]]]",
            "a.npy[[0, 2], 1]",
            "a.npy[True]",
            "a.npy[1.0]",
            "a.npy[..., ...]extra]",
            "a.npy[0][[1]]",
            "a.arrs:/x[[0, 2]]",
            "]",
            "[0]",
        ] {
            assert!(Location::of_input(bad).is_err() && Location::of_output(bad).is_err(), "{bad}");
        }
    }
}
