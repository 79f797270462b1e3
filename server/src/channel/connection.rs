//! One connection: an engine, a second server, or a question. What it sends that is none of these ends it and
//! nothing else.

use std::io;
use std::time::Duration;

use liveline_protocol::engine::{Attach, method};
use liveline_protocol::message::{INVALID_PARAMS, METHOD_NOT_FOUND, Message, REQUEST_FAILED, parse_params};
use liveline_protocol::{PROTOCOL_VERSION, status, version_mismatch};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};

use super::peer::{self, Join};
use super::stream::{Messages, send};
use crate::core::{EngineSaid, Event, FaceId, Session};
use crate::face::FaceEvent;
use crate::hub::{ENGINE_QUEUE, Input, Joining};

/// How long a new connection may take to say what it is.
const INTRODUCTION: Duration = Duration::from_secs(5);
/// How long a peer may leave a message unread.
const UNREAD: Duration = Duration::from_secs(10);

/// Serves a connection to its end.
pub async fn serve(stream: UnixStream, number: u64, inputs: mpsc::UnboundedSender<Input>) {
    let (reader, writer) = stream.into_split();
    let connection = Connection { messages: Messages::new(reader), writer, number, inputs };
    if let Err(error) = connection.introduce().await {
        tracing::info!(number, %error, "a connection was dropped");
    }
}

struct Connection {
    messages: Messages<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    number: u64,
    inputs: mpsc::UnboundedSender<Input>,
}

impl Connection {
    /// The first request says what this is. Until then notifications mean nothing.
    async fn introduce(mut self) -> io::Result<()> {
        let deadline = tokio::time::Instant::now() + INTRODUCTION;
        loop {
            let next = tokio::time::timeout_at(deadline, self.messages.next()).await;
            let message =
                next.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "it did not say what it is"))??;
            match message {
                None => return Ok(()),
                Some(Message::Request { id, method, params }) => match method.as_str() {
                    method::ATTACH => return self.attach(id, params).await,
                    peer::JOIN => return self.join(id, params).await,
                    status::METHOD => self.status(id).await?,
                    _ => self.refuse(id, METHOD_NOT_FOUND, format!("unknown method `{method}`")).await?,
                },
                Some(_) => {}
            }
        }
    }

    async fn refuse(&mut self, id: Value, code: i64, text: String) -> io::Result<()> {
        send(&mut self.writer, &Message::failure(id, code, text)).await
    }

    async fn status(&mut self, id: Value) -> io::Result<()> {
        let (reply, answer) = oneshot::channel();
        let _ = self.inputs.send(Input::Status(reply));
        match answer.await {
            Ok(status) => send(&mut self.writer, &Message::answer(id, &status)).await,
            Err(_) => self.refuse(id, REQUEST_FAILED, "the server is ending".to_owned()).await,
        }
    }

    async fn attach(mut self, id: Value, params: Value) -> io::Result<()> {
        // The version goes first: another version's parameters need not have this one's form.
        let theirs = params.get("protocol").and_then(Value::as_u64);
        if let Some(theirs) = theirs.filter(|theirs| *theirs != u64::from(PROTOCOL_VERSION)) {
            let theirs = u32::try_from(theirs).unwrap_or(u32::MAX);
            return self.refuse(id, REQUEST_FAILED, version_mismatch(theirs)).await;
        }
        let attach: Attach = match parse_params(method::ATTACH, params) {
            Ok(attach) => attach,
            Err(text) => return self.refuse(id, INVALID_PARAMS, text).await,
        };
        let session = Session(format!("{}-{}", std::process::id(), self.number));
        let (outgoing, queue) = mpsc::channel(ENGINE_QUEUE);
        let (reply, answer) = oneshot::channel();
        let engine =
            Engine { session: session.clone(), inputs: self.inputs.clone(), outgoing: outgoing.clone() };
        let attach = Box::new(attach);
        let request =
            Input::Attach(Joining { session: session.clone(), attach, outgoing, reply, has_waited: false });
        let _ = self.inputs.send(request);
        let Ok(attached) = answer.await else {
            return self.refuse(id, REQUEST_FAILED, "the server is ending".to_owned()).await;
        };
        send(&mut self.writer, &Message::answer(id, &attached)).await?;
        let result = tokio::select! {
            result = engine.listen(self.messages) => result,
            result = write_all(self.writer, queue) => result,
        };
        let _ = self.inputs.send(Input::core(Event::EngineGone { session }));
        result
    }

    /// A second server works through this one as a face.
    async fn join(mut self, id: Value, params: Value) -> io::Result<()> {
        match parse_params::<Join>(peer::JOIN, params) {
            Ok(join) if join == Join::ours() => {}
            Ok(join) => return self.refuse(id, REQUEST_FAILED, Join::refusal(&join.version)).await,
            Err(text) => return self.refuse(id, INVALID_PARAMS, text).await,
        }
        send(&mut self.writer, &Message::answer(id, &Value::Null)).await?;
        let face = FaceId(self.number);
        let (updates, mut queue) = mpsc::unbounded_channel();
        let _ = self.inputs.send(Input::FaceJoined { face, updates, owner: false });
        let forward = async {
            while let Some(event) = queue.recv().await {
                let message = Message::notification(peer::HUB, &event);
                tokio::time::timeout(UNREAD, send(&mut self.writer, &message)).await??;
            }
            Ok(())
        };
        let listen = async {
            while let Some(message) = self.messages.next().await? {
                if let Some(event) = notification::<FaceEvent>(message, peer::FACE) {
                    let _ = self.inputs.send(Input::Face(face, event));
                }
            }
            Ok(())
        };
        let result = tokio::select! { result = forward => result, result = listen => result };
        let _ = self.inputs.send(Input::FaceLeft(face));
        result
    }
}

