//! The `liveline` program.

use std::process::ExitCode;

#[cfg(unix)]
use liveline_server::build::{capture, handover};
#[cfg(target_os = "linux")]
use liveline_server::exec;
#[cfg(unix)]
use liveline_server::{bench, check, cli, os};

#[cfg(unix)]
fn main() -> ExitCode {
    // First of all: every build waits for it.
    if handover::is_linker() {
        return handover::linker_main();
    }
    #[cfg(target_os = "linux")]
    if let Some(ended) = exec::early_main() {
        return ended;
    }
    if capture::is_wrapper() {
        return capture::wrapper_main();
    }
    if std::env::args_os().nth(1).is_some_and(|argument| argument == os::GUARD_COMMAND) {
        os::guard_main(std::io::stdin());
        return ExitCode::SUCCESS;
    }
    if let Some(folder) = bench::engine::folder() {
        return bench::engine::main(&folder, &std::env::args().skip(3).collect::<Vec<_>>());
    }
    if check::loading::is_asked() {
        return check::loading::main();
    }
    cli::main()
}

/// It compiles, so that a workspace with it builds everywhere, and says what to do.
#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!(
        "liveline: this program does not run on this system yet: it needs Linux on x86-64. A game with the `liveline` crate \
         builds and runs here with the scripts that it was linked with. On Windows, WSL 2 is such a Linux: keep the project \
         in its own file system and run game and editor's server there."
    );
    ExitCode::FAILURE
}
