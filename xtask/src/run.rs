//! Runs a command, shows its output as it comes and keeps it.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// What cargo sets for this program and a terminal does not.
const SET_BY_CARGO: &[&str] =
    &["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];

/// A command in a folder, from words, with a terminal's environment and nothing on its input.
pub(crate) fn command<S: AsRef<OsStr>>(folder: &Path, words: impl IntoIterator<Item = S>) -> Command {
    let mut words = words.into_iter();
    let mut command =
        Command::new(words.next().map_or_else(Default::default, |word| word.as_ref().to_owned()));
    command.args(words).current_dir(folder).stdin(Stdio::null()).env_remove("LD_LIBRARY_PATH");
    for (name, _) in std::env::vars_os() {
        let from_cargo =
            |name: &str| name == "CARGO" || SET_BY_CARGO.iter().any(|prefix| name.starts_with(prefix));
        if name.to_str().is_some_and(from_cargo) {
            command.env_remove(name);
        }
    }
    command
}

/// What a command said and whether it succeeded.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) output: String,
}

/// Runs a command to its end, with both its streams shown in their order.
pub(crate) fn run(mut command: Command) -> io::Result<Ended> {
    say(&format!("$ {}", words(&command)));
    let (reader, writer) = io::pipe()?;
    let mut child = command.stdout(writer.try_clone()?).stderr(writer).spawn()?;
    // The command holds the pipe's other end too and would keep it open.
    drop(command);
    let mut output = String::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        say(&line);
        output.push_str(&line);
        output.push('\n');
    }
    Ok(Ended { success: child.wait()?.success(), output })
}

/// Prints a line; a reader that has gone is no reason to stop.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
