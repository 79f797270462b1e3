//! A child process that is spoken to in lines, with a deadline on every wait.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};

const PATIENCE: Duration = Duration::from_secs(120);
/// A server that is asked to end takes its compilers along.
const FAREWELL: Duration = Duration::from_secs(5);

/// A running child; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Spoken {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Spoken {
    /// Starts `command`. What it writes to its standard error goes to ours.
    pub(crate) fn start(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {:?}", command.get_program()))?;
        let output = child.stdout.take().context("a child without output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { input: child.stdin.take(), child, lines })
    }

    /// Waits for a line that `pick` makes something of.
    pub(crate) fn wait<T>(
        &self,
        what: &str,
        mut pick: impl FnMut(&str) -> Option<anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let patience = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(patience).map_err(|error| anyhow!("no {what}: {error}"))?;
            if let Some(picked) = pick(&line) {
                return picked;
            }
        }
    }

    /// Waits until a game has run the edit of this number; when that was, in microseconds since the Unix epoch.
    pub(crate) fn ran(&self, number: u32) -> anyhow::Result<u64> {
        let start = format!("mark {number} ");
        self.wait("edit in the game", |line| match line.strip_prefix("trouble ") {
            Some(trouble) => Some(Err(anyhow!("the game: {trouble}"))),
            None => line.strip_prefix(&start).map(|at| Ok(at.parse()?)),
        })
    }

    /// Closes its input, which ends it after its last lines.
    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// Asks it to end.
    pub(crate) fn end(mut self) {
        if let Some(pid) = rustix::process::Pid::from_raw(self.child.id().cast_signed()) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let deadline = Instant::now() + FAREWELL;
        while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Spoken {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
