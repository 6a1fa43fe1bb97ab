//! Einstein's sums: products of many arrays over named axes, two arrays at a time.
//!
//! Each step is a product of two arrays ([`contract`]): views, a product of matrices, or one pass of multiplying and
//! adding. So it runs in any budget. The order of the steps decides the work: without a word of the caller's, the
//! cheapest order is searched for.

use std::collections::BTreeMap;

use super::products::{Labelled, contract, in_common_type};
use super::quadratic::take_form;
use crate::{Error, Expr, Index, Result};

/// The order in which the arrays of [`Expr::einsum`] are multiplied.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum ProductOrder {
    /// The cheapest order of all for up to six arrays, and [`ProductOrder::Greedy`] beyond.
    #[default]
    Best,
    /// From left to right.
    Given,
    /// At each step the pair that is cheapest for now.
    Greedy,
    /// For each step, the places of the arrays that it takes out of the list; its result goes to the end.
    Path(Vec<Vec<usize>>),
}

/// Arrays up to which all orders are tried.
const FEW: usize = 6;

/// The subscripts of one array: letters before and after an ellipsis.
struct Subscripts {
    before: Vec<u32>,
    after: Option<Vec<u32>>,
}

impl Subscripts {
    fn parse(text: &str) -> Result<Subscripts> {
        let (before, after) = match text.split_once("...") {
            Some((before, after)) => (before, Some(after)),
            None => (text, None),
        };
        let letters = |part: &str| part.chars().map(|c| letter(c, text)).collect::<Result<Vec<u32>>>();
        Ok(Subscripts { before: letters(before)?, after: after.map(letters).transpose()? })
    }

    fn letters(&self) -> impl Iterator<Item = u32> {
        self.before.iter().chain(self.after.iter().flatten()).copied()
    }

    /// A label for each axis, if the ellipsis stands for this many.
    fn labels(&self, ellipsis: usize) -> Vec<u32> {
        let mut labels = self.before.clone();
        if let Some(after) = &self.after {
            labels.extend((0..ellipsis).rev().map(broadcast));
            labels.extend(after);
        }
        labels
    }
}

fn letter(c: char, text: &str) -> Result<u32> {
    match c.is_ascii_alphabetic() {
        true => Ok(c.into()),
        false => Err(Error::Value(format!(
            "einsum: expected letters and at most one '...' for each array, found '{c}' in '{text}'"
        ))),
    }
}

/// The label of an axis of the ellipsis, by its place from the end.
fn broadcast(from_end: usize) -> u32 {
    0x0011_0000 + from_end as u32
}

