//! Boxes of chunk indices.

use std::ops::Range;

/// Moves `index` to the next one within `spans`, the last axis fastest; `false` after the last.
pub(crate) fn advance(index: &mut [u64], spans: &[Range<u64>]) -> bool {
    for (i, span) in index.iter_mut().zip(spans).rev() {
        *i += 1;
        if *i < span.end {
            return true;
        }
        *i = span.start;
    }
    false
}
