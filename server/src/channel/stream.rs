//! Messages over an asynchronous byte stream.

use std::io;

use liveline_protocol::frame::Decoder;
use liveline_protocol::message::Message;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Reads messages one by one.
#[derive(Debug)]
pub struct Messages<R> {
    reader: R,
    decoder: Decoder,
}

impl<R: AsyncRead + Unpin> Messages<R> {
    /// From the stream's present place.
    pub fn new(reader: R) -> Self {
        Self { reader, decoder: Decoder::default() }
    }

    /// The next message; `None` at the stream's end. Dropping the future loses nothing.
    pub async fn next(&mut self) -> io::Result<Option<Message>> {
        let mut chunk = [0u8; 16 * 1024];
        loop {
            let invalid = |error: String| io::Error::new(io::ErrorKind::InvalidData, error);
            if let Some(body) = self.decoder.next_body().map_err(|error| invalid(error.to_string()))? {
                return Message::parse(&body).map(Some).map_err(invalid);
            }
            match self.reader.read(&mut chunk).await? {
                0 if self.decoder.is_mid_frame() => return Err(io::ErrorKind::UnexpectedEof.into()),
                0 => return Ok(None),
                count => self.decoder.push(&chunk[..count]),
            }
        }
    }
}

/// Writes one message.
pub async fn send(writer: &mut (impl AsyncWrite + Unpin), message: &Message) -> io::Result<()> {
    let frame = message.to_frame().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    writer.write_all(&frame).await?;
    writer.flush().await
}
