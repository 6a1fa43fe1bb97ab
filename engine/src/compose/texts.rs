//! Functions of texts whose results are as wide as the longest of them needs.

use std::sync::Arc;

use super::small::number;
use super::{choose, op, two};
use crate::op::{Charset, OnFault, Op};
use crate::plan::evaluate_in;
use crate::promote;
use crate::source::Value;
use crate::{Context, DType, Error, Expr, Kind, ReduceOptions, Reduction, Result};

/// The place of a text among the characters that fill it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Justify {
    /// In the middle, as `center`.
    Center,
    /// At the left, as `ljust`.
    Left,
    /// At the right, as `rjust`.
    Right,
}

impl Expr {
    /// Texts of at least `width` characters, filled up by `fill`, which is one character. The texts are read now,
    /// because the width of the result is that of the longest.
    ///
    /// # Errors
    /// When operands have other types, or `fill` is not one character.
    pub fn justify(&self, justify: Justify, width: &Expr, fill: &Expr, context: &Context) -> Result<Expr> {
        let by = match justify {
            Justify::Center => Op::Center,
            Justify::Left => Op::Ljust,
            Justify::Right => Op::Rjust,
        };
        let texts = self.as_wide_as(&op(Op::Maximum, &[&self.str_len()?, width])?, context)?;
        op(by, &[&texts, width, &fill.beside(self)?])
    }

    /// Digits of at least `width` characters, with zeros between a sign and the digits.
    ///
    /// # Errors
    /// As [`Expr::justify`].
    pub fn zfill(&self, width: &Expr, context: &Context) -> Result<Expr> {
        let texts = self.as_wide_as(&op(Op::Maximum, &[&self.str_len()?, width])?, context)?;
        two(Op::Zfill, &texts, width)
    }

    /// Texts with `new` in the place of `old`: at the first `count` places, or at all if `count` is negative.
    ///
    /// # Errors
    /// When operands have other types.
    pub fn replace(&self, old: &Expr, new: &Expr, count: &Expr, context: &Context) -> Result<Expr> {
        let (old, new) = (old.beside(self)?, new.beside(self)?);
        let found = two(Op::StrCount, self, &old)?;
        let all = two(Op::Less, count, &Expr::scalar(0))?;
        let times = choose(&all, &found, &two(Op::Minimum, &found, count)?)?;
        let more = two(Op::Subtract, &new.str_len()?, &old.str_len()?)?;
        let lengths = two(Op::Add, &self.str_len()?, &two(Op::Multiply, &times, &more)?)?;
        let width = lengths.greatest_width(context)?;
        // the kernel writes to elements as wide as the operand
        let room = self.with_width(width.max(text_width(self.dtype())))?;
        op(Op::Replace, &[&room, &old, &new, count])?.with_width(width)
    }

    /// Texts with spaces in the place of tabs, up to the next of every `size` columns. Columns count from the last end of a
    /// line. The texts are read now, for the width of the result: as in NumPy, that counts characters of type `U` fourfold.
    ///
    /// # Errors
    /// When operands have other types, or there are no texts.
    pub fn expandtabs(&self, size: &Expr, context: &Context) -> Result<Expr> {
        let width = two(Op::ExpandedLen, self, size)?.greatest_width(context)?;
        // the kernel writes to elements as wide as the operand
        let room = self.with_width(width.max(text_width(self.dtype())))?;
        two(Op::Expandtabs, &room, size)?.with_width(width)
    }

    /// The bytes of characters in an encoding. The texts are read now, for the width of the result.
    ///
    /// # Errors
    /// When these are not texts of type `U`, and with [`OnFault::Strict`] if a character has no bytes.
    pub fn encode(&self, charset: Charset, fault: OnFault, context: &Context) -> Result<Expr> {
        two(Op::Encode, self, &Expr::scalar(charset.number(fault)))?.as_narrow_as_longest(context)
    }

    /// The characters of bytes in an encoding. The texts are read now, for the width of the result.
    ///
    /// # Errors
    /// When these are not texts of type `S`, and with [`OnFault::Strict`] if bytes are not in the encoding.
    pub fn decode(&self, charset: Charset, fault: OnFault, context: &Context) -> Result<Expr> {
        two(Op::Decode, self, &Expr::scalar(charset.number(fault)))?.as_narrow_as_longest(context)
    }

