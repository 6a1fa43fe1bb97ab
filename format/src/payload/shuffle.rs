//! The byte shuffle of numcodecs: grouping bytes by their place in the element.

use crate::strided;
use crate::transpose::{LANES, transpose};

/// Groups the bytes of elements by their place: all first bytes, then all second bytes, and so on.
pub(crate) fn shuffle(item: usize, elements: &[u8], out: &mut [u8]) {
    match item {
        2 => shuffle_fixed::<2>(elements, out),
        4 => shuffle_fixed::<4>(elements, out),
        8 => shuffle_fixed::<8>(elements, out),
        16 => shuffle_fixed::<16>(elements, out),
        item => {
            let n = elements.len() / item;
            let (element, plane) = ([1, item as isize], [n as isize, 1]);
            strided::copy(1, &[item, n], elements, 0, &element, out, 0, &plane);
        }
    }
}

/// Undoes [`shuffle`].
pub(crate) fn unshuffle(item: usize, shuffled: &[u8], out: &mut [u8]) {
    match item {
        2 => unshuffle_fixed::<2>(shuffled, out),
        4 => unshuffle_fixed::<4>(shuffled, out),
        8 => unshuffle_fixed::<8>(shuffled, out),
        16 => unshuffle_fixed::<16>(shuffled, out),
        item => {
            let n = shuffled.len() / item;
            let (element, plane) = ([1, item as isize], [n as isize, 1]);
            strided::copy(1, &[item, n], shuffled, 0, &plane, out, 0, &element);
        }
    }
}

/// Elements handled at a time: eight for each lane, so that whole cache lines of each plane are written.
const BLOCK_ELEMENTS: usize = 8 * LANES;

/// Rows of a plane, one for each block of elements.
type Line = [[u8; 8]; LANES];

#[expect(clippy::needless_range_loop, reason = "squares are transposed by index")]
fn shuffle_fixed<const N: usize>(elements: &[u8], out: &mut [u8]) {
    let n = elements.len() / N;
    let (blocks, tail) = elements.as_chunks::<N>().0.as_chunks::<BLOCK_ELEMENTS>();
    let mut planes: [&mut [u8]; N] = split(out, n);
    match N {
        2 => {
            for (byte, plane) in planes.iter_mut().enumerate() {
                for (line, block) in plane.as_chunks_mut::<BLOCK_ELEMENTS>().0.iter_mut().zip(blocks) {
                    for (to, from) in line.iter_mut().zip(block) {
                        *to = (u16::from_le_bytes(from.as_chunks().0[0]) >> (8 * byte)) as u8;
                    }
                }
            }
        }
        4 => {
            let mut lines = planes.each_mut().map(|plane| lines_mut(plane));
            for (k, block) in blocks.iter().enumerate() {
                let mut words = [[0; LANES]; 4];
                for (g, group) in block.as_chunks::<8>().0.iter().enumerate() {
                    // Elements i and i + 4 share a word.
                    let half = |i: usize| u64::from(u32::from_le_bytes(group[i].as_chunks().0[0]));
                    for i in 0..4 {
                        words[i][g] = half(i) | half(i + 4) << 32;
                    }
                }
                transpose(&mut words);
                for (plane, words) in lines.iter_mut().zip(words) {
                    plane[k] = words.map(u64::to_le_bytes);
                }
            }
        }
        _ => {
            for (first, planes) in planes.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                let mut lines = planes.each_mut().map(|plane| lines_mut(plane));
                for (k, block) in blocks.iter().enumerate() {
                    let mut words = [[0; LANES]; 8];
                    for (g, group) in block.as_chunks::<8>().0.iter().enumerate() {
                        for i in 0..8 {
                            words[i][g] = u64::from_le_bytes(group[i].as_chunks().0[first]);
                        }
                    }
                    transpose(&mut words);
                    for (plane, words) in lines.iter_mut().zip(words) {
                        plane[k] = words.map(u64::to_le_bytes);
                    }
                }
            }
        }
    }
    let done = blocks.len() * BLOCK_ELEMENTS;
    for (byte, plane) in planes.iter_mut().enumerate() {
        for (to, from) in plane[done..].iter_mut().zip(tail) {
            *to = from[byte];
        }
    }
}

