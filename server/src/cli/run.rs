//! `liveline run`: headless, with the game as a child.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::mpsc;

use super::Root;
use super::engine::{Engine, Order, Run, Told};
use super::printer::Printer;
use super::signals::asked_to_end;
use crate::face::{FaceEvent, HubEvent};
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
    let orders = Engine { command: command.clone(), folder: root, liveline }.supervise(told);
    let work = async {
        loop {
            tokio::select! {
                event = updates.recv() => match event {
                    Some(event) => {
                        match &event {
                            // Each hub is told anew: it may be another process's.
                            HubEvent::Connected { .. } => drop(events.send(FaceEvent::Runs)),
                            HubEvent::RestartEngine => drop(orders.send(Order::Restart)),
                            HubEvent::Announced(_) => drop(orders.send(Order::Hurry)),
                            _ => {}
                        }
                        let _ = printer.print(&event);
                    }
                    None => return,
                },
                told = engine.recv() => match told {
                    Some(Told::Started) => eprintln!("liveline: starting {}", command.join(" ")),
                    Some(Told::Again { run, pause, state }) => {
                        eprintln!("liveline: the game {}; {}", describe(&run), next_start(pause, state));
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
    drop(orders);
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

/// When the game is started again, and with which state.
fn next_start(pause: Duration, state: Option<Duration>) -> String {
    let when = match pause.as_millis() {
        0 => "starting it again".to_owned(),
        millis => format!("starting it again in {millis} ms"),
    };
    match state {
        Some(age) => format!("{when}, with its scripts' state of {} ms ago", age.as_millis()),
        None => format!("{when}, with its scripts' state anew"),
    }
}

fn describe(run: &Run) -> String {
    match run {
        Run::Restarted => "was ended, as was asked for".to_owned(),
        Run::NotStarted(error) => format!("could not be started: {error}"),
        Run::Ended(status) => match os::death_signal(*status) {
            Some(signal) => format!("died of signal {signal}"),
            None => format!("ended with {status}"),
        },
    }
}
