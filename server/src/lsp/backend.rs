//! LSP's methods as tower-lsp calls them: each is one event for the loop that owns the state, sent without waiting.

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{
    CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, CompletionParams, CompletionResponse,
    DidChangeConfigurationParams, DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams, ExecuteCommandParams,
    Hover, HoverParams, InitializeParams, InitializeResult, InitializedParams, LSPAny,
    WorkDoneProgressCancelParams,
};
use tower_lsp::{LanguageServer, LspService};

use super::event::{Event, Reply};
use super::{initialize, service::Mended};
use crate::face::Question;
use crate::folders::Folders;
use liveline_protocol::history::{self, SourceParams, SourcesParams};
use liveline_protocol::status::{self, Status};

/// Owns a sender and nothing else.
#[derive(Debug)]
pub(super) struct Backend {
    events: mpsc::Sender<Event>,
}

/// The service with all methods, custom ones included.
pub(super) fn service(events: mpsc::Sender<Event>) -> Mended<LspService<Backend>> {
    let builder = LspService::build(|_| Backend { events })
        .custom_method(status::METHOD, Backend::status)
        .custom_method(history::METHOD, Backend::history)
        .custom_method(history::SOURCES, Backend::sources)
        .custom_method(history::SOURCE, Backend::source)
        .custom_method("window/workDoneProgress/cancel", Backend::progress_cancelled)
        .custom_method("$/setTrace", Backend::set_trace);
    #[cfg(test)]
    let builder = builder
        .custom_method("test/panic", Backend::panics)
        .custom_method("test/panicNotification", Backend::panics_silently)
        .custom_method("test/panicLoop", Backend::panics_in_the_loop);
    // The client's end is not used: the loop speaks to the editor through the outbox.
    let (service, _) = builder.finish();
    Mended::new(service)
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let answer = initialize::answer(&params.capabilities);
        self.tell(Event::Initialize(Box::new(params)));
        Ok(answer)
    }

    async fn initialized(&self, _: InitializedParams) {
        self.tell(Event::Initialized);
    }

    async fn shutdown(&self) -> Result<()> {
        self.ask(Event::Shutdown).await
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        self.tell(Event::Opened(params));
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        self.tell(Event::Changed(params));
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        self.tell(Event::Saved(params));
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.tell(Event::Closed(params));
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        self.tell(Event::Configured(params.settings));
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let added = initialize::paths(&params.event.added);
        let removed = initialize::paths(&params.event.removed);
        self.tell(Event::Folders(Folders { added, removed }));
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.ask(|reply| Event::CodeActions(Box::new(params), reply)).await.map(Some)
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.ask(|reply| Event::CodeLenses(params, reply)).await.map(Some)
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        self.ask(|reply| Event::Completions(Box::new(params), reply)).await
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        self.ask(|reply| Event::Hover(params, reply)).await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<LSPAny>> {
        self.ask(|reply| Event::Execute(params, reply)).await.map(Some)
    }
}

impl Backend {
    async fn status(&self) -> Result<Status> {
        self.ask(Event::AskedStatus).await
    }

    async fn history(&self) -> Result<Value> {
        self.ask(|reply| Event::AskedPast(Question::History, reply)).await
    }

    async fn sources(&self, SourcesParams { library, generation }: SourcesParams) -> Result<Value> {
        let question = Question::Sources { library, generation };
        self.ask(|reply| Event::AskedPast(question, reply)).await
    }

    async fn source(&self, SourceParams { library, generation, path }: SourceParams) -> Result<Value> {
        let question = Question::Source { library, generation, path: path.into() };
        self.ask(|reply| Event::AskedPast(question, reply)).await
    }

    async fn progress_cancelled(&self, params: WorkDoneProgressCancelParams) {
        self.tell(Event::ProgressCancelled(params.token));
    }

    /// Nothing is traced; the editor need not know.
    async fn set_trace(&self, _: Value) {}

    /// The transport keeps room for one event per message, so this neither waits nor fails while the loop lives.
    fn tell(&self, event: Event) {
        if self.events.try_send(event).is_err() {
            tracing::error!("the language server's loop has ended; a message was dropped");
        }
    }

    async fn ask<T>(&self, event: impl FnOnce(Reply<T>) -> Event) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.tell(event(reply));
        answer.await.unwrap_or_else(|_| Err(Error::internal_error()))
    }
}

#[cfg(test)]
impl Backend {
    async fn panics(&self, _: Value) -> Result<Value> {
        panic!("as the test asked")
    }

    async fn panics_silently(&self, _: Value) {
        panic!("as the test asked")
    }

    async fn panics_in_the_loop(&self, _: Value) -> Result<Value> {
        self.ask(Event::Panic).await
    }
}
