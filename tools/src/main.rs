//! The `arrstore` command.

mod cli;
mod commands;
mod input;
mod kind;
mod layout;
mod location;
mod misuse;
mod output;
mod probe;
mod profile;
mod report;
mod run;
mod sample;
mod told;
mod values;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(&cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", report::chain(&error));
            ExitCode::from(misuse::exit_code(&error))
        }
    }
}
