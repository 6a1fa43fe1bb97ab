//! Results in an `.npz` archive of one array: stored, so that it can be mapped again.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrstore::NpySink;
use arrstore::{DType, Target};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use super::Order;
use crate::location::full_name;

/// Alignment of the member, so that its elements lie as they do in a `.npy` file.
const ALIGNMENT: u16 = 64;

/// An archive that will stand at `target`. Its size and checksum are known only at the end, so the array is
/// written as a `.npy` file first and then put into the archive.
pub(super) struct Archive {
    beside: TempDir,
    member: String,
    target: PathBuf,
    sink: Arc<NpySink>,
}

impl Archive {
    pub(super) fn create(order: &Order<'_>, dtype: DType, shape: &[u64]) -> Result<Archive> {
        let location = order.location;
        let at = || location.to_string();
        let name = match &location.name {
            Some(name) => name.clone(),
            None => full_name(order.name)?,
        };
        let beside =
            tempfile::Builder::new().prefix(".arrstore-").tempdir_in(location.folder()).with_context(at)?;
        let sink = NpySink::create(&beside.path().join("array.npy"), dtype, shape).with_context(at)?;
        let member = format!("{}.npy", name.trim_start_matches('/'));
        Ok(Archive { beside, member, target: location.path.clone(), sink: Arc::new(sink) })
    }

    pub(super) fn target(&self) -> Target {
        Target::Sink(self.sink.clone())
    }

    pub(super) fn commit(self, durable: bool) -> Result<()> {
        let at = || self.target.display().to_string();
        Arc::into_inner(self.sink).context("an output is still being written")?.commit(false)?;
        let mut array = File::open(self.beside.path().join("array.npy")).with_context(at)?;
        let archive = self.beside.path().join("archive.npz");
        let mut zip = zip::ZipWriter::new(File::create_new(&archive).with_context(at)?);
        let stored = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored)
            .large_file(true)
            .with_alignment(ALIGNMENT);
        zip.start_file(self.member.as_str(), stored).with_context(at)?;
        io::copy(&mut array, &mut zip).with_context(at)?;
        let file = zip.finish().with_context(at)?;
        if durable {
            file.sync_all().with_context(at)?;
        }
        std::fs::rename(&archive, &self.target).with_context(at)?;
        if durable {
            let folder = self.target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(folder).and_then(|f| f.sync_all()).with_context(at)?;
        }
        Ok(())
    }
}
