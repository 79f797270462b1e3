//! The TCP port in this process: engines and strangers that speak every byte by hand.

use std::net::SocketAddr;
use std::time::Duration;

use liveline_protocol::PROTOCOL_VERSION;
use liveline_protocol::engine::{Attached, Server, method};
use liveline_protocol::frame::Decoder;
use liveline_protocol::message::{METHOD_NOT_FOUND, Message};
use liveline_protocol::remote::{ARTIFACT, Caller, Chunk, Ends, Kind, MAX_CHUNK, Token, Wanted};
use liveline_protocol::status;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::peer;
use super::remote::{Port, RemoteListener};
use crate::core::Event;
use crate::hub::Input;

const DEADLINE: Duration = Duration::from_secs(60);

/// A port, and a hub that lets every engine attach and says who came and went.
struct Fixture {
    listener: RemoteListener,
    told: mpsc::UnboundedReceiver<Told>,
    folder: tempfile::TempDir,
}

#[derive(Debug, PartialEq, Eq)]
enum Told {
    Came(String),
    Went(String),
}

fn token() -> Token {
    Token::new([7; 32])
}

fn start() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, mut received) = mpsc::unbounded_channel();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        // An engine's queue must live, or its connection ends.
        let mut queues = Vec::new();
        while let Some(input) = received.recv().await {
            match input {
                Input::Attach(joining) => {
                    let attached = Attached {
                        protocol: PROTOCOL_VERSION,
                        session: joining.session.0.clone(),
                        server: Server { name: "liveline".to_owned(), version: "0".to_owned() },
                        artifacts: "/nowhere".to_owned(),
                        libraries: Vec::new(),
                        hang_millis: None,
                        probation: None,
                    };
                    if joining.reply.send(attached).is_ok() {
                        queues.push(joining.outgoing);
                        let _ = tell.send(Told::Came(joining.session.0));
                    }
                }
                Input::Core(event) => {
                    if let Event::EngineGone { session } = *event {
                        let _ = tell.send(Told::Went(session.0));
                    }
                }
                _ => {}
            }
        }
    });
    let port = Port { token: token(), artifacts: folder.path().to_owned(), first: 0 };
    let listener = RemoteListener::open("127.0.0.1:0".parse().unwrap(), port, inputs).unwrap();
    Fixture { listener, told, folder }
}

impl Fixture {
    async fn told(&mut self) -> Told {
        soon(self.told.recv()).await.expect("the hub lives")
    }
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, what).await.expect("not within the deadline")
}

/// An engine whose words end after so many bytes.
struct Client {
    stream: TcpStream,
    ends: Option<Ends>,
    decoder: Decoder,
    chunks: Vec<Chunk>,
    left: usize,
}

impl Client {
    async fn connect(address: SocketAddr, left: usize) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self { stream, ends: None, decoder: Decoder::default(), chunks: Vec::new(), left }
    }

    /// One whose handshake is over.
    async fn known(address: SocketAddr) -> Self {
        let mut client = Self::connect(address, usize::MAX).await;
        assert!(client.shake_hands().await);
        client
    }

    /// Whether all of it could be said.
    async fn say(&mut self, bytes: &[u8]) -> bool {
        let count = bytes.len().min(self.left);
        self.left -= count;
        // The server may have hung up.
        let _ = self.stream.write_all(&bytes[..count]).await;
        if count < bytes.len() {
            let _ = self.stream.shutdown().await;
        }
        count == bytes.len()
    }

    async fn shake_hands(&mut self) -> bool {
        let mut caller = Caller::new(token(), super::token::random().unwrap());
        let hello = caller.hello();
        if !self.say(&hello).await {
            return false;
        }
        let mut challenge = vec![0; caller.wants()];
        soon(self.stream.read_exact(&mut challenge)).await.unwrap();
        let established = caller.take(&challenge).unwrap().unwrap();
        self.ends = Some(established.ends);
        self.say(&established.proof).await
    }

    async fn send(&mut self, message: &Message) -> bool {
        let mut sealed = Vec::new();
        let ends = self.ends.as_mut().unwrap();
        ends.sealer.seal(Kind::Frames, &message.to_frame().unwrap(), &mut sealed);
        self.say(&sealed).await
    }

    async fn attach(&mut self) -> bool {
        let attach = json!({
            "protocol": 1, "engine": {"name": "game", "pid": 1}, "target": "x", "loaders": ["dylib"]
        });
        self.send(&Message::request(1, method::ATTACH, &attach)).await
    }

    async fn ask(&mut self, id: u64, file: &str, offset: u64, bytes: u64) -> bool {
        self.send(&Message::request(id, ARTIFACT, &Wanted { file: file.to_owned(), offset, bytes })).await
    }

    /// Reads until there is a message; `None` where the server has hung up.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(body) = self.decoder.next_body().unwrap() {
                return Some(Message::parse(&body).unwrap());
            }
            let mut bytes = [0; 8192];
            let count = soon(self.stream.read(&mut bytes)).await.unwrap_or(0);
            if count == 0 {
                return None;
            }
            let opener = &mut self.ends.as_mut().unwrap().opener;
            opener.push(&bytes[..count]);
            while let Some(record) = opener.next_record().unwrap() {
                match record.kind {
                    Kind::Frames => self.decoder.push(&record.payload),
                    Kind::Chunk => self.chunks.extend(Chunk::parse(&record.payload)),
                    Kind::Alive | Kind::Unknown(_) => {}
                }
            }
        }
    }

    /// What the server says until it hangs up, in bytes.
    async fn rest(&mut self) -> usize {
        let mut all = Vec::new();
        // It may be cut off in the middle of what this side had still to say.
        let _ = soon(self.stream.read_to_end(&mut all)).await;
        all.len()
    }
}

