//! The pass that counts the elements that a mask selects, and keeps them if they are few.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Selected;
use super::band::{Band, Bands};
use crate::exec::{Feed, Fit, Reader, Room, Run, Stage, Told, Turns};
use crate::operator::{Operator, Output};
use crate::profile::Work;
use crate::program::{Program, mapped_bytes};
use crate::{Error, Result};

/// Bands that a thread counts at a time.
const TURN: u64 = 8;

/// Selected elements that are kept while they are counted.
#[derive(Debug)]
pub(super) struct Keep {
    /// Bytes that they may take.
    pub(super) room: u64,
    /// `None` once they are too many.
    parts: Mutex<Option<Parts>>,
}

#[derive(Debug, Default)]
struct Parts {
    bands: BTreeMap<u64, Vec<u8>>,
    bytes: u64,
}

impl Keep {
    /// Room for `room` bytes.
    pub(super) fn new(room: u64) -> Keep {
        Keep { room, parts: Mutex::new(Some(Parts::default())) }
    }

    /// All that is kept, band by band; `None` if it was too much.
    pub(super) fn parts(&self) -> Option<impl Iterator<Item = Vec<u8>>> {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner).take();
        parts.map(|parts| parts.bands.into_values())
    }

    fn is_open(&self) -> bool {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Takes room for the elements of a band; without room, drops all that is kept.
    fn take(&self, bytes: u64) -> bool {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = parts.as_mut() {
            kept.bytes += bytes;
            // the elements are copied once more when all are there
            if kept.bytes > self.room / 2 {
                *parts = None;
            }
        }
        parts.is_some()
    }

    fn put(&self, band: u64, elements: Vec<u8>) {
        if let Some(kept) = self.parts.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            kept.bands.insert(band, elements);
        }
    }
}

/// The number of selected elements in each band.
#[derive(Clone, Debug)]
pub(super) struct Counting {
    pub(super) what: Selected,
    /// The shape of the mask.
    pub(super) shape: Vec<u64>,
    pub(super) keep: Arc<Keep>,
}

impl Operator for Counting {
    fn name(&self) -> &'static str {
        "count of a mask"
    }

    fn key(&self) -> Vec<u8> {
        Arc::as_ptr(&self.keep).addr().to_le_bytes().to_vec()
    }

    fn stage(&self, feeds: Vec<Program>, _: &[Output]) -> Result<Box<dyn Stage>> {
        let item = match self.what {
            Selected::Values => feeds.last().map_or(1, Program::output_size),
            Selected::Places => 8 * self.shape.len(),
        };
        let bands = Bands::new(&self.shape);
        Ok(Box::new(Counted {
            counting: self.clone(),
            bands,
            feeds,
            item,
            threads: 1,
            cache: 0,
            keeps: false,
        }))
    }
}

/// A count that is planned.
#[derive(Debug)]
struct Counted {
    counting: Counting,
    bands: Bands,
    feeds: Vec<Program>,
    /// Bytes of a selected element.
    item: usize,
    threads: u64,
    /// Bytes of decoded chunks that are kept from band to band.
    cache: u64,
    keeps: bool,
}

impl Stage for Counted {
    fn feeds(&self) -> Vec<&Program> {
        self.feeds.iter().collect()
    }

    fn fit(&mut self, room: Room) -> Fit {
        let longest = self.bands.longest().to_vec();
        let each = Feed::bytes_together(&self.feeds, &longest)
            + Band::bytes(longest.iter().product(), self.item as u64, self.feeds.get(1));
        let turns = self.bands.grid.len().div_ceil(TURN).max(1);
        self.threads = (room.free / each.max(1)).min(room.threads).min(turns);
        if self.threads == 0 {
            return Fit::Needs(each);
        }
        let mut taken = self.threads * each;
        let decoded = self.feeds.iter().map(|feed| Feed::decoded_beside(feed, &longest)).max().unwrap_or(0);
        let cached = decoded.saturating_mul(self.feeds.len() as u64);
        if taken.saturating_add(cached) <= room.free {
            (self.cache, taken) = (decoded, taken + cached);
        }
        let mapped = mapped_bytes(&self.feeds);
        let held = room.total.saturating_sub(room.free);
        self.keeps = held.saturating_add(taken).saturating_add(mapped) <= room.total / 2;
        Fit::Takes(taken + if self.keeps { mapped } else { 0 })
    }

    fn keeps(&self) -> bool {
        self.keeps
    }

    fn work(&self) -> u64 {
        self.counting.shape.iter().product()
    }

    fn explain(&self) -> Told {
        Told {
            kind: "count",
            steps: vec!["the elements of a mask".to_owned()],
            domain: self.counting.shape.clone(),
            tiles: self.bands.grid.len(),
            tile: self.bands.longest().to_vec(),
            threads: self.threads,
            reads: self.feeds.iter().map(Program::bytes_read).collect(),
            passes: 1,
            keeps: self.keeps,
            ..Told::default()
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let [sink] = run.sinks else { return Err(Error::internal("a count has one output")) };
        let feed =
            |(program, sources)| Feed::new(program, sources, run.context, self.keeps).caching(self.cache);
        let feeds: Vec<Feed<'_>> =
            self.feeds.iter().zip(run.sources.iter().map(Vec::as_slice)).map(feed).collect();
        let (bands, keep) = (self.bands.grid.len(), &self.counting.keep);
        let turns = Turns::new(bands.div_ceil(TURN));
        let ran = turns.run(self.threads, run.context, || {
            let mut readers: Vec<Reader<'_>> = feeds.iter().map(Feed::reader).collect();
            let Some((mask, values)) = readers.split_first_mut() else { return Ok(()) };
            let mut band = Band::new();
            while let Some(turn) = turns.take(run.context)? {
                for number in turn * TURN..((turn + 1) * TURN).min(bands) {
                    let (start, shape) = self.bands.band(number);
                    let elements = shape.iter().product::<u64>();
                    let count = run.context.record(Work::Tile, 1, elements, || {
                        let bytes = band.read(mask, &start, &shape)?;
                        if !keep.is_open() {
                            return Ok(bytes.iter().filter(|&&byte| byte != 0).count());
                        }
                        let count = band.find(elements as usize)?;
                        if keep.take((count * self.item) as u64) && count > 0 {
                            let mut kept = vec![0; count * self.item];
                            band.pack(values.first_mut(), (&start, &shape), 0, &mut kept, self.item)?;
                            keep.put(number, kept);
                        }
                        Ok::<_, Error>(count)
                    })?;
                    sink.write(&[number], &[1], &(count as u64).to_le_bytes())?;
                    (run.done)(elements);
                }
            }
            Ok(())
        });
        if self.keeps {
            run.sources.iter().flatten().for_each(|source| source.release_all());
        }
        ran
    }
}
