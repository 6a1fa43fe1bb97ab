//! PATH and OUT: `file.arrs:/group/name`, `x.npy`, `x.npz:/name`, `x.zarr`, each with an optional `[subscript]`.

use std::fmt;
use std::path::{Path, PathBuf};

use super::error::{Error, Placed, Result};
use super::format::{ENDINGS_IN_WORDS, Format, by_ending};
use crate::{Index, text};

/// The place of an array that exists or will be written: a file or folder, the name of an array in it, and a part of
/// that array.
///
/// ```
/// use arrstore::formats::{Format, Location};
///
/// let place = Location::of_output("climate.arrs:/ocean/sst[10:20, ::2]")?;
/// assert_eq!((place.format, place.name.as_deref()), (Format::Arrs, Some("/ocean/sst")));
/// assert_eq!(place.subscript.map(|parts| parts.len()), Some(2));
/// # Ok::<(), arrstore::formats::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Location {
    /// The file or folder.
    pub path: PathBuf,
    /// Its format.
    pub format: Format,
    /// The array within the file, with its leading `/`.
    pub name: Option<String>,
    /// The part of the array.
    pub subscript: Option<Vec<Index>>,
    /// The subscript of a part that arrays of indices and masks name, as text between its brackets: see
    /// [`Location::of_assigned`].
    pub places: Option<String>,
    pub(super) commit: Option<u64>,
}

impl Location {
    /// Parses the path of an existing file or folder.
    ///
    /// # Errors
    /// When the path does not exist, its format is unknown, or the name or the subscript is invalid.
    pub fn of_input(text: &str) -> Result<Location> {
        Location::parse(text, Format::of_input)
    }

    /// Parses the path of an output. Its ending gives the format; without a known ending, the existing file or folder
    /// does.
    ///
    /// # Errors
    /// When neither gives a format, or the name or the subscript is invalid.
    pub fn of_output(text: &str) -> Result<Location> {
        Location::parse(text, Format::of_output)
    }

    /// As [`Location::of_output`]. The subscript of an array of an `.arrs` file may also hold arrays and masks, with names
    /// that are not yet known: they are `places`.
    ///
    /// # Errors
    /// As [`Location::of_output`].
    pub fn of_assigned(text: &str) -> Result<Location> {
        let plain = Location::of_output(text);
        if plain.is_ok() {
            return plain;
        }
        // the text without the subscript, which may itself hold brackets
        let begins = text.match_indices('[').map(|(at, _)| text.split_at(at));
        let found = begins.filter_map(|(path, region)| {
            let inside = region.strip_prefix('[')?.strip_suffix(']')?;
            let location = Location::of_output(path).ok().filter(|found| found.format == Format::Arrs)?;
            text::Subscript::parse(inside).ok()?;
            Some(Location { places: Some(inside.to_owned()), ..location })
        });
        found.into_iter().next().map_or(plain, Ok)
    }

    /// Whether it is a part of an array.
    pub fn is_part(&self) -> bool {
        self.subscript.is_some() || self.places.is_some()
    }

    /// The same location as of a commit; `None` means the newest.
    ///
    /// # Errors
    /// When a commit is asked for of something other than an `.arrs` file.
    pub fn at_commit(self, commit: Option<u64>) -> Result<Location> {
        if commit.is_some() && self.format != Format::Arrs {
            return Err(Error::request(format!(
                "{self}: expected an .arrs file, because only these have commits"
            )));
        }
        Ok(Location { commit, ..self })
    }

    fn parse(text: &str, format: fn(&Path) -> Option<Format>) -> Result<Location> {
        let (path, rest) = existing(text, format).unwrap_or_else(|| by_grammar(text));
        if path.is_empty() {
            return Err(Error::request("the path is empty: expected a file, such as x.arrs"));
        }
        let (name, region) = rest.split_at(rest.find('[').unwrap_or(rest.len()));
        let name = name.strip_prefix(':').map(full_name).transpose().place(|| format!("in '{text}'"))?;
        let subscript = if region.is_empty() { None } else { Some(subscript(text, region)?) };
        let path = PathBuf::from(path);
        match format(&path) {
            Some(format) => Ok(Location { path, format, name, subscript, places: None, commit: None }),
            None => Err(unknown(text, &path)),
        }
    }

    /// The suggested name for an array of this location: the last part of its name, or the stem of the file.
    pub fn stem(&self) -> String {
        match &self.name {
            Some(name) => last_part(name),
            None => self.path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default(),
        }
    }

    /// The name of the array, or else `other`.
    pub(super) fn name_or(&self, other: &str) -> Result<String> {
        self.name.as_ref().map_or_else(|| full_name(other), |name| Ok(name.clone()))
    }

    /// Picks one of the arrays that the file holds: the named one, else the only one.
    pub(super) fn pick(&self, names: &[String]) -> Result<String> {
        let list = || match names {
            [] => "the file holds no arrays".to_owned(),
            names => format!("the file holds {}", names.join(", ")),
        };
        let path = self.path.display();
        match &self.name {
            Some(name) if names.contains(name) => Ok(name.clone()),
            Some(name) => Err(Error::missing(format!("{path}: there is no array {name}; {}", list()))),
            None => match names {
                [only] => Ok(only.clone()),
                [] => Err(Error::request(format!("{path}: {}", list()))),
                [first, second, ..] => Err(Error::request(format!(
                    "{path}: name one of its arrays, as in {path}:{}; {}",
                    if first == "/" { second } else { first },
                    list(),
                ))),
            },
        }
    }

