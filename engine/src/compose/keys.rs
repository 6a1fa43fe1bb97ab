//! The order of long texts, of records, and of several arrays: units of elements, the most significant one first.

use super::rows::ranks;
use crate::kernels::order::{Unit, WIDEST, Wanted, units};
use crate::operator::sort::MOST;
use crate::view::resolve_axes;
use crate::{DType, Error, Expr, Kind, Result};

impl Expr {
    /// The positions of texts or records in ascending order, as NumPy's `argsort`: stable. Records are ordered by the
    /// fields that are named, and then by the others, one after the other.
    ///
    /// Elements are sorted by 256 bytes of keys at a time.
    ///
    /// # Errors
    /// When the axis is not there, or the records have no such field.
    pub fn argsort_by(&self, fields: &[&str], axis: Option<i64>) -> Result<Expr> {
        // NumPy gives the position of the lone element in an array of one
        let axis = axis.filter(|axis| self.ndim() > 0 || !matches!(axis, 0 | -1));
        let (lines, axis) = self.lines(axis)?;
        let mut groups = lines.order_units(fields)?.into_iter().rev();
        let Some(first) = groups.next() else {
            return Err(Error::Value("records without fields have no order".into()));
        };
        // each sort keeps the order of the one before it between equal elements
        groups.try_fold(lines.sorted(Wanted::Positions, &first, Some(axis))?, |order, units| {
            let finer = lines.take_along_axis(&order, Some(axis))?;
            order.take_along_axis(&finer.sorted(Wanted::Positions, &units, Some(axis))?, Some(axis))
        })
    }

    /// The elements in the order of [`Expr::argsort_by`].
    ///
    /// # Errors
    /// As [`Expr::argsort_by`].
    pub fn sort_by(&self, fields: &[&str], axis: Option<i64>) -> Result<Expr> {
        let (lines, axis) = self.lines(axis)?;
        if lines.dtype().kind().is_text()
            && let [units] = &lines.order_units(fields)?[..]
        {
            return lines.sorted(Wanted::Values, units, Some(axis));
        }
        lines.take_along_axis(&lines.argsort_by(fields, Some(axis))?, Some(axis))
    }

    /// The positions of the elements along an axis, in the order of several keys of one shape, as NumPy's `lexsort`:
    /// the last key decides, and the key before it decides between equal elements.
    ///
    /// # Errors
    /// When there are no keys, their shapes differ, or the axis is not there.
    pub fn lexsort(keys: &[Expr], axis: i64) -> Result<Expr> {
        let Some(first) = keys.first() else {
            return Err(Error::Value("need sequence of keys with len > 0 in lexsort".into()));
        };
        if first.ndim() == 0 {
            let keys = keys.iter().map(|key| key.expand_dims(&[0])).collect::<Result<Vec<_>>>()?;
            return Expr::lexsort(&keys, axis)?.squeeze(None);
        }
        resolve_axes(&[axis], first.ndim())?;
        match keys {
            [key] => key.argsort(Some(axis)),
            _ => {
                let keys: Vec<Expr> = keys.iter().rev().cloned().collect();
                Expr::zipped(&keys)?.argsort_by(&[], Some(axis))
            }
        }
    }

    /// The array of the lines that are sorted, and their axis.
    fn lines(&self, axis: Option<i64>) -> Result<(Expr, i64)> {
        let typed = self.typed()?;
        Ok(match axis {
            Some(axis) => (typed, axis),
            None => (typed.reshape(&[-1])?, 0),
        })
    }

    /// For each element of a vector of texts or records, the number of its group: equal elements are a group, and groups
    /// are numbered in ascending order.
    pub(crate) fn groups(&self) -> Result<Expr> {
        // each key reads the elements
        ranks(&self.shared().order_keys()?)
    }

    /// Whether elements are ordered by several units: records, and texts that are too long for one.
    pub(crate) fn has_order_units(&self) -> bool {
        let dtype = self.dtype();
        dtype.kind() == Kind::Record || dtype.kind().is_text() && dtype.size() > WIDEST
    }

    /// Arrays that tell elements apart and order them, the most significant first: the fields of records, or the array
    /// itself.
    pub(crate) fn order_keys(&self) -> Result<Vec<Expr>> {
        let DType::Record(record) = self.dtype() else { return Ok(vec![self.clone()]) };
        let mut keys = Vec::new();
        for field in record.fields() {
            let part = self.field(&field.name)?;
            if part.ndim() != self.ndim() {
                return Err(unordered(&field.name));
            }
            keys.extend(part.order_keys()?);
        }
        Ok(keys)
    }

    /// The units of elements in groups that one sort takes, the most significant first.
    fn order_units(&self, fields: &[&str]) -> Result<Vec<Vec<Unit>>> {
        let mut groups: Vec<Vec<Unit>> = Vec::new();
        let mut bits = 0;
        for name in fields {
            self.field(name)?;
        }
        for unit in ordered(self.dtype(), 0, fields)? {
            bits += unit.bits();
            match groups.last_mut() {
                Some(group) if bits <= MOST => group.push(unit),
                _ => {
                    bits = unit.bits();
                    groups.push(vec![unit]);
                }
            }
        }
        Ok(groups)
    }
}

/// The units of an element that begins at `offset`. Records are ordered by the fields that are named first, and then by the
/// others: these are left out if they have axes.
fn ordered(dtype: DType, offset: u32, fields: &[&str]) -> Result<Vec<Unit>> {
    let DType::Record(record) = dtype else { return Ok(units(dtype, offset)) };
    let others = record.fields().iter().map(|field| field.name.as_str());
    let others = others.filter(|name| !fields.contains(name));
    let mut all = Vec::new();
    for name in fields.iter().copied().chain(others) {
        let field = record.field(name).ok_or_else(|| Error::internal("a field that is not there"))?;
        if !field.shape.is_empty() {
            if !fields.is_empty() && !fields.contains(&name) {
                continue;
            }
            return Err(unordered(name));
        }
        all.extend(ordered(field.dtype, offset + field.offset, &[])?);
    }
    Ok(all)
}

fn unordered(name: &str) -> Error {
    Error::Value(format!("records are not ordered by {name}, which has axes"))
}
