//! A server on another host: where it is, and the handshake and the records of a connection to it.

use std::collections::VecDeque;
use std::env;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use liveline_protocol::frame::Decoder;
use liveline_protocol::remote::{
    CODE_VARIABLE, Caller, Chunk, Ends, Kind, REMOTE_VARIABLE, TOKEN_FILE, TOKEN_VARIABLE, Token,
};

use crate::mode::os;

/// How often the server is told that the engine is there.
const SAY_EVERY: Duration = Duration::from_secs(3);
/// A server that is silent for this long is gone.
const SILENCE: Duration = Duration::from_secs(15);

/// What the environment says of a server on another host.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// `HOST:PORT`.
    pub(crate) address: String,
    /// The token's file.
    pub(crate) token: PathBuf,
}

impl Server {
    /// The one that is asked for, if one is. The error is a sentence.
    pub(crate) fn named() -> Option<Result<Self, String>> {
        let address = env::var_os(REMOTE_VARIABLE)?;
        let Some(address) = address.into_string().ok().filter(|address| !address.is_empty()) else {
            return Some(Err(format!("{REMOTE_VARIABLE} is no address: it must be HOST:PORT")));
        };
        let Some(token) = env::var_os(TOKEN_VARIABLE) else {
            return Some(Err(format!(
                "{REMOTE_VARIABLE} is set and {TOKEN_VARIABLE} is not: it names the file that `{TOKEN_FILE}` of the \
                 server's target/liveline was copied to"
            )));
        };
        Some(Ok(Self { address, token: token.into() }))
    }

    /// All that it is known as. Asks the system, which may ask the network.
    pub(crate) fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        let found = self.address.to_socket_addrs();
        let found = found.map_err(|error| format!("{REMOTE_VARIABLE}={}: {error}", self.address))?;
        Ok(found.collect())
    }

    /// The token as its file holds it now.
    pub(crate) fn read_token(&self) -> Result<Token, String> {
        let name = self.token.display();
        let text = os::read_secret(&self.token)
            .map_err(|error| format!("the token's file {name} ({TOKEN_VARIABLE}) is not used: {error}"))?;
        Token::parse(&text).map_err(|reason| format!("{name} holds no token: {reason}"))
    }
}

/// The folder in which a directory for received code is made, for this user only. The error is a sentence.
pub(crate) fn code_folder() -> Result<PathBuf, String> {
    let base = env::var_os(CODE_VARIABLE).map(PathBuf::from).or_else(cache).unwrap_or_else(os::own_temporary);
    let fail = |error| {
        format!("{} cannot hold loaded code: {error}; {CODE_VARIABLE} names another folder", base.display())
    };
    if !base.is_absolute() {
        return Err(fail(std::io::Error::other("it is no absolute path")));
    }
    base.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(fail)?;
    os::keep_private_directory(&base).map_err(fail)?;
    Ok(base)
}

fn cache() -> Option<PathBuf> {
    let set = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    set.or_else(home).filter(|path| path.is_absolute()).map(|base| base.join("liveline-engines"))
}

/// The handshake's state, and after it what seals and opens.
pub(crate) struct Sealed {
    phase: Phase,
    /// Frames that wait for the end of the handshake.
    early: Vec<u8>,
    chunks: VecDeque<Chunk>,
    said: Instant,
    heard: Instant,
}

enum Phase {
    Greeting(Box<Caller>),
    Open(Box<Ends>),
}

impl Sealed {
    /// With what is to be sent first.
    pub(crate) fn new(caller: Caller) -> (Self, Vec<u8>) {
        let hello = caller.hello();
        let now = Instant::now();
        let phase = Phase::Greeting(Box::new(caller));
        (Self { phase, early: Vec::new(), chunks: VecDeque::new(), said: now, heard: now }, hello)
    }

    /// How many bytes may be read.
    pub(crate) fn wants(&self) -> usize {
        match &self.phase {
            Phase::Greeting(caller) => caller.wants(),
            Phase::Open(_) => usize::MAX,
        }
    }

    /// Sends a frame, when the handshake is over.
    pub(crate) fn send(&mut self, frame: &[u8], unsent: &mut Vec<u8>) {
        match &mut self.phase {
            Phase::Greeting(_) => self.early.extend_from_slice(frame),
            Phase::Open(ends) => {
                ends.sealer.seal(Kind::Frames, frame, unsent);
                self.said = Instant::now();
            }
        }
    }

    /// How many bytes wait for the end of the handshake.
    pub(crate) fn early(&self) -> usize {
        self.early.len()
    }

    /// Takes in what has come.
    pub(crate) fn take(
        &mut self,
        bytes: &[u8],
        decoder: &mut Decoder,
        unsent: &mut Vec<u8>,
    ) -> Result<(), String> {
        self.heard = Instant::now();
        match &mut self.phase {
            Phase::Greeting(caller) => {
                let Some(established) = caller.take(bytes).map_err(|refusal| refusal.to_string())? else {
                    return Ok(());
                };
                unsent.extend(established.proof);
                self.phase = Phase::Open(Box::new(established.ends));
                let early = std::mem::take(&mut self.early);
                self.send(&early, unsent);
                Ok(())
            }
            Phase::Open(ends) => {
                ends.opener.push(bytes);
                while let Some(record) = ends.opener.next_record().map_err(|error| error.to_string())? {
                    match record.kind {
                        Kind::Frames => decoder.push(&record.payload),
                        Kind::Chunk => self.chunks.extend(Chunk::parse(&record.payload)),
                        Kind::Alive | Kind::Unknown(_) => {}
                    }
                }
                Ok(())
            }
        }
    }

