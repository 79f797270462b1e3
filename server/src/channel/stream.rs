//! Messages over an asynchronous byte stream: plain to processes of this user, sealed to other hosts.

use std::io;
use std::time::Duration;

use liveline_protocol::frame::Decoder;
use liveline_protocol::message::Message;
use liveline_protocol::remote::{Chunk, Kind, Opener, Sealer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How long another host may be silent: it says every few seconds that it is there.
pub const SILENCE: Duration = Duration::from_secs(15);
/// How long another host may take no byte of what it is sent.
const STUCK: Duration = Duration::from_secs(10);

/// Reads messages one by one.
#[derive(Debug)]
pub struct Messages<R> {
    reader: R,
    decoder: Decoder,
    /// Of records, if they come from another host.
    opener: Option<Opener>,
}

impl<R: AsyncRead + Unpin> Messages<R> {
    /// From the stream's present place.
    pub fn new(reader: R) -> Self {
        Self { reader, decoder: Decoder::default(), opener: None }
    }

    /// Of another host; from the first record on.
    pub fn sealed(reader: R, opener: Opener) -> Self {
        Self { reader, decoder: Decoder::default(), opener: Some(opener) }
    }

    /// The next message; `None` at the stream's end. Dropping the future loses nothing.
    pub async fn next(&mut self) -> io::Result<Option<Message>> {
        let mut chunk = [0u8; 16 * 1024];
        loop {
            if let Some(body) = self.decoder.next_body().map_err(invalid)? {
                return Message::parse(&body).map(Some).map_err(invalid);
            }
            let count = match &mut self.opener {
                None => self.reader.read(&mut chunk).await?,
                Some(_) => tokio::time::timeout(SILENCE, self.reader.read(&mut chunk)).await??,
            };
            match count {
                0 if self.decoder.is_mid_frame() => return Err(io::ErrorKind::UnexpectedEof.into()),
                0 if self.opener.as_ref().is_some_and(Opener::is_mid_record) => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                0 => return Ok(None),
                count => self.take_in(&chunk[..count])?,
            }
        }
    }

    fn take_in(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(opener) = &mut self.opener else {
            self.decoder.push(bytes);
            return Ok(());
        };
        opener.push(bytes);
        while let Some(record) = opener.next_record().map_err(invalid)? {
            if record.kind == Kind::Frames {
                self.decoder.push(&record.payload);
            }
        }
        Ok(())
    }
}

fn invalid(error: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

/// Writes one message.
pub async fn send(writer: &mut (impl AsyncWrite + Unpin), message: &Message) -> io::Result<()> {
    writer.write_all(&to_frame(message)?).await?;
    writer.flush().await
}

fn to_frame(message: &Message) -> io::Result<Vec<u8>> {
    message.to_frame().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}

/// Writes messages, and what only other hosts are sent.
#[derive(Debug)]
pub struct Writer<W> {
    writer: W,
    sealer: Option<Sealer>,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    /// To a process of this user.
    pub fn new(writer: W) -> Self {
        Self { writer, sealer: None }
    }

    /// To another host, whose handshake is over.
    pub fn sealed(writer: W, sealer: Sealer) -> Self {
        Self { writer, sealer: Some(sealer) }
    }

    /// Writes one message. Another host may take its time, as long as it takes some of it now and then.
    pub async fn send(&mut self, message: &Message) -> io::Result<()> {
        match &self.sealer {
            None => send(&mut self.writer, message).await,
            Some(_) => self.send_sealed(Kind::Frames, &to_frame(message)?).await,
        }
    }

    /// A part of an artifact, for another host.
    pub async fn send_chunk(&mut self, chunk: &Chunk) -> io::Result<()> {
        self.send_sealed(Kind::Chunk, &chunk.to_payload()).await
    }

    /// Tells another host that this one is there.
    pub async fn send_alive(&mut self) -> io::Result<()> {
        self.send_sealed(Kind::Alive, &[]).await
    }

    async fn send_sealed(&mut self, kind: Kind, payload: &[u8]) -> io::Result<()> {
        let Some(sealer) = &mut self.sealer else { return Ok(()) };
        let mut bytes = Vec::with_capacity(payload.len() + 64);
        sealer.seal(kind, payload, &mut bytes);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            match tokio::time::timeout(STUCK, self.writer.write(rest)).await?? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => rest = &rest[count..],
            }
        }
        self.writer.flush().await
    }
}
