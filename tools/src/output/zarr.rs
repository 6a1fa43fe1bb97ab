//! Results in a Zarr v3 store, through `zarrs`: in new folders, which then take the places of what was there.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrstore::c_strides;
use arrstore::{DType, Error, Expr, Sink, Target};
use arrstore_format::replace::{NewFolder, Published, folder_of, new_file};
use arrstore_format::{Codec, strided};
use zarrs::array::codec::array_to_array::transpose::TransposeOrder;
use zarrs::array::codec::{ShuffleCodec, TransposeCodec, ZstdCodec};
use zarrs::array::{
    Array, ArrayBuilder, ArrayBytes, ArrayMetadataOptions, ArrayToArrayCodecTraits, BytesToBytesCodecTraits,
    CodecOptions, FillValue,
};
use zarrs::filesystem::FilesystemStore;

use super::region::advance;
use super::tree::{self, METADATA, Way};
use super::{Dry, Order};
use crate::cli::Shuffle;
use crate::layout::Layout;
use crate::location::Location;
use crate::misuse::misuse;

/// One Zarr store with everything that one run writes to it.
pub(super) struct Store {
    root: PathBuf,
    dry: bool,
    /// New folders by the path that they will have. Arrays may share one: a group that is not there yet.
    folders: BTreeMap<PathBuf, NewFolder>,
    /// The metadata of groups that are there, by their folders.
    groups: BTreeMap<PathBuf, serde_json::Value>,
}

impl Store {
    /// Looks at what is there, and refuses what may not be replaced or written into.
    pub(super) fn open<'a>(
        root: &Path,
        locations: impl Iterator<Item = &'a Location>,
        dry: bool,
    ) -> Result<Store> {
        for location in locations {
            Way::to(location, root)?;
        }
        Ok(Store { root: root.to_owned(), dry, folders: BTreeMap::new(), groups: BTreeMap::new() })
    }

    pub(super) fn add(&mut self, expr: &Expr, order: &Order<'_>) -> Result<(Expr, Target)> {
        let (location, dtype, shape) = (order.location, expr.dtype(), expr.shape());
        let at = || location.to_string();
        let layout = Layout::choose(order.storing, &order.about.known, dtype, shape)?;
        let way = Way::to(location, &self.root)?;
        if self.dry {
            return Ok((expr.clone(), Dry::target(location, dtype, shape, Some(layout.chunk))));
        }
        let new = match self.folders.entry(way.top.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                entry.insert(NewFolder::create(&way.top, folder_of(&self.root)).with_context(at)?)
            }
        };
        let folder: PathBuf = new.path().join(&way.rest).components().collect();
        std::fs::create_dir_all(&folder).with_context(at)?;
        for group in way.new_groups() {
            write_json(File::create(new.path().join(group).join(METADATA)).with_context(at)?, &tree::group())
                .with_context(at)?;
        }
        self.groups.extend(way.groups);
        let array = array(order, dtype, shape, &layout, &folder).with_context(at)?;
        array
            .store_metadata_opt(&ArrayMetadataOptions::default().with_include_zarrs_metadata(false))
            .with_context(at)?;
        let fill = array.fill_value().as_ne_bytes().to_vec();
        let (label, chunk, shape) = (at(), layout.chunk, shape.to_vec());
        let sink = ZarrSink { label, array, dtype, shape, chunk, fill };
        Ok((expr.clone(), Target::Sink(Arc::new(sink))))
    }

    /// Everything but the names.
    pub(super) fn prepare(&self, durable: bool) -> Result<()> {
        for folder in self.folders.values().filter(|_| durable) {
            sync_tree(folder.path()).with_context(|| self.root.display().to_string())?;
        }
        Ok(())
    }

    /// Takes all names, or none.
    pub(super) fn publish(self, durable: bool, published: &mut Vec<Published>) -> Result<()> {
        let at = || self.root.display().to_string();
        for (group, metadata) in &self.groups {
            let (file, name) = new_file(&group.join(METADATA)).with_context(at)?;
            write_json(&file, metadata).with_context(at)?;
            if durable {
                file.sync_all().with_context(at)?;
            }
            published.push(name.publish(&file, true, true).with_context(at)?);
        }
        for folder in self.folders.into_values() {
            published.push(folder.publish().with_context(|| self.root.display().to_string())?);
        }
        Ok(())
    }
}

fn write_json(mut file: impl Write, json: &serde_json::Value) -> std::io::Result<()> {
    writeln!(file, "{json:#}")
}

/// Flushes a folder and everything in it.
fn sync_tree(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => sync_tree(&entry.path())?,
            false => File::open(entry.path())?.sync_all()?,
        }
    }
    File::open(folder)?.sync_all()
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
