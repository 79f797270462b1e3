//! The `liveline` program.

use std::process::ExitCode;

use liveline_server::build::capture;
use liveline_server::{cli, os};

fn main() -> ExitCode {
    if capture::is_wrapper() {
        return capture::wrapper_main();
    }
    if std::env::args_os().nth(1).is_some_and(|argument| argument == os::GUARD_COMMAND) {
        os::guard_main(std::io::stdin());
        return ExitCode::SUCCESS;
    }
    cli::main()
}
