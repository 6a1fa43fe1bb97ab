//! Results in a Zarr v3 folder, through `zarrs`: written beside its name, then renamed.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrstore::Sink;
use arrstore::c_strides;
use arrstore::{DType, Error};
use arrstore_format::{Codec, strided};
use tempfile::TempDir;
use zarrs::array::codec::array_to_array::transpose::TransposeOrder;
use zarrs::array::codec::{ShuffleCodec, TransposeCodec, ZstdCodec};
use zarrs::array::{
    Array, ArrayBuilder, ArrayBytes, ArrayMetadataOptions, ArrayToArrayCodecTraits, BytesToBytesCodecTraits,
    CodecOptions, FillValue,
};
use zarrs::filesystem::FilesystemStore;
use zarrs::group::GroupBuilder;

use super::region::advance;
use super::{Dry, Order};
use crate::cli::Shuffle;
use crate::input;
use crate::layout::Layout;
use crate::misuse::misuse;

/// A Zarr array that will stand at `target`.
pub(super) struct Folder {
    beside: Option<TempDir>,
    /// The group that holds it, when it is not the root itself.
    group: Option<PathBuf>,
    target: PathBuf,
    sink: Arc<dyn Sink>,
}

impl Folder {
    pub(super) fn create(order: &Order<'_>, dtype: DType, shape: &[u64], dry: bool) -> Result<Folder> {
        let location = order.location;
        let at = || location.to_string();
        let layout = Layout::choose(order.storing, &order.about.known, dtype, shape)?;
        let (group, target) = match &location.name {
            Some(name) => (Some(location.path.clone()), input::zarr_folder(&location.path, name)?),
            None => (None, location.path.clone()),
        };
        if dry {
            let chunk = Some(layout.chunk);
            let sink = Arc::new(Dry { label: at(), dtype, shape: shape.to_vec(), chunk });
            return Ok(Folder { beside: None, group, target, sink });
        }
        let beside =
            tempfile::Builder::new().prefix(".arrstore-").tempdir_in(location.folder()).with_context(at)?;
        let array = array(order, dtype, shape, &layout, beside.path()).with_context(at)?;
        array
            .store_metadata_opt(&ArrayMetadataOptions::default().with_include_zarrs_metadata(false))
            .with_context(at)?;
        let fill = array.fill_value().as_ne_bytes().to_vec();
        let sink = Arc::new(ZarrSink {
            label: at(),
            array,
            dtype,
            shape: shape.to_vec(),
            chunk: layout.chunk,
            fill,
        });
        Ok(Folder { beside: Some(beside), group, target, sink })
    }

    pub(super) fn sink(&self) -> Arc<dyn Sink> {
        self.sink.clone()
    }

    /// Takes the place of what had the name.
    pub(super) fn commit(self, durable: bool) -> Result<()> {
        let Some(beside) = self.beside else { return Ok(()) };
        let at = || self.target.display().to_string();
        if let Some(group) = &self.group {
            make_groups(group, &self.target).with_context(at)?;
        }
        if durable {
            sync_tree(beside.path()).with_context(at)?;
        }
        let fresh = beside.keep();
        if std::fs::symlink_metadata(&self.target).is_ok() {
            let parent = fresh.parent().unwrap_or(Path::new("."));
            let aside =
                tempfile::Builder::new().prefix(".arrstore-old-").tempdir_in(parent).with_context(at)?;
            std::fs::rename(&self.target, aside.path().join("old")).with_context(at)?;
        }
        std::fs::rename(&fresh, &self.target).with_context(at)
    }
}

/// Every group from `root` down to the folder that will hold `target`, where there is none yet.
fn make_groups(root: &Path, target: &Path) -> Result<()> {
    let inner = target.parent().and_then(|p| p.strip_prefix(root).ok()).unwrap_or(Path::new(""));
    let mut folder = root.to_owned();
    for part in std::iter::once(Path::new("")).chain(inner.iter().map(Path::new)) {
        folder.push(part);
        std::fs::create_dir_all(&folder)?;
        if !folder.join("zarr.json").exists() {
            let store = Arc::new(FilesystemStore::new(&folder)?);
            GroupBuilder::new().build(store, "/")?.store_metadata()?;
        }
    }
    Ok(())
}

/// Flushes a folder and everything in it.
fn sync_tree(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => sync_tree(&entry.path())?,
            false => std::fs::File::open(entry.path())?.sync_all()?,
        }
    }
    std::fs::File::open(folder)?.sync_all()
}

