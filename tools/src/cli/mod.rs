//! The command line: every command, every flag, and the text of `--help`.

mod plain;
mod shared;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use plain::{Plain, Told, is_name};
pub(crate) use shared::{Past, Running, Speaking, Storing, Syncing, Waiting};
pub(crate) use values::{ChunkShape, Coding, Memory, Order, Shuffle};
use values::{parse_bytes, parse_memory};

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 failed, or (verify) damaged; 2 misuse: a wrong argument, a missing file, a file of another \
kind, an invalid expression; 3 done, but standard output could not be written; 130 interrupted. After 1, 2 and 130 \
every file is unchanged. If several .arrs files are written and one fails, the error names the finished ones. After 3 \
all result files are complete.";

const PATHS: &str = "\
PATH is file.arrs:/group/name, or file.arrs if it holds one array; x.npy; x.npz:/name; x.zarr or x.zarr:/name; or \
any file of plain elements, with --dtype. The format is recognised by the content, then by the ending. A path that is \
read may end in a subscript: 'file.arrs:/a[10:20, ::2]'.";

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
    /// List the functions that an expression may call, with one line of help each
    Functions(Functions),
    /// Describe a file or an array
    Info(Info),
    /// List the arrays of a file
    Ls(Ls),
    /// Print an array as NumPy does
    Show(Show),
    /// Check every used byte against its checksum; in a compacted .arrs file, check that all others are zero
    Verify(Verify),
    /// List the commits of a file that can still be read with --commit
    History(History),
    /// Copy the sound parts of a damaged file to a new one, and list the losses
    Salvage(Salvage),
    /// Rewrite a file without free space; verify then finds any flipped bit, until the next commit
    Compact(Compact),
    /// Merge the parts of arrays, which many processes wrote as files of their own, into one file
    Merge(Merge),
    /// Create a data set larger than the budget, run the main jobs on it, and check every answer
    Demo(Demo),
    /// Report the machine's limits and the speed of its memory and disk, with advice
    Doctor(Doctor),
}

#[derive(Args, Debug)]
#[command(after_help = PATHS)]
pub(crate) struct Convert {
    /// The array to read
    pub(crate) src: String,
    /// The place to write: x.npy, x.npz, x.raw or x.zarr replace the whole file; x.npz:/name, x.zarr:/name and
    /// file.arrs[:/name] add or replace one array in one commit, and the others stay. Without a name, an .arrs file
    /// takes the source's
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
    pub(crate) syncing: Syncing,
    #[command(flatten)]
    pub(crate) past: Past,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[derive(Args, Debug)]
#[command(after_help = PATHS)]
pub(crate) struct Eval {
    /// A Python expression with NumPy's names, or several separated by commas:
    /// 'sum((a-b)**2, axis=0), a.max()'. It may have several lines; # begins a comment. The command functions lists
    /// all functions
    #[arg(allow_hyphen_values = true)]
    pub(crate) expr: String,
    /// NAME=PATH; a PATH alone is bound to the name of its array, or of its file
    #[arg(value_name = "NAME=PATH")]
    pub(crate) bindings: Vec<String>,
    /// The place of a result: x.npy, x.raw, x.npz[:/name], x.zarr[:/name], file.arrs[:/name], or a region of a stored
    /// array, 'f.arrs:/a[10:20, ::2]', which is assigned to as in NumPy. Lists, masks and arrays of indices may name its
    /// elements, too, with the names of the inputs: 'f.arrs:/a[[0, 2]]', 'f.arrs:/a[m > 3]'; these are assigned to after all others. Repeat it for several
    /// expressions, in their order. A result without a place is printed
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Vec<String>,
    #[command(flatten)]
    pub(crate) plain: Plain,
    #[command(flatten)]
    pub(crate) storing: Storing,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    /// Write a trace of every thread's work to FILE (for chrome://tracing or ui.perfetto.dev), and name the bottleneck
    #[arg(long, value_name = "FILE", conflicts_with = "explain")]
    pub(crate) profile: Option<PathBuf>,
    /// Print the plan instead of running it; where a shape depends on elements, these are computed first
    #[arg(long)]
    pub(crate) explain: bool,
    #[command(flatten)]
    pub(crate) running: Running,
    #[command(flatten)]
    pub(crate) syncing: Syncing,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Brackets mark optional parameters, and those after * are given by name. The names are NumPy's; docs/numpy.md compares all of NumPy's functions."
)]
pub(crate) struct Functions {
    /// A function to describe: its parameters, help and other names [default: a table of all functions]
    pub(crate) name: Option<String>,
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
#[command(after_help = "An array that cannot be read is listed with the reason; the command still succeeds.")]
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
    /// First repair a damaged header and damaged copies of a commit's slot, under the writer's lock. A file holds
    /// nothing else twice; for other damage, salvage saves the sound parts
    #[arg(long)]
    pub(crate) repair: bool,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    /// Number of threads [default: the cores of the machine or the container]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub(crate) threads: Option<u64>,
    /// Print no progress and no notes
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
    after_help = "Exit codes: 0 nothing is lost; 1 parts are lost, named by array and region; 2 misuse; 3 standard output could not be written."
)]
pub(crate) struct Salvage {
    /// A damaged .arrs file, which stays unchanged. Its header and its end may be missing
    pub(crate) damaged: String,
    /// The new .arrs file. Lost chunks are missing in it, and read as the fill value
    pub(crate) out: String,
    /// Number of threads [default: the cores of the machine or the container]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub(crate) threads: Option<u64>,
    /// Print no progress and no notes
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
    /// Print no progress and no notes
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

const MERGING: &str = "\
A part is an array with the attribute _part, {\"start\": [..], \"shape\": [..]}: its first element in the whole array, and \
the shape of that. Everything else is as in the whole array. Python's write_part writes part files, and Layout::part \
in Rust. One commit makes the whole arrays; arrays of the same names are replaced, and all others stay. Payloads are \
copied as they are, each checked against its checksum; a part that begins or ends within a chunk is decoded and packed \
again. A chunk that no part has is missing: it takes no space, and reads as the fill value.

Exit codes: 0 done; 1 failed, or a part is damaged; 2 misuse: parts that overlap, that differ in shape, type or layout, \
or (with --complete) that leave a gap, a file without a part, a missing file, or OUT among the parts; 3 done, but \
standard output could not be written; 130 interrupted. After 1, 2 and 130 every file is unchanged.";

#[derive(Args, Debug)]
#[command(after_help = MERGING)]
pub(crate) struct Merge {
    /// The .arrs file that gets the arrays; it is made if it does not exist
    pub(crate) out: String,
    /// The part files, which stay as they are
    #[arg(required = true)]
    pub(crate) parts: Vec<String>,
    /// Refuse a gap: the parts must hold every element of their arrays
    #[arg(long)]
    pub(crate) complete: bool,
    /// Working memory for parts that are decoded: 512MiB, 2GB, or a share such as 50% of the memory of the machine or
    /// the container [default: 70%]
    #[arg(long, value_name = "SIZE", value_parser = parse_memory)]
    pub(crate) memory: Option<Memory>,
    /// Number of threads for parts that are decoded [default: the cores of the machine or the container]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub(crate) threads: Option<u64>,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    /// Print no progress and no notes
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) syncing: Syncing,
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
    /// Number of threads [default: the cores of the machine or the container]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub(crate) threads: Option<u64>,
    /// Folder for the data set, which is removed at the end [default: the working directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) tmp: Option<PathBuf>,
    /// Print no progress and no notes
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) speaking: Speaking,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Takes about three seconds, and writes a temporary file of at most 256 MiB to the folder."
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
