//! The arena: a small game whose scripts can be edited while it runs.

mod headless;
mod light;
mod options;
mod overlay;
mod render;
mod report;
mod rules;
mod stage;
mod status;
mod text;
mod window;

use std::process::ExitCode;

use clap::Parser;
use options::Options;
// Links the scripts in: all there is in a release build, where everything starts in development.
use scripts as _;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = if options.headless { headless::run(&options) } else { window::run(&options) };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
