//! `liveline headless`: watches, builds and notifies engines without an editor.

use std::process::ExitCode;

use super::Root;
use super::printer::Printer;
use super::signals::asked_to_end;
use crate::link;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    root: Root,
    /// Print one event a line, as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn main(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut printer = Printer::new(arguments.json);
    let (link, ended) = link::connect(arguments.root.resolve()?);
    // The sender must live: without it the hub takes the face for gone.
    let link::Link { events, mut updates } = link;
    let print = async {
        while let Some(event) = updates.recv().await {
            if printer.print(&event).is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = print => {}
        () = asked_to_end() => {}
    }
    drop((events, updates));
    ended.wait().await;
    Ok(ExitCode::SUCCESS)
}
