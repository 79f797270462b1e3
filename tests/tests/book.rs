//! The book: what its chapters and the README link to is there, and what is written from other files is up to date.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use liveline_tests::repository;
use serde_json::Value;

/// Where the book names files of the repository that are not part of it.
const BLOB: &str = "https://github.com/liveline-rs/liveline/blob/main/";

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files of the book below a folder, relative to it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(place) = waiting.pop() {
        for entry in fs::read_dir(&place).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => waiting.push(path),
                path => found.push(path.strip_prefix(folder).expect("below it").to_owned()),
            }
        }
    }
    found
}

/// The text without fenced blocks and code between backticks, where nothing is a link.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The targets of links and pictures.
fn links(text: &str) -> Vec<String> {
    let ends = prose(text);
    let targets = ends.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.map(str::to_owned).collect()
}

/// A heading's anchor, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let kept = |letter: char| letter.is_alphanumeric() || " -_".contains(letter);
    heading.chars().filter(|letter| kept(*letter)).collect::<String>().trim().to_lowercase().replace(' ', "-")
}

fn anchors(text: &str) -> BTreeSet<String> {
    let prose = prose(text);
    prose
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| anchor(line.trim_start_matches('#')))
        .collect()
}

/// What is wrong with a file's links.
fn dead_links(file: &Path) -> Vec<String> {
    let folder = file.parent().expect("a file lies in a folder");
    let dead = |link: &String| {
        let (path, name) = link.split_once('#').unwrap_or((link, ""));
        let target = match path.strip_prefix(BLOB) {
            Some(path) => repository().join(path),
            None if path.contains("://") => return false,
            None if path.is_empty() => file.to_owned(),
            None => folder.join(path),
        };
        let has_anchor = || name.is_empty() || anchors(&read(&target)).contains(name);
        !target.exists() || !has_anchor()
    };
    links(&read(file)).into_iter().filter(dead).map(|link| format!("{}: {link}", file.display())).collect()
}

#[test]
fn what_the_documents_link_to_is_there() {
    let docs = repository().join("docs");
    let is_markdown = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    let mut documents: Vec<PathBuf> =
        files(&docs).iter().map(|file| docs.join(file)).filter(is_markdown).collect();
    let others =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "assets/editors/README.md"];
    documents.extend(others.iter().map(|file| repository().join(file)));
    let dead: Vec<String> = documents.iter().flat_map(|file| dead_links(file)).collect();
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn the_summary_lists_every_chapter_and_no_other() {
    let docs = repository().join("docs");
    let listed: BTreeSet<PathBuf> =
        links(&read(&docs.join("SUMMARY.md"))).into_iter().map(PathBuf::from).collect();
    let is_chapter = |file: &PathBuf| {
        file.extension().is_some_and(|extension| extension == "md") && *file != Path::new("SUMMARY.md")
    };
    let there: BTreeSet<PathBuf> = files(&docs).into_iter().filter(is_chapter).collect();
    assert_eq!(listed, there);
}

#[test]
fn the_books_pictures_are_those_of_the_repository() {
    let same = |name: &str| {
        let (own, theirs) = (format!("docs/pictures/{name}"), format!("assets/screenshots/{name}"));
        let bytes = |path: &str| fs::read(repository().join(path)).expect("a picture");
        assert!(bytes(&own) == bytes(&theirs), "copy {theirs} to {own}");
    };
    same("arena.png");
}

const HEAD: &str = "# Editor settings\n\n\
    <!-- Written from the extension's manifest: `cargo xtask docs`. -->\n\n\
    The settings of the VS Code extension. `liveline.diagnostics`, `liveline.build.speculate`, `liveline.build.apply` and\n\
    `liveline.engine.loader` are the language server's own: every editor can set them, as `initializationOptions` (without the word\n\
    `liveline`), by `workspace/configuration`, or by `workspace/didChangeConfiguration`. The last three go before\n\
    [liveline.toml](configuration.md); unset or `null`, the file says it. Nothing has to be restarted.\n\n\
    | setting | values | default | |\n|---|---|---|---|\n";

fn settings() -> String {
    let manifest: Value =
        serde_json::from_str(&read(&repository().join("vscode-extension/package.json"))).expect("a manifest");
    let contributes = &manifest["contributes"];
    let mut text = HEAD.to_owned();
    for (name, setting) in contributes["configuration"]["properties"].as_object().into_iter().flatten() {
        let words = setting["enum"].as_array().into_iter().flatten().map(|word| format!("`{word}`"));
        let words: Vec<String> = words.collect();
        let values = if words.is_empty() { kinds(&setting["type"]) } else { words.join(", ") };
        let said = setting["markdownDescription"].as_str().or_else(|| setting["description"].as_str());
        let said = said.unwrap_or_default().replace('|', "\\|");
        let _ = writeln!(text, "| `{name}` | {values} | `{}` | {said} |", setting["default"]);
    }
    text += "\n## Commands\n\nIn the command palette, under *Liveline*:\n\n| command | title |\n|---|---|\n";
    for command in contributes["commands"].as_array().into_iter().flatten() {
        let word = |name: &str| command[name].as_str().unwrap_or_default();
        let _ = writeln!(text, "| `{}` | {} |", word("command"), word("title"));
    }
    text
}

fn kinds(types: &Value) -> String {
    match types {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        one => one.as_str().unwrap_or_default().to_owned(),
    }
}

#[test]
fn the_books_editor_settings_are_those_of_the_extension() {
    let file = repository().join("docs/reference/editor-settings.md");
    let text = settings();
    // One name for all files that are written from others.
    if std::env::var_os("LIVELINE_WRITE_DOCS").is_some() {
        fs::write(&file, &text).expect("the file can be written");
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(there == text, "{} is out of date: `cargo xtask docs` writes it anew", file.display());
}

#[test]
fn a_dead_link_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.md");
    let text = "# A b: `c`\n[good](#a-b-c) [other](a.md) [far](https://a.b/c)\n```\n[no](link)\n```\n\
                [bad](#a) ![gone](b.png) [moved](a.md#d)\n";
    fs::write(&file, text).expect("a file");
    let dead: Vec<String> = dead_links(&file);
    let ends: Vec<&str> =
        dead.iter().filter_map(|line| line.rsplit_once(": ")).map(|(_, link)| link).collect();
    assert_eq!(ends, ["#a", "b.png", "a.md#d"]);
}
