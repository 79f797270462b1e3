//! A server on another host, played by the test over TCP: what the engine makes of one that is not what it should be.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use liveline_protocol::engine::{Attached, Outcome, Reload, Reloaded};
use liveline_protocol::frame::Decoder;
use liveline_protocol::message::{Message, parse_params};
use liveline_protocol::remote::{Answerer, Chunk, Ends, Kind, Step, Token, Wanted};

use crate::game::{DEADLINE, Game};
use crate::project::project;
use crate::server::Server;

/// A port, a token's file and a folder for code; the artifacts are another server's.
struct Host {
    listener: TcpListener,
    files: Server,
}

impl Host {
    fn new() -> Self {
        let host = Self { listener: TcpListener::bind("127.0.0.1:0").unwrap(), files: Server::new() };
        fs::write(host.token(), Token::new([7; 32]).to_text()).unwrap();
        fs::set_permissions(host.token(), fs::Permissions::from_mode(0o600)).unwrap();
        host
    }

    fn token(&self) -> PathBuf {
        self.files.path("token")
    }

    fn play(&self) -> Game {
        self.play_with(&self.files.path("code"))
    }

    fn play_with(&self, code: &Path) -> Game {
        let address = self.listener.local_addr().unwrap().to_string();
        let environment = [
            ("LIVELINE_REMOTE", address.into()),
            ("LIVELINE_TOKEN", self.token()),
            ("LIVELINE_CODE", code.to_owned()),
        ];
        Game::run(&project().game, &environment)
    }

    fn stream(&self) -> TcpStream {
        self.listener.set_nonblocking(true).unwrap();
        let end = Instant::now() + DEADLINE;
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false).unwrap();
                    stream.set_read_timeout(Some(DEADLINE)).unwrap();
                    return stream;
                }
                Err(_) if Instant::now() < end => std::thread::yield_now(),
                Err(error) => panic!("no engine connects: {error}"),
            }
        }
    }

    /// The next engine, attached and told of these generations.
    fn attach(&self, libraries: Vec<Reload>) -> Line {
        let mut line = Line::shake_hands(self.stream());
        let Message::Request { id, .. } = line.next() else { panic!("not `attach`") };
        let attached = Attached { artifacts: "/nowhere".to_owned(), ..self.files.attached(libraries) };
        line.send(&Message::answer(id, &attached));
        line
    }
}

/// One engine's connection.
struct Line {
    stream: TcpStream,
    ends: Box<Ends>,
    decoder: Decoder,
}

impl Line {
    fn shake_hands(mut stream: TcpStream) -> Self {
        let mut answerer = Answerer::new(Token::new([7; 32]), [9; 32]);
        loop {
            let mut bytes = vec![0; answerer.wants()];
            stream.read_exact(&mut bytes).unwrap();
            match answerer.take(&bytes).unwrap() {
                Step::Wait => {}
                Step::Send(bytes) => stream.write_all(&bytes).unwrap(),
                Step::Done(ends) => return Self { stream, ends, decoder: Decoder::default() },
            }
        }
    }

    fn seal(&mut self, kind: Kind, payload: &[u8]) {
        let mut bytes = Vec::new();
        self.ends.sealer.seal(kind, payload, &mut bytes);
        self.stream.write_all(&bytes).unwrap();
    }

    fn send(&mut self, message: &Message) {
        self.seal(Kind::Frames, &message.to_frame().unwrap());
    }

    /// The next message; nothing where the engine has hung up.
    fn try_next(&mut self) -> Option<Message> {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            if let Heard::Message(message) = self.poll() {
                return message;
            }
        }
        panic!("the engine says nothing");
    }

    /// What the engine says within a moment.
    fn poll(&mut self) -> Heard {
        loop {
            if let Some(body) = self.decoder.next_body().unwrap() {
                return Heard::Message(Some(Message::parse(&body).unwrap()));
            }
            let mut bytes = [0; 4096];
            self.stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
            let count = match self.stream.read(&mut bytes) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Heard::Nothing,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
                Err(error) => panic!("{error}"),
            };
            if count == 0 {
                return Heard::Message(None);
            }
            self.ends.opener.push(&bytes[..count]);
            while let Some(record) = self.ends.opener.next_record().unwrap() {
                if record.kind == Kind::Frames {
                    self.decoder.push(&record.payload);
                }
            }
        }
    }

    fn next(&mut self) -> Message {
        self.try_next().expect("the engine stays")
    }

    /// The next request for a part.
    fn wanted(&mut self) -> (u64, Wanted) {
        loop {
            if let Message::Request { id, method, params } = self.next()
                && method == "artifact"
            {
                return (id.as_u64().unwrap(), parse_params("artifact", params).unwrap());
            }
        }
    }

    /// Gives every part that is asked for, of these bytes, and makes frames until the generation is answered.
    fn serve(&mut self, game: &mut Game, bytes: &[u8]) -> Reloaded {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            game.command("frame");
            let message = match self.poll() {
                Heard::Message(message) => message.expect("the engine stays"),
                Heard::Nothing => continue,
            };
            match message {
                Message::Request { id, method, params } if method == "artifact" => {
                    let wanted: Wanted = parse_params("artifact", params).unwrap();
                    let from = usize::try_from(wanted.offset).unwrap();
                    let part = bytes[from..from + usize::try_from(wanted.bytes).unwrap()].to_vec();
                    let chunk = Chunk { request: id.as_u64().unwrap(), bytes: part };
                    self.seal(Kind::Chunk, &chunk.to_payload());
                }
                Message::Notification { method, params } if method == "reloaded" => {
                    return parse_params("reloaded", params).unwrap();
                }
                _ => {}
            }
        }
        panic!("the generation is not answered");
    }
}

