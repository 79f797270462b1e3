//! The generations that can be gone back to, over restarts: what was announced, and which texts each was built from.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use liveline_protocol::engine::{Generation, Place, Reload, Trigger};
use liveline_protocol::history::{Source, SourceFile, Sources};
use serde::{Deserialize, Serialize};

use super::inputs::Inputs;
use super::job::Order;
use super::stamp::{Hash, Stamps, hash, now_micros};
use super::texts::{self, At};
use super::workshop::{Workshop, lock};
use crate::os;

/// Of a library, so many generations can be gone back to.
pub const GENERATIONS: usize = 20;
/// The folder of the libraries' files in Liveline's folder. Not part of the records, which each save waits for.
const FOLDER: &str = "past";

/// What ends the name of a file that says where engines went back to.
const UNDONE: &str = "undone";

/// One good generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// What was announced.
    pub reload: Reload,
    /// The capture that it was built by.
    pub capture: Hash,
    /// The workspace's files that it was built from, and what each held.
    pub texts: BTreeMap<PathBuf, Hash>,
    /// When it was built, in microseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_unix_micros: Option<u64>,
    /// From its save until the first engine ran it, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub save_to_live_micros: Option<u64>,
    /// What is held against it.
    #[serde(default)]
    pub mark: Mark,
}

/// What speaks against giving a generation to an engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mark {
    /// It ended an engine.
    pub crashed: bool,
    /// A call of it did not return.
    pub hung: bool,
    /// No engine that was given it runs it.
    pub refused: bool,
    /// Why an engine that ran it went back.
    pub taken_back: Option<String>,
    /// What it failed with.
    pub fault: Option<KeptFault>,
}

/// What stood in the editor of a generation that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFault {
    /// For a person.
    pub text: String,
    /// Where, if that is known.
    pub at: Option<Place>,
}

impl Mark {
    /// What to tell a person who is about to run it; nothing if nothing speaks against it.
    pub fn trouble(&self) -> Option<&'static str> {
        match self {
            Self { crashed: true, .. } => Some("it crashed"),
            Self { hung: true, .. } => Some("a call of it did not return"),
            Self { taken_back: Some(_), .. } => Some("it was taken back"),
            Self { refused: true, .. } => Some("no engine would run it"),
            Self { .. } => None,
        }
    }
}

/// By library, oldest first.
#[derive(Debug, Default)]
pub(super) struct Pasts {
    folder: PathBuf,
    libraries: HashMap<String, Library>,
}

#[derive(Debug, Default)]
struct Library {
    generations: Vec<Past>,
    /// Texts that no file on the disk has held.
    in_hand: BTreeMap<Hash, Arc<str>>,
    is_written: bool,
    /// Whether anyone has asked for all of it.
    is_told: bool,
}

impl Pasts {
    pub(super) fn open(folder: &Path) -> Self {
        Self { folder: folder.join(FOLDER), libraries: HashMap::new() }
    }

    fn library(&mut self, name: &str) -> &mut Library {
        let file = self.folder.join(format!("{name}.json"));
        // One that cannot be read costs only the way back.
        let read = || {
            let generations: Option<Vec<Past>> =
                fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            Library { generations: generations.unwrap_or_default(), is_written: true, ..Library::default() }
        };
        self.libraries.entry(name.to_owned()).or_insert_with(read)
    }

    fn add(&mut self, past: Past) {
        let library = self.library(&past.reload.library.clone());
        library.generations.retain(|other| other.reload.generation < past.reload.generation);
        library.generations.push(past);
        let too_many = library.generations.len().saturating_sub(GENERATIONS);
        library.generations.drain(..too_many);
        library.is_written = false;
    }

    /// What a generation was built from has been saved.
    pub(super) fn saved(&mut self, name: &str, generation: Generation) {
        let library = self.library(name);
        for past in library.generations.iter_mut().filter(|past| past.reload.generation == generation) {
            past.reload.unsaved = false;
        }
        library.is_written = false;
    }

    /// The texts of all generations and where to get them; nothing where those are kept already.
    fn wanted_texts(&mut self, name: &str) -> Option<BTreeMap<Hash, At>> {
        let library = self.library(name);
        if library.is_written {
            return None;
        }
        let texts = library.generations.iter().flat_map(|past| &past.texts);
        let mut wanted: BTreeMap<Hash, At> =
            texts.map(|(path, text)| (text.clone(), At::Disk(path.clone()))).collect();
        let in_hand = std::mem::take(&mut library.in_hand).into_iter();
        let in_hand = in_hand.filter(|(name, _)| wanted.contains_key(name)).collect::<Vec<_>>();
        wanted.extend(in_hand.into_iter().map(|(name, text)| (name, At::Hand(text))));
        Some(wanted)
    }