/// The reading half of an attached engine.
struct Engine {
    session: Session,
    inputs: mpsc::UnboundedSender<Input>,
    outgoing: mpsc::Sender<Message>,
}

impl Engine {
    async fn listen(self, mut messages: Messages<OwnedReadHalf>) -> io::Result<()> {
        while let Some(message) = messages.next().await? {
            match message {
                Message::Request { id, method, .. } if method == method::DETACH => {
                    // The engine closes the connection when it has read this.
                    let _ =
                        self.inputs.send(Input::core(Event::EngineGone { session: self.session.clone() }));
                    let _ = self.outgoing.send(Message::answer(id, &Value::Null)).await;
                }
                Message::Request { id, method, .. } => {
                    let text = format!("unknown method `{method}`");
                    let _ = self.outgoing.send(Message::failure(id, METHOD_NOT_FOUND, text)).await;
                }
                Message::Notification { method, params } => self.hear(&method, params),
                Message::Response { .. } => {}
            }
        }
        Ok(())
    }

    fn hear(&self, name: &str, params: Value) {
        let said = match name {
            method::RELOADED => parse_params(name, params).map(EngineSaid::Reloaded),
            method::FAULT => parse_params(name, params).map(EngineSaid::Fault),
            method::RAN => parse_params(name, params).map(EngineSaid::Ran),
            _ => return,
        };
        match said {
            Ok(said) => drop(self.inputs.send(Input::engine_said(&self.session, said))),
            Err(error) => tracing::warn!(session = self.session.0, error, "an engine's report was skipped"),
        }
    }
}

async fn write_all(mut writer: OwnedWriteHalf, mut queue: mpsc::Receiver<Message>) -> io::Result<()> {
    while let Some(message) = queue.recv().await {
        tokio::time::timeout(UNREAD, send(&mut writer, &message)).await??;
    }
    Ok(())
}

/// A notification's parameters, if it is the one that is meant and they can be read.
pub fn notification<T: DeserializeOwned>(message: Message, wanted: &str) -> Option<T> {
    match message {
        Message::Notification { method, params } if method == wanted => parse_params(&method, params)
            .map_err(|error| tracing::warn!(error, "a message of the other server was skipped"))
            .ok(),
        _ => None,
    }
}
