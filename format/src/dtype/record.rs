//! Records: elements of named fields.

use std::collections::HashSet;
use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::DType;
use super::error::DTypeError;
use super::quoted::quoted;
use crate::meta::limits::NDIM_MAX;

/// The most bytes of a record's description on disk.
const DESCRIPTION_MAX: usize = 1 << 16;
/// Records within records, at most, the outermost included.
pub(super) const DEPTH: usize = 8;
/// The most bytes of all descriptions that one process keeps.
const KEPT_MAX: usize = 16 << 20;

/// A field of a record.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Field {
    /// Its name, not empty.
    pub name: String,
    /// The type of its elements.
    pub dtype: DType,
    /// The byte of the record at which it begins.
    pub offset: u32,
    /// Elements along each axis of the field itself, in C order; empty for a field of one element.
    pub shape: Vec<u32>,
}

impl Field {
    /// Bytes of the field, with all of its elements.
    pub fn size(&self) -> u64 {
        self.shape.iter().fold(self.dtype.size() as u64, |bytes, &n| bytes.saturating_mul(u64::from(n)))
    }

    /// The byte at which it ends.
    fn end(&self) -> u64 {
        u64::from(self.offset).saturating_add(self.size())
    }
}

/// The fields of a record and its size. Equal descriptions are kept once, for as long as the process runs, so that a
/// type can be copied.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordType(&'static Description);

#[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Description {
    fields: Vec<Field>,
    size: u32,
}

/// All descriptions, and the bytes that they take on disk.
static KEPT: LazyLock<Mutex<(HashSet<&'static Description>, usize)>> = LazyLock::new(Mutex::default);

impl RecordType {
    /// The record of `size` bytes that has these fields.
    ///
    /// # Errors
    /// When there is no field, a name is empty or named twice, the fields overlap, are not in the order of their
    /// offsets or do not fit in the record, when records stand in one another too deep, or when the description is too
    /// long.
    pub fn new(fields: Vec<Field>, size: u32) -> Result<RecordType, DTypeError> {
        check(&fields, size).map_err(DTypeError::Record)?;
        let description = Description { fields, size };
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.0.get(&description) {
            return Ok(RecordType(known));
        }
        // Descriptions are kept as long as the program runs, so a hostile file must not fill the memory with them.
        let bytes = description.fields.iter().map(length).sum::<usize>();
        if kept.1 + bytes > KEPT_MAX {
            let words = format!(
                "is one type too many: the record types of a program take at most {KEPT_MAX} bytes; open fewer files at a time"
            );
            return Err(DTypeError::Record(words));
        }
        let known: &'static Description = Box::leak(Box::new(description));
        kept.1 += bytes;
        kept.0.insert(known);
        Ok(RecordType(known))
    }

    /// The record of these fields one after the other, without gaps.
    ///
    /// # Errors
    /// As [`RecordType::new`].
    pub fn packed(
        fields: impl IntoIterator<Item = (String, DType, Vec<u32>)>,
    ) -> Result<RecordType, DTypeError> {
        let mut end = 0u64;
        let mut all = Vec::new();
        for (name, dtype, shape) in fields {
            let offset = u32::try_from(end).map_err(|_| DTypeError::Size { bytes: end })?;
            let field = Field { name, dtype, offset, shape };
            end = field.end();
            all.push(field);
        }
        RecordType::new(all, u32::try_from(end).map_err(|_| DTypeError::Size { bytes: end })?)
    }

    /// The fields, in the order of their offsets.
    pub fn fields(self) -> &'static [Field] {
        &self.0.fields
    }

    /// The field of this name.
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.0.fields.iter().find(|field| field.name == name)
    }

    /// Bytes of a record.
    pub fn size(self) -> usize {
        self.0.size as usize
    }

    /// Whether no byte of a record lies outside its fields.
    pub fn is_packed(self) -> bool {
        let mut end = 0;
        let follows = |field: &Field| {
            let begins = std::mem::replace(&mut end, field.end());
            begins == u64::from(field.offset)
        };
        self.0.fields.iter().all(follows) && end == u64::from(self.0.size)
    }
}

/// Bytes of a field's description on disk.
fn length(field: &Field) -> usize {
    15 + field.name.len() + 4 * field.shape.len() + field.dtype.details().len()
}

/// Levels of records, with the record of these fields.
fn depth(fields: &[Field]) -> usize {
    let inner = fields.iter().filter_map(|field| field.dtype.record());
    1 + inner.map(|record| depth(record.fields())).max().unwrap_or(0)
}

fn check(fields: &[Field], size: u32) -> Result<(), String> {
    if fields.is_empty() {
        return Err("has no fields".to_owned());
    }
    let mut end = 0;
    let mut names = HashSet::new();
    for field in fields {
        let name = &field.name;
        if name.is_empty() {
            return Err("has a field without a name".to_owned());
        }
        if !names.insert(name) {
            return Err(format!("has two fields named {}", quoted(name)));
        }
        if u64::from(field.offset) < end {
            return Err(format!(
                "has the field {} at byte {}: the fields before it end at {end}",
                quoted(name),
                field.offset
            ));
        }
        if field.shape.len() > NDIM_MAX {
            return Err(format!("has the field {} of more than {NDIM_MAX} axes", quoted(name)));
        }
        if let Err(error) = field.dtype.checked() {
            return Err(format!("has the field {} of a wrong type: {error}", quoted(name)));
        }
        if field.size() == 0 {
            return Err(format!("has the field {} of 0 bytes", quoted(name)));
        }
        end = field.end();
    }
    if end > u64::from(size) {
        return Err(format!("of {size} bytes has fields up to byte {end}"));
    }
    if depth(fields) > DEPTH {
        return Err(format!("holds records more than {DEPTH} deep"));
    }
    let bytes = fields.iter().map(length).sum::<usize>() + 2;
    if bytes >= DESCRIPTION_MAX {
        return Err(format!("has a description of {bytes} bytes: expected less than {DESCRIPTION_MAX}"));
    }
    Ok(())
}

