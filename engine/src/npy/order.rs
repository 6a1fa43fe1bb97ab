//! Byte orders, and elements brought from one to the other.

use arrstore_format::{DType, Kind};

/// The byte order of elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The least byte comes first.
    Little,
    /// The greatest byte comes first.
    Big,
    /// The fields of a record have byte orders of their own.
    Fields(Vec<ByteOrder>),
}

impl ByteOrder {
    /// The order of elements of type `dtype` that are big-endian or not. Elements of single bytes are little-endian.
    pub fn of(dtype: DType, big: bool) -> ByteOrder {
        match dtype {
            DType::Record(record) => {
                ByteOrder::of_fields(record.fields().iter().map(|f| ByteOrder::of(f.dtype, big)).collect())
            }
            DType::Bytes(_) => ByteOrder::Little,
            _ if big && dtype.size() > 1 => ByteOrder::Big,
            _ => ByteOrder::Little,
        }
    }

    /// The order of records whose fields have these.
    pub(super) fn of_fields(fields: Vec<ByteOrder>) -> ByteOrder {
        match fields.iter().all(|order| *order == ByteOrder::Little) {
            true => ByteOrder::Little,
            false => ByteOrder::Fields(fields),
        }
    }

    /// Its name: `little`, `big`, or `mixed`.
    pub fn name(&self) -> &'static str {
        match self {
            ByteOrder::Little => "little",
            ByteOrder::Big => "big",
            ByteOrder::Fields(fields) if fields.iter().all(|order| order.name() == "big") => "big",
            ByteOrder::Fields(_) => "mixed",
        }
    }

    /// Makes elements in this order little-endian.
    pub(crate) fn swap(&self, dtype: DType, elements: &mut [u8]) {
        match (self, dtype) {
            (ByteOrder::Little, _) => {}
            (ByteOrder::Fields(orders), DType::Record(record)) => {
                for element in elements.chunks_exact_mut(record.size()) {
                    for (order, field) in orders.iter().zip(record.fields()) {
                        let (begin, end) =
                            (field.offset as usize, field.offset as usize + field.size() as usize);
                        order.swap(field.dtype, element.get_mut(begin..end).unwrap_or_default());
                    }
                }
            }
            (_, dtype) => {
                let part = match dtype.kind() {
                    Kind::Complex => dtype.size() / 2,
                    Kind::Str => 4,
                    _ => dtype.size(),
                };
                elements.chunks_exact_mut(part).for_each(<[u8]>::reverse);
            }
        }
    }
}
