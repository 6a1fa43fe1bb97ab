//! The library as a program meets it: everything through `arrstore::prelude`.

mod elements;
mod expressions;
mod parts;
mod records;
mod running;
mod stores;
mod views;

use arrstore::Transaction;
use arrstore::prelude::*;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder for a test")
}

fn text(array: &Array) -> String {
    array.compute().expect("an array that can be computed").to_string()
}

const fn crosses_threads<T: Send + Sync>() {}
const _: () = {
    crosses_threads::<Array>();
    crosses_threads::<Value>();
    crosses_threads::<Store>();
    crosses_threads::<Transaction>();
    crosses_threads::<Context>();
    crosses_threads::<Error>();
    crosses_threads::<Layout>();
    crosses_threads::<arrstore::Budget>();
    crosses_threads::<arrstore::Explain>();
    crosses_threads::<arrstore::Plan>();
    crosses_threads::<arrstore::Metrics>();
    crosses_threads::<arrstore::PromoteError>();
    crosses_threads::<arrstore::Scalar>();
    crosses_threads::<arrstore::text::Formula>();
    crosses_threads::<arrstore::text::TextError>();
    crosses_threads::<arrstore::formats::Error>();
    crosses_threads::<arrstore::formats::Location>();
    crosses_threads::<arrstore::formats::Input>();
    crosses_threads::<arrstore::formats::Writing>();
    crosses_threads::<arrstore::format::File>();
    crosses_threads::<arrstore::format::Snapshot>();
    crosses_threads::<arrstore::format::Transaction>();
    crosses_threads::<arrstore::format::Array>();
};
