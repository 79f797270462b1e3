//! The command line: one file per command.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

mod bench;
mod check;
mod completions;
mod demo;
mod doctor;
mod engine;
#[cfg(target_os = "linux")]
mod exec;
mod headless;
mod init;
mod lsp;
mod man;
mod new;
mod printer;
#[cfg(test)]
mod reference;
mod run;
mod signals;
mod snapshot;
mod status;

/// Rust scripts that run in the game as you save them.
#[derive(Debug, Parser)]
#[command(name = "liveline", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the main job on the sample game: edit a script and see the running game take it
    Demo(demo::Arguments),
    /// Make a project whose scripts reload at once
    New(new::Arguments),
    /// Add what a cargo workspace lacks for its scripts to reload
    Init(init::Arguments),
    /// Serve an editor: the language server on standard input and output
    Lsp(lsp::Arguments),
    /// Watch, build and notify engines without an editor
    Headless(headless::Arguments),
    /// Watch, build, and run the game as a child that is started again when it dies
    Run(run::Arguments),
    /// Measure cargo, rustc and Liveline side by side on this workspace's scripts
    Bench(bench::Arguments),
    /// Compile a Rust program and run its `main` in this process, from memory
    #[cfg(target_os = "linux")]
    Exec(exec::Arguments),
    /// Say whether every library builds, loads with both loaders and answers its interface
    Check(check::Arguments),
    /// Say what is built, attached and live in a workspace
    Status(status::Arguments),
    /// Look for what in this environment will not work, and say the mend
    Doctor(doctor::Arguments),
    /// Print what a shell needs to complete this command line
    Completions(completions::Arguments),
    /// Print the manual's page, or write all pages into a folder
    Man(man::Arguments),
}

/// Where the workspace is.
#[derive(Clone, Debug, clap::Args)]
struct Root {
    /// A folder of the game's cargo workspace [default: the current folder]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl Root {
    /// The folder, absolute. An error says which folder it is that does not exist.
    fn resolve(&self) -> anyhow::Result<PathBuf> {
        let root = self.root.clone().unwrap_or_else(|| PathBuf::from("."));
        std::fs::canonicalize(&root).map_err(|error| {
            anyhow::anyhow!(
                "cannot open the workspace folder {}: {error}; pass another with --root",
                root.display()
            )
        })
    }
}

/// The command line, as it describes itself.
fn described() -> clap::Command {
    Arguments::command()
}

/// The program's whole life. Exit status 1: what was asked failed; 2: the command line is wrong.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    #[cfg(target_os = "linux")]
    if let Command::Exec(arguments) = arguments.command {
        // Before there is a second thread: the program is to find none.
        return exec::main(arguments);
    }
    crate::os::share_memory();
    if matches!(arguments.command, Command::Lsp(_) | Command::Headless(_) | Command::Run(_)) {
        if let Some(shortcoming) = crate::os::SHORTCOMING {
            eprintln!("liveline: {shortcoming}");
        }
        crate::os::be_prompt();
    }
    let filter = EnvFilter::try_from_env("LIVELINE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("liveline: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        match arguments.command {
            Command::Bench(arguments) => bench::main(arguments).await,
            Command::Check(arguments) => check::main(arguments).await,
            Command::Completions(arguments) => completions::main(&arguments),
            Command::Man(arguments) => man::main(&arguments),
            Command::Doctor(arguments) => doctor::main(arguments).await,
            Command::Demo(arguments) => demo::main(arguments).await,
            Command::Init(arguments) => init::main(&arguments),
            Command::Lsp(arguments) => lsp::main(arguments).await,
            Command::New(arguments) => new::main(&arguments),
            Command::Headless(arguments) => headless::main(arguments).await,
            Command::Run(arguments) => run::main(arguments).await,
            #[cfg(target_os = "linux")]
            Command::Exec(arguments) => Ok(exec::main(arguments)),
            Command::Status(arguments) => status::main(arguments).await,
        }
    });
    // A thread may be blocked in a read of standard input for ever.
    runtime.shutdown_background();
    result.unwrap_or_else(|error| {
        eprintln!("liveline: {error:#}");
        ExitCode::FAILURE
    })
}
