//! Everything that can happen to the language server. One loop takes these in order (`main_loop`).

use serde_json::Value;
use tokio::sync::oneshot;
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::{
    CodeActionOrCommand, CodeActionParams, CodeLens, CodeLensParams, CompletionParams, CompletionResponse,
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DidSaveTextDocumentParams, ExecuteCommandParams, Hover, HoverParams, InitializeParams, ProgressToken,
};

use crate::face::{HubEvent, Question};
use crate::folders::Folders;
use liveline_protocol::status::Status;

/// Where an answer goes. Dropped without one, the request fails.
pub(super) type Reply<T> = oneshot::Sender<jsonrpc::Result<T>>;

/// One thing that happened.
#[derive(Debug)]
pub(super) enum Event {
    /// `initialize`; it has been answered.
    Initialize(Box<InitializeParams>),
    /// `initialized`: from here on the editor may be spoken to.
    Initialized,
    /// `shutdown`, answered when nothing stands open any more.
    Shutdown(Reply<()>),
    /// The conversation has ended: the last event.
    Stop,
    /// `textDocument/didOpen`.
    Opened(DidOpenTextDocumentParams),
    /// `textDocument/didChange`.
    Changed(DidChangeTextDocumentParams),
    /// `textDocument/didSave`.
    Saved(DidSaveTextDocumentParams),
    /// `textDocument/didClose`.
    Closed(DidCloseTextDocumentParams),
    /// `textDocument/codeAction`.
    CodeActions(Box<CodeActionParams>, Reply<Vec<CodeActionOrCommand>>),
    /// `textDocument/codeLens`.
    CodeLenses(CodeLensParams, Reply<Vec<CodeLens>>),
    /// `textDocument/completion`.
    Completions(Box<CompletionParams>, Reply<Option<CompletionResponse>>),
    /// `textDocument/hover`.
    Hover(HoverParams, Reply<Option<Hover>>),
    /// `workspace/executeCommand`.
    Execute(ExecuteCommandParams, Reply<Value>),
    /// `workspace/didChangeConfiguration`: its settings.
    Configured(Value),
    /// `workspace/didChangeWorkspaceFolders`.
    Folders(Folders),
    /// `liveline/status`, asked.
    AskedStatus(Reply<Status>),
    /// `liveline/history` and its like.
    AskedPast(Question, Reply<Value>),
    /// `window/workDoneProgress/cancel`.
    ProgressCancelled(ProgressToken),
    /// The editor answered a request of the server's.
    Answered(Answer),
    /// The hub said something.
    Hub(HubEvent),
    /// The hub will say nothing more.
    HubGone,
    /// A pause in typing has lasted long enough.
    Paused,
    /// The editor has read most of what was sent.
    CaughtUp,
    /// For tests: a handler of the loop that fails.
    #[cfg(test)]
    Panic(Reply<Value>),
}

/// An answer to a request of the server's.
#[derive(Debug)]
pub(super) struct Answer {
    /// Of the request.
    pub(super) id: Value,
    /// What was asked for, or why it failed.
    pub(super) result: Result<Value, String>,
}
