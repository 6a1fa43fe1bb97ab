//! Payloads that contradict their referrers.

use super::*;

#[test]
fn payloads() {
    use PayloadError as P;
    let mut flipped = forge();
    flipped.put(flipped.payload.0, &[9]);
    refused!(flipped.read().unwrap_err(), Error::Chunk { problem: P::Crc { .. }, .. });
    refused!(flipped.damage(), Error::Chunk { problem: P::Crc { .. }, .. });
    let long = |f: &mut Forge| f.put(f.leaf + ENTRIES + 8, &[5]);
    refused!(sealed(long), Error::Chunk { problem: P::StoredLength { expected: 4, found: 5 }, .. });

    // A packed chunk: the frame is checked against the shape, and the length before memory is allocated.
    let data: Vec<u8> = (0..2000u32).map(|i| (i / 7) as u8).collect();
    let packed =
        || forge_of(Meta::new(DType::U8, &[2000], &[2000]).encoded(Codec::Zstd { level: 1 }, false), &data);
    let with = |change: &dyn Fn(&mut Forge)| {
        let mut forge = packed();
        change(&mut forge);
        let len =
            u64::from_le_bytes(forge.bytes[forge.leaf + ENTRIES + 8..][..8].try_into().unwrap()) as usize;
        let crc = forge.crc(forge.payload.0, len.min(forge.payload.1 + 64));
        forge.put(forge.leaf + ENTRIES + 16, &crc);
        forge.seal();
        forge.read().unwrap_err()
    };
    refused!(with(&|f| f.put(f.payload.0, b"x")), Error::Chunk { problem: P::NotZstd, .. });
    let shorter = |f: &mut Forge| f.put(f.leaf + ENTRIES + 8, &(f.payload.1 as u64 - 1).to_le_bytes());
    refused!(with(&shorter), Error::Chunk { problem: P::Trailing { .. }, .. });
    let longer = |f: &mut Forge| f.put(f.leaf + ENTRIES + 8, &(f.payload.1 as u64 + 1).to_le_bytes());
    refused!(with(&longer), Error::Chunk { problem: P::Trailing { .. }, .. });
    let huge = |f: &mut Forge| f.put(f.leaf + ENTRIES + 8, &9000u64.to_le_bytes());
    let mut forge = packed();
    forge.bytes.resize(forge.bytes.len() + 4 * PAGE, 0);
    let length = (forge.bytes.len() as u64).to_le_bytes();
    forge.put_slot(64, &length);
    huge(&mut forge);
    forge.seal();
    refused!(forge.read().unwrap_err(), Error::Chunk { problem: P::TooLong { found: 9000, .. }, .. });
    let other_shape = |f: &mut Forge| {
        f.put(f.meta.0 + 56 + 8, &1999u64.to_le_bytes());
        f.put(f.meta.0 + 56, &1999u64.to_le_bytes());
    };
    let size = P::ContentSize { expected: 1999, found: Some(2000) };
    refused!(with(&other_shape), Error::Chunk { problem, .. } if problem == size);

    // Booleans.
    let mut bools = forge_of(Meta::new(DType::Bool, &[4], &[4]), &[0, 1, 1, 0]);
    bools.put(bools.payload.0, &[2]);
    let crc = bools.crc(bools.payload.0, 4);
    bools.put(bools.leaf + ENTRIES + 16, &crc);
    bools.seal();
    refused!(bools.damage(), Error::Chunk { problem: P::Bool { at: 0, found: 2 }, .. });

    // A block of a large raw payload, and its table.
    let data: Vec<u8> = (0..3u32 << 20).map(|i| (i ^ i >> 8) as u8).collect();
    let large = || forge_of(Meta::new(DType::U8, &[3 << 20], &[3 << 20]), &data);
    let mut block = large();
    block.put(block.payload.0 + 200_000, &[!data[200_000]]);
    let found = block.read().unwrap_err();
    refused!(found, Error::Chunk { problem: P::PieceCrc { start: 196_608, end: 262_144, .. }, .. });
    let report = block.verify();
    assert_eq!(report.damage.len(), 1);
    refused!(&report.damage[0].error, Error::Chunk { problem: P::PieceCrc { start: 196_608, .. }, .. });
    let mut table = large();
    table.put(table.payload.0 + (3 << 20), &[1, 1, 1, 1]);
    refused!(table.read().unwrap_err(), Error::Chunk { problem: P::Crc { .. }, .. });
}

/// Peak resident memory of this process, in bytes.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    kib.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
}

#[test]
#[cfg(target_os = "linux")]
fn a_chunk_that_claims_gigabytes_takes_no_memory() {
    let data: Vec<u8> = (0..2000u32).map(|i| (i / 7) as u8).collect();
    let mut forge =
        forge_of(Meta::new(DType::U8, &[2000], &[2000]).encoded(Codec::Zstd { level: 1 }, false), &data);
    let claimed = 4u64 << 30;
    forge.put(forge.meta.0 + 56, &claimed.to_le_bytes());
    forge.put(forge.meta.0 + 56 + 8, &claimed.to_le_bytes());
    forge.seal();
    let array = forge.open().unwrap().snapshot().unwrap().array("/a").unwrap();
    assert_eq!(array.chunk_bytes() as u64, claimed);
    let before = peak();
    let refused = array.read(&[5], &[1], &mut [0]).unwrap_err();
    let size = PayloadError::ContentSize { expected: claimed, found: Some(2000) };
    refused!(refused, Error::Chunk { problem, .. } if problem == size);
    let after = peak();
    assert!(after < before + (1 << 30), "{before} bytes before, {after} after");
}
