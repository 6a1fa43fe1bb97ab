//! Places of elements in a sorted list: `searchsorted`, `digitize`, `isin`.
//!
//! The list is held in memory as keys, whole or part by part, and the elements are streamed past it.

mod lookup;
mod stage;

use super::{Operator, Output};
use crate::exec::Stage;
use crate::expr::Expr;
use crate::program::Program;
use crate::promote;
use crate::view::{Index, show};
use crate::{DType, Error, Kind, Op, Result};
use stage::Searching;

/// What is asked of each element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Question {
    /// Its place in a sorted list, before or after equal elements.
    Place { after: bool },
    /// The number of its bin between edges, which ascend or descend.
    Bin { after: bool },
    /// Whether it is in the list.
    Member { invert: bool },
}

#[derive(Clone, Debug)]
struct Search {
    question: Question,
    /// The common type of list and elements.
    dtype: DType,
}

impl Expr {
    /// The places in this sorted vector where the elements of `v` belong, as NumPy's `searchsorted`: before equal
    /// elements, or after them. `sorter` gives the positions of the vector's elements in ascending order. The result
    /// has the shape of `v`. Records of both arrays are held in memory and ranked first.
    ///
    /// # Errors
    /// When this is not a vector, `sorter` is not a vector of integers of its length, or NumPy has no common type.
    pub fn searchsorted(&self, v: &Expr, after: bool, sorter: Option<&Expr>) -> Result<Expr> {
        let list = self.typed()?;
        if list.ndim() != 1 {
            return Err(Error::Shape(format!(
                "searchsorted needs a sorted array of one axis, found shape {}",
                show(list.shape())
            )));
        }
        let sorter = sorter.map(|sorter| sorter.positions_of(&list)).transpose()?;
        let v = v.typed()?;
        if list.dtype().kind() == Kind::Record && v.dtype().kind() == Kind::Record {
            let [list, v] = list.ranks(&v)?;
            return Expr::searched(&list, &v, sorter, Question::Place { after }, DType::I64);
        }
        Expr::searched(&list, &v, sorter, Question::Place { after }, DType::I64)
    }

    fn positions_of(&self, list: &Expr) -> Result<Expr> {
        let sorter = self.typed()?;
        if !matches!(sorter.dtype().kind(), Kind::Signed | Kind::Unsigned | Kind::Bool) {
            return Err(Error::DType { what: "sorter".into(), expected: DType::I64, found: sorter.dtype() });
        }
        if sorter.shape() != list.shape() {
            return Err(Error::Shape(format!(
                "sorter needs the shape {} of the array, found {}",
                show(list.shape()),
                show(sorter.shape())
            )));
        }
        sorter.cast(DType::I64)
    }

    /// The number of the bin of each element, as NumPy's `digitize`. `bins` are edges, which ascend or descend; `right`
    /// says that a bin includes its right edge instead of its left one.
    ///
    /// # Errors
    /// When `bins` is not a vector, or the elements are complex. Edges that are out of order are found when the result
    /// is computed.
    pub fn digitize(&self, bins: &Expr, right: bool) -> Result<Expr> {
        let (x, bins) = (self.typed()?, bins.typed()?);
        if x.dtype().kind() == Kind::Complex || bins.dtype().kind() == Kind::Complex {
            return Err(Error::DType { what: "digitize".into(), expected: DType::F64, found: DType::C128 });
        }
        if !bins.dtype().kind().is_number() {
            return Err(Error::dtype("the edges of digitize", DType::F64, bins.dtype()));
        }
        if bins.ndim() != 1 {
            return Err(Error::Shape(format!("bins need one axis, found shape {}", show(bins.shape()))));
        }
        Expr::searched(&bins, &x, None, Question::Bin { after: !right }, DType::I64)
    }

    /// Whether each element is among `elements`, as NumPy's `isin`; with `invert`, whether it is not. NaN is equal to
    /// nothing. Records of both arrays are held in memory and ranked first.
    ///
    /// # Errors
    /// When NumPy has no common type for them.
    pub fn isin(&self, elements: &Expr, invert: bool) -> Result<Expr> {
        let (x, elements) = (self.typed()?, elements.typed()?);
        if x.dtype().kind() == Kind::Record || elements.dtype().kind() == Kind::Record {
            let [elements, ranks] = elements.ranks(&x)?;
            let member = ranks.isin(&elements, invert)?;
            return match x.holds_nan()? {
                Some(nan) => Expr::apply(Op::Where, &[nan, Expr::scalar(invert), member]),
                None => Ok(member),
            };
        }
        Expr::searched(&elements.typed()?, self, None, Question::Member { invert }, DType::Bool)
    }

    /// The ranks of the texts or records of two arrays among all of them: equal elements have equal ranks.
    fn ranks(&self, other: &Expr) -> Result<[Expr; 2]> {
        let [one, two] = [self.reshape(&[-1])?, other.reshape(&[-1])?];
        let count = one.shape()[0] as i64;
        let groups = Expr::concatenate(&[one, two], Some(0), None)?.groups()?;
        let part = |start, stop, like: &Expr| {
            let ranks = groups.index(&[Index::Slice { start, stop, step: None }])?;
            ranks.reshape(&like.shape().iter().map(|&n| n as i64).collect::<Vec<_>>())
        };
        Ok([part(None, Some(count), self)?, part(Some(count), None, other)?])
    }

    fn searched(list: &Expr, v: &Expr, sorter: Option<Expr>, question: Question, to: DType) -> Result<Expr> {
        let v = v.typed()?;
        let dtype = promote::common_type(&[list.operand(), v.operand()])?;
        if dtype.kind() == Kind::Record {
            let op = Search { question, dtype }.name();
            return Err(promote::no_loop(op, &[list.operand(), v.operand()], "").into());
        }
        let mut inputs = vec![list.cast(dtype)?, v.cast(dtype)?];
        inputs.extend(sorter);
        Ok(Expr::output(Search { question, dtype }, inputs, to, v.shape().to_vec()))
    }
}

impl Operator for Search {
    fn name(&self) -> &'static str {
        match self.question {
            Question::Place { .. } => "searchsorted",
            Question::Bin { .. } => "digitize",
            Question::Member { .. } => "isin",
        }
    }

    fn key(&self) -> Vec<u8> {
        let (Question::Place { after: flag }
        | Question::Bin { after: flag }
        | Question::Member { invert: flag }) = self.question;
        vec![u8::from(flag)]
    }

    fn stage(&self, feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let mut feeds = feeds.into_iter();
        let (Some(list), Some(feed), [output]) = (feeds.next(), feeds.next(), outputs) else {
            return Err(Error::internal("a search has a list, elements and one output"));
        };
        let (search, sorter) = (self.clone(), feeds.next());
        let lookup = lookup::lookup(self.dtype)?;
        Ok(Box::new(Searching::new(search, lookup, list, feed, sorter, output)))
    }
}
