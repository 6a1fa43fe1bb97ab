//! The nodes of a Zarr store: the folders with a `zarr.json`, and its content.

use std::borrow::Cow;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::formats::error::{Error, Placed, Result};
use crate::formats::piece;

/// The largest `zarr.json` that is read.
const MAX_METADATA: u64 = 16 << 20;

/// The depth to which folders are searched for arrays.
const MAX_DEPTH: usize = 16;

/// The most folders that are searched for a node.
const MAX_SEARCH: usize = 10_000;

/// The metadata files of a Zarr v2 node.
const V2: [&str; 4] = [".zarray", ".zgroup", ".zattrs", ".zmetadata"];

/// The kind of a node.
enum Node {
    Array,
    Group,
    /// Its metadata cannot be read, or is of Zarr v2.
    Unreadable,
}

/// Whether a folder is a node of a store, of any version.
pub(in crate::formats) fn is_node(folder: &Path) -> bool {
    folder.join("zarr.json").exists() || is_v2(folder)
}

fn is_v2(folder: &Path) -> bool {
    V2.iter().any(|file| folder.join(file).exists())
}

/// The kind of a folder; `None` if it has no metadata.
fn node(folder: &Path) -> Option<Node> {
    is_node(folder).then(|| match metadata(folder) {
        Ok(json) if is_array(&json) => Node::Array,
        Ok(_) => Node::Group,
        Err(_) => Node::Unreadable,
    })
}

/// Whether a folder is an array, or may be one; only opening it can tell.
pub(super) fn may_be_array(folder: &Path) -> bool {
    matches!(node(folder), Some(Node::Array | Node::Unreadable))
}

fn is_array(json: &Value) -> bool {
    json.get("node_type").and_then(Value::as_str) == Some("array")
}

/// Reads a folder's `zarr.json`.
pub(in crate::formats) fn metadata(folder: &Path) -> Result<Value> {
    let path = folder.join("zarr.json");
    let at = || path.display().to_string();
    if !path.exists() && is_v2(folder) {
        let at = folder.display();
        return Err(Error::content(format!(
            "{at}: is of Zarr version 2, and only version 3 can be read; copy it to version 3 with zarr-python"
        )));
    }
    let file = piece::regular(&path)?;
    let mut text = String::new();
    if file.take(MAX_METADATA + 1).read_to_string(&mut text).place(at)? as u64 > MAX_METADATA {
        return Err(Error::content(format!(
            "{}: expected at most {MAX_METADATA} bytes of metadata, found more",
            at()
        )));
    }
    let json: Value = serde_json::from_str(&strict(&text)).map_err(Error::foreign).place(at)?;
    match json.get("zarr_format") {
        Some(Value::Number(n)) if n.as_u64() == Some(3) => Ok(json),
        other => {
            let found = other.map_or("none".to_owned(), Value::to_string);
            Err(Error::content(format!("{}: expected zarr_format 3, found {found}", at())))
        }
    }
}

/// Makes JSON as Python writes it strict: numbers that JSON lacks become the strings that Zarr uses for them in fill
/// values, `"NaN"`, `"Infinity"` and `"-Infinity"`.
fn strict(text: &str) -> Cow<'_, str> {
    const WORDS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];
    let (mut out, mut rest, mut quoted) = (String::new(), text, false);
    while let Some(at) = rest.find(if quoted { ['"', '\\', '\\'] } else { ['"', 'N', 'I'] }) {
        // The sign belongs to the word.
        let start =
            if !quoted && rest.get(..at).is_some_and(|before| before.ends_with('-')) { at - 1 } else { at };
        let Some((before, found)) = rest.split_at_checked(start) else { break };
        let word = WORDS.into_iter().find(|word| !quoted && found.starts_with(word));
        let len = match word {
            Some(word) => word.len(),
            // A backslash and the character that it escapes are skipped together.
            None if found.starts_with('\\') => 1 + found.chars().nth(1).map_or(0, char::len_utf8),
            None => at - start + 1,
        };
        quoted ^= found.starts_with('"');
        let Some((taken, left)) = found.split_at_checked(len) else { break };
        out += before;
        match word {
            Some(word) => out += &format!("\"{word}\""),
            None => out += taken,
        }
        rest = left;
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(out + rest)
}

