//! Arrays of Zarr v3 folders, through `zarrs`.

use std::path::PathBuf;
use std::sync::Arc;

use arrstore_format::{Codec, check_zstd};
use serde_json::Value;
use zarrs::array::codec::api::ArrayToBytesCodecTraits;
use zarrs::array::{Array, ArrayBytes, ArrayMetadata, CodecOptions};
use zarrs::filesystem::FilesystemStore;
use zarrs::storage::ReadableStorageTraits;

use super::nodes::{arrays, folder_of, may_be_array, metadata};
use crate::formats::error::{Error, Placed, Result};
use crate::formats::input::{About, Input, Known};
use crate::formats::location::{Location, last_part};
use crate::{DType, Data, Expr, Located, Source, c_strides};

/// The codecs that can be read; every other codec is refused by name.
const CODECS: [&str; 5] = ["bytes", "transpose", "numcodecs.shuffle", "zstd", "crc32c"];

pub(in crate::formats) fn open(location: &Location) -> Result<Input> {
    let name = match &location.name {
        // A named array that exists needs no search.
        Some(name) if folder_of(&location.path, name).is_ok_and(|folder| may_be_array(&folder)) => {
            name.clone()
        }
        _ => location.pick(&arrays(&location.path)?)?,
    };
    let folder = folder_of(&location.path, &name)?;
    let json = metadata(&folder)?;
    let at = || folder.display().to_string();
    let dtype = dtype(&json).place(at)?;
    let names = check_codecs(&json).place(at)?;
    let store = FilesystemStore::new(&folder).map_err(Error::foreign).place(at)?;
    let description: ArrayMetadata =
        serde_json::from_value(json.clone()).map_err(Error::foreign).place(at)?;
    let array =
        Array::new_with_metadata(Arc::new(store), "/", description).map_err(Error::foreign).place(at)?;
    let source = ZarrSource::new(folder.clone(), array, dtype, &names, meaning(&json)).place(at)?;

    let codec = level(&json).map_or(Codec::None, |level| Codec::Zstd { level });
    let shuffled = names.iter().any(|n| n == "numcodecs.shuffle");
    let attributes = json.get("attributes").and_then(Value::as_object).cloned().unwrap_or_default();
    let dims = json
        .get("dimension_names")
        .and_then(Value::as_array)
        .map(|names| names.iter().map(|n| n.as_str().map(str::to_owned)).collect::<Vec<_>>());
    let about = About {
        known: Known {
            chunk: Some(source.chunk.clone()),
            codec: Some(codec),
            shuffle: Some(shuffled),
            order: None,
        },
        attributes,
        dims: dims.unwrap_or_default(),
        fill: Some(source.array.fill_value().as_ne_bytes().to_vec()),
    };
    let stem = if name == "/" { location.stem() } else { last_part(&name) };
    let facts = vec![("codecs", names.join(", ").into())];
    Ok(Input { expr: Expr::source(Arc::new(source))?, stem, about, facts, untyped: false })
}

/// What the metadata say of the bytes of the chunks.
fn meaning(json: &Value) -> [Value; 4] {
    ["data_type", "chunk_grid", "chunk_key_encoding", "codecs"]
        .map(|key| json.get(key).cloned().unwrap_or_default())
}

fn codecs(json: &Value) -> impl Iterator<Item = &Value> {
    json.get("codecs").and_then(Value::as_array).into_iter().flatten()
}

fn codec_name(codec: &Value) -> &str {
    codec.as_str().or_else(|| codec.get("name")?.as_str()).unwrap_or("?")
}

fn check_codecs(json: &Value) -> Result<Vec<String>> {
    for codec in codecs(json) {
        let name = codec_name(codec);
        if !CODECS.contains(&name) {
            let known = CODECS.join(", ");
            return Err(Error::content(format!(
                "the codec '{name}' is not supported; supported codecs: {known}"
            )));
        }
    }
    Ok(codecs(json).map(|c| codec_name(c).to_owned()).collect())
}

/// The level of the zstd codec, limited to the levels that can be written.
fn level(json: &Value) -> Option<i32> {
    let zstd = codecs(json).find(|c| codec_name(c) == "zstd")?;
    let level = zstd.get("configuration").and_then(|c| c.get("level")).and_then(Value::as_i64);
    // Level 0 means zstd's default.
    Some(match level.unwrap_or(0) {
        0 => 3,
        n => n.clamp(1, 22) as i32,
    })
}

fn dtype(json: &Value) -> Result<DType> {
    let name = match json.get("data_type") {
        Some(Value::String(name)) => name.as_str(),
        Some(Value::Object(o)) => o.get("name").and_then(Value::as_str).unwrap_or("?"),
        _ => "?",
    };
    DType::ALL.into_iter().find(|d| d.name() == name).ok_or_else(|| {
        Error::content(format!(
            "the data type '{name}' is not supported; expected booleans, integers, floats or complex numbers"
        ))
    })
}

/// A Zarr array whose chunks are decoded by `zarrs`.
#[derive(Debug)]
struct ZarrSource {
    folder: PathBuf,
    array: Array<FilesystemStore>,
    dtype: DType,
    chunk: Vec<u64>,
    strides: Vec<isize>,
    chunk_bytes: usize,
    /// Bytes of checksums in and after the frames of zstd, if chunks are packed by it.
    around_zstd: Option<[usize; 2]>,
    meaning: [Value; 4],
}

