//! The `arrstore` command.

fn main() {}
