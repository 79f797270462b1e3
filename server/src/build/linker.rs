//! Makes a shared library of objects that were handed over, by the linker that rustc would have called.

use std::path::Path;
use std::process::Stdio;

use super::invocation::Invocation;
use super::link_line::LinkLine;
use crate::os;

/// What rustc calls where nobody chose a linker.
const DEFAULT: &str = "cc";

/// Links `output` of the files in the folder `kept`. Blocks for as long as the linker takes.
pub(super) fn link(
    invocation: &Invocation,
    line: &LinkLine,
    kept: &Path,
    output: &Path,
) -> Result<(), String> {
    let program = invocation.linker.as_deref().unwrap_or(DEFAULT);
    let mut command = invocation.command(program);
    command.args(line.arguments(kept, output)).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::piped()).env("LC_ALL", "C");
    if let Some(path) = &line.path {
        command.env("PATH", path);
    }
    let mut child =
        os::spawn_group(&mut command).map_err(|error| format!("cannot start `{program}`: {error}"))?;
    let mut said = String::new();
    if let Some(mut pipe) = child.child().stderr.take() {
        let _ = std::io::Read::read_to_string(&mut pipe, &mut said);
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{program}` ended with {status}: {}", said.trim())),
        Err(error) => Err(format!("`{program}` cannot be waited for: {error}")),
    }
}
