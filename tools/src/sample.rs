//! `--codec auto` and `--shuffle auto`: tries the choices on a sample.

use std::sync::Arc;

use anyhow::Result;
use arrstore::formats::Input;
use arrstore::{Context, Expr, Index, Plan, Target};
use arrstore_format::{Codec, CreateOptions, File, MemoryStorage, Meta};

use crate::cli::{Coding, Shuffle, Storing};

/// Bytes of a sample.
const SAMPLE_BYTES: u64 = 1 << 20;

/// A codec is worth its time if it packs below this share of the raw size; a slower codec, below this share of the
/// faster one's size.
const WORTH: f64 = 0.9;

/// Replaces `auto` by the best choice for a sample from the middle of the source, if there is a choice.
pub(crate) fn settle(storing: &mut Storing, input: &Input, context: &Context) -> Result<()> {
    let auto = match storing.shuffle {
        Some(asked) => asked == Shuffle::Auto,
        // A source that is already compressed keeps its choice, unless a new codec is given.
        None => storing.codec.is_some() || input.about.known.shuffle.is_none(),
    };
    let codec = match storing.codec {
        Some(Coding::Auto) => None,
        Some(Coding::Is(codec)) => Some(codec),
        None => Some(input.about.known.codec.unwrap_or_default()),
    };
    let shuffles = codec.is_none_or(arrstore::packs_bytes) && input.expr.dtype().size() > 1;
    if codec.is_some() && !(auto && shuffles) {
        return Ok(());
    }
    let Some(value) = sample(input, context)? else {
        storing.codec = Some(Coding::Is(codec.unwrap_or_default()));
        storing.shuffle = None;
        return Ok(());
    };
    let size = |codec, shuffle| stored_bytes(&value, codec, shuffle);
    let best_of = |codec| -> Result<(u64, bool)> {
        let plain =
            if auto || storing.shuffle == Some(Shuffle::Off) { size(codec, false)? } else { u64::MAX };
        let shuffled = if shuffles && (auto || storing.shuffle == Some(Shuffle::On)) {
            size(codec, true)?
        } else {
            u64::MAX
        };
        Ok((plain.min(shuffled), shuffled <= plain))
    };
    let (codec, shuffle) = match codec {
        Some(codec) => (codec, best_of(codec)?.1),
        None => {
            let (zstd, pco) = (Codec::Zstd { level: 1 }, Codec::Pco { level: Codec::PCO_LEVEL });
            let (packed, shuffle) = best_of(zstd)?;
            let worth = |size: u64, other: u64| (size as f64) < WORTH * other as f64;
            match (size(Codec::None, false)?, size(pco, false)?) {
                (_, numbers) if worth(numbers, packed) => (pco, false),
                (raw, _) if worth(packed, raw) => (zstd, shuffle),
                _ => (Codec::None, false),
            }
        }
    };
    storing.codec = Some(Coding::Is(codec));
    storing.shuffle = Some(if shuffle { Shuffle::On } else { Shuffle::Off });
    Ok(())
}

/// The elements of the sample; `None` if the source has none.
fn sample(input: &Input, context: &Context) -> Result<Option<arrstore::Value>> {
    let Some(sample) = middle(&input.expr)? else { return Ok(None) };
    let plan = Plan::new(&[(sample, Target::Memory)], context)?;
    Ok(plan.run(context)?.into_iter().flatten().next())
}

/// A box of about [`SAMPLE_BYTES`] in the middle, longest along the last axes.
fn middle(expr: &Expr) -> Result<Option<Expr>> {
    let mut room = SAMPLE_BYTES / expr.dtype().size() as u64;
    let mut parts = Vec::new();
    for &len in expr.shape().iter().rev() {
        let take = len.min(room.max(1));
        room /= take.max(1);
        let start = ((len - take) / 2) as i64;
        parts.push(Index::Slice { start: Some(start), stop: Some(start + take as i64), step: None });
    }
    parts.reverse();
    if expr.shape().contains(&0) {
        return Ok(None);
    }
    Ok(Some(expr.index(&parts)?))
}

/// Bytes of the sample when stored in a file in memory.
fn stored_bytes(value: &arrstore::Value, codec: Codec, shuffle: bool) -> Result<u64> {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default())?;
    let transaction = file.begin()?;
    let shape = value.shape().to_vec();
    let meta = Meta::new(value.dtype(), &shape, &shape).encoded(codec, shuffle);
    let id = transaction.create_array("/sample", meta)?;
    transaction.write(id, &vec![0; shape.len()], &shape, value.bytes())?;
    transaction.commit()?;
    Ok(arrstore_format::Storage::len(&*storage)?)
}
