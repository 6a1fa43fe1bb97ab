//! Stores an array and computes on it: `cargo run --release -p arrstore --example quickstart`.

use arrstore::text::Formula;
use arrstore::{Expr, evaluate};
use arrstore_format::{CreateOptions, File, Meta};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::temp_dir().join("quickstart.arrs");
    let file = File::create(&path, &CreateOptions { overwrite: true, ..CreateOptions::default() })?;
    let transaction = file.begin()?;
    let id = transaction.create_array("/t", Meta::new(arrstore::DType::F64, &[1000, 1000], &[100, 1000]))?;
    let values: Vec<f64> = (0..1_000_000).map(|i| f64::from(i % 1000)).collect();
    transaction.write(id, &[0, 0], &[1000, 1000], bytemuck::cast_slice(&values))?;
    transaction.commit()?;

    let t = Expr::stored(file.snapshot()?.array("/t")?)?;
    let formula = Formula::parse("mean(t, axis=1)[:3], sum((t - 499.5)**2)")?;
    for result in formula.lower(&[("t".to_owned(), t)].into())? {
        let value = evaluate(&result)?;
        println!("{}", arrstore::display::display(value.dtype(), value.shape(), value.bytes()));
    }
    std::fs::remove_file(path)?;
    Ok(())
}
