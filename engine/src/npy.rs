//! The header of NumPy's `.npy` files (NEP 1, and the versions since).

mod literal;
mod opened;
mod order;
mod record;
mod types;

use std::io::Read;

use literal::Literal;
pub(crate) use opened::Opened;
pub use order::ByteOrder;
pub use types::element_type;

use crate::DType;

/// Longest accepted header in bytes; NumPy's own limit is 10,000.
const LIMIT: u32 = 64 << 10;

/// The reason why a header is not accepted. Its text follows the name of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The header gives no type of the elements, because NumPy has no name for it. The caller has to name the type.
    #[error("holds elements of {size} bytes and does not say of which type ('{descr}'): name it")]
    Untyped {
        /// Bytes of an element.
        size: usize,
        /// The header's description in place of a type.
        descr: String,
    },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl From<String> for HeaderError {
    fn from(words: String) -> HeaderError {
        HeaderError::Other(words)
    }
}

/// The header of a `.npy` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Type of the elements.
    pub dtype: DType,
    /// Elements along each axis.
    pub shape: Vec<u64>,
    /// Whether the first axis varies fastest.
    pub fortran: bool,
    /// The byte order of the elements.
    pub order: ByteOrder,
    /// Byte at which the elements begin.
    pub start: u64,
    /// Whether the header gives only the size of an element (`|V2`). In this case the caller chose [`Header::dtype`].
    pub untyped: bool,
}

impl Header {
    /// Reads the header at the start of `reader`, and no byte after it.
    ///
    /// # Errors
    /// When the bytes are not the header of an array, or one of elements that are not read.
    pub fn read(reader: impl Read) -> Result<Header, HeaderError> {
        Header::read_as(reader, None)
    }

    /// As [`Header::read`], for elements of a type that NumPy does not know, too. Their header gives only a size
    /// (`|V2`). They are read as elements of type `untyped`, if it has this size. `ml_dtypes` saves bfloat16 in this
    /// way.
    ///
    /// # Errors
    /// As [`Header::read`].
    pub fn read_as(mut reader: impl Read, untyped: Option<DType>) -> Result<Header, HeaderError> {
        let no_npy = |e: std::io::Error| format!("is not a .npy file that can be read: {e}");
        let mut prefix = [0; 8];
        reader.read_exact(&mut prefix).map_err(no_npy)?;
        let [magic @ .., major, minor] = prefix;
        if magic != *b"\x93NUMPY" {
            return Err("is not a .npy file: expected it to begin with \\x93NUMPY".to_owned().into());
        }
        let width = match (major, minor) {
            (1, 0) => 2,
            (2 | 3, 0) => 4,
            _ => {
                return Err(
                    format!("is a .npy file of version {major}.{minor}: expected 1.0, 2.0 or 3.0").into()
                );
            }
        };
        let mut length = [0; 4];
        length
            .iter_mut()
            .take(width)
            .try_for_each(|b| reader.read_exact(std::slice::from_mut(b)))
            .map_err(no_npy)?;
        let length = u32::from_le_bytes(length);
        if length > LIMIT {
            return Err(format!("has a header of {length} bytes: expected at most {LIMIT}").into());
        }
        let mut text = vec![0; length as usize];
        reader.read_exact(&mut text).map_err(no_npy)?;
        // before version 3, the text is in Latin-1
        let text = match major {
            3 => String::from_utf8_lossy(&text).into_owned(),
            _ => text.iter().map(|&b| char::from(b)).collect(),
        };
        let fields = Fields::parse(&text).map_err(|why| format!("has a damaged header: {why}"))?;
        let size = fields.descr.str().and_then(untyped_size);
        let (dtype, order) = match (size, fields.descr.str()) {
            (Some(size), Some(descr)) => (type_of_untyped(descr, size, untyped)?, ByteOrder::Little),
            _ => record::described(&fields.descr)?,
        };
        let start = (prefix.len() + width) as u64 + u64::from(length);
        let (shape, fortran, untyped) = (fields.shape, fields.fortran, size.is_some());
        Ok(Header { dtype, shape, fortran, order, start, untyped })
    }

    /// The header that `numpy.save` writes for an array of this type and shape (little-endian, C order unless
    /// `fortran`).
    ///
    /// # Errors
    /// When NumPy has no such type (bfloat16).
    pub fn write(dtype: DType, shape: &[u64], fortran: bool) -> Result<Vec<u8>, String> {
        let descr = record::description(dtype).ok_or_else(|| {
            let words = match dtype.kind() {
                crate::Kind::Record => "a .npy file cannot hold bfloat16, nor records with it".to_owned(),
                _ => format!("a .npy file cannot hold {dtype}"),
            };
            format!("{words}: convert it first, as in astype(x, float32)")
        })?;
        let fortran = if fortran { "True" } else { "False" };
        let mut text = format!(
            "{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {}, }}",
            crate::view::show(shape)
        );
        // Like NumPy, leave room for a longer slowest axis, so that the array can grow without moving its elements.
        if let Some(&grows) = if fortran == "True" { shape.last() } else { shape.first() } {
            let width = grows.to_string().len();
            text.extend(std::iter::repeat_n(' ', GROWTH_DIGITS.saturating_sub(width)));
        }
        // NumPy's versions: 1, or 2 for a long header, or 3 for names that are not in Latin-1
        let latin = text.chars().all(|c| u32::from(c) < 256);
        let text: Vec<u8> = match latin {
            true => text.chars().map(|c| c as u8).collect(),
            false => text.into_bytes(),
        };
        let padded = |prefix: usize| (prefix + text.len() + 1) / 64 * 64 + 64; // NumPy pads by a full 64 bytes, too
        let version = match (latin, padded(10) - 10 > usize::from(u16::MAX)) {
            (true, false) => 1,
            (true, true) => 2,
            (false, _) => 3,
        };
        let prefix = if version == 1 { 10 } else { 12 };
        let total = padded(prefix);
        if total - prefix > LIMIT as usize {
            return Err(format!(
                "its type takes a header of {} bytes: at most {LIMIT} are written",
                total - prefix
            ));
        }
        let mut out = b"\x93NUMPY".to_vec();
        out.extend([version, 0]);
        out.extend(((total - prefix) as u32).to_le_bytes().iter().take(prefix - 8));
        out.extend(text);
        out.resize(total - 1, b' ');
        out.push(b'\n');
        Ok(out)
    }
}

