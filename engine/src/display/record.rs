//! Elements that are records: `('abc', 25, 55.5)`, with each field aligned over all records.

use std::slice::Iter;

use arrstore_format::{DType, Field, Kind};

use super::{EDGE_ITEMS, THRESHOLD};

/// Each record as a word. The floats of a record that stands `alone` are printed as scalars, as NumPy does.
pub(super) fn words(dtype: DType, data: &[u8], alone: bool) -> Vec<String> {
    let Some(record) = dtype.record() else { return Vec::new() };
    let columns: Vec<Vec<String>> =
        record.fields().iter().map(|field| column(field, record.size(), data, alone)).collect();
    let tuple = |k: usize| {
        let fields: Vec<&str> =
            columns.iter().map(|column| column.get(k).map_or("", String::as_str)).collect();
        match fields[..] {
            [one] => format!("({one},)"),
            _ => format!("({})", fields.join(", ")),
        }
    };
    (0..data.len() / record.size()).map(tuple).collect()
}

/// The words of one field.
fn column(field: &Field, item: usize, data: &[u8], alone: bool) -> Vec<String> {
    let (begin, size) = (field.offset as usize, field.size() as usize);
    let parts: Vec<u8> = data
        .chunks_exact(item)
        .flat_map(|record| record.get(begin..begin + size).unwrap_or(&[]))
        .copied()
        .collect();
    let all = match field.dtype.kind() {
        Kind::Float if alone => {
            parts.chunks_exact(field.dtype.size()).map(|e| super::scalar(field.dtype, e)).collect()
        }
        Kind::Record => words(field.dtype, &parts, alone),
        _ => super::words(field.dtype, &parts),
    };
    if field.shape.is_empty() {
        return all;
    }
    let each = size / field.dtype.size().max(1);
    let cut = each as u64 > THRESHOLD;
    all.chunks(each.max(1)).map(|part| list(&field.shape, cut, &mut part.iter())).collect()
}

/// The elements of one field of several elements, in brackets.
fn list(shape: &[u32], cut: bool, elements: &mut Iter<'_, String>) -> String {
    let Some((&len, inner)) = shape.split_first() else {
        return elements.next().cloned().unwrap_or_default();
    };
    let edge = EDGE_ITEMS as usize;
    let mut items: Vec<String> = (0..len).map(|_| list(inner, cut, elements)).collect();
    if cut && items.len() > 2 * edge {
        let last = items.len() - edge;
        items.splice(edge..last, ["...".to_owned()]);
    }
    format!("[{}]", items.join(", "))
}
