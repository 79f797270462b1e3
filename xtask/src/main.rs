//! `cargo xtask`: the project's own commands.

mod counts;
mod docs;
mod fuzz;
mod measure;
mod package;
mod place;
mod release;
mod run;
mod sanitize;
mod stages;
mod summary;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::place::Place;
use crate::stages::{NAMES, Stage};

/// The project's own commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Options {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Check and test everything; install or find what that needs
    Test {
        /// Formatting, lints and unit tests alone
        #[arg(long, conflicts_with = "only")]
        fast: bool,
        /// These stages alone; may be given more than once
        #[arg(long, value_name = "STAGE", value_parser = NAMES)]
        only: Vec<String>,
    },
    /// Check the dependencies' licences and sources with cargo-deny
    Deny,
    /// Check what is to be released: versions, changelog, workflows, and cargo's packages
    Release(release::Options),
    /// Package the VS Code extension with the server in it, for this kind of machine
    Package,
    /// Write the book's references from the code anew, and the book where mdBook is installed
    Docs,
    /// Take the README's pictures anew, from a real editor
    Pictures,
    /// Measure the way from a save to running code on generated projects; see docs/performance.md
    Measure {
        /// For `measure run`: `--only frames`, `--project files-10`, `--samples 5`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Run the engine's and the linker's tests under the address sanitizer; needs a nightly toolchain
    Sanitize,
    /// Fuzz whatever reads what others wrote; see docs/reliability.md
    Fuzz {
        /// How long each target runs
        #[arg(long, value_name = "N", default_value_t = 600)]
        seconds: u64,
        /// These targets alone; may be given more than once
        #[arg(long, value_name = "TARGET", value_parser = fuzz::TARGETS.map(|(name, ..)| name))]
        only: Vec<String>,
    },
    /// Install other hot reloaders and measure them on the same scripts
    MeasurePeers {
        /// For `tests/benches/peers/measure.py`: `--peer subsecond`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
}

fn main() -> ExitCode {
    let place = Place::here();
    let task = Options::parse().task;
    let measured = match &task {
        Task::Measure { words } => Some(measure::own(&place, words)),
        Task::MeasurePeers { words } => Some(measure::peers(&place, words)),
        Task::Sanitize => Some(sanitize::sanitize(&place)),
        Task::Fuzz { seconds, only } => Some(fuzz::fuzz(&place, only, *seconds)),
        Task::Package => Some(package::package(&place)),
        Task::Docs => Some(docs::docs(&place)),
        Task::Release(options) => Some(release::release(&place, options)),
        _ => None,
    };
    if let Some(measured) = measured {
        return measured.map_or_else(
            |error| {
                run::say(&format!("{error:#}"));
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        );
    }
    let stages = match task {
        Task::Test { fast: true, .. } => Stage::fast(),
        Task::Test { only, .. } if only.is_empty() => Stage::all(),
        Task::Test { only, .. } => Stage::named(&only),
        Task::Deny => Stage::named(&["deny".to_owned()]),
        Task::Pictures => Stage::named(&["extension".to_owned(), "pictures".to_owned()]),
        Task::Docs
        | Task::Fuzz { .. }
        | Task::Measure { .. }
        | Task::MeasurePeers { .. }
        | Task::Package
        | Task::Release(_)
        | Task::Sanitize => Vec::new(),
    };
    // Of this run alone.
    let _ = std::fs::remove_dir_all(place.recordings());
    let results = stages.iter().map(|stage| stage.carry_out(&place)).collect::<Vec<_>>();
    summary::print(&results);
    if results.iter().any(|result| result.has_failed(place.ci)) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
