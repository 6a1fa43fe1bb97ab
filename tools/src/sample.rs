//! `--shuffle auto`: whether grouping bytes by weight helps is found out on a sample.

use std::sync::Arc;

use anyhow::Result;
use arrstore::{Context, Expr, Index, Plan, Target};
use arrstore_format::{Codec, CreateOptions, File, MemoryStorage, Meta};

use crate::cli::{Shuffle, Storing};
use crate::input::Input;
use crate::layout::Coding;

/// Bytes of a sample.
const SAMPLE_BYTES: u64 = 1 << 20;

/// Replaces `auto` by what a sample from the middle of the source says, where it matters at all.
pub(crate) fn settle_shuffle(storing: &mut Storing, input: &Input, context: &Context) -> Result<()> {
    let auto = match storing.shuffle {
        Some(asked) => asked == Shuffle::Auto,
        // A source that is compressed already has made its choice, unless the codec is chosen anew.
        None => storing.codec.is_some() || input.about.known.shuffle.is_none(),
    };
    let Some(Coding::Zstd(level)) = storing.codec.or(input.about.known.coding) else { return Ok(()) };
    if !auto || input.expr.dtype().size() == 1 {
        return Ok(());
    }
    let Some(sample) = middle(&input.expr)? else { return Ok(()) };
    let plan = Plan::new(&[(sample, Target::Memory)], context)?;
    let Some(value) = plan.run(context)?.into_iter().flatten().next() else { return Ok(()) };
    let size = |shuffle| stored_bytes(&value, level, shuffle);
    storing.shuffle = Some(if size(true)? <= size(false)? { Shuffle::On } else { Shuffle::Off });
    Ok(())
}

/// A box of about [`SAMPLE_BYTES`] around the middle, long along the last axes.
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

/// Bytes that the sample takes in a file in memory.
fn stored_bytes(value: &arrstore::Value, level: i32, shuffle: bool) -> Result<u64> {
    let storage = Arc::new(MemoryStorage::new());
    let file = File::create_on(storage.clone(), &CreateOptions::default())?;
    let transaction = file.begin()?;
    let shape = value.shape().to_vec();
    let meta = Meta::new(value.dtype(), &shape, &shape).encoded(Codec::Zstd { level }, shuffle);
    let id = transaction.create_array("/sample", meta)?;
    transaction.write(id, &vec![0; shape.len()], &shape, value.bytes())?;
    transaction.commit()?;
    Ok(arrstore_format::Storage::len(&*storage)?)
}
