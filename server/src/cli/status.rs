//! `liveline status`: what is built, attached and live in a workspace.

use std::io::Write;
use std::process::ExitCode;

use liveline_protocol::engine::Outcome;
use liveline_protocol::status::{self, LibraryState, Status};

use super::Root;
use super::printer::time;
use crate::link;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    root: Root,
    /// Print `liveline/status` as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn main(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let root = arguments.root.resolve()?;
    let folder = link::locate(root.clone()).await.folder;
    let Some(stream) = link::reach(&folder).await else {
        anyhow::bail!(
            "no Liveline server runs for {}; open it in an editor, or start `liveline headless` or `liveline run`",
            root.display()
        );
    };
    let value = link::ask(stream, status::METHOD).await?;
    let text = if arguments.json { value.to_string() } else { describe(&serde_json::from_value(value)?) };
    writeln!(std::io::stdout(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}

fn describe(status: &Status) -> String {
    let mut lines = Vec::new();
    for library in &status.libraries {
        let told = library.undone.unwrap_or(library.generation);
        let runs = |engine: &&status::Engine| engine.libraries.get(&library.library) == Some(&told);
        let running = match status.engines.iter().filter(runs).count() {
            0 => "built, and no engine runs it".to_owned(),
            some => format!("live in {some} of {} engines", status.engines.len()),
        };
        let state = match library.state {
            LibraryState::Idle => running.as_str(),
            LibraryState::Building => "building",
            LibraryState::Failed => "failed",
            LibraryState::Live => "live",
        };
        let last = library.last_reload.map(|last| {
            format!(
                " · last save live after {}, {} of it building",
                time(last.save_to_live_micros),
                time(last.build_micros)
            )
        });
        lines.push(format!(
            "{} · generation {}{} · {state}{}",
            library.library,
            library.generation,
            if library.unsaved { ", unsaved" } else { "" },
            last.unwrap_or_default()
        ));
        if let Some(undone) = library.undone {
            lines.push(format!(
                "  went back to generation {undone}: what runs is not what is saved; save, or run `liveline.redo`"
            ));
        }
        let with_package = library.with_package.iter();
        lines.extend(with_package.map(|file| format!("  with {}: {}", file.file, file.reason)));
    }
    for engine in &status.engines {
        let runs: Vec<String> =
            engine.libraries.iter().map(|(name, generation)| format!("{name} {generation}")).collect();
        let place = engine.address.as_ref().map(|address| format!(", at {address},")).unwrap_or_default();
        lines.push(format!("engine `{}` ({}){place} runs {}", engine.name, engine.pid, runs.join(", ")));
        lines.extend(engine.refused.iter().map(|(library, refused)| {
            let how = match refused.outcome {
                Outcome::Restored => "took back",
                Outcome::Applied | Outcome::Refused => "does not run",
            };
            format!("  {how} generation {} of {library}: {}", refused.generation, refused.reason)
        }));
    }
    if status.engines.is_empty() {
        lines.push("no engine is attached".to_owned());
    }
    if let Some(remote) = &status.remote {
        lines.push(format!(
            "engines elsewhere attach at {} with the token in {}",
            remote.address, remote.token
        ));
    }
    lines.join("\n")
}
