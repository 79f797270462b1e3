//! What API crates held, by the hash of their builds: to say which type changed since the engine was started.

use std::fs;
use std::path::{Path, PathBuf};

use liveline_protocol::engine::Api;

use super::job::Order;
use super::workshop::Workshop;
use crate::os;
use crate::project::items::{self, Change, Item};
use crate::project::{LocalPackage, Project};

/// The folder of the summaries in Liveline's folder.
const FOLDER: &str = "apis";
/// So many builds of API crates are known; an engine that runs longer than that gets the plain sentence.
const KEPT: usize = 64;
/// A crate of more files is not looked at.
const MOST_FILES: usize = 1000;

impl Workshop {
    /// Keeps what the API crate of a library holds that has just been built.
    pub fn keep_api(&self, order: &Order, api: &Api) {
        let path = self.summary(&api.hash);
        if path.is_file() {
            return;
        }
        let found: Vec<Item> = sources(&order.project, &api.package)
            .iter()
            .filter_map(|file| Some((file, fs::read_to_string(file).ok()?)))
            .flat_map(|(file, text)| items::items(file, &text))
            .collect();
        let folder = self.folder.join(FOLDER);
        let written = serde_json::to_vec(&found).map_err(std::io::Error::other).and_then(|bytes| {
            fs::create_dir_all(&folder)?;
            os::write_atomically(&path, &bytes)
        });
        if let Err(error) = written {
            tracing::warn!(%error, "what `{}` holds is not kept", api.package);
        }
        prune(&folder);
    }

    /// What differs between two builds of an API crate; `None` if one of them is not known.
    pub fn api_changes(&self, before: &str, after: &str) -> Option<Vec<Change>> {
        let read = |hash: &str| -> Option<Vec<Item>> {
            serde_json::from_slice(&fs::read(self.summary(hash)).ok()?).ok()
        };
        Some(items::changes(&read(before)?, &read(after)?))
    }

    /// An engine says the hash: it must not lead out of the folder.
    fn summary(&self, hash: &str) -> PathBuf {
        let plain: String = hash.chars().filter(char::is_ascii_alphanumeric).collect();
        self.folder.join(FOLDER).join(format!("{}.json", plain.to_ascii_lowercase()))
    }
}

/// The files of the crate and of the workspace's packages that it is built from.
fn sources(project: &Project, package: &str) -> Vec<PathBuf> {
    let named = |name: &str| project.packages.iter().find(|package| package.name == name);
    let Some(api) = named(package) else { return Vec::new() };
    let own = api.built_from.iter().filter_map(|name| named(name));
    let own = own.filter(|package| package.folder.starts_with(&project.root));
    let roots = own.filter_map(|package: &LocalPackage| package.source.as_deref()?.parent());
    let mut waiting: Vec<PathBuf> = roots.map(Path::to_owned).collect();
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            match path.extension() {
                Some(extension) if extension == "rs" && path.is_file() => found.push(path),
                None if path.is_dir() && !path.is_symlink() => waiting.push(path),
                _ => {}
            }
        }
        if found.len() > MOST_FILES {
            return Vec::new();
        }
    }
    found.sort();
    found
}

fn prune(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let modified = |entry: &fs::DirEntry| entry.metadata().and_then(|metadata| metadata.modified()).ok();
    let mut known: Vec<_> = entries.map(|entry| (modified(&entry), entry.path())).collect();
    known.sort();
    let too_many = known.len().saturating_sub(KEPT);
    known.drain(..too_many).for_each(|(_, path)| drop(fs::remove_file(path)));
}