impl Expr {
    /// The sum of products that `subscripts` say, as NumPy's `einsum`: a letter for each axis of each array, as in
    /// `"ij,jk->ik"`. Axes of one letter are multiplied element by element, and letters that the result lacks are
    /// summed over. A letter that an array has twice takes its diagonal. `...` stands for axes that broadcast. Without
    /// `->`, the result has the letters that come once, in the order of the alphabet. Types are not widened.
    ///
    /// # Errors
    /// When the subscripts do not fit the arrays, or lengths differ.
    pub fn einsum(subscripts: &str, arrays: &[Expr], order: &ProductOrder) -> Result<Expr> {
        let text: String = subscripts.chars().filter(|c| !c.is_whitespace()).collect();
        let (inputs, output) = match text.split_once("->") {
            Some((inputs, output)) => (inputs, Some(Subscripts::parse(output)?)),
            None => (text.as_str(), None),
        };
        let inputs = inputs.split(',').map(Subscripts::parse).collect::<Result<Vec<_>>>()?;
        if inputs.len() != arrays.len() {
            return Err(Error::Value(format!(
                "einsum: '{subscripts}' has subscripts for {} array(s), found {}",
                inputs.len(),
                arrays.len()
            )));
        }
        let mut ellipsis = 0;
        for (number, (subscripts, array)) in inputs.iter().zip(arrays).enumerate() {
            let named = subscripts.letters().count();
            let fits = array.ndim() == named || (subscripts.after.is_some() && array.ndim() > named);
            if !fits {
                return Err(Error::Shape(format!(
                    "einsum: '{text}' names {named} axes of array {number}, found {}{}",
                    array.ndim(),
                    if array.ndim() > named { "; '...' stands for further axes" } else { "" }
                )));
            }
            ellipsis = ellipsis.max(array.ndim() - named);
        }
        let result = match output {
            Some(output) => output.labels(if output.after.is_some() { ellipsis } else { 0 }),
            None => implicit(&inputs, ellipsis),
        };
        check_result(&text, &result, &inputs, ellipsis)?;
        let arrays = arrays.iter().map(Expr::typed).collect::<Result<Vec<_>>>()?;
        in_common_type(&arrays, |arrays| {
            let terms = arrays.into_iter().zip(&inputs).enumerate();
            let terms = terms.map(|(number, (array, subscripts))| {
                let labels = subscripts.labels(array.ndim() - subscripts.letters().count());
                diagonal(Labelled { array, labels }, number)
            });
            let mut terms = terms.collect::<Result<Vec<_>>>()?;
            let lengths = lengths(&terms)?;
            terms = terms.iter().map(|term| without_ones(term, &lengths)).collect::<Result<_>>()?;
            let product = multiply(terms, &result, order, &lengths)?;
            product.summed(|l| result.contains(&l))?.aligned(&result)
        })
    }
}

/// The labels of a result that the subscripts leave open.
fn implicit(inputs: &[Subscripts], ellipsis: usize) -> Vec<u32> {
    let mut counts = BTreeMap::new();
    for label in inputs.iter().flat_map(Subscripts::letters) {
        *counts.entry(label).or_insert(0) += 1;
    }
    let once = counts.into_iter().filter(|&(_, count)| count == 1).map(|(label, _)| label);
    (0..ellipsis).rev().map(broadcast).chain(once).collect()
}

fn check_result(text: &str, result: &[u32], inputs: &[Subscripts], ellipsis: usize) -> Result<()> {
    let name = |label: u32| char::from_u32(label).unwrap_or('.');
    for (k, &label) in result.iter().enumerate().filter(|(_, label)| **label < broadcast(0)) {
        if result[..k].contains(&label) {
            return Err(Error::Value(format!("einsum: the result of '{text}' has '{}' twice", name(label))));
        }
        if !inputs.iter().flat_map(Subscripts::letters).any(|l| l == label) {
            return Err(Error::Value(format!(
                "einsum: the result of '{text}' has '{}', but no array has it",
                name(label)
            )));
        }
    }
    if ellipsis > 0 && !result.contains(&broadcast(0)) {
        return Err(Error::Value(format!(
            "einsum: '...' stands for {ellipsis} axes in '{text}'; expected '...' in the result too"
        )));
    }
    Ok(())
}

/// The array with one axis for each label: axes of one label become their diagonal.
fn diagonal(mut term: Labelled, number: usize) -> Result<Labelled> {
    while let Some((i, k)) = twice(&term.labels) {
        let (n, m) = (term.array.shape()[i], term.array.shape()[k]);
        if n != m {
            return Err(Error::Shape(format!(
                "einsum: axes of one letter in array {number} differ in length: {n} and {m}"
            )));
        }
        let label = term.labels[i];
        term.labels.remove(k);
        term.labels.remove(i);
        term.labels.push(label);
        term.array = term.array.diagonal(0, i as i64, k as i64)?;
    }
    Ok(term)
}

/// The places of two equal labels.
fn twice(labels: &[u32]) -> Option<(usize, usize)> {
    let of = |(k, label): (usize, &u32)| labels[..k].iter().position(|l| l == label).map(|i| (i, k));
    labels.iter().enumerate().find_map(of)
}

