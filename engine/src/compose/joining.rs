//! Arrays joined in NumPy's other ways.

use crate::{DType, Error, Expr, Result};

/// Arrays in nested lists, as NumPy's `block` takes them.
#[derive(Clone, Debug)]
pub enum Blocks {
    /// One array.
    Array(Expr),
    /// Arrays or lists beside each other.
    List(Vec<Blocks>),
}

impl Expr {
    /// Arrays one below the other, as NumPy's `vstack`: vectors are rows.
    ///
    /// # Errors
    /// As [`Expr::concatenate`].
    pub fn vstack(arrays: &[Expr], dtype: Option<DType>) -> Result<Expr> {
        let rows = arrays.iter().map(|array| array.at_least(2)).collect::<Result<Vec<_>>>()?;
        Expr::concatenate(&rows, Some(0), dtype)
    }

    /// Arrays side by side, as NumPy's `hstack`: along axis 1, or axis 0 for vectors.
    ///
    /// # Errors
    /// As [`Expr::concatenate`].
    pub fn hstack(arrays: &[Expr], dtype: Option<DType>) -> Result<Expr> {
        let arrays = arrays.iter().map(|array| array.at_least(1)).collect::<Result<Vec<_>>>()?;
        let axis = i64::from(arrays.first().is_some_and(|first| first.ndim() > 1));
        Expr::concatenate(&arrays, Some(axis), dtype)
    }

    /// Arrays joined along the third axis, as NumPy's `dstack`.
    ///
    /// # Errors
    /// As [`Expr::concatenate`].
    pub fn dstack(arrays: &[Expr]) -> Result<Expr> {
        let arrays = arrays.iter().map(|array| array.at_least(3)).collect::<Result<Vec<_>>>()?;
        Expr::concatenate(&arrays, Some(2), None)
    }

    /// Arrays side by side, as NumPy's `column_stack`: vectors are columns.
    ///
    /// # Errors
    /// As [`Expr::concatenate`].
    pub fn column_stack(arrays: &[Expr]) -> Result<Expr> {
        let column = |array: &Expr| match array.ndim() {
            0 | 1 => Ok(array.at_least(2)?.transpose()),
            _ => Ok(array.clone()),
        };
        Expr::concatenate(&arrays.iter().map(column).collect::<Result<Vec<_>>>()?, Some(1), None)
    }

    /// Values joined to the end of an array along an axis (`None`: both are flattened), as NumPy's `append`.
    ///
    /// # Errors
    /// As [`Expr::concatenate`].
    pub fn append(&self, values: &Expr, axis: Option<i64>) -> Result<Expr> {
        Expr::concatenate(&[self.typed()?, values.typed()?], axis, None)
    }

    /// An array put together from nested lists of blocks, as NumPy's `block`: the innermost lists are joined along the
    /// last axis, the lists around them along the axis before it, and so on.
    ///
    /// # Errors
    /// When lists are empty or of different depths, or blocks do not fit together.
    pub fn block(blocks: &Blocks) -> Result<Expr> {
        let depth = blocks.depth()?;
        let ndim = blocks.most_axes().max(depth);
        blocks.joined(depth, ndim)
    }
}

impl Blocks {
    /// How deep the arrays are nested.
    fn depth(&self) -> Result<usize> {
        match self {
            Blocks::Array(_) => Ok(0),
            Blocks::List(blocks) => {
                let depths = blocks.iter().map(Blocks::depth).collect::<Result<Vec<_>>>()?;
                let Some(&first) = depths.first() else {
                    return Err(Error::Value(
                        "block: a list is empty, expected at least one block in it".into(),
                    ));
                };
                if depths.iter().any(|&depth| depth != first) {
                    return Err(Error::Value("block: expected lists of the same depth everywhere".into()));
                }
                Ok(first + 1)
            }
        }
    }

    fn most_axes(&self) -> usize {
        match self {
            Blocks::Array(array) => array.ndim(),
            Blocks::List(blocks) => blocks.iter().map(Blocks::most_axes).max().unwrap_or(0),
        }
    }

    fn joined(&self, depth: usize, ndim: usize) -> Result<Expr> {
        match self {
            Blocks::Array(array) => array.with_axes_before(ndim),
            Blocks::List(blocks) => {
                let inner =
                    blocks.iter().map(|block| block.joined(depth - 1, ndim)).collect::<Result<Vec<_>>>()?;
                Expr::concatenate(&inner, Some(-(depth as i64)), None)
            }
        }
    }
}
