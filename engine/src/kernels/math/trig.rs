//! Sine, cosine and tangent: x = n pi/2 + r, by the method of Cody and Waite with fused products.
//!
//! The method is accurate for angles up to [`Lane::ANGLE_END`].

use super::lane::{Lane, if_known, poly};

/// Whether an angle can be reduced.
#[inline(always)]
fn is_known<T: Lane>(x: T) -> bool {
    x.abs() <= T::ANGLE_END
}

/// The number of the quadrant in the lowest bits, and the rest of the angle in two parts.
#[inline(always)]
fn reduced<T: Lane>(x: T) -> [T; 3] {
    let quadrant = x.fma(T::FRAC_2_PI, T::WHOLE);
    let n = quadrant - T::WHOLE;
    let [high, middle, low] = T::PI_2;
    // exact, as the difference has no more digits than its operands
    let rough = n.fma(-high, x);
    let step = n * middle;
    let r = rough - step;
    [quadrant, r, n.fma(-low, ((rough - r) - step) - n.fma(middle, -step))]
}

/// The same with the rest in one part, whose error is half a unit in its last place.
#[inline(always)]
fn reduced_to_one<T: Lane>(x: T) -> [T; 3] {
    let quadrant = x.fma(T::FRAC_2_PI, T::WHOLE);
    let n = quadrant - T::WHOLE;
    let [high, middle, low] = T::PI_2;
    [quadrant, n.fma(-low, n.fma(-middle, n.fma(-high, x))), T::ZERO]
}

#[inline(always)]
fn sin_of<T: Lane>(r: T, rest: T) -> T {
    let z = r * r;
    if T::FINE_ANGLES { r + (z * r).fma(poly(z, T::SIN), rest) } else { (z * r).fma(poly(z, T::SIN), r) }
}

#[inline(always)]
fn cos_of<T: Lane>(r: T) -> T {
    let z = r * r;
    z.fma(z.fma(poly(z, T::COS), -T::HALF), T::ONE)
}

/// `sin(x)`.
#[inline(always)]
pub(crate) fn sin<T: Lane>(x: T) -> T {
    let [quadrant, r, rest] = if T::FINE_ANGLES { reduced(x) } else { reduced_to_one(x) };
    let value = if quadrant.is_odd() { cos_of(r) } else { sin_of(r, rest) };
    let value = if_known(is_known(x), value.flipped_by(quadrant));
    if x == T::ZERO { x } else { value }
}

/// `cos(x)`.
#[inline(always)]
pub(crate) fn cos<T: Lane>(x: T) -> T {
    let [quadrant, r, rest] = if T::FINE_ANGLES { reduced(x) } else { reduced_to_one(x) };
    let value = if quadrant.is_odd() { sin_of(r, rest) } else { cos_of(r) };
    // the cosine is the sine one quadrant further on, so the sign changes there
    if_known(is_known(x), value.flipped_by(quadrant + T::ONE))
}

/// `tan(x)`. In odd quadrants it is -1 / tan of the rest, which is so steep that the rest needs its second part.
#[inline(always)]
pub(crate) fn tan<T: Lane>(x: T) -> T {
    let [quadrant, r, rest] = reduced(x);
    let z = r * r;
    let more = (z * r).fma(poly(z, T::TAN), z.fma(rest, rest));
    let value = r + more;
    let low = (r - value) + more;
    let inverse = -T::ONE / value;
    let error = low.fma(inverse, value.fma(inverse, T::ONE));
    let result = if quadrant.is_odd() { error.fma(inverse, inverse) } else { value };
    let result = if_known(is_known(x), result);
    if x == T::ZERO { x } else { result }
}
