//! A connection to the server as messages: buffers both ways, never waits.

use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;

use liveline_protocol::frame::Decoder;
use liveline_protocol::message::Message;

use crate::mode::os;

/// A server that does not read gets no more than this many bytes kept for it.
const MOST_UNSENT: usize = 16 * 1024 * 1024;

/// One connection. Every error is why it cannot go on.
pub(crate) struct Wire {
    stream: UnixStream,
    decoder: Decoder,
    unsent: Vec<u8>,
}

impl Wire {
    /// Takes a stream that does not block.
    pub(crate) fn new(stream: UnixStream) -> Self {
        Self { stream, decoder: Decoder::default(), unsent: Vec::new() }
    }

    /// To be waited for.
    pub(crate) fn stream(&self) -> &UnixStream {
        &self.stream
    }

    /// Whether the server has not taken all yet.
    pub(crate) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Sends a message, or as much of it as the server takes now.
    pub(crate) fn send(&mut self, message: &Message) -> Result<(), String> {
        let frame = message.to_frame().map_err(|error| error.to_string())?;
        if self.unsent.len() + frame.len() > MOST_UNSENT {
            return Err("the server does not read what it is sent".to_owned());
        }
        self.unsent.extend_from_slice(&frame);
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

    /// Takes in what has come, some of it if there is much; [`Self::next`] gives the messages.
    pub(crate) fn receive(&mut self) -> Result<(), String> {
        let mut chunk = [0; 64 * 1024];
        match self.stream.read(&mut chunk) {
            Ok(0) => Err("the server closed the connection".to_owned()),
            Ok(count) => {
                self.decoder.push(&chunk[..count]);
                Ok(())
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(()),
            Err(error) => Err(error.to_string()),
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
}
