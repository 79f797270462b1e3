//! The compiler wrapper that cargo calls: it writes down the call of the crate that is wanted, then becomes rustc.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};

use super::out_dirs;
use crate::os;

/// What cargo calls a build script's output folder.
const OUT_DIR: &str = "OUT_DIR";
/// Where to write the call; its presence makes this program a compiler wrapper.
pub const CAPTURE_VARIABLE: &str = "LIVELINE_CAPTURE";
/// The crate whose call is wanted.
pub const CRATE_VARIABLE: &str = "LIVELINE_CAPTURE_CRATE";
/// The root source file of that crate, absolute.
pub const SOURCE_VARIABLE: &str = "LIVELINE_CAPTURE_SOURCE";
/// The user's own `RUSTC_WRAPPER`, which still gets its turn.
pub const WRAPPER_VARIABLE: &str = "LIVELINE_CAPTURE_WRAPPER";

/// Liveline's folder, which cargo builds into.
pub const FOLDER_VARIABLE: &str = "LIVELINE_CAPTURE_FOLDER";

/// One call of rustc as cargo made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// The compiler.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its working directory.
    pub folder: PathBuf,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
}

/// Whether this process was started by cargo in the place of rustc.
pub fn is_wrapper() -> bool {
    std::env::var_os(CAPTURE_VARIABLE).is_some()
}

/// The wrapper's whole life. It must become rustc even if it cannot write: a wrapper that fails has already
/// cost cargo's old output.
pub fn wrapper_main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if arguments.is_empty() {
        eprintln!("liveline: {CAPTURE_VARIABLE} is set for cargo's compiler wrapper only; unset it");
        return ExitCode::from(2);
    }
    let output = engine_out_dir();
    let text: Vec<String> =
        arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    if is_wanted(&text)
        && let Err(error) = write(&text, output.as_deref())
    {
        eprintln!("liveline: cannot write down the compiler's call: {error}");
    }
    if let Some(wrapper) = std::env::var_os(WRAPPER_VARIABLE) {
        arguments.insert(0, wrapper);
    }
    let mut command = Command::new(&arguments[0]);
    command.args(&arguments[1..]);
    for variable in [CAPTURE_VARIABLE, CRATE_VARIABLE, SOURCE_VARIABLE, WRAPPER_VARIABLE, FOLDER_VARIABLE] {
        command.env_remove(variable);
    }
    if let Some(output) = output {
        command.env(OUT_DIR, output);
    }
    let error = os::exec(&mut command);
    eprintln!("liveline: cannot start {}: {error}", arguments[0].to_string_lossy());
    ExitCode::FAILURE
}

/// The crate's library, not its build script, its tests, a program or another package's crate of the same name.
fn is_wanted(arguments: &[String]) -> bool {
    let Ok(wanted) = std::env::var(CRATE_VARIABLE) else { return false };
    let follows =
        |flag: &str, value: &str| arguments.windows(2).any(|pair| pair[0] == flag && pair[1] == value);
    let source = std::env::var_os(SOURCE_VARIABLE).map(PathBuf::from);
    let folder = std::env::current_dir().unwrap_or_default();
    follows("--crate-name", &wanted)
        && ["lib", "rlib", "cdylib", "dylib", "staticlib"].iter().any(|kind| follows("--crate-type", kind))
        && source.is_none_or(|source| arguments.iter().any(|argument| folder.join(argument) == source))
        && !arguments.iter().any(|argument| argument == "--test")
}

/// The build script's output folder of the same unit in the engine's own target directory.
///
/// A crate that includes a generated file carries its path in its metadata, and so does, by its hash, every
/// crate above it: with two paths the API crate would count as two crates. The folders hold the same files, so
/// the engine's is used; where the engine has not been built yet, it is made.
fn engine_out_dir() -> Option<PathBuf> {
    let own = PathBuf::from(std::env::var_os(OUT_DIR)?);
    let folder = PathBuf::from(std::env::var_os(FOLDER_VARIABLE)?);
    let engines = folder.parent()?.join(own.strip_prefix(&folder).ok()?);
    out_dirs::share(&own, &engines).then_some(engines)
}

/// The compiler's call, which `RUSTC_WORKSPACE_WRAPPER` gets with the compiler as its first argument: what cargo gives a
/// compiler begins with an option.
pub(crate) fn of_compiler(arguments: &[String]) -> &[String] {
    match arguments {
        [_, compiler, ..] if !compiler.starts_with('-') => &arguments[1..],
        _ => arguments,
    }
}

fn write(arguments: &[String], output: Option<&Path>) -> std::io::Result<()> {
    let path = PathBuf::from(std::env::var_os(CAPTURE_VARIABLE).unwrap_or_default());
    let text = |value: OsString| value.to_string_lossy().into_owned();
    let mut environment: Vec<(String, String)> =
        std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
    if let Some(output) = output {
        environment.retain(|(name, _)| name != OUT_DIR);
        environment.push((OUT_DIR.to_owned(), output.display().to_string()));
    }
    let call = of_compiler(arguments);
    let captured = Captured {
        program: call[0].clone(),
        arguments: call[1..].to_vec(),
        folder: std::env::current_dir()?,
        environment,
    };
    os::write_atomically(&path, serde_json::to_string(&captured)?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapper_for_the_workspace_is_no_compiler() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            of_compiler(&words("/w/wrap /bin/rustc --crate-name a")),
            words("/bin/rustc --crate-name a")
        );
        assert_eq!(of_compiler(&words("/bin/rustc --crate-name a")), words("/bin/rustc --crate-name a"));
        assert_eq!(of_compiler(&words("rustc")), words("rustc"));
    }
}
