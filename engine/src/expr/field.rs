//! Fields of records.

use std::sync::Arc;

use arrstore_format::{Field, RecordType, quoted};

use super::{Expr, Kind};
use crate::op::Op;
use crate::source::{Reshaped, Value};
use crate::view::{AxisMap, View};
use crate::{DType, Error, Result};

impl Expr {
    /// A field of an array of records, as NumPy's `r['name']`: a view wherever the records are stored. A field of
    /// several elements has axes of its own, behind those of the array.
    ///
    /// # Errors
    /// When the elements are not records, or have no such field.
    pub fn field(&self, name: &str) -> Result<Expr> {
        let record = self.record(name)?;
        let field = record.field(name).ok_or_else(|| self.no_field(record, name))?;
        self.part(field)
    }

    /// Several fields of an array of records, as NumPy's `r[['a', 'b']]`: records of these fields at the same places.
    ///
    /// # Errors
    /// As [`Expr::field`], and when a field is named twice or the fields are not in their order.
    pub fn fields(&self, names: &[&str]) -> Result<Expr> {
        let record = self.record(names.first().copied().unwrap_or(""))?;
        let found = |&name: &&str| record.field(name).cloned().ok_or_else(|| self.no_field(record, name));
        let fields = names.iter().map(found).collect::<Result<Vec<Field>>>()?;
        if !fields.is_sorted_by_key(|field| field.offset) {
            let all: Vec<String> = record.fields().iter().map(|field| quoted(&field.name)).collect();
            return Err(Error::Value(format!(
                "name the fields in the order of the record: {}",
                all.join(", ")
            )));
        }
        let some = RecordType::new(fields, record.size() as u32).map_err(|e| Error::Value(e.to_string()))?;
        self.part(&Field { name: String::new(), dtype: DType::Record(some), offset: 0, shape: Vec::new() })
    }

    fn record(&self, name: &str) -> Result<RecordType> {
        self.dtype().record().ok_or_else(|| {
            Error::Value(format!("{} has no fields, and so none named {}", self.dtype(), quoted(name)))
        })
    }

    fn no_field(&self, record: RecordType, name: &str) -> Error {
        let known: Vec<String> = record.fields().iter().map(|field| quoted(&field.name)).collect();
        Error::Value(format!("no field is named {}: there are {}", quoted(name), known.join(", ")))
    }

    /// The bytes of each element from `offset` on, as elements of the field's type.
    pub(crate) fn part(&self, field: &Field) -> Result<Expr> {
        let own: Vec<u64> = field.shape.iter().map(|&n| n.into()).collect();
        let shape = [self.shape(), &own[..]].concat();
        let (begin, size) = (field.offset as usize, field.size() as usize);
        match &self.0.kind {
            Kind::Source(source) => Expr::source(Arc::new(Reshaped::field(source, field))),
            Kind::View { input, view } => {
                let first = self.ndim();
                let own = (0..own.len()).map(|k| AxisMap::Along { axis: first + k, start: 0, step: 1 });
                let view = View(view.0.iter().copied().chain(own).collect());
                input.part(field)?.viewed(view, shape)
            }
            Kind::Constant(bytes) => {
                let bytes = bytes.get(begin..begin + size).unwrap_or_default();
                Expr::source(Arc::new(Value::copied_from(field.dtype, &own, bytes)?))
            }
            Kind::Apply { op: Op::Where, inputs } => match &inputs[..] {
                [condition, a, b] if own.is_empty() => {
                    let inputs = vec![condition.clone(), a.part(field)?, b.part(field)?];
                    Ok(Expr::new(Kind::Apply { op: Op::Where, inputs }, field.dtype, shape))
                }
                _ => self.computed(field, shape),
            },
            _ => self.computed(field, shape),
        }
    }

    /// A field of computed records.
    fn computed(&self, field: &Field, shape: Vec<u64>) -> Result<Expr> {
        if !field.shape.is_empty() {
            return Err(Error::Value(format!(
                "the field {} has several elements, and these records are computed: store them first",
                quoted(&field.name)
            )));
        }
        let offset = u64::from(field.offset).to_le_bytes().to_vec();
        let inputs = vec![self.clone(), Expr::new(Kind::Constant(offset), DType::U64, Vec::new())];
        Ok(Expr::new(Kind::Apply { op: Op::Field, inputs }, field.dtype, shape))
    }
}
