//! The command line: every command, every flag, and the text of `--help`.

mod plain;
mod shared;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use plain::{Plain, Told, is_name};
pub(crate) use shared::{Past, Running, Speaking, Storing, Waiting};
pub(crate) use values::{ChunkShape, Coding, Memory, Order, Shuffle};
use values::{parse_bytes, parse_memory};

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 failed, or (verify) damaged; 2 misuse: wrong arguments, a path that is not there, a place \
that holds something else, an expression that makes no sense; 3 done, but standard output could not be written; 130 \
interrupted. After 1, 2 and 130 every file is as it was; when several .arrs files are written and one fails, the error \
names those that are written. After 3 all results in files are written.";

const PATHS: &str = "\
PATH is file.arrs:/group/name, or file.arrs when it holds one array; x.npy; x.npz:/name; x.zarr or \
x.zarr:/name; or any file of plain elements, with --dtype. Files are known by what they hold, then by their endings. A \
subscript may follow where an array is read: 'file.arrs:/a[10:20, ::2]'.";

/// Arrays larger than memory, kept in one file, computed on where they lie.
#[derive(Parser, Debug)]
#[command(name = "arrstore", version, after_help = EXIT_CODES, after_long_help = format!("{PATHS}\n\n{EXIT_CODES}"))]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Copy an array from one kind of file to another, or re-chunk and recode it
    Convert(Convert),
    /// Compute an expression over arrays
    Eval(Eval),
    /// Tell what a file or an array holds
    Info(Info),
    /// List the arrays of a file
    Ls(Ls),
    /// Print an array as NumPy does
    Show(Show),
    /// Check every byte in use against its checksum, and in a compacted .arrs file that the others are zero
    Verify(Verify),
    /// List the commits of a file that can still be read: --commit of other commands takes their numbers
    History(History),
    /// Write all that is sound of a damaged file to a new one, and tell what is lost
    Salvage(Salvage),
    /// Rewrite a file without its free space; until the next commit, verify then finds any flipped bit
    Compact(Compact),
    /// Make a data set larger than the budget, run the main jobs on it, check every answer
    Demo(Demo),
    /// Tell what the engine found on this machine, how fast memory and disk are, and what to mend
    Doctor(Doctor),
}

#[derive(Args, Debug)]
#[command(after_help = PATHS)]
pub(crate) struct Convert {
    /// The array to read
    pub(crate) src: String,
    /// x.npy, x.npz, x.raw or x.zarr (replaced whole), or x.npz:/name, x.zarr:/name or file.arrs[:/name] (the array is
    /// added or replaced in one commit, and the others stay; without a name in a .arrs file: the source's)
    pub(crate) dst: String,
    /// Name of the array in DST, as in DST:/NAME [default: the source's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) plain: Plain,
    #[command(flatten)]
    pub(crate) storing: Storing,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    #[command(flatten)]
    pub(crate) running: Running,
    #[command(flatten)]
    pub(crate) past: Past,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[derive(Args, Debug)]
#[command(after_help = PATHS)]
pub(crate) struct Eval {
    /// A Python expression with NumPy's names, or several separated by commas:
    /// 'sum((a-b)**2, axis=0), a.max()'. It may have several lines; # begins a comment
    #[arg(allow_hyphen_values = true)]
    pub(crate) expr: String,
    /// NAME=PATH; a PATH alone is bound to the name of its array, or of its file
    #[arg(value_name = "NAME=PATH")]
    pub(crate) bindings: Vec<String>,
    /// Where the results go, one for each expression in order: x.npy, x.raw, x.npz[:/name], x.zarr[:/name],
    /// file.arrs[:/name], or a region of a stored array 'f.arrs:/a[10:20, ::2]', which takes what
    /// NumPy's assignment takes. A result without one is printed
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Vec<String>,
    #[command(flatten)]
    pub(crate) plain: Plain,
    #[command(flatten)]
    pub(crate) storing: Storing,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    /// Write what each thread did when to FILE, a Chrome trace (chrome://tracing, ui.perfetto.dev), and say what bound
    /// the run
    #[arg(long, value_name = "FILE", conflicts_with = "explain")]
    pub(crate) profile: Option<PathBuf>,
    /// Print the plan and run nothing
    #[arg(long)]
    pub(crate) explain: bool,
    #[command(flatten)]
    pub(crate) running: Running,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[derive(Args, Debug)]
#[command(after_help = PATHS)]
pub(crate) struct Info {
    /// A file, or an array in it
    pub(crate) path: String,
    #[command(flatten)]
    pub(crate) plain: Plain,
    #[command(flatten)]
    pub(crate) past: Past,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[derive(Args, Debug)]
#[command(after_help = "An array that cannot be read is listed with the reason; that is no failure.")]
pub(crate) struct Ls {
    /// A .arrs or .npz file, or a Zarr store
    pub(crate) file: String,
    #[command(flatten)]
    pub(crate) past: Past,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[derive(Args, Debug)]
#[command(after_help = PATHS)]
pub(crate) struct Show {
    /// The array, with an optional subscript; a large one is summarised
    pub(crate) path: String,
    #[command(flatten)]
    pub(crate) plain: Plain,
    #[command(flatten)]
    pub(crate) running: Running,
    #[command(flatten)]
    pub(crate) past: Past,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 sound; 1 damaged, with the array, chunk and region named; 2 misuse; 3 standard output could not be written."
)]
pub(crate) struct Verify {
    /// A .arrs file, or a .npz archive
    pub(crate) path: String,
    /// First write a damaged header and damaged copies of a commit's slot again, under the writer's lock. They are all
    /// that a file has twice; salvage saves what is sound of anything else
    #[arg(long)]
    pub(crate) repair: bool,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    /// Threads that check [default: the cores of the machine or the container]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub(crate) threads: Option<u64>,
    /// No progress and no remarks
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[derive(Args, Debug)]
pub(crate) struct History {
    /// A .arrs file
    pub(crate) file: String,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 nothing is lost; 1 something is, with array and region named; 2 misuse; 3 standard output could not be written."
)]
pub(crate) struct Salvage {
    /// A damaged .arrs file; its header and its end may be gone. It is only read
    pub(crate) damaged: String,
    /// The new .arrs file. Chunks that are lost stay missing in it, and read as the fill value
    pub(crate) out: String,
    /// Threads that check [default: the cores of the machine or the container]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub(crate) threads: Option<u64>,
    /// No progress and no remarks
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[derive(Args, Debug)]
pub(crate) struct Compact {
    /// A .arrs file
    pub(crate) file: String,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    /// No progress and no remarks
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Bytes of the data set
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = parse_bytes)]
    pub(crate) size: u64,
    /// Working memory [default: 128MiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_memory)]
    pub(crate) memory: Option<Memory>,
    /// Threads that compute [default: the cores of the machine or the container]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub(crate) threads: Option<u64>,
    /// Folder in which the data set is made, and removed again [default: the working directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) tmp: Option<PathBuf>,
    /// No progress and no remarks
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Takes about three seconds, and writes a file of at most 256 MiB, without a name, to the folder."
)]
pub(crate) struct Doctor {
    /// Folder whose disk is measured
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