/// The names of the arrays under a folder, sorted; `/` if the folder itself is an array. The list includes nodes that
/// cannot be read: such a node may be an array, and opening it gives the error.
pub(in crate::formats) fn arrays(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    match node(root) {
        Some(Node::Array) => return Ok(vec!["/".to_owned()]),
        Some(Node::Unreadable) if !root.join("zarr.json").exists() => return metadata(root).map(|_| found),
        Some(Node::Unreadable) => found.push("/".to_owned()),
        Some(Node::Group) => {}
        None if !holds(root) => {
            return Err(Error::request(format!(
                "{}: is not a Zarr store: there is no zarr.json in it or in the folders of its path",
                root.display()
            )));
        }
        None => {}
    }
    walk(root, "", &[], &mut |name, folder| {
        let node = node(folder);
        if matches!(node, Some(Node::Array | Node::Unreadable)) {
            found.push(name.to_owned());
        }
        match node {
            // A node with damaged metadata may have been a group.
            Some(Node::Unreadable) if folder.join("zarr.json").exists() => Step::Into,
            Some(Node::Array | Node::Unreadable) => Step::Over,
            Some(Node::Group) | None => Step::Into,
        }
    })?;
    found.sort();
    Ok(found)
}

/// Whether a folder is a node, or has one somewhere in it.
pub(in crate::formats) fn holds(root: &Path) -> bool {
    let (mut found, mut looked) = (is_node(root), 0);
    let walked = walk(root, "", &[], &mut |_, folder| {
        looked += 1;
        found |= is_node(folder);
        if found || looked > MAX_SEARCH { Step::Out } else { Step::Into }
    });
    walked.is_ok() && found
}

/// How to go on after a folder was visited.
enum Step {
    Into,
    Over,
    Out,
}

/// Calls `visit` with the folders below `folder`, except hidden ones. A folder that links back to one of its own
/// parents is not entered again. Returns whether the walk went to its end.
fn walk(
    folder: &Path,
    name: &str,
    within: &[(u64, u64)],
    visit: &mut impl FnMut(&str, &Path) -> Step,
) -> Result<bool> {
    let at = || folder.display().to_string();
    let this = std::fs::metadata(folder).map(|m| (m.dev(), m.ino())).place(at)?;
    if within.contains(&this) || within.len() >= MAX_DEPTH {
        return Ok(true);
    }
    let within = [within, &[this]].concat();
    for entry in std::fs::read_dir(folder).place(at)? {
        let entry = entry.place(at)?;
        let below = entry.path();
        let Some(child) = entry.file_name().to_str().map(str::to_owned) else { continue };
        if child.starts_with('.') || !below.is_dir() {
            continue;
        }
        let child = format!("{name}/{child}");
        let goes_on = match visit(&child, &below) {
            Step::Over => true,
            Step::Out => false,
            // A folder that cannot be listed has nothing that could be read.
            Step::Into => walk(&below, &child, &within, visit).unwrap_or(true),
        };
        if !goes_on {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The folder of the array `name` below `root`, never outside of it.
pub(in crate::formats) fn folder_of(root: &Path, name: &str) -> Result<PathBuf> {
    let bare = Path::new(name.trim_start_matches('/'));
    if bare.components().any(|c| !matches!(c, Component::Normal(_))) {
        return Err(Error::request(format!(
            "{name}: is not a name of an array: expected no '..' and no empty part"
        )));
    }
    // Joining an empty path would add a slash.
    Ok(if bare.as_os_str().is_empty() { root.to_owned() } else { root.join(bare) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_python_becomes_strict() {
        for (text, wanted) in [
            (r#"{"a": NaN}"#, r#"{"a": "NaN"}"#),
            (r#"{"a":[NaN,Infinity,-Infinity,-1]}"#, r#"{"a":["NaN","Infinity","-Infinity",-1]}"#),
            (r#"{"NaN": "NaN -Infinity"}"#, r#"{"NaN": "NaN -Infinity"}"#),
            (r#"{"a\"NaN": "\\", "b": NaN}"#, r#"{"a\"NaN": "\\", "b": "NaN"}"#),
            (r#"{"a": "é\é", "I": -Infinity}"#, r#"{"a": "é\é", "I": "-Infinity"}"#),
            (r#"[null, 1e5, "-", N, -I, Nan]"#, r#"[null, 1e5, "-", N, -I, Nan]"#),
            ("", ""),
            ("\"\\", "\"\\"),
            ("NaN", "\"NaN\""),
        ] {
            assert_eq!(strict(text), wanted);
        }
    }
}
