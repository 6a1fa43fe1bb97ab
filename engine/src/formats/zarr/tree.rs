//! The kind of a folder in Zarr, and whether it holds foreign files: only Zarr's own content is replaced or written
//! into.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::nodes;
use crate::formats::error::{Error, Placed, Result};
use crate::formats::location::Location;

/// The metadata file of a Zarr array or group of version 3.
pub(super) const METADATA: &str = "zarr.json";
/// The metadata files of version 2.
const METADATA_2: [&str; 4] = [".zgroup", ".zarray", ".zattrs", ".zmetadata"];

/// The kind of a path.
enum Node {
    /// Nothing, or an empty file or folder.
    Vacant,
    Array,
    /// With its metadata, if it has any.
    Group(Option<Map<String, Value>>),
    /// An array or group of Zarr version 2.
    Older,
    /// None of these; the text gives the reason.
    Other(String),
}

impl Node {
    fn at(path: &Path) -> Result<Node> {
        let found = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Node::Vacant),
            found => found?,
        };
        if !found.is_dir() {
            let empty = found.is_file() && found.len() == 0;
            return Ok(if empty { Node::Vacant } else { Node::Other("is not a folder".to_owned()) });
        }
        if path.join(METADATA).exists() {
            return Ok(match nodes::metadata(path) {
                Ok(json) if is_array(&json) => Node::Array,
                Ok(json) => Node::Group(json.as_object().cloned()),
                Err(error) => Node::Other(format!("has metadata that cannot be read: {error}")),
            });
        }
        if METADATA_2.iter().any(|name| path.join(name).exists()) {
            return Ok(Node::Older);
        }
        if fs::read_dir(path)?.next().is_none() {
            return Ok(Node::Vacant);
        }
        Ok(match foreign(path)? {
            Some(foreign) => Node::Other(holds(&foreign)),
            None => Node::Group(None),
        })
    }
}

fn is_array(json: &Value) -> bool {
    json.get("node_type").and_then(Value::as_str) == Some("array")
}

fn holds(foreign: &Path) -> String {
    format!("holds {}, which is no part of a Zarr store", foreign.display())
}

/// The way to an array that will be written.
pub(super) struct Way {
    /// The topmost folder that is new, or that is replaced.
    pub(super) top: PathBuf,
    /// The path of the array's folder below `top`.
    pub(super) rest: PathBuf,
    /// Existing groups that get other metadata: groups without metadata of their own, and groups that keep a list of
    /// their members.
    pub(super) groups: Vec<(PathBuf, Value)>,
}

impl Way {
    /// The way to the array at `location` of the store at `root`. Refuses a location that would replace foreign files,
    /// or that no reader would find.
    pub(super) fn to(location: &Location, root: &Path) -> Result<Way> {
        let at = || location.to_string();
        let Some(name) = &location.name else {
            check_whole(location, root)?;
            return Ok(Way { top: root.to_owned(), rest: PathBuf::new(), groups: Vec::new() });
        };
        folder_of(root, name)?;
        let mut groups = Vec::new();
        let (mut path, mut left) = (root.to_owned(), name.trim_start_matches('/'));
        loop {
            let refuse = |why: &str| Err(Error::request(format!("{location}: {} {why}", path.display())));
            match Node::at(&path).place(at)? {
                Node::Vacant => break,
                Node::Array if left.is_empty() => {
                    if let Some(foreign) = foreign(&path).place(at)? {
                        return refuse(&holds(&foreign));
                    }
                    break;
                }
                Node::Group(_) if left.is_empty() => {
                    return refuse(
                        "is a group that holds arrays, and an array cannot replace it; choose another name",
                    );
                }
                Node::Array => {
                    return refuse("is an array, so nothing can lie below it; choose another name");
                }
                Node::Group(metadata) => groups.extend(renewed(metadata).map(|json| (path.clone(), json))),
                Node::Older => {
                    return refuse(
                        "is of Zarr version 2: beside a member of version 3, its own arrays would no longer be seen; choose \
                         another store",
                    );
                }
                Node::Other(why) => {
                    return refuse(&format!(
                        "{why}: an array goes into a Zarr store, or a new or empty folder"
                    ));
                }
            }
            let (part, rest) = left.split_once('/').unwrap_or((left, ""));
            path.push(part);
            left = rest;
        }
        // A symbolic link is kept.
        let top = arrstore_format::replace::real_path(&path).place(at)?;
        Ok(Way { top, rest: PathBuf::from(left), groups })
    }