/// The length of each label. An axis of length 1 broadcasts.
fn lengths(terms: &[Labelled]) -> Result<BTreeMap<u32, u64>> {
    let mut lengths = BTreeMap::new();
    for term in terms {
        for (&label, &n) in term.labels.iter().zip(term.array.shape()) {
            let length = lengths.entry(label).or_insert(n);
            if *length == 1 {
                *length = n;
            } else if n != 1 && n != *length {
                return Err(Error::Shape(format!(
                    "einsum: axes of the letter '{}' differ in length: {length} and {n}",
                    char::from_u32(label).filter(|_| label < broadcast(0)).unwrap_or('.')
                )));
            }
        }
    }
    Ok(lengths)
}

/// The array without the axes of length 1 that broadcast.
fn without_ones(term: &Labelled, lengths: &BTreeMap<u32, u64>) -> Result<Labelled> {
    let broadcasts = |label: &u32| term.length(*label) == Some(1) && lengths.get(label) != Some(&1);
    let part = |label: &u32| if broadcasts(label) { Index::At(0) } else { Index::ALL };
    Ok(Labelled {
        array: term.array.index(&term.labels.iter().map(part).collect::<Vec<_>>())?,
        labels: term.labels.iter().copied().filter(|label| !broadcasts(label)).collect(),
    })
}

/// The product of all arrays, with the labels of the result at least.
fn multiply(
    mut terms: Vec<Labelled>,
    result: &[u32],
    order: &ProductOrder,
    lengths: &BTreeMap<u32, u64>,
) -> Result<Labelled> {
    if *order == ProductOrder::Best {
        take_form(&mut terms, result)?;
    }
    let labels: Vec<Vec<u32>> = terms.iter().map(|term| term.labels.clone()).collect();
    let steps = match order {
        // all that is left is multiplied from left to right
        ProductOrder::Given => Vec::new(),
        ProductOrder::Path(path) => path.clone(),
        ProductOrder::Best if labels.len() <= FEW => best(&labels, result, lengths).1,
        ProductOrder::Best | ProductOrder::Greedy => greedy(labels, result, lengths),
    };
    for step in steps {
        let mut places = step.clone();
        places.sort_unstable();
        places.dedup();
        if places.len() != step.len() || places.iter().any(|&place| place >= terms.len()) {
            return Err(Error::Value(format!(
                "einsum: a step of the path takes arrays {step:?}, and {} are left",
                terms.len()
            )));
        }
        let taken: Vec<Labelled> = places.iter().rev().map(|&place| terms.remove(place)).collect();
        let product = in_turn(taken.into_iter().rev(), |l| {
            result.contains(&l) || terms.iter().any(|term| term.labels.contains(&l))
        })?;
        terms.extend(product);
    }
    let product = in_turn(terms.into_iter(), |l| result.contains(&l))?;
    product.ok_or_else(|| Error::Value("einsum: expected at least one array".into()))
}

/// The product of arrays from left to right. It keeps the labels that `keep` says.
fn in_turn(terms: impl Iterator<Item = Labelled>, keep: impl Fn(u32) -> bool) -> Result<Option<Labelled>> {
    let mut left: std::collections::VecDeque<Labelled> = terms.collect();
    while left.len() > 1 {
        if let (Some(a), Some(b)) = (left.pop_front(), left.pop_front()) {
            let product = contract(&a, &b, |l| keep(l) || left.iter().any(|x| x.labels.contains(&l)))?;
            left.push_front(product);
        }
    }
    Ok(left.pop_front())
}

/// The multiplications of a product of two arrays, and the labels of its result.
fn cost(
    [a, b]: [&[u32]; 2],
    others: &[&[u32]],
    result: &[u32],
    lengths: &BTreeMap<u32, u64>,
) -> (f64, Vec<u32>) {
    let mut all = a.to_vec();
    all.extend(b.iter().filter(|l| !a.contains(l)));
    let size =
        |labels: &[u32]| labels.iter().map(|l| lengths.get(l).map_or(1.0, |&n| n as f64)).product::<f64>();
    let kept = |l: &u32| result.contains(l) || others.iter().any(|other| other.contains(l));
    let left: Vec<u32> = all.iter().copied().filter(kept).collect();
    // an intermediate result is written and read, which takes longer than a multiplication
    (size(&all) + 2.0 * size(&left), left)
}