    /// Texts with each unit replaced by the unit that a table has at its place. Bytes need a table of type `S256`; without
    /// one they stay. Those of `without` are left out first. Characters that lie beyond the end of the table stay, and as
    /// in NumPy `without` does nothing to them.
    ///
    /// # Errors
    /// When operands have other types, or the table of bytes has another length than 256.
    pub fn translate(&self, table: Option<&Expr>, without: Option<&Expr>) -> Result<Expr> {
        let bytes = matches!(self.dtype(), DType::Bytes(_));
        let table = match table {
            Some(table) => table.clone(),
            None if bytes => {
                let all: Vec<u8> = (0..=u8::MAX).collect();
                Expr::source(Arc::new(Value::copied_from(DType::Bytes(256), &[], &all)?))?
            }
            None => return Err(Error::Value("characters need a table; give a text".into())),
        };
        let table = table.beside(self)?;
        if bytes && table.dtype() != DType::Bytes(256) {
            return Err(Error::Value(format!(
                "translation table must be 256 characters long, of type S256; found {}",
                table.dtype()
            )));
        }
        let without = without.cloned().unwrap_or_else(|| Expr::text("")).beside(self)?;
        op(Op::Translate, &[self, &table, &without])
    }

    /// Texts, each several times. A negative number counts as 0.
    ///
    /// # Errors
    /// When operands have other types.
    pub fn repeat_text(&self, times: &Expr, context: &Context) -> Result<Expr> {
        let times = times.typed()?;
        if !matches!(times.dtype().kind(), Kind::Signed | Kind::Unsigned) {
            return Err(promote::no_loop(Op::Multiply.name(), &[self.operand(), times.operand()], "").into());
        }
        // no type holds more characters, and products of lengths do not overflow
        let most = Expr::scalar(i64::from(u32::MAX));
        let times = if times.dtype() == DType::U64 { two(Op::Minimum, &times, &most)? } else { times };
        let times = times.cast(DType::I64)?;
        let times = two(Op::Maximum, &two(Op::Minimum, &times, &most)?, &Expr::scalar(0))?;
        let lengths = two(Op::Multiply, &self.str_len()?, &times)?;
        two(Op::StrRepeat, &self.as_wide_as(&lengths, context)?, &times)
    }

    /// The characters from `start` to `stop` in steps of `step`, by the rules of Python's slices. `None` is an end, in
    /// the direction of the step.
    ///
    /// # Errors
    /// When operands have other types.
    pub fn slice_text(&self, start: Option<&Expr>, stop: Option<&Expr>, step: &Expr) -> Result<Expr> {
        let back = two(Op::Less, step, &Expr::scalar(0))?;
        let end = |least: i64, most: i64| choose(&back, &Expr::scalar(most), &Expr::scalar(least));
        let start = start.cloned().map_or_else(|| end(0, i64::MAX), Ok)?;
        let stop = stop.cloned().map_or_else(|| end(i64::MAX, i64::MIN), Ok)?;
        op(Op::StrSlice, &[self, &start, &stop, step])
    }

    /// A search for `part` in the characters from `start` to `end` of each text. Found places count from the start of
    /// the text. Nothing is found if `start` lies behind `end` or behind the text.
    ///
    /// # Errors
    /// When operands have other types.
    pub(crate) fn search_within(
        &self,
        by: Op,
        part: &Expr,
        [start, end]: [Option<&Expr>; 2],
    ) -> Result<Expr> {
        let (zero, length) = (Expr::scalar(0), self.str_len()?);
        let place = |at: &Expr| {
            let from_end = two(Op::Maximum, &two(Op::Add, &length, at)?, &zero)?;
            choose(&two(Op::Less, at, &zero)?, &from_end, at)
        };
        let first = place(start.unwrap_or(&zero))?;
        let last = match end {
            Some(end) => two(Op::Minimum, &place(end)?, &length)?,
            None => length.clone(),
        };
        let outside = two(Op::Greater, &first, &last)?;
        let found = two(by, &self.slice_text(Some(&first), Some(&last), &Expr::scalar(1))?, part)?;
        // a slice lacks the zeros at its end, and a part without characters is there, too
        let whole = two(Op::Equal, &part.str_len()?, &zero)?;
        match by {
            Op::Rfind => {
                let found = choose(&whole, &two(Op::Subtract, &last, &first)?, &found)?;
                let none = two(Op::LogicalOr, &outside, &two(Op::Less, &found, &zero)?)?;
                choose(&none, &Expr::scalar(-1), &two(Op::Add, &found, &first)?)
            }
            Op::Find => {
                let none = two(Op::LogicalOr, &outside, &two(Op::Less, &found, &zero)?)?;
                choose(&none, &Expr::scalar(-1), &two(Op::Add, &found, &first)?)
            }
            Op::StrCount => {
                let places = two(Op::Add, &two(Op::Subtract, &last, &first)?, &Expr::scalar(1))?;
                choose(&outside, &zero, &choose(&whole, &places, &found)?)
            }
            _ => two(Op::LogicalAnd, &found, &super::one(Op::LogicalNot, &outside)?),
        }
    }

