//! One call of rustc: what stays the same whenever a program is compiled.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::script::Source;
use super::{Failure, Flags, toolchain};

/// rustc, its arguments, and where they differ from this process's, its folder and environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Call {
    /// The compiler itself, not rustup's stand-in.
    pub(super) program: PathBuf,
    /// Without what says where the output goes.
    pub(super) arguments: Vec<String>,
    /// The working directory, where it is another than this process's.
    pub(super) folder: Option<PathBuf>,
    /// Variables that are set.
    pub(super) set: BTreeMap<String, String>,
    /// Variables that are taken out.
    pub(super) unset: Vec<String>,
}

impl Call {
    /// Of a program that is one file and what that includes.
    pub(super) fn plain(source: &Source, flags: &Flags) -> Result<Self, Failure> {
        let mut arguments = vec![source.given.clone()];
        arguments.extend(flags.for_rustc());
        arguments.push("--crate-type=bin".to_owned());
        Ok(Self { program: toolchain::rustc()?, arguments, ..Self::default() })
    }

    /// The folder that relative paths are relative to.
    pub(super) fn base(&self) -> PathBuf {
        self.folder.clone().or_else(|| std::env::current_dir().ok()).unwrap_or_default()
    }

    /// Ready for its last arguments. What the call itself says of the relocation model counts.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Thread-locals are then reached in a way that a loaded image can have; the code is otherwise as ever.
        command.arg("-Crelocation-model=dynamic-no-pic").args(&self.arguments).envs(&self.set);
        self.unset.iter().for_each(|name| {
            command.env_remove(name);
        });
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }

    /// Whether an incremental cache keeps the code as it would be without one: optimised code would be slower.
    pub(super) fn can_be_incremental(&self) -> bool {
        let values = codegen_options(&self.arguments);
        let mut level = "0";
        for value in &values {
            match value.split_once('=') {
                Some(("opt-level", given)) => level = given,
                Some(("incremental" | "lto" | "codegen-units", _)) => return false,
                _ => {}
            }
        }
        level == "0" && !values.contains(&"lto") && !self.arguments.iter().any(|argument| argument == "-O")
    }

    /// The system's linker, where one is named.
    pub(super) fn linker(&self) -> Option<String> {
        let values = codegen_options(&self.arguments);
        values.iter().rev().find_map(|value| value.strip_prefix("linker=")).map(str::to_owned)
    }
}

/// The values of `-C` options, in all of their spellings.
fn codegen_options(arguments: &[String]) -> Vec<&str> {
    let mut values = Vec::new();
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        match argument {
            "-C" | "--codegen" => values.extend(rest.next()),
            _ => values.extend(argument.strip_prefix("-C").or_else(|| argument.strip_prefix("--codegen="))),
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_incremental(arguments: &str) -> bool {
        let arguments = arguments.split_whitespace().map(str::to_owned).collect();
        Call { arguments, ..Call::default() }.can_be_incremental()
    }

    #[test]
    fn only_unoptimised_code_is_compiled_incrementally() {
        assert!(is_incremental("a.rs"));
        assert!(is_incremental("a.rs -C opt-level=3 -Copt-level=0 -g"));
        for optimised in
            ["-O a.rs", "a.rs -Copt-level=1", "a.rs --codegen opt-level=s", "-C lto a.rs", "-Clto=thin"]
        {
            assert!(!is_incremental(optimised), "{optimised}");
        }
    }
}
