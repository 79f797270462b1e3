//! The other end of the channel, played by the test.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use liveline_protocol::engine::{
    Api, Artifact, ArtifactKind, Attach, Attached, Fault, Generation, Ran, Reload, Reloaded, Server as Name,
    Trigger,
};
use liveline_protocol::frame::{Decoder, read_body};
use liveline_protocol::message::{Message, parse_params};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::game::{DEADLINE, Game};
use crate::project::project;

/// A directory that looks like `target/liveline`, and a socket in it while somebody listens.
pub(crate) struct Server {
    directory: tempfile::TempDir,
    listener: Option<UnixListener>,
}

impl Server {
    /// The directories, and nobody listening.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Self { directory, listener: None };
        for name in ["", "artifacts", "socket"] {
            let path = server.path(name);
            fs::create_dir_all(&path).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
        }
        server
    }

    /// One that listens.
    pub(crate) fn listening() -> Self {
        let mut server = Self::new();
        server.listen();
        server
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn endpoint(&self) -> PathBuf {
        self.path("endpoint.json")
    }

    pub(crate) fn listen(&mut self) {
        self.stop();
        let socket = self.path("socket/s");
        self.listener = Some(UnixListener::bind(&socket).unwrap());
        self.write_endpoint(1, &socket);
    }

    pub(crate) fn write_endpoint(&self, protocol: u32, socket: &Path) {
        let endpoint = json!({"protocol": protocol, "pid": 1, "transport": {"unix": socket}});
        let unfinished = self.path("endpoint.new");
        fs::write(&unfinished, endpoint.to_string()).unwrap();
        fs::rename(unfinished, self.endpoint()).unwrap();
    }

    pub(crate) fn stop(&mut self) {
        self.listener = None;
        let _ = fs::remove_file(self.path("socket/s"));
    }

    /// The next engine that connects.
    pub(crate) fn accept(&self) -> Connection {
        let listener = self.listener.as_ref().unwrap();
        listener.set_nonblocking(true).unwrap();
        let end = Instant::now() + DEADLINE;
        loop {
            match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false).unwrap();
                    return Connection::new(stream);
                }
                Err(_) if Instant::now() < end => std::thread::yield_now(),
                Err(error) => panic!("no engine connects: {error}"),
            }
        }
    }

    /// The next engine, attached, with the generations that it is told of.
    pub(crate) fn attach(&self, libraries: Vec<Reload>) -> Connection {
        self.attach_with(self.attached(libraries))
    }

    /// The next engine, attached with this answer.
    pub(crate) fn attach_with(&self, attached: Attached) -> Connection {
        let mut connection = self.accept();
        let Message::Request { id, params, .. } = connection.next() else { panic!("not `attach`") };
        connection.attach = Some(parse_params("attach", params).unwrap());
        connection.send(&Message::answer(id, &attached));
        connection
    }

    pub(crate) fn attached(&self, libraries: Vec<Reload>) -> Attached {
        Attached {
            hang_millis: None,
            // A generation that panics stays, unless a test is about that.
            probation: Some(0),
            protocol: 1,
            session: "s1".to_owned(),
            server: Name { name: "liveline".to_owned(), version: "0.1.0".to_owned() },
            artifacts: self.path("artifacts").display().to_string(),
            libraries,
        }
    }

    /// Puts a library into the artifact directory, and announces it truthfully.
    pub(crate) fn publish(&self, generation: u64, library: &str) -> Reload {
        let bytes = fs::read(&project().libraries[library]).unwrap();
        self.publish_bytes(generation, &bytes)
    }

    /// The same library as an archive of objects.
    pub(crate) fn publish_objects(&self, generation: u64, library: &str) -> Reload {
        let bytes = fs::read(&project().archives[library]).unwrap();
        let mut reload = self.publish_bytes(generation, &bytes);
        reload.artifact.kind = ArtifactKind::Object;
        reload
    }

    pub(crate) fn publish_bytes(&self, generation: u64, bytes: &[u8]) -> Reload {
        let file = format!("scripts-{generation}.so");
        let path = self.path("artifacts").join(&file);
        let _ = fs::remove_file(&path);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Reload {
            library: "scripts".to_owned(),
            generation: Generation(generation),
            artifact: Artifact { kind: ArtifactKind::Dylib, file, sha256, bytes: bytes.len() as u64 },
            changed: Vec::new(),
            trigger: Trigger::Save,
            speculated: false,
            unsaved: false,
            build_micros: 1000,
            saved_at_unix_micros: None,
            api: None,
            reset: None,
        }
    }
}

