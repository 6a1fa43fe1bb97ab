//! Results in a Zarr v3 store, through `zarrs`. New folders are written first and then replace the old ones.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrstore_format::replace::{NewFolder, Published, folder_of, new_file};
use arrstore_format::{Codec, Meta, strided};
use zarrs::array::codec::array_to_array::transpose::TransposeOrder;
use zarrs::array::codec::{ShuffleCodec, TransposeCodec, ZstdCodec};
use zarrs::array::{
    Array, ArrayBuilder, ArrayBytes, ArrayMetadataOptions, ArrayToArrayCodecTraits, BytesToBytesCodecTraits,
    CodecOptions, FillValue,
};
use zarrs::filesystem::FilesystemStore;

use super::tree::{self, METADATA, Way};
use crate::formats::container::{Container, Dry, Writing};
use crate::formats::error::{Choice, Error, Placed, Result};
use crate::formats::location::Location;
use crate::spans::advance;
use crate::{DType, Expr, Sink, Target, c_strides};

/// One Zarr store with all arrays that one run writes to it.
pub(in crate::formats) struct Store {
    root: PathBuf,
    writing: Writing,
    /// New folders by their final paths. Arrays may share a folder: a new group.
    folders: BTreeMap<PathBuf, NewFolder>,
    /// New metadata of existing groups, by their folders.
    groups: BTreeMap<PathBuf, serde_json::Value>,
}

impl Store {
    /// Refuses locations that may not be replaced or written into.
    pub(in crate::formats) fn open<'a>(
        root: &Path,
        locations: impl Iterator<Item = &'a Location>,
        writing: &Writing,
    ) -> Result<Store> {
        for location in locations {
            Way::to(location, root)?;
        }
        let (root, writing) = (root.to_owned(), writing.clone());
        Ok(Store { root, writing, folders: BTreeMap::new(), groups: BTreeMap::new() })
    }
}

impl Container for Store {
    fn add(&mut self, expr: &Expr, location: &Location, _: &str, meta: &Meta) -> Result<(Expr, Target)> {
        let at = || location.to_string();
        let way = Way::to(location, &self.root)?;
        if self.writing.dry {
            return Ok(Dry::root(expr, location, Some(&meta.chunk_shape)));
        }
        let new = match self.folders.entry(way.top.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                entry.insert(NewFolder::create(&way.top, folder_of(&self.root)).place(at)?)
            }
        };
        let folder: PathBuf = new.path().join(&way.rest).components().collect();
        std::fs::create_dir_all(&folder).place(at)?;
        for group in way.new_groups() {
            write_json(File::create(new.path().join(group).join(METADATA)).place(at)?, &tree::group())
                .place(at)?;
        }
        self.groups.extend(way.groups);
        let array = array(meta, &folder).place(at)?;
        array
            .store_metadata_opt(&ArrayMetadataOptions::default().with_include_zarrs_metadata(false))
            .map_err(Error::foreign)
            .place(at)?;
        let sink = ZarrSink { label: at(), array, meta: meta.clone() };
        Ok((expr.clone(), Target::Sink(Arc::new(sink))))
    }

    fn prepare(&mut self) -> Result<()> {
        for folder in self.folders.values().filter(|_| self.writing.durable) {
            sync_tree(folder.path()).place(|| self.root.display().to_string())?;
        }
        Ok(())
    }

    /// Takes all names; the caller can undo them in any case.
    fn publish(self: Box<Self>, _: bool, published: &mut Vec<Published>) -> Result<()> {
        let at = || self.root.display().to_string();
        for (group, metadata) in &self.groups {
            let (file, name) = new_file(&group.join(METADATA)).place(at)?;
            write_json(&file, metadata).place(at)?;
            if self.writing.durable {
                file.sync_all().place(at)?;
            }
            published.push(name.publish(&file, true, true).place(at)?);
        }
        for folder in self.folders.into_values() {
            published.push(folder.publish().place(|| self.root.display().to_string())?);
        }
        Ok(())
    }
}

fn write_json(mut file: impl Write, json: &serde_json::Value) -> std::io::Result<()> {
    writeln!(file, "{json:#}")
}

/// Flushes a folder and everything in it to the disk.
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

