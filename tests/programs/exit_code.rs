//! `main` with an `ExitCode`.
use std::process::ExitCode;
fn main() -> ExitCode {
    println!("seventeen");
    ExitCode::from(17)
}
