//! All results, as JSON and as a page.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::costs::Costs;
use crate::exec::Exec;
use crate::figures::{Samples, short};
use crate::first::First;
use crate::frames::Frames;
use crate::goals;
use crate::keys::Keys;
use crate::machine::Machine;
use crate::memory::Memory;
use crate::way::Measured;

/// What was measured; what was not is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Results {
    /// By part: where and when.
    pub runs: BTreeMap<String, Machine>,
    /// By project.
    pub ways: BTreeMap<String, Measured>,
    /// By project.
    pub frames: BTreeMap<String, Frames>,
    /// By build: `release`, `dev`.
    pub costs: BTreeMap<String, Costs>,
    /// Typing.
    pub keys: Option<Keys>,
    /// The server's.
    pub memory: Option<Memory>,
    /// Programs.
    pub exec: Option<Exec>,
    /// A server's start, by project.
    pub first: BTreeMap<String, First>,
    /// Other tools, by name and lines: milliseconds from a save to running code, from `peers/measure.py`.
    pub peers: BTreeMap<String, BTreeMap<String, Samples>>,
}

impl Results {
    /// Takes over what `other` has.
    pub fn merge(&mut self, other: Self) {
        let was = std::mem::take(self);
        *self = Self {
            runs: was.runs.into_iter().chain(other.runs).collect(),
            ways: was.ways.into_iter().chain(other.ways).collect(),
            frames: was.frames.into_iter().chain(other.frames).collect(),
            costs: was.costs.into_iter().chain(other.costs).collect(),
            keys: other.keys.or(was.keys),
            memory: other.memory.or(was.memory),
            exec: other.exec.or(was.exec),
            first: was.first.into_iter().chain(other.first).collect(),
            peers: was.peers.into_iter().chain(other.peers).collect(),
        };
    }

    /// Tables in Markdown.
    pub fn page(&self) -> String {
        let mut page = self.circumstances();
        page.push_str(&goals::table(self));
        page.push_str(&self.ways_table());
        page.push_str(&self.stages_table());
        page.push_str(&self.frames_table());
        page.push_str(&self.rest());
        page
    }

    /// Parts that were measured in one run share a line.
    fn circumstances(&self) -> String {
        let mut lines: Vec<(Vec<&str>, &Machine)> = Vec::new();
        for (part, machine) in &self.runs {
            match lines.iter_mut().find(|(_, other)| *other == machine) {
                Some((parts, _)) => parts.push(part),
                None => lines.push((vec![part], machine)),
            }
        }
        let mut text = String::new();
        for (parts, Machine { date, processor, processors, system, rustc, commit, load }) in lines {
            let _ = writeln!(
                text,
                "- {}: {date}, commit {commit}, {processors} × {processor}, {system}, {rustc}; load average before and \
                 after {}.",
                parts.join(", "),
                load.join(" and ")
            );
        }
        text + "\n"
    }

    fn ways_table(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in self.ways.values().flat_map(|measured| &measured.ways) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        if names.is_empty() {
            return String::new();
        }
        let mut table = "### Every way, p50 / p95 in milliseconds\n\n| |".to_owned();
        let columns = ordered(&self.ways);
        columns.iter().for_each(|measured| {
            let _ = write!(table, " {} |", measured.title);
        });
        let _ = write!(table, "\n|---|{}\n", "---|".repeat(columns.len()));
        for name in names {
            let _ = write!(table, "| {name} |");
            for measured in &columns {
                let cell = measured.way(name).map(|samples| {
                    let ready =
                        measured.ready.get(name).map(|ready| format!(" ({ready}/{})", samples.0.len()));
                    format!(
                        "{} / {}{}",
                        short(samples.p50()),
                        short(samples.p95()),
                        ready.unwrap_or_default()
                    )
                });
                let _ = write!(table, " {} |", cell.unwrap_or_default());
            }
            table.push('\n');
        }
        table + "\nIn parentheses: how many were built before the save.\n\n"
    }

    fn stages_table(&self) -> String {
        let mut table = String::new();
        for measured in ordered(&self.ways) {
            for (loader, stages) in &measured.stages {
                if table.is_empty() {
                    table.push_str("### Where the time of a save without a pause goes, medians in milliseconds\n\n| | loader |");
                    stages.iter().for_each(|(name, _)| {
                        let _ = write!(table, " {name} |");
                    });
                    let _ = write!(table, "\n|---|---|{}\n", "---|".repeat(stages.len()));
                }
                let _ = write!(table, "| {} | {loader} |", measured.title);
                stages.iter().for_each(|(_, samples)| {
                    let _ = write!(table, " {} |", short(samples.p50()));
                });
                table.push('\n');
            }
        }
        if !table.is_empty() {
            table.push('\n');
        }
        table
    }

