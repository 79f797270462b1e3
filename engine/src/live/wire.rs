//! A connection to the server as messages: buffers both ways, never waits.

use std::io::ErrorKind;
use std::time::Duration;

use liveline_protocol::frame::Decoder;
use liveline_protocol::message::Message;
use liveline_protocol::remote::{Caller, Chunk};

use crate::mode::os::{self, Stream};
use crate::mode::remote::Sealed;

/// A server that does not read gets no more than this many bytes kept for it.
const MOST_UNSENT: usize = 16 * 1024 * 1024;
/// A server that accepts a connection and does not answer `attach` in this time is given up.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The same for one on another host, with the way there.
const REMOTE_ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// One connection. Every error is why it cannot go on.
pub(crate) struct Wire {
    stream: Stream,
    decoder: Decoder,
    unsent: Vec<u8>,
    /// Of a server on another host.
    sealed: Option<Box<Sealed>>,
}

impl Wire {
    /// Takes a stream that does not block, to a server of this user.
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, decoder: Decoder::default(), unsent: Vec::new(), sealed: None }
    }

    /// To a server on another host. The stream need not be connected yet.
    pub(crate) fn remote(stream: Stream, caller: Caller) -> Self {
        let (sealed, hello) = Sealed::new(caller);
        Self { stream, decoder: Decoder::default(), unsent: hello, sealed: Some(Box::new(sealed)) }
    }

    /// Whether the server is on another host, so that artifacts come over the connection.
    pub(crate) fn is_remote(&self) -> bool {
        self.sealed.is_some()
    }

    /// How long the answer to `attach` may take.
    pub(crate) fn patience(&self) -> Duration {
        if self.is_remote() { REMOTE_ANSWER_WITHIN } else { ANSWER_WITHIN }
    }

    /// To be waited for.
    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Whether the server has not taken all yet.
    pub(crate) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Sends a message, or as much of it as the server takes now.
    pub(crate) fn send(&mut self, message: &Message) -> Result<(), String> {
        let frame = message.to_frame().map_err(|error| error.to_string())?;
        let early = self.sealed.as_ref().map_or(0, |sealed| sealed.early());
        if self.unsent.len() + early + frame.len() > MOST_UNSENT {
            return Err("the server does not read what it is sent".to_owned());
        }
        match &mut self.sealed {
            None => self.unsent.extend_from_slice(&frame),
            Some(sealed) => sealed.send(&frame, &mut self.unsent),
        }
        self.flush()
    }

    /// Sends what is left, or as much of it as the server takes now.
    pub(crate) fn flush(&mut self) -> Result<(), String> {
        while !self.unsent.is_empty() {
            match os::send(&self.stream, &self.unsent) {
                Ok(0) => return Err("the server closed the connection".to_owned()),
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(())
    }

    /// Takes in what has come, some of it if there is much; [`Self::next`] and [`Self::next_chunk`] give it.
    pub(crate) fn receive(&mut self) -> Result<(), String> {
        let mut chunk = [0; 64 * 1024];
        let most = self.sealed.as_ref().map_or(usize::MAX, |sealed| sealed.wants());
        let most = most.min(chunk.len());
        match self.stream.read(&mut chunk[..most]) {
            Ok(0) => Err("the server closed the connection".to_owned()),
            Ok(count) => self.take(&chunk[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        match &mut self.sealed {
            None => {
                self.decoder.push(bytes);
                Ok(())
            }
            Some(sealed) => {
                sealed.take(bytes, &mut self.decoder, &mut self.unsent)?;
                self.flush()
            }
        }
    }

    /// The next whole message that has come.
    pub(crate) fn next(&mut self) -> Result<Option<Message>, String> {
        match self.decoder.next_body() {
            Ok(None) => Ok(None),
            Ok(Some(body)) => {
                Message::parse(&body).map(Some).map_err(|error| format!("the server sent {error}"))
            }
            Err(error) => Err(format!("the server sent no frame: {error}")),
        }
    }

    /// The next part of an artifact that has come.
    pub(crate) fn next_chunk(&mut self) -> Option<Chunk> {
        self.sealed.as_mut()?.next_chunk()
    }

    /// A server on another host is told that the engine is there. Fails if nothing is heard of it; `is_heard` says that
    /// something was just now.
    pub(crate) fn stay_alive(&mut self, is_heard: bool) -> Result<(), String> {
        let Some(sealed) = &mut self.sealed else { return Ok(()) };
        sealed.stay_alive(is_heard, &mut self.unsent)?;
        self.flush()
    }
}
