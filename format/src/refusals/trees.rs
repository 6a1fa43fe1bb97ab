//! Nodes and entries.

use super::*;

#[test]
fn nodes() {
    use NodeError as N;
    macro_rules! node {
        ($at:expr, $bytes:expr, $pattern:pat) => {
            let found = sealed(|f| f.put(f.leaf + $at, $bytes));
            refused!(found, Error::Node { owner: 1, problem: $pattern, .. });
            let found = sealed(|f| f.put(f.table + $at, $bytes));
            refused!(found, Error::Node { owner: 0, problem: $pattern, .. });
        };
    }
    let mut forge = forge();
    forge.put(forge.leaf + 100, &[1]);
    refused!(forge.read().unwrap_err(), Error::Node { problem: N::Crc(_), .. });
    node!(0, b"NEDO", N::Magic { .. });
    node!(4, &[1], N::Level { expected: 0, found: 1 });
    node!(5, &[3], N::Kind { found: 3, .. });
    node!(6, &[1], N::Reserved);
    node!(8, &[9], N::Owner { found: 9, .. });
    node!(16, &[127], N::First { expected: 0, found: 127 });
    node!(24, &[2], N::Birth { birth: 2, seq: 1 });
    let root = |at: usize, bytes: &[u8]| sealed(|f| f.put(f.record + RECORD_INDEX + at, bytes));
    refused!(root(12, &[8]), Error::Node { problem: N::Height { found: 8 }, .. });
    refused!(root(12, &[0]), Error::Node { problem: N::Null, .. });
    refused!(root(0, &[0; 8]), Error::Node { problem: N::Null, .. });
    refused!(root(0, &[1]), Error::Node { problem: N::Offset { .. }, .. });
    refused!(root(0, &4096u64.to_le_bytes()), Error::Node { problem: N::Offset { offset: 4096, .. }, .. });
    refused!(root(0, &(u64::MAX - 4095).to_le_bytes()), Error::Node { problem: N::Offset { .. }, .. });
    refused!(root(0, &(1u64 << 40).to_le_bytes()), Error::Node { problem: N::Offset { .. }, .. });
    // A root that is one level too high. The leaf shows it.
    refused!(root(12, &[2]), Error::Node { problem: N::Level { expected: 1, found: 0 }, .. });
}

#[test]
fn inner_nodes_have_no_null_child_with_a_checksum() {
    let mut forge = forge();
    // The leaf becomes an inner node with a child that has a checksum but no place.
    let leaf = forge.leaf;
    forge.put(leaf + 4, &[1]);
    forge.put(leaf + ENTRIES, &[0; 64]);
    forge.put(leaf + ENTRIES + 8, &[1, 2, 3, 4]);
    forge.put(forge.record + RECORD_INDEX + 12, &[2]);
    forge.seal();
    refused!(forge.read().unwrap_err(), Error::Node { problem: NodeError::Null, .. });
    forge.put(leaf + ENTRIES + 8, &[0, 0, 0, 0, 1]);
    forge.seal();
    refused!(forge.read().unwrap_err(), Error::Node { problem: NodeError::Reserved, .. });
}

#[test]
fn a_node_cannot_be_its_own_child() {
    // A checksum cannot contain itself. Besides, each level checks that the next one is one lower, so a second visit
    // of the same page is refused whatever its checksum is.
    let mut forge = forge();
    let leaf = forge.leaf;
    forge.put(leaf + 4, &[1]);
    forge.put(leaf + ENTRIES, &[0; 64]);
    forge.put(leaf + ENTRIES, &(leaf as u64).to_le_bytes());
    forge.put(forge.record + RECORD_INDEX + 12, &[2]);
    forge.seal();
    refused!(
        forge.read().unwrap_err(),
        Error::Node { problem: NodeError::Level { expected: 0, found: 1 }, .. }
    );
}

#[test]
fn a_node_cannot_have_two_parents() {
    let data: Vec<u8> = (0..=255).cycle().take(400).collect();
    let mut forge = forge_of(Meta::new(DType::U8, &[400], &[2]), &data);
    let children = forge.leaf + ENTRIES;
    let first = forge.bytes[children..][..16].to_vec();
    forge.put(children + 16, &first);
    forge.seal();
    refused!(
        forge.read().unwrap_err(),
        Error::Node { problem: NodeError::First { expected: 127, found: 0 }, .. }
    );
    assert!(!forge.verify().is_sound());
}

