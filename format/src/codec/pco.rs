//! Pcodec: a chunk is one standalone file of numbers (<https://github.com/pcodec/pcodec>, format version 4 and before).
//!
//! Numbers are those of the element type; a complex number is two floats, a bfloat16 its 16 bits, a boolean its byte.

use std::io::Write;

use bytemuck::Pod;
use half::f16;
use pco::data_types::Number;
use pco::standalone::{guarantee, simple_compress_into, simple_decompress_into};
use pco::{ChunkConfig, PagingSpec};

use crate::{DType, PayloadError};

/// The numbers of an element type.
macro_rules! numbers {
    ($dtype:expr, $t:ident => $run:expr) => {
        match $dtype {
            DType::Bool | DType::U8 => {
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
            DType::I64 => {
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

/// What an encoder takes beside its input and output, in bytes: a few latent variables of each number of a page.
pub(super) const ENCODER: usize = 32 << 20;

/// Numbers of a page, of which the crate makes a list: what a hostile length would ask for is too long.
const PAGE: usize = 1 << 18;

/// The most bytes that `decoded` bytes are packed into.
pub(super) fn most_stored(dtype: DType, decoded: usize) -> usize {
    let item = numbers!(dtype, T => size_of::<T>());
    let most = |n| {
        let paging = PagingSpec::EqualPagesUpTo(PAGE);
        let most = match item {
            1 => guarantee::file_size::<u8>(n, &paging),
            2 => guarantee::file_size::<u16>(n, &paging),
            4 => guarantee::file_size::<u32>(n, &paging),
            _ => guarantee::file_size::<u64>(n, &paging),
        };
        most.unwrap_or(usize::MAX)
    };
    let (pages, rest) = (decoded / item / PAGE, decoded / item % PAGE);
    pages.saturating_mul(most(PAGE)).saturating_add(most(rest))
}

/// Packs `elements` into `out`; gives the packed length.
pub(super) fn pack(dtype: DType, level: i32, elements: &[u8], out: &mut [u8]) -> Result<usize, PayloadError> {
    let config = ChunkConfig::default()
        .with_paging_spec(PagingSpec::EqualPagesUpTo(PAGE))
        .with_compression_level(level.max(0) as usize)
        .with_enable_8_bit(true);
    let len = out.len();
    let left = numbers!(dtype, T => pack_as::<T>(elements, &config, out))?;
    Ok(len - left)
}

/// Gives the bytes left of `out`.
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

/// Gives the bytes that came out.
fn unpack_as<T: Number + Pod>(payload: &[u8], out: &mut [u8]) -> Result<usize, PayloadError> {
    let into = |numbers: &mut [T]| -> Result<usize, PayloadError> {
        let progress = simple_decompress_into(payload, numbers).map_err(|e| wrong(&e))?;
        match progress.finished {
            true => Ok(progress.n_processed * size_of::<T>()),
            false => Err(PayloadError::Pco("more numbers than the chunk has".to_owned())),
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
