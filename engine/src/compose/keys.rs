//! The order of texts and records: keys of numbers, the most significant first.

use arrstore_format::Field;

use super::rows::ranks;
use super::two;
use crate::{DType, Error, Expr, Kind, Op, Result};

impl Expr {
    /// The positions of texts or records in ascending order, as NumPy's `argsort`: stable. Records are ordered by the
    /// fields that are named, and then by the others, one after the other.
    ///
    /// # Errors
    /// When the axis is not there, or the records have no such field.
    pub fn argsort_by(&self, fields: &[&str], axis: Option<i64>) -> Result<Expr> {
        let lines = match (self.ndim(), axis) {
            // NumPy gives the position of the lone element in an array of one
            (_, None) | (0, Some(0 | -1)) => self.typed()?.reshape(&[-1])?,
            _ => self.typed()?,
        };
        // each key reads the elements
        let mut keys = lines.shared().order_keys(fields)?;
        keys.reverse();
        Expr::lexsort(&keys, axis.unwrap_or(0))
    }

    /// The elements in the order of [`Expr::argsort_by`].
    ///
    /// # Errors
    /// As [`Expr::argsort_by`].
    pub fn sort_by(&self, fields: &[&str], axis: Option<i64>) -> Result<Expr> {
        let lines = match axis {
            Some(_) => self.typed()?,
            None => self.typed()?.reshape(&[-1])?,
        };
        lines.take_along_axis(&lines.argsort_by(fields, Some(axis.unwrap_or(0)))?, Some(axis.unwrap_or(0)))
    }

    /// For each element of a vector of texts or records, the number of its group: equal elements are a group, and groups
    /// are numbered in ascending order.
    pub(crate) fn groups(&self) -> Result<Expr> {
        // each key reads the elements
        let own = self.shared();
        let keys = own.order_keys(&[])?;
        // texts are compared whole
        match own.dtype().kind().is_text() {
            true => ranks(&keys, &[own]),
            false => ranks(&keys, &keys),
        }
    }

    /// Whether elements are ordered by several keys.
    pub(crate) fn has_order_keys(&self) -> bool {
        self.dtype().kind().is_text() || self.dtype().kind() == Kind::Record
    }

    /// Keys in the order of the elements, the most significant first.
    pub(crate) fn order_keys(&self, fields: &[&str]) -> Result<Vec<Expr>> {
        match self.dtype() {
            DType::Bytes(width) => self.words(width, DType::U8),
            DType::Str(width) => self.words(width, DType::U32),
            DType::Record(record) => {
                // the fields that are not named decide between records that are equal otherwise
                let others = record.fields().iter().map(|field| field.name.as_str());
                let others = others.filter(|name| !fields.contains(name));
                let mut keys = Vec::new();
                for name in fields.iter().copied().chain(others) {
                    let field = self.field(name)?;
                    if field.ndim() != self.ndim() {
                        if !fields.is_empty() && !fields.contains(&name) {
                            continue;
                        }
                        return Err(Error::Value(format!(
                            "records are not ordered by {name}, which has axes"
                        )));
                    }
                    keys.extend(field.order_keys(&[])?);
                }
                Ok(keys)
            }
            _ => Ok(vec![self.clone()]),
        }
    }

    /// The units of texts, several to a number of 64 bits.
    fn words(&self, width: u32, unit: DType) -> Result<Vec<Expr>> {
        let size = unit.size() as u32;
        let bits = Expr::scalar(u64::from(8 * size)).cast(DType::U64)?;
        let units: Vec<u32> = (0..width).collect();
        let word = |units: &[u32]| {
            let mut word: Option<Expr> = None;
            for &k in units {
                let field = Field { name: String::new(), dtype: unit, offset: k * size, shape: Vec::new() };
                let next = self.part(&field)?.cast(DType::U64)?;
                word = Some(match word {
                    Some(before) => two(Op::BitwiseOr, &two(Op::BitwiseLeftShift, &before, &bits)?, &next)?,
                    None => next,
                });
            }
            word.ok_or_else(|| Error::internal("a word of no characters"))
        };
        units.chunks((8 / size) as usize).map(word).collect()
    }
}