/// Digits for which NumPy leaves room in the length of the growing axis.
const GROWTH_DIGITS: usize = 21;

/// Bytes of an element, if `descr` gives its size and no type.
fn untyped_size(descr: &str) -> Option<usize> {
    descr.strip_prefix(['<', '>', '|', '=']).unwrap_or(descr).strip_prefix('V')?.parse().ok()
}

fn type_of_untyped(descr: &str, size: usize, told: Option<DType>) -> Result<DType, HeaderError> {
    match told {
        Some(dtype) if dtype.size() == size => Ok(dtype),
        Some(dtype) => {
            let words =
                format!("holds elements of {size} bytes ('{descr}'), and {dtype} has {}", dtype.size());
            Err(words.into())
        }
        None => Err(HeaderError::Untyped { size, descr: descr.to_owned() }),
    }
}

/// The dictionary of a header.
struct Fields {
    descr: Literal,
    fortran: bool,
    shape: Vec<u64>,
}

impl Fields {
    /// Reads a header: one dictionary with the three known keys.
    fn parse(text: &str) -> Result<Fields, String> {
        let Literal::Dict(items) = Literal::parse(text)? else {
            return Err("it is not a dictionary".to_owned());
        };
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        for (key, value) in items {
            match &key[..] {
                "descr" => descr = Some(value),
                "fortran_order" => fortran = Some(value.bool().ok_or("fortran_order is not True or False")?),
                "shape" => {
                    let lengths = value.items().and_then(|items| items.iter().map(Literal::int).collect());
                    shape = Some(lengths.ok_or("shape is not a tuple of lengths")?);
                }
                other => return Err(format!("it has an unknown key '{other:.40}'")),
            }
        }
        Ok(Fields {
            descr: descr.ok_or("it has no descr")?,
            fortran: fortran.ok_or("it has no fortran_order")?,
            shape: shape.ok_or("it has no shape")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_round_trip() {
        for dtype in DType::ALL.into_iter().filter(|&d| d != DType::BF16) {
            for shape in [&[][..], &[0], &[3], &[2, 300, 4], &[u64::MAX >> 8]] {
                for fortran in [false, true] {
                    let bytes = Header::write(dtype, shape, fortran).unwrap();
                    assert_eq!(bytes.len() % 64, 0);
                    let read = Header::read(&bytes[..]).unwrap();
                    let start = bytes.len() as u64;
                    assert_eq!(
                        read,
                        Header {
                            dtype,
                            shape: shape.to_vec(),
                            fortran,
                            order: ByteOrder::Little,
                            start,
                            untyped: false
                        }
                    );
                }
            }
        }
        assert!(Header::write(DType::BF16, &[1], false).is_err());
    }

    #[test]
    fn a_type_that_the_header_does_not_name_is_the_callers() {
        let mut file = b"\x93NUMPY\x01\x00\x46\x00".to_vec();
        file.extend(format!("{:<70}", "{'descr': '|V2', 'fortran_order': False, 'shape': (3,), }").bytes());
        let read = |dtype| Header::read_as(&file[..], dtype);
        let header = read(Some(DType::BF16)).unwrap();
        assert_eq!((header.dtype, header.untyped, header.start), (DType::BF16, true, 80));
        assert_eq!(read(Some(DType::F16)).unwrap().dtype, DType::F16);
        assert!(read(Some(DType::F32)).is_err() && read(None).unwrap_err().to_string().contains("name it"));
        // a type named in the header overrides the caller's
        let typed = Header::write(DType::U8, &[3], false).unwrap();
        let header = Header::read_as(&typed[..], Some(DType::F64)).unwrap();
        assert_eq!((header.dtype, header.untyped), (DType::U8, false));
    }

    #[test]
    fn junk_is_refused() {
        for junk in [&b""[..], b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff{", b"PK\x03\x04 and so on"] {
            assert!(Header::read(junk).is_err());
        }
        let object = b"\x93NUMPY\x01\x00\x46\x00{'descr': '|O', 'fortran_order': False, 'shape': (3,), }             \n";
        assert!(Header::read(&object[..]).unwrap_err().to_string().contains('O'));
    }
}
