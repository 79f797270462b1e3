//! `liveline.toml`: what it may say, and errors that point at the line.

use std::io;
use std::path::Path;

use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use crate::os;

/// The file's name at the workspace root.
pub const FILE: &str = "liveline.toml";

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Config {
    /// What is rebuilt and swapped, beside what is found without configuration.
    #[serde(default)]
    pub library: Vec<Library>,
    /// How it is built.
    #[serde(default)]
    pub build: Build,
    /// The game.
    #[serde(default)]
    pub engine: Engine,
}

/// One `[[library]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Library {
    /// A workspace package.
    pub package: Option<String>,
    /// A glob of script files.
    pub files: Option<String>,
    /// The package that script files link against.
    pub api: Option<String>,
}

/// `[build]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Build {
    /// Whether unsaved text is built.
    pub speculate: bool,
    /// When a good build goes to the engine.
    pub apply: Apply,
    /// The cargo profile.
    pub profile: String,
    /// The code generator.
    pub backend: Backend,
}

impl Build {
    /// The name of cargo's folder for the profile.
    pub fn profile_folder(&self) -> &str {
        match self.profile.as_str() {
            "dev" | "test" => "debug",
            "bench" => "release",
            other => other,
        }
    }
}

impl Default for Build {
    fn default() -> Self {
        Self { speculate: true, apply: Apply::Save, profile: "dev".to_owned(), backend: Backend::Llvm }
    }
}

/// `build.apply`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Apply {
    /// At the save.
    Save,
    /// When typing pauses.
    Pause,
}

/// `build.backend`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// rustc's default.
    Llvm,
    /// rustc's Cranelift backend.
    Cranelift,
}

/// `[engine]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Engine {
    /// What `liveline run` starts.
    pub command: Vec<String>,
    /// The loader to prefer.
    pub loader: Option<Loader>,
    /// A script call that lasts longer is reported as a hang, in milliseconds; zero: none is.
    #[serde(rename = "hang-millis")]
    pub hang_millis: Option<u64>,
    /// A generation that panics in this many first calls is taken back; zero: none is.
    pub probation: Option<u64>,
}

/// `engine.loader`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Loader {
    /// Procedure B.
    Object,
    /// Procedure A.
    Dylib,
}

/// Why the file cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
    /// A sentence for a person.
    pub message: String,
}

/// Reads the file of a workspace; no file is the default configuration.
pub fn load(root: &Path) -> Result<Config, ConfigError> {
    let text =
        os::read_file(&root.join(FILE)).and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
    match text {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Config::default()),
        Err(error) => {
            Err(ConfigError { line: 1, column: 1, message: format!("cannot read {FILE}: {error}") })
        }
    }
}

/// Reads the file's text.
pub fn parse(text: &str) -> Result<Config, ConfigError> {
    let table = DeTable::parse(text).map_err(|error| toml_error(text, &error))?;
    check_keys(text, table.get_ref(), TOP)?;
    let config: Config = toml::from_str(text).map_err(|error| toml_error(text, &error))?;
    for (index, library) in config.library.iter().enumerate() {
        check_library(text, index, library)?;
    }
    Ok(config)
}

/// Where `value` stands in the file as a string, for errors about what it names.
pub fn locate(text: &str, value: &str) -> (u32, u32) {
    position(text, text.find(&format!("\"{value}\"")).unwrap_or(0))
}

/// A table's known keys, and the keys below each.
struct Schema(&'static [(&'static str, Option<&'static Schema>)]);

const TOP: &Schema = &Schema(&[
    ("library", Some(&Schema(&[("package", None), ("files", None), ("api", None)]))),
    ("build", Some(&Schema(&[("speculate", None), ("apply", None), ("profile", None), ("backend", None)]))),
    (
        "engine",
        Some(&Schema(&[("command", None), ("hang-millis", None), ("loader", None), ("probation", None)])),
    ),
]);

fn check_keys(text: &str, table: &DeTable<'_>, schema: &Schema) -> Result<(), ConfigError> {
    for (key, value) in table {
        let name: &str = key.get_ref();
        let Some((_, below)) = schema.0.iter().find(|(known, _)| *known == name) else {
            return Err(unknown_key(text, name, key.span().start, schema));
        };
        let Some(below) = below else { continue };
        match value.get_ref() {
            DeValue::Table(table) => check_keys(text, table, below)?,
            DeValue::Array(items) => {
                for item in items.iter().filter_map(|item| item.get_ref().as_table()) {
                    check_keys(text, item, below)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn unknown_key(text: &str, name: &str, offset: usize, schema: &Schema) -> ConfigError {
    let known: Vec<&str> = schema.0.iter().map(|(known, _)| *known).collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known keys here: {}", known.join(", ")),
    };
    let (line, column) = position(text, offset);
    ConfigError { line, column, message: format!("unknown key `{name}`; {hint}") }
}

fn check_library(text: &str, index: usize, library: &Library) -> Result<(), ConfigError> {
    let problem = match (&library.package, &library.files) {
        (Some(_), None) | (None, Some(_)) => return Ok(()),
        (Some(_), Some(_)) => "has both `package` and `files`: give each its own [[library]]",
        (None, None) => "needs `package = \"…\"` (a workspace package) or `files = \"…/*.rs\"`",
    };
    let offset = text.match_indices("[[library]]").nth(index).map_or(0, |(offset, _)| offset);
    let (line, column) = position(text, offset);
    Err(ConfigError { line, column, message: format!("[[library]] {problem}") })
}

/// The known name that is closest to `name`, if it is close.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

fn toml_error(text: &str, error: &toml::de::Error) -> ConfigError {
    let (line, column) = position(text, error.span().map_or(0, |span| span.start));
    ConfigError { line, column, message: error.message().to_owned() }
}

fn position(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check_error(text: &str, line: u32, part: &str) {
        let error = parse(text).unwrap_err();
        assert!(error.line == line && error.message.contains(part), "{error:?}");
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(parse(""), Ok(Config::default()));
    }

    #[test]
    fn the_documented_file_is_read() {
        let text = "[[library]]\npackage = \"scripts\"\n[build]\nspeculate = false\napply = \"pause\"\n\
                    profile = \"dev\"\nbackend = \"llvm\"\n[engine]\ncommand = [\"cargo\", \"run\"]\nloader = \"dylib\"\n";
        let config = parse(text).unwrap();
        assert_eq!(config.library[0].package.as_deref(), Some("scripts"));
        assert_eq!((config.build.speculate, config.build.apply), (false, Apply::Pause));
        assert_eq!((config.engine.command.len(), config.engine.loader), (2, Some(Loader::Dylib)));
    }

    #[test]
    fn errors_name_the_line_and_the_nearest_key() {
        check_error("[build]\nspeculat = true\n", 2, "did you mean `speculate`?");
        check_error(
            "[[library]]\npackage = \"a\"\n\n[[library]]\npakage = \"b\"\n",
            5,
            "did you mean `package`?",
        );
        check_error("[bild]\n", 1, "did you mean `build`?");
        check_error("[build]\nzzz = 1\n", 2, "known keys here");
        check_error("[build]\napply = \"later\"\n", 2, "later");
        check_error("[build\n", 1, "");
        check_error("\n[[library]]\n", 2, "needs `package");
        check_error("library = 3\n", 1, "");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[\\[\\]a-z=\" \n.é]{0,80}") {
            let _ = parse(&text);
        }
    }
}
