//! How a domain is cut into tiles, the units of work.
//!
//! The tiles of a reduction decide in which order numbers are added. So they depend only on the domain, the types of the
//! inputs and the chunk grid of one of them, the *lead*: not on threads, memory, codecs or the other work of the pass.

use std::ops::Range;

use super::borders::Borders;
use super::{Load, Program};

/// A tile of a reduction is a chunk up to this many elements,
const CHUNK_LIMIT: u64 = 1 << 22;
/// else a part of a chunk of about this many.
const PART: u64 = 1 << 20;
/// Chunks smaller than this are taken together.
const LEAST: u64 = 1 << 16;
/// Columns of a tile that is folded column by column, unless it is widened. Their states and lanes stay in the second
/// cache, and the contiguous part of a row is long enough to be read at full speed.
const COLUMNS: u64 = 1 << 14;
/// Bytes of the inputs of a tile, if their layouts differ.
const BALANCED: u64 = 8 << 20;
/// A tile with fewer columns than this takes the columns of several chunks.
const FEW: u64 = 1 << 10;
/// Rows shorter than this are not folded one by one.
const SHORT_ROW: u64 = 32;
/// A tile of fewer elements than this is made wider.
const NARROW: u64 = 1 << 18;
/// All these numbers are for elements of at most this many bytes, such as all numbers. Of wider ones, such as texts, a
/// tile has fewer.
const WIDE: u64 = 16;

/// A grid of boxes over a domain: the borders along each axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tiles {
    pub(crate) borders: Vec<Borders>,
}

impl Tiles {
    /// Number of tiles along each axis.
    pub(crate) fn counts(&self) -> Vec<u64> {
        self.borders.iter().map(Borders::tiles).collect()
    }

    /// Number of tiles.
    pub(crate) fn len(&self) -> u64 {
        self.counts().iter().product()
    }

    /// First element and shape of the tile at `index`.
    pub(crate) fn tile(&self, index: &[u64]) -> (Vec<u64>, Vec<u64>) {
        let of = |(b, &i): (&Borders, &u64)| (b.at(i), b.at(i + 1) - b.at(i));
        self.borders.iter().zip(index).map(of).unzip()
    }

    /// The longest extent along each axis.
    pub(crate) fn extents(&self) -> Vec<u64> {
        self.borders.iter().map(Borders::longest).collect()
    }

    /// Tiles of a regular grid.
    pub(crate) fn regular(domain: &[u64], extent: &[u64]) -> Tiles {
        if domain.contains(&0) {
            return Tiles::unled(domain);
        }
        let borders = domain.iter().zip(extent).map(|(&n, &e)| Borders::steps(n, e)).collect();
        Tiles { borders }
    }

    /// The longest tiles of at most `elements` elements that lie in one piece in C order.
    pub(crate) fn in_one_piece(domain: &[u64], elements: u64) -> Tiles {
        Tiles::regular(domain, &rows(domain, elements))
    }

    /// Whether tiles that lie in one piece in C order still do so when they are cut along `axis`.
    pub(crate) fn stay_in_one_piece(&self, axis: usize) -> bool {
        self.extents()[..axis].iter().all(|&n| n == 1)
    }

    /// The tiles that a program's lead input gives.
    pub(crate) fn of_program(program: &Program) -> Tiles {
        let domain = &program.domain;
        let Some(lead) = lead(program).filter(|_| !domain.contains(&0)) else { return Tiles::unled(domain) };
        let mut extent: Vec<u64> =
            domain.iter().zip(&lead.access).map(|(&n, a)| a.map_or(n, |a| a.span().min(n)).max(1)).collect();
        let mut borders: Vec<Borders> =
            domain.iter().zip(&lead.access).map(|(&n, a)| Borders::of_chunks(n, a.as_ref())).collect();
        let order = loop_order(program);
        let wide = wide(program);
        let least = LEAST.div_ceil(wide);
        if product(&extent) > CHUNK_LIMIT / wide {
            let most = (PART / wide).max(1);
            // cut, beginning with the axis whose neighbours lie farthest apart
            for &axis in &order {
                let others = product(&extent) / extent[axis];
                let part = (most / others).clamp(1, extent[axis]);
                extent[axis] = part;
                borders[axis] = borders[axis].subdivided(part);
                if product(&extent) <= most {
                    break;
                }
            }
        } else {
            // join, beginning with the axis whose neighbours lie closest
            for &axis in order.iter().rev() {
                let times = least / product(&extent);
                if times <= 1 {
                    break;
                }
                extent[axis] = extent[axis].saturating_mul(times).min(domain[axis].max(1));
                borders[axis] = borders[axis].every(times);
            }
        }
        Tiles { borders }
    }

