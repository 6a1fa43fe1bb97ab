//! Shared by the benches: arrays of numbers, stored or in memory, and expressions over them.

use std::path::Path;
use std::sync::Arc;

use arrstore::text::Formula;
use arrstore::{Context, DType, Expr, Plan, Target, Value};
use arrstore_format::{Codec, CreateOptions, Durability, File, Meta};

/// The result of a bench; any error will do.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Parses `text` as an expression over arrays with names.
///
/// # Errors
/// When the text is no valid expression.
pub fn expression(text: &str, variables: &[(&str, &Expr)]) -> Result<Expr> {
    let variables = variables.iter().map(|&(name, expr)| (name.to_owned(), expr.clone())).collect();
    Ok(Formula::parse(text)?.lower(&variables)?.remove(0))
}

/// The value of an expression.
///
/// # Errors
/// When the run fails.
pub fn evaluate(expr: &Expr, context: &Context) -> Result<Value> {
    let values = Plan::new(&[(expr.clone(), Target::Memory)], context)?.run(context)?;
    Ok(values.into_iter().next().flatten().ok_or("no value")?)
}

/// A context with a budget of 1 GiB.
pub fn context(threads: usize) -> Context {
    Context::new(1 << 30, threads)
}

/// Repeating numbers between 1 and 101, of any type, in memory.
///
/// # Errors
/// When memory is short.
pub fn numbers(dtype: DType, shape: &[u64]) -> Result<Expr> {
    let count = shape.iter().product::<u64>();
    let bytes: Vec<u8> = (0..count).flat_map(|k| ((k * 37 % 101) as f64 + 1.0).to_le_bytes()).collect();
    let plain = Expr::source(Arc::new(Value::copied_from(DType::F64, shape, &bytes)?))?;
    Ok(Expr::source(Arc::new(evaluate(&plain.cast(dtype)?, &context(1))?))?)
}

/// Makes a new file at `path` that holds `bytes` as the array `/data`, not synced.
///
/// # Errors
/// When it cannot be written.
pub fn store(path: &Path, meta: Meta, bytes: &[u8]) -> Result<File> {
    let file = File::create(path, &CreateOptions::default().overwrite(true).durability(Durability::None))?;
    let transaction = file.begin()?;
    let shape = meta.shape.clone();
    let id = transaction.create_array("/data", meta)?;
    transaction.write(id, &vec![0; shape.len()], &shape, bytes)?;
    transaction.commit()?;
    Ok(file)
}

/// The bytes of an expression in memory.
///
/// # Errors
/// When the run fails.
pub fn bytes_of(expr: &Expr) -> Result<Vec<u8>> {
    Ok(evaluate(expr, &context(1))?.bytes().to_vec())
}

/// The codecs by name, and whether they shuffle.
pub const CODECS: [(&str, Codec, bool); 3] = [
    ("none", Codec::None, false),
    ("zstd:1", Codec::Zstd { level: 1 }, false),
    ("zstd:1 shuffled", Codec::Zstd { level: 1 }, true),
];
