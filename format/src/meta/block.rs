//! The metadata block: encoding and decoding.

use super::Meta;
use super::error::MetaError;
use super::limits::{ALIGNMENT, META_MAX, NDIM_MAX};
use crate::bytes::{Reader, Short, Writer};
use crate::grid::Numbering;
use crate::name::NameError;
use crate::{Codec, DType, attributes};

const MAGIC: u32 = u32::from_le_bytes(*b"META");
/// The length of the name of an axis without a name.
const NO_NAME: u16 = u16::MAX;

impl Meta {
    pub(crate) fn encode(&self, id: u64, numbering: &Numbering) -> Result<Vec<u8>, MetaError> {
        let attributes = attributes::encode(&self.attributes)?;
        let details = self.dtype.details();
        let mut dims = Writer::default();
        for dim in &self.dims {
            match dim {
                None => dims.u16(NO_NAME),
                Some(dim) => dims.u16(dim.len() as u16).bytes(dim.as_bytes()),
            };
        }
        let (codec, level) = self.codec.code();
        let mut w = Writer::default();
        w.u32(MAGIC).u32(self.dtype.size() as u32).u64(id);
        w.u16(self.dtype.code()).u16(0).u8(self.ndim() as u8);
        w.u8(codec).u8(u8::from(self.shuffle)).u8(ALIGNMENT).i32(level);
        w.u32(self.fill.len() as u32).u32(self.name.len() as u32).u32(dims.0.len() as u32);
        w.u32(details.len() as u32).u32(attributes.len() as u32).u64(0);
        for (axis, (&shape, &chunk)) in self.shape.iter().zip(&self.chunk_shape).enumerate() {
            let room = numbering.room(axis).unwrap_or_default();
            let order = self.order.get(axis).copied().unwrap_or_default();
            w.u64(shape).u64(chunk).u64(room).u64(u64::from(order));
        }
        w.bytes(&self.fill).bytes(self.name.as_bytes()).bytes(&dims.0).bytes(&details).bytes(&attributes);
        match w.0.len() {
            found if found > META_MAX => Err(MetaError::TooLong { found: found as u64 }),
            _ => Ok(w.0),
        }
    }

    pub(crate) fn decode(block: &[u8], id: u64) -> Result<(Meta, Numbering), MetaError> {
        let wrong = |_: Short| MetaError::Length { len: block.len() };
        let mut r = Reader::new(block);
        let magic = r.u32().map_err(wrong)?;
        if magic != MAGIC {
            return Err(MetaError::Magic { found: magic });
        }
        let item = r.u32().map_err(wrong)? as usize;
        let found = r.u64().map_err(wrong)?;
        if found != id {
            return Err(MetaError::Id { expected: id, found });
        }
        let mut fixed =
            || -> Result<_, Short> { Ok((r.u16()?, r.u16()?, r.u8()?, r.u8()?, r.u8()?, r.u8()?, r.i32()?)) };
        let (code, reserved, ndim, codec, filter, alignment, level) = fixed().map_err(wrong)?;
        let mut lengths = [0usize; 5];
        for length in &mut lengths {
            *length = r.u32().map_err(wrong)? as usize;
        }
        let [fill_len, name_len, dims_len, details_len, attributes_len] = lengths;
        if r.u64().map_err(wrong)? != 0 || reserved != 0 {
            return Err(MetaError::Reserved);
        }
        let ndim = usize::from(ndim);
        if ndim > NDIM_MAX {
            return Err(MetaError::Ndim { found: ndim });
        }
        let parts = lengths.iter().fold(32 * ndim, |n, &part| n.saturating_add(part));
        if parts != r.rest().len() {
            return Err(MetaError::Length { len: block.len() });
        }
        // The parts add up to the block, so each of them lies within it.
        let before: usize = [32 * ndim, fill_len, name_len, dims_len].iter().sum();
        let details = r.rest().get(before..before + details_len).unwrap_or(&[]);
        let dtype = DType::from_disk(code, item, details)?;
        let found = codec;
        let codec = Codec::from_code(found, level).ok_or(MetaError::Codec { found })?;
        if codec.code() != (found, level) {
            return Err(MetaError::Reserved);
        }
        if filter > 1 {
            return Err(MetaError::Filter { found: filter });
        }
        if alignment != ALIGNMENT {
            return Err(MetaError::Alignment { found: alignment });
        }
        let mut meta = Meta { codec, shuffle: filter == 1, ..Meta::new(dtype, &[], &[]) };
        let mut rooms = Vec::with_capacity(ndim);
        for axis in 0..ndim {
            let mut axis_fields = || -> Result<_, Short> { Ok((r.u64()?, r.u64()?, r.u64()?, r.u64()?)) };
            let (shape, chunk, room, order) = axis_fields().map_err(wrong)?;
            if axis == 0 && room != 0 {
                return Err(MetaError::Reserved);
            }
            meta.shape.push(shape);
            meta.chunk_shape.push(chunk);
            rooms.push(room);
            meta.order.push(u8::try_from(order).unwrap_or(u8::MAX));
        }
        meta.fill = r.bytes(fill_len).map_err(wrong)?.to_vec();
        let name = r.bytes(name_len).map_err(wrong)?;
        meta.name = std::str::from_utf8(name).map_err(|_| NameError::Utf8(name.to_vec()))?.to_owned();
        let mut dims = Reader::new(r.bytes(dims_len).map_err(wrong)?);
        for axis in 0..ndim {
            let n = dims.u16().map_err(wrong)?;
            meta.dims.push(match n {
                NO_NAME => None,
                n => {
                    let bytes = dims.bytes(usize::from(n)).map_err(wrong)?;
                    let not_utf8 = |_| MetaError::Dim { axis, problem: "not UTF-8" };
                    Some(std::str::from_utf8(bytes).map_err(not_utf8)?.to_owned())
                }
            });
        }
        if !dims.rest().is_empty() {
            return Err(MetaError::Length { len: block.len() });
        }
        r.bytes(details_len).map_err(wrong)?;
        meta.attributes = attributes::decode(r.bytes(attributes_len).map_err(wrong)?)?;
        meta.check()?;
        let numbering = Numbering::of(rooms);
        meta.check_grid(&numbering)?;
        Ok((meta, numbering))
    }
}
