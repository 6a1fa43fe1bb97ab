//! Compares with a table of NumPy's printed arrays, written by `testdata/display.py`.

use super::*;

const TABLE: &str = include_str!("../../testdata/display.txt");

fn arange(dtype: DType, n: u64) -> Vec<u8> {
    let element = |i: u64| match dtype {
        DType::U8 => vec![(i % 251) as u8],
        DType::I64 => (i as i64).to_le_bytes().to_vec(),
        DType::F32 => (i as f32).to_le_bytes().to_vec(),
        DType::F64 => (i as f64).to_le_bytes().to_vec(),
        DType::C64 => [(i as f32).to_le_bytes(), 0f32.to_le_bytes()].concat(),
        other => panic!("no arange of {other}"),
    };
    (0..n).flat_map(element).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let text = text.trim_start_matches('-');
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

#[test]
fn prints_as_numpy_does() {
    let records: Vec<&str> = TABLE.split_terminator("\n---\n").collect();
    assert!(records.len() > 700, "the table has {} records", records.len());
    let mut wrong = Vec::new();
    for record in records {
        let (head, expected) = record.split_once('\n').unwrap();
        let fields: Vec<&str> = head.split(' ').collect();
        let dtype: DType = fields[0].parse().unwrap();
        let shape: Vec<u64> = match fields[1] {
            "-" => vec![],
            dims => dims.split('x').map(|d| d.parse().unwrap()).collect(),
        };
        let data = match fields[2] {
            "arange" => arange(dtype, shape.iter().product()),
            hex => unhex(hex),
        };
        let found = display(dtype, &shape, &data);
        if found != expected {
            wrong.push(format!("{head:.80}\n{expected}\n  but printed\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(10)].join("\n\n"));
}

const TYPES: &str = include_str!("../../testdata/display_types.txt");

/// A table of its own, written by `testdata/display_types.py`.
#[test]
fn prints_times_texts_and_records_as_numpy_does() {
    let records: Vec<&str> = TYPES.split_terminator("\n---\n").collect();
    assert!(records.len() > 150, "the table has {} records", records.len());
    let mut wrong = Vec::new();
    for record in records {
        let (head, expected) = record.split_once('\n').unwrap();
        let fields: Vec<&str> = head.split('\t').collect();
        let (dtype, _) = crate::npy::element_type(fields[0]).unwrap_or_else(|| panic!("{}", fields[0]));
        let shape: Vec<u64> = match fields[1] {
            "-" => vec![],
            dims => dims.split('x').map(|d| d.parse().unwrap()).collect(),
        };
        let (digits, times) = fields[2].split_once('*').unwrap();
        let found = display(dtype, &shape, &unhex(digits).repeat(times.parse().unwrap()));
        if found != expected {
            wrong.push(format!("{head:.160}\n{expected}\n  but printed\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(10)].join("\n\n"));
}

#[test]
fn a_summary_names_the_edges_alone() {
    assert_eq!(summary(&[1000]), None);
    assert_eq!(summary(&[5, 0]), None);
    assert_eq!(summary(&[1001, 2]), Some(vec![vec![0..3, 998..1001], vec![0..2]]));
    assert!(summary(&[u64::MAX, u64::MAX]).is_some());
}
