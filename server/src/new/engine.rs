//! The projects that `liveline new` can make.

use super::templates::{Words, below, fill};
use super::{File, Source, editors};

/// The kinds of games.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// A small game in Rust, in the terminal
    #[default]
    Arena,
    /// A small game in Bevy
    Bevy,
    /// A small game in C++, built by CMake, with scripts in Rust
    Cpp,
}

impl Engine {
    /// All files of a project of this kind. `name` is the game's.
    pub fn files(self, name: &str, source: &Source) -> Vec<File> {
        match self {
            Self::Arena => arena(name, source),
            Self::Bevy => bevy(name, source),
            Self::Cpp => cpp(name, source),
        }
    }

    /// What to try first: a file, and what to change in it.
    pub fn first_edit(self) -> (&'static str, &'static str) {
        ("scripts/src/hud.rs", "TITLE")
    }
}

fn arena(name: &str, source: &Source) -> Vec<File> {
    let words =
        [("name", name), ("liveline", &source.dependency("engine")), ("editors", &editors::section())];
    let mut files = below("assets/templates/arena", &words);
    files.extend(cargo_editors(name));
    files
}

/// Made of the example.
fn bevy(name: &str, source: &Source) -> Vec<File> {
    let words = [
        ("name", name),
        ("liveline", &source.dependency("engine")),
        ("bevy", &source.dependency("engine/bevy")),
        ("editors", &editors::section()),
    ];
    let mut files = example("examples/bevy-arena", BEVY_EDITS, &words);
    files.push(File { path: ".gitignore".into(), text: "/target/\n".to_owned() });
    files.extend(cargo_editors(name));
    files
}

fn cargo_editors(name: &str) -> Vec<File> {
    let program = format!("${{workspaceFolder}}/target/debug/{name}");
    let build = format!("cargo build -p {name}");
    editors::files(editors::Game { program: &program, build: &build })
}

/// Made of the C++ example.
fn cpp(name: &str, source: &Source) -> Vec<File> {
    let words = [
        ("name", name),
        ("export", &source.dependency("engine/export")),
        ("cmake", &source.cmake()),
        ("editors", &editors::section()),
    ];
    let mut files = example("examples/cpp-arena", CPP_EDITS, &words);
    files.push(File { path: ".gitignore".into(), text: "/build/\n/target/\n".to_owned() });
    let program = format!("${{workspaceFolder}}/build/{name}");
    let build = "cmake -B build && cmake --build build";
    files.extend(editors::files(editors::Game { program: &program, build }));
    files
}

/// In which file, what, and what stands there instead.
type Edit = (&'static str, &'static str, &'static str);

/// An example's files. What they say of Liveline's repository is said otherwise outside of it.
fn example(folder: &str, edits: &[Edit], words: Words<'_>) -> Vec<File> {
    let mut files = below(folder, &[]);
    files.retain(|file| !file.path.ends_with("Cargo.lock"));
    for File { path, text } in &mut files {
        let own = edits.iter().filter(|(file, ..)| path.as_os_str() == *file);
        let edited = own.fold(text.clone(), |text, (_, from, to)| text.replace(from, to));
        *text = fill(&edited, words);
    }
    files
}

const BEVY_EDITS: &[Edit] = &[
    ("Cargo.toml", "rust-version = \"1.95\"\nlicense = \"MIT OR Apache-2.0\"\n", ""),
    ("Cargo.toml", "{ path = \"../../engine\" }", "{{liveline}}"),
    ("Cargo.toml", "{ path = \"../../engine/bevy\" }", "{{bevy}}"),
    // Who makes a game steps through its code.
    ("Cargo.toml", "debug = \"line-tables-only\"\n", ""),
    ("game-api/Cargo.toml", OF_WORKSPACE, ""),
    ("scripts/Cargo.toml", OF_WORKSPACE, ""),
    ("game/Cargo.toml", OF_WORKSPACE, ""),
    ("game/Cargo.toml", "name = \"game\"", "name = \"{{name}}\""),
    ("liveline.toml", "\"game\"", "\"{{name}}\""),
    ("liveline.toml", "\"game/window\"", "\"{{name}}/window\""),
    ("README.md", "# Arena in Bevy", "# {{name}}"),
    ("README.md", "## The five lines", "{{editors}}\n\n## The five lines"),
];
const OF_WORKSPACE: &str = "rust-version.workspace = true\nlicense.workspace = true\n";
const CPP_EDITS: &[Edit] = &[
    (
        "CMakeLists.txt",
        "set(LIVELINE \"${CMAKE_CURRENT_SOURCE_DIR}/../..\" CACHE PATH \"Liveline's repository\")",
        "{{cmake}}",
    ),
    ("CMakeLists.txt", "cpp_arena", "{{name}}"),
    ("liveline.toml", "cpp_arena", "{{name}}"),
    ("src/main.cpp", "cpp_arena", "{{name}}"),
    ("README.md", "# Arena in C++", "# {{name}}"),
    ("README.md", "cpp_arena", "{{name}}"),
    (
        "README.md",
        "`--frames N` ends it after so many.\n",
        "`--frames N` ends it after so many.\n\n{{editors}}\n",
    ),
    ("README.md", "`engine/include/liveline.hpp`", "Liveline's `liveline.hpp`"),
    ("scripts/Cargo.toml", "{ path = \"../../../engine/export\" }", "{{export}}"),
    ("scripts/Cargo.toml", "rust-version = \"1.95\"\nlicense = \"MIT OR Apache-2.0\"\n", ""),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::new::templates::left_open;

    #[test]
    fn every_template_is_filled_in_for_both_sources() {
        for engine in [Engine::Arena, Engine::Bevy, Engine::Cpp] {
            for source in [Source::Published, Source::Checkout("/checkout of liveline".into())] {
                let files = engine.files("my-game", &source);
                for File { path, text } in &files {
                    assert_eq!(left_open(text), Vec::<&str>::new(), "{engine:?} {}", path.display());
                    assert!(!text.contains("../.."), "{engine:?} {}", path.display());
                    assert!(!text.contains("cpp_arena"), "{}", path.display());
                    if path.extension().is_some_and(|extension| extension == "toml") {
                        let _: toml::Table = text.parse().unwrap();
                    }
                }
                for name in ["README.md", ".gitignore", "Cargo.toml", "liveline.toml", ".vscode/launch.json"]
                {
                    assert!(files.iter().any(|file| file.path.as_os_str() == name), "{engine:?} {name}");
                }
                let (edited, word) = engine.first_edit();
                let edited = files.iter().find(|file| file.path.as_os_str() == edited).unwrap();
                assert!(edited.text.contains(word));
                crate::config::parse(
                    &files.iter().find(|file| file.path.as_os_str() == "liveline.toml").unwrap().text,
                )
                .unwrap();
            }
        }
    }

    #[test]
    fn the_example_still_says_all_that_is_said_otherwise() {
        for (folder, edits) in [("examples/bevy-arena", BEVY_EDITS), ("examples/cpp-arena", CPP_EDITS)] {
            for (name, from, _) in edits {
                let files = below(folder, &[]);
                let file = files.iter().find(|file| file.path.as_os_str() == *name).unwrap();
                assert!(file.text.contains(from), "{folder}/{name} lacks {from}");
            }
        }
    }
}
