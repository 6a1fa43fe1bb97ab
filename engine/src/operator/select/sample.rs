//! Samples of lines: keys from blocks that are spread evenly over a line.

use crate::kernels::Key;

/// Fewer blocks than this say nothing about the error of an estimate.
const BLOCKS: usize = 8;
/// The error of an estimate that is allowed for, in standard deviations. A greater error costs one more pass.
const DEVIATIONS: f64 = 5.0;

/// A sample of one line.
#[derive(Debug)]
pub(super) struct Sample<K> {
    /// The keys block by block.
    drawn: Vec<K>,
    sorted: Vec<K>,
    /// Keys of a block.
    block: usize,
}

impl<K: Key> Sample<K> {
    /// The sample of `drawn` keys, in blocks of `block`.
    pub(super) fn new(drawn: Vec<K>, block: usize) -> Sample<K> {
        let mut sorted = drawn.clone();
        sorted.sort_unstable();
        Sample { drawn, sorted, block: block.max(1) }
    }

    pub(super) fn sorted(&self) -> &[K] {
        &self.sorted
    }

    /// The places in the sorted sample between which a key surely lies that has the place `rank` in its line of
    /// `length` keys. `None` if the sample is too small to tell.
    pub(super) fn around(&self, rank: u64, length: u64) -> Option<(usize, usize)> {
        let len = self.sorted.len();
        let blocks = self.drawn.chunks(self.block);
        let count = blocks.len();
        if count < BLOCKS {
            return None;
        }
        let middle = rank as f64 / length as f64 * len as f64;
        let key = self.sorted.get(middle as usize)?;
        // blocks are independent of each other, the keys in a block are not
        let below = |block: &[K]| block.iter().filter(|x| *x < key).count() as f64 / block.len() as f64;
        let shares: Vec<f64> = blocks.map(below).collect();
        let mean = shares.iter().sum::<f64>() / count as f64;
        let square = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>();
        let deviation = (square / (count * (count - 1)) as f64).sqrt();
        let off = DEVIATIONS * (deviation * len as f64 + 1.0);
        Some(((middle - off).max(0.0) as usize, ((middle + off) as usize).min(len - 1)))
    }

    /// The sorted keys of the sample from `first` to `last`.
    pub(super) fn within(&self, first: K, last: K) -> &[K] {
        let from = self.sorted.partition_point(|key| *key < first);
        let to = self.sorted.partition_point(|key| *key <= last);
        self.sorted.get(from..to).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_brackets_places() {
        let drawn: Vec<u64> = (0..6400_u64).map(|k| k.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32).collect();
        let sample = Sample::new(drawn, 100);
        let (low, high) = sample.around(500, 1000).unwrap();
        assert!(low < 3200 && 3200 < high && high - low < 800, "{low} {high}");
        // blocks that differ from each other tell little about the whole
        let rising = Sample::new((0..6400_u64).collect(), 100);
        let (low, high) = rising.around(500, 1000).unwrap();
        assert!(high - low > 1000, "{low} {high}");
        assert_eq!(rising.within(10, 19), (10..20).collect::<Vec<u64>>());
        assert_eq!(rising.around(0, 1000).unwrap().0, 0);
        assert_eq!(rising.around(999, 1000).unwrap().1, 6399);
        assert!(Sample::new(vec![1_u8, 2, 3], 1).around(5, 9).is_none());
    }
}
