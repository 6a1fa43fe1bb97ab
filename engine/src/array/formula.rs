//! Expressions as text, over arrays.

use super::Array;
use crate::text::Formula;

impl Formula {
    /// The lazy arrays of the text, one for each expression. The names in the text refer to `variables`.
    ///
    /// # Errors
    /// When a name is unknown, an argument is missing or of the wrong kind, shapes, types or axes do not fit, or a
    /// variable carries an error.
    pub fn arrays(&self, variables: &[(&str, &Array)]) -> crate::Result<Vec<Array>> {
        let named = |(name, array): &(&str, &Array)| Ok(((*name).to_owned(), array.expr()?.clone()));
        let variables = variables.iter().map(named).collect::<crate::Result<_>>()?;
        Ok(self.lower(&variables)?.into_iter().map(Array::from).collect())
    }
}