    /// Three texts for each: before the first `part` (or the last, with `last`), the part, and after it. A text without
    /// the part comes first, or last with `last`, beside two empty ones.
    ///
    /// # Errors
    /// When operands have other types, or `part` is empty.
    pub fn partition_text(&self, part: &Expr, last: bool, context: &Context) -> Result<[Expr; 3]> {
        let (zero, one) = (Expr::scalar(0), Expr::scalar(1));
        let part = part.beside(self)?;
        let (length, size) = (self.str_len()?, part.str_len()?);
        if number(&size.fold_all(Reduction::Min)?, context)? == 0.0 {
            return Err(Error::Value("empty separator".into()));
        }
        let at = two(if last { Op::Rfind } else { Op::Find }, self, &part)?;
        let missing = two(Op::Less, &at, &zero)?;
        // where the part begins, and where it ends
        let begin = choose(&missing, if last { &zero } else { &length }, &at)?;
        let end = two(Op::Add, &begin, &choose(&missing, &zero, &size)?)?;
        let slice = |from: &Expr, to: &Expr| {
            let text = self.slice_text(Some(from), Some(to), &one)?;
            text.with_width(two(Op::Subtract, to, from)?.greatest_width(context)?)
        };
        Ok([slice(&zero, &begin)?, slice(&begin, &end)?, slice(&end, &length)?])
    }

    fn str_len(&self) -> Result<Expr> {
        super::one(Op::StrLen, self)
    }

    /// These texts, wide enough for those of `lengths` characters.
    fn as_wide_as(&self, lengths: &Expr, context: &Context) -> Result<Expr> {
        self.with_width(lengths.greatest_width(context)?)
    }

    /// The greatest of these lengths, and at least 1.
    fn greatest_width(&self, context: &Context) -> Result<u32> {
        let greatest = self.fold_all(Reduction::Max)?.cast(DType::I64)?;
        let greatest = evaluate_in(&greatest, context)?.item::<i64>()?;
        u32::try_from(greatest.max(1)).map_err(|_| {
            Error::Value(format!("a text of {greatest} characters is longer than any type holds"))
        })
    }

    /// These texts, as wide as the longest needs; of one character if there are none.
    fn as_narrow_as_longest(&self, context: &Context) -> Result<Expr> {
        match self.shape().contains(&0) {
            true => self.with_width(1),
            false => self.as_wide_as(&self.str_len()?, context),
        }
    }

    fn fold_all(&self, reduction: Reduction) -> Result<Expr> {
        self.typed()?.reduce(reduction, &ReduceOptions::default())
    }

    fn with_width(&self, width: u32) -> Result<Expr> {
        self.cast(match self.dtype() {
            DType::Bytes(_) => DType::Bytes(width),
            _ => DType::Str(width),
        })
    }

    /// A text as bytes beside bytes, and as characters beside characters.
    fn beside(&self, texts: &Expr) -> Result<Expr> {
        let width = text_width(self.dtype());
        match (self.dtype().kind(), texts.dtype().kind()) {
            (Kind::Str, Kind::Bytes) => self.cast(DType::Bytes(width)),
            (Kind::Bytes, Kind::Str) => self.cast(DType::Str(width)),
            _ => Ok(self.clone()),
        }
    }
}

/// Characters of a text of this type; 1 for other types.
fn text_width(dtype: DType) -> u32 {
    match dtype {
        DType::Bytes(width) | DType::Str(width) => width,
        _ => 1,
    }
}
