//! Times arrstore's side of the comparison with peers for `benches/compare`, and counts instructions.
//!
//! Each timing prints one line of JSON: the best of some runs in seconds, and a number that stands for the answer.

mod instructions;
mod limits;
mod small;
mod timed;

use std::path::PathBuf;

use arrstore_benches::Result;
use clap::Parser;

#[derive(Parser)]
enum Command {
    /// Time expressions, from their text to the answer
    Eval(timed::Eval),
    /// Time plain loops that add up the raw chunks of doubles of a store's array /data
    Read {
        store: PathBuf,
        #[arg(long, default_value_t = 3)]
        runs: usize,
    },
    /// Time the product of two .npy files by the backend in memory, nothing read and nothing written
    Product {
        a: PathBuf,
        b: PathBuf,
        #[arg(long, default_value_t = 3)]
        runs: usize,
    },
    /// Time a function of the elements of an .npy file in a core's cache
    Function {
        name: String,
        x: PathBuf,
        #[arg(long, default_value_t = 1000)]
        runs: usize,
    },
    /// Time small work, of which what is done beside computing is the most
    Small { dir: PathBuf, task: small::Task },
    /// Count instructions under valgrind and compare them with what is expected
    Instructions {
        /// Write what is expected from now on
        #[arg(long)]
        update: bool,
        /// What runs under valgrind: a work, so many times
        #[arg(hide = true, num_args = 2, conflicts_with = "update")]
        perform: Vec<String>,
    },
}

fn main() -> Result<()> {
    match Command::parse() {
        Command::Eval(eval) => timed::main(&eval),
        Command::Read { store, runs } => limits::read(&store, runs),
        Command::Product { a, b, runs } => limits::product(&a, &b, runs),
        Command::Function { name, x, runs } => limits::function(&name, &x, runs),
        Command::Small { dir, task } => small::main(&dir, task),
        Command::Instructions { update: true, .. } => instructions::update(),
        Command::Instructions { perform, .. } => match &perform[..] {
            [work, runs] => instructions::perform(work, runs.parse()?),
            _ => instructions::compare(),
        },
    }
}

/// Prints a measurement.
fn report(seconds: f64, answer: f64) {
    println!("{}", serde_json::json!({ "s": seconds, "answer": answer }));
}
