//! The `arrstore` command.

// Those macros panic if a print fails; the functions in `print` do not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod cli;
mod commands;
mod input;
mod layout;
mod misuse;
mod output;
mod print;
mod probe;
mod profile;
mod report;
mod run;
mod sample;
mod values;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(words) => return print::usage(&words),
    };
    match commands::run(&cli.command) {
        Ok(code) => code,
        Err(error) => {
            print::remark(&format!("error: {}", report::chain(&*error)));
            ExitCode::from(misuse::exit_code(&error))
        }
    }
}
