//! Commit slots: four pages behind the header. There are two slots, each with two copies.
//!
//! Commit `seq` goes to slot `seq & 1`, so it overwrites the slot of the commit before the last, never that of the
//! last. A page can tear: then its CRC is wrong, and the page does not count. With two copies, damage to one page
//! cannot roll back an acknowledged commit.

pub(crate) mod error;
pub(crate) mod pages;

use crate::bytes::{Reader, Short, Writer, is_zero};
use crate::reference::{BlockRef, Root};
use crate::{FIXED, MAJOR, MINOR, PAGE};

use error::SlotError;

const MAGIC: [u8; 8] = *b"ARSSLOT1";
const PRODUCER_MAX: usize = 128;
/// The flag of a sealed file: every unused byte is zero.
const SEALED: u32 = 1;
/// Incompat bits without a meaning. Files from before version 1.0 was settled set them for arrays packed by LZ4 (bit
/// 1) and Pcodec (bit 2). The metadata of an array names its codec.
const RETIRED: u64 = 0b110;
/// The largest sequence number.
pub(crate) const SEQ_MAX: u64 = (1 << 62) - 1;

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) seq: u64,
    pub(crate) uuid: [u8; 16],
    pub(crate) major: u16,
    pub(crate) minor: u16,
    pub(crate) flags: u32,
    pub(crate) compat: u64,
    pub(crate) ro_compat: u64,
    pub(crate) incompat: u64,
    /// Length of the file in bytes, as far as the commit needs it: whole pages.
    pub(crate) length: u64,
    pub(crate) arrays: u64,
    pub(crate) next_id: u64,
    pub(crate) table: Root,
    pub(crate) names: BlockRef,
    pub(crate) attributes: BlockRef,
    /// Bytes in use: payloads and blocks, each rounded up to 64, and nodes.
    pub(crate) live_bytes: u64,
    /// Number of nodes of all trees. A scan for free space reads them all.
    pub(crate) nodes: u64,
    /// Microseconds since 1970.
    pub(crate) time: u64,
    pub(crate) producer: String,
}

impl Slot {
    /// The slot of the next commit, before anything has changed. It claims nothing that this program does not know: a
    /// later minor version or an unknown feature ends with a commit by this program.
    pub(crate) fn next(&self) -> Slot {
        let (seq, major, minor) = (self.seq + 1, MAJOR, MINOR);
        Slot { seq, major, minor, flags: 0, compat: 0, ro_compat: 0, incompat: 0, ..self.clone() }
    }

    pub(crate) fn empty(uuid: [u8; 16]) -> Slot {
        Slot {
            seq: 0,
            uuid,
            major: MAJOR,
            minor: MINOR,
            flags: 0,
            compat: 0,
            ro_compat: 0,
            incompat: 0,
            length: FIXED,
            arrays: 0,
            next_id: 1,
            table: Root::default(),
            names: BlockRef::default(),
            attributes: BlockRef::default(),
            live_bytes: 0,
            nodes: 0,
            time: 0,
            producer: String::new(),
        }
    }

    pub(crate) fn is_sealed(&self) -> bool {
        self.flags & SEALED != 0
    }
    pub(crate) fn set_sealed(&mut self, sealed: bool) {
        self.flags = if sealed { SEALED } else { 0 };
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.bytes(&MAGIC).u64(self.seq).bytes(&self.uuid);
        w.u16(self.major).u16(self.minor).u32(self.flags);
        w.u64(self.compat).u64(self.ro_compat).u64(self.incompat);
        w.u64(self.length).u64(self.arrays).u64(self.next_id);
        self.table.write(&mut w);
        self.names.write(&mut w);
        self.attributes.write(&mut w);
        w.u64(self.live_bytes).u64(self.nodes).u64(self.time);
        let mut end = self.producer.len().min(PRODUCER_MAX);
        while !self.producer.is_char_boundary(end) {
            end -= 1;
        }
        w.u16(end as u16).bytes(self.producer.get(..end).unwrap_or_default().as_bytes());
        w.page_with_crc()
    }

    /// Decodes a page whose CRC is right and whose major version is known.
    fn decode(body: &[u8]) -> Result<Slot, Short> {
        let mut r = Reader::new(body);
        r.bytes(MAGIC.len())?;
        let seq = r.u64()?;
        let uuid = r.array()?;
        let (major, minor, flags) = (r.u16()?, r.u16()?, r.u32()?);
        let (compat, ro_compat, incompat) = (r.u64()?, r.u64()?, r.u64()?);
        let (length, arrays, next_id) = (r.u64()?, r.u64()?, r.u64()?);
        let table = Root::read(&mut r)?;
        let names = BlockRef::read(&mut r)?;
        let attributes = BlockRef::read(&mut r)?;
        let (live_bytes, nodes, time) = (r.u64()?, r.u64()?, r.u64()?);
        let n = usize::from(r.u16()?);
        if n > PRODUCER_MAX {
            return Err(Short);
        }
        let producer = std::str::from_utf8(r.bytes(n)?).map_err(|_| Short)?.to_owned();
        if !is_zero(r.rest()) && (major, minor) <= (MAJOR, MINOR) {
            return Err(Short);
        }
        Ok(Slot {
            seq,
            uuid,
            major,
            minor,
            flags,
            compat,
            ro_compat,
            incompat,
            length,
            arrays,
            next_id,
            table,
            names,
            attributes,
            live_bytes,
            nodes,
            time,
            producer,
        })
    }

    /// Checks a slot before anything that it refers to is read.
    fn accept(&self, file_len: u64) -> Result<(), SlotError> {
        let seq = self.seq;
        let unknown = self.incompat & !RETIRED;
        if unknown != 0 {
            return Err(SlotError::Incompatible { unknown });
        }
        if self.flags & !SEALED != 0 {
            return Err(SlotError::Malformed { seq, what: "unknown flags" });
        }
        if self.length < FIXED || !self.length.is_multiple_of(PAGE as u64) || self.length >= 1 << 62 {
            return Err(SlotError::Length { seq, recorded: self.length });
        }
        if self.length > file_len {
            return Err(SlotError::Truncated { seq, recorded: self.length, found: file_len });
        }
        if self.next_id == 0 || self.arrays >= self.next_id || self.next_id > 1 << 48 {
            return Err(SlotError::ArrayCount { seq, arrays: self.arrays, next_id: self.next_id });
        }
        Ok(())
    }

    /// Checks the features that a writer has to know.
    pub(crate) fn accept_for_writing(&self) -> Result<(), SlotError> {
        match self.ro_compat {
            0 => Ok(()),
            unknown => Err(SlotError::ReadOnlyCompatible { unknown }),
        }
    }
}
