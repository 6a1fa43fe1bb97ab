//! The oracle's arrays: rows of float64, computed by plain loops over strides.

use arrstore::DType;

use super::data::{Data, held};
use super::expr::Op;
use super::view::Strided;

/// An array that gives its rows.
#[derive(Clone, Debug)]
pub enum Grid<'a> {
    /// A view of an input.
    Input(&'a Data, Strided),
    /// A view of numbers in memory.
    Dense(std::rc::Rc<Vec<f64>>, Strided),
    /// One number.
    Number(f64, Vec<u64>),
    /// An operation, with its result rounded to a type.
    Binary(Op, DType, Box<[Grid<'a>; 2]>, Vec<u64>),
}

impl<'a> Grid<'a> {
    /// A whole input.
    pub fn of(data: &'a Data) -> Grid<'a> {
        Grid::Input(data, Strided::whole(&data.shape))
    }

    /// Numbers in C order.
    pub fn dense(shape: &[u64], values: Vec<f64>) -> Grid<'a> {
        Grid::Dense(values.into(), Strided::whole(shape))
    }

    /// Elements along each axis.
    pub fn shape(&self) -> &[u64] {
        match self {
            Grid::Input(_, view) | Grid::Dense(_, view) => &view.shape,
            Grid::Number(_, shape) | Grid::Binary(_, _, _, shape) => shape,
        }
    }

    /// As NumPy broadcasts it.
    pub fn broadcast(&self, shape: &[u64]) -> Grid<'a> {
        let with = |view: &Strided| view.broadcast(shape);
        match self {
            Grid::Input(data, view) => Grid::Input(data, with(view)),
            Grid::Dense(values, view) => Grid::Dense(values.clone(), with(view)),
            Grid::Number(value, _) => Grid::Number(*value, shape.to_vec()),
            Grid::Binary(op, dtype, parts, _) => {
                let parts = Box::new([parts[0].broadcast(shape), parts[1].broadcast(shape)]);
                Grid::Binary(*op, *dtype, parts, shape.to_vec())
            }
        }
    }

    /// The array with its axes in reverse order.
    pub fn reversed(&self) -> Grid<'a> {
        let axes: Vec<usize> = (0..self.shape().len()).rev().collect();
        match self {
            Grid::Input(data, view) => Grid::Input(data, view.permuted(&axes)),
            Grid::Dense(values, view) => Grid::Dense(values.clone(), view.permuted(&axes)),
            Grid::Number(value, shape) => Grid::Number(*value, shape.iter().rev().copied().collect()),
            Grid::Binary(op, dtype, parts, shape) => {
                let parts = Box::new([parts[0].reversed(), parts[1].reversed()]);
                Grid::Binary(*op, *dtype, parts, shape.iter().rev().copied().collect())
            }
        }
    }

    /// `length` elements along the last axis from `index` on.
    pub fn row(&self, index: &[u64], length: usize) -> Vec<f64> {
        let mut out = vec![0.0; length];
        self.fill(index, &mut out);
        out
    }

    /// As [`Grid::row`], into a buffer.
    pub fn fill(&self, index: &[u64], out: &mut [f64]) {
        let step = |view: &Strided| (view.at(index), view.strides.last().copied().unwrap_or(0));
        match self {
            Grid::Input(data, view) => {
                let (mut k, step) = step(view);
                for out in out {
                    *out = data.value(k as u64);
                    k += step;
                }
            }
            Grid::Dense(values, view) => {
                let (mut k, step) = step(view);
                for out in out {
                    *out = values[k as usize];
                    k += step;
                }
            }
            Grid::Number(value, _) => out.fill(*value),
            Grid::Binary(op, dtype, parts, _) => {
                parts[0].fill(index, out);
                let right = parts[1].row(index, out.len());
                for (left, right) in out.iter_mut().zip(right) {
                    *left = held(*dtype, op.of(*left, right));
                }
            }
        }
    }
}

/// Calls `visit` with the index of the first element of every row, in C order, and with the length of the row.
pub fn for_rows(shape: &[u64], mut visit: impl FnMut(&[u64], usize)) {
    if shape.contains(&0) {
        return;
    }
    let mut index = vec![0; shape.len()];
    let (outer, length) = (shape.len().saturating_sub(1), shape.last().map_or(1, |&n| n as usize));
    loop {
        visit(&index, length);
        let Some(axis) = (0..outer).rev().find(|&axis| index[axis] + 1 < shape[axis]) else { return };
        index[axis] += 1;
        index[axis + 1..].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_visited_in_order() {
        let mut seen = Vec::new();
        for_rows(&[2, 1, 2, 3], |index, length| seen.push((index.to_vec(), length)));
        let want: Vec<_> =
            [[0, 0, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [1, 0, 1, 0]].map(|at| (at.to_vec(), 3)).into();
        assert_eq!(seen, want);
        let mut count = 0;
        for_rows(&[], |_, length| count += length);
        for_rows(&[3, 0], |_, length| count += length);
        assert_eq!(count, 1);
    }

    #[test]
    fn an_operation_takes_its_operands_as_they_lie() {
        let data = Data::new(DType::I16, &[3, 4], 1);
        let a = Grid::of(&data);
        let wide = Grid::Binary(Op::Subtract, DType::I16, Box::new([a.clone(), a.clone()]), vec![3, 4]);
        assert_eq!(wide.row(&[1, 0], 4), [0.0; 4]);
        assert_eq!(a.reversed().row(&[2, 0], 3), [2, 6, 10].map(|k| data.value(k)));
        assert_eq!(a.broadcast(&[5, 3, 4]).row(&[4, 2, 1], 3), [9, 10, 11].map(|k| data.value(k)));
    }
}
