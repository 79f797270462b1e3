//! Which files cargo would look at: listed once, not at every save.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::inputs;
use crate::project::Project;

/// The files by package, each for one state of the project.
#[derive(Debug, Default)]
pub(super) struct Looks {
    known: HashMap<String, (Arc<Project>, Arc<BTreeSet<PathBuf>>)>,
}

impl Looks {
    /// The files that cargo would look at before it builds a package, without the package's own sources.
    pub(super) fn of(
        &mut self,
        project: &Arc<Project>,
        package: &str,
        profile_folder: &Path,
    ) -> Arc<BTreeSet<PathBuf>> {
        if let Some((known, files)) = self.known.get(package)
            && Arc::ptr_eq(known, project)
        {
            return files.clone();
        }
        let files = Arc::new(inputs::cargo_files(project, package, profile_folder));
        self.known.insert(package.to_owned(), (project.clone(), files.clone()));
        files
    }

    /// A file has come that nobody knows: a build script or a dependency may read it.
    pub(super) fn forget_if_new<'a>(&mut self, mut changed: impl Iterator<Item = &'a PathBuf>) {
        let is_known = |path: &PathBuf| self.known.values().any(|(_, files)| files.contains(path));
        if changed.any(|path| !is_known(path)) {
            self.forget();
        }
    }

    /// cargo has run: what it looks at may be other files now.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }
}
