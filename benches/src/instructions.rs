//! A guard against slower code that does not depend on the clock: it counts instructions with valgrind's callgrind.
//!
//! Each work runs in processes of its own: one process does it once, another three times. Half of the difference is the
//! cost of one run, without the start and the data. `benches/instructions.json` holds the expected counts, measured
//! with one release of the compiler; a count above them by more than the tolerance fails. valgrind supports AVX2 and
//! hides AVX-512, so the block product of the `gemm` crate is counted with AVX2.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use arrstore::DType;
use arrstore_benches::{Result, bytes_of, context, evaluate, expression, numbers, store};
use arrstore_format::{Codec, File, Meta};
use serde_json::{Value, json};

/// The file of expected counts, beside this crate's manifest.
const EXPECTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.json");
/// The tolerance, if the file does not give one.
const TOLERANCE: f64 = 0.1;

/// Expressions over `a`, of a type and shape, in memory.
const KERNELS: [(&str, &str, DType, &[u64]); 7] = [
    ("add_f64", "a + a", DType::F64, &[1 << 18]),
    ("multiply_add_f32", "a*a + a", DType::F32, &[1 << 18]),
    ("cast_i16_f64", "astype(a, float64)", DType::I16, &[1 << 18]),
    ("sum_f64", "sum(a)", DType::F64, &[1 << 19]),
    ("std_rows_f64", "std(a, axis=1)", DType::F64, &[512, 512]),
    ("transpose_f32", "a.T + 0", DType::F32, &[512, 512]),
    ("product_f64", "a @ a", DType::F64, &[192, 192]),
];
/// An array packed into a file, committed, read and computed on.
const WHOLE: &str = "store_and_mean_zstd";

/// Does `work` `runs` times.
pub(crate) fn perform(work: &str, runs: usize) -> Result<()> {
    if work == WHOLE {
        let folder = tempfile::tempdir()?;
        let data = bytes_of(&numbers(DType::F64, &[256, 512])?)?;
        return (0..runs).try_for_each(|_| whole(&folder.path().join("a.arrs"), &data));
    }
    let found = KERNELS.iter().find(|k| k.0 == work).ok_or_else(|| format!("unknown work {work}"))?;
    let &(_, text, dtype, shape) = found;
    let expr = expression(text, &[("a", &numbers(dtype, shape)?)])?;
    (0..runs).try_for_each(|_| evaluate(&expr, &context(1)).map(drop))
}

fn whole(path: &Path, data: &[u8]) -> Result<()> {
    let meta = Meta::new(DType::F64, &[256, 512], &[64, 512]).encoded(Codec::Zstd { level: 1 }, true);
    store(path, meta, data)?;
    let a = arrstore::Expr::stored(File::open(path)?.snapshot()?.array("/data")?)?;
    evaluate(&expression("mean(a, axis=0) * 2", &[("a", &a)])?, &context(1)).map(drop)
}

/// Counts the instructions of each work.
fn count_all() -> Result<BTreeMap<&'static str, u64>> {
    let names = KERNELS.iter().map(|k| k.0).chain([WHOLE]);
    names
        .map(|name| {
            let [once, thrice] = [count(name, "1")?, count(name, "3")?];
            Ok((name, thrice.saturating_sub(once) / 2))
        })
        .collect()
}

/// Counts the instructions of a process that does `work` `runs` times.
fn count(work: &str, runs: &str) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["instructions", work, runs])
        .output()
        .map_err(|e| format!("valgrind: {e}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let total = said.lines().find_map(|l| l.split_once("Collected : ")?.1.trim().parse().ok());
    match total {
        Some(total) if output.status.success() => Ok(total),
        _ => Err(format!("{work}: {said}").into()),
    }
}

/// Counts all works and compares them with the file.
pub(crate) fn compare() -> Result<()> {
    let stored: Value = serde_json::from_str(&std::fs::read_to_string(EXPECTED)?)?;
    let tolerance = stored["tolerance"].as_f64().unwrap_or(TOLERANCE);
    let mut slower = Vec::new();
    for (name, found) in count_all()? {
        let expected = stored["expected"][name].as_u64().ok_or_else(|| format!("{EXPECTED} lacks {name}"))?;
        let change = found as f64 / expected as f64 - 1.0;
        let verdict = match change {
            c if c > tolerance => "MORE",
            c if c < -tolerance => "fewer: store that with --update",
            _ => "",
        };
        let line = format!("{name:<20} {found:>12} instructions, {:+6.2} %  {verdict}", change * 100.0);
        println!("{}", line.trim_end());
        if change > tolerance {
            slower.push(name);
        }
    }
    if slower.is_empty() {
        return Ok(());
    }
    Err(format!(
        "more than {:.0} % above what is expected: {}; where that is meant, store it with --update",
        tolerance * 100.0,
        slower.join(", ")
    )
    .into())
}

/// Counts all works and writes the counts to the file.
pub(crate) fn update() -> Result<()> {
    let all = json!({ "tolerance": TOLERANCE, "expected": count_all()? });
    let text = serde_json::to_string_pretty(&all)? + "\n";
    print!("{text}");
    Ok(std::fs::write(EXPECTED, text)?)
}