    /// The next part of an artifact that has come.
    pub(crate) fn next_chunk(&mut self) -> Option<Chunk> {
        self.chunks.pop_front()
    }

    /// Tells the server now and then that the engine is there. Fails if the server has not done so.
    pub(crate) fn stay_alive(&mut self, is_heard: bool, unsent: &mut Vec<u8>) -> Result<(), String> {
        let Phase::Open(ends) = &mut self.phase else { return Ok(()) };
        // What was heard may have taken long to load.
        if !is_heard && self.heard.elapsed() >= SILENCE {
            return Err(format!("nothing was heard of the server for {} s", SILENCE.as_secs()));
        }
        if self.said.elapsed() >= SAY_EVERY {
            ends.sealer.seal(Kind::Alive, &[], unsent);
            self.said = Instant::now();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use liveline_protocol::message::Message;
    use liveline_protocol::remote::{Answerer, Step};
    use serde_json::json;

    use super::*;

    /// All that a server sends in a session: the handshake, two messages, a part of an artifact and signs of life.
    fn session() -> (Sealed, Vec<u8>) {
        let token = Token::new([7; 32]);
        let (mut sealed, hello) = Sealed::new(Caller::new(token.clone(), [1; 32]));
        let mut answerer = Answerer::new(token, [2; 32]);
        let Ok(Step::Send(mut stream)) = answerer.take(&hello) else { panic!("no challenge") };
        // The proof does not depend on how the challenge came.
        let (mut twin, _) = Sealed::new(Caller::new(Token::new([7; 32]), [1; 32]));
        let mut proof = Vec::new();
        twin.take(&stream, &mut Decoder::default(), &mut proof).unwrap();
        let Ok(Step::Done(mut ends)) = answerer.take(&proof) else { panic!("not let in") };
        for word in ["attached", "reload"] {
            let frame = Message::notification(word, &json!({"text": "x".repeat(300)})).to_frame().unwrap();
            // A frame need not come in one record.
            frame.chunks(100).for_each(|piece| ends.sealer.seal(Kind::Frames, piece, &mut stream));
            ends.sealer.seal(Kind::Alive, &[], &mut stream);
        }
        let chunk = Chunk { request: 3, bytes: vec![9; 500] };
        ends.sealer.seal(Kind::Chunk, &chunk.to_payload(), &mut stream);
        ends.sealer.seal(Kind::Unknown(77), b"from a later version", &mut stream);
        sealed.send(b"early", &mut Vec::new());
        assert_eq!(sealed.early(), 5);
        (sealed, stream)
    }

    /// What an engine makes of bytes that come in pieces of one length: messages and parts.
    fn hear(sealed: &mut Sealed, stream: &[u8], piece: usize) -> Result<(usize, usize), String> {
        let mut decoder = Decoder::default();
        let mut rest = stream;
        let mut heard = (0, 0);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(piece.min(rest.len()).min(sealed.wants()));
            rest = later;
            sealed.take(now, &mut decoder, &mut Vec::new())?;
            while let Some(body) = decoder.next_body().map_err(|error| error.to_string())? {
                Message::parse(&body)?;
                heard.0 += 1;
            }
            while let Some(chunk) = sealed.next_chunk() {
                assert_eq!(chunk, Chunk { request: 3, bytes: vec![9; 500] });
                heard.1 += 1;
            }
        }
        Ok(heard)
    }

    #[test]
    fn a_session_is_heard_however_it_is_cut_into_pieces() {
        for piece in [1, 2, 7, 83, 84, 85, 1000, usize::MAX] {
            let (mut sealed, stream) = session();
            assert_eq!(hear(&mut sealed, &stream, piece), Ok((2, 1)), "{piece}");
        }
    }

    #[test]
    fn a_session_that_ends_at_any_byte_gives_only_what_is_whole() {
        let (_, stream) = session();
        let mut before = (0, 0);
        for cut in 0..=stream.len() {
            let heard = hear(&mut session().0, &stream[..cut], usize::MAX).unwrap();
            assert!(heard.0 >= before.0 && heard.1 >= before.1, "{cut}");
            before = heard;
        }
        assert_eq!(before, (2, 1));
    }

    #[test]
    fn a_session_with_any_changed_byte_gives_nothing_from_there_on() {
        let (_, stream) = session();
        for at in 0..stream.len() {
            let mut forged = stream.clone();
            forged[at] ^= 1;
            let whole = hear(&mut session().0, &stream[..at], usize::MAX).unwrap();
            let mut sealed = session().0;
            match hear(&mut sealed, &forged, 1) {
                Err(_) => {}
                // A length that was made longer waits for what does not come.
                Ok(heard) => assert_eq!(heard, whole, "byte {at}"),
            }
        }
    }

    #[test]
    fn a_server_of_another_token_hears_nothing_but_the_hello() {
        let (_, stream) = session();
        let (mut sealed, _) = Sealed::new(Caller::new(Token::new([8; 32]), [1; 32]));
        sealed.send(b"attach", &mut Vec::new());
        let mut unsent = Vec::new();
        let refused = sealed.take(&stream[..84], &mut Decoder::default(), &mut unsent);
        assert!(refused.unwrap_err().contains("token") && unsent.is_empty());
    }
}
