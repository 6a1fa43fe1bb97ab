//! Page 0, the header. It is written once, and tells what kind of file this is.

use crate::PAGE;
use crate::bytes::{CrcMismatch, Reader, Short, Writer, is_zero, split_crc};

/// The first eight bytes. Like PNG's, they have a high bit, both line endings and a control-Z, so that a transfer as
/// text is found.
pub(crate) const MAGIC: [u8; 8] = *b"\x89ARS\r\n\x1a\n";
const BYTE_ORDER: u32 = 0x0102_0304;
const VERSION: u16 = 1;
const LOG2_PAGE: u16 = 12;

/// Why the header was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// An empty file.
    #[error("the file is empty: expected an .arrs file; was its creation interrupted?")]
    Empty,
    /// A file that is shorter than header and slots.
    #[error("the file has {found} bytes: expected at least {expected} in an .arrs file; it was cut short")]
    TooShort {
        /// Bytes of the fixed part.
        expected: u64,
        /// Bytes of the file.
        found: u64,
    },
    /// A file of another kind.
    #[error("not an .arrs file: expected it to begin with {MAGIC:02x?}, found {found:02x?}")]
    Magic {
        /// The first bytes.
        found: [u8; 8],
    },
    /// A file whose line endings or high bits were changed.
    #[error(
        "an .arrs file that was transferred as text: expected it to begin with {MAGIC:02x?}, found {found:02x?}; copy it again in binary mode"
    )]
    MangledMagic {
        /// The first bytes.
        found: [u8; 8],
    },
    /// A byte-order tag that is not little-endian.
    #[error("expected the byte order tag 0x01020304, found {found:#010x}: the file was written big-endian")]
    ByteOrder {
        /// The tag.
        found: u32,
    },
    /// A checksum that does not match.
    #[error("the header is damaged: {0}; repair the file to write its header again")]
    Crc(#[from] CrcMismatch),
    /// A header of a later version.
    #[error("header version {found}: this program knows version {VERSION}; use a newer program")]
    Version {
        /// The version.
        found: u16,
    },
    /// Pages of an unknown size.
    #[error("pages of 2^{found} bytes: expected 2^{LOG2_PAGE}, as in version 1")]
    PageSize {
        /// The logarithm of the size, to base 2.
        found: u16,
    },
    /// Reserved bytes that are not zero.
    #[error("reserved bytes of the header are not zero")]
    Padding,
}

/// The content of the header.
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

/// Whether the bytes are those of the magic after a change of line endings, a lost high bit or a UTF-8 round trip.
fn is_mangled(found: &[u8; 8]) -> bool {
    let seven_bit = found.map(|b| b & 0x7f) == MAGIC.map(|b| b & 0x7f);
    let named = found.windows(3).any(|w| w == b"ARS");
    seven_bit || named
}
