//! Fuzzing the parts of a file. Each is changed at random and given to its own parser, as if its checksum were right.

use super::{Words, bases, change_bytes, used};
use crate::codec::Codec;
use crate::entry::TreeKind;
use crate::node::{Node, Place};
use crate::record::Record;
use crate::*;

/// The parts.
pub(super) const TARGETS: [&str; 8] =
    ["slots", "node", "metadata", "record", "attributes", "zstd", "lz4", "pco"];

/// A function that makes an input from a seed and parses it.
pub(super) fn target(name: &str) -> Option<Box<dyn FnMut(u64)>> {
    Some(match name {
        "slots" => slots(),
        "node" => node(),
        "metadata" => metadata(),
        "record" => over(vec![record()], |bytes, _| drop(Record::decode(bytes, 7))),
        "attributes" => over(attributes(), |bytes, _| drop(crate::attributes::decode(bytes))),
        "zstd" => packed(Codec::Zstd { level: 1 }),
        "lz4" => packed(Codec::Lz4),
        "pco" => packed(Codec::Pco { level: 8 }),
        _ => return None,
    })
}

/// A function that changes one of the bases, sometimes cuts or lengthens it, and parses it.
fn over(bases: Vec<Vec<u8>>, parse: impl Fn(&[u8], &mut Words) + 'static) -> Box<dyn FnMut(u64)> {
    let places: Vec<Vec<usize>> = bases.iter().map(|b| used(b, 0)).collect();
    let mut bytes = Vec::new();
    Box::new(move |seed| {
        let mut words = Words(seed);
        let k = words.below(bases.len());
        bytes.clone_from(&bases[k]);
        change_bytes(&mut bytes, &places[k], &mut words);
        match words.below(16) {
            0 => bytes.truncate(words.below(bytes.len())),
            1 => bytes.resize(bytes.len() + words.below(64), words.below(256) as u8),
            _ => {}
        }
        parse(&bytes, &mut words);
    })
}

/// The bytes as whole pages.
fn pages<const N: usize>(bytes: &[u8]) -> Vec<[u8; PAGE]> {
    let mut whole = bytes.to_vec();
    whole.resize(N * PAGE, 0);
    whole.as_chunks().0.to_vec()
}

fn slots() -> Box<dyn FnMut(u64)> {
    let bases: Vec<Vec<u8>> = bases().iter().map(|file| file[PAGE..5 * PAGE].to_vec()).collect();
    over(bases, |bytes, words| {
        let pages = pages::<4>(bytes);
        let uuid = crate::slot::pages::uuid(&pages).unwrap_or_default();
        if let Ok(slots) = crate::slot::pages::read(&pages, &uuid, words.next()) {
            let _ = (slots.newest.accept_for_writing(), slots.mending(), slots.at(words.next()));
        }
    })
}

/// Pages that begin with the magic of a node.
fn nodes() -> Vec<Vec<u8>> {
    let files = bases();
    let pages = files.iter().flat_map(|file| file.as_chunks::<PAGE>().0);
    pages.filter(|page| page.starts_with(b"NODE")).map(|page| page.to_vec()).collect()
}

fn node() -> Box<dyn FnMut(u64)> {
    let kinds = [TreeKind::Chunks, TreeKind::Table];
    over(nodes(), move |bytes, words| {
        let node = Node::of(Box::new(pages::<1>(bytes)[0]));
        let place = Place {
            kind: kinds[words.below(2)],
            owner: words.below(8) as u64,
            level: words.below(3) as u32,
            first: 0,
        };
        let _ = (node.check(place, 2), node.birth(), node.is_empty());
        for i in 0..256 {
            if let Ok(entry) = node.entry(i) {
                let _ = (entry.stored(), entry.birth(), entry.encode());
            }
            let _ = node.child(i);
        }
    })
}

fn metas() -> Vec<Meta> {
    let plain = Meta { name: "/a".into(), ..Meta::new(DType::F64, &[100, 50], &[30, 20]) };
    let packed = Meta::new(DType::U16, &[50, 50, 3], &[16, 16, 3]).encoded(Codec::Zstd { level: 1 }, true);
    let packed = Meta { dims: vec![Some("y".into()), None, None], name: "/g/packed".into(), ..packed };
    let one = Meta { name: "/b".into(), ..Meta::new(DType::Bool, &[], &[]) };
    vec![plain, packed, one]
}

fn metadata() -> Box<dyn FnMut(u64)> {
    let encoded = |meta: &Meta| {
        let numbering = crate::grid::Numbering::fitting(&meta.grid());
        meta.encode(1, &numbering).unwrap()
    };
    over(metas().iter().map(encoded).collect(), |bytes, words| {
        if let Ok((meta, numbering)) = Meta::decode(bytes, 1) {
            let index: Vec<u64> = meta.shape.iter().map(|&n| words.next() % n.max(1)).collect();
            let grid = meta.grid();
            let _ = (grid.contains(&index), meta.chunk_strides(), meta.encode_scratch());
            if grid.contains(&index) {
                let number = numbering.number(&index);
                assert_eq!(numbering.index(number), index, "{meta:?}");
            }
        }
    })
}

fn record() -> Vec<u8> {
    Record { present: 3, stored: 1000, ..Record::default() }.encode(7)
}

fn attributes() -> Vec<Vec<u8>> {
    let texts = [
        r#"{"units":"K","scale":0.01,"valid":[-1,2e300,null,true],"inner":{"a":{"b":["\u00e9\ud83d\ude00"]}}}"#,
        r#"{"a":1}"#,
        r#"{"n":18446744073709551615,"deep":[[[[[[[[]]]]]]]]}"#,
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Packed chunks of some types. They are unpacked as other types and lengths.
fn packed(codec: Codec) -> Box<dyn FnMut(u64)> {
    let data: Vec<u8> = (0..1200u32).flat_map(|i| (i * i / 7).to_le_bytes()).collect();
    let types =
        [DType::U8, DType::I16, DType::F16, DType::U32, DType::F32, DType::I64, DType::F64, DType::C64];
    let pack = |&dtype: &DType| {
        let mut out = vec![0; codec.most_stored(dtype, data.len())];
        let len = codec.pack(dtype, &data, &mut out).unwrap();
        out.truncate(len);
        out
    };
    let most = data.len();
    let mut out = vec![0; 2 * most];
    let unpack = std::cell::RefCell::new(move |bytes: &[u8], dtype: DType, len: usize| {
        let _ = codec.unpack(dtype, bytes, &mut out[..len]);
    });
    over(types.iter().map(pack).collect(), move |bytes, words| {
        let dtype = types[words.below(types.len())];
        let len =
            if words.below(4) == 0 { words.below(2 * most) / dtype.size() * dtype.size() } else { most };
        unpack.borrow_mut()(bytes, dtype, len);
    })
}
