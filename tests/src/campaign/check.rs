//! Checks a result's file against the answer.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use arrstore::DType;
use arrstore::npy::Header;
use arrstore_format::{File as Store, Grid as Chunks};

use super::data::{decode, held};
use super::grid::for_rows;
use super::oracle::{Answer, Elements};

/// The mistake in a result's file, if there is one.
pub fn check(answer: &Answer<'_>, path: &Path) -> Option<String> {
    let mut found = match Found::open(path) {
        Ok(found) => found,
        Err(why) => return Some(why),
    };
    if (found.dtype, &found.shape) != (answer.dtype, &answer.shape) {
        let (dtype, shape) = (found.dtype, &found.shape);
        return Some(format!("expected {} {:?}, found {dtype} {shape:?}", answer.dtype, answer.shape));
    }
    let mut wrong = Wrong::default();
    let mut row = Vec::new();
    let compared = found.rows(|at, bytes| match &answer.elements {
        Elements::All(grid) => {
            row.resize(bytes.len() / answer.dtype.size(), 0.0);
            grid.fill(at, &mut row);
            for (k, (want, bytes)) in row.iter().zip(bytes.chunks_exact(answer.dtype.size())).enumerate() {
                wrong.compare(answer, at, k, *want, bytes);
            }
        }
        Elements::Some(some) => {
            let width = bytes.len() / answer.dtype.size();
            let here = |place: &[u64; 2]| {
                let column = place[1].checked_sub(at[1])? as usize;
                (place[0] == at[0] && column < width).then_some(column)
            };
            for (column, want) in some.iter().filter_map(|(place, want)| Some((here(place)?, *want))) {
                let bytes = &bytes[column * answer.dtype.size()..][..answer.dtype.size()];
                wrong.compare(answer, at, column, held(answer.dtype, want), bytes);
            }
        }
    });
    let many = wrong.many;
    compared.err().or_else(|| wrong.first.map(|first| format!("{many} element(s) are wrong: {first}")))
}

/// Elements that differ from the answer.
#[derive(Default)]
struct Wrong {
    many: u64,
    first: Option<String>,
}

impl Wrong {
    fn compare(&mut self, answer: &Answer<'_>, at: &[u64], ahead: usize, want: f64, bytes: &[u8]) {
        let (re, im) = decode(answer.dtype, bytes);
        let near = |found: f64, want: f64| {
            let (relative, absolute) = answer.tolerance;
            found == want
                || (found - want).abs() <= relative * want.abs() + absolute
                || found.is_nan() && want.is_nan()
        };
        let complex = answer.dtype.kind() == arrstore::Kind::Complex;
        if near(re, want) && (!complex || near(im, -want)) {
            return;
        }
        self.many += 1;
        self.first.get_or_insert_with(|| {
            let mut place = at.to_vec();
            if let Some(last) = place.last_mut() {
                *last += ahead as u64;
            }
            format!("at {place:?} expected {want:?}, found {}", crate::compare::show(answer.dtype, bytes))
        });
    }
}

/// A result that was read back.
struct Found {
    dtype: DType,
    shape: Vec<u64>,
    file: Kept,
}

enum Kept {
    Npy(BufReader<File>),
    Arrs(arrstore_format::Array),
}

impl Found {
    fn open(path: &Path) -> Result<Found, String> {
        let told = |e: &dyn std::fmt::Display| format!("the result cannot be read: {e}");
        if path.extension().is_some_and(|end| end == "npy") {
            let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(|e| told(&e))?);
            let header = Header::read(&mut file).map_err(|e| told(&e))?;
            return Ok(Found { dtype: header.dtype, shape: header.shape, file: Kept::Npy(file) });
        }
        let open = || {
            let snapshot = Store::open(path)?.snapshot()?;
            let name = snapshot.arrays()?.into_iter().next().unwrap_or_default();
            snapshot.array(&name)
        };
        let array = open().map_err(|e| told(&e))?;
        let meta = array.meta();
        Ok(Found { dtype: meta.dtype, shape: meta.shape.clone(), file: Kept::Arrs(array) })
    }

    /// Calls `visit` with every row, or with every part of a row in one chunk.
    fn rows(&mut self, mut visit: impl FnMut(&[u64], &[u8])) -> Result<(), String> {
        let (item, mut failed) = (self.dtype.size(), None);
        let mut bytes = Vec::new();
        match &mut self.file {
            Kept::Npy(file) => {
                for_rows(&self.shape, |at, length| {
                    bytes.resize(length * item, 0);
                    match file.read_exact(&mut bytes) {
                        Ok(()) => visit(at, &bytes),
                        Err(e) => failed = Some(e.to_string()),
                    }
                });
                if failed.is_none() && file.read(&mut [0]).is_ok_and(|more| more > 0) {
                    failed = Some("the file is longer than its array".into());
                }
            }
            Kept::Arrs(array) => {
                let chunks = Chunks::new(&self.shape, &array.meta().chunk_shape);
                for index in chunks.indices() {
                    let (start, extent) = (chunks.start(&index), chunks.extent(&index));
                    bytes.resize(extent.iter().product::<u64>() as usize * item, 0);
                    if let Err(e) = array.read(&start, &extent, &mut bytes) {
                        failed = Some(e.to_string());
                        break;
                    }
                    let mut rest = bytes.as_slice();
                    for_rows(&extent, |at, length| {
                        let at: Vec<u64> = at.iter().zip(&start).map(|(i, s)| i + s).collect();
                        let (row, more) = rest.split_at(length * item);
                        rest = more;
                        visit(&at, row);
                    });
                }
            }
        }
        failed.map_or(Ok(()), |e| Err(format!("the result cannot be read: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::data::Data;
    use crate::campaign::expr::{Expr, Fun};
    use crate::campaign::oracle::answer;
    use crate::campaign::place::Place;

    #[test]
    fn one_wrong_element_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let inputs = [Data::new(DType::F32, &[7, 11, 5], 2)];
        let copy = Expr::input(0);
        for (place, name) in [(Place::NPY, "a.npy"), (Place::chunks(&[3, 11, 2]), "a.arrs")] {
            let path = folder.path().join(name);
            place.write(&inputs[0], &path);
            assert_eq!(check(&answer(&copy, &inputs), &path), None);
            let other = [Data::new(DType::F32, &[7, 11, 5], 3)];
            let many = check(&answer(&copy, &other), &path).unwrap();
            assert!(many.contains("element(s) are wrong: at [0, 0, 0]"), "{many}");
            let turned = Expr::transposed(0, &[0, 2, 1]);
            let shape = check(&answer(&turned, &inputs), &path).unwrap();
            assert_eq!(shape, "expected float32 [7, 5, 11], found float32 [7, 11, 5]");
        }
        let path = folder.path().join("a.npy");
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.len() - 4 * 6;
        bytes[at + 3] ^= 0x80;
        std::fs::write(&path, &bytes).unwrap();
        let found = check(&answer(&copy, &inputs), &path).unwrap();
        assert!(found.starts_with("1 element(s) are wrong: at [6, 9, 4] expected "), "{found}");
        bytes.truncate(at);
        std::fs::write(&path, &bytes).unwrap();
        assert!(check(&answer(&copy, &inputs), &path).unwrap().contains("cannot be read"));
        let missing =
            check(&answer(&Expr::reduce(Fun::Sum, copy, None), &inputs), &folder.path().join("no.npy"));
        assert!(missing.unwrap().contains("No such file"));
    }
}
