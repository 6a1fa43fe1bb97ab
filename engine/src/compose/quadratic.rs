//! Quadratic forms: x' Y x for each row x of a matrix, in little more than half the multiplications of a product.
//!
//! With x in two halves, u and v, and Y in four quarters, x' Y x is u' A u + v' D v + u' (B + C') v: three products of
//! half the size each, where the plain product has four. The halves are halved again while that pays.

use std::sync::Arc;

use super::products::Labelled;
use super::two;
use crate::{Expr, Index, Op, Result};

/// Below this length, a product of matrices is faster than three halves.
const LONG: u64 = 2048;

/// Takes the three arrays of a quadratic form out of a product, and puts their result in: `ij,jk,ik`, where the first
/// and the third are one array, and `j` and `k` are summed over.
pub(super) fn take_form(terms: &mut Vec<Labelled>, result: &[u32]) -> Result<()> {
    let Some(([first, middle, last], [j, k])) = find(terms, result) else { return Ok(()) };
    let (x, y) = (&terms[first], &terms[middle]);
    let mut labels: Vec<u32> = x.labels.iter().copied().filter(|&l| l != j).collect();
    labels.push(j);
    let array = form(&x.aligned(&labels)?, &y.aligned(&[j, k])?)?;
    labels.pop();
    let mut taken = [first, middle, last];
    taken.sort_unstable();
    taken.iter().rev().for_each(|&place| drop(terms.remove(place)));
    terms.push(Labelled { array, labels });
    Ok(())
}

/// The places of the three arrays, and the labels that are summed over.
fn find(terms: &[Labelled], result: &[u32]) -> Option<([usize; 3], [u32; 2])> {
    let users = |label: u32| terms.iter().filter(|term| term.labels.contains(&label)).count();
    let summed = |label: u32| !result.contains(&label) && users(label) == 2;
    let fits = |first: usize, middle: usize, last: usize| {
        let (x, z) = (&terms[first], &terms[last]);
        let &[j, k] = terms[middle].labels.as_slice() else { return None };
        let swapped = x.labels.iter().map(|&l| if l == j { k } else { l });
        let long = terms[middle].array.shape().iter().all(|&n| n >= LONG);
        let form = first != last
            && Arc::ptr_eq(&x.array.0, &z.array.0)
            && x.labels.len() > 1
            && x.labels.contains(&j)
            && swapped.eq(z.labels.iter().copied())
            && summed(j)
            && summed(k);
        (form && long).then_some(([first, middle, last], [j, k]))
    };
    let all = 0..terms.len();
    let triples =
        all.clone().flat_map(|i| all.clone().flat_map(move |m| (0..terms.len()).map(move |l| (i, m, l))));
    triples.filter(|&(i, m, l)| i != m && m != l).find_map(|(i, m, l)| fits(i, m, l))
}

/// x' Y x, along the last axis of `x`.
fn form(x: &Expr, y: &Expr) -> Result<Expr> {
    let n = y.shape().first().copied().unwrap_or(0);
    if n < LONG {
        return paired(x, y, x);
    }
    let half = (n / 2) as i64;
    let (low, high) = (
        Index::Slice { start: None, stop: Some(half), step: None },
        Index::Slice { start: Some(half), stop: None, step: None },
    );
    let (u, v) = (x.index(&[Index::Ellipsis, low])?, x.index(&[Index::Ellipsis, high])?);
    let quarter = |rows, columns| y.index(&[rows, columns]);
    let across = two(Op::Add, &quarter(low, high)?, &quarter(high, low)?.transpose())?;
    let ends = two(Op::Add, &form(&u, &quarter(low, low)?)?, &form(&v, &quarter(high, high)?)?)?;
    two(Op::Add, &ends, &paired(&u, &across, &v)?)
}

/// The sums of (x Y) z along the last axis.
fn paired(x: &Expr, y: &Expr, z: &Expr) -> Result<Expr> {
    super::products::sum(&two(Op::Multiply, &x.matmul(y)?, z)?, &[-1])
}