    fn change(&mut self, name: &str, generation: Generation, change: impl Fn(&mut Past)) {
        let library = self.library(name);
        for past in library.generations.iter_mut().filter(|past| past.reload.generation == generation) {
            change(past);
            library.is_written = false;
        }
    }

    fn write(&mut self, name: &str) -> std::io::Result<()> {
        let file = self.folder.join(format!("{name}.json"));
        let library = self.library(name);
        if library.is_written {
            return Ok(());
        }
        library.is_written = true;
        let bytes = serde_json::to_vec(&library.generations)?;
        fs::create_dir_all(&self.folder)?;
        os::write_atomically(&file, &bytes)
    }
}

impl Workshop {
    /// Takes note of a generation; it is written in the background.
    pub(super) fn remember(&self, order: &Order, reload: &Reload, capture: &Hash, inputs: &Inputs) {
        let texts = texts(order, inputs, &mut lock(&self.stamps));
        let (reload, capture, at) = (reload.clone(), capture.clone(), now_micros());
        let mut past = lock(&self.past);
        let in_hand = order.overlay.values().map(|text| (hash(text.as_bytes()), text.clone()));
        past.library(&reload.library).in_hand.extend(in_hand);
        past.add(Past {
            reload,
            capture,
            texts,
            at_unix_micros: Some(at),
            save_to_live_micros: None,
            mark: Mark::default(),
        });
    }

    /// Writes what is not written of a library's past.
    pub fn write_past(&self, library: &str) {
        {
            let _alone = lock(&self.texts);
            let wanted = lock(&self.past).wanted_texts(library);
            let kept = wanted.map_or(Ok(()), |wanted| texts::keep(&self.texts_folder(library), &wanted));
            if let Err(error) = kept {
                tracing::warn!(%error, "the texts of `{library}` are not kept");
            }
        }
        if let Err(error) = lock(&self.past).write(library) {
            tracing::warn!(%error, "the generations of `{library}` are not kept over a restart");
        }
    }

    /// Keeps what speaks against a generation.
    pub fn keep_mark(&self, library: &str, generation: Generation, mark: Mark) {
        lock(&self.past).change(library, generation, |past| past.mark = mark.clone());
        self.write_past(library);
    }

    /// Keeps how long a generation took from its save until an engine ran it.
    pub fn keep_live(&self, library: &str, generation: Generation, micros: u64) {
        lock(&self.past).change(library, generation, |past| past.save_to_live_micros = Some(micros));
        self.write_past(library);
    }

    /// Keeps that a generation is of an editor's save.
    pub fn keep_save(&self, library: &str, generation: Generation) {
        lock(&self.past).change(library, generation, |past| past.reload.trigger = Trigger::Save);
        self.write_past(library);
    }

    /// Keeps where engines went back to, or that they are at the last good build again.
    pub fn keep_undone(&self, library: &str, undone: Option<Generation>) {
        let folder = self.folder.join(FOLDER);
        let file = folder.join(format!("{library}.{UNDONE}"));
        let kept = match undone {
            Some(generation) => fs::create_dir_all(&folder)
                .and_then(|()| os::write_atomically(&file, generation.to_string().as_bytes())),
            None => fs::remove_file(&file),
        };
        if let Err(error) = kept.or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        }) {
            tracing::warn!(%error, "where `{library}` went back to is not kept over a restart");
        }
    }

    /// Where engines went back to when a server was here last.
    pub fn undone(&self, library: &str) -> Option<Generation> {
        let text = fs::read_to_string(self.folder.join(FOLDER).join(format!("{library}.{UNDONE}"))).ok()?;
        text.parse().ok().map(Generation)
    }

    /// The generations of a library that can still be loaded, oldest first. Nothing the second time: what comes after
    /// are single ones.
    pub fn first_past(&self, library: &str) -> Option<Vec<Past>> {
        let mut pasts = lock(&self.past);
        let past = pasts.library(library);
        if std::mem::replace(&mut past.is_told, true) {
            return None;
        }
        let all = past.generations.clone();
        drop(pasts);
        let artifacts = self.artifacts();
        Some(all.into_iter().filter(|past| artifacts.join(&past.reload.artifact.file).is_file()).collect())
    }

    /// One of them.
    pub fn past_generation(&self, library: &str, generation: Generation) -> Option<Past> {
        let mut past = lock(&self.past);
        let all = &past.library(library).generations;
        all.iter().find(|past| past.reload.generation == generation).cloned()
    }

    /// The files that a generation was built from.
    pub fn sources(&self, library: &str, generation: Generation) -> Result<Sources, String> {
        let past = self.kept_generation(library, generation)?;
        let mut stamps = lock(&self.stamps);
        let files = past.texts.iter().map(|(path, text)| SourceFile {
            path: path.display().to_string(),
            differs: stamps.of(path).as_ref() != Some(text),
        });
        Ok(Sources { files: files.collect() })
    }

    /// What one of them held.
    pub fn source(&self, library: &str, generation: Generation, path: &Path) -> Result<Source, String> {
        let past = self.kept_generation(library, generation)?;
        let name = past.texts.get(path).ok_or_else(|| {
            format!("generation {generation} of `{library}` was not built from {}", path.display())
        })?;
        let text = texts::read_kept(&self.texts_folder(library), name).ok_or_else(|| {
            format!(
                "what {} held in generation {generation} is not kept: it is longer than a megabyte, is no text, or was \
                 written over at once",
                path.display()
            )
        })?;
        Ok(Source { text })
    }

    fn kept_generation(&self, library: &str, generation: Generation) -> Result<Past, String> {
        self.past_generation(library, generation).ok_or_else(|| {
            let mut past = lock(&self.past);
            let kept: Vec<String> = past
                .library(library)
                .generations
                .iter()
                .map(|past| past.reload.generation.to_string())
                .collect();
            match kept.is_empty() {
                true => format!("no generation of `{library}` is kept"),
                false => {
                    format!(
                        "generation {generation} of `{library}` is not kept; there are {}",
                        kept.join(", ")
                    )
                }
            }
        })
    }

    fn texts_folder(&self, library: &str) -> PathBuf {
        self.folder.join(FOLDER).join(format!("{library}.texts"))
    }
}

