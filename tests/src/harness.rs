//! Runs golden cases through the engine in every layout, and reports every difference.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrstore::text::{Formula, TextError};
use arrstore::{Context, Error, Expr, Plan, Target, Value};

use crate::compare::{Wanted, compare};
use crate::golden::{Array, Case, Expect, Golden};
use crate::layout::Layout;

/// A case with a wrong outcome.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The expression.
    pub expr: String,
    /// Types and shapes of the inputs.
    pub inputs: String,
    /// Layouts that failed in the same way.
    pub layouts: Vec<Layout>,
    /// The expected and the actual outcome.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layouts = if self.layouts.len() == Layout::ALL.len() {
            "every layout".into()
        } else {
            format!("{:?}", self.layouts)
        };
        write!(f, "{}  with {}\n    {}  ({layouts})", self.expr, self.inputs, self.what)
    }
}

/// The result of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Evaluations that were compared.
    pub runs: usize,
    /// All failures, in the order of the cases.
    pub failures: Vec<Failure>,
}

/// Memory of a run: plenty for these sizes.
pub const PLENTY: u64 = 256 << 20;

/// Runs every case in every layout. Layouts with one grid must agree to the bit; so must a run with another number of
/// threads and another budget.
///
/// # Errors
/// When the inputs cannot be laid out.
pub fn run(golden: &Golden, layouts: &[Layout]) -> Result<Report, Error> {
    let folder = tempfile::tempdir().map_err(|e| Error::io(std::env::temp_dir(), e))?;
    let needed: Vec<usize> = needed(golden);
    let arrays: Vec<&Array> = needed.iter().map(|&i| &golden.arrays[i]).collect();
    let mut report = Report::default();
    // Findings by case and text, so that equal failures of several layouts are reported once.
    let mut found: BTreeMap<(usize, String), Vec<Layout>> = BTreeMap::new();
    let mut first: BTreeMap<_, (Layout, Vec<u8>)> = BTreeMap::new();
    for &layout in layouts {
        let laid: BTreeMap<usize, Expr> = needed
            .iter()
            .zip(layout.lay(&arrays, folder.path())?)
            .filter_map(|(&i, expr)| Some((i, expr?)))
            .collect();
        let context = Context::new(PLENTY, 1);
        for (n, case) in golden.cases.iter().enumerate() {
            let Some(variables) = variables(case, &laid) else { continue };
            report.runs += 1;
            let outcome = evaluate(&case.expr, &variables, &context);
            let mut tell = |what| found.entry((n, what)).or_default().push(layout);
            if let Some(what) = judge(golden, case, &outcome) {
                tell(what);
            }
            let Ok(value) = outcome else { continue };
            let (other, bytes) =
                first.entry((n, layout.grid())).or_insert_with(|| (layout, value.bytes().to_vec()));
            if bytes.as_slice() != value.bytes() {
                tell(format!("other bits than in layout {other:?}"));
            }
            if layout == Layout::C || layout == Layout::Chunks {
                report.runs += 1;
                let again = evaluate(&case.expr, &variables, &Context::new(PLENTY / 8, 3));
                if again.map_or(true, |v| v.bytes() != value.bytes()) {
                    tell("other bits with three threads and less memory".into());
                }
            }
        }
    }
    report.failures = found
        .into_iter()
        .map(|((n, what), layouts)| {
            let case = &golden.cases[n];
            Failure { expr: case.expr.clone(), inputs: describe(golden, case), layouts, what }
        })
        .collect();
    Ok(report)
}