    /// The tiles of a reduction of the axes `over`.
    pub(crate) fn of_fold(program: &Program, order: &[usize], over: &[bool]) -> Tiles {
        let wide = wide(program);
        let is_long = product(&program.domain) > CHUNK_LIMIT / wide;
        match (lead(program), row_axis(&program.domain, order, over)) {
            (Some(lead), Some(rows)) if product(&program.domain) > 0 => {
                let tiles = Tiles::of_columns(&program.domain, lead, wide, order, rows, over);
                if lead.is_encoded() { tiles.of_whole_chunks(&program.domain, lead, over) } else { tiles }
            }
            (Some(lead), None) if is_long && !program.is_even(lead) => {
                super::written::balanced(program, BALANCED)
            }
            _ => Tiles::of_program(program),
        }
    }

    /// The same tiles, widened to the chunks of the lead along the axes that are kept, so that no chunk is decoded twice.
    fn of_whole_chunks(mut self, domain: &[u64], lead: &Load, over: &[bool]) -> Tiles {
        for (k, borders) in self.borders.iter_mut().enumerate().filter(|(k, _)| !over[*k]) {
            let chunks = Borders::of_chunks(domain[k], lead.access[k].as_ref());
            if borders.longest() < chunks.longest() {
                *borders = chunks;
            }
        }
        self
    }

    /// The same tiles within a part of the domain: those at its edge are cut.
    pub(crate) fn within(&self, part: &[Range<u64>]) -> Tiles {
        let cut = |(borders, part): (&Borders, &Range<u64>)| borders.within(part);
        Tiles { borders: self.borders.iter().zip(part).map(cut).collect() }
    }

    /// The tiles of a fold that goes column by column. Along the reduced axes they depend on the domain and the lead's
    /// grid alone, because they decide which numbers are added first. Along the others they may be cut differently.
    fn of_columns(
        domain: &[u64],
        lead: &Load,
        wide: u64,
        order: &[usize],
        rows: usize,
        over: &[bool],
    ) -> Tiles {
        let [limit, most_columns, narrow] = [CHUNK_LIMIT, COLUMNS, NARROW].map(|n| (n / wide).max(1));
        let mut tiles = Tiles { borders: domain.iter().map(|&n| Borders::whole(n)).collect() };
        let chunks = |k: usize| Borders::of_chunks(domain[k], lead.access[k].as_ref());
        let place = order.iter().position(|&k| k == rows).unwrap_or(0);
        let (slow, fast) = (&order[..place], &order[place + 1..]);
        // columns beside each other, then rows, then the other reduced axes, then columns farther apart
        let mut columns = 1;
        for &k in fast.iter().rev() {
            let chunks = chunks(k);
            tiles.borders[k] = fitted(&chunks, chunks.longest().min(most_columns / columns));
            columns = (columns * tiles.borders[k].longest()).max(1);
        }
        if let Some(&k) = fast.iter().rev().find(|&&k| domain[k] > 1)
            && columns < FEW
        {
            let wider = tiles.borders[k].longest().saturating_mul(FEW / columns);
            tiles.borders[k] = fitted(&chunks(k), wider);
            columns = fast.iter().map(|&k| tiles.borders[k].longest()).product::<u64>().max(1);
        }
        let mut elements = columns;
        let reduced = slow.iter().rev().filter(|&&k| over[k]);
        for &k in std::iter::once(&rows).chain(reduced) {
            tiles.borders[k] = fitted(&chunks(k), limit / elements);
            elements = elements.saturating_mul(tiles.borders[k].longest()).max(1);
        }
        for &k in slow.iter().rev().filter(|&&k| !over[k]) {
            tiles.borders[k] = fitted(&chunks(k), narrow / elements);
            elements = elements.saturating_mul(tiles.borders[k].longest()).max(1);
        }
        for &k in fast.iter().rev() {
            let extent = tiles.borders[k].longest();
            if elements < narrow && extent < domain[k] {
                let wider = extent.saturating_mul(narrow / elements);
                tiles.borders[k] = fitted(&chunks(k), wider);
                elements = elements / extent * tiles.borders[k].longest();
            }
        }
        tiles
    }

    /// Tiles of about `extent`. Their borders are borders of the chunks of `guide` as far as possible.
    pub(crate) fn along(domain: &[u64], guide: Option<&Load>, extent: &[u64]) -> Tiles {
        let access = |k: usize| guide.and_then(|load| load.access[k].as_ref());
        let chunks = |k: usize| Borders::of_chunks(domain[k], access(k));
        Tiles { borders: (0..domain.len()).map(|k| fitted(&chunks(k), extent[k])).collect() }
    }

    /// The same tiles, cut in two along the longest axis that may be cut; `None` if there is no such axis.
    pub(crate) fn halved(&self, may: impl Fn(usize) -> bool) -> Option<Tiles> {
        let extents = self.extents();
        let axis = (0..extents.len()).filter(|&k| may(k) && extents[k] > 1).max_by_key(|&k| extents[k])?;
        let mut halved = self.clone();
        halved.borders[axis] = self.borders[axis].subdivided(extents[axis].div_ceil(2));
        Some(halved)
    }

