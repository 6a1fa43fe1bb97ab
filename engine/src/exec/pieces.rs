//! Cutting a box into pieces, and pieces into blocks.

use crate::Result;
use crate::program::Program;

/// Visits the pieces of the box of `shape` at `start`. Within a piece, every input lies in one chunk, except along axes
/// on which it is gathered. A piece is no longer than `longest`, along the axes that this names. The last axis of
/// `order` goes fastest.
pub(super) fn each_piece(
    program: &Program,
    order: &[usize],
    longest: &[u64],
    start: &[u64],
    shape: &[u64],
    mut visit: impl FnMut(&[u64], &[u64]) -> Result<()>,
) -> Result<()> {
    let cuts = cuts(program, longest, start, shape);
    let mut at = vec![0; cuts.len()];
    loop {
        let first: Vec<u64> = cuts.iter().zip(&at).map(|(c, &i)| c[i]).collect();
        let extent: Vec<u64> = cuts.iter().zip(&at).map(|(c, &i)| c[i + 1] - c[i]).collect();
        visit(&first, &extent)?;
        let mut axis = None;
        for &k in order.iter().rev() {
            at[k] += 1;
            if at[k] + 1 < cuts[k].len() {
                axis = Some(k);
                break;
            }
            at[k] = 0;
        }
        if axis.is_none() {
            return Ok(());
        }
    }
}

/// The borders of the pieces of a box along each axis.
fn cuts(program: &Program, longest: &[u64], start: &[u64], shape: &[u64]) -> Vec<Vec<u64>> {
    let one = |k: usize| {
        let (first, end) = (start[k], start[k] + shape[k]);
        let mut cuts = vec![first, end];
        for load in &program.loads {
            let Some(access) = load.access[k] else { continue };
            if load.gathers[k] {
                continue;
            }
            let mut at = access.next_border(first);
            while at < end {
                cuts.push(at);
                at = access.next_border(at);
            }
        }
        if let Some(&longest) = longest.get(k)
            && longest < shape[k]
        {
            cuts.extend((first..end).step_by(longest.max(1) as usize));
        }
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    };
    (0..shape.len()).map(one).collect()
}

/// Visits the box from `start` to `end` in blocks of `step`, the last axis fastest.
pub(super) fn each_block(
    start: &[usize],
    end: &[usize],
    step: &[usize],
    mut visit: impl FnMut(&[usize], &[usize]) -> Result<()>,
) -> Result<()> {
    let mut at = start.to_vec();
    let mut shape = vec![0; at.len()];
    loop {
        for (k, shape) in shape.iter_mut().enumerate() {
            *shape = step[k].min(end[k] - at[k]);
        }
        visit(&at, &shape)?;
        let mut k = at.len();
        loop {
            if k == 0 {
                return Ok(());
            }
            k -= 1;
            at[k] += step[k];
            if at[k] < end[k] {
                break;
            }
            at[k] = start[k];
        }
    }
}
