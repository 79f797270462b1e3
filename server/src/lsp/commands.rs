//! `workspace/executeCommand`: given to the hub, answered when the hub says so.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::NamedTempFile;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::{
    ExecuteCommandParams, MessageType, ShowDocumentParams, ShowMessageParams, notification::ShowMessage,
    request::ShowDocument,
};

use super::client::Asked;
use super::event::Reply;
use super::state::State;
use super::uri;
use crate::face::{Command, FaceEvent, Question};

/// The commands that are announced.
pub(super) const NAMES: [&str; 10] = [
    "liveline.build",
    "liveline.reload",
    "liveline.undo",
    "liveline.redo",
    "liveline.clearFaults",
    "liveline.test",
    "liveline.resetState",
    "liveline.restartEngine",
    "liveline.showLog",
    SHOW_MESSAGE,
];

/// Shows rustc's own rendering of a message: `[{"rendered": "…"}]`. The answer is the text.
pub(super) const SHOW_MESSAGE: &str = "liveline.showMessage";

/// Runs the tests of the last good build: `[{"library": "player", "test": "tests::adds"}]`, where both may be missing.
pub(super) const TEST: &str = "liveline.test";

/// Commands that the hub has not answered.
#[derive(Debug, Default)]
pub(super) struct Commands {
    waiting: HashMap<u64, Reply<Value>>,
    last_id: u64,
    /// The message that the editor was asked to open.
    shown: Option<NamedTempFile>,
}

impl Commands {
    /// The number for the next command.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The hub that should have answered is gone.
    pub(super) fn fail_all(&mut self, why: &str) {
        for (_, reply) in self.waiting.drain() {
            let _ = reply.send(Err(failure(why.to_owned())));
        }
    }

    /// A file with a message for the editor to open; it stands until the next one or the server's end.
    fn message_file(&mut self, text: &str) -> Option<PathBuf> {
        let file = tempfile::Builder::new().prefix("rustc-message-").suffix(".txt").tempfile();
        let written = file.and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file));
        let written =
            written.inspect_err(|error| tracing::warn!("a message cannot be written to a file: {error}"));
        self.shown = written.ok();
        self.shown.as_ref().map(|file| file.path().to_owned())
    }

    fn wait(&mut self, id: u64, reply: Reply<Value>) {
        // Who cancelled its request waits no more.
        self.waiting.retain(|_, reply| !reply.is_closed());
        self.waiting.insert(id, reply);
    }
}

impl State {
    /// A person gave a command.
    pub(super) fn execute(&mut self, params: &ExecuteCommandParams, reply: Reply<Value>) {
        if params.command == "liveline.showLog" {
            self.say_where_the_log_is();
            let _ = reply.send(Ok(Value::Null));
            return;
        }
        if params.command == SHOW_MESSAGE {
            let shown = rendered(params).map(|text| self.show_message(&text));
            let _ = reply.send(shown);
            return;
        }
        match parse(params) {
            Ok(command) => self.command(command, reply),
            Err(error) => _ = reply.send(Err(error)),
        }
    }

    fn command(&mut self, command: Command, reply: Reply<Value>) {
        let id = self.commands.next_id();
        let is_given = self.hub.command(id, command);
        self.wait_for_answer(id, is_given, reply);
    }

    /// The editor asks something of the generations that are kept.
    pub(super) fn asked_past(&mut self, question: Question, reply: Reply<Value>) {
        let id = self.commands.next_id();
        let is_given = self.hub.ask(FaceEvent::Asked { id, question });
        self.wait_for_answer(id, is_given, reply);
    }

    fn wait_for_answer(&mut self, id: u64, is_given: bool, reply: Reply<Value>) {
        match is_given {
            true => self.commands.wait(id, reply),
            false => {
                _ = reply.send(Err(failure("Liveline's builder has ended; restart the server".to_owned())))
            }
        }
    }

    /// The hub has carried a command out or not.
    pub(super) fn command_done(&mut self, id: u64, result: std::result::Result<Value, String>) {
        if let Some(reply) = self.commands.waiting.remove(&id) {
            let _ = reply.send(result.map_err(failure));
        }
    }

    /// In a window of its own, or as a message where the editor opens none.
    fn show_message(&mut self, text: &str) -> Value {
        let file = self.client.capabilities.show_document.then(|| self.commands.message_file(text)).flatten();
        match file.and_then(|file| uri::from_path(&file)) {
            Some(uri) => {
                let (external, take_focus) = (Some(false), Some(true));
                let params = ShowDocumentParams { uri, external, take_focus, selection: None };
                self.client.ask::<ShowDocument>(&params, Asked::Document);
            }
            None => self.client.notify::<ShowMessage>(&ShowMessageParams {
                typ: MessageType::INFO,
                message: text.to_owned(),
            }),
        }
        Value::String(text.to_owned())
    }

    fn say_where_the_log_is(&self) {
        let message = "Liveline's log is in the editor's log for language servers (window/logMessage), \
                       and on the server's standard error";
        self.client.notify::<ShowMessage>(&ShowMessageParams {
            typ: MessageType::INFO,
            message: message.to_owned(),
        });
    }
}

fn parse(params: &ExecuteCommandParams) -> Result<Command> {
    let library = library(&params.arguments)?;
    match params.command.as_str() {
        "liveline.build" => Ok(Command::Build { library }),
        "liveline.reload" => Ok(Command::Reload { library }),
        "liveline.undo" => {
            let generation = field(&params.arguments, "generation", "a generation's number")?;
            Ok(Command::Undo { library, generation })
        }
        "liveline.redo" => Ok(Command::Redo { library }),
        "liveline.clearFaults" => Ok(Command::ClearFaults { library }),
        TEST => {
            let test = field(&params.arguments, "test", "a test's name")?;
            Ok(Command::Test { library, test })
        }
        "liveline.resetState" => {
            let types: Option<Vec<String>> = field(&params.arguments, "types", "a list of types' names")?;
            Ok(Command::ResetState { library, types: types.unwrap_or_default() })
        }
        "liveline.restartEngine" => Ok(Command::RestartEngine),
        other => {
            Err(Error::invalid_params(format!("no such command: {other}; there are {}", NAMES.join(", "))))
        }
    }
}

fn rendered(params: &ExecuteCommandParams) -> Result<String> {
    let text: Option<String> = field(&params.arguments, "rendered", "a message's text")?;
    text.ok_or_else(|| Error::invalid_params(format!("{SHOW_MESSAGE} takes {{\"rendered\": \"…\"}}")))
}

/// `[]`, `[null]`, `["scripts"]` or `[{"library": "scripts"}]`.
fn library(arguments: &[Value]) -> Result<Option<String>> {
    let argument = match arguments.first() {
        Some(Value::Object(fields)) => fields.get("library"),
        other => other,
    };
    match argument {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(library)) => Ok(Some(library.clone())),
        Some(other) => Err(Error::invalid_params(format!("the argument is a library's name, not {other}"))),
    }
}

/// A field of the first argument, if that has fields.
fn field<T: DeserializeOwned>(arguments: &[Value], name: &str, what: &str) -> Result<Option<T>> {
    let value = arguments.first().and_then(|argument| argument.get(name)).cloned().unwrap_or_default();
    serde_json::from_value(value.clone())
        .map_err(|_| Error::invalid_params(format!("`{name}` is {what}, not {value}")))
}

/// LSP's `RequestFailed`: well asked, and yet not possible.
fn failure(why: String) -> Error {
    let code = ErrorCode::ServerError(liveline_protocol::message::REQUEST_FAILED);
    Error { code, message: why.into(), data: None }
}
