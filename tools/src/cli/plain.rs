//! The options that describe plain elements, for files that do not describe them.

use anyhow::Result;
use arrstore::DType;
use arrstore::formats::Elements;
use clap::{Args, ValueEnum};

use super::values::{Endian, Order, Shape, parse_bytes, parse_shape};
use crate::misuse::misuse;

/// The heading of these options in the help.
const HEADING: &str =
    "Options for plain elements (in eval, NAME=VALUE applies to the input of that name only)";

/// What a file of plain elements holds.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = HEADING)]
pub(crate) struct Plain {
    /// Element type of a file of plain elements, such as float32, f4 or '>f4'; also for a .npy file of a type that NumPy
    /// does not name, such as bfloat16
    #[arg(long, help_heading = HEADING, value_name = "TYPE", value_parser = told(parse_dtype))]
    pub(crate) dtype: Vec<For<Element>>,
    /// Shape of a file of plain elements, such as 1000x2000 [default: one axis, to the end of the file]
    #[arg(long, help_heading = HEADING, value_name = "SHAPE", value_parser = told(parse_shape))]
    pub(crate) shape: Vec<For<Shape>>,
    /// Byte order of plain elements, little or big [default: little]
    #[arg(long, help_heading = HEADING, value_name = "ORDER", value_parser = told(parse_value::<Endian>))]
    pub(crate) endian: Vec<For<Endian>>,
    /// Bytes to skip before the first plain element; with --shape, bytes after the last are skipped, too [default: 0]
    #[arg(long, help_heading = HEADING, value_name = "BYTES", value_parser = told(parse_bytes))]
    pub(crate) offset: Vec<For<u64>>,
    /// Order of plain elements: C, the last axis varies fastest, or F, the first does [default: C]
    #[arg(long, help_heading = HEADING, value_name = "ORDER", value_parser = told(parse_value::<Order>))]
    pub(crate) raw_order: Vec<For<Order>>,
}

/// A value and the input that it is for. Without a name, it is for every input that needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct For<T> {
    name: Option<String>,
    value: T,
}

/// An element type, and its byte order if the text gives one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    dtype: DType,
    endian: Option<Endian>,
}

/// The description of one input on the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) elements: Elements,
    /// The options given for exactly this input.
    own: Vec<&'static str>,
}

impl Plain {
    /// The description of a command's only input.
    pub(crate) fn of_only(&self) -> Result<Told> {
        if let Some((option, name)) = self.names().into_iter().next() {
            return Err(misuse(format!("{option} {name}=...: names of inputs are for eval")));
        }
        Ok(Told { own: self.unnamed(), ..self.of("")? })
    }

    /// The description of the input `name` of an expression.
    pub(crate) fn of(&self, name: &str) -> Result<Told> {
        let element = pick("--dtype", &self.dtype, name)?;
        let endian = pick("--endian", &self.endian, name)?;
        let said = element.and_then(|e| e.endian);
        if said.is_some() && endian.is_some() && said != endian {
            return Err(misuse("--dtype and --endian name different byte orders"));
        }
        let own =
            self.names().into_iter().filter(|(_, for_name)| *for_name == name).map(|(option, _)| option);
        let mut elements = Elements::default();
        elements.dtype = element.map(|e| e.dtype);
        elements.shape = pick("--shape", &self.shape, name)?.map(|shape| shape.0);
        elements.big_endian = endian.or(said) == Some(Endian::Big);
        elements.offset = pick("--offset", &self.offset, name)?;
        elements.fortran = pick("--raw-order", &self.raw_order, name)? == Some(Order::F);
        Ok(Told { elements, own: own.collect() })
    }

    /// The options given for a named input, with the names.
    pub(crate) fn names(&self) -> Vec<(&'static str, &str)> {
        self.each(|option, name| name.map(|name| (option, name)))
    }

    /// The options given without a name.
    pub(crate) fn unnamed(&self) -> Vec<&'static str> {
        self.each(|option, name| name.is_none().then_some(option))
    }

    fn each<'a, T>(&'a self, keep: impl Fn(&'static str, Option<&'a str>) -> Option<T>) -> Vec<T> {
        fn all<'a, V>(option: &'static str, told: &'a [For<V>]) -> Vec<(&'static str, Option<&'a str>)> {
            told.iter().map(|t| (option, t.name.as_deref())).collect()
        }
        let options = [
            all("--dtype", &self.dtype),
            all("--shape", &self.shape),
            all("--endian", &self.endian),
            all("--offset", &self.offset),
            all("--raw-order", &self.raw_order),
        ];
        options.into_iter().flatten().filter_map(|(option, name)| keep(option, name)).collect()
    }
}

