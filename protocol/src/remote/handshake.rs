//! Both ends of the handshake as plain values: bytes in, bytes out. Neither takes more bytes than its next step needs.

use std::fmt;

use super::mac::is_same;
use super::{Opener, Sealer, Token};

/// No HTTP request begins with a zero byte.
const MAGIC: [u8; 16] = *b"\0liveline-remote";
/// Of handshake and records.
const VERSION: u32 = 1;

const HEAD: usize = MAGIC.len() + 4;
const NONCE: usize = 32;
const PROOF: usize = 32;
const HELLO: usize = HEAD + NONCE;
const CHALLENGE: usize = HEAD + NONCE + PROOF;

/// Random bytes that one side has never used before.
pub type Nonce = [u8; NONCE];

/// Why a peer is not spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its first bytes are no handshake: a web page, a port scanner.
    NotLiveline,
    /// It speaks another version of the handshake.
    OtherVersion(u32),
    /// It does not know the token, or repeats what it has heard.
    WrongToken,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLiveline => write!(f, "it does not speak Liveline's handshake"),
            Self::OtherVersion(theirs) => write!(
                f,
                "it speaks version {theirs} of the remote handshake and this side version {VERSION}: use the same \
                 version of `liveline-server` and of the `liveline` crate"
            ),
            Self::WrongToken => {
                write!(f, "it does not know this token: copy the workspace's token file anew")
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// What each side seals with and opens with after the handshake.
#[derive(Debug)]
pub struct Ends {
    /// For what is sent.
    pub sealer: Sealer,
    /// For what comes.
    pub opener: Opener,
}

/// The engine's handshake is over.
#[derive(Debug)]
pub struct Established {
    /// To be sent before all records.
    pub proof: Vec<u8>,
    /// For the records.
    pub ends: Ends,
}

/// The engine's end.
#[derive(Debug)]
pub struct Caller {
    token: Token,
    nonce: Nonce,
    seen: Vec<u8>,
}

impl Caller {
    /// With a fresh nonce.
    pub fn new(token: Token, nonce: Nonce) -> Self {
        Self { token, nonce, seen: Vec::new() }
    }

    /// To be sent first.
    pub fn hello(&self) -> Vec<u8> {
        [head().as_slice(), &self.nonce].concat()
    }

    /// How many bytes may be read from the server now.
    pub fn wants(&self) -> usize {
        CHALLENGE.saturating_sub(self.seen.len())
    }

    /// Takes in bytes, at most as many as it [`Self::wants`].
    pub fn take(&mut self, bytes: &[u8]) -> Result<Option<Established>, Refusal> {
        take_in(&mut self.seen, bytes, CHALLENGE)?;
        let Some(challenge) = self.seen.first_chunk::<CHALLENGE>() else { return Ok(None) };
        let (nonce, proof) = challenge[HEAD..].split_at(NONCE);
        let facts = Facts { token: &self.token, engine: &self.nonce, server: nonce };
        if !is_same(proof, &facts.derive(SERVER_PROOF)) {
            return Err(Refusal::WrongToken);
        }
        let ends = Ends {
            sealer: Sealer::new(&facts.derive(ENGINE_KEY)),
            opener: Opener::new(&facts.derive(SERVER_KEY)),
        };
        Ok(Some(Established { proof: facts.derive(ENGINE_PROOF).to_vec(), ends }))
    }
}

/// The server's end.
#[derive(Debug)]
pub struct Answerer {
    token: Token,
    nonce: Nonce,
    seen: Vec<u8>,
    /// The engine's nonce, once it has come.
    theirs: Option<Nonce>,
}

/// What the server does next.
#[derive(Debug)]
pub enum Step {
    /// Reads on.
    Wait,
    /// Sends this and reads on.
    Send(Vec<u8>),
    /// Records follow.
    Done(Box<Ends>),
}

impl Answerer {
    /// With a fresh nonce.
    pub fn new(token: Token, nonce: Nonce) -> Self {
        Self { token, nonce, seen: Vec::new(), theirs: None }
    }

    /// How many bytes may be read from the engine now.
    pub fn wants(&self) -> usize {
        let step = if self.theirs.is_none() { HELLO } else { PROOF };
        step.saturating_sub(self.seen.len())
    }

    /// Takes in bytes, at most as many as it [`Self::wants`].
    pub fn take(&mut self, bytes: &[u8]) -> Result<Step, Refusal> {
        match self.theirs {
            None => self.hear_hello(bytes),
            Some(theirs) => self.hear_proof(&theirs, bytes),
        }
    }

    /// What an engine is told before it is left alone: only a Liveline of another version is told anything.
    pub fn farewell(refusal: Refusal) -> Vec<u8> {
        match refusal {
            Refusal::OtherVersion(_) => [head().as_slice(), &[0; NONCE + PROOF]].concat(),
            Refusal::NotLiveline | Refusal::WrongToken => Vec::new(),
        }
    }

    fn hear_hello(&mut self, bytes: &[u8]) -> Result<Step, Refusal> {
        take_in(&mut self.seen, bytes, HELLO)?;
        let Some(theirs) = self.seen.get(HEAD..).and_then(|rest| rest.first_chunk::<NONCE>()).copied() else {
            return Ok(Step::Wait);
        };
        self.seen.clear();
        self.theirs = Some(theirs);
        let proof = self.facts(&theirs).derive(SERVER_PROOF);
        Ok(Step::Send([head().as_slice(), &self.nonce, &proof].concat()))
    }

    fn hear_proof(&mut self, theirs: &Nonce, bytes: &[u8]) -> Result<Step, Refusal> {
        self.seen.extend_from_slice(bytes);
        if self.seen.len() < PROOF {
            return Ok(Step::Wait);
        }
        let facts = self.facts(theirs);
        if !is_same(&self.seen, &facts.derive(ENGINE_PROOF)) {
            return Err(Refusal::WrongToken);
        }
        Ok(Step::Done(Box::new(Ends {
            sealer: Sealer::new(&facts.derive(SERVER_KEY)),
            opener: Opener::new(&facts.derive(ENGINE_KEY)),
        })))
    }

    fn facts<'a>(&'a self, theirs: &'a Nonce) -> Facts<'a> {
        Facts { token: &self.token, engine: theirs, server: &self.nonce }
    }
}

const SERVER_PROOF: &[u8] = b"server's proof\0";
const ENGINE_PROOF: &[u8] = b"engine's proof\0";
const SERVER_KEY: &[u8] = b"server's key\0";
const ENGINE_KEY: &[u8] = b"engine's key\0";

/// All that a proof or a key depends on, beside its role.
struct Facts<'a> {
    token: &'a Token,
    engine: &'a [u8],
    server: &'a [u8],
}

impl Facts<'_> {
    /// The roles end in a zero byte and the rest has a fixed length, so no two texts are the same.
    fn derive(&self, role: &[u8]) -> [u8; 32] {
        self.token.mac().of(&[role, &VERSION.to_be_bytes(), self.engine, self.server])
    }
}

fn head() -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..MAGIC.len()].copy_from_slice(&MAGIC);
    head[MAGIC.len()..].copy_from_slice(&VERSION.to_be_bytes());
    head
}

/// Adds bytes of a message that begins with a head, and refuses it at the first byte that differs.
fn take_in(seen: &mut Vec<u8>, bytes: &[u8], most: usize) -> Result<(), Refusal> {
    seen.extend_from_slice(bytes);
    let magic = &seen[..seen.len().min(MAGIC.len())];
    if seen.len() > most || *magic != MAGIC[..magic.len()] {
        return Err(Refusal::NotLiveline);
    }
    let version = seen.get(MAGIC.len()..).and_then(|rest| rest.first_chunk::<4>());
    match version.map(|version| u32::from_be_bytes(*version)) {
        Some(theirs) if theirs != VERSION => Err(Refusal::OtherVersion(theirs)),
        _ => Ok(()),
    }
}
