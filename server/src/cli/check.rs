//! `liveline check`: whether every library builds, loads and answers its interface.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use super::Root;
use crate::check::{self, Entry, Report, Step, Verdict};
use crate::link;
use crate::project::Project;

/// Where is built while a server builds in Liveline's folder.
const BESIDE: &str = "check";

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    root: Root,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// Seconds after which an initialiser that still runs hangs
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    load_limit: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| *seconds > 0.0);
    let limit = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    limit.ok_or_else(|| "a number of seconds greater than zero is needed, such as 30 or 0.5".to_owned())
}

pub(super) async fn main(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let root = arguments.root.resolve()?;
    let Arguments { json, load_limit, .. } = arguments;
    tokio::task::spawn_blocking(move || run(&root, json, load_limit)).await?
}

fn run(root: &Path, json: bool, load_limit: Duration) -> anyhow::Result<ExitCode> {
    let project = Project::load(root).map_err(|broken| anyhow::anyhow!(broken.message))?;
    anyhow::ensure!(
        !project.libraries.is_empty(),
        "{} has no script library: no workspace package that depends on `liveline` is a `cdylib` or `dylib`",
        project.root.display()
    );
    let home = project.home();
    // Two workshops in one folder would give the same numbers to different generations.
    let lock = link::own(&home)?;
    let folder = if lock.is_some() { home.folder.clone() } else { home.folder.join(BESIDE) };
    let count = project.libraries.len();
    let begun = std::sync::atomic::AtomicUsize::new(0);
    let say = move |step: Step| {
        let mut err = std::io::stderr().lock();
        let _ = match step {
            Step::Begun { library } => {
                let number = begun.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
                writeln!(err, "liveline: {library} ({number} of {count})")
            }
            Step::Stage(stage) => writeln!(err, "liveline: {stage}"),
            Step::Said(diagnostics) => diagnostics
                .iter()
                .try_for_each(|diagnostic| writeln!(err, "{}", check::rendered(diagnostic).trim_end())),
        };
    };
    let report = check::check(&Arc::new(project), &folder, load_limit, &say);
    drop(lock);
    let text = if json { serde_json::to_string_pretty(&report)? } else { describe(&report) };
    writeln!(std::io::stdout(), "{text}")?;
    Ok(if report.failures().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn describe(report: &Report) -> String {
    let width = report.libraries.iter().map(|checked| checked.library.len()).max().unwrap_or_default().max(7);
    let mut lines = vec![format!("{:width$}  build   dylib   object  interface", "library")];
    for checked in &report.libraries {
        let [build, dylib, object, interface] = checked.columns().map(|(_, verdict)| verdict);
        let words = [build, dylib, object].map(|verdict| format!("{:6}", word(verdict))).join("  ");
        let interface = match interface {
            Verdict::Good(text) | Verdict::Note(text) => text,
            other => word(other),
        };
        lines.push(format!("{:width$}  {words}  {interface}", checked.library).trim_end().to_owned());
        if let Verdict::Note(text) = object {
            lines.push(format!("{:width$}  no objects: {text}", ""));
        }
        for Entry { script, interface, methods } in &checked.scripts {
            lines.push(format!("{:width$}  {script}: {interface} {{ {} }}", "", methods.join("; ")));
        }
        lines.extend(checked.functions.iter().map(|function| format!("{:width$}  {function}()", "")));
    }
    let failures = report.failures();
    lines.extend(failures.iter().map(|failure| format!("FAILED  {failure}")));
    lines.push(match failures.len() {
        0 => "every library builds, loads and answers its interface".to_owned(),
        1 => "one thing failed".to_owned(),
        count => format!("{count} things failed"),
    });
    lines.join("\n")
}

fn word(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Good(_) => "ok",
        Verdict::Note(_) => "none",
        Verdict::Failed(_) => "FAILED",
        Verdict::Skipped => "-",
    }
}
