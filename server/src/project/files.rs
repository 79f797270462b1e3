//! Listed script files: found by their glob, told apart by what they name, each a library or part of its package.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::script_file::Standing;
use super::{ApiCrate, Library, LocalPackage, Project, ScriptFile};
use crate::os;

/// Files of these names are the roots of packages and folders, never scripts.
const NEVER: &[&str] = &["lib.rs", "main.rs", "mod.rs", "build.rs"];
const MATCHING: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// One `files = "…"` of `liveline.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSet {
    /// The glob, absolute.
    pub pattern: Pattern,
    /// The package that its files share with the engine, where one is named.
    pub api: Option<ApiCrate>,
}

/// A listed file that is built with its package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithPackage {
    /// Absolute.
    pub path: PathBuf,
    /// The package's name.
    pub owner: String,
    /// Why it cannot be built alone.
    pub reason: String,
}

/// All listed files, and what is known of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    sets: Vec<FileSet>,
    standings: BTreeMap<PathBuf, Standing>,
    /// The libraries that packages are, listed files aside.
    packages: Vec<Library>,
    /// Of these, the ones that `liveline.toml` names: they are libraries whatever their files are.
    named: BTreeSet<String>,
}

impl Files {
    /// Looks for the files of `sets`.
    pub fn find(sets: Vec<FileSet>, packages: Vec<Library>, named: BTreeSet<String>) -> Self {
        let mut files = Self { sets, standings: BTreeMap::new(), packages, named };
        let found: BTreeSet<PathBuf> = files
            .sets
            .iter()
            .filter_map(|set| glob::glob_with(set.pattern.as_str(), MATCHING).ok())
            .flat_map(|paths| paths.flatten())
            .filter(|path| files.set_of(path).is_some())
            .collect();
        for path in found {
            let standing = read(&path).unwrap_or(Standing::Unknown);
            files.standings.insert(path, standing);
        }
        files
    }

    fn set_of(&self, path: &Path) -> Option<&FileSet> {
        let name = path.file_name()?.to_str()?;
        if NEVER.contains(&name) || path.extension()? != "rs" {
            return None;
        }
        self.sets.iter().find(|set| set.pattern.matches_path_with(path, MATCHING))
    }

    /// Looks at files that may have changed; whether any is another sort of library now.
    fn look_again(&mut self, paths: &[PathBuf]) -> bool {
        let mut changed = false;
        for path in paths.iter().filter(|path| self.set_of(path).is_some()).cloned().collect::<Vec<_>>() {
            let before = self.standings.get(&path).cloned();
            let now = match (read(&path), &before) {
                (Some(Standing::Unknown), Some(before)) => Some(before.clone()),
                (now, _) => now,
            };
            changed |= now != before;
            match now {
                Some(standing) => self.standings.insert(path, standing),
                None => self.standings.remove(&path),
            };
        }
        changed
    }

    /// The libraries, sorted by name, and the listed files that are none.
    pub fn libraries(&self, packages: &[LocalPackage]) -> (Vec<Library>, Vec<WithPackage>) {
        let mut libraries: BTreeMap<String, Library> =
            self.packages.iter().map(|library| (library.name.clone(), library.clone())).collect();
        let mut alone: BTreeMap<String, Library> = BTreeMap::new();
        let mut with_package = Vec::new();
        for (path, standing) in &self.standings {
            let Some(owner) = owner_of(path, packages) else { continue };
            let Some(library) = self.library(path, owner) else { continue };
            let reason = match standing {
                Standing::WithPackage(reason) => Some(reason.clone()),
                Standing::Alone | Standing::Unknown => {
                    let taken = self.named.contains(&library.name)
                        || (library.name != owner.name && libraries.contains_key(&library.name))
                        || alone.contains_key(&library.name);
                    taken.then(|| format!("another library is named `{}`", library.name))
                }
            };
            match reason {
                None => _ = alone.insert(library.name.clone(), library),
                Some(reason) => {
                    let can = self.packages.iter().any(|library| library.name == owner.name);
                    let hint = "; its package has no shared form: add `crate-type = [\"lib\", \"cdylib\"]` to its [lib]";
                    let reason = if can { reason } else { format!("{reason}{hint}") };
                    with_package.push(WithPackage { path: path.clone(), owner: owner.name.clone(), reason });
                }
            }
        }
        let owners: BTreeSet<String> = alone
            .values()
            .filter_map(|library| library.file.as_ref())
            .map(|file| file.owner.clone())
            .collect();
        for owner in owners.iter().filter(|owner| !self.named.contains(*owner)) {
            let is_needed = with_package.iter().any(|file| file.owner == **owner)
                || packages.iter().any(|package| package.name == **owner && self.has_other_scripts(package));
            if !is_needed {
                libraries.remove(owner);
            }
        }
        // What script files share with the engine is no library, whoever else depends on it.
        let apis: BTreeSet<String> = alone
            .values()
            .filter_map(|library| library.api.as_ref())
            .map(|api| api.package.clone())
            .collect();
        libraries.retain(|name, _| !apis.contains(name) || self.named.contains(name));
        libraries.extend(alone);
        (libraries.into_values().collect(), with_package)
    }

