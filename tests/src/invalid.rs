//! The files in `golden/invalid`, which every reader must refuse. There is one for each row of SPEC.md's table of
//! refusals.
//!
//! Like the golden files, they never change. `examples/invalid_files/` made them.

use std::path::{Path, PathBuf};

use arrstore_format::{Error, MetaError, NamesError, NodeError};
use serde_json::Value as Json;

/// The folder of the files and of their manifest.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/invalid")
}

/// The moment at which a file must be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// On opening.
    Open,
    /// On access to names, attributes or elements.
    Touch,
    /// On a walk over the whole file.
    Verify,
    /// On opening for writing.
    Write,
}

/// The reason why a file must be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A checksum or a rule of the format is broken.
    Damaged,
    /// The file needs a feature that the reader does not know.
    Unsupported,
}

/// A file and its required refusal.
#[derive(Clone, Debug)]
pub struct Vector {
    /// Its name, without an ending.
    pub name: String,
    /// The bytes of the file.
    pub bytes: Vec<u8>,
    /// The library's error, as SPEC.md spells it.
    pub error: String,
    /// The reason.
    pub class: Class,
    /// The moment.
    pub when: When,
}

/// All files, in the order of the manifest.
///
/// # Panics
/// When the folder does not match its manifest.
pub fn all() -> Vec<Vector> {
    let text = std::fs::read(folder().join("manifest.json")).expect("there is a manifest");
    let manifest: Json = serde_json::from_slice(&text).expect("the manifest is JSON");
    let vectors = manifest["files"].as_array().expect("the manifest lists files");
    vectors.iter().map(vector).collect()
}

#[expect(clippy::panic, reason = "the files are part of the tests")]
fn vector(listed: &Json) -> Vector {
    let text = |key: &str| listed[key].as_str().unwrap_or_default().to_owned();
    let name = text("name");
    let packed = std::fs::read(folder().join(format!("{name}.arrs.zst"))).expect("a listed file is there");
    Vector {
        bytes: zstd::decode_all(packed.as_slice()).expect("it can be unpacked"),
        error: text("error"),
        class: match text("class").as_str() {
            "damaged" => Class::Damaged,
            "unsupported" => Class::Unsupported,
            other => panic!("{name}: class {other}"),
        },
        when: match text("when").as_str() {
            "open" => When::Open,
            "touch" => When::Touch,
            "verify" => When::Verify,
            "write" => When::Write,
            other => panic!("{name}: when {other}"),
        },
        name,
    }
}

/// The name of an error, as SPEC.md spells it: that of the innermost error with a name of its own.
pub fn spelled(error: &Error) -> String {
    let (kind, debug) = match error {
        Error::Header(e) => ("HeaderError::", format!("{e:?}")),
        Error::Slot(e) => ("SlotError::", format!("{e:?}")),
        Error::Node { problem: NodeError::Entry { problem, .. }, .. } => {
            ("EntryError::", format!("{problem:?}"))
        }
        Error::Node { problem, .. } => ("NodeError::", format!("{problem:?}")),
        Error::Record { problem, .. } => ("RecordError::", format!("{problem:?}")),
        Error::Names { problem: NamesError::Name(e), .. }
        | Error::Meta { problem: MetaError::Name(e), .. } => ("NameError::", format!("{e:?}")),
        Error::Names { problem, .. } => ("NamesError::", format!("{problem:?}")),
        Error::Meta { problem: MetaError::Attributes(e), .. } | Error::Attributes(e) => {
            ("AttributesError::", format!("{e:?}"))
        }
        Error::Meta { problem, .. } => ("MetaError::", format!("{problem:?}")),
        Error::Chunk { problem, .. } => ("PayloadError::", format!("{problem:?}")),
        other => ("", format!("{other:?}")),
    };
    let end = debug.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(debug.len());
    format!("{kind}{}", debug.get(..end).unwrap_or_default())
}
