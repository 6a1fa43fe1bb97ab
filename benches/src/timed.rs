//! Times expressions over files, from their text to the answer in memory or to the commit on disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrstore::text::Formula;
use arrstore::{Budget, Context, Expr, Plan, Sink, StoredSink, Target};
use arrstore_benches::{Result, evaluate};
use arrstore_format::{Codec, CreateOptions, Durability, File, Meta};
use clap::Args;

/// What is computed, and how.
#[derive(Args)]
pub(crate) struct Eval {
    /// Expressions, separated by commas
    expressions: String,
    /// NAME=PATH of a .npy file or of a store, of which the array /data is meant
    names: Vec<String>,
    /// Write the result to this store, and remove it when it was timed
    #[arg(long)]
    out: Option<PathBuf>,
    /// Do not remove it
    #[arg(long)]
    keep: bool,
    /// Elements of a chunk of the result along each axis; 0 for the whole axis
    #[arg(long, value_delimiter = 'x', default_value = "1000x1000")]
    chunk: Vec<u64>,
    /// Write the result in the chunks that the command chooses by default
    #[arg(long)]
    default_chunks: bool,
    /// none, lz4 or zstd (level 1) with their bytes shuffled, or pco
    #[arg(long, default_value = "none", value_parser = codec)]
    codec: (Codec, bool),
    /// Read what is named into memory first
    #[arg(long)]
    in_memory: bool,
    /// Commit without waiting for the disk
    #[arg(long)]
    no_sync: bool,
    /// Do not check checksums of raw chunks
    #[arg(long)]
    no_check: bool,
    /// Bytes of working memory
    #[arg(long)]
    memory: Option<u64>,
    /// Threads that compute
    #[arg(long)]
    threads: Option<usize>,
    /// How often
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

fn codec(text: &str) -> std::result::Result<(Codec, bool), String> {
    match text {
        "none" => Ok((Codec::None, false)),
        "lz4" => Ok((Codec::Lz4, true)),
        "zstd" => Ok((Codec::Zstd { level: 1 }, true)),
        "pco" => Ok((Codec::Pco { level: 8 }, false)),
        other => Err(format!("{other} is none of none, lz4, zstd, pco")),
    }
}

pub(crate) fn main(eval: &Eval) -> Result<()> {
    let mut context = Context::default();
    context.check = !eval.no_check;
    context.budget = eval.memory.map_or(context.budget, Budget::new);
    context.threads = eval.threads.unwrap_or(context.threads);
    let mut bound = BTreeMap::new();
    for name in &eval.names {
        let (name, path) = name.split_once('=').ok_or_else(|| format!("{name} is not NAME=PATH"))?;
        let mut expr = source(Path::new(path))?;
        if eval.in_memory {
            expr = Expr::source(Arc::new(evaluate(&expr, &context)?))?;
        }
        bound.insert(name.to_owned(), expr);
    }
    let (mut best, mut answer) = (f64::INFINITY, 0.0);
    for _ in 0..eval.runs {
        let began = Instant::now();
        let mut roots = Formula::parse(&eval.expressions)?.results(&bound, Some(&context))?;
        if let Some(out) = &eval.out {
            write(&roots.remove(0).1, out, eval, &context)?;
            best = best.min(began.elapsed().as_secs_f64());
            answer = total(&source(out)?, &context)?;
            if !eval.keep {
                std::fs::remove_file(out)?;
            }
        } else {
            let roots: Vec<_> = roots.into_iter().map(|(_, e)| (e, Target::Memory)).collect();
            let values = Plan::new(&roots, &context)?.run(&context)?;
            best = best.min(began.elapsed().as_secs_f64());
            let totals = values.into_iter().flatten().map(|v| total(&Expr::source(Arc::new(v))?, &context));
            answer = totals.sum::<Result<f64>>()?;
        }
    }
    crate::report(best, answer);
    Ok(())
}

fn source(path: &Path) -> Result<Expr> {
    if path.extension().is_some_and(|end| end == "npy") {
        return Ok(Expr::npy(path)?);
    }
    Ok(Expr::stored(File::open(path)?.snapshot()?.array("/data")?)?)
}

/// Computes an expression into a new file.
fn write(expr: &Expr, path: &Path, eval: &Eval, context: &Context) -> Result<()> {
    let durability = if eval.no_sync { Durability::None } else { Durability::Full };
    let file = File::create(path, &CreateOptions::default().overwrite(true).durability(durability))?;
    let transaction = Arc::new(file.begin()?);
    let chunk = eval.chunk.iter().chain(std::iter::repeat(&0)).zip(expr.shape());
    let chunk: Vec<u64> = match eval.default_chunks {
        true => arrstore::default_chunk(expr.dtype(), expr.shape()),
        false => chunk.map(|(&c, &n)| if c == 0 { n.max(1) } else { c.min(n.max(1)) }).collect(),
    };
    let meta = Meta::new(expr.dtype(), expr.shape(), &chunk).encoded(eval.codec.0, eval.codec.1);
    let id = transaction.create_array("/data", meta)?;
    let sink: Arc<dyn Sink> = Arc::new(StoredSink::new(transaction.clone(), id)?);
    Plan::new(&[(expr.clone(), Target::Sink(sink))], context)?.run(context)?;
    Arc::into_inner(transaction).ok_or("the transaction is still in use")?.commit()?;
    Ok(())
}

/// A sum that tells results apart.
fn total(expr: &Expr, context: &Context) -> Result<f64> {
    let sum = arrstore_benches::expression("sum(astype(x, float64))", &[("x", expr)])?;
    Ok(evaluate(&sum, context)?.view::<f64>()?.sum())
}
