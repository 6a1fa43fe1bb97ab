//! Pcodec: a chunk is one standalone file of numbers (<https://github.com/pcodec/pcodec>, up to standalone version 3
//! and format version 4).
//!
//! The numbers are those of the element type. A complex number counts as two floats, a bfloat16 as its 16 bits, a
//! boolean as its byte, a time as its `i64`.

use std::io::Write;

use bytemuck::Pod;
use half::f16;
use pco::data_types::Number;
use pco::standalone::{DecompressorItem, FileDecompressor, simple_compress_into};
use pco::{ChunkConfig, PagingSpec};

use crate::{DType, PayloadError};

/// Runs an expression with the number type of an element type.
macro_rules! numbers {
    ($dtype:expr, $t:ident => $run:expr) => {
        match $dtype {
            // metadata of texts and records with this codec is refused
            DType::Bool | DType::U8 | DType::Bytes(_) | DType::Str(_) | DType::Record(_) => {
                type $t = u8;
                $run
            }
            DType::I8 => {
                type $t = i8;
                $run
            }
            DType::I16 => {
                type $t = i16;
                $run
            }
            DType::I32 => {
                type $t = i32;
                $run
            }
            DType::I64 | DType::DateTime(_) | DType::TimeDelta(_) => {
                type $t = i64;
                $run
            }
            DType::U16 | DType::BF16 => {
                type $t = u16;
                $run
            }
            DType::U32 => {
                type $t = u32;
                $run
            }
            DType::U64 => {
                type $t = u64;
                $run
            }
            DType::F16 => {
                type $t = f16;
                $run
            }
            DType::F32 | DType::C64 => {
                type $t = f32;
                $run
            }
            DType::F64 | DType::C128 => {
                type $t = f64;
                $run
            }
        }
    };
}

/// Bytes that an encoder needs beside its input and output: a few latent variables for each number of a page.
pub(super) const ENCODER: usize = 32 << 20;

/// Numbers of a page. Each page is packed on its own.
const PAGE: usize = 1 << 18;
/// The most bytes that a page takes beside its numbers, with its share of the beginning and the end of the file.
const OVERHEAD: usize = 256;

/// The most bytes that `decoded` bytes are packed into.
pub(super) fn most_stored(dtype: DType, decoded: usize) -> usize {
    let item = numbers!(dtype, T => size_of::<T>());
    let pages = decoded / item / PAGE + 1;
    decoded.saturating_add(pages.saturating_mul(OVERHEAD))
}

/// Packs `elements` into `out`, and gives the packed length.
pub(super) fn pack(dtype: DType, level: i32, elements: &[u8], out: &mut [u8]) -> Result<usize, PayloadError> {
    let config = ChunkConfig::default()
        .with_paging_spec(PagingSpec::EqualPagesUpTo(PAGE))
        .with_compression_level(level.max(0) as usize)
        .with_enable_8_bit(true);
    let len = out.len();
    let left = numbers!(dtype, T => pack_as::<T>(elements, &config, out))?;
    Ok(len - left)
}

/// As [`pack`], and gives the number of bytes left in `out`.
fn pack_as<T: Number + Pod>(
    elements: &[u8],
    config: &ChunkConfig,
    out: &mut [u8],
) -> Result<usize, PayloadError> {
    let mut pack = |numbers: &[T]| {
        let mut rest = simple_compress_into(numbers, config, &mut out[..]).map_err(|e| wrong(&e))?;
        rest.flush().map_err(|e| PayloadError::Pco(e.to_string()))?;
        Ok(rest.len())
    };
    match bytemuck::try_cast_slice(elements) {
        Ok(numbers) => pack(numbers),
        Err(_) => {
            let mut numbers = vec![T::zeroed(); elements.len() / size_of::<T>()];
            bytemuck::cast_slice_mut(&mut numbers).copy_from_slice(elements);
            pack(&numbers)
        }
    }
}

