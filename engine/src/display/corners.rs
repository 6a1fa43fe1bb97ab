//! The parts of a large array that are printed: the corners that its first and last elements along each axis make.

use std::ops::Range;

use arrstore_format::{DType, strided};

use super::summary;

/// The printed parts of an array that is too large to be printed whole. A caller computes these parts only.
pub struct Corners {
    /// Printed elements along each axis.
    edges: Vec<u64>,
    /// For each part: its first index among the printed elements, and its box in the array.
    parts: Vec<(Vec<u64>, Vec<Range<u64>>)>,
}

impl Corners {
    /// The printed parts of an array of `shape`; `None` for an array that is printed whole.
    pub fn of(shape: &[u64]) -> Option<Corners> {
        let axes = summary(shape)?;
        let mut parts = vec![(Vec::new(), Vec::new())];
        for ranges in &axes {
            let mut next = Vec::new();
            for (at, part) in &parts {
                let mut offset = 0;
                for range in ranges {
                    let (mut at, mut part): (Vec<u64>, Vec<Range<u64>>) = (at.clone(), part.clone());
                    at.push(offset);
                    offset += range.end - range.start;
                    part.push(range.clone());
                    next.push((at, part));
                }
            }
            parts = next;
            if parts.len() > Corners::MOST {
                break;
            }
        }
        let edges = axes.iter().map(|ranges| ranges.iter().map(|r| r.end - r.start).sum()).collect();
        Some(Corners { edges, parts })
    }

    /// The most parts that make sense to a reader.
    const MOST: usize = 1 << 10;

    /// Whether the array has so many long axes that it cannot be printed.
    pub fn are_too_many(&self) -> bool {
        self.parts.len() > Corners::MOST
    }

    /// The box of each part in the array.
    pub fn boxes(&self) -> impl Iterator<Item = &[Range<u64>]> {
        self.parts.iter().map(|(_, part)| &part[..])
    }

    /// Printed elements along each axis.
    pub fn edges(&self) -> &[u64] {
        &self.edges
    }

    /// The printed elements in C order, from those of each part in C order.
    pub fn assemble<'a>(&self, dtype: DType, parts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
        let item = dtype.size();
        let edges: Vec<usize> = self.edges.iter().map(|&n| n as usize).collect();
        let strides = strided::c_strides(&edges, item);
        let mut all = vec![0; edges.iter().product::<usize>() * item];
        for ((at, part), bytes) in self.parts.iter().zip(parts) {
            let shape: Vec<usize> = part.iter().map(|r| (r.end - r.start) as usize).collect();
            let from = strided::c_strides(&shape, item);
            let to: isize = at.iter().zip(&strides).map(|(&i, s)| i as isize * s).sum();
            strided::copy(item, &shape, bytes, 0, &from, &mut all, to as usize, &strides);
        }
        all
    }
}
