//! The arguments of a call, and their binding to the parameters of a function by Python's rules.

use std::ops::Range;

use super::error::{Fault, Result};
use super::meaning::{Meaning, Placed};
use crate::{Context, DType, Expr};

/// Bytes of memory for an element that is needed while an expression is built.
const ELEMENT: u64 = 128;

/// An argument's name, if the call gives one.
pub(super) type Keyword = Option<(String, Range<usize>)>;

/// A call before its function is known to exist.
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    /// The place of the function's name.
    pub(super) at: Range<usize>,
    /// The object of a method call.
    pub(super) object: Option<Placed>,
    /// Memory and threads to count elements with, where a shape depends on data; `None`: the default.
    pub(super) context: Option<&'a Context>,
    /// The arguments in order, with their names.
    pub(super) given: Vec<(Keyword, Placed)>,
}

/// The arguments by the names of the parameters.
pub(super) struct Bound {
    pub(super) at: Range<usize>,
    pub(super) function: String,
    values: Vec<(&'static str, Placed)>,
}

impl Call<'_> {
    /// Memory and threads to count elements with, where a shape depends on data.
    pub(super) fn context(&self) -> Context {
        self.context.cloned().unwrap_or_default()
    }

    /// The elements of a small array of integers or truth values, which are computed at once because a shape depends on
    /// them. All that is made of an element takes up to [`ELEMENT`] bytes.
    pub(super) fn elements(&self, array: &Expr, at: &Range<usize>) -> Result<Vec<i64>> {
        let (context, count) = (self.context(), crate::elements(array.shape()));
        let bytes = count.map_err(|e| Fault::engine(at, e))?.saturating_mul(ELEMENT);
        if bytes > context.budget.total() / 4 {
            let what = format!("{} with so many elements of an argument", self.name);
            return Err(Fault::engine(at, context.budget.refusal(bytes.saturating_mul(4), &what)));
        }
        let exact = crate::promote::is_exact(array.dtype()) || array.shape().contains(&0);
        if !exact {
            return Err(Fault::new(at, format!("expected integers, found elements of {}", array.dtype())));
        }
        let whole = array.cast(DType::I64).map_err(|e| Fault::engine(at, e))?;
        let value = crate::plan::evaluate_in(&whole, &context).map_err(|e| Fault::engine(at, e))?;
        Ok(value.bytes().chunks_exact(8).map(bytemuck::pod_read_unaligned).collect())
    }

    /// The positional arguments in order. The object of a method call comes first.
    pub(super) fn positional(&self) -> impl Iterator<Item = &Placed> {
        self.object.iter().chain(self.given.iter().filter(|g| g.0.is_none()).map(|g| &g.1))
    }

    /// Binds the arguments to `parameters`, which are written as in Python. Parameters after `*` or `*args` take arguments
    /// only by name. A parameter that ends in `?` is optional.
    pub(super) fn bind(&self, parameters: &'static [&'static str]) -> Result<Bound> {
        let bare = |p: &'static str| p.trim_end_matches('?');
        let by_position = parameters.iter().take_while(|p| !p.starts_with('*')).count();
        let mut values: Vec<(&'static str, Placed)> = Vec::new();
        for (i, placed) in self.positional().enumerate() {
            let Some(&parameter) = parameters.get(i).filter(|_| i < by_position) else {
                let message = format!("{} takes at most {by_position} argument(s) by position", self.name);
                return Err(Fault::new(&placed.span, message).help(self.usage(parameters)));
            };
            values.push((bare(parameter), placed.clone()));
        }
        for (name, placed) in &self.given {
            let Some((name, at)) = name else { continue };
            let known =
                parameters.iter().copied().filter(|p| !p.starts_with('*')).map(bare).find(|p| p == name);
            let Some(parameter) = known else {
                let fault = Fault::new(at, format!("{} has no argument '{name}'", self.name));
                let usage = self.usage(parameters);
                return Err(match instead(name) {
                    Some(instead) => fault.help(format!("{usage}; {instead}")),
                    None => fault.help(usage),
                });
            };
            if values.iter().any(|(n, _)| *n == parameter) {
                return Err(Fault::new(at, format!("the argument '{parameter}' is given twice")));
            }
            values.push((parameter, placed.clone()));
        }
        let needed = parameters.iter().filter(|p| !p.starts_with('*') && !p.ends_with('?'));
        for parameter in needed {
            if !values.iter().any(|(n, _)| n == parameter) {
                let fault = Fault::new(&self.at, format!("{} needs the argument '{parameter}'", self.name));
                return Err(fault.help(self.usage(parameters)));
            }
        }
        Ok(Bound { at: self.at.clone(), function: self.name.to_owned(), values })
    }

    /// All arguments that are given by position, and the others bound to `parameters`, as of a function with `*args`.
    pub(super) fn bind_rest(&self, parameters: &'static [&'static str]) -> Result<(Vec<&Placed>, Bound)> {
        let named = self.given.iter().filter(|g| g.0.is_some()).cloned().collect();
        let call = Call { object: None, given: named, at: self.at.clone(), ..*self };
        Ok((self.positional().collect(), call.bind(parameters)?))
    }

    fn usage(&self, parameters: &[&str]) -> String {
        let list: Vec<String> = parameters
            .iter()
            .map(|p| p.strip_suffix('?').map_or_else(|| (*p).to_owned(), |name| format!("[{name}]")))
            .collect();
        format!("{}({})", self.name, list.join(", "))
    }
}

