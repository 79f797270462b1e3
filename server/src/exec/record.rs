//! What a compiled program was made from and of, so that an unchanged program is not compiled again.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::cache::Program;
use super::call::Call;
use super::script::Source;
use super::{Doing, Failure, Flags};
use crate::build::stamp::{self, Hash};
use crate::os;

/// Grows when the record's meaning changes.
const FORMAT: u32 = 1;
/// Clocks of file systems tick every few milliseconds: within a tick two writes have the same time.
const TICK: i128 = 50_000_000;

/// A compiled program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    format: u32,
    /// Where the program's dependencies were said.
    key: String,
    /// How the compiler was called.
    pub(super) call: Call,
    /// What decided how it is called, for a program that cargo knows.
    pub(super) decided_by: Option<Basis>,
    /// What the compiler read.
    pub(super) sources: Basis,
    /// The linker's arguments; its inputs are files that this program keeps, or a toolchain's.
    pub(super) link: Vec<String>,
    /// The folder of the objects, in the program's own.
    pub(super) attempt: String,
}

impl Record {
    pub(super) fn new(
        key: String,
        call: Call,
        decided_by: Option<Basis>,
        sources: Basis,
        link: Vec<String>,
        attempt: String,
    ) -> Self {
        Self { format: FORMAT, key, call, decided_by, sources, link, attempt }
    }

    /// The last one, whether or not it still holds.
    pub(super) fn read(program: &Program) -> Option<Self> {
        let record: Self = serde_json::from_slice(&fs::read(program.record()).ok()?).ok()?;
        (record.format == FORMAT && program.folder.join(&record.attempt).is_dir()).then_some(record)
    }

    /// Makes it the program's.
    pub(super) fn publish(&self, program: &Program) -> Result<(), Failure> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        os::write_atomically(&program.record(), &text)
            .doing(|| format!("write {}", program.record().display()))
    }

    /// Whether the compiler would make the same again.
    pub(super) fn is_fresh(&self, source: &Source, flags: &Flags) -> bool {
        self.is_called_so(source, flags) && self.sources.holds(&self.call)
    }

    /// Whether the compiler would be called in the same way again.
    pub(super) fn is_called_so(&self, source: &Source, flags: &Flags) -> bool {
        if self.key != source.key() {
            return false;
        }
        match &self.decided_by {
            Some(decided_by) => decided_by.holds(&Call::default()),
            None => Call::plain(source, flags).is_ok_and(|call| call == self.call),
        }
    }
}

/// Files and variables as they were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Basis {
    /// Files, and places where there was none.
    pub(super) files: Vec<Stamp>,
    /// Variables, by name.
    pub(super) variables: BTreeMap<String, Option<String>>,
}

impl Basis {
    /// Whether all of it is as it was, in the environment of a call.
    pub(super) fn holds(&self, call: &Call) -> bool {
        self.files.iter().all(Stamp::holds)
            && self.variables.iter().all(|(name, value)| variable(name, call) == *value)
    }

    /// Makes sure that it does not hold.
    pub(super) fn distrust(&mut self) {
        for stamp in &mut self.files {
            stamp.is_settled = false;
            stamp.hash = None;
        }
    }

    /// Whether a file was written at `moment` or later, in nanoseconds since the Unix epoch.
    pub(super) fn is_written_since(&self, moment: i128) -> bool {
        self.files.iter().any(|stamp| stamp.changed >= moment)
    }
}

/// A variable as a call has it.
pub(super) fn variable(name: &str, call: &Call) -> Option<String> {
    call.set.get(name).cloned().or_else(|| {
        let is_unset = call.unset.iter().any(|unset| unset == name);
        std::env::var_os(name).filter(|_| !is_unset).map(|value| value.to_string_lossy().into_owned())
    })
}

/// A file as it was, or that there was none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    path: PathBuf,
    length: u64,
    /// The later of its two times, in nanoseconds since the Unix epoch.
    changed: i128,
    /// Whether a further write would have got another time.
    is_settled: bool,
    /// `None` where there was no readable file.
    hash: Option<Hash>,
}

impl Stamp {
    /// Of a file as it is now. The content is read where it counts, in [`Self::with_content`].
    pub(super) fn of(path: &Path) -> Self {
        let metadata = fs::metadata(path).ok();
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        let changed = metadata.as_ref().map_or(0, |data| {
            nanoseconds(data.mtime(), data.mtime_nsec()).max(nanoseconds(data.ctime(), data.ctime_nsec()))
        });
        Self {
            path: path.to_owned(),
            length: metadata.as_ref().map_or(0, fs::Metadata::len),
            changed,
            is_settled: changed + TICK < now(),
            hash: None,
        }
    }

    /// With the hash of its content.
    pub(super) fn with_content(path: &Path) -> Self {
        let mut stamp = Self::of(path);
        stamp.hash = fs::read(path).ok().map(|bytes| stamp::hash(&bytes));
        stamp
    }

    /// What the file system says of it, as bytes to hash.
    pub(super) fn identity(&self) -> String {
        format!("{} {} {}", self.path.display(), self.length, self.changed)
    }

    fn holds(&self) -> bool {
        let now = Self::of(&self.path);
        if (now.length, now.changed) == (self.length, self.changed) && self.is_settled {
            return true;
        }
        fs::read(&self.path).ok().map(|bytes| stamp::hash(&bytes)) == self.hash
    }
}

/// Nanoseconds since the Unix epoch.
pub(super) fn now() -> i128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos().cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_hold_and_others_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.rs");
        let missing = Stamp::with_content(&path);
        assert!(missing.holds());
        fs::write(&path, "one").unwrap();
        assert!(!missing.holds());
        let stamp = Stamp::with_content(&path);
        fs::write(&path, "two").unwrap();
        assert!(!stamp.holds());
        fs::write(&path, "one").unwrap();
        assert!(stamp.holds());
    }

    #[test]
    fn a_variable_of_the_call_hides_this_processs() {
        let mut call = Call::default();
        assert!(variable("PATH", &call).is_some());
        call.unset.push("PATH".to_owned());
        assert_eq!(variable("PATH", &call), None);
        call.set.insert("PATH".to_owned(), "/x".to_owned());
        assert_eq!(variable("PATH", &call).as_deref(), Some("/x"));
    }
}
