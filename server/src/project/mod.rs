//! The workspace as Liveline sees it: its libraries, their API crates and the packages that make an engine.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use cargo_metadata::{Metadata, MetadataCommand};

use crate::config::{self, Config, ConfigError};
use crate::diagnostics::Position;
use crate::os;

pub(crate) mod ahead;
pub mod cargo_config;
mod files;
pub mod functions;
mod home;
pub mod items;
mod libraries;
pub mod script_file;
mod shared;
pub mod statics;
pub mod test_functions;
mod tokens;
pub use files::{Files, WithPackage};
pub use home::Home;
pub use shared::standard_library;

/// What a workspace holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// The workspace root, absolute.
    pub root: PathBuf,
    /// As cargo reports it.
    pub target: PathBuf,
    /// `liveline.toml`.
    pub config: Config,
    /// Sorted by name.
    pub libraries: Vec<Library>,
    /// Packages of the workspace that have an executable and depend on an API crate: they are part of every
    /// selection that is built, so that cargo unifies features as it does for the engine.
    pub engines: Vec<String>,
    /// Every package that is not from a registry: the files under these folders can change a build.
    pub packages: Vec<LocalPackage>,
    /// The listed script files that are built with their packages.
    pub with_package: Vec<WithPackage>,
    /// What the listed script files are found and judged by.
    pub files: Files,
}

/// A package whose sources are on this machine to be edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPackage {
    /// Its name.
    pub name: String,
    /// The folder of its manifest, absolute.
    pub folder: PathBuf,
    /// The crate name of its library, if it has one.
    pub crate_name: Option<String>,
    /// The root source file of its library, if it has one, absolute.
    pub source: Option<PathBuf>,
    /// The package that it shares with the engine.
    pub api: Option<ApiCrate>,
    /// The names of the local packages that it is built from, itself first.
    pub built_from: Vec<String>,
    /// Whether it has a build script.
    pub build_script: bool,
    /// Whether it is a member of the workspace: rustc runs in the workspace root for members, in the package's
    /// folder for others.
    pub member: bool,
}

/// A unit that is rebuilt and swapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// The package's name.
    pub name: String,
    /// The crate's name, as in `lib<crate>.so`.
    pub crate_name: String,
    /// The library's root source file, absolute.
    pub source: PathBuf,
    /// `cdylib` or `dylib`.
    pub crate_type: &'static str,
    /// The package that it shares with the engine.
    pub api: Option<ApiCrate>,
    /// The names of the local packages that it is built from, itself first.
    pub packages: Vec<String>,
    /// Of a single script file: where it belongs in a release build.
    pub file: Option<ScriptFile>,
}

/// The package whose module a script file is in a release build: it is compiled as that package is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptFile {
    /// The package's name.
    pub owner: String,
    /// The crate name of its library.
    pub owner_crate: String,
    /// The root source file of its library, absolute.
    pub owner_source: PathBuf,
}

/// The engine's API crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiCrate {
    /// The cargo package's name.
    pub package: String,
    /// The crate's name, as in `lib<crate>.so`.
    pub crate_name: String,
}

/// Why nothing can be built at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What happened, where, and what to do.
    pub message: String,
    /// The file to show it at.
    pub path: PathBuf,
    /// The place in it.
    pub at: Position,
}

impl Broken {
    /// A trouble with a whole file.
    pub fn at_file(path: PathBuf, message: impl Into<String>) -> Self {
        Self { message: message.into(), path, at: Position { line: 1, column: 1 } }
    }

    /// What `liveline.toml` says wrongly.
    pub fn in_config(path: &Path, error: ConfigError) -> Self {
        Self {
            message: format!("{}: {}", config::FILE, error.message),
            path: path.to_owned(),
            at: Position { line: error.line, column: error.column },
        }
    }
}

impl Project {
    /// Asks cargo what the workspace around `root` is, and reads `liveline.toml`.
    pub fn load(root: &Path) -> Result<Self, Broken> {
        let metadata = ahead::metadata(root)?;
        Self::from_metadata(&metadata)
    }

    fn from_metadata(metadata: &Metadata) -> Result<Self, Broken> {
        let root = metadata.workspace_root.clone().into_std_path_buf();
        let config_file = root.join(config::FILE);
        let config = config::load(&root).map_err(|error| Broken::in_config(&config_file, error))?;
        let text = std::fs::read_to_string(&config_file).unwrap_or_default();
        let misnamed = |missing: libraries::Missing| {
            let (line, column) = config::locate(&text, &missing.name);
            Broken::in_config(&config_file, ConfigError { line, column, message: missing.message })
        };
        let found = libraries::find(metadata, &config, &root).map_err(misnamed)?;
        let (files, packages) = (Files::find(found.files, found.packages, found.named), found.local);
        let (libraries, with_package) = files.libraries(&packages);
        let engines = engines(metadata, &libraries, &packages);
        let target = metadata.target_directory.clone().into_std_path_buf();
        Ok(Self { root, target, config, libraries, engines, packages, with_package, files })
    }

    /// The library of a name.
    pub fn library(&self, name: &str) -> Option<&Library> {
        self.libraries.iter().find(|library| library.name == name)
    }

    /// The local packages that a library is built from.
    pub fn packages_of<'a>(&'a self, library: &'a Library) -> impl Iterator<Item = &'a LocalPackage> {
        self.packages.iter().filter(|package| library.packages.contains(&package.name))
    }

