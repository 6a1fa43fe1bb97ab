//! Text for people: error chains, sizes, shapes, tables.

use std::borrow::Cow;
use std::error::Error;
use std::time::UNIX_EPOCH;

use arrstore::DType;
use arrstore::formats::{self, Choice};
use arrstore::text::TextError;
use arrstore_format::HeaderError;
use bytesize::ByteSize;

/// The text without characters that control a terminal or change the direction of writing: they become `\u001b` and the
/// like, as in JSON. Tabs and line ends stay. Text from a file may hold any character.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| {
        let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || (c.is_control() && c != '\n' && c != '\t')
    };
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let escaped = |c: char| if obeyed(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    Cow::Owned(text.chars().map(escaped).collect())
}

/// An error with its causes, each once, and the flag that would help.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut hint = String::new();
    for cause in std::iter::successors(Some(error), |&error| error.source()) {
        hint = if hint.is_empty() { flag(cause) } else { hint };
        let words = cause.to_string();
        if parts.iter().any(|p| p.contains(&words)) {
            continue;
        }
        // A cause that begins with the text before it replaces that text.
        parts.retain(|p| !words.starts_with(p.as_str()));
        parts.push(words);
    }
    printable(&(parts.join(": ") + &hint)).into_owned()
}

/// The flag that would help, as text to append to the library's error. The library knows no flags.
fn flag(error: &(dyn Error + 'static)) -> String {
    if let Some(choice) = error.downcast_ref::<formats::Error>().and_then(formats::Error::choice) {
        return choose(choice).to_owned();
    }
    if let Some(arrstore_format::Error::Header(HeaderError::Crc(_))) = error.downcast_ref() {
        return " (arrstore verify --repair)".to_owned();
    }
    let engine = match error.downcast_ref::<TextError>() {
        Some(text) => text.engine_error(),
        None => error.downcast_ref::<arrstore::Error>(),
    };
    match engine {
        Some(arrstore::Error::Budget { needed, result, .. }) => {
            let file = if *result { ", or write the result to a file with -o" } else { "" };
            format!("; try --memory {}MiB{file}", needed.div_ceil(1 << 20))
        }
        Some(arrstore::Error::Format(error)) => flag(error),
        Some(arrstore::Error::NeedsCopy(_)) => "\n  help: write the operand to a file with -o".to_owned(),
        _ => String::new(),
    }
}

/// The flag for a choice that the library's error asks for.
fn choose(choice: Choice) -> &'static str {
    match choice {
        Choice::ElementType => ", as in --dtype bfloat16",
        Choice::PlainElements => " (--dtype, --shape)",
        Choice::Codec => "; try --codec zstd:1",
        Choice::TemporaryFolder => " (--tmp chooses another folder)",
        Choice::Wait { waited: false } => "; --wait 30s waits for it",
        Choice::Wait { waited: true } => "; the time of --wait is over",
        _ => "",
    }
}

/// Bytes for people: `12.5 MiB`.
pub(crate) fn bytes(n: u64) -> String {
    ByteSize::b(n).display().iec().to_string()
}

/// Bytes of an array's elements; `u64::MAX` if there are more.
pub(crate) fn size(dtype: DType, shape: &[u64]) -> u64 {
    arrstore::elements(shape).unwrap_or(u64::MAX).saturating_mul(dtype.size() as u64)
}

/// A shape as on the command line: `1000x1000`, or `()` for no axes.
pub(crate) fn shape(shape: &[u64]) -> String {
    if shape.is_empty() {
        return "()".to_owned();
    }
    shape.iter().map(u64::to_string).collect::<Vec<_>>().join("x")
}

/// Rows in aligned columns; `right` marks the columns of numbers.
pub(crate) fn table(rows: &[Vec<String>], right: &[bool]) -> String {
    let cell = |text: &String| printable(text).replace('\n', "\\u000a");
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |k: usize| rows.iter().filter_map(|r| r.get(k)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(k, (cell, &width))| {
            if right.get(k) == Some(&true) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// A time, as its distance from now.
pub(crate) fn ago(seconds: f64) -> String {
    let now = UNIX_EPOCH.elapsed().map_or(0.0, |d| d.as_secs_f64());
    let age = (now - seconds).max(0.0);
    let (count, unit) = match age {
        a if a < 120.0 => (a, "seconds"),
        a if a < 7200.0 => (a / 60.0, "minutes"),
        a if a < 172_800.0 => (a / 3600.0, "hours"),
        a => (a / 86_400.0, "days"),
    };
    format!("{count:.0} {unit} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [vec!["a".into(), "1".into()], vec!["long".into(), "100".into()]];
        assert_eq!(table(&rows, &[false, true]), "a       1\nlong  100\n");
        assert_eq!(shape(&[]), "()");
        assert_eq!(shape(&[3, 40]), "3x40");
    }

    #[test]
    fn terminals_obey_nothing_that_is_printed() {
        assert_eq!(printable("a\tb\nc\rd"), "a\tb\nc\\u000dd");
        assert_eq!(printable("\u{1b}[2J \u{9b}2J \u{7f} \u{202e}"), "\\u001b[2J \\u009b2J \\u007f \\u202e");
        assert_eq!(printable("/Über/海/🌊"), "/Über/海/🌊");
        let rows = [vec!["by\n\u{1b}[31m".into(), "1".into()], vec!["longer than that".into(), "2".into()]];
        assert_eq!(table(&rows, &[false, true]), "by\\u000a\\u001b[31m  1\nlonger than that    2\n");
        let error = anyhow::anyhow!("no array '\u{1b}[2J'").context("x.arrs");
        assert_eq!(chain(&*error), "x.arrs: no array '\\u001b[2J'");
    }

    #[test]
    fn errors_of_the_library_name_the_options_that_help() {
        let error = arrstore::Error::Budget {
            what: "a sum".into(),
            needed: (3 << 20) + 1,
            budget: 1 << 20,
            result: true,
        };
        let words = chain(&*anyhow::Error::new(error).context("x.npy"));
        assert!(words.ends_with("; try --memory 4MiB, or write the result to a file with -o"), "{words}");
        let four = arrstore::Value::copied_from(DType::U8, &[2, 2], &[1, 2, 3, 4]).unwrap();
        let t = arrstore::Expr::source(std::sync::Arc::new(four)).unwrap();
        let formula = arrstore::text::Formula::parse("reshape(t.T, 4)").unwrap();
        let error = formula.lower(&[("t".to_owned(), t)].into()).unwrap_err();
        assert!(chain(&error).contains("help: write the operand to a file with -o"));
    }

    #[test]
    fn a_cause_is_said_once() {
        let inner = std::io::Error::other("disk gone");
        let error = anyhow::Error::new(inner).context("reading x: disk gone").context("converting");
        assert_eq!(chain(&*error), "converting: reading x: disk gone");
        let path = anyhow::anyhow!("x.npy: cut short").context("x.npy");
        assert_eq!(chain(&*path), "x.npy: cut short");
    }
}
