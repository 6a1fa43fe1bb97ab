//! One file for each command.

mod compact;
mod convert;
mod demo;
mod doctor;
mod eval;
mod functions;
mod history;
mod info;
mod ls;
mod merge;
mod salvage;
mod show;
mod verify;

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::Command;

/// Runs a command and returns its exit code.
pub(crate) fn run(command: &Command) -> Result<ExitCode> {
    match command {
        Command::Convert(args) => convert::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Functions(args) => functions::run(args),
        Command::Info(args) => info::run(args),
        Command::Ls(args) => ls::run(args),
        Command::Show(args) => show::run(args),
        Command::Verify(args) => verify::run(args),
        Command::History(args) => history::run(args),
        Command::Salvage(args) => salvage::run(args),
        Command::Compact(args) => compact::run(args),
        Command::Merge(args) => merge::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Doctor(args) => doctor::run(args),
    }
}
