//! `measure`: all that takes real processes, as JSON and as tables.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use liveline_benches::machine::Machine;
use liveline_benches::project::{Generated, Shape};
use liveline_benches::report::Results;
use liveline_benches::text::Flavour;
use liveline_benches::way::{self, Amount};
use liveline_benches::{bevy, costs, exec, first, frames, keys, memory, remote, text};

/// Measure the whole way from a save to running code on generated projects.
#[derive(Debug, Parser)]
#[command(name = "measure")]
enum Task {
    /// Measure, and write `results.json` and `results.md`
    Run(Options),
    /// Print the script of this many lines as other tools are given it
    Text {
        /// 41, 347 or 3407
        lines: usize,
    },
}

#[derive(Debug, clap::Args)]
struct Options {
    /// The `liveline` program, a release build
    #[arg(long, env = "LIVELINE_BIN", value_name = "FILE")]
    liveline: PathBuf,
    /// Where projects are generated and results are kept
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// These alone; may be given more than once. What was measured before is kept
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    /// These projects alone: `files-10`, `package-347`; may be given more than once
    #[arg(long = "project", value_name = "NAME")]
    projects: Vec<String>,
    /// How often all projects take their turn
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Samples of each way in each turn
    #[arg(long, default_value_t = 5)]
    samples: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Ways,
    Frames,
    Costs,
    Keys,
    Memory,
    Exec,
    First,
    /// Engines on other hosts
    Remote,
    /// A system in Bevy, which is built for it; measured only when named.
    Bevy,
    /// Nothing: the page anew from what was measured before.
    Page,
}

const FILES: [usize; 4] = [1, 10, 100, 200];

impl Options {
    /// All but Bevy, where none is named.
    fn parts(&self) -> Vec<Part> {
        let all = [
            Part::Ways,
            Part::Frames,
            Part::Costs,
            Part::Keys,
            Part::Memory,
            Part::Exec,
            Part::First,
            Part::Remote,
        ];
        let named = |part: &Part| self.only.contains(part);
        if self.only.is_empty() {
            return all.to_vec();
        }
        all.into_iter().chain([Part::Bevy]).filter(named).collect()
    }
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Run(options) => run(&options),
        Task::Text { lines } => {
            std::io::stdout().write_all(text::script("Script000", lines, 0, Flavour::Plain).as_bytes())?;
            Ok(())
        }
    }
}

fn run(options: &Options) -> anyhow::Result<()> {
    let folder = std::path::absolute(&options.folder)?;
    fs::create_dir_all(&folder)?;
    let (json, page) = (folder.join("results.json"), folder.join("results.md"));
    let before = fs::read(&json).ok().and_then(|bytes| serde_json::from_slice::<Results>(&bytes).ok());
    let mut results = before.unwrap_or_default();
    let mut machine = Machine::here();
    results.merge(measure(options, &folder)?);
    machine.note_load();
    for part in options.parts() {
        results.runs.insert(format!("{part:?}").to_lowercase(), machine.clone());
    }
    if let Ok(bytes) = fs::read(folder.join("peers.json")) {
        results.peers = serde_json::from_slice(&bytes).context("peers.json")?;
    }
    fs::write(&json, serde_json::to_vec_pretty(&results)?)?;
    fs::write(&page, results.page())?;
    eprintln!("{}\n{}", json.display(), page.display());
    Ok(())
}

fn measure(options: &Options, folder: &std::path::Path) -> anyhow::Result<Results> {
    let parts = options.parts();
    let wants = |part: Part| parts.contains(&part);
    let liveline = &options.liveline;
    let samples = options.rounds * options.samples;
    let mut results = Results::default();
    let package = || Generated::lay_out(folder, Shape::Package(text::LENGTHS[0]));
    if wants(Part::Ways) {
        let amount = Amount { rounds: options.rounds, samples: options.samples };
        results.ways = way::measure(liveline, folder, &shapes(&options.projects), amount)?;
    }
    if wants(Part::Bevy) {
        results.ways.insert(bevy::NAME.to_owned(), bevy::measure(folder, samples)?);
    }
    if wants(Part::Remote) {
        results.ways.insert(remote::NAME.to_owned(), remote::measure(liveline, folder, samples)?);
    }
    if wants(Part::Frames) {
        let project = package()?;
        results.frames.insert(project.shape.name(), frames::measure(liveline, &project, samples)?);
    }
    if wants(Part::Costs) {
        for (name, release) in [("release", true), ("dev", false)] {
            results.costs.insert(name.to_owned(), costs::measure(&package()?, release)?);
        }
    }
    if wants(Part::Keys) {
        results.keys = Some(keys::measure(&package()?, 2_000)?);
    }
    if wants(Part::Memory) {
        results.memory = Some(memory::measure(&Generated::lay_out(folder, Shape::Files(200))?)?);
    }
    if wants(Part::Exec) {
        results.exec = Some(exec::measure(liveline, &folder.join("exec"), samples)?);
    }
    if wants(Part::First) {
        for shape in [Shape::Files(1), Shape::Package(text::LENGTHS[1])] {
            let project = Generated::lay_out(&folder.join("first"), shape)?;
            results.first.insert(shape.name(), first::measure(&project, samples)?);
        }
    }
    Ok(results)
}

fn shapes(names: &[String]) -> Vec<Shape> {
    let files = FILES.map(Shape::Files);
    let packages = text::LENGTHS.map(Shape::Package);
    let is_wanted = |shape: &Shape| names.is_empty() || names.contains(&shape.name());
    files.into_iter().chain(packages).filter(is_wanted).collect()
}
