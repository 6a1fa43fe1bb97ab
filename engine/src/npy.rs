//! The header of NumPy's `.npy` files (NEP 1, and the versions since).

use std::io::Read;

use crate::DType;

/// Longest header that is read; NumPy's own limit is 10,000 bytes.
const LIMIT: u32 = 64 << 10;

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
    pub fn read(mut reader: impl Read) -> Result<Header, String> {
        let no_npy = |e: std::io::Error| format!("is not a .npy file that can be read: {e}");
        let mut prefix = [0; 8];
        reader.read_exact(&mut prefix).map_err(no_npy)?;
        let [magic @ .., major, _] = prefix;
        if magic != *b"\x93NUMPY" {
            return Err("is not a .npy file: it does not begin with the magic \\x93NUMPY".into());
        }
        let width = match major {
            1 => 2,
            2 | 3 => 4,
            _ => return Err(format!("is a .npy file of version {major}: 1 to 3 can be read")),
        };
        let mut length = [0; 4];
        length
            .iter_mut()
            .take(width)
            .try_for_each(|b| reader.read_exact(std::slice::from_mut(b)))
            .map_err(no_npy)?;
        let length = u32::from_le_bytes(length);
        if length > LIMIT {
            return Err(format!("has a header of {length} bytes: at most {LIMIT} are read"));
        }
        let mut text = vec![0; length as usize];
        reader.read_exact(&mut text).map_err(no_npy)?;
        let text = String::from_utf8_lossy(&text);
        let fields =
            Fields::parse(&text).map_err(|why| format!("has a header that cannot be read: {why}"))?;
        let (dtype, big_endian) = element_type(&fields.descr)?;
        let start = (prefix.len() + width) as u64 + u64::from(length);
        Ok(Header { dtype, shape: fields.shape, fortran: fields.fortran, big_endian, start })
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

/// The element type of a `descr` such as `<f8`, and whether it is big-endian.
fn element_type(descr: &str) -> Result<(DType, bool), String> {
    let big_endian = descr.starts_with('>');
    let code = descr.trim_start_matches(['<', '>', '|', '=']);
    let dtype = DType::ALL.into_iter().find(|d| d.short_name() == Some(code)).ok_or_else(|| {
        format!(
            "holds elements of type '{descr}': only booleans, integers, floats and complex numbers can be read \
             (objects never, they are pickled)"
        )
    })?;
    Ok((dtype, big_endian))
}

/// The dictionary of a header.
struct Fields {
    descr: String,
    fortran: bool,
    shape: Vec<u64>,
}

impl Fields {
    /// Reads the one form of Python literal that a header has: flat, so that nothing nests.
    fn parse(text: &str) -> Result<Fields, String> {
        let mut rest = Literal(text);
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        rest.expect('{')?;
        while !rest.accept('}') {
            let key = rest.string()?;
            rest.expect(':')?;
            match key {
                "descr" => {
                    descr = Some(rest.string().map_err(|e| format!("descr: {e} (records are not read)"))?);
                }
                "fortran_order" => fortran = Some(rest.boolean()?),
                "shape" => shape = Some(rest.lengths()?),
                other => return Err(format!("it has an unknown key '{other:.40}'")),
            }
            if !rest.accept(',') {
                rest.expect('}')?;
                break;
            }
        }
        Ok(Fields {
            descr: descr.ok_or("it has no descr")?.to_owned(),
            fortran: fortran.ok_or("it has no fortran_order")?,
            shape: shape.ok_or("it has no shape")?,
        })
    }
}

/// What is left of a Python literal.
struct Literal<'a>(&'a str);

impl<'a> Literal<'a> {
    fn accept(&mut self, sign: char) -> bool {
        self.0 = self.0.trim_start();
        let Some(rest) = self.0.strip_prefix(sign) else { return false };
        self.0 = rest;
        true
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.accept(sign) {
            return Ok(());
        }
        let found = self.0.chars().next().map_or("its end".into(), |c| format!("{c:?}"));
        Err(format!("expected {sign:?}, found {found}"))
    }

    fn word(&mut self) -> &'a str {
        self.0 = self.0.trim_start();
        let end = self.0.find(|c: char| !c.is_alphanumeric()).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        word
    }

    fn string(&mut self) -> Result<&'a str, String> {
        let quote = if self.accept('"') { '"' } else { '\'' };
        if quote == '\'' {
            self.expect(quote)?;
        }
        let (text, rest) = self.0.split_once(quote).ok_or("a text has no end")?;
        self.0 = rest;
        Ok(text)
    }

    fn boolean(&mut self) -> Result<bool, String> {
        match self.word() {
            "True" => Ok(true),
            "False" => Ok(false),
            other => Err(format!("expected True or False, found '{other:.40}'")),
        }
    }

    fn lengths(&mut self) -> Result<Vec<u64>, String> {
        self.expect('(')?;
        let mut lengths = Vec::new();
        while !self.accept(')') {
            // Python 2 wrote long integers with an L.
            let word = self.word();
            let length = word.trim_end_matches('L').parse();
            lengths.push(length.map_err(|_| format!("'{word:.40}' is not a length"))?);
            if !self.accept(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(lengths)
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
