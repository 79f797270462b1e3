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
    let ended = Arc::new(Mutex::new(None));
    let slot = ended.clone();
    let connect = move |root| {
        let (link, ended) = link::connect(root);
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
        link
    };
    let serve = crate::lsp::serve(std::io::stdin(), std::io::stdout(), connect);
    let code = tokio::select! {
        code = serve => code,
        () = asked_to_end() => ExitCode::FAILURE,
    };
    let ended = ended.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(ended) = ended {
        ended.wait().await;
    }
    Ok(code)
}