/// What came of listening for a moment.
enum Heard {
    /// A message, or the end.
    Message(Option<Message>),
    Nothing,
}

fn bytes_of(library: &str) -> Vec<u8> {
    fs::read(&project().libraries[library]).unwrap()
}

#[test]
fn what_is_missing_to_reach_another_host_is_told() {
    let host = Host::new();
    let address = host.listener.local_addr().unwrap().to_string();
    let only = |address: &str| Game::run(&project().game, &[("LIVELINE_REMOTE", address.into())]);
    only(&address).frames_until("LIVELINE_TOKEN is not");
    fs::set_permissions(host.token(), fs::Permissions::from_mode(0o640)).unwrap();
    host.play().frames_until("a file of this user alone");
    fs::set_permissions(host.token(), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(host.token(), "not a token").unwrap();
    host.play().frames_until("holds no token");
    fs::write(host.token(), Token::new([7; 32]).to_text()).unwrap();
    let mut game = host.play();
    let _attached = host.attach(Vec::new());
    game.frames_until("event attached");
    let Host { listener, files } = host;
    drop((listener, _attached));
    game.frames_until("Connection refused");
    drop(files);
}

#[test]
fn a_whole_artifact_is_loaded_and_another_ones_bytes_are_not() {
    let host = Host::new();
    let mut game = host.play();
    let good = host.files.publish(1, "tens");
    let mut line = host.attach(vec![good]);
    assert_eq!(line.serve(&mut game, &bytes_of("tens")).outcome, Outcome::Applied);
    let other = host.files.publish(2, "hundreds");
    line.send(&Message::notification("reload", &other));
    let forged: Vec<u8> = bytes_of("hundreds").iter().map(|byte| !byte).collect();
    let reloaded = line.serve(&mut game, &forged);
    assert_eq!(reloaded.outcome, Outcome::Refused);
    assert!(reloaded.reason.unwrap().contains("another sha256"));
}

#[test]
fn bytes_that_nobody_asked_for_end_the_connection_and_it_goes_on_where_it_was() {
    let host = Host::new();
    let mut game = host.play();
    let reload = host.files.publish(1, "tens");
    let mut line = host.attach(vec![reload.clone()]);
    let bytes = bytes_of("tens");
    let (first, wanted) = line.wanted();
    let part = bytes[..usize::try_from(wanted.bytes).unwrap()].to_vec();
    line.seal(Kind::Chunk, &Chunk { request: first, bytes: part }.to_payload());
    line.seal(Kind::Chunk, &Chunk { request: 99_999, bytes: vec![0; 10] }.to_payload());
    while line.try_next().is_some() {}
    game.frames_until("was not asked for");
    let mut line = host.attach(vec![reload]);
    let (_, next) = line.wanted();
    assert_eq!(next.offset, wanted.bytes, "what had come does not come again");
}

#[test]
fn a_server_of_another_kind_is_told_and_hears_nothing() {
    let host = Host::new();
    let mut game = host.play();
    let mut stream = host.stream();
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard);
    assert_eq!(heard.len(), 52, "a hello and nothing of what it is");
    game.frames_until("does not speak Liveline's handshake");
    host.attach(Vec::new());
}

#[test]
fn code_is_kept_only_where_nobody_else_can_put_any() {
    let host = Host::new();
    let elsewhere = host.files.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let link = host.files.path("link");
    symlink(&elsewhere, &link).unwrap();
    let mut game = host.play_with(&link);
    host.attach(Vec::new());
    game.frames_until("LIVELINE_CODE names another folder");
    drop(game);
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&elsewhere, Some(65534), None).unwrap();
        let mut game = host.play_with(&elsewhere);
        host.attach(Vec::new());
        game.frames_until("it is no directory of this user");
        drop(game);
    } else {
        eprintln!("skipped: only root can give a folder away");
    }
    // One that others could enter is made this user's alone.
    let open = host.files.path("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let mut game = host.play_with(&open);
    let mut line = host.attach(vec![host.files.publish(1, "tens")]);
    assert_eq!(line.serve(&mut game, &bytes_of("tens")).outcome, Outcome::Applied);
    assert_eq!(fs::metadata(&open).unwrap().permissions().mode() & 0o777, 0o700);
}
