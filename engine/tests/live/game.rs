//! A running fixture game, driven over its standard input.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::project::{library_path, project};

/// How long anything may take before a test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Ended when dropped.
pub(crate) struct Game {
    child: Child,
    commands: Option<ChildStdin>,
    lines: Receiver<String>,
    errors: tempfile::NamedTempFile,
}

impl Game {
    /// Starts the game so that it looks for a server at `endpoint` only.
    pub(crate) fn start(endpoint: &Path) -> Self {
        Self::run(&project().game, &[("LIVELINE_ENDPOINT", endpoint.into())])
    }

    /// Starts an executable of the game with an environment.
    pub(crate) fn run(executable: &Path, environment: &[(&str, PathBuf)]) -> Self {
        Self::run_command(&mut Command::new(executable), environment)
    }

    /// Starts a command that runs the game.
    pub(crate) fn run_command(command: &mut Command, environment: &[(&str, PathBuf)]) -> Self {
        let game = Self::start_unanswered(command, environment);
        game.answer();
        game
    }

    /// Starts a command that runs the game, which may wait for a server.
    pub(crate) fn start_unanswered(command: &mut Command, environment: &[(&str, PathBuf)]) -> Self {
        let errors = tempfile::NamedTempFile::new().unwrap();
        let mut child = command
            .env_remove("LIVELINE_ENDPOINT")
            .env_remove("CARGO_TARGET_DIR")
            .env("LD_LIBRARY_PATH", library_path())
            .env("RUST_BACKTRACE", "0")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors.reopen().unwrap())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok();
        });
        Self { commands: child.stdin.take(), child, lines, errors }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the game has printed to its standard error.
    pub(crate) fn errors(&self) -> String {
        std::fs::read_to_string(self.errors.path()).unwrap()
    }

    /// Gives a command; the lines that answer it.
    pub(crate) fn command(&mut self, command: &str) -> Vec<String> {
        writeln!(self.commands.as_mut().unwrap(), "{command}").unwrap();
        self.answer()
    }

    /// Gives a command that may not be answered.
    pub(crate) fn give(&mut self, command: &str) {
        writeln!(self.commands.as_mut().unwrap(), "{command}").unwrap();
    }

    /// Makes frames until the game is gone.
    pub(crate) fn frames_until_gone(&mut self) {
        let end = Instant::now() + DEADLINE;
        let mut seen = Vec::new();
        while writeln!(self.commands.as_mut().unwrap(), "frame").is_ok() {
            while let Ok(line) = self.lines.recv_timeout(DEADLINE) {
                match line.as_str() {
                    "done" => break,
                    _ if line.starts_with("event") => seen.push(line),
                    _ => {}
                }
            }
            assert!(Instant::now() < end, "the game goes on: {seen:?}");
        }
    }

    /// Gives a command; whether it was answered in time.
    pub(crate) fn try_answer(&mut self, command: &str, time: Duration) -> bool {
        self.give(command);
        self.is_answered(time)
    }

    fn is_answered(&self, time: Duration) -> bool {
        loop {
            match self.lines.recv_timeout(time) {
                Ok(line) if line == "done" => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    /// Waits until the game has ended by itself.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let end = Instant::now() + DEADLINE;
        loop {
            match self.child.try_wait().unwrap() {
                Some(status) => return status,
                None => assert!(Instant::now() < end, "the game goes on; {}", self.errors()),
            }
            std::thread::yield_now();
        }
    }

    pub(crate) fn answer(&self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.lines.recv_timeout(DEADLINE).expect("the game answers");
            if line == "done" {
                return lines;
            }
            lines.push(line);
        }
    }

    /// The rest of the one line of an answer that begins with `word`.
    pub(crate) fn ask(&mut self, command: &str, word: &str) -> String {
        let lines = self.command(command);
        let found = lines.iter().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("`{word}` in {lines:?}")).to_owned()
    }

    /// Makes frames until one's output has a line with `part`; that line.
    pub(crate) fn frames_until(&mut self, part: &str) -> String {
        let end = Instant::now() + DEADLINE;
        let mut seen = Vec::new();
        while Instant::now() < end {
            let lines = self.command("frame");
            if let Some(line) = lines.iter().find(|line| line.contains(part)) {
                return line.clone();
            }
            seen.extend(
                lines.into_iter().filter(|line| line.starts_with("event") || line.starts_with("fault")),
            );
        }
        panic!("no `{part}` in time; {seen:?}");
    }

    /// Ends the game as its player would.
    pub(crate) fn quit(mut self) {
        writeln!(self.commands.as_mut().unwrap(), "quit").unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Game {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
