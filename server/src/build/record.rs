//! What is kept across restarts: how libraries are built, what each was built from, its last good build.
//!
//! One file a library, so that a save writes a few kilobytes however many libraries there are, and one for each way
//! of calling rustc, which all script files of a package share.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use liveline_protocol::engine::{Generation, Reload};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::inputs::Inputs;
use super::invocation::Invocation;
use super::stamp::{Hash, hash};
use crate::diagnostics::Diagnostic;
use crate::os;

/// The folder of the libraries' files in Liveline's folder.
const LIBRARIES: &str = "libraries";
/// The folder of the captured calls.
const CAPTURES: &str = "captures";
/// All libraries in one file: what an earlier version wrote.
const EARLIER: &str = "libraries.json";
/// Grows when the form of [`Record`] or [`Capture`] or the way of building changes: older files are then not read.
const FORM: u32 = 2;

/// How cargo calls rustc for a crate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    /// The crate types, profile and so on that it was captured for.
    pub plan: String,
    /// How rustc is called.
    pub invocation: Invocation,
    /// cargo's folder for the profile.
    pub profile_folder: PathBuf,
    /// Of what cargo looks at.
    pub digest: Hash,
}

impl Capture {
    /// Another capture has another one.
    pub fn identity(&self) -> Hash {
        hash(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// One library's last good build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The capture that it was built by.
    pub capture: Hash,
    /// What rustc read.
    pub inputs: Inputs,
    /// Of the inputs.
    pub source_digest: Hash,
    /// What was announced.
    pub reload: Reload,
    /// Its warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// All that is kept of a workspace.
#[derive(Debug, Default)]
pub struct Records {
    folder: PathBuf,
    captures: BTreeMap<String, (Arc<Capture>, Hash)>,
    libraries: BTreeMap<String, Kept>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    form: u32,
    /// Kept apart from the record: a generation's number is never given twice, even if the record is lost.
    generation: Generation,
    record: Option<Record>,
}

/// The part of any form that is always believed.
#[derive(Deserialize)]
struct Numbered {
    generation: Generation,
}

#[derive(Deserialize)]
struct Earlier {
    generations: BTreeMap<String, Generation>,
}

#[derive(Serialize, Deserialize)]
struct KeptCapture {
    form: u32,
    capture: Capture,
}

impl Records {
    /// Reads the files; one that cannot be read, or is of another form, only costs a build.
    pub fn load(folder: &Path) -> Self {
        let mut records = Self { folder: folder.to_owned(), ..Self::default() };
        if let Some(earlier) = read::<Earlier>(&folder.join(EARLIER)) {
            let numbered = |generation| Kept { generation, ..Kept::default() };
            records.libraries =
                earlier.generations.into_iter().map(|(name, number)| (name, numbered(number))).collect();
        }
        for (name, path) in files(&folder.join(LIBRARIES)) {
            let kept = read::<Kept>(&path).filter(|kept| kept.form == FORM);
            let number =
                || read::<Numbered>(&path).map(|n| Kept { generation: n.generation, ..Kept::default() });
            if let Some(kept) = kept.or_else(number) {
                records.libraries.insert(name, kept);
            }
        }
        for (name, path) in files(&folder.join(CAPTURES)) {
            if let Some(kept) = read::<KeptCapture>(&path).filter(|kept| kept.form == FORM) {
                let identity = kept.capture.identity();
                records.captures.insert(name, (Arc::new(kept.capture), identity));
            }
        }
        records
    }

    /// A library's record.
    pub fn get(&self, library: &str) -> Option<&Record> {
        self.libraries.get(library)?.record.as_ref()
    }

    /// How rustc is called for what has this key, and the identity of that.
    pub fn capture(&self, key: &str) -> Option<(Arc<Capture>, Hash)> {
        self.captures.get(key).cloned()
    }

    /// How rustc was called for what was built by a capture, if that is still known.
    pub fn invocation_of(&self, capture: &Hash) -> Option<Arc<Invocation>> {
        let mut captures = self.captures.values();
        let (capture, _) = captures.find(|(_, identity)| identity == capture)?;
        Some(Arc::new(capture.invocation.clone()))
    }

    /// The number of a library's last good build.
    pub fn generation(&self, library: &str) -> Generation {
        self.libraries.get(library).map(|kept| kept.generation).unwrap_or_default()
    }

    /// Keeps a good build. It must stand on the disk before any engine hears of it: otherwise a killed server
    /// could give its number to another build.
    pub fn keep(&mut self, record: Record) -> io::Result<()> {
        let library = record.reload.library.clone();
        let kept = Kept { form: FORM, generation: record.reload.generation, record: Some(record) };
        self.write(LIBRARIES, &library, &kept)?;
        self.libraries.insert(library, kept);
        Ok(())
    }

    /// Keeps a captured call.
    pub fn keep_capture(&mut self, key: &str, capture: Capture) -> io::Result<(Arc<Capture>, Hash)> {
        let kept = KeptCapture { form: FORM, capture };
        self.write(CAPTURES, key, &kept)?;
        let identity = kept.capture.identity();
        let entry = (Arc::new(kept.capture), identity);
        self.captures.insert(key.to_owned(), entry.clone());
        Ok(entry)
    }

    fn write(&self, folder: &str, name: &str, value: &impl Serialize) -> io::Result<()> {
        let folder = self.folder.join(folder);
        fs::create_dir_all(&folder)?;
        os::write_atomically(&folder.join(format!("{name}.json")), &serde_json::to_vec(value)?)
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name().to_str()?.strip_suffix(".json")?.to_owned();
            Some((name, entry.path()))
        })
        .collect()
}

/// A generation, for tests.
#[cfg(test)]
pub(super) fn sample(library: &str, generation: u64) -> Reload {
    use liveline_protocol::engine::{Artifact, ArtifactKind, Trigger};
    Reload {
        library: library.to_owned(),
        generation: Generation(generation),
        artifact: Artifact {
            kind: ArtifactKind::Object,
            file: format!("{library}-{generation}.a"),
            sha256: "0".to_owned(),
            bytes: 1,
        },
        changed: Vec::new(),
        trigger: Trigger::Save,
        speculated: false,
        unsaved: false,
        build_micros: 1,
        saved_at_unix_micros: None,
        api: None,
        reset: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(library: &str, generation: u64) -> Record {
        Record {
            capture: Hash("c".to_owned()),
            inputs: Inputs::default(),
            source_digest: Hash("s".to_owned()),
            reload: sample(library, generation),
            diagnostics: Vec::new(),
        }
    }

    #[test]
    fn what_is_kept_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut records = Records::load(folder.path());
        records.keep(record("a", 3)).unwrap();
        records.keep(record("b", 5)).unwrap();
        let again = Records::load(folder.path());
        assert_eq!(again.get("a"), Some(&record("a", 3)));
        assert_eq!((again.generation("b"), again.generation("c")), (Generation(5), Generation(0)));
    }

    #[test]
    fn a_number_outlives_its_record_and_earlier_forms() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(EARLIER), r#"{"form":1,"generations":{"a":7,"b":9},"libraries":{}}"#)
            .unwrap();
        fs::create_dir(folder.path().join(LIBRARIES)).unwrap();
        let newer = r#"{"form":99,"generation":12,"record":{"unknown":true}}"#;
        fs::write(folder.path().join(LIBRARIES).join("b.json"), newer).unwrap();
        let records = Records::load(folder.path());
        assert_eq!((records.generation("a"), records.generation("b")), (Generation(7), Generation(12)));
        assert!(records.get("a").is_none() && records.get("b").is_none());
    }
}
