//! LSP's base protocol: `Content-Length: N`, an empty line, N bytes of JSON.

use std::fmt;
use std::io::{self, Read};

/// The longest body that either side accepts, in bytes.
pub const MAX_BODY: usize = 8 * 1024 * 1024;
/// The longest header block that either side accepts, in bytes.
pub const MAX_HEADER: usize = 4 * 1024;

/// Why bytes are not frames. After such an error the connection cannot be used any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The body is longer than [`MAX_BODY`].
    TooLong(u64),
    /// The header has no end within [`MAX_HEADER`] bytes.
    EndlessHeader,
    /// The header has no readable `Content-Length`.
    NoLength,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(bytes) => {
                write!(f, "a frame of {bytes} bytes is over the limit of {MAX_BODY} bytes")
            }
            Self::EndlessHeader => write!(f, "a frame header is longer than {MAX_HEADER} bytes"),
            Self::NoLength => write!(f, "a frame header has no valid Content-Length"),
        }
    }
}

impl std::error::Error for FrameError {}

/// The bytes of one frame around `body`. Fails if the body is over [`MAX_BODY`].
pub fn encode(body: &[u8]) -> Result<Vec<u8>, FrameError> {
    if body.len() > MAX_BODY {
        return Err(FrameError::TooLong(body.len() as u64));
    }
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(body);
    Ok(frame)
}

/// Takes bytes as they come and gives whole bodies.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
}

impl Decoder {
    /// Adds bytes that have arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole body, or `None` while it has not arrived.
    pub fn next_body(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        let Some((header, start)) = split_header(&self.bytes)? else { return Ok(None) };
        let length = content_length(header)?;
        if self.bytes.len() < start + length {
            return Ok(None);
        }
        let body = self.bytes[start..start + length].to_vec();
        self.bytes.drain(..start + length);
        Ok(Some(body))
    }

    /// Whether bytes of an unfinished frame are waiting.
    pub fn is_mid_frame(&self) -> bool {
        !self.bytes.is_empty()
    }
}

/// Reads one body from a blocking reader; `None` at a clean end between frames.
pub fn read_body(reader: &mut impl Read, decoder: &mut Decoder) -> io::Result<Option<Vec<u8>>> {
    let mut chunk = [0u8; 16 * 1024];
    loop {
        if let Some(body) = decoder.next_body().map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))? {
            return Ok(Some(body));
        }
        match reader.read(&mut chunk) {
            Ok(0) if decoder.is_mid_frame() => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(0) => return Ok(None),
            Ok(count) => decoder.push(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The header block and where the body starts, or `None` while the header has no end yet.
fn split_header(bytes: &[u8]) -> Result<Option<(&[u8], usize)>, FrameError> {
    let window = &bytes[..bytes.len().min(MAX_HEADER)];
    match window.windows(4).position(|four| four == b"\r\n\r\n") {
        Some(end) => Ok(Some((&bytes[..end], end + 4))),
        None if bytes.len() >= MAX_HEADER => Err(FrameError::EndlessHeader),
        None => Ok(None),
    }
}

fn content_length(header: &[u8]) -> Result<usize, FrameError> {
    let header = std::str::from_utf8(header).map_err(|_| FrameError::NoLength)?;
    let value = header
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| value.trim())
        .ok_or(FrameError::NoLength)?;
    let length: u64 = value.parse().map_err(|_| FrameError::NoLength)?;
    usize::try_from(length).ok().filter(|length| *length <= MAX_BODY).ok_or(FrameError::TooLong(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode_all(chunks: impl IntoIterator<Item = Vec<u8>>) -> Result<Vec<Vec<u8>>, FrameError> {
        let mut decoder = Decoder::default();
        let mut bodies = Vec::new();
        for chunk in chunks {
            decoder.push(&chunk);
            while let Some(body) = decoder.next_body()? {
                bodies.push(body);
            }
        }
        Ok(bodies)
    }

    #[test]
    fn a_frame_over_the_limit_is_refused_before_its_body_arrives() {
        let header = format!("Content-Length: {}\r\n\r\n", MAX_BODY + 1).into_bytes();
        assert_eq!(decode_all([header]), Err(FrameError::TooLong(MAX_BODY as u64 + 1)));
        assert_eq!(encode(&vec![0; MAX_BODY + 1]), Err(FrameError::TooLong(MAX_BODY as u64 + 1)));
    }

    #[test]
    fn a_header_without_length_or_end_is_refused() {
        assert_eq!(decode_all([b"Content-Type: x\r\n\r\n".to_vec()]), Err(FrameError::NoLength));
        assert_eq!(decode_all([b"Content-Length: -4\r\n\r\n".to_vec()]), Err(FrameError::NoLength));
        assert_eq!(decode_all([vec![b'x'; MAX_HEADER]]), Err(FrameError::EndlessHeader));
    }

    #[test]
    fn other_header_fields_are_ignored() {
        let frame = b"Content-Type: application/json\r\ncontent-length: 2\r\n\r\n{}".to_vec();
        assert_eq!(decode_all([frame]), Ok(vec![b"{}".to_vec()]));
    }

    #[test]
    fn an_end_inside_a_frame_is_an_error() {
        let mut half: &[u8] = b"Content-Length: 9\r\n\r\n{}";
        let error = read_body(&mut half, &mut Decoder::default()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    proptest! {
        #[test]
        fn bodies_survive_any_cut(bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..8), cut in 1usize..40) {
            let stream: Vec<u8> = bodies.iter().flat_map(|body| encode(body).unwrap()).collect();
            let chunks = stream.chunks(cut).map(<[u8]>::to_vec);
            prop_assert_eq!(decode_all(chunks), Ok(bodies));
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..9000)) {
            let _ = decode_all([bytes]);
        }
    }
}
