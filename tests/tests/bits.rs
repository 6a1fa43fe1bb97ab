//! Sealed files of every type, codec, order and state of chunks, with deliberate damage: either the damage is found, or
//! a reader sees no change.
//!
//! The long campaign flips every bit: `ARRSTORE_BITS=1 ARRSTORE_BURSTS=1000000 cargo test -p arrstore-tests --release
//! --test bits`

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::sync::Arc;

use arrstore_format::{Codec, CreateOptions, DType, File, MemoryStorage, Meta};
use arrstore_tests::command::rounds;
use arrstore_tests::data::Words;
use arrstore_tests::stores;
use serde_json::Value as Json;

/// Longer files are damaged only at random places.
const SMALL: usize = 1 << 20;
const PAGE: usize = 4096;

struct Sealed {
    name: String,
    bytes: Vec<u8>,
    holds: Json,
}

/// A sealed copy of a file.
fn sealed(name: &str, file: &File) -> Sealed {
    let storage = Arc::new(MemoryStorage::new());
    let copy = File::create_on(storage.clone(), &CreateOptions::default()).unwrap();
    file.snapshot().unwrap().copy_sealed(&copy, &|_, _| true).unwrap();
    let holds = stores::holds(&copy.snapshot().unwrap()).unwrap();
    let sealed = Sealed { name: name.into(), bytes: storage.bytes(), holds };
    assert!(!sealed.finds(sealed.bytes.clone()), "{name} is not sound");
    sealed
}

/// A file with the fast and the dense codec, which the golden files lack.
fn packed() -> File {
    let file = File::create_on(Arc::new(MemoryStorage::new()), &CreateOptions::default()).unwrap();
    let transaction = file.begin().unwrap();
    for (name, dtype, codec) in
        [("/lz4", DType::U16, Codec::Lz4), ("/pco", DType::F32, Codec::Pco { level: 8 })]
    {
        let id = transaction
            .create_array(name, Meta::new(dtype, &[60, 50], &[32, 32]).encoded(codec, false))
            .unwrap();
        let data: Vec<u8> = Words(7).flat_map(|w| [w as u8 & 3, 0]).take(6000 * dtype.size() / 2).collect();
        transaction.write(id, &[0, 0], &[60, 50], &data).unwrap();
    }
    transaction.commit().unwrap();
    file
}

fn files() -> Vec<Sealed> {
    let golden = stores::all().into_iter().filter(|store| store.sound);
    let mut files: Vec<Sealed> = golden
        .map(|store| sealed(&store.name, &File::on(Arc::new(MemoryStorage::of(store.bytes))).unwrap()))
        .collect();
    files.push(sealed("packed", &packed()));
    files
}

impl Sealed {
    /// Whether opening or verifying finds damage.
    fn finds(&self, bytes: Vec<u8>) -> bool {
        let opened = File::on(Arc::new(MemoryStorage::of(bytes))).and_then(|file| file.snapshot());
        match opened.and_then(|snapshot| snapshot.verify(&|_, _| true)) {
            Ok(report) => !report.is_sound(),
            Err(_) => true,
        }
    }

    /// Demands that the damage is found, or that a reader sees no difference.
    fn check(&self, damaged: Vec<u8>, what: impl Fn() -> String) {
        if damaged == self.bytes || self.finds(damaged.clone()) {
            return;
        }
        let seen = stores::holds(&stores::snapshot(damaged).unwrap());
        assert_eq!(seen.unwrap(), self.holds, "{}: {} was not found", self.name, what());
    }

    /// Changes a copy and then checks as [`Sealed::check`].
    fn change(&self, change: impl Fn(&mut Vec<u8>), what: impl Fn() -> String) {
        let mut bytes = self.bytes.clone();
        change(&mut bytes);
        self.check(bytes, what);
    }
}

/// Calls `one` with each of `0..n`, on all processors.
fn each(n: usize, one: impl Fn(usize) + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let one = &one;
        for first in 0..threads {
            scope.spawn(move || (first..n).step_by(threads).for_each(one));
        }
    });
}

#[test]
fn flipped_bits() {
    // a prime step, so that all bits of a byte get their turn
    let step = if rounds("ARRSTORE_BITS", 0) > 0 { 1 } else { 401 };
    for file in files().iter().filter(|file| file.bytes.len() <= SMALL) {
        each((file.bytes.len() * 8).div_ceil(step), |k| {
            let bit = k * step;
            let mut flipped = file.bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(file.finds(flipped), "{}: bit {} of byte {} was flipped", file.name, bit % 8, bit / 8);
        });
    }
}

#[test]
fn bursts() {
    let files = files();
    each(rounds("ARRSTORE_BURSTS", 3000), |k| {
        let words: Vec<u64> = Words(k as u64).take(3).collect();
        let file = &files[k % files.len()];
        let first = (words[0] % (file.bytes.len() as u64 * 8)) as usize;
        let long = 2 + (words[1] % 31) as usize;
        // the first and the last bit of a burst change, the others at random
        let pattern = words[2] | 1 | 1 << (long - 1);
        let burst = |bytes: &mut Vec<u8>| {
            for i in (0..long).filter(|i| pattern >> i & 1 == 1) {
                if let Some(byte) = bytes.get_mut((first + i) / 8) {
                    *byte ^= 1 << ((first + i) % 8);
                }
            }
        };
        file.change(burst, || format!("a burst of {long} bits at bit {first}"));
    });
}

#[test]
fn pages_in_each_others_place() {
    for file in files().iter().filter(|file| file.bytes.len() <= SMALL) {
        let pages = file.bytes.len() / PAGE;
        each(pages * pages, |k| {
            let (one, two) = (k / pages, k % pages);
            let swap = |bytes: &mut Vec<u8>| {
                if one < two {
                    let (low, high) = bytes.split_at_mut(two * PAGE);
                    low[one * PAGE..][..PAGE].swap_with_slice(&mut high[..PAGE]);
                }
            };
            file.change(swap, || format!("pages {one} and {two} in each other's place"));
            let copy = |bytes: &mut Vec<u8>| bytes.copy_within(one * PAGE..(one + 1) * PAGE, two * PAGE);
            file.change(copy, || format!("page {one} in the place of {two}"));
        });
    }
}

#[test]
fn other_lengths() {
    let step = if rounds("ARRSTORE_BITS", 0) > 0 { 1 } else { 97 };
    for file in files() {
        let len = file.bytes.len();
        let step = if len <= SMALL { step } else { len / 100 };
        each(len.div_ceil(step), |k| {
            assert!(file.finds(file.bytes[..k * step].to_vec()), "{}: cut to {} bytes", file.name, k * step);
        });
        each(if len <= SMALL { 3 * PAGE / step } else { 10 }, |k| {
            for fill in [0, 0xA5] {
                let longer = |bytes: &mut Vec<u8>| bytes.resize(len + k * step, fill);
                file.change(longer, || format!("{} bytes of {fill:#x} at the end", k * step));
            }
        });
    }
}
