//! Times arrstore's side of the comparison with peers: `arrstore-benches DIR TASK [--durable]`.
//!
//! `DIR` holds `a.npy`, `b.npy`, `c.npy`, `m1_f4.npy` ... as `benches/compare.py` makes them; their `.arrs` twins
//! (chunks of 1000 x 1000, raw) are made here when they are missing. Prints one line of JSON: the best of
//! some runs in seconds, and a number that stands for the answer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrstore::text::Formula;
use arrstore::{Context, Expr, Plan, Sink, StoredSink, Target, Value};
use arrstore_format::{CreateOptions, Durability, File, Meta};
use ndarray::ArrayViewD;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The tasks: name, expression, its inputs, and whether the result goes to disk.
const TASKS: [(&str, &str, &[&str], bool); 10] = [
    ("sum", "sum(a)", &["a"], false),
    ("mean_ax0", "mean(a, axis=0)", &["a"], false),
    ("std_ax1", "std(a, axis=1)", &["a"], false),
    ("max_ax0", "max(a, axis=0)", &["a"], false),
    ("expr_cheap", "a*b+c", &["a", "b", "c"], true),
    ("expr_heavy", "sin(a)**2+cos(b)**2+sqrt(abs(c))", &["a", "b", "c"], true),
    ("fused_reduce", "sum((a-b)**2)", &["a", "b"], false),
    ("matmul_f4", "m1_f4 @ m2_f4", &["m1_f4", "m2_f4"], true),
    ("matmul_f8", "m1_f8 @ m2_f8", &["m1_f8", "m2_f8"], true),
    ("transpose", "a.T", &["a"], true),
];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
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
        return in_memory(&folder, kind, runs, &context);
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
        let expr = expression_of(expression, &bound)?;
        if *to_disk {
            let out = folder.join("out.arrs");
            write(&expr, &out, &context, durability)?;
            best = best.min(began.elapsed().as_secs_f64());
            answer = checksum(&stored(&out)?, &context)?;
            std::fs::remove_file(out)?;
        } else {
            let value = evaluate(&expr, &context)?;
            best = best.min(began.elapsed().as_secs_f64());
            answer = value.view::<f64>()?.sum();
        }
    }
    println!("{{\"task\": \"{task}\", \"peer\": \"arrstore\", \"s\": {best:.6}, \"answer\": {answer:e}}}");
    Ok(())
}

/// The product of `matmul_KIND` by the same backend in memory, nothing read and nothing written: what bounds ours.
fn in_memory(folder: &Path, kind: &str, runs: usize, context: &Context) -> Result<()> {
    let [a, b] = ["m1", "m2"].map(|name| -> Result<Value> {
        evaluate(&Expr::npy(folder.join(format!("{name}_{kind}.npy")))?, context)
    });
    let (a, b) = (a?, b?);
    let best = match kind {
        "f4" => multiply(&a.view::<f32>()?, &b.view::<f32>()?, runs),
        _ => multiply(&a.view::<f64>()?, &b.view::<f64>()?, runs),
    };
    println!("{{\"task\": \"gemm_{kind}\", \"peer\": \"the backend in memory\", \"s\": {best:.6}}}");
    Ok(())
}

fn multiply<T: num_traits::One + num_traits::Zero + Copy + 'static>(
    a: &ArrayViewD<'_, T>,
    b: &ArrayViewD<'_, T>,
    runs: usize,
) -> f64 {
    let (m, n, k) = (a.shape()[0], b.shape()[1], a.shape()[1]);
    let mut c = vec![T::zero(); m * n];
    let mut best = f64::INFINITY;
    for _ in 0..runs {
        let began = Instant::now();
        #[expect(unsafe_code, reason = "the gemm crate takes pointers")]
        // SAFETY: the three are C-ordered and as long as their shapes say.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                c.as_mut_ptr(),
                1,
                n as isize,
                false,
                a.as_ptr(),
                1,
                k as isize,
                b.as_ptr(),
                1,
                n as isize,
                T::one(),
                T::one(),
                false,
                false,
                false,
                gemm::Parallelism::Rayon(0),
            );
        }
        best = best.min(began.elapsed().as_secs_f64());
    }
    best
}

/// The `.arrs` twin of a `.npy` file of the folder.
fn twin(folder: &Path, name: &str, context: &Context) -> Result<PathBuf> {
    let path = folder.join(format!("{name}.arrs"));
    if !path.exists() {
        let expr = Expr::npy(folder.join(format!("{name}.npy")))?;
        write(&expr, &path, context, Durability::Full)?;
    }
    Ok(path)
}

fn expression_of(text: &str, bound: &BTreeMap<String, Expr>) -> Result<Expr> {
    Ok(Formula::parse(text)?.lower(bound)?.remove(0))
}

fn stored(path: &Path) -> Result<Expr> {
    Ok(Expr::stored(File::open(path)?.snapshot()?.array("/data")?)?)
}

/// Computes an expression into a new file, in chunks of 1000 x 1000.
fn write(expr: &Expr, path: &Path, context: &Context, durability: Durability) -> Result<()> {
    let file = File::create(path, &CreateOptions { overwrite: true, durability })?;
    let transaction = Arc::new(file.begin()?);
    let chunk: Vec<u64> = expr.shape().iter().map(|&n| n.clamp(1, 1000)).collect();
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
    let sum = expression_of("sum(astype(x, float64))", &BTreeMap::from([("x".to_owned(), expr.clone())]))?;
    Ok(evaluate(&sum, context)?.view::<f64>()?.sum())
}
