//! The sample's running game, seen through the lines that it prints.

use std::ops::{Deref, DerefMut};

use crate::Running;

/// A running game.
#[derive(Debug)]
pub struct Game {
    running: Running,
}

/// A line of the sample game: `says WORDS ticks=N calls=N`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// `says one`, or `fault …`.
    pub what: String,
    /// The script's own state: frames since it was spawned or reset.
    pub ticks: u64,
    /// The API crate's static: calls by any generation.
    pub calls: u64,
}

impl Game {
    /// Starts a command whose output is the game's, among other lines.
    pub fn start(command: std::process::Command) -> Self {
        Self::new(Running::start("the game's command", command))
    }

    pub(crate) fn new(running: Running) -> Self {
        Self { running }
    }

    /// Waits for a line that starts with `what`.
    ///
    /// # Panics
    /// After [`crate::DEADLINE`], and when the game ends before.
    pub fn wait_for(&mut self, what: &str) -> Said {
        self.running.wait_for_line(what, |line| line.starts_with(what).then(|| Said::parse(line)))
    }

    /// What it has said that was not waited for; waits for nothing.
    pub fn heard(&mut self) -> Vec<Said> {
        self.running.heard_lines(|line| Some(Said::parse(line)))
    }
}

impl Said {
    fn parse(line: &str) -> Self {
        let (rest, calls) = split_number(line, " calls=");
        let (what, ticks) = split_number(rest, " ticks=");
        Self { what: what.to_owned(), ticks, calls }
    }
}

fn split_number<'l>(line: &'l str, name: &str) -> (&'l str, u64) {
    line.rsplit_once(name).and_then(|(rest, number)| Some((rest, number.parse().ok()?))).unwrap_or((line, 0))
}

impl Deref for Game {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}

impl DerefMut for Game {
    fn deref_mut(&mut self) -> &mut Running {
        &mut self.running
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_from_its_end() {
        let said = |what: &str, ticks, calls| Said { what: what.to_owned(), ticks, calls };
        assert_eq!(Said::parse("says ticks=1 ticks=4 calls=9"), said("says ticks=1", 4, 9));
        assert_eq!(Said::parse("hello"), said("hello", 0, 0));
    }
}
