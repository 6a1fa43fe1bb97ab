//! The golden `.arrs` files, and their manifests.
//!
//! Beside each file in `golden/files` lies a manifest of the same name. It lists the file's content: all metadata, and
//! the SHA-256 of each array's elements in C order, little-endian. Both never change: a file that was once readable
//! must stay readable for ever.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrstore_format::{Array, Codec, File, MemoryStorage, Meta, Result, Snapshot};
use serde_json::{Map, Number, Value as Json, json};

use crate::sha256::sha256;

/// The folder of the files.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/files")
}

/// A golden file.
#[derive(Clone, Debug)]
pub struct Store {
    /// Its name, without an ending.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its content, from the manifest.
    pub holds: Json,
    /// Whether `verify` finds no damage.
    pub sound: bool,
}

/// All golden files, in order of their names. A large one is packed, as `name.arrs.zst`.
///
/// # Panics
/// When a file or a manifest is missing or invalid.
pub fn all() -> Vec<Store> {
    let listed = std::fs::read_dir(folder()).expect("the folder of golden files can be read");
    let mut paths: Vec<PathBuf> = listed.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort_unstable();
    paths.iter().map(|path| store(path)).collect()
}

fn store(manifest: &Path) -> Store {
    let text = std::fs::read(manifest).expect("a manifest can be read");
    let mut holds: Json = serde_json::from_slice(&text).expect("a manifest is JSON");
    let sound = holds.as_object_mut().and_then(|all| all.remove("sound")) == Some(Json::Bool(true));
    let bytes = std::fs::read(manifest.with_extension("arrs")).or_else(|_| {
        let packed = std::fs::File::open(manifest.with_extension("arrs.zst"))?;
        zstd::decode_all(packed)
    });
    let bytes = bytes.expect("beside a manifest stands its file");
    let name = manifest.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    Store { name, bytes, holds: plain(holds), sound }
}

/// Opens a file in memory.
///
/// # Errors
/// When it is refused.
pub fn snapshot(bytes: Vec<u8>) -> Result<Snapshot> {
    File::on(Arc::new(MemoryStorage::of(bytes)))?.snapshot()
}

/// The most elements and chunks of an array that are read: the metadata of a hostile file can claim any number.
pub const MOST: u64 = 1 << 20;

/// The whole content of a file, in the form of the manifests and of the readers in other languages.
///
/// # Errors
/// When anything in it is refused.
pub fn holds(snapshot: &Snapshot) -> Result<Json> {
    let stat = snapshot.stat();
    let time = stat.time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_micros();
    let mut arrays = Vec::new();
    for name in snapshot.arrays()? {
        let array = snapshot.array(&name)?;
        arrays.push(described(array.meta(), elements(&array)?.as_deref()));
    }
    Ok(plain(json!({
        "commit": stat.seq,
        "version": [stat.version.0, stat.version.1],
        "uuid": hex(&stat.uuid),
        "sealed": stat.sealed,
        "time": time as u64,
        "producer": stat.producer,
        "attributes": snapshot.attributes()?,
        "arrays": arrays,
    })))
}

/// The elements of an array in C order, unless there are too many.
fn elements(array: &Array) -> Result<Option<Vec<u8>>> {
    let meta = array.meta();
    let some = |lengths: &[u64]| lengths.iter().fold(1u64, |n, &length| n.saturating_mul(length)) <= MOST;
    if !some(&meta.shape) || !some(array.grid().counts()) || !some(&meta.chunk_shape) {
        return Ok(None);
    }
    let mut out = vec![0; meta.shape.iter().product::<u64>() as usize * meta.dtype.size()];
    array.read(&vec![0; meta.ndim()], &meta.shape, &mut out)?;
    Ok(Some(out))
}

/// The description of an array: its metadata, and the digest of its elements.
pub fn described(meta: &Meta, elements: Option<&[u8]>) -> Json {
    json!({
        "name": meta.name,
        "dtype": meta.dtype.name(),
        "shape": meta.shape,
        "chunks": meta.chunk_shape,
        "order": meta.order,
        "codec": codec(meta.codec),
        "filter": if meta.shuffle { "shuffle" } else { "none" },
        "fill": hex(&meta.fill),
        "dimension_names": meta.dims,
        "attributes": meta.attributes,
        "sha256": elements.map(sha256),
    })
}

/// The name of a codec.
pub fn codec(codec: Codec) -> &'static str {
    match codec {
        Codec::None => "none",
        Codec::Zstd { .. } => "zstd",
        Codec::Lz4 => "lz4",
        Codec::Pco { .. } => "pco",
        _ => "unknown",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Turns whole numbers into integers: not every language tells 1.0 from 1.
pub fn plain(json: Json) -> Json {
    match json {
        Json::Number(number) => Json::Number(whole(&number).unwrap_or(number)),
        Json::Array(items) => Json::Array(items.into_iter().map(plain).collect()),
        Json::Object(all) => {
            Json::Object(all.into_iter().map(|(key, item)| (key, plain(item))).collect::<Map<_, _>>())
        }
        other => other,
    }
}

fn whole(number: &Number) -> Option<Number> {
    let value = number.as_f64().filter(|value| number.is_f64() && value.fract() == 0.0)?;
    let (low, high) = (i64::MIN as f64, u64::MAX as f64);
    match value {
        v if v >= 0.0 && v < high => Some(Number::from(v as u64)),
        v if v >= low && v < 0.0 => Some(Number::from(v as i64)),
        _ => None,
    }
}
