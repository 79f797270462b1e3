//! `liveline run`: headless, with the game as a child.

use std::process::ExitCode;

use anyhow::Context;
use tokio::sync::mpsc;

use super::Root;
use super::engine::{Engine, Run, Told};
use super::printer::Printer;
use super::signals::asked_to_end;
use crate::project::Project;
use crate::{link, os};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    root: Root,
    /// What starts the game [default: `engine.command` of liveline.toml]
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub(super) async fn main(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let root = arguments.root.resolve()?;
    let command = command(&arguments, &root)?;
    let mut printer = Printer::new(false);
    let liveline = link::locate(root.clone()).await.folder;
    let (link, ended) = link::connect(root.clone());
    let link::Link { events, mut updates } = link;
    let (told, mut engine) = mpsc::unbounded_channel();
    let stop = Engine { command: command.clone(), folder: root, liveline }.supervise(told);
    let work = async {
        loop {
            tokio::select! {
                event = updates.recv() => match event {
                    Some(event) => drop(printer.print(&event)),
                    None => return,
                },
                told = engine.recv() => match told {
                    Some(Told::Started) => eprintln!("liveline: starting {}", command.join(" ")),
                    Some(Told::Again { run, pause }) => {
                        eprintln!("liveline: the game {}; starting it again in {} ms", describe(&run), pause.as_millis());
                    }
                    Some(Told::Done) | None => return,
                },
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = asked_to_end() => {}
    }
    drop(stop);
    // The game is asked to end; its last word comes when it has.
    let last = async { while !matches!(engine.recv().await, Some(Told::Done) | None) {} };
    let _ = tokio::time::timeout(std::time::Duration::from_secs(3), last).await;
    drop((events, updates));
    ended.wait().await;
    Ok(ExitCode::SUCCESS)
}

fn command(arguments: &Arguments, root: &std::path::Path) -> anyhow::Result<Vec<String>> {
    if !arguments.command.is_empty() {
        return Ok(arguments.command.clone());
    }
    let project = Project::load(root).map_err(|broken| anyhow::anyhow!(broken.message))?;
    let configured = project.config.engine.command;
    if !configured.is_empty() {
        return Ok(configured);
    }
    let engine = project.engines.first().context(
        "no command: say `liveline run -- COMMAND`, or set `engine.command` in liveline.toml, for example \
         command = [\"cargo\", \"run\", \"-p\", \"game\"]",
    )?;
    Ok(["cargo", "run", "-p", engine].map(str::to_owned).to_vec())
}

fn describe(run: &Run) -> String {
    match run {
        Run::NotStarted(error) => format!("could not be started: {error}"),
        Run::Ended(status) => match os::death_signal(*status) {
            Some(signal) => format!("died of signal {signal}"),
            None => format!("ended with {status}"),
        },
    }
}
