//! The header of a file that is open, compared with the one that the file has later.

use std::io;
use std::path::Path;

use super::Header;
use crate::{Error, Result};

/// The header that a file had when it was opened. A program may write another array into the same file, of a type in which
/// the elements mean something else.
#[derive(Debug)]
pub(crate) struct Opened {
    header: Header,
}

impl Opened {
    pub(crate) fn new(header: &Header) -> Opened {
        Opened { header: header.clone() }
    }

    /// Refuses a file whose elements are no longer those of the header. `read` gives the first bytes of the file.
    pub(crate) fn check(&self, path: &Path, read: impl FnOnce(&mut [u8]) -> io::Result<()>) -> Result<()> {
        let mut bytes = vec![0; self.header.start as usize];
        read(&mut bytes).map_err(|e| Error::io(path, e))?;
        let found = Header::read_as(&bytes[..], Some(self.header.dtype));
        if found.is_ok_and(|found| self.goes_on_as(found)) {
            return Ok(());
        }
        let reason =
            "the file has changed since it was opened: its header tells of other elements; open it again";
        Err(Error::Npy { path: path.to_owned(), reason: reason.to_owned() })
    }

    /// Whether a header tells of the same elements, and perhaps more of them behind: programs append so.
    fn goes_on_as(&self, mut found: Header) -> bool {
        let (new, old) = match found.fortran {
            true => (found.shape.last_mut(), self.header.shape.last()),
            false => (found.shape.first_mut(), self.header.shape.first()),
        };
        if let (Some(new), Some(old)) = (new, old) {
            *new = (*new).min(*old);
        }
        found == self.header
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;

    #[test]
    fn a_file_may_grow_and_not_become_another_array() {
        let header = |dtype, shape: &[u64], fortran| Header::write(dtype, shape, fortran).unwrap();
        let opened = Opened::new(&Header::read(&header(DType::F64, &[4, 3], false)[..]).unwrap());
        let check = |bytes: Vec<u8>| {
            opened.check(Path::new("x.npy"), |out| {
                out.copy_from_slice(&bytes[..out.len()]);
                Ok(())
            })
        };
        assert!(check(header(DType::F64, &[4, 3], false)).is_ok());
        assert!(check(header(DType::F64, &[40_000, 3], false)).is_ok());
        for (dtype, shape, fortran) in [
            (DType::I64, [4, 3], false),
            (DType::F64, [3, 3], false),
            (DType::F64, [4, 5], false),
            (DType::F64, [4, 3], true),
        ] {
            let words = check(header(dtype, &shape, fortran)).unwrap_err().to_string();
            assert!(words.starts_with("x.npy: the file has changed"), "{words}");
        }
        assert!(check(vec![0; 4096]).is_err());
    }
}
