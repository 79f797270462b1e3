//! From bodies to calls of the service and back: JSON-RPC over the two streams.
//!
//! tower-lsp's own `Server` is not used: its reader ends at the first frame that it cannot parse, its answers and
//! its reader share one task with the output, and it runs handlers only when its queue comes to them.

use futures::FutureExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tower::Service;
use tower_lsp::ExitedError;
use tower_lsp::jsonrpc::{Request, Response};

use super::event::{Answer, Event};
use super::input::Incoming;
use super::output::Outbox;

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;

/// How the conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The editor said `shutdown` before.
    Orderly,
    /// It did not.
    Abrupt,
}

/// Reads, calls and answers.
pub(super) struct Transport<S> {
    pub(super) service: S,
    pub(super) outbox: Outbox,
    pub(super) events: mpsc::Sender<Event>,
    /// Handlers that wait for something.
    pub(super) waiting: JoinSet<()>,
}

impl<S> Transport<S>
where
    S: Service<Request, Response = Option<Response>, Error = ExitedError>,
    S::Future: Send + 'static,
{
    /// Until the editor says `exit` or its stream ends.
    pub(super) async fn run(&mut self, mut frames: mpsc::Receiver<Incoming>) -> End {
        let mut end = End::Abrupt;
        while let Some(incoming) = frames.recv().await {
            while self.waiting.try_join_next().is_some() {}
            match read(incoming) {
                Message::Call(request) if request.method() == "exit" => return end,
                Message::Call(request) => {
                    let is_shutdown = request.method() == "shutdown";
                    let answer = self.call(request, is_shutdown).await;
                    if is_shutdown && answer.is_some_and(|answer| answer.is_ok()) {
                        end = End::Orderly;
                    }
                }
                Message::Answer(answer) => self.hand_over(answer).await,
                Message::Invalid { id, code, why } => self.refuse(&id, code, &why),
            }
        }
        end
    }

    /// Gives the answer if it was there at once. What takes longer is answered by a task of its own, unless `waits`:
    /// then nothing that comes after is looked at before the answer.
    async fn call(&mut self, request: Request, waits: bool) -> Option<Response> {
        // The state's owner is given room for one event more: no handler has to wait for it.
        drop(self.events.reserve().await);
        let ready = std::future::poll_fn(|context| self.service.poll_ready(context)).await;
        if ready.is_err() {
            return None;
        }
        let mut answer = Box::pin(self.service.call(request));
        let ready = if waits { Some((&mut answer).await) } else { (&mut answer).now_or_never() };
        if let Some(answer) = ready {
            let answer = answer.ok().flatten();
            answer.iter().for_each(|answer| self.outbox.send(answer));
            return answer;
        }
        let outbox = self.outbox.clone();
        self.waiting.spawn(async move {
            if let Ok(Some(answer)) = answer.await {
                outbox.send(&answer);
            }
        });
        None
    }

    async fn hand_over(&self, answer: Answer) {
        let _ = self.events.send(Event::Answered(answer)).await;
    }

    fn refuse(&self, id: &Value, code: i64, why: &str) {
        tracing::warn!("a message from the editor was refused: {why}");
        self.outbox.send(&json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": why } }));
    }
}

enum Message {
    Call(Request),
    Answer(Answer),
    Invalid { id: Value, code: i64, why: String },
}

fn read(incoming: Incoming) -> Message {
    let invalid = |id: Value, code, why: String| Message::Invalid { id, code, why };
    let body = match incoming {
        Incoming::Body(body) => body,
        Incoming::Skipped(why) => return invalid(Value::Null, PARSE_ERROR, why.to_owned()),
    };
    let value: Value = match serde_json::from_slice(&body) {
        Ok(value) => value,
        Err(error) => return invalid(Value::Null, PARSE_ERROR, format!("not JSON: {error}")),
    };
    let id = value.get("id").cloned().unwrap_or(Value::Null);
    if value.get("method").is_some() {
        return match serde_json::from_value(value) {
            Ok(request) => Message::Call(request),
            Err(error) => invalid(id, INVALID_REQUEST, format!("not a JSON-RPC request: {error}")),
        };
    }
    match (value.get("result"), value.get("error")) {
        (None, None) => invalid(id, INVALID_REQUEST, "a message without a method".to_owned()),
        (_, Some(error)) => Message::Answer(Answer { id, result: Err(error_text(error)) }),
        (Some(result), None) => Message::Answer(Answer { id, result: Ok(result.clone()) }),
    }
}

fn error_text(error: &Value) -> String {
    error.get("message").and_then(Value::as_str).unwrap_or("no reason given").to_owned()
}
