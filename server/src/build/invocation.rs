//! A captured rustc call, changed so that it builds one shared library into a folder of our own.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::capture::{self, Captured};
use crate::project::Library;

/// How to build a library without cargo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// The compiler.
    pub program: PathBuf,
    /// What stays the same in every build; in an order in which rustc's incremental cache keeps its worth.
    pub arguments: Vec<String>,
    /// The crate's name.
    pub crate_name: String,
    /// The root source file, as cargo names it: mostly relative to the working directory.
    pub root: String,
    /// The working directory: paths in messages and debug info are relative to it.
    pub folder: PathBuf,
    /// What cargo set on top of the server's own environment.
    pub set: BTreeMap<String, String>,
    /// What cargo took out of it.
    pub unset: Vec<String>,
    /// Every `--extern` artifact; when one changes, cargo must run again.
    pub externs: Vec<PathBuf>,
    /// The linker that the user chose.
    pub linker: Option<String>,
}

/// Tells a script which library its file is.
const LIBRARY_VARIABLE: &str = "LIVELINE_LIBRARY";
/// Tells the scripts of a package which of its files are libraries of their own.
pub(super) const FILES_VARIABLE: &str = "LIVELINE_FILES";

/// How many units a script file's code is cut into: the 256 of incremental builds are for crates of many modules, and
/// each unit of one small file costs more than it holds.
const UNITS: usize = 16;
/// The same for a file that comes to more than [`LARGE`]: a unit that holds an edit is compiled whole.
const UNITS_OF_LARGE: usize = 32;
/// The size of an artifact, in bytes.
const LARGE: u64 = 1 << 20;

/// Variables that belong to cargo's run and would mislead a later one.
const FOREIGN: &[&str] = &[
    "CARGO_MAKEFLAGS",
    "MAKEFLAGS",
    "MFLAGS",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    capture::CAPTURE_VARIABLE,
    capture::CRATE_VARIABLE,
    capture::SOURCE_VARIABLE,
    capture::WRAPPER_VARIABLE,
    capture::FOLDER_VARIABLE,
    LIBRARY_VARIABLE,
];

impl Invocation {
    /// From cargo's call for the crate with this root, given the server's own environment and the crate type to
    /// build.
    pub fn from_captured(
        captured: &Captured,
        source: &Path,
        own: &BTreeMap<String, String>,
        crate_type: &str,
    ) -> Self {
        let environment: BTreeMap<&str, &str> =
            captured.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let set = environment
            .iter()
            .filter(|(name, value)| {
                !FOREIGN.contains(name) && own.get(**name).map(String::as_str) != Some(**value)
            })
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let unset = own
            .keys()
            .map(String::as_str)
            .filter(|name| FOREIGN.contains(name) || !environment.contains_key(name))
            .map(str::to_owned)
            .collect();
        let is_root = |argument: &&String| captured.folder.join(argument) == source;
        let root = captured.arguments.iter().find(is_root).cloned();
        let root = root.unwrap_or_else(|| source.display().to_string());
        let arguments: Vec<String> = captured.arguments.iter().filter(|a| **a != root).cloned().collect();
        Self {
            program: PathBuf::from(&captured.program),
            crate_name: value_of(&arguments, "--crate-name").unwrap_or_default().to_owned(),
            linker: linker(&arguments),
            externs: externs(&arguments, &captured.folder),
            arguments: stable_arguments(&arguments, crate_type),
            root,
            folder: captured.folder.clone(),
            set,
            unset,
        }
    }

    /// The call for a library: for a script file, that of its package with another crate name and root.
    pub fn of(&self, library: &Library) -> Self {
        let mut own = self.clone();
        if library.file.is_some() {
            own.crate_name.clone_from(&library.crate_name);
            let relative = library.source.strip_prefix(&self.folder).ok().filter(|_| self.is_relative());
            own.root = relative.unwrap_or(&library.source).display().to_string();
            own.set.remove(FILES_VARIABLE);
            own.set.insert(LIBRARY_VARIABLE.to_owned(), library.name.clone());
        }
        own
    }

    /// Has a script file's code cut into as many units as are quickest, if nobody has said how many. `size`: of its
    /// last artifact, in bytes.
    pub(super) fn cut(&mut self, size: Option<u64>) {
        let is_set = |argument: &String| argument.trim_start_matches("-C").starts_with("codegen-units=");
        if self.set.contains_key(LIBRARY_VARIABLE) && !self.arguments.iter().any(is_set) {
            let units = if size.is_some_and(|size| size > LARGE) { UNITS_OF_LARGE } else { UNITS };
            self.arguments.push(format!("-Ccodegen-units={units}"));
        }
    }

