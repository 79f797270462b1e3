//! Runs cargo as a process group, hands on what it says as it says it, and ends it when asked.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use crate::os::{self, Group};

/// Ends a build from another thread.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Mutex<CancelState>>);

#[derive(Debug, Default)]
struct CancelState {
    asked: bool,
    running: Option<Group>,
}

impl Cancel {
    /// Ends what runs now, and anything that this build would still start.
    pub fn cancel(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.asked = true;
        if let Some(group) = state.running {
            group.kill();
        }
    }

    /// Whether both end the same build.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether the build was asked to end.
    pub fn is_asked(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).asked
    }

    /// Starts a process group unless the build was asked to end: no moment in between is left open.
    pub(super) fn start(&self, command: &mut Command, niceness: i32) -> io::Result<Option<os::GroupChild>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.asked {
            return Ok(None);
        }
        let child = match niceness {
            0 => os::spawn_group(command)?,
            _ => os::spawn_polite_group(command, niceness)?,
        };
        state.running = Some(child.group());
        Ok(Some(child))
    }

    /// Makes a process group that already runs this build's; the group is ended if the build was asked to end.
    pub(super) fn adopt(&self, group: Group) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.running = Some(group);
        if state.asked {
            group.kill();
        }
    }

    /// The process group is no longer this build's.
    pub(super) fn ended(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).running = None;
    }
}

/// How a compiler ended.
#[derive(Debug)]
pub enum Ended {
    /// By itself.
    With(ExitStatus),
    /// It was asked to.
    Cancelled,
}

/// Runs cargo to its end. `on_json` gets each line of its standard output, `on_text` each line of the other stream.
pub fn run(
    command: &mut Command,
    cancel: &Cancel,
    on_json: &mut dyn FnMut(&str),
    on_text: &(dyn Fn(&str) + Sync),
) -> io::Result<Ended> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Some(mut child) = cancel.start(command, 0)? else { return Ok(Ended::Cancelled) };
    let (stdout, stderr) = (child.child().stdout.take(), child.child().stderr.take());
    std::thread::scope(|scope| {
        scope.spawn(|| read_lines(stderr, &mut |line| on_text(line)));
        read_lines(stdout, on_json);
    });
    let status = child.wait();
    cancel.ended();
    if cancel.is_asked() { Ok(Ended::Cancelled) } else { status.map(Ended::With) }
}

fn read_lines(pipe: Option<impl Read>, on_line: &mut dyn FnMut(&str)) {
    let Some(pipe) = pipe else { return };
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line), Ok(count) if count > 0) {
        on_line(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
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
    fn both_streams_are_read_to_their_end() {
        let mut json = Vec::new();
        let text = Mutex::new(Vec::new());
        let on_text = |line: &str| text.lock().unwrap().push(line.to_owned());
        let mut command = shell("echo a; echo x >&2; echo b; exit 3");
        let ended = run(&mut command, &Cancel::default(), &mut |l| json.push(l.to_owned()), &on_text);
        assert!(matches!(ended.unwrap(), Ended::With(status) if status.code() == Some(3)));
        assert_eq!(
            (json, text.into_inner().unwrap()),
            (vec!["a".to_owned(), "b".to_owned()], vec!["x".to_owned()])
        );
    }

    #[test]
    fn cancelling_ends_grandchildren_too() {
        let cancel = Cancel::default();
        let mut grandchild = None;
        let mut command = shell("sleep 1000 & echo $!; wait");
        let asked = cancel.clone();
        let on_json = &mut |line: &str| {
            grandchild = line.parse().ok();
            asked.cancel();
        };
        assert!(matches!(run(&mut command, &cancel, on_json, &|_| {}).unwrap(), Ended::Cancelled));
        let grandchild = grandchild.expect("the shell printed its child");
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while is_running(grandchild) {
            assert!(std::time::Instant::now() < deadline, "{grandchild} still runs");
            std::thread::yield_now();
        }
    }

    /// A killed process whose parent has died stays a zombie until the system's first process takes notice.
    fn is_running(pid: u32) -> bool {
        std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or("").trim_start().starts_with('Z'))
    }

    #[test]
    fn nothing_starts_after_it_was_cancelled() {
        let cancel = Cancel::default();
        cancel.cancel();
        let ended = run(&mut shell("exit 0"), &cancel, &mut |_| {}, &|_| {});
        assert!(matches!(ended.unwrap(), Ended::Cancelled));
    }
}