    fn library(&self, path: &Path, owner: &LocalPackage) -> Option<Library> {
        let name = path.file_stem()?.to_str()?.to_owned();
        let api = self.set_of(path)?.api.clone().or_else(|| owner.api.clone());
        let file = ScriptFile {
            owner: owner.name.clone(),
            owner_crate: owner.crate_name.clone()?,
            owner_source: owner.source.clone()?,
        };
        Some(Library {
            crate_name: crate_name(&name),
            name,
            source: path.to_owned(),
            crate_type: "cdylib",
            api,
            packages: owner.built_from.clone(),
            file: Some(file),
        })
    }

    /// Whether a package has scripts in files that are not listed.
    fn has_other_scripts(&self, package: &LocalPackage) -> bool {
        let Some(folder) = package.source.as_ref().and_then(|source| source.parent()) else { return false };
        let pattern = format!("{}/**/*.rs", Pattern::escape(&folder.display().to_string()));
        let others = glob::glob(&pattern).into_iter().flatten().flatten();
        others.filter(|path| !self.standings.contains_key(path)).any(|path| {
            os::read_file(&path).is_ok_and(|text| String::from_utf8_lossy(&text).contains("liveline::script"))
        })
    }
}

impl Project {
    /// The project as it is after these files have changed, if other files are libraries now.
    pub fn with_script_files(&self, paths: &[PathBuf]) -> Option<Self> {
        let mut files = self.files.clone();
        if !files.look_again(paths) {
            return None;
        }
        let (libraries, with_package) = files.libraries(&self.packages);
        Some(Self { files, libraries, with_package, ..self.clone() })
    }
}

/// The standing of a file that is there.
fn read(path: &Path) -> Option<Standing> {
    Some(Standing::of(&String::from_utf8_lossy(&os::read_file(path).ok()?)))
}

fn owner_of<'a>(path: &Path, packages: &'a [LocalPackage]) -> Option<&'a LocalPackage> {
    let around = packages.iter().filter(|package| path.starts_with(&package.folder));
    around.max_by_key(|package| package.folder.components().count())
}