    /// The folders of the new groups above the array, relative to the new folder.
    pub(super) fn new_groups(&self) -> impl Iterator<Item = &Path> {
        self.rest.ancestors().skip(1)
    }
}

/// The metadata of a group.
pub(super) fn group() -> Value {
    json!({ "zarr_format": 3, "node_type": "group", "attributes": {} })
}

/// The new metadata of a group in which a member changes; `None` if its metadata can stay.
fn renewed(metadata: Option<Map<String, Value>>) -> Option<Value> {
    match metadata {
        None => Some(group()),
        // The consolidated list of members would hide a new array, and describe the array that was replaced.
        Some(mut json) => json.remove("consolidated_metadata").map(|_| Value::Object(json)),
    }
}

/// Refuses to replace anything but a whole Zarr store.
fn check_whole(location: &Location, root: &Path) -> Result<()> {
    let at = || location.to_string();
    let why = match Node::at(root).place(at)? {
        Node::Vacant => return Ok(()),
        Node::Other(why) => why,
        Node::Array | Node::Group(_) | Node::Older => match foreign(root).place(at)? {
            Some(foreign) => holds(&foreign),
            None => return Ok(()),
        },
    };
    Err(Error::request(format!("{location}: {why}: only a Zarr store or an empty folder can be replaced")))
}

/// The folder of an array; refuses a name that Zarr does not allow.
pub(in crate::formats) fn folder_of(root: &Path, name: &str) -> Result<PathBuf> {
    let reserved = |part: &str| part == METADATA || METADATA_2.contains(&part) || part.starts_with("__");
    if let Some(part) = name.split('/').find(|part| reserved(part)) {
        return Err(Error::request(format!(
            "{name}: '{part}' cannot be a name in a Zarr store, because Zarr reserves it"
        )));
    }
    nodes::folder_of(root, name)
}

/// The first path below a folder that is no part of a Zarr store.
fn foreign(folder: &Path) -> io::Result<Option<PathBuf>> {
    let is_array =
        folder.join(".zarray").exists() || nodes::metadata(folder).is_ok_and(|json| is_array(&json));
    foreign_in(folder, is_array)
}

/// The same for a folder that does or does not hold chunks.
fn foreign_in(folder: &Path, chunks: bool) -> io::Result<Option<PathBuf>> {
    let mut empty = true;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        empty = false;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_str().unwrap_or("");
        let chunk = chunks && is_chunk(name);
        let found = match entry.file_type()?.is_dir() {
            true if chunk => foreign_in(&path, true)?,
            true => foreign(&path)?,
            false => (!chunk && name != METADATA && !METADATA_2.contains(&name)).then_some(path),
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok((empty && !chunks).then(|| folder.to_owned()))
}

/// Whether a name is that of a chunk, or of a folder of chunks: `c`, `c.0.1`, `0.1`, `0`.
fn is_chunk(name: &str) -> bool {
    !name.is_empty()
        && name.strip_prefix('c').unwrap_or(name).bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_chunks() {
        for name in ["c", "0", "12", "c.0.1", "0.1"] {
            assert!(is_chunk(name), "{name}");
        }
        for name in ["", "cc", "c0x", "data", "a0", "-1"] {
            assert!(!is_chunk(name), "{name}");
        }
    }
}
