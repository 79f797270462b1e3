//! Watches the workspace's files, without build output and hidden folders, and says which may have changed.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::project::{is_project_file, is_rust};

/// What the file system says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// Written and closed, moved, made or removed: ready to be read.
    Settled(PathBuf),
    /// Written to; its writer may not be done.
    InFlux(PathBuf),
    /// A folder is new: all in it is.
    Folder(PathBuf),
    /// Events were lost: anything may have changed.
    Lost,
}

/// A set of watched folders.
pub struct Watch {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    /// Folders of which all that is below counts. Others are watched for single files.
    trees: BTreeSet<PathBuf>,
    /// Files that count whatever they are called: `include_str!` inputs, cargo's configuration.
    wanted: HashSet<PathBuf>,
}

impl Watch {
    /// Calls `on_sighting` from a thread of its own.
    pub fn start(on_sighting: impl Fn(Sighting) + Send + 'static) -> notify::Result<Self> {
        let watcher =
            notify::recommended_watcher(move |event| sightings(event).into_iter().for_each(&on_sighting))?;
        Ok(Self { watcher, watched: BTreeSet::new(), trees: BTreeSet::new(), wanted: HashSet::new() })
    }

    /// Watches a folder and all below it that can hold sources. The error is of the first folder that cannot be
    /// watched.
    pub fn add_tree(&mut self, folder: &Path) -> notify::Result<()> {
        if !self.is_in_tree(folder) {
            self.trees.insert(folder.to_owned());
        }
        let mut waiting = vec![folder.to_owned()];
        let mut result = Ok(());
        while let Some(folder) = waiting.pop() {
            if let Err(error) = self.add_folder(&folder) {
                result = result.and(Err(error));
            }
            waiting.extend(subfolders(&folder));
        }
        result
    }

    /// Watches a file wherever it is.
    pub fn add_file(&mut self, path: &Path) -> notify::Result<()> {
        self.wanted.insert(path.to_owned());
        match path.parent().filter(|folder| folder.is_dir()) {
            Some(folder) => self.add_folder(folder),
            None => Ok(()),
        }
    }

    /// Whether a path is below a folder of which all counts.
    pub fn is_in_tree(&self, path: &Path) -> bool {
        path.ancestors().any(|folder| self.trees.contains(folder))
    }

    /// Whether a file can change a build. Others in the watched folders are not even read: a game may write its
    /// log there.
    pub fn wants(&self, path: &Path) -> bool {
        self.wanted.contains(path) || (self.is_in_tree(path) && (is_rust(path) || is_project_file(path)))
    }

    fn add_folder(&mut self, folder: &Path) -> notify::Result<()> {
        if self.watched.contains(folder) {
            return Ok(());
        }
        self.watcher.watch(folder, RecursiveMode::NonRecursive)?;
        self.watched.insert(folder.to_owned());
        Ok(())
    }

    /// A folder that is gone must be watched anew when it comes back.
    pub fn forget(&mut self, folder: &Path) {
        self.watched.retain(|watched| !watched.starts_with(folder));
    }

    /// Whether a path is a watched folder.
    pub fn is_watched(&self, path: &Path) -> bool {
        self.watched.contains(path)
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("watched", &self.watched).finish_non_exhaustive()
    }
}

/// The files below a folder that can hold sources.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        files.extend(entries.map(|entry| entry.path()).filter(|path| path.is_file()));
        waiting.extend(subfolders(&folder));
    }
    files
}

/// The folders right below one that can hold sources.
pub(crate) fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    // Links are not followed: they may lead in a circle.
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).filter(|path| can_hold_sources(path)).collect()
}

/// Build output, version control and packages of other tools are not watched.
pub fn can_hold_sources(folder: &Path) -> bool {
    let name = folder.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let is_hidden = name.starts_with('.') && name != ".cargo";
    !is_hidden && name != "target" && name != "node_modules" && !folder.join("CACHEDIR.TAG").exists()
}

fn sightings(event: notify::Result<notify::Event>) -> Vec<Sighting> {
    let event = match event {
        Ok(event) if event.need_rescan() => return vec![Sighting::Lost],
        Ok(event) => event,
        Err(error) => {
            tracing::warn!(%error, "watching failed");
            return vec![Sighting::Lost];
        }
    };
    let kind: fn(PathBuf) -> Sighting = match event.kind {
        EventKind::Create(CreateKind::Folder) => Sighting::Folder,
        EventKind::Modify(ModifyKind::Data(_)) | EventKind::Create(_) => Sighting::InFlux,
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Remove(_)
        | EventKind::Modify(ModifyKind::Name(_) | ModifyKind::Any | ModifyKind::Other) => Sighting::Settled,
        _ => return Vec::new(),
    };
    event.paths.into_iter().map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn build_output_and_hidden_folders_are_not_watched() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["src/deep", "target/debug", ".git", ".cargo", "out"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join("out/CACHEDIR.TAG"), "").unwrap();
        let mut watch = Watch::start(|_| {}).unwrap();
        watch.add_tree(root.path()).unwrap();
        let watched: Vec<_> =
            watch.watched.iter().map(|path| path.strip_prefix(root.path()).unwrap().to_owned()).collect();
        assert_eq!(watched, ["", ".cargo", "src", "src/deep"].map(PathBuf::from));
    }

    #[test]
    fn a_folder_that_is_watched_for_one_file_is_no_tree() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("tree/src")).unwrap();
        let mut watch = Watch::start(|_| {}).unwrap();
        watch.add_tree(&root.path().join("tree")).unwrap();
        watch.add_file(&root.path().join("rust-toolchain")).unwrap();
        let (inside, beside) = (root.path().join("tree/src/a.rs"), root.path().join("a.rs"));
        assert!(
            watch.wants(&inside) && !watch.wants(&beside) && watch.wants(&root.path().join("rust-toolchain"))
        );
        assert!(!watch.is_in_tree(&root.path().join("other")));
    }

    #[test]
    fn a_write_settles_when_its_writer_closes() {
        let root = tempfile::tempdir().unwrap();
        let (sender, receiver) = mpsc::channel();
        let mut watch = Watch::start(move |sighting| drop(sender.send(sighting))).unwrap();
        watch.add_tree(root.path()).unwrap();
        let path = root.path().join("a.rs");
        fs::write(&path, "text").unwrap();
        let settled = Sighting::Settled(path);
        let next = || receiver.recv_timeout(Duration::from_secs(10)).expect("an event comes");
        while next() != settled {}
    }
}
