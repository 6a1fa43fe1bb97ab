//! Inverse trigonometric functions, the cube root and the hypotenuse.

use super::lane::{Lane, horner, if_known, poly};

/// `start + slope asin(y)` for a magnitude y; for y above 1/2, `far_start + far_slope asin(root((1 - y) / 2))`. Starts
/// are in two parts.
#[inline(always)]
fn arc<T: Lane>(y: T, near: [T; 3], far: [T; 3]) -> T {
    let is_far = y > T::HALF;
    let z = if is_far { (T::ONE - y) * T::HALF } else { y * y };
    let root = z.sqrt();
    // the rounding error of the root: the error of its square over twice the root; a straight line in the root replaces
    // the division accurately enough where the error matters
    let lost = (-root).fma(root, z) * root.fma(T::from_f64(-3.5), T::from_f64(2.75));
    let (s, lost) = if is_far { (root, lost) } else { (y, T::ZERO) };
    let [start, start_low, slope] = if is_far { far } else { near };
    let high = slope.fma(s, start);
    let rest = slope.fma(s, start - high);
    high + slope.fma((s * z).fma(poly(z, T::ASIN), lost), rest + start_low)
}

/// `asin(x)`.
#[inline(always)]
pub(crate) fn asin<T: Lane>(x: T) -> T {
    let [right, right_low, _] = T::PI_2;
    arc(x.abs(), [T::ZERO, T::ZERO, T::ONE], [right, right_low, -T::TWO]).copysign(x)
}

/// `acos(x)`.
#[inline(always)]
pub(crate) fn acos<T: Lane>(x: T) -> T {
    let [right, right_low, _] = T::PI_2;
    let (near, far) = if x < T::ZERO {
        ([right, right_low, T::ONE], [right * T::TWO, right_low * T::TWO, -T::TWO])
    } else {
        ([right, right_low, -T::ONE], [T::ZERO, T::ZERO, T::TWO])
    };
    arc(x.abs(), near, far)
}

/// `start + atan(q)` for q from -1 to 1, given the `slope` (atan(q) - q) / q^3.
#[inline(always)]
fn arc_tangent<T: Lane>(q: T, slope: T, start: T, start_low: T) -> T {
    let high = start + q;
    // the start is larger than q, or zero
    let rest = q - (high - start);
    high + (q * (q * q)).fma(slope, rest + start_low)
}

/// `atan(x)`. From about 0.55 to 1.82 it is pi/4 + atan((x - 1) / (x + 1)).
#[inline(always)]
pub(crate) fn atan<T: Lane>(x: T) -> T {
    let [right, right_low, _] = T::PI_2;
    let y = x.abs();
    let is_far = y > T::from_f64(1.82);
    let is_middle = y > T::from_f64(0.55) && !is_far;
    let above = if is_far {
        -T::ONE
    } else if is_middle {
        y - T::ONE
    } else {
        y
    };
    let below = if is_far {
        y
    } else if is_middle {
        y + T::ONE
    } else {
        T::ONE
    };
    let part = if is_far {
        T::ONE
    } else if is_middle {
        T::HALF
    } else {
        T::ZERO
    };
    let q = above / below;
    arc_tangent(q, poly(q * q, T::ATAN_SHORT), right * part, right_low * part).copysign(x)
}

/// `atan2(y, x)`.
#[inline(always)]
pub(crate) fn atan2<T: Lane>(y: T, x: T) -> T {
    let [right, right_low, _] = T::PI_2;
    let (up, aside) = (y.abs(), x.abs());
    let is_far = up > aside;
    let (above, below) = (if is_far { -x } else { up.copysign(x) }, if is_far { up } else { aside });
    let q = above / below;
    // the change of the angle by the rounding of the quotient
    let lost = (-q).fma(below, above) / q.fma(above, below);
    let lost = if lost.abs() < T::ONE { lost } else { T::ZERO };
    // both zero or both infinite
    let q = if up == aside { (if up == T::ZERO { T::ZERO } else { T::ONE }).copysign(x) } else { q };
    let back = x.signbit();
    let start = if is_far {
        right
    } else if back {
        right * T::TWO
    } else {
        T::ZERO
    };
    let start_low = if is_far {
        right_low
    } else if back {
        right_low * T::TWO
    } else {
        T::ZERO
    };
    // the even and odd powers of a number near 1 would cancel
    let slope = horner(q * q, T::ATAN.iter().copied());
    arc_tangent(q, slope, start, start_low + lost).copysign(y)
}

/// The cube root of a normal number. A polynomial improves an approximation of 1 / root to half of the digits, and a
/// Newton step gives the root itself.
#[inline(always)]
pub(crate) fn cbrt<T: Lane>(x: T) -> T {
    let third = T::from_f64(1.0 / 3.0);
    let y = x.abs();
    let near = y.near_inverse_root_3();
    // products in this order do not overflow
    let inverse = near * poly((y * near) * (near * near), T::ROOT_3);
    let square = inverse * inverse;
    let root = x * square;
    let error = (-root * root).fma(root, x);
    if_known(x.is_normal(), error.fma(square * third, root))
}

/// `root(x^2 + y^2)`, without overflow.
#[inline(always)]
pub(crate) fn hypot<T: Lane>(x: T, y: T) -> T {
    let (x, y) = (x.abs(), y.abs());
    let (greater, smaller) = if x > y { (x, y) } else { (y, x) };
    let [low, high, step] = T::SQUARES;
    let scale = if greater > high {
        T::ONE / step
    } else if greater < low {
        step
    } else {
        T::ONE
    };
    let back = if greater > high {
        step
    } else if greater < low {
        T::ONE / step
    } else {
        T::ONE
    };
    let (a, b) = (greater * scale, smaller * scale);
    let root = a.fma(a, b * b).sqrt() * back;
    if x == T::INFINITY || y == T::INFINITY { T::INFINITY } else { root }
}
