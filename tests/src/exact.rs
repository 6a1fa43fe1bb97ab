//! Sums to compare with: the correctly rounded one, and NumPy's pairwise one.

/// The sum of finite numbers, correctly rounded but for ties, by keeping partial sums that do not overlap
/// (Shewchuk 1997, the algorithm of Python's `math.fsum`).
pub fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut partials: Vec<f64> = Vec::new();
    for mut x in values {
        let mut kept = 0;
        for i in 0..partials.len() {
            let mut y = partials[i];
            if x.abs() < y.abs() {
                (x, y) = (y, x);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        partials.push(x);
    }
    partials.iter().rev().fold(0.0, |sum, p| sum + p)
}

/// NumPy's sum of contiguous numbers: halves down to 128, which eight accumulators add.
pub fn pairwise(values: &[f64]) -> f64 {
    if values.len() < 8 {
        return values.iter().fold(-0.0, |sum, v| sum + v);
    }
    if values.len() <= 128 {
        let mut lanes: [f64; 8] = std::array::from_fn(|i| values[i]);
        let (body, rest) = values[8..].as_chunks::<8>();
        for block in body {
            lanes.iter_mut().zip(block).for_each(|(l, v)| *l += v);
        }
        let [a, b, c, d, e, f, g, h] = lanes;
        return rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, v| sum + v);
    }
    let half = values.len() / 2 / 8 * 8;
    pairwise(&values[..half]) + pairwise(&values[half..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancellation_loses_nothing() {
        assert_eq!(sum([1e100, 1.0, -1e100, 1e-9]), 1.0 + 1e-9);
        assert_eq!(sum(std::iter::repeat_n(0.1, 10)), 1.0);
        assert_eq!(sum([]), 0.0);
    }

    #[test]
    fn pairwise_is_near() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i) * 0.1).collect();
        assert!((pairwise(&values) - sum(values.iter().copied())).abs() < 1e-9);
        // NumPy 2.4: np.full(1000, 0.1).sum()
        assert_eq!(pairwise(&[0.1; 1000]), 100.000_000_000_000_01);
    }
}
