//! `sample NAME DIR`: puts a built copy of a sample project into a new folder, for tests not written in Rust.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder] = arguments.as_slice() else {
        eprintln!("usage: sample arena|sample DIR");
        return ExitCode::FAILURE;
    };
    match liveline_tests::copy_sample(name, Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the sample `{name}` cannot be copied to {folder}: {error}");
            ExitCode::FAILURE
        }
    }
}
