//! Turns sightings of files into changes of content: told once, after the writer is done.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::build::stamp::{Hash, Stamps, hash};
use crate::watch::Sighting;

/// Sightings that come together are one change: a checkout of many files, an editor's rename after its write.
const TOGETHER: Duration = Duration::from_millis(3);
/// A writer that keeps its file open is not waited for any longer.
const IN_FLUX: Duration = Duration::from_millis(40);
/// Some editors empty a file before they write it: an empty one is believed after this.
const EMPTY: Duration = Duration::from_millis(150);

/// Files that have been seen and not been told yet.
#[derive(Debug, Default)]
pub struct Sight {
    waiting: HashMap<PathBuf, Instant>,
    /// The content that was told last. A file that has never been told is told at its first sighting.
    told: HashMap<PathBuf, Option<Hash>>,
    /// Files that were found empty, and until when that is not believed.
    held: HashMap<PathBuf, Instant>,
    /// Files that were written with what was told of them before.
    rewritten: Vec<PathBuf>,
    stamps: Stamps,
}

impl Sight {
    /// Takes note of a file.
    pub fn see(&mut self, sighting: &Sighting, now: Instant) {
        let (path, wait) = match sighting {
            Sighting::Settled(path) => (path, TOGETHER),
            Sighting::InFlux(path) => (path, IN_FLUX),
            Sighting::Folder(_) | Sighting::Lost => return,
        };
        self.waiting.insert(path.clone(), now + wait);
    }

    /// When to look again.
    pub fn next_look(&self) -> Option<Instant> {
        self.waiting.values().min().copied()
    }

    /// The files whose content is news and whose time has come. While others are still expected within a moment,
    /// those wait with them.
    pub fn look(&mut self, now: Instant) -> Vec<PathBuf> {
        if !self.waiting.values().any(|at| *at <= now) {
            return Vec::new();
        }
        let due: Vec<PathBuf> = self
            .waiting
            .iter()
            .filter(|(_, at)| **at <= now + TOGETHER)
            .map(|(path, _)| path.clone())
            .collect();
        due.into_iter().filter(|path| self.is_news_after_waiting(path, now)).collect()
    }

    fn is_news_after_waiting(&mut self, path: &PathBuf, now: Instant) -> bool {
        self.waiting.remove(path);
        if self.is_newly_empty(path) {
            let believed_at = *self.held.entry(path.clone()).or_insert(now + EMPTY);
            if now < believed_at {
                self.waiting.insert(path.clone(), believed_at);
                return false;
            }
        }
        self.held.remove(path);
        let is_news = self.is_news(path);
        if !is_news {
            self.rewritten.push(path.clone());
        }
        is_news
    }

    /// The files that were written since the last time, with the content that was told before.
    pub fn rewritten(&mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.rewritten)
    }

    fn is_newly_empty(&self, path: &PathBuf) -> bool {
        let is_empty = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0);
        is_empty && self.told.get(path).is_none_or(|told| *told != Some(hash(b"")))
    }

    /// The hash of the content that was told last; `None` if there was no readable file.
    pub fn told(&self, path: &Path) -> Option<Hash> {
        self.told.get(path).cloned().flatten()
    }

    /// Whether a file has other content than was told last; from now on it counts as told.
    pub fn is_news(&mut self, path: &PathBuf) -> bool {
        self.waiting.remove(path);
        let content = self.stamps.of(path);
        self.told.insert(path.clone(), content.clone()).is_none_or(|told| told != content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    struct Fixture {
        _folder: tempfile::TempDir,
        path: PathBuf,
        sight: Sight,
        now: Instant,
    }

    fn fixture(text: &str) -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.rs");
        fs::write(&path, text).unwrap();
        Fixture { _folder: folder, path, sight: Sight::default(), now: Instant::now() }
    }

    impl Fixture {
        fn settled(&mut self) -> &mut Self {
            self.sight.see(&Sighting::Settled(self.path.clone()), self.now);
            self
        }

        fn look_after(&mut self, wait: Duration) -> usize {
            self.now += wait;
            self.sight.look(self.now).len()
        }
    }

    #[test]
    fn a_save_that_two_watchers_report_is_told_once() {
        let mut fixture = fixture("a");
        assert!(fixture.sight.is_news(&fixture.path.clone()), "the editor says so");
        assert_eq!(fixture.settled().look_after(TOGETHER), 0, "the file system says so too");
    }

    #[test]
    fn a_named_pipe_is_not_waited_for() {
        let mut fixture = fixture("a");
        fs::remove_file(&fixture.path).unwrap();
        crate::os::make_fifo(&fixture.path).unwrap();
        assert_eq!(fixture.settled().look_after(TOGETHER), 0, "it looks empty");
        assert_eq!(fixture.look_after(EMPTY), 1, "there is no readable file");
        assert_eq!(fixture.sight.told(&fixture.path), None);
    }

    #[test]
    fn going_back_to_earlier_text_is_news() {
        let mut fixture = fixture("a");
        assert_eq!(fixture.settled().look_after(TOGETHER), 1);
        fs::write(&fixture.path, "b").unwrap();
        assert_eq!(fixture.settled().look_after(TOGETHER), 1);
        fs::write(&fixture.path, "a").unwrap();
        assert_eq!(fixture.settled().look_after(TOGETHER), 1);
        assert_eq!(fixture.settled().look_after(TOGETHER), 0);
    }

    #[test]
    fn an_empty_file_between_two_writes_is_not_believed_at_once() {
        let mut fixture = fixture("");
        assert_eq!(fixture.settled().look_after(TOGETHER), 0);
        fs::write(&fixture.path, "whole").unwrap();
        assert_eq!(fixture.settled().look_after(TOGETHER), 1);
    }

    #[test]
    fn a_file_that_stays_empty_is_believed_in_the_end() {
        let mut fixture = fixture("");
        assert_eq!(fixture.settled().look_after(TOGETHER), 0);
        assert_eq!(fixture.look_after(EMPTY), 1);
        assert_eq!(fixture.settled().look_after(TOGETHER), 0);
    }

    #[test]
    fn a_removed_file_is_news_once() {
        let mut fixture = fixture("a");
        assert_eq!(fixture.settled().look_after(TOGETHER), 1);
        fs::remove_file(&fixture.path).unwrap();
        assert_eq!(fixture.settled().look_after(TOGETHER), 1);
        assert_eq!(fixture.settled().look_after(TOGETHER), 0);
    }
}
