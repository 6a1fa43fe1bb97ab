//! Reports progress and stops a computation: `cargo run --release -p arrstore --example progress`.

use std::time::Duration;

use arrstore::prelude::*;

fn main() -> Result<(), Error> {
    // 16 million elements that take a moment each, in 64 MiB and two threads
    let row = Array::from(ndarray::Array1::linspace(0.0, 1.0, 4000));
    let slow = (&row.reshape([4000, 1]) + &row).map(|x: f64| (0..100).fold(x, |x, _| (x + 1.0).sqrt()));
    let sum = slow.sum(..);

    let context = Context::new(64 << 20, 2).on_progress(|done, all| {
        eprint!("\r{:3} %", 100 * done / all.max(1));
    });
    // another thread may stop whatever runs with this context
    let stop = context.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        stop.stop();
    });
    match sum.compute_in(&context) {
        Ok(value) => println!("\nthe sum is {value}"),
        Err(error) if error.kind() == ErrorKind::Cancelled => println!("\nstopped"),
        Err(error) => return Err(error),
    }
    Ok(())
}
