//! PATH and OUT: `file.arrs:/group/name`, `x.npy`, `x.npz:/name`, `x.zarr`, each with an optional `[subscript]`.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use arrstore::{Index, text};

pub(crate) use crate::kind::Kind;
use crate::kind::{KINDS, by_ending};
use crate::misuse::misuse;

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

impl Location {
    /// Reads a PATH of something that exists.
    pub(crate) fn of_input(text: &str) -> Result<Location> {
        Location::parse(text, Kind::of_input)
    }

    /// Reads an OUT.
    pub(crate) fn of_output(text: &str) -> Result<Location> {
        Location::parse(text, Kind::of_output)
    }

    /// The same, as it was after a commit.
    pub(crate) fn at_commit(self, commit: Option<u64>) -> Result<Location> {
        if commit.is_some() && self.kind != Kind::Arrs {
            return Err(misuse(format!("{self}: --commit is for .arrs files; others have no commits")));
        }
        Ok(Location { commit, ..self })
    }

    fn parse(text: &str, kind: fn(&Path) -> Option<Kind>) -> Result<Location> {
        let (path, rest) = existing(text, kind).unwrap_or_else(|| by_grammar(text));
        if path.is_empty() {
            return Err(misuse("the path is empty"));
        }
        let (name, region) = rest.split_at(rest.find('[').unwrap_or(rest.len()));
        let name = name.strip_prefix(':').map(full_name).transpose()?;
        let subscript = if region.is_empty() { None } else { Some(subscript(text, region)?) };
        let path = PathBuf::from(path);
        match kind(&path) {
            Some(kind) => Ok(Location { path, kind, name, subscript, commit: None }),
            None => Err(unknown(text, &path)),
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

/// The places in a text at which a path may end: before a `:` or a `[`.
fn ends(text: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    text.match_indices([':', '[']).filter_map(|(at, _)| text.split_at_checked(at))
}

/// Whether what follows a path of this kind can follow it.
fn goes_on(kind: Kind, rest: &str) -> bool {
    rest.starts_with('[') || kind.has_names()
}

/// The longest beginning that is the path of something of a known kind, and what follows it.
fn existing(text: &str, kind: fn(&Path) -> Option<Kind>) -> Option<(&str, &str)> {
    if Path::new(text).exists() {
        return Some((text, ""));
    }
    ends(text).rev().find(|(path, rest)| {
        Path::new(path).exists() && kind(Path::new(path)).is_some_and(|kind| goes_on(kind, rest))
    })
}

/// The path of something that is not there, and what follows it, by what its ending says.
fn by_grammar(text: &str) -> (&str, &str) {
    let known =
        |(path, rest): &(&str, &str)| by_ending(Path::new(path)).is_some_and(|kind| goes_on(kind, rest));
    let region = || text.ends_with(']').then(|| ends(text).find(|(_, rest)| rest.starts_with('['))).flatten();
    ends(text).find(known).or_else(region).unwrap_or((text, ""))
}

/// Reads the region that ends `text`.
fn subscript(text: &str, region: &str) -> Result<Vec<Index>> {
    let inside = region.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or_else(|| {
        let place = " ".repeat(text.chars().count());
        misuse(format!("expected ']' at the end of the region\n  {text}\n  {place}^"))
    })?;
    text::parse_subscript(inside).with_context(|| format!("in '{text}'"))
}

/// Why something has no kind.
fn unknown(text: &str, path: &Path) -> anyhow::Error {
    if path.is_dir() {
        return misuse(format!("{}: is a folder, and holds no zarr.json", path.display()));
    }
    if path.is_file() {
        let file = path.display();
        return misuse(format!(
            "{file}: its ending does not say what kind of file to write; known endings: {KINDS}"
        ));
    }
    if path.exists() {
        return misuse(format!("{}: is not a regular file", path.display()));
    }
    let nameless = ends(text).find(|(path, _)| Path::new(path).is_file());
    if let Some((file, name)) = nameless {
        return misuse(format!("{file}: holds one array, which has no name: leave '{name}' out"));
    }
    misuse(format!(
        "{}: is not there, and its ending does not say what kind of file it is; known endings: {KINDS}",
        path.display()
    ))
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
        assert_eq!(parse("A.NPZ:/m"), ("A.NPZ".into(), Kind::Npz, name("/m"), 0));
        assert_eq!(parse("a.npy[3]"), ("a.npy".into(), Kind::Npy, None, 1));
        assert_eq!(parse("a.npy[1:3]"), ("a.npy".into(), Kind::Npy, None, 1));
        assert_eq!(parse("b.RAW"), ("b.RAW".into(), Kind::Raw, None, 0));
        assert_eq!(parse("12:30.npy[3]"), ("12:30.npy".into(), Kind::Npy, None, 1));
        assert_eq!(parse("12:30.arrs:/a"), ("12:30.arrs".into(), Kind::Arrs, name("/a"), 0));
        assert_eq!(parse("run[1].npy"), ("run[1].npy".into(), Kind::Npy, None, 0));
        assert_eq!(parse("x.zarr:/a"), ("x.zarr".into(), Kind::Zarr, name("/a"), 0));
        for bad in [
            "",
            "x",
            "x.txt",
            "a.arrs:",
            "a.arrs:/",
            "a.arrs:/a//b",
            "a.zarr:../b",
            "a.npy[x]",
            "a.npy[]",
            "a.npy[0]]",
            "a.npy[[0]",
            "a.npy[0",
            "a.npy[0]x",
            "a.npy[0][1]",
            "a.arrs:/a[0]]",
        ] {
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