/// A type as NumPy writes it within a record.
struct Within(DType);

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DType::Bool => f.write_str("'?'"),
            DType::Record(record) => record.fmt(f),
            other => {
                let code = other.short_code().unwrap_or_else(|| other.name().into_owned());
                write!(f, "'{}'", code.trim_start_matches('|'))
            }
        }
    }
}

/// The shape of a field as Python writes it.
fn tuple(shape: &[u32]) -> String {
    match shape {
        [one] => format!("({one},)"),
        many => format!("({})", many.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")),
    }
}

impl fmt::Display for RecordType {
    /// As NumPy prints the type: a list of fields or, if there are gaps between them, a dictionary.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |each: &dyn Fn(&Field) -> String| {
            format!("[{}]", self.fields().iter().map(each).collect::<Vec<_>>().join(", "))
        };
        if self.is_packed() {
            return f.write_str(&list(&|field| match field.shape.is_empty() {
                true => format!("({}, {})", quoted(&field.name), Within(field.dtype)),
                false => {
                    format!("({}, {}, {})", quoted(&field.name), Within(field.dtype), tuple(&field.shape))
                }
            }));
        }
        let formats = list(&|field| match field.shape.is_empty() {
            true => Within(field.dtype).to_string(),
            false => format!("({}, {})", Within(field.dtype), tuple(&field.shape)),
        });
        let (names, offsets) = (list(&|field| quoted(&field.name)), list(&|field| field.offset.to_string()));
        write!(
            f,
            "{{'names': {names}, 'formats': {formats}, 'offsets': {offsets}, 'itemsize': {}}}",
            self.size()
        )
    }
}

impl fmt::Debug for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TimeBase, TimeUnit};
    use super::*;

    fn field(name: &str, dtype: DType, offset: u32, shape: &[u32]) -> Field {
        Field { name: name.to_owned(), dtype, offset, shape: shape.to_vec() }
    }

    #[test]
    fn printed_as_numpy_does() {
        // str(dtype), of NumPy 2.4
        let inner = RecordType::packed([("x".to_owned(), DType::I16, vec![])]).unwrap();
        let day = DType::DateTime(TimeUnit::of(TimeBase::Day));
        let types = [DType::Bool, DType::U8, DType::Bytes(5), DType::Str(2), day, DType::Record(inner)];
        let fields = types.into_iter().zip('a'..).map(|(dtype, c)| (c.to_string(), dtype, vec![]));
        let more = [("g".to_owned(), DType::F32, vec![3]), ("h".to_owned(), DType::F32, vec![2, 3])];
        let record = RecordType::packed(fields.chain(more)).unwrap();
        assert_eq!(
            record.to_string(),
            "[('a', '?'), ('b', 'u1'), ('c', 'S5'), ('d', '<U2'), ('e', '<M8[D]'), ('f', [('x', '<i2')]), \
             ('g', '<f4', (3,)), ('h', '<f4', (2, 3))]"
        );
        let gaps = vec![field("a", DType::U8, 0, &[]), field("b", DType::F32, 5, &[])];
        assert_eq!(
            RecordType::new(gaps, 12).unwrap().to_string(),
            "{'names': ['a', 'b'], 'formats': ['u1', '<f4'], 'offsets': [0, 5], 'itemsize': 12}"
        );
        let dtype = DType::Record(record);
        assert_eq!(DType::from_disk(dtype.code(), dtype.size(), &dtype.details()), Ok(dtype));
    }

    #[test]
    fn wrong_records_are_refused() {
        let a = || field("a", DType::I32, 0, &[]);
        for (fields, size) in [
            (vec![], 4),
            (vec![a()], 3),
            (vec![a(), a()], 8),
            (vec![a(), field("b", DType::U8, 3, &[])], 8),
            (vec![a(), field("", DType::U8, 4, &[])], 8),
            (vec![a(), field("b", DType::U8, 4, &[0])], 8),
            (vec![a(), field("b", DType::U8, 4, &[1 << 31, 1 << 31, 1 << 31])], 8),
            (vec![field(&"x".repeat(1 << 16), DType::U8, 0, &[])], 8),
        ] {
            assert!(RecordType::new(fields, size).is_err());
        }
        let mut deep = DType::U8;
        for _ in 0..DEPTH {
            deep = DType::Record(RecordType::packed([("x".to_owned(), deep, vec![])]).unwrap());
            assert_eq!(DType::from_disk(deep.code(), deep.size(), &deep.details()), Ok(deep));
        }
        assert!(RecordType::packed([("x".to_owned(), deep, vec![])]).is_err());
        assert!(RecordType::new(vec![field("a", DType::Bytes(0), 0, &[])], 4).is_err());
    }
}
