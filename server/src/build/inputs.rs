//! What a build read: its sources by dep-info, and everything that would make cargo build otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::invocation::Invocation;
use super::job::Overlay;
use super::shadow::Shadow;
use super::stamp::{Digest, Hash, Identity, Stamps};
use super::wrapper;
use crate::project::{LocalPackage, Project};

/// Files as they stood at one moment.
pub type Snapshot = BTreeMap<PathBuf, Option<Identity>>;

/// What rustc read for one crate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// Sources and `include_str!` files, absolute.
    pub files: BTreeSet<PathBuf>,
    /// Variables that `env!` and `option_env!` read.
    pub variables: BTreeSet<String>,
}

impl Inputs {
    /// From a `.d` file; relative paths are rustc's, so relative to its working directory.
    pub(crate) fn read(dep_info: &Path, folder: &Path) -> std::io::Result<Self> {
        Ok(Self::parse(&fs::read_to_string(dep_info)?, folder))
    }

    fn parse(text: &str, folder: &Path) -> Self {
        let mut inputs = Self::default();
        for line in text.lines() {
            if let Some(variable) = line.strip_prefix("# env-dep:") {
                inputs.variables.insert(variable.split('=').next().unwrap_or(variable).to_owned());
            } else if let Some((_, sources)) = line.split_once(": ").filter(|_| !line.starts_with('#')) {
                inputs.files.extend(words(sources).map(|path| folder.join(path)));
            }
        }
        inputs
    }

    /// From the `.d` file of a compile in a shadow tree: with the paths of the real one, without the file that
    /// only Liveline put there.
    pub(super) fn read_shadowed(dep_info: &Path, folder: &Path, shadow: &Shadow) -> std::io::Result<Self> {
        let inputs = Self::read(dep_info, folder)?;
        let real = inputs.files.iter().filter(|path| !wrapper::is_wrapper(path));
        Ok(Self { files: real.map(|path| normal(&shadow.real(path))).collect(), ..inputs })
    }

    /// One hash over all of it, given the invocation that would build and the text that stands in place of files.
    pub fn digest(&self, invocation: &Invocation, overlay: &Overlay, stamps: &mut Stamps) -> Hash {
        let mut digest = Digest::default();
        for path in &self.files {
            match overlay.get(path) {
                Some(text) => digest.add_text(path, text),
                None => digest.add_file(path, stamps),
            }
        }
        for variable in &self.variables {
            digest.add(variable);
            digest.add(invocation.variable(variable).unwrap_or_default());
        }
        digest.finish()
    }

    /// Each file that is read from the disk, as it stands now: a write in between gives another snapshot, even one
    /// of the same bytes.
    pub fn snapshot(&self, overlay: &Overlay) -> Snapshot {
        let read = self.files.iter().filter(|path| !overlay.contains_key(*path));
        read.map(|path| (path.clone(), Identity::at(path))).collect()
    }
}

/// Without `a/..`, where `a` is no link: an overlay and a watch know a file by one name only.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir if !normal.is_symlink() => _ = normal.pop(),
            other => normal.push(other),
        }
    }
    normal
}

/// Words of a make rule: a space is escaped by a backslash.
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&' ') => {
                characters.next();
                words.last_mut().into_iter().for_each(|word| word.push(' '));
            }
            ' ' => words.push(String::new()),
            other => words.last_mut().into_iter().for_each(|word| word.push(other)),
        }
    }
    words.into_iter().filter(|word| !word.is_empty())
}

/// The files that cargo would look at before it builds a library, without the library's own sources.
pub fn cargo_files(project: &Project, own_package: &str, profile_folder: &Path) -> BTreeSet<PathBuf> {
    let mut files: BTreeSet<PathBuf> = project.packages.iter().map(|p| p.folder.join("Cargo.toml")).collect();
    files.extend([project.root.join("Cargo.lock"), project.root.join(crate::config::FILE)]);
    for folder in project.root.ancestors() {
        for name in [".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain"] {
            files.insert(folder.join(name));
        }
    }
    for (variable, default, names) in [
        ("CARGO_HOME", ".cargo", ["config.toml", "config"].as_slice()),
        ("RUSTUP_HOME", ".rustup", ["settings.toml"].as_slice()),
    ] {
        let home = std::env::var_os(variable).map(PathBuf::from);
        let home = home.or_else(|| std::env::home_dir().map(|home| home.join(default)));
        files.extend(home.iter().flat_map(|home| names.iter().map(move |name| home.join(name))));
    }
    for package in project.packages.iter().filter(|package| package.name != own_package) {
        files.extend(dependency_sources(project, package, profile_folder));
    }
    for package in project.packages.iter().filter(|package| package.build_script) {
        files.extend(build_script_inputs(package, profile_folder));
    }
    files
}

