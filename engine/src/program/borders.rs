//! The borders of tiles along one axis.

use std::ops::Range;

use super::access::Access;

/// Uneven chunks beyond this number count as even ones: their borders would take too much memory.
const LISTED: u64 = 1 << 20;

/// Ascending borders along an axis, from 0 to its length. An axis may be longer than any list: an array that is
/// broadcast takes no memory.
#[derive(Clone, Debug)]
pub(crate) enum Borders {
    /// Chunks of one length, except for the first and the last one, which may be shorter. Each is cut into parts of one
    /// length, except for its last part.
    Even {
        length: u64,
        first: u64,
        chunk: u64,
        part: u64,
    },
    Listed(Vec<u64>),
    /// The borders of others between `start` and `end`, and these two. Border number `first` of the others is the first
    /// one behind `start`.
    Within {
        of: Box<Borders>,
        start: u64,
        end: u64,
        first: u64,
    },
}

impl Borders {
    /// One tile.
    pub(crate) fn whole(length: u64) -> Borders {
        Borders::steps(length, length)
    }

    /// Tiles of `extent`.
    pub(super) fn steps(length: u64, extent: u64) -> Borders {
        Borders::even(length, extent, extent, extent)
    }

    /// The borders of the chunks that an axis of a domain runs through; one tile where the source is broadcast.
    pub(super) fn of_chunks(length: u64, access: Option<&Access>) -> Borders {
        let Some(access) = access else { return Borders::whole(length) };
        let (step, first) = (access.step.unsigned_abs(), access.next_border(0));
        let even = access.chunk.is_multiple_of(step) || step >= access.chunk;
        if even || length / access.span() > LISTED {
            return Borders::even(length, first, access.span(), u64::MAX);
        }
        let borders =
            std::iter::successors(Some(0), |&at| (at < length).then(|| access.next_border(at).min(length)));
        Borders::Listed(borders.collect())
    }

    /// Equal borders have equal fields, except in rare cases.
    fn even(length: u64, first: u64, chunk: u64, part: u64) -> Borders {
        if length == 0 {
            return Borders::Listed(vec![0]);
        }
        let (first, chunk, part) = (first.clamp(1, length), chunk.max(1), part.max(1));
        // parts that make up whole chunks are chunks themselves
        let (first, chunk) = match chunk.is_multiple_of(part) {
            _ if first == length => (part.min(length), part),
            true if first.is_multiple_of(part) => (part, part),
            true if first < part => (first, part),
            _ => (first, chunk),
        };
        let chunk = chunk.min(length - first).max(1);
        Borders::Even { length, first, chunk, part: part.min(first.max(chunk)) }
    }

    /// The same borders in a part of the axis, which is not empty.
    pub(super) fn within(&self, part: &Range<u64>) -> Borders {
        let first = self.first_behind(part.start);
        Borders::Within { of: Box::new(self.clone()), start: part.start, end: part.end, first }
    }

    /// The number of the first border behind `place`.
    fn first_behind(&self, place: u64) -> u64 {
        let (mut low, mut high) = (0, self.tiles());
        while low < high {
            let middle = low.midpoint(high);
            if self.at(middle) > place { high = middle } else { low = middle + 1 }
        }
        low
    }

    /// Number of tiles.
    pub(crate) fn tiles(&self) -> u64 {
        match self {
            // one up to the first border inside, and one behind each border inside
            Borders::Within { of, end, first, .. } => of.first_behind(end.saturating_sub(1)) - first + 1,
            Borders::Listed(borders) => borders.len() as u64 - 1,
            &Borders::Even { length, first, chunk, part } => {
                let rest = length - first;
                let chunks = rest / chunk * chunk.div_ceil(part);
                first.div_ceil(part) + chunks + (rest % chunk).div_ceil(part)
            }
        }
    }

    /// Border number `k`, where the tile of that number begins.
    pub(super) fn at(&self, k: u64) -> u64 {
        match self {
            Borders::Within { start, .. } if k == 0 => *start,
            Borders::Within { of, end, first, .. } => of.at((first + k - 1).min(of.tiles())).min(*end),
            Borders::Listed(borders) => borders[k as usize],
            &Borders::Even { length, first, chunk, part } => {
                let parts = first.div_ceil(part);
                let at = match k.checked_sub(parts) {
                    None => k * part,
                    Some(k) => {
                        let each = chunk.div_ceil(part);
                        first + k / each * chunk + k % each * part
                    }
                };
                at.min(length)
            }
        }
    }

