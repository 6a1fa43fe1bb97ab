//! How a domain is cut into tiles, the units of work.
//!
//! The tiles of a reduction decide in which order numbers are added. So they depend on nothing but the domain
//! and the chunk grid of one input, the *lead*: not on threads, memory, codecs or what else the pass computes.

use super::program::{Load, Program};

/// A tile of a reduction is a chunk up to this many elements,
const CHUNK_LIMIT: u64 = 1 << 22;
/// else a part of a chunk of about this many.
const PART: u64 = 1 << 20;
/// Chunks smaller than this are taken together.
const LEAST: u64 = 1 << 16;
/// Bytes that the system maps at least.
const PAGE: u64 = 4096;

/// A grid of boxes over a domain: for each axis the ascending borders, from 0 to the axis' length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tiles {
    pub(crate) borders: Vec<Vec<u64>>,
}

impl Tiles {
    /// Number of tiles along each axis.
    pub(crate) fn counts(&self) -> Vec<u64> {
        self.borders.iter().map(|b| b.len() as u64 - 1).collect()
    }

    /// Number of tiles.
    pub(crate) fn len(&self) -> u64 {
        self.counts().iter().product()
    }

    /// First element and shape of the tile at `index`.
    pub(crate) fn tile(&self, index: &[u64]) -> (Vec<u64>, Vec<u64>) {
        let of = |(b, &i): (&Vec<u64>, &u64)| (b[i as usize], b[i as usize + 1] - b[i as usize]);
        self.borders.iter().zip(index).map(of).unzip()
    }

    /// The longest extent along each axis.
    pub(crate) fn extents(&self) -> Vec<u64> {
        let longest = |b: &Vec<u64>| b.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0);
        self.borders.iter().map(longest).collect()
    }

    /// Tiles of a regular grid.
    pub(crate) fn regular(domain: &[u64], extent: &[u64]) -> Tiles {
        let borders = domain.iter().zip(extent).map(|(&n, &e)| steps(n, e)).collect();
        Tiles { borders }
    }

    /// The tiles that a program's lead input gives.
    pub(crate) fn of_program(program: &Program) -> Tiles {
        let domain = &program.domain;
        let Some(lead) = lead(program) else { return Tiles::unled(domain) };
        let mut extent: Vec<u64> =
            domain.iter().zip(&lead.access).map(|(&n, a)| a.map_or(n, |a| a.span().min(n)).max(1)).collect();
        let mut borders: Vec<Vec<u64>> =
            domain.iter().zip(&lead.access).map(|(&n, a)| chunk_borders(n, a.as_ref())).collect();
        let order = loop_order(program);
        if product(&extent) > CHUNK_LIMIT {
            // cut, beginning with the axis whose neighbours lie farthest apart
            for &axis in &order {
                let others = product(&extent) / extent[axis];
                let part = (PART / others).clamp(1, extent[axis]);
                extent[axis] = part;
                borders[axis] = subdivide(&borders[axis], part);
                if product(&extent) <= PART {
                    break;
                }
            }
        } else {
            // join, beginning with the axis whose neighbours lie closest
            for &axis in order.iter().rev() {
                let times = LEAST / product(&extent);
                if times <= 1 {
                    break;
                }
                extent[axis] = extent[axis].saturating_mul(times).min(domain[axis].max(1));
                borders[axis] = every(&borders[axis], times as usize);
            }
        }
        Tiles { borders }
    }

    pub(crate) fn unled(domain: &[u64]) -> Tiles {
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

    /// The same tiles, two and two together along an axis along which they take but a part of a page of an input's chunk at
    /// a time; nothing where there is none.
    pub(crate) fn joined(&self, program: &Program) -> Option<Tiles> {
        let extents = self.extents();
        let is_short = |&axis: &usize| {
            program.loads.iter().any(|load| {
                let run = extents[axis].saturating_mul(load.dtype.size() as u64);
                let span = load.access[axis].map_or(0, |a| a.span().min(program.domain[axis]));
                load.stride[axis].abs() == 1 && span > extents[axis] && run < PAGE
            })
        };
        let axis = (0..extents.len()).find(is_short)?;
        let mut joined = self.clone();
        joined.borders[axis] = every(&joined.borders[axis], 2);
        Some(joined)
    }

    /// The same tiles made longer along the last axes, up to `limit` elements, so that a box is written in
    /// long runs.
    pub(crate) fn widened(mut self, domain: &[u64], limit: u64) -> Tiles {
        for axis in (0..domain.len()).rev() {
            let extent = self.extents();
            let others = product(&extent) / extent[axis].max(1);
            if domain[axis] == 0 || others.saturating_mul(domain[axis]) > limit {
                break;
            }
            self.borders[axis] = vec![0, domain[axis]];
        }
        self
    }
}

/// The input whose grid the tiles follow: the one with most elements, cut into chunks rather than in one
/// piece, the first of equals.
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

fn product(extent: &[u64]) -> u64 {
    extent.iter().fold(1, |n, &e| n.saturating_mul(e))
}

fn steps(n: u64, extent: u64) -> Vec<u64> {
    let extent = extent.max(1);
    let mut borders: Vec<u64> = (0..n.div_ceil(extent)).map(|k| k * extent).collect();
    borders.push(n);
    if n == 0 {
        borders.truncate(1);
    }
    borders
}

fn chunk_borders(n: u64, access: Option<&super::access::Access>) -> Vec<u64> {
    let mut borders = vec![0];
    let mut at = 0;
    while at < n {
        at = access.map_or(n, |a| a.next_border(at)).min(n);
        borders.push(at);
    }
    borders
}

fn subdivide(borders: &[u64], part: u64) -> Vec<u64> {
    let mut out = vec![0];
    for w in borders.windows(2) {
        out.extend(steps(w[1] - w[0], part).into_iter().skip(1).map(|b| w[0] + b));
    }
    out
}

fn every(borders: &[u64], times: usize) -> Vec<u64> {
    let last = borders.len() - 1;
    borders.iter().enumerate().filter(|&(k, _)| k % times == 0 || k == last).map(|(_, &b)| b).collect()
}
