//! Frames from the editor, read by a thread of its own: nothing that is blocked here keeps the process alive.
//!
//! `liveline_protocol::frame` gives up at the first byte out of place, as is right towards an engine. An editor
//! that slips is not left alone: what cannot be read is skipped up to the next `Content-Length`.

use std::io::{self, BufRead, BufReader, Read};
use std::thread;

use tokio::sync::mpsc;

/// A body that is longer is skipped.
const LONGEST_BODY: u64 = 256 * 1024 * 1024;
/// A header line that is longer is taken for garbage.
const LONGEST_LINE: u64 = 8 * 1024;
/// Frames that are read ahead. The reader waits while the server has this many before it.
const AHEAD: usize = 64;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A frame's body.
    Body(Vec<u8>),
    /// Bytes that were no frame; why.
    Skipped(&'static str),
}

/// Starts reading. The channel ends where the input does.
pub(super) fn start(input: impl Read + Send + 'static) -> io::Result<mpsc::Receiver<Incoming>> {
    let (frames, receiver) = mpsc::channel(AHEAD);
    let read_all = move || {
        let mut reader = BufReader::with_capacity(64 * 1024, input);
        while let Ok(Some(incoming)) = next(&mut reader) {
            if frames.blocking_send(incoming).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("lsp-input".to_owned()).spawn(read_all)?;
    Ok(receiver)
}

/// The next frame; `None` at the end, also in the middle of a frame.
fn next(reader: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let mut length = None;
    let mut is_garbled = false;
    loop {
        let Some(line) = line(reader)? else { return Ok(None) };
        match header(&line) {
            Header::End => match length {
                Some(length) => return body(reader, length),
                None if is_garbled => return Ok(Some(Incoming::Skipped("a frame without a Content-Length"))),
                None => {}
            },
            Header::Length(bytes) => length = Some(bytes),
            Header::Other => {}
            Header::Garbled => is_garbled = true,
        }
    }
}

enum Header {
    End,
    Length(u64),
    Other,
    Garbled,
}

fn header(line: &[u8]) -> Header {
    const NAME: &[u8] = b"content-length:";
    let line = line.trim_ascii();
    // Found anywhere in the line, so that a body that was cut short does not take the next frame with it.
    let name = line.windows(NAME.len()).rposition(|window| window.eq_ignore_ascii_case(NAME));
    let value = name.map(|at| line[at + NAME.len()..].trim_ascii());
    match value.map(|value| std::str::from_utf8(value).ok().and_then(|value| value.parse().ok())) {
        Some(Some(length)) => Header::Length(length),
        Some(None) => Header::Garbled,
        None if line.is_empty() => Header::End,
        None if line.contains(&b':') && line.first().is_some_and(u8::is_ascii_alphabetic) => Header::Other,
        None => Header::Garbled,
    }
}

fn line(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = reader.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    Ok((read > 0).then_some(line))
}

fn body(reader: &mut impl BufRead, length: u64) -> io::Result<Option<Incoming>> {
    if length > LONGEST_BODY {
        io::copy(&mut reader.take(length), &mut io::sink())?;
        return Ok(Some(Incoming::Skipped("a frame that is too long")));
    }
    let mut body = Vec::new();
    let read = reader.take(length).read_to_end(&mut body)?;
    Ok((read as u64 == length).then_some(Incoming::Body(body)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(mut bytes: &[u8]) -> Vec<Incoming> {
        let mut all = Vec::new();
        while let Some(incoming) = next(&mut bytes).expect("slices can be read") {
            all.push(incoming);
        }
        all
    }

    fn body(text: &str) -> Incoming {
        Incoming::Body(text.as_bytes().to_vec())
    }

    #[test]
    fn headers_may_be_many_and_of_any_case() {
        let frames =
            b"content-length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\nX: y\r\n\r\n{}";
        assert_eq!(read(frames), [body("{}")]);
    }

    #[test]
    fn garbage_is_skipped_up_to_the_next_frame() {
        let frames =
            b"\x00garbageContent-Length: 2\r\n\r\n{}Content-Length: x\r\n\r\nContent-Length: 2\r\n\r\n[]";
        let skipped = Incoming::Skipped("a frame without a Content-Length");
        assert_eq!(read(frames), [body("{}"), skipped, body("[]")]);
    }

    #[test]
    fn a_body_without_header_is_skipped() {
        let frames = b"Content-Type: x\r\n\r\n{\"id\":1}Content-Length: 2\r\n\r\n{}";
        assert_eq!(read(frames), [body("{}")]);
    }

    #[test]
    fn an_end_inside_a_frame_is_an_end() {
        assert_eq!(read(b"Content-Length: 9\r\n\r\n{}"), []);
    }

    #[test]
    fn a_length_that_nobody_can_hold_is_not_reserved() {
        assert_eq!(
            read(b"Content-Length: 18446744073709551615\r\n\r\n{}"),
            [Incoming::Skipped("a frame that is too long")]
        );
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            read(&bytes);
        }
    }
}