/// One engine's connection.
pub(crate) struct Connection {
    stream: UnixStream,
    decoder: Decoder,
    /// What the engine said of itself.
    pub(crate) attach: Option<Attach>,
}

impl Connection {
    fn new(stream: UnixStream) -> Self {
        Self { stream, decoder: Decoder::default(), attach: None }
    }

    pub(crate) fn api(&self) -> Option<Api> {
        self.attach.as_ref().unwrap().api.clone()
    }

    pub(crate) fn send(&mut self, message: &Message) {
        self.stream.write_all(&message.to_frame().unwrap()).unwrap();
    }

    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub(crate) fn reload(&mut self, reload: &Reload) {
        self.send(&Message::notification("reload", reload));
    }

    /// The next message, or none within the time.
    pub(crate) fn poll(&mut self, time: Duration) -> Option<Message> {
        self.stream.set_read_timeout(Some(time)).unwrap();
        match read_body(&mut self.stream, &mut self.decoder) {
            Ok(body) => Some(Message::parse(&body.expect("the engine stays")).unwrap()),
            Err(_) => None,
        }
    }

    pub(crate) fn next(&mut self) -> Message {
        self.poll(DEADLINE).expect("the engine says something")
    }

    /// Whether the engine hangs up.
    pub(crate) fn is_dropped(&mut self) -> bool {
        self.stream.set_read_timeout(Some(DEADLINE)).unwrap();
        loop {
            match read_body(&mut self.stream, &mut self.decoder) {
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(error) => return error.kind() == std::io::ErrorKind::ConnectionReset,
            }
        }
    }

    /// Makes frames until the engine has sent a notification.
    pub(crate) fn notification<T: serde::de::DeserializeOwned>(
        &mut self,
        game: &mut Game,
        wanted: &str,
    ) -> T {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            game.command("frame");
            if let Some(Message::Notification { method, params }) = self.poll(Duration::from_millis(2))
                && method == wanted
            {
                return parse_params(&method, params).unwrap();
            }
        }
        panic!("no `{wanted}`");
    }

    /// What the engine says until it is gone, each message by its method.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        let mut methods = Vec::new();
        self.stream.set_read_timeout(Some(DEADLINE)).unwrap();
        while let Ok(Some(body)) = read_body(&mut self.stream, &mut self.decoder) {
            if let Ok(Message::Notification { method, .. } | Message::Request { method, .. }) =
                Message::parse(&body)
            {
                methods.push(method);
            }
        }
        methods
    }

    /// The next notification of a kind from this engine's connection or another of its own.
    pub(crate) fn poll_both<T: serde::de::DeserializeOwned>(&mut self, other: &mut Self, wanted: &str) -> T {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            for connection in [&mut *self, &mut *other] {
                connection.stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
                if let Ok(Some(body)) = read_body(&mut connection.stream, &mut connection.decoder)
                    && let Ok(Message::Notification { method, params }) = Message::parse(&body)
                    && method == wanted
                {
                    return parse_params(&method, params).unwrap();
                }
            }
        }
        panic!("no `{wanted}`");
    }

    /// The next notification of a kind, without a frame of the game's.
    pub(crate) fn heard<T: serde::de::DeserializeOwned>(&mut self, wanted: &str) -> T {
        loop {
            if let Message::Notification { method, params } = self.next()
                && method == wanted
            {
                return parse_params(&method, params).unwrap();
            }
        }
    }

    pub(crate) fn reloaded(&mut self, game: &mut Game) -> Reloaded {
        self.notification(game, "reloaded")
    }

    pub(crate) fn fault(&mut self, game: &mut Game) -> Fault {
        self.notification(game, "fault")
    }

    /// What ran of a generation.
    pub(crate) fn ran(&mut self, game: &mut Game, generation: u64) -> Ran {
        loop {
            let ran: Ran = self.notification(game, "ran");
            if ran.generation == Generation(generation) {
                return ran;
            }
        }
    }

    /// Reloads, and what became of it.
    pub(crate) fn try_reload(&mut self, game: &mut Game, reload: &Reload) -> Reloaded {
        self.reload(reload);
        let reloaded = self.reloaded(game);
        assert_eq!(reloaded.generation, reload.generation);
        reloaded
    }
}