fn unshuffle_fixed<const N: usize>(shuffled: &[u8], out: &mut [u8]) {
    let n = shuffled.len() / N;
    let planes: [&[u8]; N] = std::array::from_fn(|byte| &shuffled[byte * n..][..n]);
    let (blocks, tail) = out.as_chunks_mut::<N>().0.as_chunks_mut::<BLOCK_ELEMENTS>();
    let done = blocks.len() * BLOCK_ELEMENTS;
    match N {
        2 => {
            let lines = planes.map(|plane| plane.as_chunks::<BLOCK_ELEMENTS>().0);
            for ((block, low), high) in blocks.iter_mut().zip(lines[0]).zip(lines[1]) {
                for ((element, l), h) in block.iter_mut().zip(low).zip(high) {
                    (element[0], element[1]) = (*l, *h);
                }
            }
        }
        4 => {
            let lines = planes.map(lines);
            for (k, block) in blocks.iter_mut().enumerate() {
                let mut words = [0, 1, 2, 3].map(|plane: usize| lines[plane][k].map(u64::from_le_bytes));
                transpose(&mut words);
                for (g, group) in block.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                    for i in 0..4 {
                        group[i].as_chunks_mut().0[0] = (words[i][g] as u32).to_le_bytes();
                        group[i + 4].as_chunks_mut().0[0] = ((words[i][g] >> 32) as u32).to_le_bytes();
                    }
                }
            }
        }
        _ => {
            for (first, planes) in planes.as_chunks::<8>().0.iter().enumerate() {
                let lines = planes.map(lines);
                for (k, block) in blocks.iter_mut().enumerate() {
                    let mut words = lines.map(|plane| plane[k].map(u64::from_le_bytes));
                    transpose(&mut words);
                    for (g, group) in block.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                        for i in 0..8 {
                            group[i].as_chunks_mut().0[first] = words[i][g].to_le_bytes();
                        }
                    }
                }
            }
        }
    }
    for (i, element) in tail.iter_mut().enumerate() {
        *element = std::array::from_fn(|byte| planes[byte][done + i]);
    }
}

fn lines(plane: &[u8]) -> &[Line] {
    plane.as_chunks().0.as_chunks().0
}

fn lines_mut(plane: &mut [u8]) -> &mut [Line] {
    plane.as_chunks_mut().0.as_chunks_mut().0
}

fn split<const N: usize>(mut rest: &mut [u8], n: usize) -> [&mut [u8]; N] {
    std::array::from_fn(|_| {
        let (plane, tail) = std::mem::take(&mut rest).split_at_mut(n);
        rest = tail;
        plane
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffle_is_numcodecs() {
        for (item, n) in [
            (1, 5),
            (2, 200),
            (4, 130),
            (8, 67),
            (16, 64),
            (8, 0),
            (3, 7),
            (5, 200),
            (12, 70),
            (48, 33),
            (72, 1),
        ] {
            let elements: Vec<u8> = (0..item * n).map(|i| (i * 31 % 251) as u8).collect();
            let mut shuffled = vec![0; elements.len()];
            shuffle(item, &elements, &mut shuffled);
            let naive: Vec<u8> = (0..item)
                .flat_map(|b| (0..n).map(move |i| (i, b)))
                .map(|(i, b)| elements[i * item + b])
                .collect();
            assert_eq!(shuffled, naive, "{item}");
            let mut back = vec![0; elements.len()];
            unshuffle(item, &shuffled, &mut back);
            assert_eq!(back, elements);
        }
    }
}