fn array(
    order: &Order<'_>,
    dtype: DType,
    shape: &[u64],
    layout: &Layout,
    folder: &Path,
) -> Result<Array<FilesystemStore>> {
    let about = order.about;
    let fill =
        about.fill.clone().filter(|f| f.len() == dtype.size()).unwrap_or_else(|| vec![0; dtype.size()]);
    let mut builder =
        ArrayBuilder::new(shape.to_vec(), layout.chunk.clone(), dtype.name(), FillValue::new(fill));
    let c_order = layout.order.iter().enumerate().all(|(k, &axis)| k == usize::from(axis));
    if !c_order {
        let order: Vec<usize> = layout.order.iter().map(|&a| a.into()).collect();
        let codec: Arc<dyn ArrayToArrayCodecTraits> =
            Arc::new(TransposeCodec::new(TransposeOrder::new(&order)?));
        builder.array_to_array_codecs(vec![codec]);
    }
    if let codec @ (Codec::Lz4 | Codec::Pco { .. }) = layout.codec {
        return Err(misuse(format!(
            "Zarr folders are written with codec none or zstd, not {codec}: say --codec zstd:1"
        )));
    }
    if let Codec::Zstd { level } = layout.codec {
        let mut codecs: Vec<Arc<dyn BytesToBytesCodecTraits>> = Vec::new();
        if layout.shuffle != Shuffle::Off && dtype.size() > 1 {
            codecs.push(Arc::new(ShuffleCodec::new(dtype.size())));
        }
        codecs.push(Arc::new(ZstdCodec::new(level, false)));
        builder.bytes_to_bytes_codecs(codecs);
    }
    builder.attributes(about.attributes.clone());
    if about.dims.len() == shape.len() && about.dims.iter().any(Option::is_some) {
        builder.dimension_names(Some(about.dims.clone()));
    }
    Ok(builder.build(Arc::new(FilesystemStore::new(folder)?), "/")?)
}

/// Writes whole chunks, the far ones padded with the fill value.
struct ZarrSink {
    label: String,
    array: Array<FilesystemStore>,
    dtype: DType,
    shape: Vec<u64>,
    chunk: Vec<u64>,
    fill: Vec<u8>,
}

impl Sink for ZarrSink {
    fn dtype(&self) -> DType {
        self.dtype
    }
    fn shape(&self) -> &[u64] {
        &self.shape
    }
    fn chunk_shape(&self) -> Option<&[u64]> {
        Some(&self.chunk)
    }
    fn scratch_bytes(&self) -> usize {
        // The gathered chunk, and zarrs' own forms of it on the way to the file.
        let chunk = self.chunk.iter().product::<u64>() as usize * self.dtype.size();
        chunk.saturating_mul(4)
    }
    fn write(&self, start: &[u64], shape: &[u64], data: &[u8]) -> arrstore::Result<()> {
        if shape.contains(&0) {
            return Ok(());
        }
        let item = self.dtype.size();
        let spans: Vec<Range<u64>> = start
            .iter()
            .zip(shape)
            .zip(&self.chunk)
            .map(|((&s, &n), &c)| s / c..(s + n).div_ceil(c))
            .collect();
        let from_strides = c_strides(shape, item);
        let to_strides = c_strides(&self.chunk, item);
        let options = CodecOptions::default().with_concurrent_target(1);
        let mut index: Vec<u64> = spans.iter().map(|s| s.start).collect();
        loop {
            let (mut from, mut counts) = (0isize, Vec::new());
            for (k, (&i, &c)) in index.iter().zip(&self.chunk).enumerate() {
                let first = i * c - start[k];
                counts.push(c.min(shape[k] - first) as usize);
                from += first as isize * from_strides[k];
            }
            let whole = counts.iter().zip(&self.chunk).all(|(&n, &c)| n as u64 == c);
            let count = self.chunk.iter().product::<u64>() as usize;
            let mut bytes = if whole { vec![0; count * item] } else { self.fill.repeat(count) };
            strided::copy(item, &counts, data, from as usize, &from_strides, &mut bytes, 0, &to_strides);
            self.array
                .store_chunk_opt(&index, ArrayBytes::new_flen(bytes), &options)
                .map_err(|e| Error::Other(format!("{}: chunk {index:?}: {e}", self.label)))?;
            if !advance(&mut index, &spans) {
                return Ok(());
            }
        }
    }
    fn label(&self) -> String {
        self.label.clone()
    }
}
