//! A child's output, line by line, with a deadline on every wait and a transcript for the failure's message.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Instant;

use crate::DEADLINE;

/// How many of the last lines a failure shows.
const SHOWN: usize = 60;

/// Lines of one or more streams in the order in which they came.
#[derive(Debug)]
pub(crate) struct Lines {
    name: String,
    incoming: Receiver<Line>,
    heard: Vec<Line>,
}

/// One line and the stream that it came from.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    stream: &'static str,
    text: String,
}

impl Lines {
    /// Reads `stdout`, whose lines are waited for, and `stderr`, whose lines are only shown.
    pub(crate) fn read(
        name: &str,
        stdout: impl Read + Send + 'static,
        stderr: impl Read + Send + 'static,
    ) -> Self {
        let (sender, incoming) = channel();
        forward("out", stdout, sender.clone());
        forward("err", stderr, sender);
        Self { name: name.to_owned(), incoming, heard: Vec::new() }
    }

    /// The first value that `pick` makes of a line not waited for before. Fails with a report after
    /// [`DEADLINE`], and when the output ends.
    pub(crate) fn wait<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, String> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = match self.incoming.recv_timeout(left) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => {
                    return Err(self.report(&format!("{what}: not within {DEADLINE:?}")));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.report(&format!("{what}: not before the end")));
                }
            };
            self.heard.push(line.clone());
            if line.stream == "out"
                && let Some(value) = pick(&line.text)
            {
                return Ok(value);
            }
        }
    }

    /// Everything that `pick` makes of the lines that have already arrived; waits for none.
    pub(crate) fn drain<T>(&mut self, mut pick: impl FnMut(&str) -> Option<T>) -> Vec<T> {
        let arrived: Vec<Line> = self.incoming.try_iter().collect();
        self.heard.extend(arrived.iter().cloned());
        arrived.iter().filter(|line| line.stream == "out").filter_map(|line| pick(&line.text)).collect()
    }

    fn report(&self, why: &str) -> String {
        let mut report = format!("{}: {why}; it said:\n", self.name);
        let told = without_repeats(&self.heard);
        for line in &told[told.len().saturating_sub(SHOWN)..] {
            let _ = writeln!(report, "  {} | {}", line.stream, line.text);
        }
        report
    }
}

/// Of neighbours that differ in their numbers alone, the last.
fn without_repeats(lines: &[Line]) -> Vec<&Line> {
    let form = |line: &Line| line.text.replace(|c: char| c.is_ascii_digit(), "");
    let is_last = |index: &usize| lines.get(index + 1).is_none_or(|next| form(next) != form(&lines[*index]));
    (0..lines.len()).filter(is_last).map(|index| &lines[index]).collect()
}

fn forward(stream: &'static str, from: impl Read + Send + 'static, to: Sender<Line>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let text = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
            if to.send(Line { stream, text }).is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_waited_for_once() {
        let mut lines = Lines::read("echo", &b"a\nb\na\n"[..], &b""[..]);
        let is = |wanted: &'static str| move |text: &str| (text == wanted).then_some(());
        lines.wait("first a", is("a")).unwrap();
        lines.wait("second a", is("a")).unwrap();
        assert_eq!(lines.heard.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["a", "b", "a"]);
    }

    #[test]
    fn neighbours_that_differ_in_numbers_alone_are_shown_once() {
        let line = |text: &str| Line { stream: "out", text: text.to_owned() };
        let lines = ["ran 1", "ran 22", "new", "ran 3"].map(line);
        let told: Vec<&str> = without_repeats(&lines).into_iter().map(|line| line.text.as_str()).collect();
        assert_eq!(told, ["ran 22", "new", "ran 3"]);
    }

    #[test]
    fn an_end_before_the_line_fails_with_what_was_said() {
        let report = Lines::read("echo", &b"only this\n"[..], &b""[..]).wait("another", |_| None::<()>);
        assert!(report.unwrap_err().contains("out | only this"));
    }
}