    /// The folder of the file.
    pub fn folder(&self) -> &Path {
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
///
/// # Errors
/// When a part of it is empty, `.` or `..`.
pub fn full_name(name: &str) -> Result<String> {
    let bare = name.trim_start_matches('/');
    if bare.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(Error::request(format!(
            "'{name}' is not a name of an array; expected a path such as /ocean/sst"
        )));
    }
    Ok(format!("/{bare}"))
}

/// The last part of the name of an array.
pub(super) fn last_part(name: &str) -> String {
    name.rsplit('/').next().unwrap_or("").to_owned()
}

/// The places in a text where a path may end: before a `:` or a `[`.
fn ends(text: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    text.match_indices([':', '[']).filter_map(|(at, _)| text.split_at_checked(at))
}

/// Whether `rest` can follow a path of this format.
fn goes_on(format: Format, rest: &str) -> bool {
    rest.starts_with('[') || format.has_names()
}

/// The longest beginning of `text` that is an existing path of a known format, and the rest.
fn existing(text: &str, format: fn(&Path) -> Option<Format>) -> Option<(&str, &str)> {
    if Path::new(text).exists() {
        return Some((text, ""));
    }
    ends(text).rev().find(|(path, rest)| {
        Path::new(path).exists() && format(Path::new(path)).is_some_and(|format| goes_on(format, rest))
    })
}

/// The path of a file that does not exist yet, and the rest, split by the path's ending.
fn by_grammar(text: &str) -> (&str, &str) {
    let known =
        |(path, rest): &(&str, &str)| by_ending(Path::new(path)).is_some_and(|format| goes_on(format, rest));
    let region = || text.ends_with(']').then(|| ends(text).find(|(_, rest)| rest.starts_with('['))).flatten();
    ends(text).find(known).or_else(region).unwrap_or((text, ""))
}

/// Parses `region`, the subscript at the end of `text`.
fn subscript(text: &str, region: &str) -> Result<Vec<Index>> {
    let inside = region.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or_else(|| {
        let place = " ".repeat(text.chars().count());
        Error::request(format!("expected ']' at the end of the region\n  {text}\n  {place}^"))
    })?;
    text::parse_subscript(inside).place(|| format!("in '{text}'"))
}

/// The error for a path without a known format.
fn unknown(text: &str, path: &Path) -> Error {
    if path.is_dir() {
        return Error::request(format!(
            "{}: is a folder without a zarr.json, so it is not a Zarr store",
            path.display()
        ));
    }
    if path.is_file() {
        let file = path.display();
        return Error::request(format!(
            "{file}: its ending names no known format; known endings: {ENDINGS_IN_WORDS}"
        ));
    }
    if path.exists() {
        return Error::request(format!("{}: is not a regular file", path.display()));
    }
    let nameless = ends(text).find(|(path, _)| Path::new(path).is_file());
    if let Some((file, name)) = nameless {
        return Error::request(format!("{file}: holds a single array without a name: leave out '{name}'"));
    }
    Error::request(format!(
        "{}: does not exist, and its ending names no known format; known endings: {ENDINGS_IN_WORDS}",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (String, Format, Option<String>, usize) {
        let l = Location::of_output(text).unwrap();
        (l.path.display().to_string(), l.format, l.name, l.subscript.map_or(0, |s| s.len()))
    }

    #[test]
    fn the_grammar_of_paths() {
        let name = |s: &str| Some(s.to_owned());
        assert_eq!(parse("a.arrs"), ("a.arrs".into(), Format::Arrs, None, 0));
        assert_eq!(parse("d/a.arrs:/g/x"), ("d/a.arrs".into(), Format::Arrs, name("/g/x"), 0));
        assert_eq!(parse("a.arrs:x[10:20, ::2]"), ("a.arrs".into(), Format::Arrs, name("/x"), 2));
        assert_eq!(parse("a.npz:/m"), ("a.npz".into(), Format::Npz, name("/m"), 0));
        assert_eq!(parse("A.NPZ:/m"), ("A.NPZ".into(), Format::Npz, name("/m"), 0));
        assert_eq!(parse("a.npy[3]"), ("a.npy".into(), Format::Npy, None, 1));
        assert_eq!(parse("a.npy[1:3]"), ("a.npy".into(), Format::Npy, None, 1));
        assert_eq!(parse("b.RAW"), ("b.RAW".into(), Format::Raw, None, 0));
        assert_eq!(parse("12:30.npy[3]"), ("12:30.npy".into(), Format::Npy, None, 1));
        assert_eq!(parse("12:30.arrs:/a"), ("12:30.arrs".into(), Format::Arrs, name("/a"), 0));
        assert_eq!(parse("run[1].npy"), ("run[1].npy".into(), Format::Npy, None, 0));
        assert_eq!(parse("x.zarr:/a"), ("x.zarr".into(), Format::Zarr, name("/a"), 0));
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
    fn an_assigned_subscript_may_hold_arrays() {
        let places = |text: &str| Location::of_assigned(text).ok().map(|l| (l.name, l.places));
        let named = |places: &str| Some((Some("/x".into()), Some(places.into())));
        assert_eq!(places("a.arrs:/x[[0, 2]]"), named("[0, 2]"));
        assert_eq!(places("a.arrs:/x[m, 2:5]"), named("m, 2:5"));
        assert_eq!(places("a.arrs:/x[a[0] > 3]"), named("a[0] > 3"));
        assert_eq!(places("a.arrs:/x[2:5]"), Some((Some("/x".into()), None)));
        for bad in ["a.npy[m]", "a.arrs:/x[m", "a.arrs:/x[m]]", "a.arrs:/x[0,,m]", "a.zarr:/x[[0]]"] {
            assert!(Location::of_assigned(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_subscript_is_read_whole_or_refused() {
        assert_eq!(parse("x[1].npy[2, :]"), ("x[1].npy".into(), Format::Npy, None, 2));
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