/// A suggestion in place of an argument that functions of NumPy take, and functions here do not.
fn instead(argument: &str) -> Option<&'static str> {
    match argument {
        "out" => Some("a result goes where the command or the program sends it"),
        "where" => Some("to choose elements, write where(condition, result, other)"),
        "dtype" => Some("to compute in another type, convert an array first: x.astype(float32)"),
        "casting" => Some("cast an array first: x.astype(int8)"),
        "order" | "subok" | "like" => Some("leave it out: no value of it changes an element"),
        _ => None,
    }
}

impl Bound {
    /// An argument, if the call has it.
    pub(super) fn get(&self, name: &str) -> Option<&Placed> {
        self.values.iter().find(|(n, _)| *n == name).map(|(_, p)| p)
    }

    /// An argument, if the call has it and it is not `None`.
    pub(super) fn some(&self, name: &str) -> Option<&Placed> {
        self.get(name).filter(|p| !p.is_none())
    }

    pub(super) fn need(&self, name: &str) -> Result<&Placed> {
        self.get(name)
            .ok_or_else(|| Fault::new(&self.at, format!("{} needs the argument '{name}'", self.function)))
    }

    pub(super) fn array(&self, name: &str) -> Result<Expr> {
        self.need(name)?.array()
    }

    /// Several arrays: a tuple or a list of them.
    pub(super) fn arrays(&self, name: &str) -> Result<Vec<Expr>> {
        self.need(name)?.arrays()
    }

    pub(super) fn axes(&self, name: &str) -> Result<Option<Vec<i64>>> {
        self.get(name).map_or(Ok(None), Placed::axes)
    }

    pub(super) fn boolean(&self, name: &str) -> Result<bool> {
        self.get(name).map_or(Ok(false), Placed::boolean)
    }

    /// Checks the arguments that change no element here: `copy`, `subok` and `writeable` are truth values, and `order`
    /// is a layout in memory.
    pub(super) fn check_idle(&self) -> Result<()> {
        for name in ["copy", "subok", "writeable"] {
            self.some(name).map(Placed::boolean).transpose()?;
        }
        match self.some("order").map(|order| (order, &order.meaning)) {
            None => Ok(()),
            Some((_, Meaning::Str(order)))
                if ["C", "F", "A", "K"].iter().any(|o| o.eq_ignore_ascii_case(order)) =>
            {
                Ok(())
            }
            Some((order, _)) => Err(Fault::value(&order.span, "order is 'C', 'F', 'A' or 'K'")
                .help("no order changes an element, so it can be left out")),
        }
    }

    /// An integer, or `otherwise` if the call has none.
    pub(super) fn integer_or(&self, name: &str, otherwise: i64) -> Result<i64> {
        self.get(name).map_or(Ok(otherwise), Placed::integer)
    }

    /// The number of a diagonal, or 0. It may lie beyond any matrix.
    pub(super) fn diagonal(&self, name: &str) -> Result<i64> {
        self.get(name).map_or(Ok(0), Placed::bound)
    }

    /// A type, if the call has one.
    pub(super) fn dtype(&self, name: &str) -> Result<Option<DType>> {
        self.some(name).map(Placed::dtype).transpose()
    }

    /// The lengths of a shape: a number or a tuple.
    pub(super) fn shape(&self, name: &str) -> Result<Vec<u64>> {
        self.need(name)?.lengths()
    }

    /// An error of the engine, placed at the argument named `about` or, without such an argument, at the function's
    /// name.
    pub(super) fn fault(&self, about: &str, error: crate::Error) -> Fault {
        let axis = matches!(error, crate::Error::Axis { .. } | crate::Error::DuplicateAxis(_));
        let at = self.get(about).filter(|_| axis || about != "axis").map_or(&self.at, |p| &p.span);
        Fault::engine(at, error)
    }
}
