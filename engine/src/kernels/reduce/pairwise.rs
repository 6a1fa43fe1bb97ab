//! The state of a row: its leaves, merged pairwise.

use super::fold::{LEAF, SMALL_LEAF};

/// The most states of a row that wait for their neighbours: as many as a row of 2048 leaves needs.
const LEVELS: usize = 12;

/// The state of a row. Leaves are merged pairwise, as the digits of a binary counter carry, 2048 leaves at a time; no
/// block has that many. `leaf` is called in only one place and has to be inlined there: as a separate function, it
/// would be compiled for the baseline instruction set.
#[inline(always)]
pub(super) fn pairwise<T, S: Copy>(
    row: &[T],
    leaf: impl Fn(&[T]) -> S,
    merge: impl Fn(&mut S, &S),
) -> Option<S> {
    let mut all: Option<S> = None;
    let mut waiting: Option<[S; LEVELS]> = None;
    let most = if size_of::<T>() < 4 { SMALL_LEAF } else { LEAF };
    for part in row.chunks(most << (LEVELS - 1)) {
        let mut depth = 0;
        for (k, values) in part.chunks(most).enumerate() {
            let mut sum = leaf(values);
            if row.len() <= most {
                return Some(sum);
            }
            let waiting = waiting.get_or_insert([sum; LEVELS]);
            let mut count = k + 1;
            while count & 1 == 0 {
                depth -= 1;
                let later = std::mem::replace(&mut sum, waiting[depth]);
                merge(&mut sum, &later);
                count >>= 1;
            }
            waiting[depth] = sum;
            depth += 1;
        }
        let (last, earlier) = waiting.as_ref()?[..depth].split_last()?;
        let mut sum = *last;
        for earlier in earlier.iter().rev() {
            let later = std::mem::replace(&mut sum, *earlier);
            merge(&mut sum, &later);
        }
        match &mut all {
            Some(all) => merge(all, &sum),
            None => all = Some(sum),
        }
    }
    all
}