    /// Where Liveline keeps all that it writes.
    pub fn home(&self) -> Home {
        Home::choose(self.root.clone(), &self.target)
    }
}

/// Whether a file is Rust source by its name.
pub fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// Whether a change of this file can change what the workspace is.
pub fn is_project_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    matches!(name, "Cargo.toml" | "Cargo.lock" | "rust-toolchain" | "rust-toolchain.toml" | config::FILE)
        || (matches!(name, "config" | "config.toml")
            && path.parent().and_then(Path::file_name).is_some_and(|folder| folder == ".cargo"))
}

fn metadata(root: &Path) -> Result<Metadata, Broken> {
    let manifest = root.join("Cargo.toml");
    if !root.ancestors().any(|folder| folder.join("Cargo.toml").is_file()) {
        let message = format!(
            "{} is not in a cargo workspace: no Cargo.toml in it or above. Open the folder of a game's workspace, \
             or pass it with --root",
            root.display()
        );
        return Err(Broken::at_file(manifest, message));
    }
    let output = MetadataCommand::new()
        .cargo_path(cargo())
        .current_dir(root)
        .cargo_command()
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Broken::at_file(manifest.clone(), cargo_missing(&error)))?;
    if !output.status.success() {
        return Err(cargo_refused(root, &String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    MetadataCommand::parse(text).map_err(|error| {
        Broken::at_file(manifest, format!("cargo metadata's answer cannot be read: {error}"))
    })
}

/// The program that is cargo: `$CARGO`, `cargo` on the PATH, or where rustup puts it. An editor that was not
/// started from a shell often has a PATH without it.
pub fn cargo() -> PathBuf {
    if let Some(cargo) = std::env::var_os("CARGO") {
        return cargo.into();
    }
    let is_on_path = os::on_path("cargo").is_some();
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let usual = home.map(|home| home.join("bin/cargo")).filter(|cargo| !is_on_path && cargo.is_file());
    usual.unwrap_or_else(|| "cargo".into())
}

/// The sentence for a cargo that cannot be started.
pub fn cargo_missing(error: &std::io::Error) -> String {
    format!(
        "cannot start cargo: {error}. Install Rust (rustup) or put cargo on the PATH of the editor's process"
    )
}

/// cargo says `--> path:line:column` for some errors and names the manifest for others.
fn cargo_refused(root: &Path, stderr: &str) -> Broken {
    let text = stderr.trim().trim_start_matches("error:").trim();
    let mut broken =
        Broken::at_file(root.join("Cargo.toml"), format!("cargo cannot read the workspace: {text}"));
    if let Some(place) = stderr.lines().find_map(|line| line.trim().strip_prefix("--> ")) {
        let mut parts = place.rsplitn(3, ':');
        let column = parts.next().and_then(|text| text.parse().ok());
        let line = parts.next().and_then(|text| text.parse().ok());
        if let (Some(column), Some(line), Some(path)) = (column, line, parts.next()) {
            broken.path = root.join(path);
            broken.at = Position { line, column };
        }
    } else if let Some(path) = stderr.split('`').find(|part| part.ends_with("Cargo.toml")) {
        broken.path = root.join(path);
    }
    broken
}

/// Workspace packages with an executable that are built on the API crate of a library.
fn engines(metadata: &Metadata, libraries: &[Library], packages: &[LocalPackage]) -> Vec<String> {
    let is_library = |package: &&LocalPackage| libraries.iter().any(|library| library.name == package.name);
    let of_packages = packages.iter().filter(is_library).filter_map(|package| package.api.as_ref());
    let apis: BTreeSet<&str> = libraries
        .iter()
        .filter_map(|library| library.api.as_ref())
        .chain(of_packages)
        .map(|api| api.package.as_str())
        .collect();
    let mut names: Vec<String> = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| package.targets.iter().any(|target| target.is_bin()))
        .filter(|package| {
            package.dependencies.iter().any(|dependency| apis.contains(dependency.name.as_str()))
        })
        .map(|package| package.name.to_string())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_files_are_known_by_name_and_place() {
        for path in [
            "/w/Cargo.toml",
            "/w/a/Cargo.lock",
            "/w/.cargo/config.toml",
            "/w/rust-toolchain",
            "/w/liveline.toml",
        ] {
            assert!(is_project_file(Path::new(path)), "{path}");
        }
        for path in ["/w/src/config.toml", "/w/src/lib.rs", "/w/cargo.toml"] {
            assert!(!is_project_file(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn an_error_of_cargo_is_placed_where_cargo_says() {
        let broken = cargo_refused(Path::new("/w"), "error: invalid key\n --> scripts/Cargo.toml:7:3\n  |\n");
        assert_eq!(broken.path, Path::new("/w/scripts/Cargo.toml"));
        assert_eq!(broken.at, Position { line: 7, column: 3 });
        let broken =
            cargo_refused(Path::new("/w"), "error: failed to parse manifest at `/w/game/Cargo.toml`\n");
        assert_eq!(broken.path, Path::new("/w/game/Cargo.toml"));
    }

    #[test]
    fn a_folder_without_cargo_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let broken = Project::load(folder.path()).unwrap_err();
        assert!(broken.message.contains("not in a cargo workspace"), "{broken:?}");
    }
}
