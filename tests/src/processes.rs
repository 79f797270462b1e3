//! A test's own child processes, and the finding of those that they left behind.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::DEADLINE;
use crate::lines::Lines;

/// A child in a process group of its own; dropping it ends the group.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    lines: Lines,
}

impl Running {
    /// Starts `command` with its output captured. Its input stays open until it is dropped.
    ///
    /// # Panics
    /// When the program cannot be started.
    pub fn start(name: &str, mut command: Command) -> Self {
        use std::os::unix::process::CommandExt as _;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            panic!("{name} has no captured output")
        };
        Self { name: name.to_owned(), lines: Lines::read(name, stdout, stderr), child }
    }

    /// The first value that `pick` makes of a line not waited for before.
    ///
    /// # Panics
    /// After [`DEADLINE`], and when the output ends.
    pub fn wait_for_line<T>(&mut self, what: &str, pick: impl FnMut(&str) -> Option<T>) -> T {
        self.lines.wait(what, pick).unwrap_or_else(|report| {
            panic!("{report}Its state: {:?}", self.child.try_wait());
        })
    }

    /// Everything that `pick` makes of the lines that have already arrived; waits for none.
    pub(crate) fn heard_lines<T>(&mut self, pick: impl FnMut(&str) -> Option<T>) -> Vec<T> {
        self.lines.drain(pick)
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes a line to its input. One that has ended does not read it.
    pub fn tell(&mut self, line: &str) {
        let input = self.child.stdin.as_mut();
        // One write, so that it never reads half a line.
        let _ = input.map(|input| input.write_all(format!("{line}\n").as_bytes()));
    }

    /// Whether it has not ended.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills this process alone, as a crash would, and waits until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end (SIGTERM) and waits for that.
    ///
    /// # Panics
    /// When it has not ended after [`DEADLINE`].
    pub fn terminate(&mut self) -> ExitStatus {
        let _ = kill_process(self.id(), Signal::TERM);
        self.wait_for_end()
    }

    /// Closes its input and waits for its end.
    ///
    /// # Panics
    /// When it has not ended after [`DEADLINE`].
    pub fn close(&mut self) -> ExitStatus {
        drop(self.child.stdin.take());
        self.wait_for_end()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it has not ended after [`DEADLINE`].
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        poll_until(&format!("{} ends", self.name), deadline, || self.child.try_wait().ok().flatten())
    }

    fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The group's number stays taken until the child is waited for, so this cannot hit a stranger.
        let _ = kill_process_group(self.id(), Signal::KILL);
        let _ = self.child.wait();
    }
}

/// A process found in `/proc`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its arguments, separated by spaces.
    pub command: String,
}

/// The processes that work in `folder` or name it in their arguments, except this one.
pub(crate) fn processes_in(folder: &Path) -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id())
        .filter_map(|pid| works_in(pid, folder))
        .collect()
}

fn works_in(pid: u32, folder: &Path) -> Option<Process> {
    let place = Path::new("/proc").join(pid.to_string());
    let arguments = std::fs::read(place.join("cmdline")).ok().filter(|arguments| !arguments.is_empty())?;
    let command = String::from_utf8_lossy(&arguments).replace('\0', " ").trim_end().to_owned();
    let inside = std::fs::read_link(place.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
    (inside || command.contains(folder.to_str()?)).then_some(Process { pid, command })
}

/// Asks again and again, since neither a process's end nor a file's content sends an event.
///
/// # Panics
/// After the deadline.
pub fn poll_until<T>(what: &str, deadline: Instant, mut ask: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(value) = ask() {
            return value;
        }
        assert!(Instant::now() < deadline, "{what}: not within {DEADLINE:?}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
