//! Expressions as text: Python's grammar of expressions with NumPy's names.
//!
//! A text goes through three steps: `lexer` cuts it into tokens, `parser` builds a tree of the tokens, and `lower`
//! turns the tree into lazy arrays. Each step tracks its place in the text, so that every error can point at it.
//! `functions` holds the meaning of the names. `constant` computes with Python's own numbers (`2 * pi`). A text may
//! have line breaks and comments (`# ...`) anywhere between its tokens.
//!
//! ```
//! use arrstore::{Array, text::Formula};
//! let t = Array::from(&ndarray::array![273.15, 300.0]);
//! let formula = Formula::parse("(t - 273.15).mean(), t.max()")?;
//! assert_eq!(formula.names(), ["t"]);
//! let results = formula.arrays(&[("t", &t)])?;
//! assert_eq!(results[1].to_string(), "300.0");
//!
//! let error = Formula::parse("sum(t - )").unwrap_err();
//! assert_eq!(error.to_string(), "unexpected ')'\n  sum(t - )\n          ^");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ast;
mod call;
mod constant;
mod error;
mod functions;
mod grid;
mod lexer;
mod literal;
mod lower;
mod meaning;
mod number;
#[doc(hidden)]
pub mod object;
mod parser;
mod subscript;

use std::collections::{BTreeMap, BTreeSet};

#[cfg(test)]
use crate::Scalar;
use crate::{Context, Expr, Index, Part};
use ast::{Item, Kind, Node};
pub use error::TextError;
pub use functions::Entry;

/// The longest text that [`Formula::parse`] accepts, in bytes.
pub const MAX_BYTES: usize = parser::MAX_BYTES;

/// A parsed text: one expression, or several separated by commas.
#[derive(Clone, Debug)]
pub struct Formula {
    text: String,
    root: Node,
}

impl Formula {
    /// Parses `text`.
    ///
    /// # Errors
    /// When the text is not an expression of Python's grammar, is longer than [`MAX_BYTES`] or nests deeper than 200
    /// levels. The number of operators in a row is not limited.
    pub fn parse(text: &str) -> Result<Formula, TextError> {
        let root = parser::parse(text).map_err(|fault| fault.within(text))?;
        Ok(Formula { text: text.to_owned(), root })
    }

    /// The names of variables that the text uses, each once, in alphabetical order.
    pub fn names(&self) -> Vec<&str> {
        let mut names = BTreeSet::new();
        lower::free_names(&self.root, &mut names);
        names.into_iter().collect()
    }

    /// As [`Formula::arrays`], with nodes of the graph.
    ///
    /// # Errors
    /// When a name is unknown, an argument is missing or of the wrong kind, or shapes, types or axes do not fit.
    #[doc(hidden)]
    pub fn lower(&self, variables: &BTreeMap<String, Expr>) -> Result<Vec<Expr>, TextError> {
        Ok(self.results(variables, None)?.into_iter().map(|(_, expr)| expr).collect())
    }

    /// As [`Formula::lower`], each with its own text. Where a shape depends on data, elements are counted with the
    /// memory and threads of `context`.
    ///
    /// # Errors
    /// As [`Formula::lower`].
    #[doc(hidden)]
    pub fn results(
        &self,
        variables: &BTreeMap<String, Expr>,
        context: Option<&Context>,
    ) -> Result<Vec<(String, Expr)>, TextError> {
        lower::results(variables, context, &self.text, &self.root).map_err(|fault| fault.within(&self.text))
    }
}

/// Every function that a text may call, in alphabetical order. Any dtype's name is a function, too: `float32(x)`.
///
/// ```
/// let sum = arrstore::text::functions().into_iter().find(|entry| entry.name == "sum").unwrap();
/// assert_eq!((sum.usage.as_str(), sum.method), ("sum(a, [axis], [dtype], *, [keepdims], [initial], [where])", true));
/// ```
pub fn functions() -> Vec<Entry> {
    let mut all: Vec<_> = functions::entries().collect();
    all.sort_unstable_by_key(|entry| entry.name);
    all
}

/// The function with this name or alias.
///
/// # Errors
/// When there is none. The error names the nearest one.
pub fn function(name: &str) -> Result<Entry, TextError> {
    let named = |entry: &Entry| entry.name == name || entry.aliases.contains(&name);
    let found = functions::entries().find(named);
    found.ok_or_else(|| functions::unknown(name, &(0..name.len())).within(name))
}

/// Parses the text between the brackets of a subscript, as in `10:20, ::2, -1`.
///
/// # Errors
/// When it is not a list of integers, slices, `...` and `None`.
#[doc(hidden)]
pub fn parse_subscript(text: &str) -> Result<Vec<Index>, TextError> {
    let Subscript { whole, items, comma } = Subscript::parse(text)?;
    subscript::region(&items, comma).map_err(|fault| fault.within(&whole))
}

/// A parsed subscript that may hold arrays of indices and masks, as in `rows, 2:5` or `a > 3`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Subscript {
    whole: String,
    items: Vec<Item>,
    comma: bool,
}

impl Subscript {
    /// Parses the text between the brackets.
    ///
    /// # Errors
    /// When it is not a subscript of Python's grammar.
    pub fn parse(text: &str) -> Result<Subscript, TextError> {
        let whole = format!("a[{text}]");
        let parse = || {
            let root = parser::parse(&whole)?;
            match root.kind {
                Kind::Subscript(object, items, comma) if object.span == (0..1) => Ok((items, comma)),
                _ => Err(error::Fault::new(&root.span, "not a subscript")),
            }
        };
        let parsed = parse().map_err(|fault| fault.within(&whole));
        parsed.map(|(items, comma)| Subscript { whole, items, comma })
    }

    /// The names of variables that it uses.
    pub fn names(&self) -> Vec<&str> {
        let mut names = BTreeSet::new();
        self.items.iter().for_each(|item| lower::item_names(item, &mut names));
        names.into_iter().collect()
    }

    /// Its parts.
    ///
    /// # Errors
    /// As [`Formula::lower`], and when a part is no index.
    pub fn parts(
        &self,
        variables: &BTreeMap<String, Expr>,
        context: &Context,
    ) -> Result<Vec<Part>, TextError> {
        subscript::parts(variables, context, &self.items, self.comma)
            .map_err(|fault| fault.within(&self.whole))
    }
}

#[cfg(test)]
mod tests;