#[test]
fn entries() {
    use EntryError as E;
    macro_rules! entry {
        ($at:expr, $bytes:expr, $pattern:pat) => {
            let found = sealed(|f| f.put(f.leaf + ENTRIES + $at, $bytes));
            refused!(found, Error::Node { problem: NodeError::Entry { number: 0, problem: $pattern }, .. });
        };
    }
    entry!(20, &[9], E::State { found: 9 });
    entry!(20, &[2], E::StateHere { found: 2 });
    entry!(20, &[4], E::StateHere { found: 4 });
    entry!(20, &[0], E::Reserved);
    entry!(20, &[3], E::Reserved);
    entry!(24, &[2], E::Birth { birth: 2, seq: 1 });
    entry!(24, &[0], E::Birth { birth: 0, .. });
    entry!(0, &[0; 8], E::Extent { offset: 0, .. });
    entry!(0, &(FIXED - 64).to_le_bytes(), E::Extent { .. });
    entry!(0, &(1u64 << 50).to_le_bytes(), E::Extent { .. });
    entry!(0, &u64::MAX.to_le_bytes(), E::Extent { .. });
    entry!(8, &u64::MAX.to_le_bytes(), E::Extent { .. });
    entry!(8, &0u64.to_le_bytes(), E::Extent { len: 0, .. });
    entry!(0, &[1], E::Alignment { alignment: 64, .. });
    // A table entry of the wrong kind.
    let found = sealed(|f| f.put(f.table + ENTRIES + 32 + 20, &[1]));
    refused!(
        found,
        Error::Node { owner: 0, problem: NodeError::Entry { problem: E::StateHere { .. }, .. }, .. }
    );
    // A raw payload of a page or more begins at a page.
    let data: Vec<u8> = (0..8192u32).map(|i| i as u8).collect();
    let mut forge = forge_of(Meta::new(DType::U8, &[8192], &[8192]), &data);
    let at = (forge.payload.0 as u64 + 64).to_le_bytes();
    forge.put(forge.leaf + ENTRIES, &at);
    forge.seal();
    let found = forge.read().unwrap_err();
    refused!(
        found,
        Error::Node { problem: NodeError::Entry { problem: E::Alignment { alignment: 4096, .. }, .. }, .. }
    );
    // A constant with bytes behind its value, and one that is not a boolean.
    for (value, at) in [(2u8, 0usize), (1, 1)] {
        let mut forge = forge_of(Meta::new(DType::Bool, &[4], &[4]), &[1; 4]);
        forge.put(forge.leaf + ENTRIES + at, &[value]);
        forge.seal();
        let found = forge.read().unwrap_err();
        refused!(found, Error::Node { problem: NodeError::Entry { problem: E::Reserved, .. }, .. });
    }
}

#[test]
fn faults_that_only_verify_can_find() {
    let verified = |change: &dyn Fn(&mut Forge)| {
        let mut forge = forge();
        change(&mut forge);
        forge.seal();
        forge.damage()
    };
    // A chunk outside the grid: entry 5 of 2.
    let outside = verified(&|f| {
        let entry = f.bytes[f.leaf + ENTRIES..][..32].to_vec();
        f.put(f.leaf + ENTRIES + 5 * 32, &entry);
    });
    refused!(outside, Error::Node { problem: NodeError::Entry { problem: EntryError::OutsideGrid, .. }, .. });
    refused!(verified(&|f| f.put(f.record + 48, &[7])), Error::Counts { expected: 7, found: 2, .. });
    refused!(verified(&|f| f.put(f.record + 56, &[7])), Error::Counts { .. });
    // Two chunks with one payload.
    let overlap = verified(&|f| {
        let entry = f.bytes[f.leaf + ENTRIES..][..32].to_vec();
        f.put(f.leaf + ENTRIES + 32, &entry);
    });
    refused!(overlap, Error::Overlap { len: 4, .. });
    // A second array in the table, without a name.
    let nameless = verified(&|f| {
        let entry = f.bytes[f.table + ENTRIES + 32..][..32].to_vec();
        f.put(f.table + ENTRIES + 3 * 32, &entry);
    });
    refused!(nameless, Error::Nameless { id: 3 });
}

#[test]
fn blocks() {
    let mut crc = forge();
    crc.put(crc.meta.0 + 70, &[1]);
    refused!(crc.read().unwrap_err(), Error::BlockCrc { what: "the metadata of an array", .. });
    let reference = |at: usize, bytes: &[u8]| sealed(|f| f.put_slot(NAMES + at, bytes));
    refused!(
        reference(0, &u64::MAX.to_le_bytes()),
        Error::BlockPlace { problem: EntryError::Extent { .. }, .. }
    );
    refused!(reference(0, &[1]), Error::BlockPlace { problem: EntryError::Alignment { .. }, .. });
    refused!(
        reference(8, &u32::MAX.to_le_bytes()),
        Error::BlockPlace { problem: EntryError::Extent { .. }, .. }
    );
    // A length over the limit is refused before anything is allocated.
    let long = |f: &mut Forge| f.put(f.record + RECORD_META + 8, &u32::MAX.to_le_bytes());
    refused!(sealed(long), Error::Meta { problem: MetaError::TooLong { .. }, .. });
    use RecordError as R;
    let record = |at: usize, bytes: &[u8]| sealed(|f| f.put(f.record + at, bytes));
    refused!(record(0, b"X"), Error::Record { id: 1, problem: R::Magic { .. } });
    refused!(record(8, &[2]), Error::Record { problem: R::Id { found: 2 }, .. });
    refused!(record(100, &[2]), Error::Record { problem: R::Reserved, .. });
    let length = |f: &mut Forge| f.put(f.table + ENTRIES + 32 + 8, &[64]);
    refused!(sealed(length), Error::Record { problem: R::Length { found: 64 }, .. });
    let names = |at: usize, bytes: &[u8]| sealed(|f| f.put(f.names.0 + at, bytes));
    refused!(names(0, b"X"), Error::Names { problem: NamesError::Magic { .. }, .. });
    refused!(names(8, &[2]), Error::Names { problem: NamesError::Count { expected: 1, found: 2 }, .. });
    refused!(names(16, &[9]), Error::Names { problem: NamesError::Id { id: 9, .. }, .. });
    refused!(names(24, &[1]), Error::Names { problem: NamesError::Name(NameError::EmptyPart(_)), .. });
    refused!(names(27, b"b"), Error::NoArray { .. });
    let mut attributes = forge();
    attributes.put(attributes.attributes.0, b"[");
    attributes.seal();
    let found = attributes.open().unwrap().snapshot().unwrap().attributes().unwrap_err();
    refused!(found, Error::Attributes(AttributesError::Json(_)));
}
