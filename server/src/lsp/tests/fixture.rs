//! An editor and a hub around one server in this process. What a test does not take, fails it.

use std::collections::VecDeque;
use std::io::{PipeReader, PipeWriter, Write, pipe};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use liveline_protocol::frame::{self, Decoder};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::face::{FaceEvent, HubEvent, Level};
use crate::link::Link;
use crate::lsp::converse;
use crate::lsp::transport::End;

/// Long enough for a machine that does much else; only a failing test waits for it.
const DEADLINE: Duration = Duration::from_secs(20);

/// The editor, the server and the hub.
pub(super) struct Fixture {
    input: Option<PipeWriter>,
    output: Option<PipeReader>,
    messages: Receiver<Value>,
    seen: VecDeque<Value>,
    ended: Receiver<End>,
    end: Option<End>,
    updates: Option<UnboundedSender<HubEvent>>,
    events: UnboundedReceiver<FaceEvent>,
    roots: Receiver<PathBuf>,
    last_id: u64,
    settled: u64,
}

impl Fixture {
    /// A server that has not heard anything yet.
    pub(super) fn start() -> Self {
        let mut fixture = Self::start_undrained();
        fixture.drain();
        fixture
    }

    /// Likewise, with an editor that does not read.
    pub(super) fn start_undrained() -> Self {
        let (server_input, input) = pipe().expect("a pipe");
        let (output, server_output) = pipe().expect("a pipe");
        let (updates, link_updates) = unbounded_channel();
        let (link_events, events) = unbounded_channel();
        let (root_sender, roots) = channel();
        let mut link = Some(Link { events: link_events, updates: link_updates });
        let connect = move |root| {
            let _ = root_sender.send(root);
            link.take().expect("one hub")
        };
        let (end_sender, ended) = channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            let serve = converse(server_input, server_output, Box::new(connect));
            let end = runtime.expect("a runtime").block_on(serve).expect("threads");
            let _ = end_sender.send(end);
        });
        Self {
            input: Some(input),
            output: Some(output),
            messages: channel().1,
            seen: VecDeque::new(),
            ended,
            end: None,
            updates: Some(updates),
            events,
            roots,
            last_id: 0,
            settled: 0,
        }
    }

    /// A server that has been initialized and whose hub has connected.
    pub(super) fn initialized(capabilities: Value) -> Self {
        let mut fixture = Self::start();
        fixture.initialize(capabilities);
        fixture.hub_says(connected());
        fixture
    }

    /// The usual greeting.
    pub(super) fn initialize(&mut self, capabilities: Value) -> Value {
        let params = json!({ "processId": null, "rootUri": "file:///game", "capabilities": capabilities });
        let id = self.request("initialize", params);
        let result = self.result(id);
        self.notify("initialized", json!({}));
        assert_eq!(self.root(), Path::new("/game"));
        result
    }

    /// The root that the server asked to be linked to.
    pub(super) fn root(&self) -> PathBuf {
        self.roots.recv_timeout(DEADLINE).expect("the server links to a hub")
    }

    /// The editor begins to read.
    pub(super) fn drain(&mut self) {
        let mut output = self.output.take().expect("an output that is not read yet");
        let (sender, messages) = channel();
        self.messages = messages;
        thread::spawn(move || {
            let mut decoder = Decoder::default();
            while let Ok(Some(body)) = frame::read_body(&mut output, &mut decoder) {
                let message = serde_json::from_slice(&body).expect("the server writes JSON");
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
    }

    /// The editor will never read again.
    pub(super) fn break_output(&mut self) {
        self.output = None;
    }

    /// The editor says nothing more.
    pub(super) fn close_input(&mut self) {
        self.input = None;
    }

    /// Bytes as they are.
    pub(super) fn send_raw(&mut self, bytes: &[u8]) {
        self.input.as_mut().expect("an open input").write_all(bytes).expect("the server reads");
    }

    /// A message in a frame.
    pub(super) fn send(&mut self, message: &Value) {
        self.send_raw(&framed(&message.to_string()));
    }

    /// A notification.
    pub(super) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// A request; the value is its id.
    pub(super) fn request(&mut self, method: &str, params: Value) -> u64 {
        self.last_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params }));
        self.last_id
    }

    /// Opens a Rust file.
    pub(super) fn open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "rust", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Edits a file; the change is LSP's.
    pub(super) fn change(&mut self, uri: &str, version: i32, changes: Value) {
        let document = json!({ "uri": uri, "version": version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// Saves a file.
    pub(super) fn save(&mut self, uri: &str) {
        self.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    }

    /// The next message that `wanted` wants, wherever it stands among the others.
    pub(super) fn take(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(at) = self.seen.iter().position(&wanted) {
                return self.seen.remove(at).expect("a message at its place");
            }
            match self.messages.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(message) => self.seen.push_back(message),
                Err(error) => panic!("no {what}: {error}; there were {:#?}", self.seen),
            }
        }
    }

    /// The answer to a request.
    pub(super) fn answer(&mut self, id: u64) -> Value {
        self.take(&format!("answer to {id}"), |message| {
            message.get("method").is_none() && message["id"] == id
        })
    }

    /// The result of a request.
    pub(super) fn result(&mut self, id: u64) -> Value {
        let answer = self.answer(id);
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    /// The error of a request.
    pub(super) fn error(&mut self, id: u64) -> (i64, String) {
        let answer = self.answer(id);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (answer["error"]["code"].as_i64().expect("an error"), text(&answer["error"]["message"]))
    }

    /// The parameters of the next notification of this method.
    pub(super) fn notification(&mut self, method: &str) -> Value {
        let message = self.take(method, |message| message["method"] == method && message.get("id").is_none());
        message["params"].clone()
    }

    /// The next request of the server's of this method: id and parameters.
    pub(super) fn asked(&mut self, method: &str) -> (Value, Value) {
        let message = self.take(method, |message| message["method"] == method && message.get("id").is_some());
        (message["id"].clone(), message["params"].clone())
    }

    /// Answers a request of the server's.
    pub(super) fn reply(&mut self, id: Value, result: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
    }

    /// The next diagnostics, and that they are `uri`'s.
    pub(super) fn diagnostics(&mut self, uri: &str) -> Value {
        let params = self.notification("textDocument/publishDiagnostics");
        assert_eq!(params["uri"], uri);
        params
    }

    /// The newest of the diagnostics that have come; the test has settled before.
    pub(super) fn last_diagnostics(&mut self, uri: &str) -> Value {
        let is_diagnostics = |message: &Value| message["method"] == "textDocument/publishDiagnostics";
        let all: Vec<Value> = self.seen.iter().filter(|message| is_diagnostics(message)).cloned().collect();
        self.seen.retain(|message| !is_diagnostics(message));
        let last = all.last().expect("diagnostics")["params"].clone();
        assert_eq!(last["uri"], uri);
        last
    }

    /// The server has handled all that was sent before, by its editor and by its hub: each has a way of its own to
    /// it, and neither waits for the other.
    pub(super) fn settle(&mut self) {
        if let Some(updates) = &self.updates {
            self.settled += 1;
            let text = format!("settled {}", self.settled);
            let marker = HubEvent::Message { level: Level::Warning, text: text.clone() };
            updates.send(marker).expect("the server listens to its hub");
            // Shown and logged; an editor that is behind gets both when it has caught up.
            for _ in 0..2 {
                self.take(&text, |message| message["params"]["message"] == text.as_str());
            }
        }
        let id = self.request("liveline/status", Value::Null);
        self.result(id);
    }

    /// The hub says something.
    pub(super) fn hub_says(&self, event: HubEvent) {
        let updates = self.updates.as_ref().expect("a hub");
        updates.send(event).expect("the server listens to its hub");
    }

    /// The hub is no more.
    pub(super) fn hub_ends(&mut self) {
        self.updates = None;
    }

    /// The next that the hub is told.
    pub(super) fn told(&mut self) -> FaceEvent {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.events.try_recv() {
                Ok(event) => return event,
                Err(_) if Instant::now() < deadline => thread::yield_now(),
                Err(error) => panic!("the hub was told nothing: {error}"),
            }
        }
    }

    /// How the server ended, by itself.
    pub(super) fn end(&mut self) -> End {
        let end = match self.ended.recv_timeout(DEADLINE) {
            Ok(end) => end,
            Err(RecvTimeoutError::Timeout) => panic!("the server does not end"),
            Err(RecvTimeoutError::Disconnected) => panic!("the server panicked"),
        };
        self.end = Some(end);
        end
    }

    /// Whether the server has ended already.
    pub(super) fn has_ended(&mut self) -> bool {
        self.end = self.end.or_else(|| self.ended.try_recv().ok());
        self.end.is_some()
    }

    fn shut_down(&mut self) {
        let id = self.request("shutdown", Value::Null);
        assert_eq!(self.result(id), Value::Null);
        self.notify("exit", Value::Null);
        assert_eq!(self.end(), End::Orderly);
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        if self.end.is_none() {
            self.shut_down();
        }
        self.seen.extend(self.messages.iter());
        self.seen.retain(|message| message["method"] != "window/logMessage");
        assert!(self.seen.is_empty(), "messages that the test did not expect: {:#?}", self.seen);
        if let Ok(event) = self.events.try_recv() {
            panic!("the hub was told what the test did not expect: {event:?}");
        }
    }
}

/// The bytes of a frame.
pub(super) fn framed(body: &str) -> Vec<u8> {
    frame::encode(body.as_bytes()).expect("a short body")
}

/// The first thing that a hub says.
pub(super) fn connected() -> HubEvent {
    HubEvent::Connected { root: PathBuf::from("/game"), owner: true, pid: 7 }
}

/// A range as LSP writes it.
pub(super) fn range(start: (u32, u32), end: (u32, u32)) -> Value {
    let place = |(line, character): (u32, u32)| json!({ "line": line, "character": character });
    json!({ "start": place(start), "end": place(end) })
}
