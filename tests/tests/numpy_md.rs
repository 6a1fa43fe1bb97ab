//! `docs/numpy.md` lists every function of NumPy with our state. It is made from the table of functions, NumPy's names in
//! `numpy/names.txt` and the notes in `numpy/notes.txt`. This test fails when the page differs from what they say.
//!
//! To write the page again: `ARRSTORE_WRITE=1 cargo test -p arrstore-tests --test numpy_md`. That also takes out notes
//! about what to write instead of a function that has come to exist.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use arrstore::Array;
use arrstore::text::{self, Entry, Formula};

const AGAIN: &str = "ARRSTORE_WRITE=1 cargo test -p arrstore-tests --test numpy_md";

/// What a note says.
#[derive(Clone, Debug, PartialEq)]
enum Note {
    /// An expression to write instead.
    Instead(String),
    /// Words: a difference of a function that exists, or what to do instead.
    Words(String),
}

/// The state of a function of NumPy.
enum State {
    Same(Entry),
    Differs(Entry, String),
    Composed(String),
    NotYet,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The namespaces in order, with the names of their functions.
fn names(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in lines(text) {
        match line.strip_prefix('[') {
            Some(space) => all.push((space.trim_end_matches(']'), Vec::new())),
            None => all.last_mut().unwrap().1.push(line),
        }
    }
    all
}

fn notes(text: &str) -> BTreeMap<&str, Note> {
    let note = |line| match str::split_once(line, " = ") {
        Some((name, code)) if !name.contains(':') => (name, Note::Instead(code.to_owned())),
        _ => {
            let (name, words) = str::split_once(line, ": ").expect("a note has ' = ' or ': ' after the name");
            (name, Note::Words(words.to_owned()))
        }
    };
    lines(text).map(note).collect()
}

/// Functions that texts share with other elements.
const OF_TEXTS_TOO: [&str; 9] =
    ["add", "equal", "greater", "greater_equal", "less", "less_equal", "multiply", "not_equal", "partition"];

/// The function of ours that does what NumPy's function of this name does.
fn ours(space: &str, name: &str) -> Option<Entry> {
    let entry = text::function(name).ok()?;
    let same = match space {
        "np" => true,
        // these work on the last two axes, and np's on the first two
        "np.linalg" => !["cross", "diagonal", "trace"].contains(&name),
        "np.fft" => entry.family == "fft",
        "np.strings" => entry.family == "strings" || OF_TEXTS_TOO.contains(&name),
        _ => entry.family == "random",
    };
    same.then_some(entry)
}

fn state(space: &str, name: &str, notes: &BTreeMap<&str, Note>) -> State {
    match (ours(space, name), notes.get(format!("{space}.{name}").as_str())) {
        (Some(entry), Some(Note::Words(words))) => State::Differs(entry, words.clone()),
        (Some(entry), _) => State::Same(entry),
        (None, Some(Note::Instead(code))) => State::Composed(format!("`{code}`")),
        (None, Some(Note::Words(words))) => State::Composed(words.clone()),
        (None, None) => State::NotYet,
    }
}

fn page(names: &[(&str, Vec<&str>)], notes: &BTreeMap<&str, Note>) -> String {
    let mut out = String::from(
        "# NumPy's functions\n\n\
        This page lists the public functions of NumPy 2.4 and their state in the text language of `arrstore eval`. It is \
        generated\nfrom the table of functions that `arrstore functions` prints.\n\n\
        - **same**: the function exists, with NumPy's results.\n\
        - **differs**: it exists, with the difference that is named.\n\
        - **composed**: write the expression, or do what is said, instead. In expressions, `a` and `b` have two axes, `m` is \
        a\n  square matrix, and `x` and `y` have one axis.\n\
        - **not yet**: there is no way to compute it.\n\n",
    );
    let word = |state: &State| match state {
        State::Same(_) => "same",
        State::Differs(..) => "differs",
        State::Composed(_) => "composed",
        State::NotYet => "not yet",
    };
    let states: Vec<Vec<State>> =
        names.iter().map(|(space, all)| all.iter().map(|name| state(space, name, notes)).collect()).collect();
    out +=
        "| namespace | functions | same | differs | composed | not yet |\n|---|---:|---:|---:|---:|---:|\n";
    for ((space, all), states) in names.iter().zip(&states) {
        write!(out, "| `{space}` | {} |", all.len()).unwrap();
        for wanted in ["same", "differs", "composed", "not yet"] {
            write!(out, " {} |", states.iter().filter(|state| word(state) == wanted).count()).unwrap();
        }
        out += "\n";
    }
    for ((space, all), states) in names.iter().zip(&states) {
        write!(out, "\n## {space}\n\n| function | state | |\n|---|---|---|\n").unwrap();
        for (name, state) in all.iter().zip(states) {
            let about = match state {
                State::Same(entry) if entry.name == *name => entry.help.to_owned(),
                State::Same(entry) => format!("{} (`{}`)", entry.help, entry.name),
                State::Differs(entry, words) => format!("{}; {words}", entry.help),
                State::Composed(words) => words.clone(),
                State::NotYet => String::new(),
            };
            writeln!(out, "| `{name}` | {} | {} |", word(state), about.replace('|', "\\|")).unwrap();
        }
    }
    out
}

#[test]
fn the_page_says_what_the_table_of_functions_says() {
    let (lists, path) = (folder().join("numpy"), folder().join("../docs/numpy.md"));
    let [names_text, notes_text] =
        ["names.txt", "notes.txt"].map(|file| std::fs::read_to_string(lists.join(file)).unwrap());
    let (names, mut notes) = (names(&names_text), notes(&notes_text));
    let known =
        |name: &str| names.iter().any(|(space, all)| all.iter().any(|n| format!("{space}.{n}") == name));
    let unknown: Vec<_> = notes.keys().filter(|name| !known(name)).collect();
    assert!(unknown.is_empty(), "notes.txt names functions that NumPy does not have: {unknown:?}");

    // a function that exists needs no expression instead of it
    let exists = |name: &str| name.rsplit_once('.').is_some_and(|(space, name)| ours(space, name).is_some());
    let past = |(name, note): (&&str, &Note)| matches!(note, Note::Instead(_)) && exists(name);
    let past: Vec<String> =
        notes.iter().filter(|(name, note)| past((name, note))).map(|(name, _)| (*name).to_owned()).collect();
    notes.retain(|name, _| !past.iter().any(|past| past == name));
    let page = page(&names, &notes);

    if std::env::var_os("ARRSTORE_WRITE").is_some() {
        let stays = |line: &&str| !past.iter().any(|name| line.starts_with(&format!("{name} = ")));
        let kept: Vec<&str> = notes_text.lines().filter(stays).collect();
        std::fs::write(lists.join("notes.txt"), kept.join("\n") + "\n").unwrap();
        std::fs::write(path, page).unwrap();
        return;
    }
    assert!(
        past.is_empty(),
        "notes.txt says what to write instead of functions that exist: {past:?}; run {AGAIN}"
    );
    let found = std::fs::read_to_string(path).unwrap_or_default();
    let differs = found.lines().zip(page.lines()).find(|(found, made)| found != made);
    assert!(found == page, "docs/numpy.md is out of date, first at {differs:?}; run {AGAIN}");
}

#[test]
fn what_to_write_instead_computes() {
    let text = std::fs::read_to_string(folder().join("numpy/notes.txt")).unwrap();
    let a = Array::from(&ndarray::array![[1.0, 2.0, 3.5], [-4.0, 0.0, 6.0]]);
    let m = Array::from(&ndarray::array![[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 4.0]]);
    let x = Array::from(&ndarray::array![0.0, 1.0, 2.5, 4.0]);
    let variables = [("a", &a), ("b", &a), ("m", &m), ("x", &x), ("y", &x)];
    for (name, note) in notes(&text) {
        let Note::Instead(code) = note else { continue };
        let results = Formula::parse(&code)
            .map_err(arrstore::Error::from)
            .and_then(|formula| formula.arrays(&variables));
        for result in results.unwrap_or_else(|error| panic!("{name}: {error}")) {
            result.compute().unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}
