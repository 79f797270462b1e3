//! What editors want in a project's folder: settings, tasks, configurations for debuggers.

use super::templates::{below, fill, text};
use super::{File, REPOSITORY};

/// What the files have to know of a game.
#[derive(Clone, Copy, Debug)]
pub(super) struct Game<'a> {
    /// Its executable, as VS Code is to find it.
    pub(super) program: &'a str,
    /// The command that builds it.
    pub(super) build: &'a str,
}

/// The files for all editors that look for some in a project.
pub(super) fn files(game: Game<'_>) -> Vec<File> {
    let words = [("program", game.program), ("build", game.build)];
    let mut files = below("assets/templates/editors", &words);
    files.retain(|file| file.path.starts_with(".vscode"));
    let as_is = |path: &str, name: &str| File { path: path.into(), text: text(name).to_owned() };
    files.push(as_is(".helix/languages.toml", "assets/editors/helix/languages.toml"));
    files.push(as_is(".zed/settings.json", "assets/editors/zed/settings.json"));
    files
}

/// The section of a README that tells of them.
pub(super) fn section() -> String {
    let section = fill(text("assets/templates/editors/editors.md"), &[("repository", REPOSITORY)]);
    section.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::new::templates::left_open;

    #[test]
    fn every_file_can_be_read_and_names_the_game() {
        let files = files(Game { program: "${workspaceFolder}/target/debug/g", build: "cargo build -p g" });
        assert_eq!(files.len(), 6);
        for File { path, text } in &files {
            assert_eq!(left_open(text), Vec::<&str>::new(), "{}", path.display());
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("json") => drop(serde_json::from_str::<serde_json::Value>(text).unwrap()),
                _ => drop(text.parse::<toml::Table>().unwrap()),
            }
        }
        let find = |name: &str| files.iter().find(|file| file.path.ends_with(name)).unwrap();
        let launch: serde_json::Value = serde_json::from_str(&find("launch.json").text).unwrap();
        let tasks: serde_json::Value = serde_json::from_str(&find("tasks.json").text).unwrap();
        let configurations = launch["configurations"].as_array().unwrap();
        let kinds: Vec<_> = configurations
            .iter()
            .map(|one| (one["type"].as_str().unwrap(), one["request"].as_str().unwrap()))
            .collect();
        assert_eq!(
            kinds,
            [("lldb", "launch"), ("lldb", "attach"), ("cppdbg", "launch"), ("cppdbg", "attach")]
        );
        let built_first: Vec<_> = configurations.iter().filter_map(|one| one.get("preLaunchTask")).collect();
        let labels: Vec<_> = tasks["tasks"].as_array().unwrap().iter().map(|task| &task["label"]).collect();
        assert!(built_first.len() == 2 && built_first.iter().all(|task| labels.contains(task)), "{labels:?}");
        assert!(!section().contains("{{"));
    }
}
