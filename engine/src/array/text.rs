//! Texts and times: operands and functions.

use super::{Array, IntoArray};
use crate::{Charset, Context, Expr, Justify, OnFault, Op, TimeUnit};

/// One text, of NumPy's type `U`. Beside points in time, it is read as one.
impl IntoArray for &str {
    fn into_array(self) -> Array {
        Expr::text(self).into()
    }
}

impl Array {
    /// The point in time that a text names in ISO 8601, as NumPy's `datetime64(text)`. Its unit is the last one that the
    /// text has: `2024-01-31` counts days, `2024-01-31T09:30` minutes.
    ///
    /// # Errors
    /// Reported when the array is computed: a text that is not a time.
    ///
    /// ```
    /// use arrstore::{Array, TimeBase, TimeUnit};
    /// let day = Array::timedelta64(1, TimeUnit::of(TimeBase::Day));
    /// assert_eq!((Array::datetime64("2024-02-28") + day).compute()?.to_string(), "2024-02-29");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn datetime64(text: &str) -> Array {
        Array::make(|| Expr::datetime(text, None))
    }

    /// A span of `count` units of time, as NumPy's `timedelta64(count, unit)`.
    pub fn timedelta64(count: i64, unit: TimeUnit) -> Array {
        Expr::timedelta(Some(count), unit).into()
    }

    /// Characters of each text, as NumPy's `strings.str_len`.
    #[track_caller]
    pub fn str_len(&self) -> Array {
        self.apply1(Op::StrLen)
    }

    /// Texts in large letters. The width stays: a text that grows beyond it is cut.
    #[track_caller]
    pub fn upper(&self) -> Array {
        self.apply1(Op::Upper)
    }

    /// Texts in small letters.
    #[track_caller]
    pub fn lower(&self) -> Array {
        self.apply1(Op::Lower)
    }

    /// Texts with the first letter large and all others small.
    #[track_caller]
    pub fn capitalize(&self) -> Array {
        self.apply1(Op::Capitalize)
    }

    /// Texts with the first letter of each word large and all others small.
    #[track_caller]
    pub fn title(&self) -> Array {
        self.apply1(Op::Title)
    }

    /// Texts with large letters small, and small ones large.
    #[track_caller]
    pub fn swapcase(&self) -> Array {
        self.apply1(Op::Swapcase)
    }

    /// Texts without white space at both ends.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// assert_eq!(Array::from(" a b ").strip().upper().compute()?.to_string(), "A B");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn strip(&self) -> Array {
        self.apply1(Op::Strip)
    }

    /// Texts without white space at the start.
    #[track_caller]
    pub fn lstrip(&self) -> Array {
        self.apply1(Op::Lstrip)
    }

    /// Texts without white space at the end.
    #[track_caller]
    pub fn rstrip(&self) -> Array {
        self.apply1(Op::Rstrip)
    }

    /// Whether each text begins with `prefix`.
    #[track_caller]
    pub fn startswith(&self, prefix: impl IntoArray) -> Array {
        self.apply2(Op::Startswith, prefix)
    }

    /// Whether each text ends with `suffix`.
    #[track_caller]
    pub fn endswith(&self, suffix: impl IntoArray) -> Array {
        self.apply2(Op::Endswith, suffix)
    }

    /// The first place of `part` in each text, or -1.
    #[track_caller]
    pub fn find(&self, part: impl IntoArray) -> Array {
        self.apply2(Op::Find, part)
    }

    /// The last place of `part` in each text, or -1.
    #[track_caller]
    pub fn rfind(&self, part: impl IntoArray) -> Array {
        self.apply2(Op::Rfind, part)
    }

    /// Whether all characters of each text are letters or numbers; a text without characters has none.
    #[track_caller]
    pub fn isalnum(&self) -> Array {
        self.apply1(Op::Isalnum)
    }

    /// Whether all characters of each text are letters; a text without characters has none.
    #[track_caller]
    pub fn isalpha(&self) -> Array {
        self.apply1(Op::Isalpha)
    }

    /// Whether all characters of each text are decimal digits; a text without characters has none.
    #[track_caller]
    pub fn isdecimal(&self) -> Array {
        self.apply1(Op::Isdecimal)
    }

    /// Whether all characters of each text are digits; a text without characters has none.
    #[track_caller]
    pub fn isdigit(&self) -> Array {
        self.apply1(Op::Isdigit)
    }

    /// Whether all characters of each text are characters that stand for numbers; a text without characters has none.
    #[track_caller]
    pub fn isnumeric(&self) -> Array {
        self.apply1(Op::Isnumeric)
    }

    /// Whether all characters of each text are white space; a text without characters has none.
    #[track_caller]
    pub fn isspace(&self) -> Array {
        self.apply1(Op::Isspace)
    }

    /// Whether each text has small letters and no large ones.
    #[track_caller]
    pub fn islower(&self) -> Array {
        self.apply1(Op::Islower)
    }

    /// Whether each text has large letters and no small ones.
    #[track_caller]
    pub fn isupper(&self) -> Array {
        self.apply1(Op::Isupper)
    }

    /// Whether each text has words, the first letter of each alone large.
    #[track_caller]
    pub fn istitle(&self) -> Array {
        self.apply1(Op::Istitle)
    }

    /// Texts of at least `width` characters, filled up by spaces, as NumPy's `strings.center`, `ljust` and `rjust`. The
    /// texts are read at once, with the default [`Context`], because the result is as wide as the longest.
    ///
    /// ```
    /// use arrstore::{Justify, prelude::*};
    /// assert_eq!(Array::from("ab").justify(Justify::Center, 4).compute()?.to_string(), " ab ");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn justify(&self, justify: Justify, width: impl IntoArray) -> Array {
        let width = width.into_array();
        Array::make(|| self.expr()?.justify(justify, width.expr()?, &Expr::text(" "), &Context::default()))
    }

    /// Digits of at least `width` characters, with zeros between a sign and the digits, as NumPy's `strings.zfill`. The
    /// texts are read at once.
    #[track_caller]
    pub fn zfill(&self, width: impl IntoArray) -> Array {
        let width = width.into_array();
        Array::make(|| self.expr()?.zfill(width.expr()?, &Context::default()))
    }

    /// Texts with `new` in the place of every `old`, as NumPy's `strings.replace`. The texts are read at once.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// assert_eq!(Array::from("a-b").replace("-", " to ").compute()?.to_string(), "a to b");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn replace(&self, old: impl IntoArray, new: impl IntoArray) -> Array {
        let (old, new) = (old.into_array(), new.into_array());
        let all = Expr::scalar(-1);
        Array::make(|| self.expr()?.replace(old.expr()?, new.expr()?, &all, &Context::default()))
    }

    /// Texts with spaces in the place of tabs, up to the next of every `size` columns, as NumPy's `strings.expandtabs`. The
    /// texts are read at once.
    #[track_caller]
    pub fn expandtabs(&self, size: impl IntoArray) -> Array {
        let size = size.into_array();
        Array::make(|| self.expr()?.expandtabs(size.expr()?, &Context::default()))
    }

    /// The bytes of characters in an encoding, as NumPy's `strings.encode`. The texts are read at once.
    ///
    /// # Errors
    /// Reported when the array is computed: texts of type `S`, and with [`OnFault::Strict`] a character without bytes.
    ///
    /// ```
    /// use arrstore::{Charset, OnFault, prelude::*};
    /// let bytes = Array::from("caf\u{e9}").encode(Charset::Utf8, OnFault::Strict);
    /// assert_eq!(bytes.decode(Charset::Utf8, OnFault::Strict).compute()?.to_string(), "caf\u{e9}");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn encode(&self, charset: Charset, fault: OnFault) -> Array {
        Array::make(|| self.expr()?.encode(charset, fault, &Context::default()))
    }

    /// The characters of bytes in an encoding, as NumPy's `strings.decode`. The texts are read at once.
    ///
    /// # Errors
    /// Reported when the array is computed: texts of type `U`, and with [`OnFault::Strict`] bytes without a character.
    #[track_caller]
    pub fn decode(&self, charset: Charset, fault: OnFault) -> Array {
        Array::make(|| self.expr()?.decode(charset, fault, &Context::default()))
    }

    /// Texts with each character replaced by the character that `table` has at its place, as NumPy's `strings.translate`.
    /// Bytes need a table of type `S256`. Characters beyond the end of a table of characters stay.
    #[track_caller]
    pub fn translate(&self, table: impl IntoArray) -> Array {
        let table = table.into_array();
        Array::make(|| self.expr()?.translate(Some(table.expr()?), None))
    }
}
