//! Flags that several commands have.

use std::path::PathBuf;
use std::time::Duration;

use arrstore::formats::{Format, Location};
use clap::Args;

use super::values::{
    ChunkShape, Coding, Memory, Order, Shuffle, parse_chunk, parse_codec, parse_memory, parse_wait,
};
use crate::misuse::misuse;

/// How much of the machine a command may use.
#[derive(Args, Clone, Debug)]
pub(crate) struct Running {
    /// Working memory, including mapped pages: 512MiB, 2GB, or a share such as 50% of the memory of the machine or the
    /// container [default: 70%]
    #[arg(long, value_name = "SIZE", value_parser = parse_memory)]
    pub(crate) memory: Option<Memory>,
    /// Number of threads [default: the cores of the machine or the container]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub(crate) threads: Option<u64>,
    /// Folder for temporary files [default: beside the output, else the working directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) tmp: Option<PathBuf>,
    /// Print no progress and no notes
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Skip the checksums of chunks and of members of .npz archives that are read in place
    #[arg(long)]
    pub(crate) no_check: bool,
}

/// How durable a commit is.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Syncing {
    /// Commit without waiting for the disk: a crash of the machine may then lose the result
    #[arg(long)]
    pub(crate) no_sync: bool,
}

/// What is done when another writer has the file.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Waiting {
    /// Wait up to TIME, such as 30s, 2m or 1h, while another program writes to the .arrs file or creates it
    /// [default: fail at once]
    #[arg(long, value_name = "TIME", value_parser = parse_wait)]
    pub(crate) wait: Option<Duration>,
}

/// Which commit of a file is read.
#[derive(Args, Clone, Debug)]
pub(crate) struct Past {
    /// Read the .arrs file as of this commit; the command history lists the commits [default: the newest]
    #[arg(long, value_name = "N")]
    pub(crate) commit: Option<u64>,
}

/// How a command speaks.
#[derive(Args, Clone, Debug)]
pub(crate) struct Speaking {
    /// Machine-readable output on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

/// How an array is laid out where it is written.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Storing {
    /// Elements of a chunk along each axis, as in 1000x1000; 0 or - for the whole axis [default: the source's
    /// chunks if it has some, else near-square ones of about 4 MiB]
    #[arg(long, value_name = "SHAPE", allow_hyphen_values = true, value_parser = parse_chunk)]
    pub(crate) chunk: Option<ChunkShape>,
    /// Compression: none (chunks are mapped and used in place), lz4 (fast), zstd:LEVEL (small), pco:LEVEL (numbers,
    /// smallest), or, in convert, auto (the best on a sample) [default: as in the source or the replaced array, else none]
    #[arg(long, value_name = "CODEC", value_parser = parse_codec)]
    pub(crate) codec: Option<Coding>,
    /// Group the bytes of equal weight before compressing: auto tries both on a sample [default: auto]
    #[arg(long, value_name = "WHEN")]
    pub(crate) shuffle: Option<Shuffle>,
    /// Order of the elements: within a chunk, or in the whole of a .npy, .npz or raw file [default: C]
    #[arg(long, value_name = "ORDER", ignore_case = true)]
    pub(crate) order: Option<Order>,
}

impl Past {
    /// The location as of the commit.
    pub(crate) fn of(&self, location: Location) -> anyhow::Result<Location> {
        if self.commit.is_some() && location.format != Format::Arrs {
            return Err(misuse(format!(
                "{location}: --commit is for .arrs files; other formats have no commits"
            )));
        }
        Ok(location.at_commit(self.commit)?)
    }
}
