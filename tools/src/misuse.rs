//! The exit code of each error: 2 for the caller's errors, 1 for those of a file or the machine, 3 for those of output.

use std::fmt;

use crate::print::{UNPRINTED, Unprinted};

/// Exit code of a run that was interrupted: 128 + SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// A request that makes no sense for any content of the files.
#[derive(Debug)]
pub(crate) struct Misuse(String);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misuse {}

/// An error with exit code 2.
pub(crate) fn misuse(message: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Misuse(message.into()))
}

/// The exit code of an error.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    let is_stop = |e: &(dyn std::error::Error + 'static)| {
        matches!(e.downcast_ref(), Some(arrstore_format::Error::Cancelled))
            || matches!(
                e.downcast_ref(),
                Some(arrstore::Error::Cancelled | arrstore::Error::Format(arrstore_format::Error::Cancelled))
            )
    };
    if error.chain().any(is_stop) {
        return INTERRUPTED;
    }
    if error.chain().any(|e| e.is::<Unprinted>()) {
        return UNPRINTED;
    }
    let is_misuse = |e: &(dyn std::error::Error + 'static)| {
        let missing = e.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        e.is::<Misuse>()
            || matches!(
                e.downcast_ref(),
                Some(arrstore::formats::Error::Request(_) | arrstore::formats::Error::Missing(_))
            )
            || matches!(
                e.downcast_ref(),
                Some(
                    arrstore::Error::Parts(_)
                        | arrstore::Error::File { kind: arrstore::ErrorKind::NotFound, .. }
                        | arrstore::Error::Format(arrstore_format::Error::NameTaken { .. })
                )
            )
            || e.is::<arrstore::text::TextError>()
            || matches!(
                e.downcast_ref(),
                Some(arrstore_format::Error::NoSuchCommit { .. } | arrstore_format::Error::NameTaken { .. })
            )
            || missing == Some(std::io::ErrorKind::NotFound)
    };
    if error.chain().any(is_misuse) { 2 } else { 1 }
}
