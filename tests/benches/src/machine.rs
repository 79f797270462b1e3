//! When, where and with what something was measured.

use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// The circumstances of figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// The day.
    pub date: String,
    /// The processor and how many of it.
    pub processor: String,
    /// How many of them.
    pub processors: usize,
    /// Of the kernel.
    pub system: String,
    /// `rustc -V`.
    pub rustc: String,
    /// The commit of Liveline.
    pub commit: String,
    /// What else ran: the load average when it began and when it ended.
    pub load: Vec<String>,
}

impl Machine {
    /// This one, now.
    pub fn here() -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let name = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        Self {
            date: said("date", &["-u", "+%F %H:%M UTC"]),
            processor: name.map_or("unknown", |(_, name)| name).to_owned(),
            processors: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            system: said("uname", &["-sr"]),
            rustc: said("rustc", &["-V"]),
            commit: said("git", &["-C", root, "describe", "--always", "--dirty"]),
            load: vec![load()],
        }
    }

    /// Writes down what else ran by now.
    pub fn note_load(&mut self) {
        self.load.push(load());
    }
}

/// Of the last minute.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn said(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