    /// The crates that the code can name.
    pub(super) fn crate_names(&self) -> Vec<String> {
        let values = self.arguments.windows(2).filter(|pair| pair[0] == "--extern").map(|pair| &pair[1]);
        let names = values.map(|value| value.split('=').next().unwrap_or(value));
        // What has options before its name is not for everyone's eyes.
        let mut names: Vec<String> = names.filter(|name| !name.contains(':')).map(str::to_owned).collect();
        names.dedup();
        names
    }

    /// Whether rustc's paths are relative to its working directory.
    pub fn is_relative(&self) -> bool {
        !Path::new(&self.root).is_absolute()
    }

    /// All arguments for a build of `root`, a file of the tree `shadow`, with these outputs. Paths come out as cargo
    /// would have them.
    pub(super) fn arguments_for(&self, root: &Path, shadow: &Path, outputs: &Outputs<'_>) -> Vec<String> {
        let shadow = shadow.display();
        let mut arguments = vec![format!("--crate-name={}", self.crate_name), root.display().to_string()];
        arguments.extend(self.arguments.iter().cloned());
        arguments.push(format!("--remap-path-prefix={shadow}=/"));
        if self.is_relative() {
            arguments.push(format!("--remap-path-prefix={shadow}{}=", self.folder.display()));
        }
        if let Some(program) = outputs.linker {
            arguments.push(format!("-Clinker={}", program.display()));
            arguments.extend(flavor(self).map(|flavor| format!("-Clinker-flavor={flavor}")));
        }
        arguments.push(format!("-Cincremental={}", outputs.incremental.display()));
        arguments.push(format!("--out-dir={}", outputs.folder.display()));
        arguments
    }

    /// A command that runs `program` as rustc would be run.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder).envs(&self.set);
        self.unset.iter().for_each(|name| {
            command.env_remove(name);
        });
        command
    }

    /// What a variable is when rustc runs.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let inherited = || std::env::var(name).ok().filter(|_| !self.unset.iter().any(|unset| unset == name));
        self.set.get(name).cloned().or_else(inherited)
    }
}

/// Where a compile puts what it makes.
pub(super) struct Outputs<'a> {
    /// For everything that is new with each build.
    pub(super) folder: &'a Path,
    /// The incremental cache.
    pub(super) incremental: &'a Path,
    /// What is called in place of the linker.
    pub(super) linker: Option<&'a Path>,
}

/// rustc guesses from the linker's name how to speak to it: with ours in its place, the user's has to be named.
fn flavor(invocation: &Invocation) -> Option<&'static str> {
    let chosen = |argument: &String| argument.trim_start_matches("-C").starts_with("linker-flavor=");
    if invocation.arguments.iter().any(chosen) {
        return None;
    }
    let name = Path::new(invocation.linker.as_deref()?).file_stem()?.to_str()?.to_owned();
    let is = |word: &str| {
        name == word || name.ends_with(&format!("-{word}")) || name.starts_with(&format!("{word}-"))
    };
    if ["lld", "rust-lld"].contains(&name.as_str()) || name.starts_with("ld.") {
        Some("ld.lld")
    } else if is("ld") {
        Some("ld")
    } else {
        Some("gcc")
    }
}

fn linker(arguments: &[String]) -> Option<String> {
    let mut last = None;
    for (index, argument) in arguments.iter().enumerate() {
        let value = argument.strip_prefix("-C").or_else(|| argument.strip_prefix("--codegen="));
        let value = match value {
            Some("") => arguments.get(index + 1).map(String::as_str),
            None if argument == "--codegen" => arguments.get(index + 1).map(String::as_str),
            value => value,
        };
        last = value.and_then(|value| value.strip_prefix("linker=")).map(str::to_owned).or(last);
    }
    last
}

fn value_of<'a>(arguments: &'a [String], flag: &str) -> Option<&'a str> {
    arguments.windows(2).find(|pair| pair[0] == flag).map(|pair| pair[1].as_str())
}

/// Drops what names cargo's own outputs and asks for one shared library and its inputs.
fn stable_arguments(arguments: &[String], crate_type: &str) -> Vec<String> {
    let mut kept = Vec::new();
    let mut rest = arguments.iter().map(String::as_str).peekable();
    while let Some(argument) = rest.next() {
        match argument {
            "--out-dir" | "--crate-type" | "--emit" | "--crate-name" => {
                rest.next();
            }
            "-C" | "--codegen" => {
                let Some(value) = rest.next() else { break };
                if !is_cargos_own(value) {
                    kept.extend(["-C".to_owned(), value.to_owned()]);
                }
            }
            _ if argument.strip_prefix("-C").is_some_and(is_cargos_own) => {}
            _ if ["--out-dir=", "--crate-type=", "--emit=", "--json", "--error-format", "--crate-name="]
                .iter()
                .any(|prefix| argument.starts_with(prefix)) => {}
            _ => kept.push(argument.to_owned()),
        }
    }
    kept.push(format!("--crate-type={crate_type}"));
    kept.push("--emit=dep-info,link".to_owned());
    kept.push("--error-format=json".to_owned());
    kept.push("--json=artifacts,future-incompat".to_owned());
    kept
}

