//! The files that new projects are made of, packed into this program.

use std::path::PathBuf;

use super::File;

const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));
/// cargo would take a manifest for a package of its own in this repository.
const SUFFIX: &str = ".in";
/// git would take `.gitignore` for its own in this repository, and hidden folders are easily overlooked.
const DOT: &str = "dot-";

/// What stands in the place of `{{name}}`.
pub(super) type Words<'a> = &'a [(&'a str, &'a str)];

/// The files below a folder of the repository, with the words filled in.
pub(super) fn below(folder: &str, words: Words<'_>) -> Vec<File> {
    let own =
        FILES.iter().filter_map(|(name, text)| Some((name.strip_prefix(folder)?.strip_prefix('/')?, text)));
    own.map(|(name, text)| File { path: place(name), text: fill(text, words) }).collect()
}

/// The text of one file of the repository.
pub(super) fn text(name: &str) -> &'static str {
    FILES.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
}

fn place(name: &str) -> PathBuf {
    let name = name.strip_suffix(SUFFIX).unwrap_or(name);
    let parts = name.split('/').map(|part| match part.strip_prefix(DOT) {
        Some(hidden) => format!(".{hidden}"),
        None => part.to_owned(),
    });
    parts.collect()
}

/// Fills in the words.
pub(super) fn fill(text: &str, words: Words<'_>) -> String {
    words.iter().fold(text.to_owned(), |text, (name, word)| text.replace(&format!("{{{{{name}}}}}"), word))
}

/// What was not filled in, for tests: `{{name}}` where the name is a word.
#[cfg(test)]
pub(super) fn left_open(text: &str) -> Vec<&str> {
    let parts = text.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0));
    parts
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_places_are_filled_in() {
        assert_eq!(fill("{{a}} and {{b}}, {a}", &[("a", "1"), ("b", "2")]), "1 and 2, {a}");
        assert_eq!(left_open("{{a}} {{}} {{ b }}"), ["a"]);
        assert_eq!(place("dot-vscode/launch.json"), PathBuf::from(".vscode/launch.json"));
        assert_eq!(place("game/Cargo.toml.in"), PathBuf::from("game/Cargo.toml"));
    }

    #[test]
    fn every_named_file_is_packed() {
        for name in ["assets/editors/helix/languages.toml", "assets/editors/zed/settings.json"] {
            assert!(!text(name).is_empty(), "{name}");
        }
    }
}
