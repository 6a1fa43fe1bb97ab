//! Page 0, which is written once: what kind of file this is.

use crate::PAGE;
use crate::bytes::{CrcMismatch, Reader, Short, Writer, is_zero, split_crc};

/// The first eight bytes. As in PNG: a high bit, both line endings and a control-Z, so that a transfer that
/// treats the file as text shows.
pub(crate) const MAGIC: [u8; 8] = *b"\x89ARS\r\n\x1a\n";
const BYTE_ORDER: u32 = 0x0102_0304;
const VERSION: u16 = 1;
const LOG2_PAGE: u16 = 12;

/// Why page 0 was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Nothing in it.
    #[error("the file is empty: expected an .arrs file; was its creation interrupted?")]
    Empty,
    /// Shorter than header and slots.
    #[error("the file has {found} bytes: an .arrs file has at least {expected}; it was cut short")]
    TooShort {
        /// Bytes of the fixed part.
        expected: u64,
        /// Bytes of the file.
        found: u64,
    },
    /// Some other kind of file.
    #[error("not an .arrs file: it begins with {found:02x?}, expected {MAGIC:02x?}")]
    Magic {
        /// The first bytes.
        found: [u8; 8],
    },
    /// Magic whose line endings or high bit were changed.
    #[error(
        "an .arrs file that was transferred as text: it begins with {found:02x?}, expected {MAGIC:02x?}; copy it again in binary mode"
    )]
    MangledMagic {
        /// The first bytes.
        found: [u8; 8],
    },
    /// The byte-order tag reads backwards.
    #[error("the byte order tag is {found:#010x}, expected 0x01020304: this file was written big-endian")]
    ByteOrder {
        /// The tag.
        found: u32,
    },
    /// Checksum.
    #[error("the header is damaged: {0}; `arrstore verify --repair` writes it again")]
    Crc(#[from] CrcMismatch),
    /// A header of a later time.
    #[error("header version {found}: this program knows version {VERSION}; use a newer one")]
    Version {
        /// The version.
        found: u16,
    },
    /// Pages of another size.
    #[error("pages of 2^{found} bytes: version 1 has 2^{LOG2_PAGE}")]
    PageSize {
        /// Its logarithm.
        found: u16,
    },
    /// Bytes that have to be zero are not.
    #[error("reserved bytes of the header are not zero")]
    Padding,
}

/// What page 0 says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Random, the same in the header and every slot.
    pub(crate) uuid: [u8; 16],
}

impl Header {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.bytes(&MAGIC).u32(BYTE_ORDER).u16(VERSION).u16(LOG2_PAGE).bytes(&self.uuid);
        w.page_with_crc()
    }

    pub(crate) fn decode(page: &[u8; PAGE]) -> Result<Header, HeaderError> {
        let (body, crc) = split_crc(page);
        let mut r = Reader::new(body);
        let short = |_: Short| HeaderError::Padding;
        let magic = r.array().map_err(short)?;
        if magic != MAGIC {
            let mangled = is_mangled(&magic);
            return Err(if mangled {
                HeaderError::MangledMagic { found: magic }
            } else {
                HeaderError::Magic { found: magic }
            });
        }
        match r.u32().map_err(short)? {
            BYTE_ORDER => {}
            found => {
                crc?;
                return Err(HeaderError::ByteOrder { found });
            }
        }
        crc?;
        match r.u16().map_err(short)? {
            VERSION => {}
            found => return Err(HeaderError::Version { found }),
        }
        match r.u16().map_err(short)? {
            LOG2_PAGE => {}
            found => return Err(HeaderError::PageSize { found }),
        }
        let uuid = r.array().map_err(short)?;
        if !is_zero(r.rest()) {
            return Err(HeaderError::Padding);
        }
        Ok(Header { uuid })
    }
}

/// Whether these are the magic's bytes after a change of line endings, a lost high bit or a UTF-8 round trip.
fn is_mangled(found: &[u8; 8]) -> bool {
    let seven_bit = found.map(|b| b & 0x7f) == MAGIC.map(|b| b & 0x7f);
    let named = found.windows(3).any(|w| w == b"ARS");
    seven_bit || named
}
