//! An editor's end of a `liveline lsp`, down to the bytes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use crate::environment::command;
use crate::{DEADLINE, liveline};

/// An editor around one `liveline lsp`.
#[derive(Debug)]
pub struct Editor {
    /// `liveline lsp`.
    pub process: Child,
    /// Its input; dropping it closes it.
    pub input: Option<ChildStdin>,
    /// Its output until it is read.
    pub output: Option<ChildStdout>,
    messages: Option<Receiver<Value>>,
    /// Of the last request.
    pub last_id: u64,
}

impl Editor {
    /// Starts the server and greets it; its output is not read yet.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(root: &Path, pid: Option<u32>) -> Self {
        Self::start_logging(root, pid, None)
    }

    /// The same, with the server's log of what a filter lets through on its standard error.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_logging(root: &Path, pid: Option<u32>, filter: Option<&str>) -> Self {
        Self::start_in(&[root], pid, filter)
    }

    /// The same with several workspace folders.
    ///
    /// # Panics
    /// When it cannot be started, or without a folder.
    pub fn start_in(folders: &[&Path], pid: Option<u32>, filter: Option<&str>) -> Self {
        let root = folders[0];
        let mut command = command(liveline());
        if let Some(filter) = filter {
            command.env("LIVELINE_LOG", filter).env("NO_COLOR", "1");
        }
        command
            .arg("lsp")
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(if filter.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut process = command.spawn().expect("liveline starts");
        let (input, output) = (process.stdin.take(), process.stdout.take());
        let mut editor = Self { process, input, output, messages: None, last_id: 0 };
        let folder = |path: &&Path| json!({ "uri": file_uri(path), "name": path.display().to_string() });
        let folders: Vec<Value> = folders.iter().map(folder).collect();
        let root = file_uri(root);
        let capabilities = json!({ "general": { "positionEncodings": ["utf-8"] } });
        editor.request(
            "initialize",
            json!({ "processId": pid, "rootUri": root, "workspaceFolders": folders, "capabilities": capabilities }),
        );
        editor.notify("initialized", json!({}));
        editor
    }

    /// Begins to read.
    ///
    /// # Panics
    /// When it is read already.
    pub fn read(mut self) -> Self {
        let (sender, messages) = channel();
        let mut output = BufReader::new(self.output.take().expect("an output"));
        thread::spawn(move || {
            while let Some(message) = read_message(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        self.messages = Some(messages);
        self
    }

    /// Sends a message.
    ///
    /// # Panics
    /// When the server does not read any more.
    pub fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let input = self.input.as_mut().expect("an open input");
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("the server reads");
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request; gives its id.
    pub fn request(&mut self, method: &str, params: Value) -> u64 {
        self.last_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params }));
        self.last_id
    }

    /// The first message that `pick` makes something of; those before it are passed over.
    ///
    /// # Panics
    /// After [`DEADLINE`], and when the server ends before.
    pub fn wait<T>(&mut self, what: &str, mut pick: impl FnMut(&Value) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        let messages = self.messages.as_ref().expect("an output that is read");
        loop {
            let patience = deadline.saturating_duration_since(Instant::now());
            let message =
                messages.recv_timeout(patience).unwrap_or_else(|error| panic!("no {what}: {error}"));
            if let Some(picked) = pick(&message) {
                return picked;
            }
        }
    }

    /// The answer to a request.
    pub fn answer(&mut self, id: u64) -> Value {
        self.wait("answer", |message| (message["id"] == id).then(|| message.clone()))
    }

    /// Waits until the process has ended by itself.
    ///
    /// # Panics
    /// After [`DEADLINE`].
    pub fn end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.process.try_wait().expect("a child") {
                Some(status) => return status,
                None if Instant::now() < deadline => thread::yield_now(),
                None => panic!("the server does not end"),
            }
        }
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A file's URI, encoded as VS Code does it.
pub fn file_uri(path: &Path) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let encode =
        |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let path = path.as_os_str().as_encoded_bytes().iter().copied().map(encode);
    format!("file://{}", path.collect::<String>())
}

fn read_message(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        output.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