/// Unpacks one standalone file into exactly `out`.
pub(super) fn unpack(dtype: DType, payload: &[u8], out: &mut [u8]) -> Result<(), PayloadError> {
    let expected = out.len() as u64;
    let found = numbers!(dtype, T => unpack_as::<T>(payload, out))? as u64;
    if found == expected { Ok(()) } else { Err(PayloadError::Decoded { codec: "pco", expected, found }) }
}

/// As [`unpack`], and gives the number of bytes decoded.
fn unpack_as<T: Number + Pod>(payload: &[u8], out: &mut [u8]) -> Result<usize, PayloadError> {
    let into = |numbers: &mut [T]| -> Result<usize, PayloadError> {
        let (file, mut rest) = FileDecompressor::new(payload).map_err(|e| wrong(&e))?;
        let mut done = 0;
        loop {
            let mut page = match file.chunk_decompressor::<T, _>(rest).map_err(|e| wrong(&e))? {
                DecompressorItem::Chunk(page) => page,
                DecompressorItem::EndOfData([]) => return Ok(done * size_of::<T>()),
                DecompressorItem::EndOfData(behind) => {
                    return Err(PayloadError::Pco(format!(
                        "{} bytes after the end of the file",
                        behind.len()
                    )));
                }
            };
            let more = || PayloadError::Pco("the file has more numbers than the chunk".to_owned());
            let end = page.n().saturating_add(done);
            page.read(numbers.get_mut(done..end).ok_or_else(more)?).map_err(|e| wrong(&e))?;
            (rest, done) = (page.into_src(), end);
        }
    };
    if let Ok(numbers) = bytemuck::try_cast_slice_mut::<u8, T>(out) {
        return into(numbers);
    }
    let mut numbers = vec![T::zeroed(); out.len() / size_of::<T>()];
    let len = into(&mut numbers)?;
    out.copy_from_slice(bytemuck::cast_slice(&numbers));
    Ok(len)
}

fn wrong(e: &pco::errors::PcoError) -> PayloadError {
    PayloadError::Pco(e.to_string())
}

#[cfg(test)]
mod tests {
    use pco::standalone::guarantee;

    use super::*;

    /// The bound of the format covers the crate's own bound, for any type and any number of numbers.
    #[test]
    fn the_bound_covers_that_of_the_crate() {
        let paging = PagingSpec::EqualPagesUpTo(PAGE);
        for n in [1, 2, 255, 256, 257, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1, 10 * PAGE + 17] {
            for (dtype, most) in [
                (DType::U8, guarantee::file_size::<u8>(n, &paging)),
                (DType::BF16, guarantee::file_size::<u16>(n, &paging)),
                (DType::F32, guarantee::file_size::<u32>(n, &paging)),
                (DType::F64, guarantee::file_size::<u64>(n, &paging)),
            ] {
                assert!(most_stored(dtype, n * dtype.size()) >= most.unwrap(), "{n} of {dtype}");
            }
        }
    }

    #[test]
    fn a_file_ends_where_the_payload_ends() {
        let elements: Vec<u8> = (0..4000u32).flat_map(|k| (k / 3).to_le_bytes()).collect();
        let mut packed = vec![0; most_stored(DType::U32, elements.len())];
        let len = pack(DType::U32, 8, &elements, &mut packed).unwrap();
        let mut out = vec![0; elements.len()];
        unpack(DType::U32, &packed[..len], &mut out).unwrap();
        assert_eq!(out, elements);
        for behind in 1..20 {
            let longer = [&packed[..len], &vec![0; behind]].concat();
            let found = unpack(DType::U32, &longer, &mut out);
            assert_eq!(found, Err(PayloadError::Pco(format!("{behind} bytes after the end of the file"))));
        }
        for short in 0..len {
            assert!(unpack(DType::U32, &packed[..short], &mut out).is_err(), "{short} bytes");
        }
        assert!(unpack(DType::I32, &packed[..len], &mut out).is_err(), "numbers of another type");
    }
}
