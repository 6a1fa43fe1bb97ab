//! Reader of the golden files: cases with NumPy's answers, written by `oracle/generate.py`.
//!
//! `oracle/container.py` describes the layout of a file. The files are our own, so a damaged one ends the test with a
//! panic.

use std::path::{Path, PathBuf};

use arrstore_format::DType;
use serde_json::Value as Json;

/// One family of cases, and the arrays that they refer to by index.
#[derive(Debug)]
pub struct Golden {
    /// Name of the family and of its file.
    pub family: String,
    /// Inputs, answers and tolerances.
    pub arrays: Vec<Array>,
    /// The cases, in the order of the generator.
    pub cases: Vec<Case>,
}

/// Elements in C order, little-endian.
#[derive(Clone, Debug)]
pub struct Array {
    /// Type of the elements.
    pub dtype: DType,
    /// Elements along each axis.
    pub shape: Vec<u64>,
    /// The elements.
    pub bytes: Vec<u8>,
}

/// An expression, its inputs and the required outcome.
#[derive(Clone, Debug)]
pub struct Case {
    /// The text.
    pub expr: String,
    /// Names of the inputs, and indices of their arrays.
    pub inputs: Vec<(String, usize)>,
    /// The required outcome.
    pub expect: Expect,
}

/// NumPy's outcome.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// An array, given by indices: the answer, another answer that is also right, and the error allowed for each
    /// component.
    Answer {
        /// The answer.
        want: usize,
        /// Another right answer, element by element.
        also: Option<usize>,
        /// Greatest distance from `want`.
        tol: Option<usize>,
    },
    /// A refusal, with the generator's name for NumPy's exception.
    Refusal(String),
}

impl Golden {
    /// The folder of the golden files.
    pub fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
    }

    /// Reads the file of a family.
    #[expect(clippy::panic, reason = "a golden file is part of the tests")]
    pub fn read(family: &str) -> Golden {
        let path = Golden::folder().join(format!("{family}.zst"));
        let parsed = std::fs::read(&path)
            .map_err(|e| e.to_string())
            .and_then(|packed| zstd::decode_all(packed.as_slice()).map_err(|e| e.to_string()))
            .and_then(|raw| parse(&raw).ok_or_else(|| "not a golden file".to_owned()));
        match parsed {
            Ok(golden) => golden,
            Err(reason) => panic!("{}: {reason}", path.display()),
        }
    }
}

fn parse(raw: &[u8]) -> Option<Golden> {
    let rest = raw.strip_prefix(b"ARRGOLD1")?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    let header: Json = serde_json::from_slice(rest.get(..length)?).ok()?;
    let data = raw.get((12 + length).next_multiple_of(16)..)?;
    Some(Golden {
        family: header["family"].as_str()?.to_owned(),
        arrays: header["arrays"].as_array()?.iter().map(|a| array(a, data)).collect::<Option<_>>()?,
        cases: header["cases"].as_array()?.iter().map(case).collect::<Option<_>>()?,
    })
}

fn array(json: &Json, data: &[u8]) -> Option<Array> {
    let (dtype, _) = arrstore::npy::element_type(json[0].as_str()?)?;
    let shape: Vec<u64> = json[1].as_array()?.iter().map(Json::as_u64).collect::<Option<_>>()?;
    let offset = json[2].as_u64()? as usize;
    let length = shape.iter().product::<u64>() as usize * dtype.size();
    Some(Array { dtype, shape, bytes: data.get(offset..)?.get(..length)?.to_vec() })
}

fn case(json: &Json) -> Option<Case> {
    let number = |name: &str| json[name].as_u64().map(|n| n as usize);
    let expect = match json["error"].as_str() {
        Some(kind) => Expect::Refusal(kind.to_owned()),
        None => Expect::Answer { want: number("want")?, also: number("also"), tol: number("tol") },
    };
    let inputs = json["in"].as_object()?.iter().map(|(n, i)| Some((n.clone(), i.as_u64()? as usize)));
    Some(Case { expr: json["expr"].as_str()?.to_owned(), inputs: inputs.collect::<Option<_>>()?, expect })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_committed_family_reads() {
        let mut families = 0;
        for entry in std::fs::read_dir(Golden::folder()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|e| e != "zst") {
                continue;
            }
            let family = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let golden = Golden::read(&family);
            assert_eq!(golden.family, family);
            assert!(golden.cases.len() > 50, "{family}");
            families += 1;
        }
        assert_eq!(families, 26);
    }
}
