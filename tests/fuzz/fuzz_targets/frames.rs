//! Any bytes as frames: however they are cut into pieces, the bodies are the same, and one that is a message is the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use liveline_protocol::frame::{Decoder, encode};
use liveline_protocol::message::Message;

/// All bodies of bytes that arrive in pieces of this size, and whether they ended in an error.
fn bodies(bytes: &[u8], piece: usize) -> (Vec<Vec<u8>>, bool) {
    let (mut decoder, mut bodies) = (Decoder::default(), Vec::new());
    for piece in bytes.chunks(piece) {
        decoder.push(piece);
        loop {
            match decoder.next_body() {
                Ok(Some(body)) => bodies.push(body),
                Ok(None) => break,
                Err(_) => return (bodies, true),
            }
        }
    }
    (bodies, false)
}

fuzz_target!(|bytes: &[u8]| {
    let whole = bodies(bytes, bytes.len().max(1));
    assert_eq!(bodies(bytes, 1), whole);
    assert_eq!(bodies(bytes, 7), whole);
    for body in &whole.0 {
        let frame = encode(body).expect("it came in a frame");
        assert_eq!(bodies(&frame, 5), (vec![body.clone()], false));
        if let Ok(message) = Message::parse(body) {
            let again = Message::parse(message.to_json().to_string().as_bytes());
            assert_eq!(again.expect("a message").to_json(), message.to_json());
        }
    }
});
