//! Objects linked by the system's linker to a shared library, which the system's loader loads.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::exec::cache::Program;
use crate::exec::link_line::folders;
use crate::exec::record::Record;
use crate::exec::{Doing, Failure};
use crate::os::program::{Entry, Shared};

/// Options for an executable.
const OF_EXECUTABLES: &[&str] = &["-pie", "-no-pie", "-static-pie"];
/// Options that let others find a program's symbols by name.
const EXPORTING: &[&str] = &["-rdynamic", "-Wl,--export-dynamic", "-Wl,-E"];

/// Links the program, unless it has been.
pub(super) fn link(program: &Program, record: &Record) -> Result<PathBuf, Failure> {
    let folder = program.folder.join(&record.attempt);
    let library = folder.join(format!("lib{}.so", program.stem));
    if library.is_file() {
        return Ok(library);
    }
    let exports = folder.join("exports");
    fs::write(&exports, "{ global: main; local: *; };\n").doing(|| format!("write {}", exports.display()))?;
    let fresh = folder.join(format!("{}.so", std::process::id()));
    let linker = record.call.linker().unwrap_or_else(|| "cc".to_owned());
    let mut command = Command::new(&linker);
    command.arg("-shared").args(inputs(&record.link)).arg("-o").arg(&fresh);
    // The program is whole: what it calls by name is its own, as in an executable.
    command.arg("-Wl,-Bsymbolic");
    if !record.link.iter().any(|word| EXPORTING.contains(&word.as_str())) {
        command.arg(format!("-Wl,--version-script={}", exports.display()));
    }
    // A library of a build script is found where the linker has found it, as `cargo run` sees to.
    command.args(folders(&record.link).iter().map(|folder| format!("-Wl,-rpath,{}", folder.display())));
    command.stdin(Stdio::null());
    let output = command.output().map_err(|error| {
        Failure::message(format!(
            "cannot start the linker `{linker}`: {error}; install a C compiler, such as gcc"
        ))
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::message(format!(
            "`{linker}` cannot link {}:\n{}",
            program.stem,
            said.trim_end()
        )));
    }
    fs::rename(&fresh, &library).doing(|| format!("write {}", library.display()))?;
    Ok(library)
}

fn inputs(arguments: &[String]) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        match argument {
            "-o" => drop(rest.next()),
            _ if OF_EXECUTABLES.contains(&argument) => {}
            _ => kept.push(argument),
        }
    }
    kept
}

/// Loads the library; its initialisers run.
pub(super) fn load(library: &Path) -> Result<Entry, Failure> {
    let shared = Shared::open(library).doing(|| format!("load {}", library.display()))?;
    shared.main().ok_or_else(|| Failure::message(format!("{} has no `main`", library.display())))
}