/// Bytes of a checksum.
const CHECKSUM: usize = 4;

impl ZarrSource {
    fn new(
        folder: PathBuf,
        array: Array<FilesystemStore>,
        dtype: DType,
        codecs: &[String],
        meaning: [Value; 4],
    ) -> Result<ZarrSource> {
        let ndim = array.dimensionality();
        let chunk = array.chunk_shape(&vec![0; ndim]).map_err(Error::foreign)?;
        let chunk: Vec<u64> = chunk.iter().map(|n| n.get()).collect();
        let bytes = chunk.iter().try_fold(dtype.size() as u64, |n, &d| n.checked_mul(d));
        let chunk_bytes =
            bytes.and_then(|b| usize::try_from(b).ok()).filter(|&b| b <= isize::MAX as usize).ok_or_else(
                || Error::content("its chunks are too large: their number of bytes exceeds 64 bits"),
            )?;
        let regular = array.chunk_grid_shape().iter().zip(array.shape()).zip(&chunk);
        if regular.into_iter().any(|((&count, &len), &c)| count != len.div_ceil(c)) {
            return Err(Error::content(
                "its chunks do not form a regular grid, and no other grid can be read",
            ));
        }
        let strides = c_strides(&chunk, dtype.size());
        let checksums = |codecs: &[String]| CHECKSUM * codecs.iter().filter(|name| *name == "crc32c").count();
        let mut parts = codecs.split(|name| name == "zstd");
        let around_zstd = match (parts.next(), parts.next(), parts.next()) {
            (Some(before), Some(after), None) => Some([checksums(before), checksums(after)]),
            (_, None, _) => None,
            _ => return Err(Error::content("the codec 'zstd' stands twice, expected once at most")),
        };
        Ok(ZarrSource { folder, array, dtype, chunk, strides, chunk_bytes, around_zstd, meaning })
    }

    /// The most bytes of the file of a chunk: zstd adds less than this.
    fn most_stored(&self) -> u64 {
        (self.chunk_bytes as u64).saturating_add(self.chunk_bytes as u64 / 64).saturating_add(4096)
    }
}

impl Source for ZarrSource {
    fn dtype(&self) -> DType {
        self.dtype
    }
    fn shape(&self) -> &[u64] {
        self.array.shape()
    }
    fn chunk_shape(&self) -> &[u64] {
        &self.chunk
    }
    fn strides(&self) -> &[isize] {
        &self.strides
    }
    fn label(&self) -> String {
        self.folder.display().to_string()
    }
    fn in_place(&self) -> bool {
        false
    }
    fn chunk_bytes(&self) -> usize {
        self.chunk_bytes
    }
    fn scratch_bytes(&self) -> usize {
        // zarrs holds the encoded chunk and, while a codec works, two more forms of it.
        self.chunk_bytes.saturating_mul(3)
    }
    fn locate(&self, index: &[u64]) -> crate::Result<Located<'_>> {
        Ok(Located::new(index, Data::Encoded))
    }
    fn decode(&self, chunk: &Located<'_>, out: &mut [u8]) -> crate::Result<()> {
        let options = CodecOptions::default().with_concurrent_target(1);
        let fail = |e: String| crate::Error::Other(format!("{}: chunk {:?}: {e}", self.label(), chunk.index));
        let size = self.array.storage().size_key(&self.array.chunk_key(&chunk.index));
        if let Some(size) = size.map_err(|e| fail(e.to_string()))?.filter(|&size| size > self.most_stored()) {
            let most = self.most_stored();
            return Err(fail(format!("expected a file of at most {most} bytes, found {size} bytes")));
        }
        let stored = self.array.retrieve_encoded_chunk(&chunk.index).map_err(|e| fail(e.to_string()))?;
        let bytes: ArrayBytes<'_> = match stored {
            None => self.array.retrieve_chunk_opt(&chunk.index, &options).map_err(|e| fail(e.to_string()))?,
            Some(stored) => {
                if let Some([inside, after]) = self.around_zstd {
                    let frames = stored.get(..stored.len().saturating_sub(after)).unwrap_or_default();
                    check_zstd(frames, (self.chunk_bytes + inside) as u64)
                        .map_err(|e| fail(e.to_string()))?;
                }
                let shape = self.array.chunk_shape(&chunk.index).map_err(|e| fail(e.to_string()))?;
                let (array, dtype) = (&self.array, self.array.data_type());
                let decoded =
                    array.codecs().decode(stored.into(), &shape, dtype, array.fill_value(), &options);
                decoded.map_err(|e| fail(e.to_string()))?
            }
        };
        let bytes = bytes.into_fixed().map_err(|e| fail(e.to_string()))?;
        match out.get_mut(..bytes.len()) {
            Some(to) if bytes.len() == self.chunk_bytes => to.copy_from_slice(&bytes),
            _ => return Err(fail(format!("expected {} bytes, found {}", self.chunk_bytes, bytes.len()))),
        }
        Ok(())
    }
    fn intact(&self) -> crate::Result<()> {
        if meaning(&metadata(&self.folder)?) == self.meaning {
            return Ok(());
        }
        Err(crate::Error::Npy {
            path: self.folder.clone(),
            reason:
                "the array has changed since it was opened: its chunks hold other elements; open it again"
                    .into(),
        })
    }
}
