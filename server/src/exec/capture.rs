//! The compiler wrapper that cargo calls: it writes down the program's call, and becomes rustc for everything else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};

use crate::build::capture::of_compiler;
use crate::os;

/// Where the wrapper writes the call; its presence makes this program cargo's compiler wrapper.
pub(super) const CAPTURE: &str = "LIVELINE_EXEC_CAPTURE";
/// The crate root whose call is wanted.
pub(super) const ROOT: &str = "LIVELINE_EXEC_ROOT";
/// The user's own `RUSTC_WRAPPER`, which still gets its turn.
pub(super) const WRAPPER: &str = "LIVELINE_EXEC_WRAPPER";
/// Whether this process was started by cargo in the place of rustc.
pub fn is_wrapper() -> bool {
    std::env::var_os(CAPTURE).is_some()
}

/// The wrapper's whole life: for the program it writes down the call and compiles nothing, for everything else
/// it becomes rustc.
pub fn wrapper_main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let Some((program, rest)) = arguments.split_first() else {
        eprintln!("liveline: {CAPTURE} is set for cargo's compiler wrapper only; unset it");
        return ExitCode::from(2);
    };
    if is_wanted(rest) {
        return match write_down(of_compiler(&arguments)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("liveline: cannot write down the compiler's call: {error}");
                ExitCode::FAILURE
            }
        };
    }
    let mut command = match std::env::var_os(WRAPPER) {
        Some(wrapper) => {
            let mut command = Command::new(wrapper);
            command.arg(program);
            command
        }
        None => Command::new(program),
    };
    command.args(std::env::args_os().skip(2));
    [CAPTURE, ROOT, WRAPPER].iter().for_each(|name| {
        command.env_remove(name);
    });
    let error = os::exec(&mut command);
    eprintln!("liveline: cannot start {program}: {error}");
    ExitCode::FAILURE
}

fn is_wanted(arguments: &[String]) -> bool {
    let Some(root) = std::env::var_os(ROOT) else { return false };
    let is_program = arguments.windows(2).any(|pair| pair[0] == "--crate-type" && pair[1] == "bin");
    let is_test = arguments.iter().any(|argument| argument == "--test");
    let roots = arguments.iter().filter(|argument| argument.ends_with(".rs") || Path::new(argument) == root);
    is_program
        && !is_test
        && roots.into_iter().any(|path| fs::canonicalize(path).is_ok_and(|path| path == root))
}

/// A call of rustc as cargo makes it.
#[derive(Serialize, Deserialize)]
pub(super) struct Captured {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) folder: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
}

fn write_down(call: &[String]) -> std::io::Result<()> {
    let captured = Captured {
        program: PathBuf::from(&call[0]),
        arguments: call[1..].to_vec(),
        folder: std::env::current_dir()?,
        environment: environment(),
    };
    let path = PathBuf::from(std::env::var_os(CAPTURE).unwrap_or_default());
    os::write_atomically(&path, &serde_json::to_vec(&captured)?)
}

/// This process's variables.
pub(super) fn environment() -> BTreeMap<String, String> {
    let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
}
