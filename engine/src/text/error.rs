//! An error that points at its place in the text.

use std::fmt;
use std::ops::Range;

/// An error in the text of an expression, with its place.
///
/// Its `Display` has three lines: the message, the line of the text, and carets under the faulty part. A fourth line
/// holds the help, if there is any.
#[derive(Debug)]
pub struct TextError {
    /// `None` for a call that comes from no text.
    text: Option<String>,
    fault: Box<Fault>,
}

/// The result of a step from text to expression.
pub(crate) type Result<T> = std::result::Result<T, Fault>;

/// An error without its text. All steps use it, and [`Fault::within`] adds the text.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) source: Option<Box<crate::Error>>,
}

impl Fault {
    pub(crate) fn new(span: &Range<usize>, message: impl Into<String>) -> Fault {
        Fault { span: span.clone(), message: message.into(), help: None, source: None }
    }

    /// An argument of the right type with a value that the function does not take.
    pub(crate) fn value(span: &Range<usize>, message: impl Into<String>) -> Fault {
        Fault::engine(span, crate::Error::Value(message.into()))
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }

    /// An error of the engine from building the part at `span`.
    pub(crate) fn engine(span: &Range<usize>, error: crate::Error) -> Fault {
        Fault { span: span.clone(), message: error.to_string(), help: None, source: Some(Box::new(error)) }
    }

    pub(crate) fn within(self, text: &str) -> TextError {
        TextError { text: Some(text.to_owned()), fault: Box::new(self) }
    }

    /// The error of a call that comes from no text.
    pub(crate) fn alone(self) -> TextError {
        TextError { text: None, fault: Box::new(self) }
    }
}

impl TextError {
    /// Whether the error is of a call that comes from no text.
    #[doc(hidden)]
    pub fn is_call(&self) -> bool {
        self.text.is_none()
    }

    /// The message alone, without the place.
    pub fn message(&self) -> &str {
        &self.fault.message
    }

    /// The faulty part, as a range of bytes of the text.
    pub fn span(&self) -> Range<usize> {
        self.fault.span.clone()
    }

    /// A remedy, if there is one.
    pub fn help(&self) -> Option<&str> {
        self.fault.help.as_deref()
    }

    /// The engine's own error, if the text is well formed but cannot be built.
    pub fn engine_error(&self) -> Option<&crate::Error> {
        self.fault.source.as_deref()
    }
}

/// The longest piece of a line that is shown around the place.
const SHOWN: usize = 100;

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { span, message, help, .. } = self.fault.as_ref();
        let Some(text) = &self.text else {
            f.write_str(message)?;
            return help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"));
        };
        writeln!(f, "{message}")?;
        let (before, rest) = split(text, span.start);
        let (inside, after) = split(rest, span.len());
        let head: Vec<char> = before.rsplit('\n').next().unwrap_or("").chars().map(plain).collect();
        let meant: Vec<char> = inside.split('\n').next().unwrap_or("").chars().map(plain).collect();
        let tail = if inside.contains('\n') { "" } else { after.split('\n').next().unwrap_or("") };

        let skip = head.len().saturating_sub(SHOWN / 2);
        let dots = if skip > 0 { "..." } else { "" };
        let line: String = head
            .iter()
            .skip(skip)
            .copied()
            .chain(meant.iter().copied())
            .chain(tail.chars().map(plain))
            .collect();
        let shown: String = line.chars().take(SHOWN).collect();
        let column = dots.len() + head.len() - skip;
        let width = meant.len().clamp(1, SHOWN.saturating_sub(head.len() - skip).max(1));
        writeln!(f, "  {dots}{shown}")?;
        write!(f, "  {:column$}{}", "", "^".repeat(width))?;
        match help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

/// Control characters would move the carets (and may do worse to a terminal).
fn plain(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

impl std::error::Error for TextError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.engine_error().and_then(std::error::Error::source)
    }
}

/// The candidate nearest to `name`, if it is near enough for a typing error.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > 64 {
        return None;
    }
    let allowed = match name.chars().count() {
        0 | 1 => 0,
        2..=4 => 1,
        _ => 2,
    };
    candidates
        .into_iter()
        .map(|c| (distance(&name.to_lowercase(), &c.to_lowercase()), c))
        .filter(|&(d, _)| d <= allowed)
        .min_by_key(|&(d, _)| d)
        .map(|(_, c)| c)
}

/// Levenshtein distance, with a swap of neighbours as one edit.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let mut best = (rows[i][j] + usize::from(a[i] != b[j])).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
