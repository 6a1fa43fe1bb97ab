//! Views: chains of transposes, subscripts and broadcasts, as text and as strides.

use std::fmt::Write;

/// One step of a view.
#[derive(Clone, Debug)]
pub enum Step {
    /// The axes in another order.
    Transpose(Vec<usize>),
    /// A subscript.
    Index(Vec<Part>),
    /// The same elements repeated along new axes or axes of length 1.
    Broadcast(Vec<u64>),
}

/// One part of a subscript.
#[derive(Clone, Debug)]
pub enum Part {
    /// `low..high` in steps; a negative step starts at the end.
    Slice {
        /// The lowest index.
        low: u64,
        /// One more than the highest index.
        high: u64,
        /// The step, possibly negative.
        step: i64,
    },
    /// One element; the axis is removed.
    At(u64),
    /// A new axis of length 1.
    New,
}

/// An affine map from an index to the number of an element.
#[derive(Clone, Debug, PartialEq)]
pub struct Strided {
    /// Elements along each axis.
    pub shape: Vec<u64>,
    /// Distance between neighbours of each axis, in elements.
    pub strides: Vec<i64>,
    /// The number of the first element.
    pub offset: i64,
}

impl Strided {
    /// A whole array in C order.
    pub fn whole(shape: &[u64]) -> Strided {
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis] as i64;
        }
        Strided { shape: shape.to_vec(), strides, offset: 0 }
    }

    /// The number of the element at `index`.
    pub fn at(&self, index: &[u64]) -> i64 {
        self.offset + index.iter().zip(&self.strides).map(|(&i, s)| i as i64 * s).sum::<i64>()
    }

    /// The axes in another order.
    pub fn permuted(&self, axes: &[usize]) -> Strided {
        let shape = axes.iter().map(|&axis| self.shape[axis]).collect();
        let strides = axes.iter().map(|&axis| self.strides[axis]).collect();
        Strided { shape, strides, offset: self.offset }
    }

    /// As NumPy broadcasts it.
    pub fn broadcast(&self, shape: &[u64]) -> Strided {
        let new = shape.len() - self.shape.len();
        let stride = |axis: usize| match axis.checked_sub(new) {
            Some(old) if self.shape[old] == shape[axis] => self.strides[old],
            _ => 0,
        };
        Strided {
            shape: shape.to_vec(),
            strides: (0..shape.len()).map(stride).collect(),
            offset: self.offset,
        }
    }

    fn index(&self, parts: &[Part]) -> Strided {
        let mut out = Strided { shape: Vec::new(), strides: Vec::new(), offset: self.offset };
        let mut axis = 0;
        for part in parts {
            match *part {
                Part::New => {
                    out.shape.push(1);
                    out.strides.push(0);
                    continue;
                }
                Part::At(i) => out.offset += i as i64 * self.strides[axis],
                Part::Slice { low, high, step } => {
                    let first = if step < 0 { high - 1 } else { low };
                    out.offset += first as i64 * self.strides[axis];
                    out.shape.push((high - low).div_ceil(step.unsigned_abs()));
                    out.strides.push(step * self.strides[axis]);
                }
            }
            axis += 1;
        }
        out.shape.extend(&self.shape[axis..]);
        out.strides.extend(&self.strides[axis..]);
        out
    }

    /// The view after a chain of steps.
    pub fn through(&self, steps: &[Step]) -> Strided {
        steps.iter().fold(self.clone(), |view, step| match step {
            Step::Transpose(axes) => view.permuted(axes),
            Step::Index(parts) => view.index(parts),
            Step::Broadcast(shape) => view.broadcast(shape),
        })
    }
}

/// The Python text of a view of the array with this name and shape.
pub fn text(name: &str, shape: &[u64], steps: &[Step]) -> String {
    let mut text = name.to_owned();
    let mut view = Strided::whole(shape);
    for step in steps {
        match step {
            Step::Transpose(axes) if axes.iter().rev().copied().eq(0..axes.len()) => text.push_str(".T"),
            Step::Transpose(axes) => _ = write!(text, ".transpose({})", tuple(axes)),
            Step::Broadcast(shape) => text = format!("broadcast_to({text}, {})", tuple(shape)),
            Step::Index(parts) => {
                let mut axis = 0;
                let parts: Vec<String> =
                    parts.iter().map(|part| subscript(part, &view.shape, &mut axis)).collect();
                _ = write!(text, "[{}]", parts.join(", "));
            }
        }
        view = view.through(std::slice::from_ref(step));
    }
    text
}

fn subscript(part: &Part, shape: &[u64], axis: &mut usize) -> String {
    if let Part::New = part {
        return "None".into();
    }
    let length = shape[*axis];
    *axis += 1;
    match *part {
        Part::Slice { low, high, step } => {
            let (first, last) = match step < 0 {
                true => ((high < length).then(|| high - 1), low.checked_sub(1)),
                false => ((low > 0).then_some(low), (high < length).then_some(high)),
            };
            let side = |end: Option<u64>| end.map_or(String::new(), |end| end.to_string());
            let step = if step == 1 { String::new() } else { format!(":{step}") };
            format!("{}:{}{step}", side(first), side(last))
        }
        Part::At(i) => i.to_string(),
        Part::New => unreachable!("a new axis has no length"),
    }
}

/// Numbers as a Python tuple.
pub fn tuple<T: ToString>(numbers: &[T]) -> String {
    match numbers {
        [one] => format!("({},)", one.to_string()),
        many => format!("({})", many.iter().map(T::to_string).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_strides_say_the_same() {
        let steps = [
            Step::Transpose(vec![2, 0, 1]),
            Step::Index(vec![Part::Slice { low: 0, high: 6, step: -2 }, Part::New, Part::At(3)]),
            Step::Index(vec![Part::Slice { low: 1, high: 3, step: 1 }]),
            Step::Broadcast(vec![2, 4, 5]),
        ];
        assert_eq!(
            text("a", &[4, 5, 6], &steps),
            "broadcast_to(a.transpose((2, 0, 1))[::-2, None, 3][1:], (2, 4, 5))"
        );
        let view = Strided::whole(&[4, 5, 6]).through(&steps);
        // a[3, j, 5 - 2 * (i + 1)]
        assert_eq!(view, Strided { shape: vec![2, 4, 5], strides: vec![-2, 0, 6], offset: 93 });
        let back = [Step::Index(vec![Part::Slice { low: 2, high: 9, step: -3 }])];
        assert_eq!(text("a", &[10], &back), "a[8:1:-3]");
        assert_eq!(
            Strided::whole(&[10]).through(&back),
            Strided { shape: vec![3], strides: vec![-3], offset: 8 }
        );
        assert_eq!(text("a", &[3, 4], &[Step::Transpose(vec![1, 0])]), "a.T");
    }
}