/// One hash over what cargo would look at.
pub fn cargo_digest(files: &BTreeSet<PathBuf>, invocation: &Invocation, stamps: &mut Stamps) -> Hash {
    let mut digest = Digest::default();
    files.iter().for_each(|path| digest.add_file(path, stamps));
    for path in invocation.externs.iter().chain([&invocation.program]) {
        let metadata = fs::metadata(path).ok();
        digest.add(path.as_os_str().as_encoded_bytes());
        digest.add(metadata.as_ref().map_or(0, fs::Metadata::len).to_le_bytes());
        let modified = metadata.and_then(|metadata| metadata.modified().ok());
        digest.add(format!("{modified:?}"));
    }
    for (name, value) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if is_read_by_cargo(&text) {
            digest.add(name.as_encoded_bytes());
            digest.add(value.as_encoded_bytes());
        }
    }
    digest.finish()
}

/// Variables that configure cargo or rustc. Those that cargo sets for what it runs are not among them: the
/// server may itself have been started by cargo.
fn is_read_by_cargo(name: &str) -> bool {
    let of_a_run =
        ["CARGO_PKG_", "CARGO_BIN_", "CARGO_MANIFEST_", "CARGO_PRIMARY_", "CARGO_CRATE_", "CARGO_MAKEFLAGS"];
    (name.starts_with("CARGO_") || name.starts_with("RUST") || name == "CC" || name == "LD")
        && !of_a_run.iter().any(|prefix| name.starts_with(prefix))
        && name != "RUST_LOG"
        && name != "RUST_BACKTRACE"
        && name != "RUST_RECURSION_COUNT"
}

/// What rustc read for another local package, from the `.d` files in cargo's folder.
fn dependency_sources(project: &Project, package: &LocalPackage, profile_folder: &Path) -> BTreeSet<PathBuf> {
    let Some(crate_name) = &package.crate_name else { return BTreeSet::new() };
    let folder = if package.member { &project.root } else { &package.folder };
    let Ok(entries) = fs::read_dir(profile_folder.join("deps")) else { return BTreeSet::new() };
    let is_of_crate = |name: &str| {
        let stem = name.strip_suffix(".d").unwrap_or_default();
        stem == crate_name || stem.strip_prefix(crate_name.as_str()).is_some_and(is_hash_suffix)
    };
    entries
        .flatten()
        .filter(|entry| is_of_crate(&entry.file_name().to_string_lossy()))
        .filter_map(|entry| Inputs::read(&entry.path(), folder).ok())
        .flat_map(|inputs| inputs.files)
        .collect()
}

fn is_hash_suffix(text: &str) -> bool {
    text.strip_prefix('-')
        .is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What a build script asked to be run again for; where it did not ask, all of its package, as cargo has it.
fn build_script_inputs(package: &LocalPackage, profile_folder: &Path) -> BTreeSet<PathBuf> {
    let outputs =
        fs::read_dir(profile_folder.join("build")).into_iter().flatten().flatten().filter(|entry| {
            let name = entry.file_name();
            name.to_string_lossy().strip_prefix(package.name.as_str()).is_some_and(is_hash_suffix)
        });
    let texts: Vec<String> =
        outputs.filter_map(|entry| fs::read_to_string(entry.path().join("output")).ok()).collect();
    let asked: BTreeSet<PathBuf> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.strip_prefix("cargo:").map(|rest| rest.strip_prefix(':').unwrap_or(rest)))
        .filter_map(|line| line.strip_prefix("rerun-if-changed="))
        .map(|path| package.folder.join(path))
        .collect();
    let says_when = texts.iter().any(|text| text.contains("rerun-if-"));
    let mut files = BTreeSet::from([package.folder.join("build.rs")]);
    let roots = if says_when { asked } else { BTreeSet::from([package.folder.clone()]) };
    roots.iter().for_each(|root| collect(root, &mut files));
    files
}

/// A file, or all files below a folder but build output and hidden ones.
fn collect(path: &Path, files: &mut BTreeSet<PathBuf>) {
    if !path.is_dir() {
        files.insert(path.to_owned());
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name != "target" && !name.to_string_lossy().starts_with('.') {
            collect(&entry.path(), files);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dep_info_gives_sources_included_files_and_variables() {
        let text = "/t/libscripts.so: scripts/src/lib.rs scripts/src/a\\ b.rs /w/levels/one.txt\n\n\
                    scripts/src/lib.rs:\n/w/levels/one.txt:\n\n# env-dep:GAME_TITLE=Arena\n# env-dep:EXTRA\n";
        let inputs = Inputs::parse(text, Path::new("/w"));
        let files =
            ["/w/levels/one.txt", "/w/scripts/src/a b.rs", "/w/scripts/src/lib.rs"].map(PathBuf::from);
        assert_eq!(inputs.files, BTreeSet::from(files));
        assert_eq!(inputs.variables, BTreeSet::from(["GAME_TITLE".to_owned(), "EXTRA".to_owned()]));
    }

    #[test]
    fn variables_of_a_cargo_run_do_not_count() {
        assert!(is_read_by_cargo("CARGO_BUILD_RUSTFLAGS") && is_read_by_cargo("RUSTFLAGS"));
        assert!(!is_read_by_cargo("CARGO_PKG_NAME") && !is_read_by_cargo("PATH"));
    }
}
