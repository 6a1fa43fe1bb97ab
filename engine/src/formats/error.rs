//! The reasons why an array cannot be opened, or a result not written.

use std::fmt::{self, Display};
use std::io;

use crate::error::{ErrorKind, of_system};
use crate::text::TextError;

/// An error of the formats. Its text begins with the file, and with the array if one is meant.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A request that does not fit the files: an array that the file does not have, a place that holds something else,
    /// two results in one place.
    Request(String),
    /// A file, or an array in it, that does not exist.
    Missing(String),
    /// Contents that cannot be read: damaged, cut short, or of an unsupported kind.
    Content(String),
    /// An error that a choice of the caller would avoid.
    Needs {
        /// The choice.
        choice: Choice,
        /// The error without it.
        source: Box<Error>,
    },
    /// An error with its place.
    At {
        /// The file, the array in it, or the step.
        place: String,
        /// The error at that place.
        source: Box<Error>,
    },
    /// The operating system refused.
    Io(io::Error),
    /// The engine refused.
    Engine(crate::Error),
    /// The `.arrs` file refused.
    Arrs(arrstore_format::Error),
    /// A subscript that cannot be read.
    Subscript(TextError),
}

/// A choice of the library's caller that would avoid an error. A program with options names the option for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice {
    /// The type of elements for which the file has no name ([`Elements::dtype`](super::Elements)).
    ElementType,
    /// Type and shape of plain elements ([`Elements`](super::Elements)).
    PlainElements,
    /// A codec that the format supports (`Meta::codec`).
    Codec,
    /// Another folder for temporary files ([`Context::tmp`](crate::Context)).
    TemporaryFolder,
    /// Waiting for another writer, or waiting longer ([`Writing::wait`](super::Writing)).
    Wait {
        /// Whether the caller already waited in vain.
        waited: bool,
    },
}

/// The result of the formats.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn request(words: impl Into<String>) -> Error {
        Error::Request(words.into())
    }

    pub(crate) fn missing(words: impl Into<String>) -> Error {
        Error::Missing(words.into())
    }

    pub(crate) fn content(words: impl Into<String>) -> Error {
        Error::Content(words.into())
    }

    /// Refuses two results in one place.
    pub(crate) fn one_place(a: &impl Display, b: &impl Display) -> Error {
        Error::Request(format!(
            "{a} and {b} are the same place, and a place holds one result: give each result its own"
        ))
    }

    /// An error of another crate, with its causes.
    pub(crate) fn foreign(error: impl std::error::Error) -> Error {
        let mut words = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            words = join(&words, &error.to_string());
            cause = error.source();
        }
        Error::Content(words)
    }

    pub(crate) fn needs(self, choice: Choice) -> Error {
        Error::Needs { choice, source: Box::new(self) }
    }

    pub(crate) fn at(self, place: impl Display) -> Error {
        Error::At { place: place.to_string(), source: Box::new(self) }
    }

    /// The innermost error, without its places and choices.
    pub fn root(&self) -> &Error {
        match self {
            Error::At { source, .. } | Error::Needs { source, .. } => source.root(),
            root => root,
        }
    }

    /// The choice that would avoid the error, if there is one.
    pub fn choice(&self) -> Option<Choice> {
        match self {
            Error::Needs { choice, .. } => Some(*choice),
            Error::At { source, .. } => source.choice(),
            _ => None,
        }
    }

    /// The kind of the error.
    pub fn kind(&self) -> ErrorKind {
        match self.root() {
            Error::Request(_) | Error::Subscript(_) => ErrorKind::Invalid,
            Error::Missing(_) => ErrorKind::NotFound,
            Error::Io(error) => of_system(error),
            Error::Engine(error) => error.kind(),
            Error::Arrs(error) => crate::error::of_format(error),
            Error::Content(_) | Error::Needs { .. } | Error::At { .. } => ErrorKind::Damaged,
        }
    }

    /// Whether the work was told to stop.
    pub fn is_cancelled(&self) -> bool {
        use arrstore_format::Error::Cancelled;
        matches!(
            self.root(),
            Error::Arrs(Cancelled) | Error::Engine(crate::Error::Cancelled | crate::Error::Format(Cancelled))
        )
    }
}

/// Joins a place and the text of an error, without repeating text that one of them already has.
fn join(before: &str, words: &str) -> String {
    if before.contains(words) {
        before.to_owned()
    } else if words.starts_with(before) {
        words.to_owned()
    } else {
        format!("{before}: {words}")
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Request(words) | Error::Missing(words) | Error::Content(words) => f.write_str(words),
            Error::Needs { source, .. } => source.fmt(f),
            Error::At { place, source } => f.write_str(&join(place, &source.to_string())),
            Error::Io(error) => error.fmt(f),
            Error::Engine(error) => error.fmt(f),
            Error::Arrs(error) => error.fmt(f),
            Error::Subscript(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Request(_) | Error::Missing(_) | Error::Content(_) => None,
            Error::Needs { source, .. } | Error::At { source, .. } => Some(&**source),
            Error::Io(error) => Some(error),
            Error::Engine(error) => Some(error),
            Error::Arrs(error) => Some(error),
            Error::Subscript(error) => Some(error),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Io(error)
    }
}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Error {
        Error::Engine(error)
    }
}

impl From<arrstore_format::Error> for Error {
    fn from(error: arrstore_format::Error) -> Error {
        Error::Arrs(error)
    }
}

impl From<TextError> for Error {
    fn from(error: TextError) -> Error {
        Error::Subscript(error)
    }
}

/// An error of the library: a cancelled run stays [`Cancelled`](crate::Error::Cancelled), and other errors keep their
/// text and kind.
impl From<Error> for crate::Error {
    fn from(error: Error) -> crate::Error {
        match error {
            Error::Engine(error) => error,
            Error::Arrs(error) => crate::Error::Format(error),
            error if error.is_cancelled() => crate::Error::Cancelled,
            error => crate::Error::File { kind: error.kind(), words: error.to_string() },
        }
    }
}

/// Adds the place to an error.
pub(crate) trait Placed<T> {
    /// The same result; an error gets the place before its text.
    fn place<P: Display>(self, place: impl FnOnce() -> P) -> Result<T>;
}

impl<T, E: Into<Error>> Placed<T> for std::result::Result<T, E> {
    fn place<P: Display>(self, place: impl FnOnce() -> P) -> Result<T> {
        self.map_err(|error| error.into().at(place()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_said_once() {
        let inner = Error::content("x.npy: cut short");
        assert_eq!(inner.at("x.npy").at("x.npy").to_string(), "x.npy: cut short");
        let damaged = Error::from(io::Error::other("disk gone")).at("reading x").at("x.zarr:/a");
        assert_eq!(damaged.to_string(), "x.zarr:/a: reading x: disk gone");
        assert!(matches!(damaged.root(), Error::Io(_)));
    }

    #[test]
    fn choices_and_stops_are_found_under_places() {
        let error = Error::content("which type?").needs(Choice::ElementType).at("x.npy");
        assert_eq!(
            (error.choice(), error.to_string()),
            (Some(Choice::ElementType), "x.npy: which type?".to_owned())
        );
        assert!(Error::from(crate::Error::Cancelled).at("x.npz").is_cancelled());
        assert!(matches!(
            crate::Error::from(Error::Engine(crate::Error::Cancelled).at("x")),
            crate::Error::Cancelled
        ));
    }
}
