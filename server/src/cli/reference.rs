//! The book's reference of the command line, written from its own description and held against it.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, Command, CommandFactory};

const HEAD: &str = "# Commands\n\n\
    <!-- Written from the command line's own description: `cargo xtask docs`. -->\n\n\
    `liveline COMMAND --help` says the same. Exit status 1: what was asked failed; 2: the command line is wrong.\n\
    `LIVELINE_LOG=debug` in the environment has a command tell more on standard error.\n";

fn reference() -> String {
    let mut command = super::Arguments::command();
    command.build();
    let mut text = HEAD.to_owned();
    for command in command.get_subcommands_mut() {
        if !command.is_hide_set() && command.get_name() != "help" {
            section(command, &mut text);
        }
    }
    text
}

fn section(command: &mut Command, text: &mut String) {
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").trim();
    let _ = writeln!(text, "\n## liveline {}\n", command.get_name());
    if let Some(about) = command.get_about() {
        let _ = writeln!(text, "{about}.\n");
    }
    let _ = writeln!(text, "```text\n{usage}\n```");
    let shown = |argument: &&Arg| {
        !argument.is_hide_set() && !["help", "version"].contains(&argument.get_id().as_str())
    };
    let rows: Vec<String> = command.get_arguments().filter(shown).map(row).collect();
    if !rows.is_empty() {
        let _ = writeln!(text, "\n| argument | |\n|---|---|\n{}", rows.join("\n"));
    }
    if let Some(after) = command.get_after_help() {
        let after = after.to_string();
        let is_list = after.lines().count() > 1;
        let _ = if is_list { writeln!(text, "\n```text\n{after}\n```") } else { writeln!(text, "\n{after}") };
    }
}

fn row(argument: &Arg) -> String {
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let names: Vec<String> = [short, long].into_iter().flatten().collect();
    let values = argument.get_value_names().unwrap_or_default();
    let takes_value = argument.get_action().takes_values();
    let value = values.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ");
    let name = match (names.is_empty(), takes_value) {
        (true, _) => value,
        (false, true) => format!("{} {value}", names.join(", ")),
        (false, false) => names.join(", "),
    };
    let mut help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let words: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|word| takes_value && !word.is_hide_set())
        .map(|word| match word.get_help() {
            Some(help) => format!("`{}` ({help})", word.get_name()),
            None => format!("`{}`", word.get_name()),
        })
        .collect();
    if !words.is_empty() {
        let _ = write!(help, ": {}", words.join(", "));
    }
    let defaults = argument.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy()));
    let defaults: Vec<String> = defaults.filter(|_| takes_value).collect();
    if !defaults.is_empty() {
        let _ = write!(help, " (default: {})", defaults.join(", "));
    }
    format!("| `{}` | {} |", name.replace('|', "\\|"), help.replace('\n', " ").replace('|', "\\|"))
}

#[test]
fn the_books_reference_is_that_of_the_command_line() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/commands.md");
    crate::reference::hold(&file, &reference());
}
