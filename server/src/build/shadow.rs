//! A tree in which unsaved text stands in place of files: every compile runs from it.
//!
//! It mirrors the file system from `/` down: real folders on the way to a library's files, everything beside them a
//! symbolic link. So `..` leads to where it leads in truth, and rustc finds every file of the real tree. A link is
//! never written through: unsaved text is a new file in the link's place.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::job::Overlay;
use super::stamp::Identity;

/// One library's tree.
#[derive(Debug)]
pub(super) struct Shadow {
    root: PathBuf,
    /// The mirrored folders, each as it stood when it was read last; `None`: read it again.
    folders: BTreeMap<PathBuf, Option<Identity>>,
    /// What stands in place of files now, or where there is no file.
    standing: BTreeSet<PathBuf>,
}

/// What an entry of a mirrored folder is.
#[derive(PartialEq)]
enum Entry {
    Folder,
    Link(PathBuf),
    Other,
}

impl Shadow {
    /// The tree in the folder `root`; what an earlier server left there is taken over.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, folders: BTreeMap::new(), standing: BTreeSet::new() }
    }

    /// The folder that stands for `/`.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the file with this absolute path is in the tree.
    pub(super) fn at(&self, real: &Path) -> PathBuf {
        self.root.join(real.strip_prefix("/").unwrap_or(real))
    }

    /// Makes the tree what the file system is now, with `overlay` in place. `files` are those whose neighbours must
    /// be reached by `..`; what stands at the paths `left_alone` is someone else's.
    pub(super) fn refresh<'a>(
        &mut self,
        files: impl Iterator<Item = &'a Path>,
        overlay: &Overlay,
        left_alone: &[PathBuf],
    ) -> io::Result<()> {
        files.for_each(|file| self.want_folders(file));
        overlay.keys().for_each(|file| self.want_folders(file));
        let stays = |path: &PathBuf| overlay.contains_key(path) || left_alone.contains(path);
        let gone: Vec<PathBuf> = self.standing.iter().filter(|path| !stays(path)).cloned().collect();
        for path in gone {
            self.forget_folder(&path);
            self.standing.remove(&path);
        }
        // New text takes the link's place below; a folder that is read for another reason leaves it alone.
        self.standing.extend(overlay.keys().chain(left_alone).cloned());
        let folders: Vec<PathBuf> = self.folders.keys().cloned().collect();
        for folder in folders {
            self.mirror(&folder)?;
        }
        for (path, text) in overlay.iter().filter(|(path, _)| !left_alone.contains(path)) {
            self.put(path, text.as_bytes())?;
        }
        Ok(())
    }

    /// Makes room at a path that was left alone.
    pub(super) fn clear(&self, path: &Path) -> io::Result<()> {
        remove(&self.at(path))
    }

    /// Puts a file of this content in the place of `path`.
    fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let place = self.at(path);
        remove(&place)?;
        // `create_new` does not follow a link that someone else made meanwhile.
        OpenOptions::new().write(true).create_new(true).open(&place)?.write_all(bytes)
    }

    /// A path of this tree or below it, as it is in truth.
    pub(super) fn real(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(&self.root) {
            Ok(rest) => Path::new("/").join(rest),
            Err(_) => path.to_owned(),
        }
    }

    fn want_folders(&mut self, file: &Path) {
        for folder in file.ancestors().skip(1) {
            if folder.starts_with(&self.root) || self.folders.contains_key(folder) {
                continue;
            }
            self.folders.insert(folder.to_owned(), None);
            self.forget_folder(folder);
        }
    }

    fn forget_folder(&mut self, path: &Path) {
        if let Some(known) = path.parent().and_then(|parent| self.folders.get_mut(parent)) {
            *known = None;
        }
    }

    fn mirror(&mut self, folder: &Path) -> io::Result<()> {
        let identity = Identity::at(folder);
        let known = self.folders.get(folder).copied().flatten();
        if identity.is_some() && known == identity {
            return Ok(());
        }
        let place = self.at(folder);
        if identity.is_none() && !self.standing.iter().any(|path| path.starts_with(folder)) {
            self.folders.retain(|known, _| !known.starts_with(folder));
            return remove(&place);
        }
        make_folder(&place)?;
        let wanted = self.wanted_entries(folder);
        let mut there = entries_there(&place)?;
        for (name, entry) in wanted {
            let (path, old) = (place.join(&name), there.remove(&name));
            if old.as_ref() == Some(&entry) || self.standing.contains(&folder.join(&name)) {
                continue;
            }
            remove(&path)?;
            match entry {
                Entry::Folder => make_folder(&path)?,
                Entry::Link(target) => symlink(target, &path)?,
                Entry::Other => {}
            }
        }
        for name in there.into_keys().filter(|name| !self.standing.contains(&folder.join(name))) {
            remove(&place.join(name))?;
        }
        let settled = identity.filter(Identity::is_settled);
        self.folders.insert(folder.to_owned(), settled);
        Ok(())
    }

    fn wanted_entries(&self, folder: &Path) -> BTreeMap<OsString, Entry> {
        // A folder that may be entered and not read still leads on.
        let real = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let links = real.map(|name| {
            let target = Entry::Link(folder.join(&name));
            (name, target)
        });
        let mut wanted: BTreeMap<OsString, Entry> = links.collect();
        let below = self.folders.keys().filter(|known| known.parent() == Some(folder));
        wanted.extend(below.filter_map(|known| Some((known.file_name()?.to_owned(), Entry::Folder))));
        wanted
    }
}