#[tokio::test]
async fn a_web_page_is_hung_up_on_at_its_first_byte_and_told_nothing() {
    let fixture = start();
    for first in [
        &b"G"[..],
        b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n",
        b"\x16\x03\x01",
        b"Content-Length: 2\r\n\r\n{}",
    ] {
        let mut client = Client::connect(fixture.listener.address, usize::MAX).await;
        client.say(first).await;
        assert_eq!(client.rest().await, 0);
    }
}

#[tokio::test]
async fn an_engine_gets_parts_of_artifacts_and_is_no_face() {
    let mut fixture = start();
    std::fs::write(fixture.folder.path().join("a.so"), vec![5; MAX_CHUNK + 3]).unwrap();
    let mut client = Client::known(fixture.listener.address).await;
    // Neither what a second server may say nor what a person may ask.
    for name in [peer::JOIN, peer::VERSION, status::METHOD] {
        client.send(&Message::request(9, name, &json!({"version": env!("CARGO_PKG_VERSION")}))).await;
        let Some(Message::Response { result: Err(error), .. }) = client.next().await else {
            panic!("{name}")
        };
        assert_eq!(error.code, METHOD_NOT_FOUND);
    }
    client.attach().await;
    assert!(matches!(client.next().await, Some(Message::Response { result: Ok(_), .. })));
    assert!(matches!(fixture.told().await, Told::Came(_)));
    client.ask(5, "a.so", 0, 1 << 60).await;
    client.ask(6, "a.so", MAX_CHUNK as u64, 10).await;
    client.ask(7, "../a.so", 0, 10).await;
    let refusal = client.next().await;
    assert!(matches!(refusal, Some(Message::Response { id, result: Err(_) }) if id == json!(7)));
    let lengths: Vec<(u64, usize)> = client.chunks.iter().map(|c| (c.request, c.bytes.len())).collect();
    assert_eq!(lengths, [(5, MAX_CHUNK), (6, 3)]);
    drop(client);
    assert!(matches!(fixture.told().await, Told::Went(_)));
}

#[tokio::test]
async fn one_that_asks_for_everything_at_once_and_reads_nothing_is_let_go() {
    let mut fixture = start();
    std::fs::write(fixture.folder.path().join("a.so"), vec![5; MAX_CHUNK]).unwrap();
    let mut client = Client::known(fixture.listener.address).await;
    client.attach().await;
    let Told::Came(session) = fixture.told().await else { panic!("nobody came") };
    for id in 0..20_000 {
        if fixture.told.try_recv().is_ok_and(|told| told == Told::Went(session.clone())) {
            return;
        }
        client.ask(id, "a.so", 0, MAX_CHUNK as u64).await;
    }
    assert_eq!(fixture.told().await, Told::Went(session));
}

