//! Reading and writing little-endian fields of blocks, in the order in which SPEC.md lists them.

/// A block ended before its last field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Short;

/// Reads fields one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }
    pub(crate) fn bytes(&mut self, n: usize) -> Result<&'a [u8], Short> {
        let (head, tail) = self.rest.split_at_checked(n).ok_or(Short)?;
        self.rest = tail;
        Ok(head)
    }
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Short> {
        let (head, tail) = self.rest.split_first_chunk().ok_or(Short)?;
        self.rest = tail;
        Ok(*head)
    }
    pub(crate) fn u8(&mut self) -> Result<u8, Short> {
        Ok(u8::from_le_bytes(self.array()?))
    }
    pub(crate) fn u16(&mut self) -> Result<u16, Short> {
        Ok(u16::from_le_bytes(self.array()?))
    }
    pub(crate) fn u32(&mut self) -> Result<u32, Short> {
        Ok(u32::from_le_bytes(self.array()?))
    }
    pub(crate) fn i32(&mut self) -> Result<i32, Short> {
        Ok(i32::from_le_bytes(self.array()?))
    }
    pub(crate) fn u64(&mut self) -> Result<u64, Short> {
        Ok(u64::from_le_bytes(self.array()?))
    }
    /// The bytes that have not been read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

/// Whether every byte is zero.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    let (words, tail) = bytes.as_chunks::<16>();
    words.iter().fold(0, |seen, w| seen | u128::from_le_bytes(*w)) == 0 && tail.iter().all(|&b| b == 0)
}

/// Writes fields one after the other.
#[derive(Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Writer {
        self.0.extend_from_slice(bytes);
        self
    }
    pub(crate) fn u8(&mut self, value: u8) -> &mut Writer {
        self.bytes(&value.to_le_bytes())
    }
    pub(crate) fn u16(&mut self, value: u16) -> &mut Writer {
        self.bytes(&value.to_le_bytes())
    }
    pub(crate) fn u32(&mut self, value: u32) -> &mut Writer {
        self.bytes(&value.to_le_bytes())
    }
    pub(crate) fn i32(&mut self, value: i32) -> &mut Writer {
        self.bytes(&value.to_le_bytes())
    }
    pub(crate) fn u64(&mut self, value: u64) -> &mut Writer {
        self.bytes(&value.to_le_bytes())
    }
    /// Appends zeros up to `len` bytes.
    pub(crate) fn pad(&mut self, len: usize) -> &mut Writer {
        self.0.resize(len.max(self.0.len()), 0);
        self
    }
    /// Finishes a page: the fields, zeros, and in the last four bytes the CRC-32 of all before.
    pub(crate) fn page_with_crc(mut self) -> Vec<u8> {
        self.pad(crate::PAGE - 4);
        let crc = crc32fast::hash(&self.0);
        self.u32(crc);
        self.0
    }
}

/// Splits a page that ends with its CRC: into the bytes that the CRC covers, and whether it is right.
pub(crate) fn split_crc(page: &[u8; crate::PAGE]) -> (&[u8], Result<(), CrcMismatch>) {
    let (body, crc) = page.split_at(crate::PAGE - 4);
    let expected = Reader::new(crc).u32().unwrap_or_default();
    (body, check(body, expected))
}

/// A checksum that does not match its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected CRC-32 {expected:08x}, found {found:08x}")]
#[non_exhaustive]
pub struct CrcMismatch {
    /// The checksum in the referrer.
    pub expected: u32,
    /// The checksum of the bytes found.
    pub found: u32,
}

/// Compares bytes with the checksum in their referrer.
pub(crate) fn check(bytes: &[u8], expected: u32) -> Result<(), CrcMismatch> {
    check_crc(crc32fast::hash(bytes), expected)
}

/// Compares the checksum of bytes with the one in their referrer.
pub(crate) fn check_crc(found: u32, expected: u32) -> Result<(), CrcMismatch> {
    #[cfg(test)]
    let expected = if crate::fuzz::FORGED.get() { found } else { expected };
    if found == expected { Ok(()) } else { Err(CrcMismatch { expected, found }) }
}
