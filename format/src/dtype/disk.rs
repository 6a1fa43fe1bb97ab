//! Element types as stored: a code, the bytes of an element, and for some types details.

use super::error::DTypeError;
use super::record::{DEPTH, Field, RecordType};
use super::{DType, TimeUnit};
use crate::bytes::{Reader, Short, Writer};

const DATETIME: u16 = 16;
const TIMEDELTA: u16 = 17;
const BYTES: u16 = 18;
const STR: u16 = 20;
const RECORD: u16 = 21;

impl DType {
    /// The code on disk.
    pub fn code(self) -> u16 {
        match self {
            DType::DateTime(_) => DATETIME,
            DType::TimeDelta(_) => TIMEDELTA,
            DType::Bytes(_) => BYTES,
            DType::Str(_) => STR,
            DType::Record(_) => RECORD,
            plain => DType::ALL.iter().zip(1..).find(|(d, _)| **d == plain).map_or(0, |(_, code)| code),
        }
    }

    /// The details of the type on disk: its time unit or its fields, and nothing for all other types.
    pub fn details(self) -> Vec<u8> {
        let mut w = Writer::default();
        match self {
            DType::DateTime(unit) | DType::TimeDelta(unit) => {
                w.u32(unit.base as u32).u32(unit.count);
            }
            DType::Record(record) => {
                w.u16(record.fields().len() as u16);
                for field in record.fields() {
                    let details = field.dtype.details();
                    w.u16(field.name.len() as u16).bytes(field.name.as_bytes());
                    w.u16(field.dtype.code()).u32(field.dtype.size() as u32).u32(field.offset);
                    w.u8(field.shape.len() as u8);
                    field.shape.iter().for_each(|&n| {
                        w.u32(n);
                    });
                    w.u16(details.len() as u16).bytes(&details);
                }
            }
            _ => {}
        }
        w.0
    }

    /// The element type of a code, the bytes of an element and the details on disk.
    ///
    /// # Errors
    /// When this version does not know the code, or the bytes or details do not fit the type.
    pub fn from_disk(code: u16, item: usize, details: &[u8]) -> Result<DType, DTypeError> {
        read(code, item, details, 0)
    }
}

fn read(code: u16, item: usize, details: &[u8], depth: usize) -> Result<DType, DTypeError> {
    let short = |_: Short| DTypeError::Details { len: details.len() };
    let wide = || u32::try_from(item).map_err(|_| DTypeError::Size { bytes: item as u64 });
    let mut r = Reader::new(details);
    let dtype = match code {
        DATETIME | TIMEDELTA => {
            let unit = TimeUnit::from_codes(r.u32().map_err(short)?, r.u32().map_err(short)?)?;
            if code == DATETIME { DType::DateTime(unit) } else { DType::TimeDelta(unit) }
        }
        BYTES => DType::Bytes(wide()?),
        STR => DType::Str(wide()? / 4),
        RECORD => {
            if depth >= DEPTH {
                return Err(DTypeError::Record(format!("holds records more than {DEPTH} deep")));
            }
            let count = r.u16().map_err(short)?;
            let mut fields = Vec::new();
            for _ in 0..count {
                fields.push(read_field(&mut r, details.len(), depth)?);
            }
            DType::Record(RecordType::new(fields, wide()?)?)
        }
        code => {
            let known = usize::from(code).checked_sub(1).and_then(|k| DType::ALL.get(k));
            *known.ok_or(DTypeError::Code(code))?
        }
    };
    if !r.rest().is_empty() {
        return Err(DTypeError::Details { len: details.len() });
    }
    if item != dtype.size() {
        return Err(DTypeError::ItemSize { dtype, expected: dtype.size(), found: item });
    }
    dtype.checked()
}

fn read_field(r: &mut Reader<'_>, len: usize, depth: usize) -> Result<Field, DTypeError> {
    let short = |_: Short| DTypeError::Details { len };
    let name = r.u16().and_then(|n| r.bytes(usize::from(n))).map_err(short)?;
    let name = std::str::from_utf8(name)
        .map_err(|_| DTypeError::Record("has a field whose name is not UTF-8".to_owned()))?;
    let mut numbers = || -> Result<_, Short> { Ok((r.u16()?, r.u32()?, r.u32()?, r.u8()?)) };
    let (code, item, offset, axes) = numbers().map_err(short)?;
    let mut shape = Vec::new();
    for _ in 0..axes {
        shape.push(r.u32().map_err(short)?);
    }
    let details = r.u16().and_then(|n| r.bytes(usize::from(n))).map_err(short)?;
    let dtype = read(code, item as usize, details, depth + 1)?;
    Ok(Field { name: name.to_owned(), dtype, offset, shape })
}
