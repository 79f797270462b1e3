//! `liveline exec`: a Rust program, compiled and run in this process.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::exec::{self, Flags, Loader, Request};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The program has this process's standard streams, environment and folder, and its end is this process's end, as if \
it had been compiled with rustc and run. Dependencies are those of the package that the file belongs to or lies \
beside, or of a manifest in the file itself (`---` frontmatter, or `//! ```cargo`). \
`#!/usr/bin/env -S liveline exec` makes the file a command.")]
pub(super) struct Arguments {
    /// How the program comes into this process
    #[arg(long, value_enum, default_value = "object")]
    loader: Loader,
    /// Optimise, as `--opt-level 3`
    #[arg(short = 'O', conflicts_with = "opt_level")]
    optimise: bool,
    /// The level of optimisation: 0, 1, 2, 3, s or z [default: 0]
    #[arg(long, value_name = "LEVEL", value_parser = ["0", "1", "2", "3", "s", "z"])]
    opt_level: Option<String>,
    /// The edition of Rust [default: rustc's, or the manifest's]
    #[arg(long)]
    edition: Option<String>,
    /// Full debug information: backtraces name every line
    #[arg(short = 'g')]
    debug: bool,
    /// A code generation option of rustc's
    #[arg(short = 'C', long = "codegen", value_name = "OPTION[=VALUE]")]
    codegen: Vec<String>,
    /// A configuration flag, for `#[cfg]`
    #[arg(long, value_name = "SPEC")]
    cfg: Vec<String>,
    /// A crate that the program uses, as rustc takes it
    #[arg(long = "extern", value_name = "NAME[=PATH]")]
    externs: Vec<String>,
    /// A folder to look for libraries in
    #[arg(short = 'L', value_name = "[KIND=]PATH")]
    folders: Vec<String>,
    /// A native library to link with
    #[arg(short = 'l', value_name = "[KIND=]NAME")]
    libraries: Vec<String>,
    /// Let a lint pass
    #[arg(short = 'A', long = "allow", value_name = "LINT")]
    allow: Vec<String>,
    /// The program's source: the file that has `main`
    file: PathBuf,
    /// The program's own arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    arguments: Vec<OsString>,
}

pub(super) fn main(arguments: Arguments) -> ExitCode {
    exec::main(&Request {
        flags: flags(&arguments),
        file: arguments.file,
        loader: arguments.loader,
        arguments: arguments.arguments,
    })
}

fn flags(arguments: &Arguments) -> Flags {
    let mut others = Vec::new();
    if arguments.debug {
        others.push("-g".to_owned());
    }
    let lists: [(&str, &[String]); 6] = [
        ("-C", &arguments.codegen),
        ("--cfg=", &arguments.cfg),
        ("--extern=", &arguments.externs),
        ("-L", &arguments.folders),
        ("-l", &arguments.libraries),
        ("-A", &arguments.allow),
    ];
    for (flag, values) in lists {
        others.extend(values.iter().map(|value| format!("{flag}{value}")));
    }
    let level = arguments.opt_level.clone().or_else(|| arguments.optimise.then(|| "3".to_owned()));
    Flags { level, edition: arguments.edition.clone(), others }
}