    /// All borders.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        (0..=self.tiles()).map(|k| self.at(k))
    }

    /// The length of the longest tile.
    pub(super) fn longest(&self) -> u64 {
        match self {
            Borders::Within { of, start, end, .. } => of.longest().min(end - start),
            Borders::Listed(borders) => borders.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0),
            &Borders::Even { part, .. } => part,
        }
    }

    /// The same borders, and others so that no tile is longer than `part`.
    pub(super) fn subdivided(&self, part: u64) -> Borders {
        match self {
            Borders::Within { of, start, end, .. } => of.subdivided(part).within(&(*start..*end)),
            &Borders::Even { length, first, chunk, part: now } => {
                Borders::even(length, first, chunk, part.min(now))
            }
            Borders::Listed(borders) => {
                let part = part.max(1) as usize;
                let within = borders.windows(2).flat_map(|w| (w[0]..w[1]).step_by(part));
                Borders::Listed(within.chain(borders.last().copied()).collect())
            }
        }
    }

    /// Tiles of `times` chunks, or, if chunks are cut, of `times` parts of one chunk.
    pub(super) fn every(&self, times: u64) -> Borders {
        let times = times.max(1);
        match *self {
            Borders::Within { ref of, start, end, .. } => of.every(times).within(&(start..end)),
            Borders::Even { length, first, chunk, part } if part < first.max(chunk) => {
                Borders::even(length, first, chunk, part.saturating_mul(times))
            }
            Borders::Even { length, first, chunk, .. } => {
                let first = chunk.saturating_mul(times - 1).saturating_add(first);
                Borders::even(length, first, chunk.saturating_mul(times), u64::MAX)
            }
            Borders::Listed(ref borders) => {
                let last = borders.len() as u64 - 1;
                let kept = (0..=last).filter(|k| k.is_multiple_of(times) || *k == last);
                Borders::Listed(kept.map(|k| self.at(k)).collect())
            }
        }
    }
}

impl PartialEq for Borders {
    fn eq(&self, other: &Borders) -> bool {
        match (self, other) {
            (
                Borders::Even { length, first, chunk, part },
                Borders::Even { length: l, first: f, chunk: c, part: p },
            ) if (length, first, chunk, part) == (l, f, c, p) => true,
            _ => {
                let tiles = self.tiles();
                tiles == other.tiles() && tiles <= LISTED && self.iter().eq(other.iter())
            }
        }
    }
}

impl Eq for Borders {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The borders of chunks, one after the other.
    fn chunks(length: u64, access: &Access) -> Vec<u64> {
        let mut borders = vec![0];
        while borders[borders.len() - 1] < length {
            borders.push(access.next_border(borders[borders.len() - 1]).min(length));
        }
        borders
    }

    fn listed(borders: &Borders) -> Vec<u64> {
        borders.iter().collect()
    }

    #[test]
    fn borders_are_those_of_a_list() {
        for length in [0_u64, 1, 2, 5, 7, 24, 40] {
            for (chunk, step, skipped) in (1..9_u64)
                .flat_map(|chunk| (-4..5_i64).filter(|&step| step != 0).map(move |step| (chunk, step)))
                .flat_map(|(chunk, step)| (0..5_i64).map(move |skipped| (chunk, step, skipped)))
            {
                let start = if step > 0 { skipped } else { skipped - step * length as i64 };
                let access = Access { axis: 0, start, step, chunk };
                let (borders, list) = (Borders::of_chunks(length, Some(&access)), chunks(length, &access));
                assert_eq!(listed(&borders), list, "{length} {access:?}");
                let longest = |list: &[u64]| list.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0);
                assert_eq!(borders.longest(), longest(&list));
                for by in 1..6 {
                    let parts = list.windows(2).flat_map(|w| (w[0]..w[1]).step_by(by as usize));
                    let parts: Vec<u64> = parts.chain(list.last().copied()).collect();
                    let found = borders.subdivided(by);
                    assert_eq!(listed(&found), parts, "{length} {access:?} in parts of {by}");
                    assert_eq!((found.tiles(), found.longest()), (parts.len() as u64 - 1, longest(&parts)));
                    assert_eq!(found, Borders::Listed(parts));
                    let last = list.len() - 1;
                    let kept = (0..=last).filter(|k| k % by as usize == 0 || *k == last);
                    assert_eq!(listed(&borders.every(by)), kept.map(|k| list[k]).collect::<Vec<_>>());
                    let twice = listed(&found.subdivided(2));
                    assert!(list.iter().all(|border| twice.contains(border)), "a chunk's border stays");
                    assert!(longest(&twice) <= 2);
                }
            }
        }
    }

    #[test]
    fn an_axis_of_any_length_takes_no_list() {
        let length = 1 << 62;
        let odd = Access { axis: 0, start: 0, step: 3, chunk: 1 << 16 };
        for borders in [
            Borders::steps(length, 5),
            Borders::whole(length).subdivided(7).subdivided(3).every(2),
            Borders::of_chunks(length, Some(&odd)),
        ] {
            assert_eq!((borders.at(0), borders.at(borders.tiles())), (0, length));
            assert!(borders.at(borders.tiles() - 1) < length);
        }
    }
}
