//! Stores an array, computes on it lazily and reads it back: `cargo run --release -p arrstore --example quickstart`.

use arrstore::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::temp_dir().join("climate.arrs");
    let measured = ndarray::Array3::from_shape_fn((12, 360, 720), |(month, y, x)| {
        (10 * month + y % 10) as f64 - (x % 5) as f64
    });
    let store = Store::create_over(&path)?; // or create, open, open_or_create
    store.write("/t", &measured)?; // chunked by default, in one commit

    let t = store.array("/t")?; // lazy
    let anomaly = (&t - t.mean(0)) / t.std(0); // operators on arrays and numbers
    let warm = t.slice(s![.., ..180, ..;2]).mean([1, 2]).keepdims();
    println!("{}", warm.slice(s![..3]).compute()?); // prints as NumPy does
    let values: ndarray::ArrayD<f64> = warm.to_ndarray()?;
    println!("{} months, the warmest {:.2}", values.len(), values.iter().fold(f64::MIN, |a, &b| a.max(b)));

    store.write("/anomaly", &anomaly)?; // streams, inside the memory budget
    store.transaction(|tx| {
        tx.append("/t", 0, &measured)?;
        tx.set("/t[0]", 0.0)?;
        tx.set_attribute("/t", "units", "degrees")
    })?;
    println!("{:?} and {:?}", store.array("/t")?, store.array("/anomaly")?);

    let copy = path.with_extension("npy");
    anomaly.save(&copy)?;
    println!("{:?}", arrstore::open(&copy)?);
    std::fs::remove_file(copy)?;
    std::fs::remove_file(path)?;
    Ok(())
}