/// What names cargo's outputs, and what cannot be had together with incremental compilation.
fn is_cargos_own(codegen: &str) -> bool {
    let is_lto = codegen == "lto" || codegen == "linker-plugin-lto";
    let own = ["incremental=", "extra-filename=", "lto=", "linker-plugin-lto="];
    is_lto || own.iter().any(|prefix| codegen.starts_with(prefix))
}

fn externs(arguments: &[String], folder: &Path) -> Vec<PathBuf> {
    let values = arguments.windows(2).filter(|pair| pair[0] == "--extern").map(|pair| pair[1].as_str());
    values.filter_map(|value| value.split_once('=')).map(|(_, path)| folder.join(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn cargos_outputs_are_taken_out_and_ours_put_in() {
        let arguments = words(
            "--crate-name scripts --edition=2024 scripts/src/lib.rs --error-format=json --json=diagnostic-rendered-ansi \
             --crate-type lib --crate-type cdylib --emit=dep-info,link -C debuginfo=2 -C metadata=1 \
             -C extra-filename=-1 --out-dir /t -C incremental=/i -L dependency=/t --extern api=/t/libapi.so",
        );
        let kept = stable_arguments(&arguments, "cdylib");
        let expected = words(
            "--edition=2024 scripts/src/lib.rs -C debuginfo=2 -C metadata=1 -L dependency=/t \
             --extern api=/t/libapi.so --crate-type=cdylib --emit=dep-info,link --error-format=json \
             --json=artifacts,future-incompat",
        );
        assert_eq!(kept, expected);
        assert_eq!(externs(&arguments, Path::new("/w")), [PathBuf::from("/t/libapi.so")]);
    }

    #[test]
    fn linker_choices_and_search_paths_survive() {
        let kept = stable_arguments(
            &words("-Clinker=clang -C link-arg=-fuse-ld=lld -Clink-arg=-B/x -Cincremental=/i"),
            "cdylib",
        );
        for argument in ["-Clinker=clang", "link-arg=-fuse-ld=lld", "-Clink-arg=-B/x"] {
            assert!(kept.iter().any(|kept| kept == argument), "{argument}");
        }
        assert!(!kept.iter().any(|kept| kept.contains("incremental")));
    }

    #[test]
    fn only_what_cargo_changed_in_the_environment_is_kept_and_its_jobserver_is_not() {
        let own = BTreeMap::from([
            ("PATH".to_owned(), "/bin".to_owned()),
            ("MAKEFLAGS".to_owned(), "-j".to_owned()),
        ]);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let captured = Captured {
            program: "rustc".to_owned(),
            arguments: Vec::new(),
            folder: PathBuf::from("/w"),
            environment: vec![
                pair("PATH", "/bin"),
                pair("CARGO_PKG_NAME", "a"),
                pair("CARGO_MAKEFLAGS", "x"),
                pair("MAKEFLAGS", "y"),
            ],
        };
        let invocation = Invocation::from_captured(&captured, Path::new("/w/src/lib.rs"), &own, "cdylib");
        assert_eq!(invocation.set, BTreeMap::from([pair("CARGO_PKG_NAME", "a")]));
        assert_eq!(invocation.unset, ["MAKEFLAGS"]);
    }
    #[test]
    fn a_large_script_file_is_cut_finer_and_a_users_choice_stays() {
        let invocation = |arguments: &str, variable: &str| Invocation {
            program: PathBuf::from("rustc"),
            arguments: words(arguments),
            crate_name: "script_player".to_owned(),
            root: "scripts/src/player.rs".to_owned(),
            folder: PathBuf::from("/w"),
            set: BTreeMap::from([(variable.to_owned(), "player".to_owned())]),
            unset: Vec::new(),
            externs: Vec::new(),
            linker: None,
        };
        let cut = |mut invocation: Invocation, size| {
            invocation.cut(size);
            invocation.arguments.join(" ")
        };
        let file = || invocation("-C debuginfo=2", LIBRARY_VARIABLE);
        assert_eq!(cut(file(), None), "-C debuginfo=2 -Ccodegen-units=16");
        assert_eq!(cut(file(), Some(LARGE)), "-C debuginfo=2 -Ccodegen-units=16");
        assert_eq!(cut(file(), Some(LARGE + 1)), "-C debuginfo=2 -Ccodegen-units=32");
        let chosen = invocation("-C codegen-units=4", LIBRARY_VARIABLE);
        assert_eq!(cut(chosen, Some(LARGE + 1)), "-C codegen-units=4");
        let package = invocation("-C debuginfo=2", "CARGO_PKG_NAME");
        assert_eq!(cut(package, Some(LARGE + 1)), "-C debuginfo=2");
    }
}
