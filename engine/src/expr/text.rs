//! Texts and times as operands.

use arrstore_format::{DType, TimeUnit};

use super::{Expr, Kind};
use crate::op::Op;
use crate::{Error, Result, promote, time};

impl Expr {
    /// One text of the width that it needs, of type `U`.
    pub fn text(text: &str) -> Expr {
        let codes: Vec<u32> = text.chars().map(u32::from).collect();
        let width = codes.len().max(1);
        let mut bytes: Vec<u8> = codes.into_iter().flat_map(u32::to_le_bytes).collect();
        bytes.resize(4 * width, 0);
        Expr::new(Kind::Constant(bytes), DType::Str(width as u32), Vec::new())
    }

    /// The elements as texts that are wide enough for any element of their type, as NumPy's `astype(str)`: texts of
    /// characters or, without `characters`, of bytes.
    ///
    /// # Errors
    /// When the elements are records.
    pub fn as_texts(&self, characters: bool) -> Result<Expr> {
        let typed = self.typed()?;
        match promote::text_of(typed.dtype(), characters) {
            Some(text) => typed.cast(text.checked().map_err(|e| Error::Value(e.to_string()))?),
            None => Err(Error::dtype("the elements of texts", DType::Str(1), typed.dtype())),
        }
    }

    /// One text of bytes of the width that it needs, of type `S`.
    pub fn bytes_text(text: &[u8]) -> Expr {
        let mut bytes = text.to_vec();
        bytes.resize(text.len().max(1), 0);
        let dtype = DType::Bytes(bytes.len() as u32);
        Expr::new(Kind::Constant(bytes), dtype, Vec::new())
    }

    /// The point in time that a text names in ISO 8601, such as `2024-01-31T09:30`; its unit is the last one that the
    /// text has, or `unit`.
    ///
    /// # Errors
    /// When the text is not a time.
    pub fn datetime(text: &str, unit: Option<TimeUnit>) -> Result<Expr> {
        let (moment, base) = time::parse(text).map_err(Error::Value)?;
        let unit = unit.filter(|unit| !unit.is_generic()).unwrap_or(TimeUnit::of(base));
        let count = moment.map_or(TimeUnit::NAT, |moment| moment.count(unit));
        Ok(Expr::new(Kind::Constant(count.to_le_bytes().to_vec()), DType::DateTime(unit), Vec::new()))
    }

    /// A span of `count` units; `None` is "not a time".
    pub fn timedelta(count: Option<i64>, unit: TimeUnit) -> Expr {
        let count = count.unwrap_or(TimeUnit::NAT);
        Expr::new(Kind::Constant(count.to_le_bytes().to_vec()), DType::TimeDelta(unit), Vec::new())
    }

    /// The operands of an operation, with the texts beside points in time read as such.
    pub(super) fn beside_times(args: &[Expr]) -> Result<Vec<Expr>> {
        let point = args.iter().any(|arg| matches!(arg.dtype(), DType::DateTime(_)));
        let read = |arg: &Expr| match (&arg.0.kind, arg.dtype()) {
            (Kind::Constant(bytes), DType::Str(_)) if point => {
                Expr::datetime(&crate::display::str_text(bytes), None)
            }
            _ => Ok(arg.clone()),
        };
        args.iter().map(read).collect()
    }

    /// Operations on texts and times that need no loop of their own: the truth of texts, and the parts of elements that
    /// are no numbers. These are all real.
    pub(super) fn beyond_numbers(op: Op, args: &[Expr]) -> Option<Result<Expr>> {
        let is_text = |arg: &Expr| arg.dtype().kind().is_text();
        match (op, args) {
            (Op::LogicalAnd | Op::LogicalOr | Op::LogicalXor, [_, _]) if args.iter().any(is_text) => {
                let truth = |arg: &Expr| if is_text(arg) { arg.truths() } else { Ok(arg.clone()) };
                let truths = args.iter().map(truth).collect::<Result<Vec<_>>>();
                Some(truths.and_then(|truths| Expr::apply(op, &truths)))
            }
            (Op::Real | Op::Imag, [x]) if is_text(x) || x.dtype().kind().is_time() => Some(match op {
                Op::Real => Ok(x.clone()),
                _ => Expr::zero(x.dtype()).broadcast_to(x.shape()),
            }),
            _ => None,
        }
    }

    /// A comparison of records for equality: of all of their fields.
    pub(super) fn compare_records(op: Op, args: &[Expr]) -> Option<Result<Expr>> {
        let [a, b] = args else { return None };
        let (Some(x), Some(y)) = (a.dtype().record(), b.dtype().record()) else { return None };
        let equal = match op {
            Op::Equal => true,
            Op::NotEqual => false,
            _ => return None,
        };
        let names = |record: arrstore_format::RecordType| {
            record.fields().iter().map(|field| (&field.name, &field.shape)).collect::<Vec<_>>()
        };
        if names(x) != names(y) {
            let operands = [a.operand(), b.operand()];
            return Some(Err(promote::no_loop(op.name(), &operands, "; their fields differ").into()));
        }
        let field = |name: &str, axes: usize| -> Result<Expr> {
            let compared = Expr::apply(op, &[a.field(name)?, b.field(name)?])?;
            let last: Vec<i64> = (1..=axes as i64).map(|k| -k).collect();
            let reduction = if equal { crate::Reduction::All } else { crate::Reduction::Any };
            let options = crate::ReduceOptions { axes: Some(last), ..Default::default() };
            if axes == 0 { Ok(compared) } else { compared.reduce(reduction, &options) }
        };
        let mut all = x.fields().iter().map(|f| field(&f.name, f.shape.len()));
        let join = if equal { Op::LogicalAnd } else { Op::LogicalOr };
        let first = all.next()?;
        Some(all.fold(first, |joined, field| Expr::apply(join, &[joined?, field?])))
    }
}
