//! What the torture took: memory, files, threads, and how much of it a generation leaves behind.

use std::fmt;

use crate::engine::Figures;
use crate::trial::{Counts, Step};

/// Descriptors of an engine beyond those that it started with: backtraces have names in the last 64 retired generations.
const MORE_FILES: usize = 64 + 8;
/// Threads of an engine: its own, the one that reads its input, and Liveline's.
const MOST_THREADS: usize = 4;
/// Descriptors of the server, whose compilers come and go.
const MOST_SERVER_FILES: usize = 200;

/// The figures.
#[derive(Debug, Default)]
pub struct Report {
    steps: Counts,
    /// Of the server at its start.
    pub server: Figures,
    server_at_end: Figures,
    saved: usize,
    processes: usize,
    generations: u64,
    growth: i64,
    files: usize,
    threads: usize,
    /// The engine's process that loaded most.
    longest: (u64, i64),
}

impl Report {
    /// One step.
    pub fn count(&mut self, step: Step) {
        *self.steps.entry(step).or_default() += 1;
    }

    /// An engine's process at its end.
    ///
    /// # Panics
    /// When it has more files or threads than it needs.
    pub fn engine(&mut self, (now, start, loaded): (Figures, Figures, u64)) {
        self.processes += 1;
        if now.memory == 0 {
            // It has crashed.
            return;
        }
        assert!(now.files <= start.files + MORE_FILES, "{} files, {} at the start", now.files, start.files);
        assert!(now.threads <= MOST_THREADS, "{} threads", now.threads);
        let growth = now.memory.cast_signed() - start.memory.cast_signed();
        self.generations += loaded;
        self.growth += growth;
        self.files = self.files.max(now.files);
        self.threads = self.threads.max(now.threads);
        self.longest = self.longest.max((loaded, growth));
    }

    /// The server at its end, and the number of generations that it has made.
    ///
    /// # Panics
    /// When it has more files than it needs.
    pub fn ends(&mut self, server: u32, saved: usize) {
        self.server_at_end = Figures::of(server);
        self.saved = saved;
        let files = self.server_at_end.files;
        assert!(files <= MOST_SERVER_FILES, "the server has {files} files");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: usize = self.steps.values().sum();
        writeln!(f, "{steps} steps, {} generations: {:?}", self.saved, self.steps)?;
        let each = self.growth / i64::try_from(self.generations.max(1)).unwrap_or(1);
        writeln!(
            f,
            "engines: {} processes; {each} KiB for each of {} loaded generations; at the most {} files and {} \
             threads; the longest-lived grew by {} KiB over {} generations",
            self.processes, self.generations, self.files, self.threads, self.longest.1, self.longest.0
        )?;
        let (start, end) = (self.server, self.server_at_end);
        write!(
            f,
            "server: {} KiB, {} files, {} threads at the end; {} KiB, {} files, {} threads at the first start",
            end.memory, end.files, end.threads, start.memory, start.files, start.threads
        )
    }
}
