//! A method for each elementwise operation of the table, and the comparisons by their short names.

use super::{Array, IntoArray};
use crate::op::operations;
use crate::{Expr, Op};

impl Array {
    #[track_caller]
    pub(super) fn apply1(&self, op: Op) -> Array {
        Array::make(|| Expr::apply(op, std::slice::from_ref(self.expr()?)))
    }

    #[track_caller]
    pub(super) fn apply2(&self, op: Op, other: impl IntoArray) -> Array {
        let other = other.into_array();
        Array::make(|| Expr::apply(op, &[self.expr()?.clone(), other.expr()?.clone()]))
    }

    #[track_caller]
    fn apply3(&self, op: Op, second: impl IntoArray, third: impl IntoArray) -> Array {
        let (second, third) = (second.into_array(), third.into_array());
        Array::make(|| {
            Expr::apply(op, &[self.expr()?.clone(), second.expr()?.clone(), third.expr()?.clone()])
        })
    }

    /// `self == other`, elementwise: short for [`Array::equal`].
    #[track_caller]
    pub fn eq(&self, other: impl IntoArray) -> Array {
        self.apply2(Op::Equal, other)
    }

    /// `self != other`, elementwise: short for [`Array::not_equal`].
    #[track_caller]
    pub fn neq(&self, other: impl IntoArray) -> Array {
        self.apply2(Op::NotEqual, other)
    }

    /// `self < other`, elementwise: short for [`Array::less`].
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![1, 5, 3]);
    /// assert_eq!(a.lt(4).compute()?.to_string(), "[ True False  True]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn lt(&self, other: impl IntoArray) -> Array {
        self.apply2(Op::Less, other)
    }

    /// `self <= other`, elementwise: short for [`Array::less_equal`].
    #[track_caller]
    pub fn lt_eq(&self, other: impl IntoArray) -> Array {
        self.apply2(Op::LessEqual, other)
    }

    /// `self > other`, elementwise: short for [`Array::greater`].
    #[track_caller]
    pub fn gt(&self, other: impl IntoArray) -> Array {
        self.apply2(Op::Greater, other)
    }

    /// `self >= other`, elementwise: short for [`Array::greater_equal`].
    #[track_caller]
    pub fn gt_eq(&self, other: impl IntoArray) -> Array {
        self.apply2(Op::GreaterEqual, other)
    }

    /// The elements of `yes` where this is true, else those of `no`: NumPy's `where(self, yes, no)`.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![1.0, f64::NAN]);
    /// assert_eq!(a.isnan().where_(0, &a).compute()?.to_string(), "[1. 0.]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn where_(&self, yes: impl IntoArray, no: impl IntoArray) -> Array {
        self.apply3(Op::Where, yes, no)
    }
}

/// The method of one row. A row whose name is a keyword of Rust has its method above.
macro_rules! method {
    ($op:ident $arity:tt $doc:literal where) => {};
    ($op:ident 1 $doc:literal $name:ident) => {
        #[doc = concat!("Elementwise: ", $doc, ".")]
        #[track_caller]
        pub fn $name(&self) -> Array {
            self.apply1(Op::$op)
        }
    };
    ($op:ident 2 $doc:literal $name:ident) => {
        #[doc = concat!("Elementwise, where x1 is `self`: ", $doc, ".")]
        #[track_caller]
        pub fn $name(&self, x2: impl IntoArray) -> Array {
            self.apply2(Op::$op, x2)
        }
    };
    ($op:ident 3 $doc:literal $name:ident) => {
        #[doc = concat!("Elementwise, where x1 is `self`: ", $doc, ".")]
        #[track_caller]
        pub fn $name(&self, x2: impl IntoArray, x3: impl IntoArray) -> Array {
            self.apply3(Op::$op, x2, x3)
        }
    };
}

macro_rules! methods {
    (
        $(#[$meta:meta])*
        $table:ident { $($op:ident $arity:tt $doc:literal : $name:ident $($alias:literal)*;)+ }
        hidden { $($hidden:tt)* }
    ) => {
        /// The elementwise functions of NumPy and of the array API standard.
        impl Array { $(method!($op $arity $doc $name);)+ }
    };
}
operations!(methods);
