//! From a library's sources to an artifact: cargo for the first build, the captured rustc from then on.

use std::path::Path;
use std::process::Command;

use crate::project::Library;

mod apis;
mod archive;
mod artifact;
mod attempt;
mod awaited;
pub mod backend;
pub mod capture;
mod captures;
mod cargo;
pub mod compile;
mod direct;
mod forms;
mod goods;
pub mod handover;
mod initialisers;
pub(crate) mod inputs;
pub mod invocation;
pub mod job;
mod judge;
mod link_line;
mod linker;
mod looks;
mod members;
mod messages;
mod out_dirs;
pub mod pace;
#[doc(hidden)]
pub mod parts;
pub mod past;
mod prepare;
mod prepared;
mod process;
mod publish;
mod real_paths;
mod record;
mod report;
mod seed;
mod shadow;
mod spares;
pub mod stamp;
pub mod testing;
mod texts;
mod thin;
mod twin;
mod warm;
mod workshop;
mod wrapper;

/// The call of rustc for a library that has been built, of this root file, asked for metadata only, with its output and its incremental
/// cache in `folder`; no command while the library has not been built.
pub fn metadata_command(home: &Path, library: &Library, source: &Path, folder: &Path) -> Option<Command> {
    let records = record::Records::load(home);
    let invocation = records.invocation_of(&records.get(&library.name)?.capture)?.of(library);
    let mut command = invocation.command(&invocation.program);
    let is_other = |argument: &&String| {
        !argument.starts_with("--emit=")
            && !argument.starts_with("--error-format=")
            && !argument.starts_with("--json")
    };
    command.arg(source).args(invocation.arguments.iter().filter(is_other));
    command.arg(format!("--crate-name={}", library.crate_name)).arg("--emit=metadata");
    command.arg(format!("-Cincremental={}", folder.join("incremental").display()));
    command.arg(format!("--out-dir={}", folder.display()));
    Some(command)
}
