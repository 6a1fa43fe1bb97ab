//! The place of an array: the format of its file, its chunks, order and codec.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use arrstore::npy::Header;
use arrstore_format::{Codec, CreateOptions, DType, Durability, File as Store, Meta};

use super::data::{Data, encode};
use super::grid::{Grid, for_rows};

/// A format, and the cut of an array in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A `.npy` file.
    Npy {
        /// Whether the first axis varies fastest.
        fortran: bool,
    },
    /// A `.arrs` file.
    Arrs(Cut),
    /// Memory, for a result.
    Memory,
}

/// The chunks of an array.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// Elements of a chunk along each axis; `None` for a result leaves the choice to the command.
    pub chunk: Option<Vec<u64>>,
    /// Axes, outermost first; empty is C order.
    pub order: Vec<u8>,
    /// Compression.
    pub codec: Codec,
    /// Whether bytes of equal weight are grouped before compression.
    pub shuffle: bool,
}

impl Place {
    /// A `.npy` file in C order.
    pub const NPY: Place = Place::Npy { fortran: false };
    /// A `.npy` file in Fortran order.
    pub const FORTRAN: Place = Place::Npy { fortran: true };
    /// An `.arrs` file with the command's default chunks.
    pub const DEFAULT: Place =
        Place::Arrs(Cut { chunk: None, order: Vec::new(), codec: Codec::None, shuffle: false });

    /// Raw chunks in C order.
    pub fn chunks(chunk: &[u64]) -> Place {
        Place::Arrs(Cut {
            chunk: Some(chunk.to_vec()),
            order: Vec::new(),
            codec: Codec::None,
            shuffle: false,
        })
    }

    /// Raw chunks in Fortran order.
    pub fn fortran_chunks(chunk: &[u64]) -> Place {
        let order = (0..chunk.len() as u8).rev().collect();
        Place::Arrs(Cut { chunk: Some(chunk.to_vec()), order, codec: Codec::None, shuffle: false })
    }

    /// The ending of its files.
    pub fn ending(&self) -> &'static str {
        if let Place::Arrs(_) = self { "arrs" } else { "npy" }
    }

    /// Bytes of a chunk that must be packed or unpacked whole; 0 if there is none.
    pub fn packed_chunk(&self, dtype: DType, shape: &[u64]) -> u64 {
        match self {
            Place::Arrs(Cut { chunk, codec, .. }) if *codec != Codec::None => {
                let chunk = chunk.as_deref().unwrap_or(shape);
                chunk.iter().zip(shape).map(|(&c, &n)| c.min(n)).product::<u64>() * dtype.size() as u64
            }
            _ => 0,
        }
    }

    /// The number of chunks of an array of `shape`.
    pub fn count(&self, shape: &[u64]) -> u64 {
        match self {
            Place::Arrs(Cut { chunk: Some(chunk), .. }) => {
                shape.iter().zip(chunk).map(|(n, c)| n.div_ceil(*c)).product()
            }
            _ => 1,
        }
    }

    /// The command's flags for this place of a result.
    pub fn flags(&self) -> Vec<String> {
        let Place::Arrs(cut) = self else { return Vec::new() };
        let mut flags = Vec::new();
        if let Some(chunk) = cut.chunk.as_ref().filter(|chunk| !chunk.is_empty()) {
            let lengths: Vec<String> = chunk.iter().map(u64::to_string).collect();
            flags.extend(["--chunk".to_owned(), lengths.join("x")]);
        }
        if !cut.order.is_empty() {
            flags.extend(["--order".to_owned(), if cut.order.is_sorted() { "C" } else { "F" }.to_owned()]);
        }
        let codec = match cut.codec {
            // By default, a copy keeps the codec of its source.
            Codec::None if cut.chunk.is_some() => {
                flags.extend(["--codec".to_owned(), "none".to_owned()]);
                return flags;
            }
            Codec::None => return flags,
            Codec::Lz4 => "lz4".to_owned(),
            Codec::Zstd { level } => format!("zstd:{level}"),
            Codec::Pco { level } => format!("pco:{level}"),
            other => unreachable!("a job with the codec {other}"),
        };
        flags.extend(["--codec".to_owned(), codec]);
        flags.extend(["--shuffle".to_owned(), if cut.shuffle { "on" } else { "off" }.to_owned()]);
        flags
    }

    /// Writes an array to a file, without the engine: the engine must not be its own witness.
    ///
    /// # Panics
    /// When it cannot be written: that is no finding of the campaign.
    pub fn write(&self, data: &Data, path: &Path) {
        let Place::Arrs(cut) = self else { return self.write_npy(data, path) };
        let options = CreateOptions::default().overwrite(true).durability(Durability::None);
        let file = Store::create(path, &options).expect("a store can be made");
        let transaction = file.begin().expect("a transaction can begin");
        let chunk = cut.chunk.as_deref().unwrap_or(&data.shape);
        let mut meta = Meta::new(data.dtype, &data.shape, chunk).encoded(cut.codec, cut.shuffle);
        if !cut.order.is_empty() {
            meta.order.clone_from(&cut.order);
        }
        let id = transaction.create_array("/a", meta).expect("an array can be made");
        let counts = arrstore_format::Grid::new(&data.shape, chunk);
        let grid = Grid::of(data);
        let mut bytes = Vec::new();
        for index in counts.indices() {
            let (start, extent) = (counts.start(&index), counts.extent(&index));
            bytes.clear();
            for_rows(&extent, |at, length| {
                let at: Vec<u64> = at.iter().zip(&start).map(|(i, s)| i + s).collect();
                grid.row(&at, length).iter().for_each(|&value| encode(data.dtype, value, &mut bytes));
            });
            transaction.write(id, &start, &extent, &bytes).expect("a chunk can be written");
        }
        transaction.commit().expect("a commit succeeds");
    }

    fn write_npy(&self, data: &Data, path: &Path) {
        let fortran = *self == Place::FORTRAN;
        let header = Header::write(data.dtype, &data.shape, fortran).expect("NumPy has this type");
        let mut file = BufWriter::with_capacity(1 << 20, File::create(path).expect("a file can be made"));
        file.write_all(&header).expect("a file can be written");
        let grid = if fortran { Grid::of(data).reversed() } else { Grid::of(data) };
        let mut bytes = Vec::new();
        for_rows(grid.shape(), |at, length| {
            bytes.clear();
            grid.row(at, length).iter().for_each(|&value| encode(data.dtype, value, &mut bytes));
            file.write_all(&bytes).expect("a file can be written");
        });
        file.flush().expect("a file can be written");
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Npy { fortran: false } => f.write_str(".npy"),
            Place::Npy { fortran: true } => f.write_str("Fortran .npy"),
            Place::Memory => f.write_str("memory"),
            Place::Arrs(Cut { chunk, order, codec, shuffle }) => {
                match chunk {
                    Some(chunk) => write!(f, "chunks {chunk:?}")?,
                    None => f.write_str("chunks by default")?,
                }
                if !order.is_sorted() {
                    write!(f, ", order {order:?}")?;
                }
                if *codec != Codec::None {
                    write!(
                        f,
                        ", {}{}",
                        crate::stores::codec(*codec),
                        if *shuffle { ", shuffled" } else { "" }
                    )?;
                }
                Ok(())
            }
        }
    }
}
