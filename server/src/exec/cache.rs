//! The user's cache folder: what is kept of each program, and the path that a program knows as its own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::record::Record;
use super::script::Source;
use super::{Doing, Failure, Flags, Loader};
use crate::build::stamp::Digest;
use crate::os;

/// How the folders of runs of the compiler begin.
const ATTEMPT: &str = "attempt-";
/// A program that was not compiled for so long is forgotten.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// `liveline/exec` in the user's cache folder, for this user only.
pub(super) fn folder() -> Result<PathBuf, Failure> {
    let parent = os::cache_directory().ok_or_else(|| {
        Failure::message("there is no home folder to keep compiled programs in; set HOME or XDG_CACHE_HOME")
    })?;
    let folder = parent.join("exec");
    if !folder.is_dir() {
        os::private_directory(&parent)
            .and_then(|()| os::private_directory(&folder))
            .doing(|| format!("make the cache folder {}", folder.display()))?;
    }
    Ok(folder)
}

/// A program's place in the cache.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// Everything that is kept of it.
    pub(super) folder: PathBuf,
    /// What its executable would be called.
    pub(super) stem: String,
}

impl Program {
    /// The place of a source that is compiled with these flags.
    pub(super) fn of(source: &Source, flags: &Flags) -> Result<Self, Failure> {
        let mut digest = Digest::default();
        digest.add(source.path.as_os_str().as_encoded_bytes());
        digest.add(&source.given);
        if Path::new(&source.given).is_relative() || !flags.others.is_empty() {
            let folder = std::env::current_dir().doing(|| "find the current folder".to_owned())?;
            digest.add(folder.as_os_str().as_encoded_bytes());
        }
        flags.for_rustc().iter().for_each(|flag| digest.add(flag));
        let name = &digest.finish().0[..20];
        let programs = folder()?.join("programs");
        let folder = programs.join(name);
        if !folder.is_dir() {
            sweep(&programs);
            os::private_directory(&folder).doing(|| format!("make the folder {}", folder.display()))?;
        }
        Ok(Self { folder, stem: source.stem() })
    }

    /// The program whose own path this is.
    pub(super) fn at(path: &Path) -> Option<(Self, Loader)> {
        fs::read_link(path).ok()?;
        let by_loader = path.parent()?;
        let loader = [Loader::Object, Loader::Dylib]
            .into_iter()
            .find(|loader| by_loader.file_name().is_some_and(|name| name == loader.name()))?;
        let folder = by_loader.parent()?.to_owned();
        let stem = path.file_name()?.to_str()?.to_owned();
        let program = Self { folder, stem };
        program.record().is_file().then_some((program, loader))
    }

    /// What `current_exe` gives in the program: a link to this executable, which runs the program when it is
    /// started through it.
    pub(super) fn path(&self, loader: Loader) -> PathBuf {
        self.folder.join(loader.name()).join(&self.stem)
    }

    /// The record of what was compiled.
    pub(super) fn record(&self) -> PathBuf {
        self.folder.join("record.json")
    }

    /// A folder for one run of the compiler. Its name says whose it is.
    pub(super) fn new_attempt(&self) -> std::io::Result<TempDir> {
        let prefix = format!("{ATTEMPT}{}-", std::process::id());
        tempfile::Builder::new().prefix(&prefix).tempdir_in(&self.folder)
    }

    /// Removes what earlier runs of the compiler have left, but for what the record names. A process that reads it
    /// just now compiles once more.
    pub(super) fn sweep_attempts(&self, record: Option<&Record>) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let owner = name.strip_prefix(ATTEMPT).and_then(|rest| rest.split('-').next()?.parse().ok());
            let is_kept = record.is_some_and(|record| record.attempt == name);
            if owner.is_some_and(|owner| !is_kept && !os::process_exists(owner)) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Makes the program's own path lead here.
    pub(super) fn link_to_self(&self, loader: Loader) -> Result<(), Failure> {
        let own = std::env::current_exe().doing(|| "find the path of the `liveline` program".to_owned())?;
        let path = self.path(loader);
        if fs::read_link(&path).is_ok_and(|target| target == own) {
            return Ok(());
        }
        let place = || -> std::io::Result<()> {
            fs::create_dir_all(self.folder.join(loader.name()))?;
            let new = self.folder.join(format!(".new{}", std::process::id()));
            symlink(&own, &new)?;
            fs::rename(&new, &path)
        };
        place().doing(|| format!("make the link {}", path.display()))
    }
}

/// Forgets programs that have not been compiled for long. Best effort: another process may do the same.
fn sweep(programs: &Path) {
    for entry in fs::read_dir(programs).into_iter().flatten().flatten() {
        let modified = fs::metadata(entry.path().join("record.json")).and_then(|record| record.modified());
        let age = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
        if age.is_some_and(|age| age > KEPT) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
