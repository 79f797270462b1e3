//! `liveline lsp`: the language server.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use super::signals::asked_to_end;
use crate::link;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Accepted because editors pass it; standard input and output are what is used anyway
    #[arg(long)]
    stdio: bool,
}

pub(super) async fn main(_: Arguments) -> anyhow::Result<ExitCode> {
    let ended = Arc::new(Mutex::new(Vec::new()));
    let slot = ended.clone();
    let connect = move |root| {
        let (link, ended) = link::connect(root);
        slot.lock().unwrap_or_else(PoisonError::into_inner).push(ended);
        link
    };
    let serve = crate::lsp::serve(std::io::stdin(), std::io::stdout(), connect);
    let code = tokio::select! {
        code = serve => code,
        () = asked_to_end() => ExitCode::FAILURE,
    };
    // Dropped with the loop, the links end at once; the waits share the time.
    let ended = std::mem::take(&mut *ended.lock().unwrap_or_else(PoisonError::into_inner));
    futures::future::join_all(ended.into_iter().map(link::Ended::wait)).await;
    Ok(code)
}
