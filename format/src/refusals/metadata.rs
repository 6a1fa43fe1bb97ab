//! Invalid metadata.

use super::*;

#[test]
fn metadata() {
    use MetaError as M;
    macro_rules! meta {
        ($at:expr, $bytes:expr, $pattern:pat) => {
            refused!(sealed(|f| f.put(f.meta.0 + $at, $bytes)), Error::Meta { problem: $pattern, .. })
        };
    }
    const AXIS: usize = 56;
    let u64s = |n: u64| n.to_le_bytes();
    meta!(0, b"X", M::Magic { .. });
    meta!(4, &[2], M::ItemSize { expected: 1, found: 2, .. });
    meta!(8, &[2], M::Id { expected: 1, found: 2 });
    meta!(16, &[99], M::DType { code: 99 });
    meta!(18, &[1], M::Reserved);
    meta!(20, &[33], M::Ndim { found: 33 });
    meta!(20, &[2], M::Length { .. });
    meta!(21, &[7], M::Codec { found: 7 });
    meta!(22, &[7], M::Filter { found: 7 });
    meta!(23, &[40], M::Alignment { found: 40 });
    meta!(24, &[1], M::Reserved);
    meta!(28, &[9], M::Length { .. });
    meta!(32, &u32::MAX.to_le_bytes(), M::Length { .. });
    meta!(48, &[1], M::Reserved);
    meta!(AXIS, &u64s(u64::MAX), M::Overflow { .. });
    meta!(AXIS, &u64s(1 << 55), M::GridTooLarge { .. });
    meta!(AXIS + 8, &u64s(0), M::ChunkZero { axis: 0 });
    meta!(AXIS + 8, &u64s(u64::MAX), M::Overflow { .. });
    meta!(AXIS + 16, &u64s(3), M::Reserved);
    meta!(AXIS + 24, &u64s(1), M::Order { .. });
    meta!(AXIS + 34, b"b", M::OtherName { .. });
    let details = |f: &mut Forge| {
        f.put(f.meta.0 + 40, &[1]);
        f.put(f.meta.0 + 44, &[6]);
    };
    refused!(sealed(details), Error::Meta { problem: M::Details(DTypeError::Details { len: 1 }), .. });
    let attributes = |f: &mut Forge| f.put(f.meta.0 + f.meta.1 - 1, b"]");
    refused!(sealed(attributes), Error::Meta { problem: M::Attributes(AttributesError::Json(_)), .. });
}

/// Requests with invalid metadata are refused with the same errors.
#[test]
fn requests_with_invalid_metadata() {
    use MetaError as M;
    let ask = |change: &dyn Fn(&mut Meta)| {
        let mut meta = Meta::new(DType::Bool, &[4, 4], &[2, 2]);
        meta.name = "/a".into();
        change(&mut meta);
        meta.check().unwrap_err()
    };
    refused!(ask(&|m| m.shape = vec![1; 33]), M::Ndim { found: 33 });
    refused!(ask(&|m| m.chunk_shape = vec![2]), M::Axes { expected: 2, found: 1, .. });
    refused!(ask(&|m| m.shape = vec![0, u64::MAX]), M::Overflow { .. });
    refused!(ask(&|m| m.chunk_shape = vec![1 << 40, 1 << 40]), M::Overflow { .. });
    refused!(ask(&|m| m.order = vec![1, 1]), M::Order { .. });
    refused!(ask(&|m| m.codec = Codec::Zstd { level: 23 }), M::Level { found: 23, low: -7, high: 22 });
    refused!(ask(&|m| m.fill = vec![0, 0]), M::Fill { expected: 1, found: 2, .. });
    refused!(ask(&|m| m.fill = vec![2]), M::FillBool { found: 2 });
    refused!(ask(&|m| m.dtype = DType::Bytes(0)), M::Details(DTypeError::Size { bytes: 0 }));
    let text = Meta::new(DType::Str(3), &[4, 4], &[2, 2]).encoded(Codec::Pco { level: 4 }, false);
    refused!(ask(&|m| *m = Meta { name: "/a".into(), ..text.clone() }), M::NoNumbers { .. });
    refused!(ask(&|m| m.dims = vec![Some("x".into()), Some("x".into())]), M::DimTwice(_));
    refused!(ask(&|m| m.dims = vec![None, Some(String::new())]), M::Dim { axis: 1, .. });
    refused!(ask(&|m| m.name = "a".into()), M::Name(NameError::Relative(_)));
    let meta = Meta { name: "/a".into(), ..Meta::new(DType::U8, &[1, 2], &[1, 1]) };
    let rooms = crate::grid::Numbering::of(vec![0, 1]);
    refused!(meta.check_grid(&rooms).unwrap_err(), M::Capacity { axis: 1, needed: 2, found: 1 });
}
