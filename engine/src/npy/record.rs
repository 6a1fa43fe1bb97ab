//! Descriptions of records: lists of fields, as in the headers of `.npy` files, and dictionaries, as NumPy prints types
//! with gaps between fields.

use arrstore_format::{DType, Field, RecordType, quoted};

use super::literal::Literal;
use super::order::ByteOrder;
use super::types::element_type;

type Found = Result<(DType, ByteOrder), String>;

/// The type that a description gives, and its byte order.
///
/// # Errors
/// When it is no type, or one that is not read.
pub(super) fn described(descr: &Literal) -> Found {
    match descr {
        Literal::Str(code) => element_type(code)
            .ok_or_else(|| format!("holds elements of type {}: {}", quoted(code), reason(code))),
        Literal::List(fields) => listed(fields),
        Literal::Dict(items) => laid_out(items),
        _ => Err("has a type that is neither a name nor a list of fields".to_owned()),
    }
}

/// Why elements of a type are not read.
pub(super) fn reason(code: &str) -> &'static str {
    let plain = code.trim_start_matches(['<', '>', '|', '=']);
    match plain.chars().next() {
        Some('O') => "Python objects are never read",
        Some('V') => "they have no type",
        Some('S' | 'U') => "expected texts of 1 to 2147483647 bytes",
        _ => "expected booleans, numbers, times, texts or records of them",
    }
}

/// The type of a field, the shape of the field, and the byte order.
fn element(dtype: &Literal, shape: Option<&Literal>) -> Result<(DType, Vec<u32>, ByteOrder), String> {
    // a type and a shape may stand together in a tuple
    if let (Literal::Tuple(pair), None) = (dtype, shape)
        && let [dtype, shape] = &pair[..]
    {
        return element(dtype, Some(shape));
    }
    let (dtype, order) = described(dtype)?;
    let length = |n: &Literal| n.int().and_then(|n| u32::try_from(n).ok());
    let shape = match shape {
        None => Some(Vec::new()),
        Some(one @ Literal::Int(_)) => length(one).map(|n| vec![n]),
        Some(many) => many.items().and_then(|items| items.iter().map(length).collect()),
    };
    Ok((dtype, shape.ok_or("has a field whose shape is not a tuple of lengths")?, order))
}

/// The name of a field, which may stand behind a title.
fn name(literal: &Literal) -> Option<&str> {
    match literal {
        Literal::Tuple(items) => items.get(1)?.str(),
        other => other.str(),
    }
}

/// Bytes of a gap: a field without a name, of type `|V3`.
fn gap(name: &str, dtype: &Literal) -> Option<u64> {
    let code = dtype.str()?.trim_start_matches(['<', '>', '|', '=']);
    if name.is_empty() { code.strip_prefix('V')?.parse().ok() } else { None }
}

fn listed(items: &[Literal]) -> Found {
    let mut fields = Vec::new();
    let mut orders = Vec::new();
    let mut end = 0u64;
    for item in items {
        let parts = item.items().unwrap_or(&[]);
        let (Some(name), Some(dtype)) = (parts.first().and_then(name), parts.get(1)) else {
            return Err("has a field that is not a name and a type".to_owned());
        };
        if let (Some(bytes), None) = (gap(name, dtype), parts.get(2)) {
            end = end.saturating_add(bytes);
            continue;
        }
        let (dtype, shape, order) =
            element(dtype, parts.get(2)).map_err(|why| format!("{why} (field {})", quoted(name)))?;
        let offset =
            u32::try_from(end).map_err(|_| format!("has the field {} at byte {end}", quoted(name)))?;
        let field = Field { name: name.to_owned(), dtype, offset, shape };
        end = end.saturating_add(field.size());
        fields.push(field);
        orders.push(order);
    }
    record(fields, orders, end)
}

fn laid_out(items: &[(String, Literal)]) -> Found {
    let list = |key: &str| {
        let found = items.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.items());
        found.ok_or_else(|| format!("has a type without a list '{key}'"))
    };
    let (names, formats, offsets) = (list("names")?, list("formats")?, list("offsets")?);
    if names.len() != formats.len() || names.len() != offsets.len() {
        return Err("has a type whose names, formats and offsets are not equally many".to_owned());
    }
    let mut all = Vec::new();
    for ((name, dtype), offset) in names.iter().zip(formats).zip(offsets) {
        let name = name.str().ok_or("has a field without a name")?;
        let (dtype, shape, order) = element(dtype, None)?;
        let offset = offset.int().and_then(|n| u32::try_from(n).ok());
        let offset = offset.ok_or_else(|| format!("has the field {} at no byte", quoted(name)))?;
        all.push((Field { name: name.to_owned(), dtype, offset, shape }, order));
    }
    all.sort_by_key(|(field, _)| field.offset);
    let end = all.iter().map(|(field, _)| u64::from(field.offset).saturating_add(field.size())).max();
    let size = items.iter().find(|(name, _)| name == "itemsize").and_then(|(_, value)| value.int());
    let (fields, orders) = all.into_iter().unzip();
    record(fields, orders, size.or(end).unwrap_or(0))
}

fn record(fields: Vec<Field>, orders: Vec<ByteOrder>, size: u64) -> Found {
    let size = u32::try_from(size).map_err(|_| format!("has records of {size} bytes"))?;
    let dtype = RecordType::new(fields, size).map(DType::Record).and_then(DType::checked);
    Ok((dtype.map_err(|e| format!("cannot be read: {e}"))?, ByteOrder::of_fields(orders)))
}

/// The description that NumPy writes for a type; `None` for bfloat16, which NumPy does not know.
pub(super) fn description(dtype: DType) -> Option<String> {
    let DType::Record(record) = dtype else {
        return dtype.short_code().map(|code| format!("'{code}'"));
    };
    let mut items = Vec::new();
    let mut end = 0u64;
    let fill = |items: &mut Vec<String>, end: u64, until: u64| {
        if until > end {
            items.push(format!("('', '|V{}')", until - end));
        }
    };
    for field in record.fields() {
        fill(&mut items, end, field.offset.into());
        end = u64::from(field.offset) + field.size();
        let (name, inner) = (quoted(&field.name), description(field.dtype)?);
        items.push(match &field.shape[..] {
            [] => format!("({name}, {inner})"),
            shape => {
                let shape: Vec<u64> = shape.iter().map(|&n| n.into()).collect();
                format!("({name}, {inner}, {})", crate::view::show(&shape))
            }
        });
    }
    fill(&mut items, end, record.size() as u64);
    Some(format!("[{}]", items.join(", ")))
}
