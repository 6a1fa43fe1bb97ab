//! The header of NumPy's `.npy` files (NEP 1, and the versions since).

use std::io::Read;

use npyz::{DType as NpyType, TypeChar};

use crate::DType;

/// Longest header that is read; NumPy's own limit is 10,000 bytes.
const LIMIT: u64 = 64 << 10;

/// What the header of a `.npy` file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Type of the elements.
    pub dtype: DType,
    /// Elements along each axis.
    pub shape: Vec<u64>,
    /// Whether the first axis varies fastest.
    pub fortran: bool,
    /// Whether the elements are big-endian.
    pub big_endian: bool,
    /// Byte at which the elements begin.
    pub start: u64,
}

impl Header {
    /// Reads the header at the start of `reader`, and not a byte more.
    ///
    /// # Errors
    /// A text that says why it is no header of an array of numbers.
    pub fn read(reader: impl Read) -> Result<Header, String> {
        let mut counted = Counted { inner: reader.take(LIMIT), count: 0 };
        let header = npyz::NpyHeader::from_reader(&mut counted)
            .map_err(|e| format!("is not a .npy file that can be read: {e}"))?;
        let NpyType::Plain(text) = header.dtype() else {
            return Err(format!(
                "holds records ({}): only plain numbers can be read",
                header.dtype().descr()
            ));
        };
        let big_endian = text.endianness() == npyz::Endianness::Big;
        let size = text.size_field();
        let wide = match text.type_char() {
            TypeChar::Bool => DType::Bool,
            TypeChar::Int => pick(size, [DType::I8, DType::I16, DType::I32, DType::I64])?,
            TypeChar::Uint => pick(size, [DType::U8, DType::U16, DType::U32, DType::U64])?,
            TypeChar::Float if size == 2 => DType::F16,
            TypeChar::Float if size == 4 => DType::F32,
            TypeChar::Float if size == 8 => DType::F64,
            TypeChar::Complex if size == 8 => DType::C64,
            TypeChar::Complex if size == 16 => DType::C128,
            _ => {
                return Err(format!(
                    "holds elements of type '{text}': only booleans, integers, floats and complex numbers can be \
                     read (objects never, they are pickled)"
                ));
            }
        };
        let fortran = header.order() == npyz::Order::Fortran;
        Ok(Header { dtype: wide, shape: header.shape().to_vec(), fortran, big_endian, start: counted.count })
    }

    /// The header that `numpy.save` writes for such an array (little-endian, C order unless `fortran`).
    ///
    /// # Errors
    /// When NumPy has no such type (bfloat16).
    pub fn write(dtype: DType, shape: &[u64], fortran: bool) -> Result<Vec<u8>, String> {
        let code = dtype.short_name().ok_or_else(|| {
            format!("a .npy file cannot hold {dtype}: convert it first, as in astype(x, float32)")
        })?;
        let endian = if dtype.size() == 1 { '|' } else { '<' };
        let fortran = if fortran { "True" } else { "False" };
        let mut text = format!(
            "{{'descr': '{endian}{code}', 'fortran_order': {fortran}, 'shape': {}, }}",
            crate::view::show(shape)
        );
        // NumPy leaves room so that the first axis can grow without moving the elements.
        if let Some(&grows) = if fortran == "True" { shape.last() } else { shape.first() } {
            let width = grows.to_string().len();
            text.extend(std::iter::repeat_n(' ', GROWTH_DIGITS.saturating_sub(width)));
        }
        const PREFIX: usize = 10;
        let total = (PREFIX + text.len() + 1) / 64 * 64 + 64; // NumPy pads a full 64 where none were needed
        let mut out = b"\x93NUMPY\x01\x00".to_vec();
        out.extend(((total - PREFIX) as u16).to_le_bytes());
        out.extend(text.bytes());
        out.resize(total - 1, b' ');
        out.push(b'\n');
        Ok(out)
    }
}

/// Digits of the largest length of an axis that NumPy leaves room for.
const GROWTH_DIGITS: usize = 21;

fn pick(size: u64, types: [DType; 4]) -> Result<DType, String> {
    types
        .into_iter()
        .find(|d| d.size() as u64 == size)
        .ok_or_else(|| format!("holds integers of {size} bytes: 1, 2, 4 or 8 can be read"))
}

/// Counts the bytes that went through.
struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(out)?;
        self.count += n as u64;
        Ok(n)
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
                        Header { dtype, shape: shape.to_vec(), fortran, big_endian: false, start }
                    );
                }
            }
        }
        assert!(Header::write(DType::BF16, &[1], false).is_err());
    }

    #[test]
    fn junk_is_refused() {
        for junk in [&b""[..], b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff{", b"PK\x03\x04 and so on"] {
            assert!(Header::read(junk).is_err());
        }
        let object = b"\x93NUMPY\x01\x00\x46\x00{'descr': '|O', 'fortran_order': False, 'shape': (3,), }             \n";
        assert!(Header::read(&object[..]).unwrap_err().contains('O'));
    }
}
