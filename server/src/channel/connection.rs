//! One connection: an engine, a second server, or a question. What it sends that is none of these ends it and
//! nothing else.

use std::io;
use std::time::Duration;

use liveline_protocol::engine::{Attach, method};
use liveline_protocol::message::{INVALID_PARAMS, METHOD_NOT_FOUND, Message, REQUEST_FAILED, parse_params};
use liveline_protocol::remote::{ARTIFACT, Ends};
use liveline_protocol::{PROTOCOL_VERSION, status, version_mismatch};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{mpsc, oneshot};

use super::guest::{self, Guest};
use super::peer::{self, Join};
use super::stream::{Messages, Writer};
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
    let (messages, writer) = (Messages::new(reader), Writer::new(writer));
    Connection { messages, writer, number, inputs, guest: None }.run().await;
}

/// Serves another host's connection to its end: that of an engine and of nobody else.
pub async fn serve_guest(
    stream: TcpStream,
    ends: Ends,
    guest: Guest,
    number: u64,
    inputs: mpsc::UnboundedSender<Input>,
) {
    let (reader, writer) = stream.into_split();
    let (messages, writer) = (Messages::sealed(reader, ends.opener), Writer::sealed(writer, ends.sealer));
    Connection { messages, writer, number, inputs, guest: Some(guest) }.run().await;
}

struct Connection<R, W> {
    messages: Messages<R>,
    writer: Writer<W>,
    number: u64,
    inputs: mpsc::UnboundedSender<Input>,
    guest: Option<Guest>,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    async fn run(self) {
        let number = self.number;
        if let Err(error) = self.introduce().await {
            tracing::info!(number, %error, "a connection was dropped");
        }
    }

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
                    // A face sees all sources and may change what is built.
                    peer::JOIN if self.guest.is_none() => return self.join(id, params).await,
                    status::METHOD if self.guest.is_none() => self.status(id).await?,
                    peer::VERSION if self.guest.is_none() => {
                        self.writer.send(&Message::answer(id, &Join::ours())).await?;
                    }
                    _ => self.refuse(id, METHOD_NOT_FOUND, format!("unknown method `{method}`")).await?,
                },
                Some(_) => {}
            }
        }
    }

    async fn refuse(&mut self, id: Value, code: i64, text: String) -> io::Result<()> {
        self.writer.send(&Message::failure(id, code, text)).await
    }

    async fn status(&mut self, id: Value) -> io::Result<()> {
        let (reply, answer) = oneshot::channel();
        let _ = self.inputs.send(Input::Status(reply));
        match answer.await {
            Ok(status) => self.writer.send(&Message::answer(id, &status)).await,
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
        let (asks, asked) = guest::requests();
        let (reply, answer) = oneshot::channel();
        let engine = Engine {
            session: session.clone(),
            inputs: self.inputs.clone(),
            outgoing: outgoing.clone(),
            asks: self.guest.is_some().then_some(asks),
        };
        let attach = Box::new(attach);
        let address = self.guest.as_ref().map(|guest| guest.address.to_string());
        let joining =
            Joining { session: session.clone(), attach, address, outgoing, reply, has_waited: false };
        let _ = self.inputs.send(Input::Attach(joining));
        // However this ends: the port may be closed in the middle.
        let _gone = Gone { session, inputs: self.inputs.clone() };
        let Ok(attached) = answer.await else {
            return self.refuse(id, REQUEST_FAILED, "the server is ending".to_owned()).await;
        };
        self.writer.send(&Message::answer(id, &attached)).await?;
        match self.guest {
            None => tokio::select! {
                result = engine.listen(self.messages) => result,
                result = write_all(self.writer, queue) => result,
            },
            Some(guest) => tokio::select! {
                result = engine.listen(self.messages) => result,
                result = guest::write_all(self.writer, queue, asked, guest.artifacts) => result,
            },
        }
    }

    /// A second server works through this one as a face.
    async fn join(mut self, id: Value, params: Value) -> io::Result<()> {
        match parse_params::<Join>(peer::JOIN, params) {
            Ok(join) if join == Join::ours() => {}
            Ok(join) => return self.refuse(id, REQUEST_FAILED, Join::refusal(&join.version)).await,
            Err(text) => return self.refuse(id, INVALID_PARAMS, text).await,
        }
        self.writer.send(&Message::answer(id, &Value::Null)).await?;
        let face = FaceId(self.number);
        let (updates, mut queue) = mpsc::unbounded_channel();
        let _ = self.inputs.send(Input::FaceJoined { face, updates, owner: false });
        let forward = async {
            while let Some(event) = queue.recv().await {
                let message = Message::notification(peer::HUB, &event);
                tokio::time::timeout(UNREAD, self.writer.send(&message)).await??;
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

/// Dropped, it tells that an engine's connection has ended.
struct Gone {
    session: Session,
    inputs: mpsc::UnboundedSender<Input>,
}

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.inputs.send(Input::core(Event::EngineGone { session: self.session.clone() }));
    }
}

/// The reading half of an attached engine.
struct Engine {
    session: Session,
    inputs: mpsc::UnboundedSender<Input>,
    outgoing: mpsc::Sender<Message>,
    /// For parts of artifacts, where it cannot read them itself.
    asks: Option<mpsc::Sender<guest::Request>>,
}

impl Engine {
    async fn listen<R: AsyncRead + Unpin>(self, mut messages: Messages<R>) -> io::Result<()> {
        while let Some(message) = messages.next().await? {
            match message {
                Message::Request { id, method, params } if method == ARTIFACT && self.asks.is_some() => {
                    self.asks.iter().try_for_each(|asks| guest::ask(asks, id.clone(), params.clone()))?;
                }
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
            Ok(said) => {
                tracing::trace!(session = self.session.0, ?said, "an engine's report");
                drop(self.inputs.send(Input::engine_said(&self.session, said)));
            }
            Err(error) => tracing::warn!(session = self.session.0, error, "an engine's report was skipped"),
        }
    }
}

async fn write_all<W: AsyncWrite + Unpin>(
    mut writer: Writer<W>,
    mut queue: mpsc::Receiver<Message>,
) -> io::Result<()> {
    while let Some(message) = queue.recv().await {
        tokio::time::timeout(UNREAD, writer.send(&message)).await??;
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