/// The indices of the arrays that the cases use.
fn needed(golden: &Golden) -> Vec<usize> {
    let mut numbers: Vec<usize> = golden.cases.iter().flat_map(|c| &c.inputs).map(|i| i.1).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn variables(case: &Case, laid: &BTreeMap<usize, Expr>) -> Option<BTreeMap<String, Expr>> {
    case.inputs.iter().map(|(name, i)| Some((name.clone(), laid.get(i)?.clone()))).collect()
}

fn describe(golden: &Golden, case: &Case) -> String {
    let one = |(name, i): &(String, usize)| {
        let array = &golden.arrays[*i];
        format!("{name}: {}{:?}", array.dtype, array.shape)
    };
    case.inputs.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The reason why an evaluation gave no value.
#[derive(Debug)]
pub enum Stop {
    /// It was refused, with this message; `true` when the expression is the reason, and not the machine.
    Refused(String, bool),
    /// It panicked.
    Panicked(String),
}

/// Evaluates a text to memory.
///
/// # Errors
/// A refusal or a panic.
pub fn evaluate(expr: &str, variables: &BTreeMap<String, Expr>, context: &Context) -> Result<Value, Stop> {
    let attempt = || {
        let engine = |e: Error| Stop::Refused(e.to_string(), about_words(&e));
        let formula = Formula::parse(expr).map_err(|e| Stop::Refused(e.message().to_owned(), true))?;
        let refused =
            |e: TextError| Stop::Refused(e.message().to_owned(), e.engine_error().is_none_or(about_words));
        let roots = formula.lower(variables).map_err(refused)?;
        let roots: Vec<(Expr, Target)> = roots.into_iter().map(|r| (r, Target::Memory)).collect();
        let values = Plan::new(&roots, context).map_err(engine)?.run(context).map_err(engine)?;
        let mut values = values.into_iter().flatten();
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            _ => Err(Stop::Refused("not one value".into(), false)),
        }
    };
    catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|panic| {
        let text =
            panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(Stop::Panicked(text.unwrap_or("").to_owned()))
    })
}

fn about_words(error: &Error) -> bool {
    !matches!(
        error,
        Error::Budget { .. }
            | Error::Cancelled
            | Error::Npy { .. }
            | Error::Io { .. }
            | Error::Format(_)
            | Error::Other(_)
    )
}

/// The mistake in an outcome, if there is one.
fn judge(golden: &Golden, case: &Case, outcome: &Result<Value, Stop>) -> Option<String> {
    match (&case.expect, outcome) {
        (_, Err(Stop::Panicked(text))) => Some(format!("panicked: {text}")),
        (Expect::Refusal(_), Err(Stop::Refused(_, true))) => None,
        (Expect::Refusal(kind), Err(Stop::Refused(text, false))) => {
            Some(format!("expected a refusal ({kind}), got another error: {text}"))
        }
        (Expect::Refusal(kind), Ok(v)) => {
            Some(format!("expected a refusal ({kind}), got {} of shape {:?}", v.dtype(), v.shape()))
        }
        (Expect::Answer { want, .. }, Err(Stop::Refused(text, _))) => {
            let want = &golden.arrays[*want];
            Some(format!("expected {} of shape {:?}, got an error: {text}", want.dtype, want.shape))
        }
        (Expect::Answer { want, also, tol }, Ok(value)) => {
            let array = |i: &Option<usize>| i.map(|i| &golden.arrays[i]);
            let wanted = Wanted { want: &golden.arrays[*want], also: array(also), tol: array(tol) };
            let differs = compare(wanted, value.dtype(), value.shape(), value.bytes()).err()?;
            Some(format!("{differs}{}", operands(golden, case, wanted.want, &differs)))
        }
    }
}

/// The input elements behind the first wrong element, if they are easy to find: for inputs that broadcast.
fn operands(golden: &Golden, case: &Case, want: &Array, differs: &crate::compare::Mismatch) -> String {
    use crate::arranged::{coordinates, position};
    let crate::compare::Mismatch::Elements { first, .. } = differs else { return String::new() };
    let index = coordinates(*first as u64, &want.shape);
    let one = |(name, i): &(String, usize)| {
        let array = &golden.arrays[*i];
        let lead = index.len().checked_sub(array.shape.len())?;
        let fits = array.shape.iter().zip(&index[lead..]).all(|(&n, &i)| n == 1 || i < n);
        let within: Vec<u64> =
            array.shape.iter().zip(&index[lead..]).map(|(&n, &i)| if n == 1 { 0 } else { i }).collect();
        let at = position(&within, &array.shape) * array.dtype.size();
        let bytes = array.bytes.get(at..at + array.dtype.size()).filter(|_| fits)?;
        Some(format!("{name} = {}", crate::compare::show(array.dtype, bytes)))
    };
    match case.inputs.iter().map(one).collect::<Option<Vec<_>>>() {
        Some(texts) if array_like(golden, case, want) => format!(" for {}", texts.join(", ")),
        _ => String::new(),
    }
}

/// Whether the answer has the shape to which the inputs broadcast, so that elements correspond.
fn array_like(golden: &Golden, case: &Case, want: &Array) -> bool {
    case.inputs.iter().any(|(_, i)| golden.arrays[*i].shape == want.shape) && !case.expr.contains('[')
}