    pub(crate) fn unled(domain: &[u64]) -> Tiles {
        if domain.contains(&0) {
            return Tiles { borders: domain.iter().map(|&n| Borders::whole(n)).collect() };
        }
        let mut extent: Vec<u64> = domain.iter().map(|&n| n.max(1)).collect();
        for axis in 0..extent.len() {
            if product(&extent) <= PART {
                break;
            }
            let others = product(&extent) / extent[axis];
            extent[axis] = (PART / others).clamp(1, extent[axis]);
        }
        Tiles::regular(domain, &extent)
    }
}

/// The longest box of at most `elements` elements that lie in one piece in C order.
pub(crate) fn rows(shape: &[u64], elements: u64) -> Vec<u64> {
    let mut room = elements.max(1);
    let mut extent = vec![1; shape.len()];
    for (extent, &n) in extent.iter_mut().zip(shape).rev() {
        *extent = n.clamp(1, room);
        room /= n.max(1);
        if room == 0 {
            break;
        }
    }
    extent
}

/// How many times wider than [`WIDE`] the widest element of an input is; at least 1.
pub(crate) fn wide(program: &Program) -> u64 {
    program.loads.iter().map(|load| load.dtype.size() as u64 / WIDE).max().unwrap_or(1).max(1)
}

/// The input whose grid the tiles follow: an input with the most elements, preferably one with several chunks, and the
/// first of equals.
pub(crate) fn lead(program: &Program) -> Option<&Load> {
    let size = |l: &Load| {
        let seen: u64 =
            l.access.iter().zip(&program.domain).filter(|(a, _)| a.is_some()).map(|(_, n)| n).product();
        let cut = l.access.iter().zip(&program.domain).any(|(a, &n)| a.is_some_and(|a| a.next_border(0) < n));
        (seen, cut)
    };
    program.loads.iter().rev().max_by_key(|l| size(l))
}

/// The axes of the domain in the order of the loops: from the one along which the lead's neighbours lie
/// farthest apart to the one along which they lie closest. Axes that the lead does not have keep their place.
pub(crate) fn loop_order(program: &Program) -> Vec<usize> {
    let mut order: Vec<usize> = (0..program.domain.len()).collect();
    if let Some(lead) = lead(program) {
        let rank = |axis: &usize| lead.access[*axis].and_then(|a| lead.rank.get(a.axis).copied());
        let places: Vec<usize> = order.iter().copied().filter(|k| lead.access[*k].is_some()).collect();
        let mut sorted = places.clone();
        sorted.sort_by_key(rank);
        for (place, axis) in places.into_iter().zip(sorted) {
            order[place] = axis;
        }
    }
    order
}

/// The same for a reduction of the axes `over`. If the closest elements are few and reduced, and many elements are
/// kept, the reduced axes become the outermost loops, so that the many are folded side by side.
pub(crate) fn fold_order(program: &Program, over: &[bool]) -> Vec<usize> {
    let mut order = loop_order(program);
    let domain = &program.domain;
    let short = order.iter().rev().take_while(|&&k| over[k] || domain[k] == 1).count();
    let rows = order.iter().rev().take(short).fold(1u64, |n, &k| n.saturating_mul(domain[k]));
    let columns = order.iter().rev().skip(short).find(|&&k| domain[k] > 1).map_or(1, |&k| domain[k]);
    if (2..SHORT_ROW).contains(&rows) && columns >= 8 * SHORT_ROW {
        order.rotate_right(short);
    }
    order
}

/// The axis of the rows of a fold column by column: the reduced axis whose elements lie closest. `None` if the closest
/// elements of all are reduced themselves, row by row.
pub(crate) fn row_axis(domain: &[u64], order: &[usize], over: &[bool]) -> Option<usize> {
    let mut closest = order.iter().rev().copied().filter(|&k| domain[k] > 1);
    let first = closest.next()?;
    if over[first] { None } else { closest.find(|&k| over[k]) }
}

fn product(extent: &[u64]) -> u64 {
    extent.iter().fold(1, |n, &e| n.saturating_mul(e))
}

/// Borders about `extent` elements apart: some borders of chunks if chunks are shorter, else borders within chunks,
/// too.
fn fitted(chunks: &Borders, extent: u64) -> Borders {
    let chunk = chunks.longest().max(1);
    match extent.max(1) {
        extent if extent < chunk => chunks.subdivided(chunk.div_ceil(chunk.div_ceil(extent))),
        extent => {
            let count = chunks.tiles().max(1);
            let times = (extent / chunk).clamp(1, count);
            chunks.every(count.div_ceil(count.div_ceil(times)))
        }
    }
}