/// The arrays that stay when two are taken, and the product of the two at the end.
fn after(labels: &[Vec<u32>], i: usize, k: usize, product: Vec<u32>) -> Vec<Vec<u32>> {
    let stay = (0..labels.len()).filter(|&n| n != i && n != k).map(|n| labels[n].clone());
    stay.chain([product]).collect()
}

/// The pairs of arrays, each with its cost and the labels of its product.
fn pairs<'a>(
    labels: &'a [Vec<u32>],
    result: &'a [u32],
    lengths: &'a BTreeMap<u32, u64>,
) -> impl Iterator<Item = ([usize; 2], f64, Vec<u32>)> + 'a {
    let all = (0..labels.len()).flat_map(move |k| (0..k).map(move |i| [i, k]));
    all.map(move |[i, k]| {
        let others: Vec<&[u32]> =
            (0..labels.len()).filter(|&n| n != i && n != k).map(|n| labels[n].as_slice()).collect();
        let (cost, product) = cost([&labels[i], &labels[k]], &others, result, lengths);
        ([i, k], cost, product)
    })
}

/// The cheapest order and its cost, by trying all.
fn best(labels: &[Vec<u32>], result: &[u32], lengths: &BTreeMap<u32, u64>) -> (f64, Vec<Vec<usize>>) {
    let mut least = (f64::INFINITY, Vec::new());
    if labels.len() < 2 {
        return (0.0, Vec::new());
    }
    for ([i, k], cost, product) in pairs(labels, result, lengths) {
        let (rest, steps) = best(&after(labels, i, k, product), result, lengths);
        if cost + rest < least.0 {
            least = (cost + rest, [vec![vec![i, k]], steps].concat());
        }
    }
    least
}

/// An order that takes the cheapest pair at each step.
fn greedy(mut labels: Vec<Vec<u32>>, result: &[u32], lengths: &BTreeMap<u32, u64>) -> Vec<Vec<usize>> {
    let mut steps = Vec::new();
    while labels.len() > 1 {
        let cheapest = pairs(&labels, result, lengths).min_by(|a, b| a.1.total_cmp(&b.1));
        let Some(([i, k], _, product)) = cheapest else { break };
        labels = after(&labels, i, k, product);
        steps.push(vec![i, k]);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_order_is_found() {
        // (9 x 1000)(1000 x 9)(9 x 1000): the first two make a small matrix
        let lengths = BTreeMap::from([(0, 9), (1, 1000), (2, 9), (3, 1000)]);
        let labels = [vec![0, 1], vec![1, 2], vec![2, 3]];
        assert_eq!(best(&labels, &[0, 3], &lengths).1, [[0, 1], [0, 1]]);
        // and the other way round the last two
        let labels = [vec![1, 2], vec![2, 3], vec![3, 0]];
        assert_eq!(best(&labels, &[1, 0], &lengths).1, [[1, 2], [0, 1]]);
        assert_eq!(greedy(labels.to_vec(), &[1, 0], &lengths), [[1, 2], [0, 1]]);
        assert!(best(&labels[..1], &[1], &lengths).1.is_empty());
    }

    #[test]
    fn subscripts_without_a_result() {
        let parse = |text: &str| text.split(',').map(|t| Subscripts::parse(t).unwrap()).collect::<Vec<_>>();
        let letters = |text: &str| text.chars().map(u32::from).collect::<Vec<_>>();
        assert_eq!(implicit(&parse("ij,jk"), 0), letters("ik"));
        assert_eq!(implicit(&parse("bA,Ac,cc"), 0), letters("b"));
        assert_eq!(implicit(&parse("j...,j"), 2), [broadcast(1), broadcast(0)]);
        assert!(Subscripts::parse("i..j").is_err() && Subscripts::parse("......").is_err());
    }
}
