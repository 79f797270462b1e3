//! A captured rustc call, changed so that it builds one shared library into a folder of our own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::capture::{self, Captured};

/// How to build a library without cargo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// The compiler.
    pub program: PathBuf,
    /// What stays the same in every build; in an order in which rustc's incremental cache keeps its worth.
    pub arguments: Vec<String>,
    /// The working directory: paths in messages and debug info are relative to it.
    pub folder: PathBuf,
    /// What cargo set on top of the server's own environment.
    pub set: BTreeMap<String, String>,
    /// What cargo took out of it.
    pub unset: Vec<String>,
    /// Every `--extern` artifact; when one changes, cargo must run again.
    pub externs: Vec<PathBuf>,
}

/// Variables that belong to cargo's run and would mislead a later one.
const FOREIGN: &[&str] = &[
    "CARGO_MAKEFLAGS",
    "MAKEFLAGS",
    "MFLAGS",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    capture::CAPTURE_VARIABLE,
    capture::CRATE_VARIABLE,
    capture::WRAPPER_VARIABLE,
    capture::FOLDER_VARIABLE,
];

impl Invocation {
    /// From cargo's call, given the server's own environment and the crate type to build.
    pub fn from_captured(captured: &Captured, own: &BTreeMap<String, String>, crate_type: &str) -> Self {
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
        Self {
            program: PathBuf::from(&captured.program),
            arguments: stable_arguments(&captured.arguments, crate_type),
            folder: captured.folder.clone(),
            set,
            unset,
            externs: externs(&captured.arguments, &captured.folder),
        }
    }

    /// All arguments for a build whose output goes to `output`.
    pub fn arguments_for(&self, output: &Path, incremental: &Path) -> Vec<String> {
        let mut arguments = self.arguments.clone();
        arguments.push(format!("-Cincremental={}", incremental.display()));
        arguments.push(format!("--out-dir={}", output.display()));
        arguments
    }
}

/// Drops what names cargo's own outputs and asks for one shared library and its inputs.
fn stable_arguments(arguments: &[String], crate_type: &str) -> Vec<String> {
    let mut kept = Vec::new();
    let mut rest = arguments.iter().map(String::as_str).peekable();
    while let Some(argument) = rest.next() {
        match argument {
            "--out-dir" | "--crate-type" | "--emit" => {
                rest.next();
            }
            "-C" | "--codegen" => {
                let Some(value) = rest.next() else { break };
                if !is_cargos_own(value) {
                    kept.extend(["-C".to_owned(), value.to_owned()]);
                }
            }
            _ if argument.strip_prefix("-C").is_some_and(is_cargos_own) => {}
            _ if ["--out-dir=", "--crate-type=", "--emit=", "--json", "--error-format"]
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

fn is_cargos_own(codegen: &str) -> bool {
    codegen.starts_with("incremental=") || codegen.starts_with("extra-filename=")
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
            "--crate-name scripts --edition=2024 scripts/src/lib.rs -C debuginfo=2 -C metadata=1 -L dependency=/t \
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
        let invocation = Invocation::from_captured(&captured, &own, "cdylib");
        assert_eq!(invocation.set, BTreeMap::from([pair("CARGO_PKG_NAME", "a")]));
        assert_eq!(invocation.unset, ["MAKEFLAGS"]);
    }
}