    fn frames_table(&self) -> String {
        let mut table = String::new();
        for (name, frames) in &self.frames {
            if table.is_empty() {
                table.push_str(
                    "### Frames of a live game, microseconds: the longest frame of each window, p50 / p95 / longest\n\n\
                     | | median frame | while a generation loads and swaps | the same on the processor | the frame \
                     that swaps | `poll()` in it | while nothing happens | while the compiler runs | load, off the thread |\n\
                     |---|---|---|---|---|---|---|---|---|\n",
                );
            }
            let three = |samples: &Samples| {
                format!("{} / {} / {}", short(samples.p50()), short(samples.p95()), short(samples.most()))
            };
            let _ = writeln!(
                table,
                "| {name} | {} | {} | {} | {} | {} | {} | {} | {} |",
                short(frames.median),
                three(&frames.loading),
                three(&frames.loading_busy),
                three(&frames.swapping),
                three(&frames.poll),
                three(&frames.quiet),
                three(&frames.compiling),
                three(&frames.load),
            );
        }
        if !table.is_empty() {
            table.push('\n');
        }
        table
    }

    fn rest(&self) -> String {
        let mut text = String::new();
        for (build, costs) in &self.costs {
            let _ = writeln!(
                text,
                "- A live game's {build} build, nanoseconds: empty loop {}, idle `poll()` {}, call through a function \
                 pointer {}, through a `Box<dyn Trait>` {}, of a script {}.",
                short(costs.empty),
                short(costs.poll),
                short(costs.pointer),
                short(costs.boxed),
                short(costs.script)
            );
        }
        if let Some(keys) = &self.keys {
            let _ = writeln!(
                text,
                "- A keystroke in {} lines, {} samples, microseconds p50 / p99: `didChange` in the server {} / {}, with the \
                 answer behind it at the editor's end {} / {}, the answer alone {} / {}.",
                keys.lines,
                keys.change.0.len(),
                short(keys.handled.p50()),
                short(keys.handled.p99()),
                short(keys.change.p50()),
                short(keys.change.p99()),
                short(keys.request.p50()),
                short(keys.request.p99())
            );
        }
        if let Some(memory) = &self.memory {
            let _ = writeln!(
                text,
                "- The server with {} open scripts: {} MB resident, of that {} MB anonymous, {} MB at the most.",
                memory.scripts,
                short(memory.resident),
                short(memory.anonymous),
                short(memory.peak)
            );
        }
        if let Some(exec) = &self.exec {
            let two = |samples: &Samples| format!("{} / {}", short(samples.p50()), short(samples.p95()));
            let _ = writeln!(
                text,
                "- hello.rs, milliseconds p50 / p95: `rustc` and run {}; `liveline exec` after an edit {}, with a shared \
                 library {}, of the same text again {}.",
                two(&exec.native),
                two(&exec.edited),
                two(&exec.edited_dylib),
                two(&exec.same)
            );
        }
        for (project, First { server, rustc }) in &self.first {
            let _ = writeln!(
                text,
                "- {project}, milliseconds p50 / p95 of {}: a server's start to the first diagnostic of a broken script {} / {}, \
                 rustc on it {} / {}.",
                server.0.len(),
                short(server.p50()),
                short(server.p95()),
                short(rustc.p50()),
                short(rustc.p95())
            );
        }
        for (peer, lengths) in &self.peers {
            let cells = lengths.iter().map(|(lines, samples)| {
                let unit = if lines.parse::<u32>().is_ok() { " lines" } else { "" };
                format!("{lines}{unit} {} / {} ms", short(samples.p50()), short(samples.p95()))
            });
            let _ = writeln!(
                text,
                "- {peer}, from a save to running code: {}.",
                cells.collect::<Vec<_>>().join(", ")
            );
        }
        text
    }
}

/// Small projects first.
fn ordered(ways: &BTreeMap<String, Measured>) -> Vec<&Measured> {
    let size = |name: &str| name.rsplit('-').next().and_then(|count| count.parse::<u32>().ok());
    let mut all: Vec<(&String, &Measured)> = ways.iter().collect();
    all.sort_by_key(|(name, _)| (!name.starts_with("files"), size(name)));
    all.into_iter().map(|(_, measured)| measured).collect()
}
