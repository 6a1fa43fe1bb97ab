//! Headers and slots.

use std::sync::Arc;

use super::*;
use crate::bytes::CrcMismatch;

#[test]
fn headers() {
    use HeaderError as H;
    let on = |bytes: Vec<u8>| File::on(Arc::new(MemoryStorage::of(bytes))).unwrap_err();
    refused!(on(vec![]), Error::Header(H::Empty));
    refused!(on(b"\x89PNG\r\n\x1a\n".to_vec()), Error::Header(H::Magic { .. }));
    refused!(on(forge().bytes[..5000].to_vec()), Error::Header(H::TooShort { found: 5000, .. }));
    let with = |at: usize, bytes: &[u8], seal: bool| {
        let mut forge = forge();
        forge.put(at, bytes);
        if seal {
            forge.seal_page(0);
        }
        forge.open().unwrap_err()
    };
    refused!(with(0, b"GIF89a..", true), Error::Header(H::Magic { .. }));
    refused!(with(0, b"\x89ARS\n\x1a\n\0", false), Error::Header(H::MangledMagic { .. }));
    refused!(with(0, b"\x09ARS\r\n\x1a\n", false), Error::Header(H::MangledMagic { .. }));
    refused!(with(0, b"\xc2\x89ARS\r\n\x1a", false), Error::Header(H::MangledMagic { .. }));
    refused!(with(8, &[1, 2, 3, 4], true), Error::Header(H::ByteOrder { found: 0x0403_0201 }));
    refused!(with(22, &[99], false), Error::Header(H::Crc(CrcMismatch { .. })));
    refused!(with(12, &[2], true), Error::Header(H::Version { found: 2 }));
    refused!(with(14, &[16], true), Error::Header(H::PageSize { found: 16 }));
    refused!(with(3000, &[1], true), Error::Header(H::Padding));
}

#[test]
fn slots() {
    use SlotError as S;
    let with = |at: usize, bytes: &[u8]| sealed(|f| f.put_slot(at, bytes));
    let mut zeroed = forge();
    zeroed.put_slot(0, &[0; PAGE]);
    refused!(zeroed.open().unwrap_err(), Error::Slot(S::NoneValid));
    refused!(with(16, &[1; 16]), Error::Slot(S::Uuid { page: 2 }));
    refused!(with(8, &2u64.to_le_bytes()), Error::Slot(S::Parity { page: 2, seq: 2 }));
    refused!(with(8, &0u64.to_le_bytes()), Error::Slot(S::Sequence { seq: 0, .. }));
    refused!(with(8, &u64::MAX.to_le_bytes()), Error::Slot(S::Sequence { seq: u64::MAX, .. }));
    refused!(with(32, &[2]), Error::Slot(S::Major { major: 2, minor: 0 }));
    refused!(with(36, &[8]), Error::Slot(S::Malformed { .. }));
    refused!(with(56, &[1 | 2 | 4 | 8]), Error::Slot(S::Incompatible { unknown: 9 }));
    // Bits 1 and 2 had a meaning once.
    let mut retired = self::forge();
    retired.put_slot(56, &[2 | 4]);
    retired.seal();
    retired.read().unwrap();
    refused!(with(64, &(1u64 << 30).to_le_bytes()), Error::Slot(S::Truncated { seq: 1, .. }));
    refused!(with(64, &4096u64.to_le_bytes()), Error::Slot(S::Length { recorded: 4096, .. }));
    refused!(with(64, &(FIXED + 1).to_le_bytes()), Error::Slot(S::Length { .. }));
    refused!(with(72, &9u64.to_le_bytes()), Error::Slot(S::ArrayCount { arrays: 9, next_id: 2, .. }));
    refused!(with(3000, &[1]), Error::Slot(S::Malformed { .. }));
    // A bit that readers ignore stops writers.
    let mut forge = forge();
    forge.put_slot(48, &[1]);
    forge.seal();
    forge.read().unwrap();
    refused!(forge.open().unwrap().begin().unwrap_err(), Error::Slot(S::ReadOnlyCompatible { unknown: 1 }));
    let mut differ = self::forge();
    differ.put(SLOTS[1] + 40, &[1]);
    differ.seal();
    refused!(differ.open().unwrap_err(), Error::Slot(S::CopiesDiffer { seq: 1 }));
    // A truncated file, such as an interrupted copy.
    let mut cut = self::forge();
    cut.bytes.truncate(cut.bytes.len() - PAGE);
    refused!(cut.open().unwrap_err(), Error::Slot(S::Truncated { .. }));
    // One copy is enough. `verify` reports that the other is lost.
    let mut one = self::forge();
    one.put(SLOTS[0] + 100, &[77]);
    one.read().unwrap();
    refused!(one.damage(), Error::SlotPage { page: 2 });
}

#[test]
fn an_unknown_feature_never_leads_back_to_the_older_slot() {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default()).unwrap();
    file.begin().unwrap().commit().unwrap();
    file.begin().unwrap().commit().unwrap();
    let mut bytes = storage.bytes();
    for page in [PAGE, 3 * PAGE] {
        bytes[page + 56] = 1;
        let crc = crc32fast::hash(&bytes[page..page + PAGE - 4]).to_le_bytes();
        bytes[page + PAGE - 4..page + PAGE].copy_from_slice(&crc);
    }
    let found = File::on(Arc::new(MemoryStorage::of(bytes))).unwrap_err();
    refused!(found, Error::Slot(SlotError::Incompatible { unknown: 1 }));
}