/// A crate's name that no other crate of the build can have: a file may be called `core.rs`.
fn crate_name(stem: &str) -> String {
    let fit = |letter: char| if letter.is_alphanumeric() || letter == '_' { letter } else { '_' };
    format!("script_{}", stem.chars().map(fit).collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const CONFIG: &str = "[[library]]\nfiles = \"scripts/src/*.rs\"\napi = \"game-api\"\n";

    /// A workspace with a stand-in for the engine crate, an API crate and a package of scripts.
    fn workspace(config: &str, crate_type: &str, scripts: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let package = |name: &str, rest: &str| {
            write(
                &format!("{name}/Cargo.toml"),
                &format!("[package]\nname = \"{name}\"\nedition = \"2024\"\nversion = \"0.1.0\"\n{rest}"),
            );
            write(&format!("{name}/src/lib.rs"), "");
        };
        write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n");
        write("liveline.toml", config);
        let on = "[dependencies]\nliveline = { path = \"../liveline\" }\n";
        package("liveline", "");
        package("game-api", &format!("{on}[lib]\ncrate-type = [\"lib\", \"dylib\"]\n"));
        let on_api = format!("{on}game-api = {{ path = \"../game-api\" }}\n");
        package("scripts", &format!("{on_api}[lib]\ncrate-type = {crate_type}\n"));
        package("game", &on_api);
        write("game/src/main.rs", "fn main() {}");
        scripts.iter().for_each(|(name, text)| write(&format!("scripts/src/{name}"), text));
        folder
    }

    fn load(folder: &tempfile::TempDir) -> Project {
        Project::load(&fs::canonicalize(folder.path()).unwrap()).unwrap()
    }

    fn names(project: &Project) -> Vec<&str> {
        project.libraries.iter().map(|library| library.name.as_str()).collect()
    }

    const BOTH: &str = "[\"lib\", \"cdylib\"]";

    #[test]
    fn each_listed_file_that_stands_alone_is_a_library() {
        let files = [("player.rs", "use game_api::A;"), ("enemy 1.rs", ""), ("mod.rs", ""), ("note.txt", "")];
        let folder = workspace(CONFIG, BOTH, &files);
        let project = load(&folder);
        assert_eq!(names(&project), ["enemy 1", "player"]);
        let player = project.library("player").unwrap();
        assert_eq!(player.crate_name, "script_player");
        assert_eq!(player.api.as_ref().map(|api| api.crate_name.as_str()), Some("game_api"));
        let file = player.file.as_ref().unwrap();
        assert_eq!((file.owner.as_str(), file.owner_crate.as_str()), ("scripts", "scripts"));
        assert!(file.owner_source.ends_with("scripts/src/lib.rs"));
        assert_eq!(project.library("enemy 1").unwrap().crate_name, "script_enemy_1");
        assert_eq!(project.engines, ["game"]);
    }

    #[test]
    fn a_file_that_needs_its_package_is_built_with_it() {
        let folder = workspace(CONFIG, BOTH, &[("player.rs", ""), ("enemy.rs", "use crate::player::A;")]);
        let project = load(&folder);
        assert_eq!(names(&project), ["player", "scripts"]);
        assert!(project.with_package[0].path.ends_with("enemy.rs"));
        assert_eq!(project.with_package[0].reason, "it names `crate::`");
    }

    #[test]
    fn a_package_without_a_shared_form_says_what_is_missing() {
        let folder = workspace(CONFIG, "[\"lib\"]", &[("player.rs", ""), ("enemy.rs", "mod deep;")]);
        let project = load(&folder);
        assert_eq!(names(&project), ["player"]);
        assert!(project.with_package[0].reason.contains("cdylib"), "{:?}", project.with_package);
        assert_eq!(project.engines, ["game"]);
    }

    #[test]
    fn scripts_in_other_files_keep_their_package_a_library() {
        let folder = workspace(CONFIG, BOTH, &[("player.rs", ""), ("deep/mod.rs", "#[liveline::script]")]);
        assert_eq!(names(&load(&folder)), ["player", "scripts"]);
        let named = format!("{CONFIG}[[library]]\npackage = \"scripts\"\n");
        let folder = workspace(&named, BOTH, &[("player.rs", "")]);
        assert_eq!(names(&load(&folder)), ["player", "scripts"]);
    }

    #[test]
    fn two_files_of_one_name_are_not_two_libraries() {
        let config = CONFIG.replace("*.rs", "**/*.rs");
        let folder = workspace(&config, BOTH, &[("player.rs", ""), ("old/player.rs", "")]);
        let project = load(&folder);
        assert_eq!(names(&project), ["player", "scripts"]);
        assert!(project.with_package[0].reason.contains("another library is named `player`"));
    }

    #[test]
    fn files_come_go_and_change_their_standing() {
        let folder = workspace(CONFIG, BOTH, &[("player.rs", "")]);
        let project = load(&folder);
        let path = |name: &str| project.root.join("scripts/src").join(name);
        fs::write(path("enemy.rs"), "").unwrap();
        let more = project.with_script_files(&[path("enemy.rs")]).unwrap();
        assert_eq!(names(&more), ["enemy", "player"]);
        fs::write(path("enemy.rs"), "fn f() {}").unwrap();
        assert!(more.with_script_files(&[path("enemy.rs"), path("lib.rs")]).is_none());
        fs::write(path("enemy.rs"), "use super::x;").unwrap();
        let with = more.with_script_files(&[path("enemy.rs")]).unwrap();
        assert_eq!(names(&with), ["player", "scripts"]);
        fs::write(path("enemy.rs"), "use super::x; fn f() {").unwrap();
        assert!(with.with_script_files(&[path("enemy.rs")]).is_none(), "half a file says nothing new");
        fs::remove_file(path("enemy.rs")).unwrap();
        assert_eq!(names(&with.with_script_files(&[path("enemy.rs")]).unwrap()), ["player"]);
    }

    #[test]
    fn a_wrong_listing_is_an_error_at_its_line() {
        for (config, line, word) in [
            (
                "[[library]]\nfiles = \"scripts/src/*.rs\"\napi = \"game-app\"\n",
                3,
                "did you mean `game-api`?",
            ),
            ("[[library]]\nfiles = \"scripts/src/*.rs\"\napi = \"game\"\n", 3, "crate-type"),
            ("[[library]]\nfiles = \"scripts/***.rs\"\n", 2, "no pattern"),
        ] {
            let folder = workspace(config, BOTH, &[]);
            let broken = Project::load(folder.path()).unwrap_err();
            assert_eq!(broken.at.line, line, "{broken:?}");
            assert!(broken.message.contains(word), "{broken:?}");
        }
    }
}
