//! Records: bytes with a code that says who sent them, after how many others.

use std::fmt;

use super::MAX_CHUNK;
use super::mac::{CODE, Mac, is_same};

/// The longest payload of a record, in bytes: a chunk of an artifact with its request's number.
pub const MAX_PAYLOAD: usize = MAX_CHUNK + 8;

/// The kind, and the payload's length as four bytes, the highest first.
const HEAD: usize = 5;

/// What a record carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A piece of the stream of frames ([`crate::frame`]).
    Frames,
    /// A [`super::Chunk`].
    Chunk,
    /// Nothing: the sender is still there.
    Alive,
    /// What a later version may send; to be ignored.
    Unknown(u8),
}

impl Kind {
    fn number(self) -> u8 {
        match self {
            Self::Frames => 0,
            Self::Chunk => 1,
            Self::Alive => 2,
            Self::Unknown(number) => number,
        }
    }

    pub(super) fn of(number: u8) -> Self {
        match number {
            0 => Self::Frames,
            1 => Self::Chunk,
            2 => Self::Alive,
            other => Self::Unknown(other),
        }
    }
}

/// What came in a record whose code is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What the payload is.
    pub kind: Kind,
    /// At most [`MAX_PAYLOAD`] bytes.
    pub payload: Vec<u8>,
}

/// A record is not what the other side sent, where it sent it. After that the connection cannot be used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tampered;

impl fmt::Display for Tampered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what came was changed, repeated or left out on its way")
    }
}

impl std::error::Error for Tampered {}

/// One direction's key and the number of its records.
#[derive(Debug)]
struct Direction {
    mac: Mac,
    sequence: u64,
}

impl Direction {
    fn new(key: &[u8; CODE]) -> Self {
        Self { mac: Mac::new(key), sequence: 0 }
    }

    /// The code of the next record.
    fn code(&self, head: &[u8], payload: &[u8]) -> [u8; CODE] {
        self.mac.of(&[&self.sequence.to_be_bytes(), head, payload])
    }
}

/// Makes records.
#[derive(Debug)]
pub struct Sealer(Direction);

impl Sealer {
    pub(super) fn new(key: &[u8; CODE]) -> Self {
        Self(Direction::new(key))
    }

    /// Writes a payload into `out`, as one record or as many as it takes.
    pub fn seal(&mut self, kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
        if payload.is_empty() {
            return self.seal_one(kind, payload, out);
        }
        payload.chunks(MAX_PAYLOAD).for_each(|part| self.seal_one(kind, part, out));
    }

    fn seal_one(&mut self, kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
        let mut head = [kind.number(), 0, 0, 0, 0];
        // At most MAX_PAYLOAD.
        head[1..].copy_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes());
        let code = self.0.code(&head, payload);
        self.0.sequence += 1;
        out.extend_from_slice(&head);
        out.extend_from_slice(payload);
        out.extend_from_slice(&code);
    }
}

/// Takes bytes as they come and gives the payloads of whole records whose code is right.
#[derive(Debug)]
pub struct Opener {
    direction: Direction,
    bytes: Vec<u8>,
    is_broken: bool,
}

impl Opener {
    pub(super) fn new(key: &[u8; CODE]) -> Self {
        Self { direction: Direction::new(key), bytes: Vec::new(), is_broken: false }
    }

    /// Adds bytes that have arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole record, or `None` while it has not arrived.
    pub fn next_record(&mut self) -> Result<Option<Record>, Tampered> {
        let opened = if self.is_broken { Err(Tampered) } else { self.open() };
        if opened.is_err() {
            self.is_broken = true;
            self.bytes = Vec::new();
        }
        opened
    }

    /// Whether bytes of an unfinished record are waiting.
    pub fn is_mid_record(&self) -> bool {
        !self.bytes.is_empty()
    }

    fn open(&mut self) -> Result<Option<Record>, Tampered> {
        let Some((head, rest)) = self.bytes.split_first_chunk::<HEAD>() else { return Ok(None) };
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let length = usize::try_from(length).ok().filter(|length| *length <= MAX_PAYLOAD).ok_or(Tampered)?;
        let Some((record, _)) = rest.split_at_checked(length + CODE) else { return Ok(None) };
        let (payload, code) = record.split_at(length);
        if !is_same(code, &self.direction.code(head, payload)) {
            return Err(Tampered);
        }
        let record = Record { kind: Kind::of(head[0]), payload: payload.to_vec() };
        self.direction.sequence += 1;
        self.bytes.drain(..HEAD + length + CODE);
        Ok(Some(record))
    }
}