/// What each of the workspace's own files held that a build read.
fn texts(order: &Order, inputs: &Inputs, stamps: &mut Stamps) -> BTreeMap<PathBuf, Hash> {
    let project = &order.project;
    let is_own = |path: &&PathBuf| path.starts_with(&project.root) && !path.starts_with(&project.target);
    let own = inputs.files.iter().filter(is_own);
    let mut text = |path: &PathBuf| match order.overlay.get(path) {
        Some(text) => Some(hash(text.as_bytes())),
        None => stamps.of(path),
    };
    own.filter_map(|path| Some((path.clone(), text(path)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::record::sample;
    use super::*;

    fn past(generation: u64) -> Past {
        Past {
            reload: sample("a", generation),
            capture: Hash(String::new()),
            texts: BTreeMap::from([(PathBuf::from("/w/a.rs"), hash(b"text"))]),
            at_unix_micros: Some(generation),
            save_to_live_micros: None,
            mark: Mark::default(),
        }
    }

    #[test]
    fn the_last_generations_are_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut pasts = Pasts::open(folder.path());
        let last = GENERATIONS as u64 + 3;
        (1..=last).for_each(|generation| pasts.add(past(generation)));
        pasts.write("a").unwrap();
        let mut again = Pasts::open(folder.path());
        let kept = &again.library("a").generations;
        assert_eq!((kept.len(), &kept[0], kept.last()), (GENERATIONS, &past(4), Some(&past(last))));
        assert!(again.library("b").generations.is_empty());
    }

    #[test]
    fn what_speaks_against_a_generation_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut pasts = Pasts::open(folder.path());
        [1, 2].into_iter().for_each(|generation| pasts.add(past(generation)));
        pasts.write("a").unwrap();
        pasts.change("a", Generation(2), |past| past.mark.crashed = true);
        pasts.change("a", Generation(7), |past| past.mark.hung = true);
        pasts.write("a").unwrap();
        let mut again = Pasts::open(folder.path());
        let marks: Vec<Option<&str>> =
            again.library("a").generations.iter().map(|past| past.mark.trouble()).collect();
        assert_eq!(marks, [None, Some("it crashed")]);
    }

    #[test]
    fn how_soon_a_generation_was_live_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut pasts = Pasts::open(folder.path());
        [1, 2].into_iter().for_each(|generation| pasts.add(past(generation)));
        pasts.write("a").unwrap();
        pasts.change("a", Generation(2), |past| past.save_to_live_micros = Some(24_000));
        pasts.write("a").unwrap();
        let mut again = Pasts::open(folder.path());
        let times: Vec<Option<u64>> =
            again.library("a").generations.iter().map(|past| past.save_to_live_micros).collect();
        assert_eq!(times, [None, Some(24_000)]);
    }

    #[test]
    fn what_an_earlier_version_wrote_has_nothing_against_it() {
        let mut earlier = serde_json::to_value(past(1)).unwrap();
        earlier.as_object_mut().unwrap().remove("mark").unwrap();
        assert_eq!(serde_json::from_value::<Past>(earlier).unwrap(), past(1));
    }

    #[test]
    fn a_number_that_is_given_again_has_one_past() {
        let folder = tempfile::tempdir().unwrap();
        let mut pasts = Pasts::open(folder.path());
        [5, 6, 7, 6].into_iter().for_each(|generation| pasts.add(past(generation)));
        let numbers: Vec<u64> =
            pasts.library("a").generations.iter().map(|past| past.reload.generation.0).collect();
        assert_eq!(numbers, [5, 6], "what was made after a number that came again was of a lost record");
    }
}