fn entries_there(place: &Path) -> io::Result<BTreeMap<OsString, Entry>> {
    let mut there = BTreeMap::new();
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let found = if kind.is_dir() {
            Entry::Folder
        } else if kind.is_symlink() {
            Entry::Link(fs::read_link(entry.path())?)
        } else {
            Entry::Other
        };
        there.insert(entry.file_name(), found);
    }
    Ok(there)
}

/// Makes a folder, also where something else stands.
fn make_folder(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Ok(()),
        Ok(_) => fs::remove_file(path)?,
        Err(_) => {}
    }
    fs::create_dir_all(path)
}

/// Removes what stands at a path, never what a link leads to.
fn remove(path: &Path) -> io::Result<()> {
    let result = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match result {
        Err(error) if ![ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixture {
        folder: tempfile::TempDir,
        shadow: Shadow,
    }

    impl Fixture {
        fn new(files: &[&str]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let real = folder.path().join("real é dir");
            for file in files {
                fs::create_dir_all(real.join(file).parent().unwrap()).unwrap();
                fs::write(real.join(file), format!("saved {file}")).unwrap();
            }
            let shadow = Shadow::new(folder.path().join("shadow of it"));
            Self { folder, shadow }
        }

        fn path(&self, file: &str) -> PathBuf {
            self.folder.path().join("real é dir").join(file)
        }

        fn refresh(&mut self, root: &str, overlay: &[(&str, &str)]) {
            let overlay = overlay.iter().map(|(path, text)| (self.path(path), (*text).into())).collect();
            self.shadow.refresh([self.path(root).as_path()].into_iter(), &overlay, &[]).unwrap();
        }

        fn check(&self, path: &str, text: Option<&str>) {
            let read = fs::read_to_string(self.shadow.at(&self.path("")).join(path)).ok();
            assert_eq!(read.as_deref(), text, "{path}");
        }
    }

    #[test]
    fn files_are_those_of_the_real_tree_and_dots_lead_where_they_lead_there() {
        let mut fixture = Fixture::new(&["a/src/lib.rs", "a/src/deep/b.rs", "x.txt", "other/y.txt"]);
        fixture.refresh("a/src/lib.rs", &[]);
        fixture.check("a/src/lib.rs", Some("saved a/src/lib.rs"));
        fixture.check("a/src/deep/b.rs", Some("saved a/src/deep/b.rs"));
        fixture.check("a/src/../../x.txt", Some("saved x.txt"));
        fixture.check("a/src/../../other/y.txt", Some("saved other/y.txt"));
    }

    #[test]
    fn unsaved_text_stands_in_place_of_a_file_and_the_file_is_never_touched() {
        let mut fixture = Fixture::new(&["src/lib.rs", "src/b.rs"]);
        fixture.refresh("src/lib.rs", &[("src/b.rs", "unsaved")]);
        fixture.check("src/b.rs", Some("unsaved"));
        fixture.refresh("src/lib.rs", &[("src/b.rs", "unsaved, longer")]);
        fixture.check("src/b.rs", Some("unsaved, longer"));
        fixture.refresh("src/lib.rs", &[]);
        fixture.check("src/b.rs", Some("saved src/b.rs"));
        assert_eq!(fs::read_to_string(fixture.path("src/b.rs")).unwrap(), "saved src/b.rs");
    }

    #[test]
    fn unsaved_files_in_folders_that_are_not_there_can_be_read_and_go_again() {
        let mut fixture = Fixture::new(&["src/lib.rs"]);
        fixture.refresh("src/lib.rs", &[("src/new/deep.rs", "unsaved")]);
        fixture.check("src/new/deep.rs", Some("unsaved"));
        fixture.refresh("src/lib.rs", &[]);
        fixture.check("src/new/deep.rs", None);
        assert!(!fixture.path("src/new").exists());
    }

    #[test]
    fn what_comes_and_goes_in_the_real_tree_comes_and_goes_here() {
        let mut fixture = Fixture::new(&["src/lib.rs", "src/b.rs"]);
        fixture.refresh("src/lib.rs", &[]);
        fs::write(fixture.path("src/c.rs"), "new").unwrap();
        fs::remove_file(fixture.path("src/b.rs")).unwrap();
        fixture.refresh("src/lib.rs", &[]);
        fixture.check("src/c.rs", Some("new"));
        fixture.check("src/b.rs", None);
        fs::remove_file(fixture.path("src/c.rs")).unwrap();
        fs::create_dir(fixture.path("src/c.rs")).unwrap();
        fs::write(fixture.path("src/c.rs/d"), "below").unwrap();
        fixture.refresh("src/lib.rs", &[("src/c.rs/e", "unsaved")]);
        fixture.check("src/c.rs/d", Some("below"));
        fixture.check("src/c.rs/e", Some("unsaved"));
    }

    #[test]
    fn a_tree_that_an_earlier_server_left_is_mended() {
        let mut fixture = Fixture::new(&["src/lib.rs"]);
        fixture.refresh("src/lib.rs", &[("src/lib.rs", "unsaved"), ("src/new.rs", "unsaved")]);
        fixture.shadow = Shadow::new(fixture.shadow.root().to_owned());
        fixture.refresh("src/lib.rs", &[]);
        fixture.check("src/lib.rs", Some("saved src/lib.rs"));
        fixture.check("src/new.rs", None);
    }
}
