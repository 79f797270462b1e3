//! `liveline init`: what a workspace lacks for its scripts to reload.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use super::Root;
use crate::new::{self, Done, File, Plan, Source, Workspace};
use crate::project::is_rust;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    root: Root,
    /// The game's package [default: the only one with a program]
    #[arg(long, value_name = "PACKAGE")]
    game: Option<String>,
    /// Take the `liveline` crates from this checkout of Liveline [default: the one that this program was built from,
    /// if it is there, else the published ones]
    #[arg(long, value_name = "DIR")]
    liveline_path: Option<PathBuf>,
}

pub(super) fn main(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let source = Source::choose(arguments.liveline_path.as_deref())?;
    let workspace = Workspace::read(&arguments.root.resolve()?)?;
    let plan = new::plan(&workspace, arguments.game.as_deref(), &source).map_err(anyhow::Error::msg)?;
    let mut lines = Vec::new();
    for file in &plan.files {
        let done = new::put(&workspace.root, file)
            .with_context(|| format!("cannot write {}", workspace.root.join(&file.path).display()))?;
        lines.extend(describe(file, done));
    }
    lines.extend(rest(&plan));
    writeln!(std::io::stdout(), "{}", lines.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn describe(file: &File, done: Done) -> Vec<String> {
    let path = file.path.display();
    match done {
        Done::Made => vec![format!("made     {path}")],
        Done::Same => vec![format!("as it is {path}: it says the same already")],
        // A script may have grown since.
        Done::Kept if is_rust(&file.path) => {
            vec![format!("as it is {path}: it is yours")]
        }
        Done::Kept => {
            let mut lines = vec![format!("as it is {path}: it is yours; add to it what it lacks of this:")];
            lines.extend(indented(&file.text));
            lines
        }
    }
}

fn rest(plan: &Plan) -> Vec<String> {
    let game = &plan.game;
    if plan.by_hand.is_empty() {
        return vec![format!(
            "\nThe scripts of `{game}` reload: `liveline run` starts it and keeps them live."
        )];
    }
    let mut lines = vec!["\nLeft for you, since these files are yours:".to_owned()];
    for step in &plan.by_hand {
        lines.push(format!("\n{}:", step.place));
        lines.extend(indented(&step.lines));
    }
    lines.push(
        "\nThen `liveline run` starts the game and keeps its scripts live; `liveline doctor` helps."
            .to_owned(),
    );
    lines
}

fn indented(text: &str) -> impl Iterator<Item = String> {
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("    {line}") };
    text.lines().map(line).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn text(path: &Path, done: Done) -> String {
        describe(&File { path: path.to_owned(), text: "a\n\nb\n".to_owned() }, done).join("\n")
    }

    #[test]
    fn what_was_not_written_is_shown() {
        let path = Path::new(".vscode/settings.json");
        assert_eq!(text(path, Done::Made), "made     .vscode/settings.json");
        assert!(text(path, Done::Kept).ends_with("lacks of this:\n    a\n\n    b"));
        assert!(!text(Path::new("scripts/src/hello.rs"), Done::Kept).contains("lacks"));
    }
}
