//! How an engine on another host attaches over TCP: both sides prove that they know one token, and from then on every
//! record has a code that only they can make. Nothing is encrypted.
//!
//! The engine speaks first, in bytes that no web browser can be made to send:
//! ```text
//! engine ─▶ server   magic, version, engine's nonce
//! server ─▶ engine   magic, version, server's nonce, server's proof
//! engine ─▶ server   engine's proof; records follow
//! ```
//! A proof is HMAC-SHA256, keyed by the token, over a role, the version and both nonces. So it holds for one
//! connection and for one side of it. The records' keys are derived likewise, one for each direction.

use serde::{Deserialize, Serialize};

mod handshake;
mod mac;
mod seal;
#[cfg(test)]
mod tests;
mod token;

pub use handshake::{Answerer, Caller, Ends, Established, Nonce, Refusal, Step};
pub use seal::{Kind, MAX_PAYLOAD, Opener, Record, Sealer, Tampered};
pub use token::Token;

/// The environment variable with the address of a server on another host, `HOST:PORT`. It goes before every search.
pub const REMOTE_VARIABLE: &str = "LIVELINE_REMOTE";
/// The environment variable with the absolute path of the file that holds the server's token.
pub const TOKEN_VARIABLE: &str = "LIVELINE_TOKEN";
/// The environment variable with the absolute path of the folder in which a remote engine makes a directory for the
/// code that it loads; without it, the user's cache folder.
pub const CODE_VARIABLE: &str = "LIVELINE_CODE";
/// The name of the token's file in Liveline's folder of the target directory.
pub const TOKEN_FILE: &str = "remote-token";

/// engine → server, request of a remote engine: [`Wanted`]; answered by a [`Chunk`] in a record of its own, or by an
/// error.
pub const ARTIFACT: &str = "artifact";
/// The most bytes of an artifact in one answer.
pub const MAX_CHUNK: usize = 32 * 1024;
/// The most requests for parts of artifacts that may wait for their answer. A newer generation's bytes come behind
/// what was asked for before, so this bounds how long they wait.
pub const WINDOW: usize = 4;

/// The parameters of [`ARTIFACT`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The artifact's file name.
    pub file: String,
    /// From this byte on.
    pub offset: u64,
    /// So many, [`MAX_CHUNK`] at the most.
    pub bytes: u64,
}

/// A part of an artifact: the payload of a [`Kind::Chunk`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The id of the request that it answers.
    pub request: u64,
    /// As many as were asked for, fewer at the file's end.
    pub bytes: Vec<u8>,
}

impl Chunk {
    /// As a record's payload.
    pub fn to_payload(&self) -> Vec<u8> {
        let mut payload = self.request.to_be_bytes().to_vec();
        payload.extend_from_slice(&self.bytes);
        payload
    }

    /// Reads a record's payload; `None` if it is too short to be one.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (request, bytes) = payload.split_first_chunk::<8>()?;
        Some(Self { request: u64::from_be_bytes(*request), bytes: bytes.to_vec() })
    }
}
