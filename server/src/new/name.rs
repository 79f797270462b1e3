//! Names for packages: what cargo, rustc and the templates can live with.

/// Rust's keywords, in every edition.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];
/// Crates that come with the compiler.
const COMPILER: &[&str] = &["alloc", "core", "proc_macro", "std", "test"];
/// cargo has folders of these names where it would put the program.
const FOLDERS: &[&str] = &["build", "deps", "examples", "incremental"];
/// Packages that a new project has besides the game, or depends on.
const TAKEN: &[&str] =
    &["game-api", "game_api", "scripts", "liveline", "liveline-bevy", "liveline_bevy", "bevy"];

/// Whether a game's package can have this name. An error is a sentence without its end.
pub fn check(name: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("`{name}` cannot be the name of the game's package: {why}"));
    let Some(first) = name.chars().next() else { return wrong("it is empty") };
    if let Some(other) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_".contains(*c))) {
        return wrong(&format!("it has {other:?}, and only a-z, A-Z, 0-9, `-` and `_` can be in it"));
    }
    if !(first.is_ascii_alphabetic() || first == '_') {
        return wrong("it does not begin with a letter");
    }
    if name.chars().all(|c| c == '_') {
        return wrong("it has no letter");
    }
    let is_in = |names: &[&str]| names.contains(&name);
    if is_in(KEYWORDS) {
        return wrong("it is a keyword of Rust");
    }
    if is_in(COMPILER) || name == "proc-macro" {
        return wrong("a crate that comes with the compiler has it");
    }
    if is_in(FOLDERS) {
        return wrong("cargo has a folder of that name where the program would be");
    }
    if is_in(TAKEN) {
        return wrong("another package of the project has it");
    }
    Ok(())
}

/// A name like this one that can be used.
pub fn suggestion(name: &str) -> String {
    let words =
        name.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    let joined = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    match check(&joined) {
        Ok(()) => joined,
        Err(_) if joined.is_empty() => "my-game".to_owned(),
        Err(_) => format!("my-{joined}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_cargo_or_rustc_refuses_are_refused_with_the_reason() {
        for name in ["game", "my-game", "Game2", "_g", "a"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        let cases = [
            ("", "is empty"),
            ("my game", "' '"),
            ("größe", "'ö'"),
            ("2048", "begin with a letter"),
            ("-game", "begin with a letter"),
            ("__", "no letter"),
            ("match", "keyword"),
            ("core", "compiler"),
            ("deps", "folder"),
            ("scripts", "another package"),
        ];
        for (name, why) in cases {
            let error = check(name).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn what_is_suggested_can_be_used() {
        let cases = [
            ("my game", "my-game"),
            ("2048", "my-2048"),
            ("Größe!", "gr-e"),
            ("match", "my-match"),
            ("...", "my-game"),
        ];
        for (name, suggested) in cases {
            assert_eq!(suggestion(name), suggested);
            assert_eq!(check(suggested), Ok(()));
        }
    }
}
