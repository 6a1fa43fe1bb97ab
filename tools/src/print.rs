//! The output of a command: results on stdout, remarks and errors on stderr. Every print can fail. A closed pipe (`|
//! head`) is no error, and a remark that cannot be printed changes nothing. A result that cannot be printed is an error
//! with its own exit code, because the files are already written.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Result;

use crate::report::printable;

/// Exit code of a command that finished its work but could not print the result.
pub(crate) const UNPRINTED: u8 = 3;

/// Stdout cannot be written.
#[derive(Debug)]
pub(crate) struct Unprinted(io::Error);

impl fmt::Display for Unprinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "standard output cannot be written: {}; what was written to files stands", self.0)
    }
}

impl std::error::Error for Unprinted {}

/// Writes a line to stdout.
pub(crate) fn say(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", printable(text)).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(anyhow::Error::new(Unprinted(error))),
        _ => Ok(()),
    }
}

/// Writes a line to stderr, if possible.
pub(crate) fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", printable(text));
}

/// Prints clap's own output: help, the version, or an error in the arguments.
pub(crate) fn usage(words: &clap::Error) -> ExitCode {
    let code = u8::try_from(words.exit_code()).unwrap_or(2);
    match words.print() {
        Err(error) if !words.use_stderr() && error.kind() != ErrorKind::BrokenPipe => {
            remark(&format!("error: {}", Unprinted(error)));
            ExitCode::from(UNPRINTED)
        }
        _ => ExitCode::from(code),
    }
}
