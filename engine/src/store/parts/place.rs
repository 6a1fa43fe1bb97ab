//! Places of parts in a whole array: boxes of elements, which may overlap or leave gaps.

/// The box of elements that a part holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The first element along each axis.
    pub(super) start: Vec<u64>,
    /// Elements along each axis.
    pub(super) count: Vec<u64>,
}

impl Place {
    fn end(&self, axis: usize) -> u64 {
        self.start[axis] + self.count[axis]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count.contains(&0)
    }

    /// The number of elements.
    pub(super) fn elements(&self) -> u128 {
        self.count.iter().fold(1, |all: u128, &n| all.saturating_mul(n.into()))
    }

    /// Whether both hold a common element, if neither is empty.
    fn meets(&self, other: &Place) -> bool {
        let axes = 0..self.start.len();
        axes.into_iter().all(|k| self.start[k] < other.end(k) && other.start[k] < self.end(k))
    }
}

/// Two places of an array that have an element in common, by their indices.
pub(super) fn overlap(places: &[&Place]) -> Option<(usize, usize)> {
    let mut order: Vec<usize> = (0..places.len()).filter(|&k| !places[k].is_empty()).collect();
    // Along the axis with the most starts, few places are open at once.
    let ndim = places.first().map_or(0, |place| place.start.len());
    let axis = (0..ndim).max_by_key(|&axis| {
        let mut starts: Vec<u64> = order.iter().map(|&k| places[k].start[axis]).collect();
        starts.sort_unstable();
        starts.dedup();
        starts.len()
    });
    order.sort_by_key(|&k| axis.map(|axis| places[k].start[axis]));
    let mut open: Vec<usize> = Vec::new();
    for k in order {
        open.retain(|&other| axis.is_none_or(|axis| places[other].end(axis) > places[k].start[axis]));
        if let Some(&other) = open.iter().find(|&&other| places[other].meets(places[k])) {
            return Some((other.min(k), other.max(k)));
        }
        open.push(k);
    }
    None
}

/// The first element, in C order, of an array of `shape` that no place holds.
pub(super) fn gap(places: &[&Place], shape: &[u64]) -> Option<Vec<u64>> {
    if shape.contains(&0) { None } else { gap_from(places, shape, 0) }
}

/// The indices of that element from `axis` on, for places that hold it along the axes before.
fn gap_from(places: &[&Place], shape: &[u64], axis: usize) -> Option<Vec<u64>> {
    let Some(&length) = shape.get(axis) else { return places.is_empty().then(Vec::new) };
    let mut cuts: Vec<u64> = places.iter().flat_map(|place| [place.start[axis], place.end(axis)]).collect();
    cuts.extend([0, length]);
    cuts.sort_unstable();
    cuts.dedup();
    // Between two cuts, the same places are open.
    let mut coming = places.to_vec();
    coming.sort_by_key(|place| place.start[axis]);
    let mut coming = coming.into_iter().peekable();
    let mut open: Vec<&Place> = Vec::new();
    for &cut in cuts.iter().filter(|&&cut| cut < length) {
        while let Some(place) = coming.next_if(|place| place.start[axis] <= cut) {
            open.push(place);
        }
        open.retain(|place| place.end(axis) > cut);
        if let Some(mut rest) = gap_from(&open, shape, axis + 1) {
            rest.insert(0, cut);
            return Some(rest);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(start: &[u64], count: &[u64]) -> Place {
        Place { start: start.to_vec(), count: count.to_vec() }
    }

    /// All boxes of an array of 4 x 3, two and three at a time, compared with a count of each element.
    #[test]
    fn overlaps_and_gaps_are_those_of_the_elements() {
        let shape = [4u64, 3];
        let mut all = Vec::new();
        for a in 0..4 {
            for b in 0..3 {
                for n in 0..=4 - a {
                    for m in 0..=3 - b {
                        all.push(place(&[a, b], &[n, m]));
                    }
                }
            }
        }
        let check = |some: &[&Place]| {
            let holds = |p: &Place, i: u64, j: u64| {
                (p.start[0]..p.end(0)).contains(&i) && (p.start[1]..p.end(1)).contains(&j)
            };
            let elements = (0..12).map(|k| (k / 3, k % 3));
            let counts: Vec<usize> =
                elements.map(|(i, j)| some.iter().filter(|p| holds(p, i, j)).count()).collect();
            let first = counts.iter().position(|&n| n == 0).map(|k| vec![k as u64 / 3, k as u64 % 3]);
            assert_eq!(gap(some, &shape), first, "{some:?}");
            let found = overlap(some);
            assert_eq!(found.is_some(), counts.iter().any(|&n| n > 1), "{some:?}");
            if let Some((a, b)) = found {
                assert!(a != b && some[a].meets(some[b]) && !some[a].is_empty() && !some[b].is_empty());
            }
        };
        for a in &all {
            for b in &all {
                check(&[a, b]);
                for c in all.iter().step_by(5) {
                    check(&[a, b, c]);
                }
            }
        }
    }

    #[test]
    fn no_axes_and_no_elements() {
        let one = place(&[], &[]);
        assert_eq!((overlap(&[&one]), overlap(&[&one, &one])), (None, Some((0, 1))));
        assert_eq!((gap(&[&one], &[]), gap(&[], &[])), (None, Some(vec![])));
        assert_eq!((gap(&[], &[3, 0]), gap(&[], &[3, 2]), overlap(&[])), (None, Some(vec![0, 0]), None));
        let none = place(&[1], &[0]);
        assert_eq!(overlap(&[&none, &none]), None);
    }

    #[test]
    fn many_places_are_checked_quickly() {
        let mut many: Vec<Place> = (0..100_000).map(|k| place(&[k / 300, 7 * (k % 300)], &[1, 7])).collect();
        let begun = std::time::Instant::now();
        let refs = |many: &[Place]| overlap(&many.iter().collect::<Vec<_>>());
        assert_eq!(refs(&many), None);
        let gone = many.remove(55_555);
        assert_eq!(gap(&many.iter().collect::<Vec<_>>(), &[333, 2100]), Some(gone.start.clone()));
        many.push(place(&[50, 3], &[1, 1]));
        assert_eq!(refs(&many), Some((15_000, 99_999)));
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }
}
