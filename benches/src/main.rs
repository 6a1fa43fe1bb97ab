//! Times arrstore's side of the comparison with peers: `arrstore-benches DIR TASK [--durable]`.
//!
//! `DIR` holds `a.npy`, `b.npy`, `c.npy`, `m1_f4.npy` ... as `benches/compare.py` makes them; their `.arrs` twins
//! (chunks of 1000 x 1000, raw) are made here when they are missing. Prints one line of JSON: the best of
//! some runs in seconds, and a number that stands for the answer.
//!
//! `arrstore-benches instructions` counts instructions instead, and holds them against what is expected.

mod instructions;
mod limits;
mod small;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrstore::text::Formula;
use arrstore::{Context, Expr, Plan, Sink, StoredSink, Target, Value};
use arrstore_format::{CreateOptions, Durability, File, Meta};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The tasks: name, expressions, their inputs, and whether the result goes to disk.
const TASKS: [(&str, &str, &[&str], bool); 13] = [
    ("sum", "sum(a)", &["a"], false),
    ("mean_ax0", "mean(a, axis=0)", &["a"], false),
    ("max_ax0", "max(a, axis=0)", &["a"], false),
    ("std_ax0", "std(a, axis=0)", &["a"], false),
    ("std_ax1", "std(a, axis=1)", &["a"], false),
    ("many", "min(a), max(a), mean(a), std(a), astype(count_nonzero(isnan(a)), float64)", &["a"], false),
    ("expr_cheap", "a*b+c", &["a", "b", "c"], true),
    ("expr_heavy", "sin(a)**2+cos(b)**2+sqrt(abs(c))", &["a", "b", "c"], true),
    ("fused_reduce", "sum((a-b)**2)", &["a", "b"], false),
    ("matmul_f4", "m1_f4 @ m2_f4", &["m1_f4", "m2_f4"], true),
    ("matmul_f8", "m1_f8 @ m2_f8", &["m1_f8", "m2_f8"], true),
    ("transpose", "a.T", &["a"], true),
    ("rechunk", "a", &["a"], true),
];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some((first, rest)) = args.split_first()
        && first == "instructions"
    {
        return instructions::main(rest);
    }
    let [folder, task, flags @ ..] = &args[..] else {
        return Err(
            "usage: arrstore-benches DIR TASK [--durable] [--unchecked] [--memory BYTES] [--runs N]".into()
        );
    };
    let folder = PathBuf::from(folder);
    let has = |name: &str| flags.iter().any(|f| f == name);
    let after = |name: &str| flags.iter().position(|f| f == name).and_then(|k| flags.get(k + 1));
    let mut context = Context { check: !has("--unchecked"), ..Context::default() };
    if let Some(bytes) = after("--memory") {
        context.budget = arrstore::Budget::new(bytes.parse()?);
    }
    let runs: usize = after("--runs").map_or(Ok(3), |n| n.parse())?;
    if task == "prepare" {
        return TASKS.iter().flat_map(|t| t.2).try_for_each(|name| twin(&folder, name, &context).map(drop));
    }
    if let Some(kind) = task.strip_prefix("gemm_") {
        return limits::product(&folder, kind, runs, &context);
    }
    if task == "read" {
        return limits::read(&twin(&folder, "a", &context)?, runs, context.threads);
    }
    if let Some(small) = small::TASKS.iter().find(|t| t.0 == task) {
        println!("{{\"task\": \"{task}\", \"peer\": \"arrstore\", \"s\": {:.9}}}", (small.1)(&folder)?);
        return Ok(());
    }
    let (_, expression, inputs, to_disk) =
        TASKS.iter().find(|t| t.0 == task).ok_or_else(|| format!("unknown task {task}"))?;
    let durability = if has("--durable") { Durability::Full } else { Durability::None };
    let mut best = f64::INFINITY;
    let mut answer = 0.0;
    let mut bound = BTreeMap::new();
    for name in *inputs {
        bound.insert((*name).to_owned(), stored(&twin(&folder, name, &context)?)?);
    }
    for _ in 0..runs {
        let began = Instant::now();
        let expressions = Formula::parse(expression)?.lower(&bound)?;
        if *to_disk {
            let out = folder.join("out.arrs");
            let chunk = if task == "rechunk" { [u64::MAX, 100] } else { CHUNK };
            write(&expressions[0], &out, &context, durability, chunk)?;
            best = best.min(began.elapsed().as_secs_f64());
            answer = checksum(&stored(&out)?, &context)?;
            std::fs::remove_file(out)?;
        } else {
            let roots: Vec<(Expr, Target)> = expressions.into_iter().map(|e| (e, Target::Memory)).collect();
            let values = Plan::new(&roots, &context)?.run(&context)?;
            best = best.min(began.elapsed().as_secs_f64());
            let sums = values.iter().flatten().map(|v| Ok(v.view::<f64>()?.sum()));
            answer = sums.sum::<Result<f64>>()?;
        }
    }
    println!("{{\"task\": \"{task}\", \"peer\": \"arrstore\", \"s\": {best:.6}, \"answer\": {answer:e}}}");
    Ok(())
}

/// The `.arrs` twin of a `.npy` file of the folder.
fn twin(folder: &Path, name: &str, context: &Context) -> Result<PathBuf> {
    let path = folder.join(format!("{name}.arrs"));
    if !path.exists() {
        let expr = Expr::npy(folder.join(format!("{name}.npy")))?;
        write(&expr, &path, context, Durability::Full, CHUNK)?;
    }
    Ok(path)
}

fn stored(path: &Path) -> Result<Expr> {
    Ok(Expr::stored(File::open(path)?.snapshot()?.array("/data")?)?)
}

/// The chunks of all arrays, where nothing else is said.
const CHUNK: [u64; 2] = [1000, 1000];

/// Computes an expression into a new file.
fn write(expr: &Expr, path: &Path, context: &Context, durability: Durability, chunk: [u64; 2]) -> Result<()> {
    let file = File::create(path, &CreateOptions { overwrite: true, durability })?;
    let transaction = Arc::new(file.begin()?);
    let chunk: Vec<u64> = expr.shape().iter().zip(chunk).map(|(&n, c)| c.min(n.max(1))).collect();
    let id = transaction.create_array("/data", Meta::new(expr.dtype(), expr.shape(), &chunk))?;
    let sink: Arc<dyn Sink> = Arc::new(StoredSink::new(transaction.clone(), id)?);
    Plan::new(&[(expr.clone(), Target::Sink(sink))], context)?.run(context)?;
    Arc::into_inner(transaction).ok_or("the transaction is still in use")?.commit()?;
    Ok(())
}

fn evaluate(expr: &Expr, context: &Context) -> Result<Value> {
    let values = Plan::new(&[(expr.clone(), Target::Memory)], context)?.run(context)?;
    Ok(values.into_iter().next().flatten().ok_or("no value")?)
}

/// A sum that tells one result from another.
fn checksum(expr: &Expr, context: &Context) -> Result<f64> {
    let bound = BTreeMap::from([("x".to_owned(), expr.clone())]);
    let sum = Formula::parse("sum(astype(x, float64))")?.lower(&bound)?.remove(0);
    Ok(evaluate(&sum, context)?.view::<f64>()?.sum())
}
