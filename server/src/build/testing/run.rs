//! A process that nobody waits for: it steps back for others, ends in time, and says no more than fits.

use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use super::super::compile::Cancel;
use super::super::prepare::POLITE;

/// How much of each stream is kept, in bytes.
const MOST_TEXT: u64 = 1 << 20;

/// A process that has ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// Whether it was ended because its time was over.
    pub(super) is_late: bool,
}

/// Runs a command to its end, or for `limit`; `None` if it was asked to end.
pub(super) fn run(
    command: &mut Command,
    cancel: &Cancel,
    limit: Option<Duration>,
) -> io::Result<Option<Ran>> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Some(mut child) = cancel.start(command, POLITE)? else { return Ok(None) };
    let group = child.group();
    let (stdout, stderr) = (child.child().stdout.take(), child.child().stderr.take());
    let (ended, end) = channel::<()>();
    let (stdout, stderr, is_late) = std::thread::scope(|scope| {
        let watch = scope.spawn(move || match limit.map(|limit| end.recv_timeout(limit)) {
            Some(Err(RecvTimeoutError::Timeout)) => {
                group.kill();
                true
            }
            _ => false,
        });
        let stderr = scope.spawn(move || stderr.map(text));
        // Whoever holds the other end of a pipe is in the group, and ends with it.
        let stdout = stdout.map(text);
        let stderr = stderr.join().ok().flatten();
        drop(ended);
        (stdout.unwrap_or_default(), stderr.unwrap_or_default(), watch.join().unwrap_or_default())
    });
    let status = child.wait();
    cancel.ended();
    if cancel.is_asked() {
        return Ok(None);
    }
    Ok(Some(Ran { status: status?, stdout, stderr, is_late }))
}

/// All that a pipe gives is read, so that its writer goes on; the beginning is kept.
fn text(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = pipe.by_ref().take(MOST_TEXT).read_to_end(&mut bytes);
    let _ = io::copy(&mut pipe, &mut io::sink());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_streams_come_and_a_flood_is_cut() {
        let ran = run(&mut shell("echo a; echo b >&2; exit 3"), &Cancel::default(), None).unwrap().unwrap();
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.status.code()), ("a\n", "b\n", Some(3)));
        let ran = run(&mut shell("head -c 3000000 /dev/zero"), &Cancel::default(), None).unwrap().unwrap();
        assert_eq!((ran.stdout.len() as u64, ran.status.success()), (MOST_TEXT, true));
    }

    #[test]
    fn what_does_not_end_is_ended_with_all_that_it_started() {
        let limit = Some(Duration::from_millis(100));
        let ran = run(&mut shell("sleep 1000 & sleep 1000"), &Cancel::default(), limit).unwrap().unwrap();
        assert!(ran.is_late && !ran.status.success());
        let cancel = Cancel::default();
        cancel.cancel();
        assert!(run(&mut shell("exit 0"), &cancel, None).unwrap().is_none());
    }
}