impl Told {
    /// Refuses an option that was given for exactly this input and is not among `used`.
    pub(crate) fn only(&self, used: &[&str], what: &str) -> Result<()> {
        match self.own.iter().find(|option| !used.contains(option)) {
            None => Ok(()),
            Some(option) => {
                Err(misuse(format!("{what} names its own element type: {option} is for plain elements")))
            }
        }
    }
}

/// The value for an input: its own, else the one without a name.
fn pick<T: Clone>(option: &str, told: &[For<T>], name: &str) -> Result<Option<T>> {
    for wanted in [Some(name), None] {
        let mut found = told.iter().filter(|t| t.name.as_deref() == wanted);
        match (found.next(), found.next()) {
            (Some(one), None) => return Ok(Some(one.value.clone())),
            (Some(_), Some(_)) => {
                let whose = wanted.map_or(String::new(), |name| format!(" for '{name}'"));
                return Err(misuse(format!("{option} is given twice{whose}")));
            }
            (None, _) => {}
        }
    }
    Ok(None)
}

/// Parses `VALUE` or `NAME=VALUE`.
fn told<T: Clone + Send + Sync + 'static>(
    parse: impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static,
) -> impl Fn(&str) -> Result<For<T>, String> + Clone + Send + Sync + 'static {
    move |text| {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) if is_name(name) => (Some(name.to_owned()), value),
            _ => (None, text),
        };
        Ok(For { name, value: parse(value)? })
    }
}

/// Whether a text can be a name in an expression.
pub(crate) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

fn parse_dtype(text: &str) -> Result<Element, String> {
    let (dtype, big) = arrstore::npy::element_type(text)
        .ok_or_else(|| arrstore_format::UnknownDType(text.to_owned()).to_string())?;
    let endian = match text.chars().next() {
        _ if dtype.size() == 1 => None,
        Some('>') if big => Some(Endian::Big),
        Some('<' | '=') => Some(Endian::Little),
        _ => None,
    };
    Ok(Element { dtype, endian })
}

fn parse_value<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_whom_they_are_for() {
        let read = told(parse_dtype);
        let element = |dtype, endian| Element { dtype, endian };
        for (text, name, value) in [
            ("f4", None, element(DType::F32, None)),
            ("<f8", None, element(DType::F64, Some(Endian::Little))),
            ("=f8", None, element(DType::F64, Some(Endian::Little))),
            ("r=>i2", Some("r"), element(DType::I16, Some(Endian::Big))),
            ("r==d", Some("r"), element(DType::F64, Some(Endian::Little))),
            ("_x1=>u1", Some("_x1"), element(DType::U8, None)),
            ("bfloat16", None, element(DType::BF16, None)),
        ] {
            assert_eq!(read(text), Ok(For { name: name.map(str::to_owned), value }), "{text}");
        }
        for bad in ["", "f5", "r=", "1=f4", "object", "r=f4=f4"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn its_own_value_comes_before_that_of_all() {
        let plain = Plain {
            dtype: vec![told(parse_dtype)("f4").unwrap(), told(parse_dtype)("r=>u2").unwrap()],
            shape: vec![told(parse_shape)("r=3x4").unwrap()],
            ..Plain::default()
        };
        let (r, s) = (plain.of("r").unwrap(), plain.of("s").unwrap());
        assert_eq!(
            (r.elements.dtype, r.elements.big_endian, r.elements.shape.clone()),
            (Some(DType::U16), true, Some(vec![3, 4]))
        );
        assert_eq!(
            (s.elements.dtype, s.elements.big_endian, s.elements.shape.clone()),
            (Some(DType::F32), false, None)
        );
        assert!(r.only(&["--dtype"], "r").is_err() && s.only(&[], "s").is_ok());
        assert!(plain.of_only().is_err());
        let twice = Plain { dtype: vec![told(parse_dtype)("f4").unwrap(); 2], ..Plain::default() };
        assert!(twice.of("r").is_err() && twice.of_only().is_err());
    }
}