/// The array in its folder, before its metadata and chunks are written.
fn array(meta: &Meta, folder: &Path) -> Result<Array<FilesystemStore>> {
    let fill = FillValue::new(meta.fill.clone());
    if !meta.dtype.kind().is_number() {
        let words = format!("Zarr folders hold booleans and numbers, not elements of type {}", meta.dtype);
        return Err(Error::request(words));
    }
    let name = meta.dtype.name();
    let mut builder = ArrayBuilder::new(meta.shape.clone(), meta.chunk_shape.clone(), &*name, fill);
    if !meta.is_c_order() {
        let order: Vec<usize> = meta.order.iter().map(|&a| a.into()).collect();
        let codec: Arc<dyn ArrayToArrayCodecTraits> =
            Arc::new(TransposeCodec::new(TransposeOrder::new(&order).map_err(Error::foreign)?));
        builder.array_to_array_codecs(vec![codec]);
    }
    if let codec @ (Codec::Lz4 | Codec::Pco { .. }) = meta.codec {
        let words = format!("Zarr folders are written with codec none or zstd, not {codec}");
        return Err(Error::request(words).needs(Choice::Codec));
    }
    if let Codec::Zstd { level } = meta.codec {
        let mut codecs: Vec<Arc<dyn BytesToBytesCodecTraits>> = Vec::new();
        if meta.shuffle {
            codecs.push(Arc::new(ShuffleCodec::new(meta.dtype.size())));
        }
        codecs.push(Arc::new(ZstdCodec::new(level, false)));
        builder.bytes_to_bytes_codecs(codecs);
    }
    builder.attributes(meta.attributes.clone());
    if meta.dims.iter().any(Option::is_some) {
        builder.dimension_names(Some(meta.dims.clone()));
    }
    let store = FilesystemStore::new(folder).map_err(Error::foreign)?;
    builder.build(Arc::new(store), "/").map_err(Error::foreign)
}

/// Writes whole chunks; chunks at the far edges are padded with the fill value.
struct ZarrSink {
    label: String,
    array: Array<FilesystemStore>,
    meta: Meta,
}

impl Sink for ZarrSink {
    fn dtype(&self) -> DType {
        self.meta.dtype
    }
    fn shape(&self) -> &[u64] {
        &self.meta.shape
    }
    fn chunk_shape(&self) -> Option<&[u64]> {
        Some(&self.meta.chunk_shape)
    }
    fn scratch_bytes(&self) -> usize {
        // The gathered chunk, and the forms of it that zarrs makes on the way to the file.
        self.meta.chunk_bytes().saturating_mul(4)
    }
    fn write(&self, start: &[u64], shape: &[u64], data: &[u8]) -> crate::Result<()> {
        if shape.contains(&0) {
            return Ok(());
        }
        let (item, size) = (self.meta.dtype.size(), &self.meta.chunk_shape);
        let spans: Vec<Range<u64>> =
            start.iter().zip(shape).zip(size).map(|((&s, &n), &c)| s / c..(s + n).div_ceil(c)).collect();
        let from_strides = c_strides(shape, item);
        let to_strides = c_strides(size, item);
        let options = CodecOptions::default().with_concurrent_target(1);
        let mut index: Vec<u64> = spans.iter().map(|s| s.start).collect();
        loop {
            let (mut from, mut counts) = (0isize, Vec::new());
            for (k, (&i, &c)) in index.iter().zip(size).enumerate() {
                let first = i * c - start[k];
                counts.push(c.min(shape[k] - first) as usize);
                from += first as isize * from_strides[k];
            }
            let whole = counts.iter().zip(size).all(|(&n, &c)| n as u64 == c);
            let count = size.iter().product::<u64>() as usize;
            let mut bytes = if whole { vec![0; count * item] } else { self.meta.fill.repeat(count) };
            strided::copy(item, &counts, data, from as usize, &from_strides, &mut bytes, 0, &to_strides);
            self.array
                .store_chunk_opt(&index, ArrayBytes::new_flen(bytes), &options)
                .map_err(|e| crate::Error::Other(format!("{}: chunk {index:?}: {e}", self.label)))?;
            if !advance(&mut index, &spans) {
                return Ok(());
            }
        }
    }
    fn label(&self) -> String {
        self.label.clone()
    }
}
