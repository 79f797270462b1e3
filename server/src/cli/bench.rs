//! `liveline bench`: every way to build the user's scripts, side by side.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};

use anyhow::Context;
use liveline_protocol::engine::ArtifactKind;

use super::Root;
use crate::bench::{self, Options};
use crate::hash::hash;
use crate::os;
use crate::project::Project;

/// The folder in the target directory.
const FOLDER: &str = "liveline-bench";

/// What one sample of all ways takes, and what comes before the first.
const SAMPLE_SECONDS: usize = 14;
const FIRST_SECONDS: usize = 30;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    root: Root,
    /// Only this library; may be given more than once [default: all]
    #[arg(long = "library", value_name = "NAME")]
    libraries: Vec<String>,
    /// Load this kind of artifact only: `object` or `dylib` [default: both in turns]
    #[arg(long, value_name = "KIND", value_parser = ["object", "dylib"])]
    loader: Option<String>,
    /// How often each way is measured
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=1000))]
    samples: u32,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Where the chart goes [default: bench.svg in target/liveline-bench]
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// The copy to measure, made by another process of this command
    #[arg(long, hide = true)]
    copy: Option<PathBuf>,
    /// The copy for cargo and rustc
    #[arg(long, hide = true, requires = "copy")]
    beside: Option<PathBuf>,
}

pub(super) async fn main(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.copy {
        Some(copy) => measure(&arguments, copy.clone()).await,
        None => prepare(&arguments).await,
    }
}

/// Copies the workspace and starts this program anew, with a target directory of its own in its environment.
async fn prepare(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let root = arguments.root.resolve()?;
    let project = Project::load(&root).map_err(|broken| anyhow::anyhow!(broken.message))?;
    if project.libraries.is_empty() {
        anyhow::bail!("{} has no script library to measure; see `liveline headless`", project.root.display());
    }
    let folder = project.target.join(FOLDER);
    // Not in the workspace: an editor's search for files would follow the links into the whole file system.
    let name = &hash(folder.as_os_str().as_encoded_bytes()).0[..16];
    let copies = os::cache_directory().map_or_else(|| folder.clone(), |cache| cache.join("bench").join(name));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let copy = |name: &str| {
        bench::copy::workspace(&project.root, &project.target, &copies.join(name))
            .with_context(|| format!("cannot copy the workspace into {}", copies.display()))
    };
    let chart = match &arguments.svg {
        Some(path) => std::path::absolute(path)?,
        None => folder.join("bench.svg"),
    };
    let mut command = tokio::process::Command::new(std::env::current_exe()?);
    command.arg("bench").arg("--copy").arg(copy("copy")?).arg("--beside").arg(copy("beside")?);
    command.arg("--svg").arg(chart);
    command.args(["--samples", &arguments.samples.to_string()]);
    arguments.libraries.iter().for_each(|library| {
        command.args(["--library", library]);
    });
    if let Some(loader) = &arguments.loader {
        command.args(["--loader", loader]);
    }
    if arguments.json {
        command.arg("--json");
    }
    command.env("CARGO_TARGET_DIR", folder.join("target")).stdin(Stdio::null()).kill_on_drop(true);
    let status = command.status().await.context("cannot start the measuring process")?;
    match status.code() {
        Some(0) => Ok(ExitCode::SUCCESS),
        // It has said why.
        Some(_) => Ok(ExitCode::FAILURE),
        None => anyhow::bail!("the measuring process was ended from outside: {status}"),
    }
}

/// What will be done, and how long that takes: mostly the rests between two samples.
fn announcement(project: &Project, options: &Options) -> String {
    let chosen = &options.libraries;
    let is_chosen = |name: &String| chosen.is_empty() || chosen.contains(name);
    let scripts = project.libraries.iter().filter(|library| is_chosen(&library.name)).count();
    let seconds = scripts * (FIRST_SECONDS + (options.samples + 1) * SAMPLE_SECONDS);
    format!(
        "measuring {scripts} scripts, {} samples of each way: about {} minutes (`--library NAME` and `--samples N` make it \
         shorter)",
        options.samples,
        seconds.div_ceil(60)
    )
}

async fn measure(arguments: &Arguments, copy: PathBuf) -> anyhow::Result<ExitCode> {
    let project = Project::load(&copy).map_err(|broken| anyhow::anyhow!(broken.message))?;
    let beside = arguments.beside.clone().unwrap_or_else(|| project.root.clone());
    let loaders = match arguments.loader.as_deref() {
        Some("object") => vec![ArtifactKind::Object],
        Some(_) => vec![ArtifactKind::Dylib],
        None => vec![ArtifactKind::Dylib, ArtifactKind::Object],
    };
    let samples = arguments.samples as usize;
    let options = Options { samples, libraries: arguments.libraries.clone(), loaders, beside };
    let is_seen = std::io::stderr().is_terminal();
    let mut note = |text: &str| {
        if is_seen {
            eprint!("\r\x1b[2K{text}");
        } else if arguments.json || !text.contains("round") {
            // Who reads JSON may show how far it is: a line each.
            eprintln!("{text}");
        }
    };
    eprintln!("{}", announcement(&project, &options));
    note("building the copy for the first time");
    let report = bench::measure(&project, &options, &mut note).await?;
    if is_seen {
        eprint!("\r\x1b[2K");
    }
    let mut out = std::io::stdout().lock();
    match arguments.json {
        true => writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?,
        false => write!(out, "{report}")?,
    }
    if let Some(path) = &arguments.svg {
        std::fs::write(path, report.to_svg()).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("chart: {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
