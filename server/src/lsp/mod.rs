//! The language server on standard input and output.
//!
//! ```text
//! input thread ─▶ transport ─▶ service ─▶ backend ─▶ events ─▶ main loop ─▶ state ─▶ hub
//! output thread ◀─ outbox ◀──────┴────────────────────────────────┘        hub ─▶ ┘
//! ```
//!
//! The loop owns all state and never waits. Nothing here waits for the editor: what it is told goes into a queue,
//! what it is asked is answered by an event.

mod backend;
mod client;
mod code_actions;
mod commands;
mod config_file;
mod convert;
mod debounce;
mod disk;
mod documents;
mod event;
mod hub;
mod hub_events;
mod initialize;
mod input;
mod lenses;
mod main_loop;
mod messages;
mod output;
mod parent;
mod progress;
mod publish;
mod service;
mod settings;
mod state;
mod status;
mod sync;
mod transport;
mod uri;

#[cfg(test)]
mod tests;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::link::Link;
use event::Event;
use state::State;
use transport::{End, Transport};

/// Events that wait for the loop. While there are as many, no more is read from the editor.
const EVENTS: usize = 1024;
/// For handlers that are under way and for bytes that are not written when the conversation has ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// Serves one editor until it says `exit`, its streams end or break, or its process dies.
///
/// `connect` is called once, with the workspace root that the editor names, inside the tokio runtime; it must not
/// block. The value is the process's exit status: 0 after an orderly `shutdown`. Threads may still be blocked on
/// `input` or `output` on return, so the caller leaves `main` soon.
pub async fn serve(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    connect: impl FnMut(PathBuf) -> Link + Send + 'static,
) -> ExitCode {
    match converse(input, output, Box::new(connect)).await {
        Ok(End::Orderly) => ExitCode::SUCCESS,
        Ok(End::Abrupt) => ExitCode::FAILURE,
        Err(error) => {
            tracing::error!("no threads for the editor's streams: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn converse(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    connect: main_loop::Connect,
) -> std::io::Result<End> {
    let outbox = output::start(output)?;
    let frames = input::start(input)?;
    let (events, received) = mpsc::channel(EVENTS);
    let mut main_loop = tokio::spawn(main_loop::run(State::new(outbox.clone()), received, connect));
    let service = backend::service(events.clone());
    let mut transport = Transport { service, outbox: outbox.clone(), events, waiting: JoinSet::new() };
    let end = tokio::select! {
        end = transport.run(frames) => end,
        () = outbox.broken() => return Ok(End::Abrupt),
        _ = &mut main_loop => return Ok(End::Abrupt),
    };
    // The loop's end drops the replies that are still owed, which ends the handlers that wait for them.
    let finish = async {
        let _ = transport.events.send(Event::Stop).await;
        let _ = main_loop.await;
        while transport.waiting.join_next().await.is_some() {}
    };
    let _ = tokio::time::timeout(PATIENCE, finish).await;
    outbox.flush(PATIENCE).await;
    Ok(end)
}