#[tokio::test]
async fn a_session_that_is_cut_at_any_byte_leaves_nothing_behind() {
    let mut fixture = start();
    std::fs::write(fixture.folder.path().join("a.so"), vec![5; 2000]).unwrap();
    let mut attached = 0;
    for cut in 0.. {
        let mut client = Client::connect(fixture.listener.address, cut).await;
        let is_whole = client.shake_hands().await
            && client.attach().await
            && client.next().await.is_some()
            && client.ask(2, "a.so", 0, 1500).await
            && client.ask(3, "a.so", 1500, 500).await;
        if is_whole {
            break;
        }
        client.rest().await;
        // The attachment before this cut, if there was one, has ended.
        while let Ok(told) = fixture.told.try_recv() {
            if let Told::Came(session) = told {
                attached += 1;
                while fixture.told().await != Told::Went(session.clone()) {}
            }
        }
    }
    assert!(attached > 100, "{attached} of the cuts were after `attach`");
}

#[tokio::test]
async fn the_words_of_an_earlier_session_let_nobody_in() {
    let mut fixture = start();
    let mut caller = Caller::new(token(), [3; 32]);
    let hello = caller.hello();
    let mut stream = TcpStream::connect(fixture.listener.address).await.unwrap();
    stream.write_all(&hello).await.unwrap();
    let mut challenge = vec![0; caller.wants()];
    soon(stream.read_exact(&mut challenge)).await.unwrap();
    let mut established = caller.take(&challenge).unwrap().unwrap();
    let attach = json!({"protocol": 1, "engine": {"name": "g", "pid": 1}, "target": "x", "loaders": []});
    let attach = Message::request(1, method::ATTACH, &attach).to_frame().unwrap();
    let mut words = established.proof.clone();
    established.ends.sealer.seal(Kind::Frames, &attach, &mut words);
    stream.write_all(&words).await.unwrap();
    assert!(matches!(fixture.told().await, Told::Came(_)), "they are good once");
    let mut again = Client::connect(fixture.listener.address, usize::MAX).await;
    again.say(&[hello, words].concat()).await;
    assert_eq!(again.rest().await, challenge.len(), "it hears a challenge and no more");
    drop(stream);
    assert!(matches!(fixture.told().await, Told::Went(_)));
    assert!(fixture.told.try_recv().is_err(), "nobody else came");
}

#[tokio::test]
async fn those_who_say_nothing_are_hung_up_on_and_an_engine_that_falls_silent_is_let_go() {
    let mut fixture = start();
    let mut silent = Client::connect(fixture.listener.address, usize::MAX).await;
    let mut halfway = Client::connect(fixture.listener.address, 60).await;
    halfway.shake_hands().await;
    let mut engine = Client::known(fixture.listener.address).await;
    engine.attach().await;
    let Told::Came(session) = fixture.told().await else { panic!("nobody came") };
    let (nothing, challenge, told) = tokio::join!(silent.rest(), halfway.rest(), fixture.told());
    assert_eq!((nothing, challenge, told), (0, 0, Told::Went(session)));
}

#[tokio::test]
async fn strangers_cannot_take_every_place() {
    let fixture = start();
    let mut waiting = Vec::new();
    for _ in 0..16 {
        waiting.push(Client::connect(fixture.listener.address, usize::MAX).await);
    }
    let mut one_more = Client::connect(fixture.listener.address, usize::MAX).await;
    assert_eq!(one_more.rest().await, 0);
    drop(waiting);
    // When they are gone there is room again; an engine tries again and again.
    let end = tokio::time::Instant::now() + DEADLINE;
    loop {
        let mut client = Client::connect(fixture.listener.address, usize::MAX).await;
        client.say(&Caller::new(token(), [4; 32]).hello()).await;
        if client.stream.read_u8().await.is_ok() {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "there is no room again");
    }
}

#[tokio::test]
async fn closing_the_port_ends_its_connections_and_frees_its_address() {
    let mut fixture = start();
    let mut client = Client::known(fixture.listener.address).await;
    client.attach().await;
    let Told::Came(session) = fixture.told().await else { panic!("nobody came") };
    let address = fixture.listener.address;
    soon(fixture.listener.close()).await;
    assert_eq!(soon(fixture.told.recv()).await, Some(Told::Went(session)));
    while client.next().await.is_some() {}
    assert!(std::net::TcpListener::bind(address).is_ok());
}
