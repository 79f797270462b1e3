//! A running rustc: what it says is handed on as it says it, and it counts as done when it hands its objects over.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use super::compile::Cancel;
use super::handover;
use crate::os::{self, GroupChild};

/// How a compile ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// rustc by itself.
    With(ExitStatus),
    /// With its objects; rustc tidies up after it.
    HandedOver,
    /// It was asked to.
    Cancelled,
}

/// How long a rustc that has handed its objects over may take to end.
const TAIL: Duration = Duration::from_secs(2);

/// Those of one library's compilers that have handed their objects over and are not gone yet: they still remove
/// files from the path that the next one writes to.
#[derive(Debug, Default)]
pub(super) struct Tails {
    count: Mutex<usize>,
    changed: Condvar,
}

/// Counts one of them.
#[derive(Debug)]
struct Tail(Arc<Tails>);

impl Tails {
    /// Waits until they are gone, but not for ever.
    pub(super) fn wait(&self) {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_timeout_while(count, TAIL, |count| *count > 0));
    }

    fn add(&self, one: bool) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count = if one { *count + 1 } else { count.saturating_sub(1) };
        self.changed.notify_all();
    }
}

impl Tail {
    fn new(tails: Arc<Tails>) -> Self {
        tails.add(true);
        Self(tails)
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.0.add(false);
    }
}

/// One rustc, and the folder that its outputs go to.
#[derive(Debug)]
pub(super) struct Rustc {
    tails: Arc<Tails>,
    child: GroupChild,
    stderr: ChildStderr,
    handover: Option<File>,
    folder: Arc<TempDir>,
}

impl Rustc {
    /// Prepares the pipes: `hands_over` if this program is its linker. `out` is rustc's path to the folder.
    pub(super) fn pipes(
        command: &mut Command,
        folder: &Path,
        out: &Path,
        hands_over: bool,
    ) -> io::Result<Option<File>> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        if !hands_over {
            return Ok(None);
        }
        command.env(handover::VARIABLE, out);
        handover::expect(folder).map(Some)
    }

    /// Takes over the process.
    pub(super) fn new(
        mut child: GroupChild,
        handover: Option<File>,
        folder: Arc<TempDir>,
        tails: Arc<Tails>,
    ) -> io::Result<Self> {
        let stderr = child.child().stderr.take().ok_or_else(|| io::Error::other("rustc has no output"))?;
        os::do_not_wait(&stderr)?;
        Ok(Self { tails, child, stderr, handover, folder })
    }

    /// The folder of its outputs.
    pub(super) fn folder(&self) -> &Arc<TempDir> {
        &self.folder
    }

    /// Its process group.
    pub(super) fn group(&self) -> os::Group {
        self.child.group()
    }

    /// Ends it and waits for that.
    pub(super) fn discard(self) {
        self.child.group().kill();
        let _ = self.child.wait();
    }

    /// Reads to the end of the compile. `on_line` gets each line of its messages.
    pub(super) fn finish(mut self, cancel: &Cancel, on_line: &mut dyn FnMut(&str)) -> io::Result<Ended> {
        cancel.adopt(self.child.group());
        let mut lines = Lines::default();
        let handed_over = loop {
            let (says, hands_over) = os::wait_for_either(&self.stderr, self.handover.as_ref())?;
            let mut is_open = true;
            // What was said before the objects were handed over is in the pipe by now.
            if says || hands_over {
                is_open = os::read_what_is_there(&mut self.stderr, &mut lines.bytes)?.is_some();
                lines.hand_on(on_line);
            }
            if hands_over || !is_open {
                break hands_over;
            }
        };
        if handed_over && !cancel.is_asked() {
            cancel.ended();
            let Self { tails, child, stderr, folder, .. } = self;
            let tail = Tail::new(tails);
            std::thread::spawn(move || {
                see_off(child, stderr, lines, folder);
                drop(tail);
            });
            return Ok(Ended::HandedOver);
        }
        lines.hand_on_rest(on_line);
        if handed_over {
            self.child.group().kill();
        }
        let status = self.child.wait();
        cancel.ended();
        if cancel.is_asked() { Ok(Ended::Cancelled) } else { status.map(Ended::With) }
    }
}

/// Stays with a rustc that has handed its objects over until it is gone; the folder stays as long.
fn see_off(child: GroupChild, mut stderr: ChildStderr, mut lines: Lines, folder: Arc<TempDir>) {
    let mut said = Vec::new();
    loop {
        match os::read_what_is_there(&mut stderr, &mut lines.bytes) {
            Ok(Some(())) if os::wait_for_either(&stderr, None).is_ok() => {}
            _ => break,
        }
    }
    lines.hand_on_rest(&mut |line| said.push(line.to_owned()));
    match child.wait() {
        Ok(status) if status.success() => {}
        ended => {
            tracing::warn!(?ended, "rustc failed after it had handed its objects over: {}", said.join("\n"))
        }
    }
    drop(folder);
}

/// Bytes that become whole lines.
#[derive(Debug, Default)]
struct Lines {
    bytes: Vec<u8>,
}

impl Lines {
    fn hand_on(&mut self, on_line: &mut dyn FnMut(&str)) {
        let Some(end) = self.bytes.iter().rposition(|byte| *byte == b'\n') else { return };
        let rest = self.bytes.split_off(end + 1);
        let whole = std::mem::replace(&mut self.bytes, rest);
        for line in String::from_utf8_lossy(&whole).lines() {
            on_line(line.trim_end());
        }
    }

    fn hand_on_rest(&mut self, on_line: &mut dyn FnMut(&str)) {
        self.hand_on(on_line);
        let rest = std::mem::take(&mut self.bytes);
        if !rest.is_empty() {
            on_line(String::from_utf8_lossy(&rest).trim_end());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_handed_on_whole() {
        let mut lines = Lines::default();
        let mut heard = Vec::new();
        for part in ["a\nb", "c\n", "d"] {
            lines.bytes.extend_from_slice(part.as_bytes());
            lines.hand_on(&mut |line| heard.push(line.to_owned()));
        }
        lines.hand_on_rest(&mut |line| heard.push(line.to_owned()));
        assert_eq!(heard, ["a", "bc", "d"]);
    }
}
