//! `arrstore show`: an array as NumPy prints it.

use std::process::ExitCode;

use anyhow::Result;
use arrstore::Plan;
use arrstore::formats::Location;
use serde_json::json;

use crate::cli::Show;
use crate::print::say;
use crate::values::Printed;
use crate::{input, run};

pub(super) fn run(args: &Show) -> Result<ExitCode> {
    run::check_tmp(&args.running)?;
    let location = args.past.of(Location::of_input(&args.path)?)?;
    let context = run::context(&args.running, Some(location.folder().to_owned()));
    let input = input::open(&location, &args.plain.of_only()?, &context)?;
    let printed = Printed::new(&input.expr, args.speaking.json)?;
    let plan = Plan::new(&printed.targets().collect::<Vec<_>>(), &context)?;
    let mut values = plan.run(&context)?.into_iter().flatten();
    say(&if args.speaking.json {
        let (dtype, shape) = (input.expr.dtype().name(), input.expr.shape());
        json!({ "dtype": dtype, "shape": shape, "value": printed.json(&mut values) }).to_string()
    } else {
        printed.text(&mut values)
    })?;
    Ok(ExitCode::SUCCESS)
}
