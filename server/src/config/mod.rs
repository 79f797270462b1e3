//! `liveline.toml`: what it may say, and errors that point at the line.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use toml::de::DeTable;

use crate::os;

pub mod help;
mod keys;
mod preferences;
#[cfg(test)]
mod reference;

pub use preferences::Preferences;

/// The file's name at the workspace root.
pub const FILE: &str = "liveline.toml";

/// What Liveline rebuilds and swaps while the game runs. The file is optional: a workspace package that depends on
/// `liveline` and is a `cdylib` or `dylib` is a library by itself.
// The comments here are what people read in their editors, through the schema.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, title = "liveline.toml")]
pub struct Config {
    /// What is rebuilt and swapped, beside what is found without configuration.
    #[serde(default)]
    pub library: Vec<Library>,
    /// How scripts are built.
    #[serde(default)]
    pub build: Build,
    /// The game.
    #[serde(default)]
    pub engine: Engine,
    /// Engines on other hosts and in containers.
    #[serde(default)]
    pub remote: Remote,
    /// Tests of scripts.
    #[serde(default)]
    pub tests: Tests,
}

/// A package, or script files that are a library each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{ "required": ["package"] }, { "required": ["files"] }]))]
pub struct Library {
    /// A workspace package, by its name.
    #[schemars(with = "String")]
    pub package: Option<String>,
    /// A glob of script files, relative to the workspace root. Each is a library that is named by its stem; `lib.rs`,
    /// `main.rs` and `mod.rs` never count.
    #[schemars(with = "String", example = "scripts/src/*.rs")]
    pub files: Option<String>,
    /// The package that script files link against: the one with the interface.
    #[schemars(with = "String")]
    pub api: Option<String>,
}

/// How scripts are built.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Build {
    /// Whether unsaved text is built when typing pauses, so that nothing is left to build at the save. The editor's
    /// setting `liveline.build.speculate` goes before this.
    pub speculate: bool,
    /// When a good build goes to the engine. The editor's setting `liveline.build.apply` goes before this.
    pub apply: Apply,
    /// The cargo profile that scripts are built with.
    pub profile: String,
    /// The cargo features that the game is built with, as `cargo build --features` takes them: scripts and game share
    /// crates only where these are the same. Live tests are built without them.
    #[schemars(example = ["game/window"])]
    pub features: Vec<String>,
    /// What generates machine code.
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
        Self {
            speculate: true,
            apply: Apply::Save,
            profile: "dev".to_owned(),
            features: Vec::new(),
            backend: Backend::Llvm,
        }
    }
}

/// When a good build goes to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Apply {
    /// At the save.
    Save,
    /// When typing pauses, without a save.
    Pause,
}

/// What generates machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// rustc's default.
    Llvm,
    /// rustc's Cranelift backend, where the toolchain has it.
    Cranelift,
}

/// The game.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Engine {
    /// What `liveline run` starts: the program and its arguments.
    #[schemars(example = ["cargo", "run", "-p", "game"])]
    pub command: Vec<String>,
    /// How engines that can do both take new code. The editor's setting `liveline.engine.loader` goes before this.
    #[schemars(with = "Loader", default)]
    pub loader: Option<Loader>,
    /// A script call that lasts longer than this many milliseconds is reported as a hang; 0: none is. 2000 by default.
    #[serde(rename = "hang-millis")]
    #[schemars(with = "u64", default)]
    pub hang_millis: Option<u64>,
    /// A generation that panics in this many first calls of a script is taken back; 0: none is. 100 by default.
    #[schemars(with = "u64", default)]
    pub probation: Option<u64>,
}

/// Engines on other hosts and in containers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Remote {
    /// The address at which they attach, an IP address and a port; port 0 is any free one. Without it none can. Use a
    /// loopback address with a tunnel where others share the network: what is sent is authenticated, not encrypted.
    #[serde(deserialize_with = "address")]
    #[schemars(with = "String", default, example = "127.0.0.1:7878")]
    pub listen: Option<SocketAddr>,
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let address = text.parse().map(Some);
    address
        .map_err(|_| D::Error::custom(format!("`{text}` is no IP address with a port, as `127.0.0.1:7878`")))
}

/// How an engine takes new code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Loader {
    /// Objects that are linked in the engine's memory: no linker, no library file. The default.
    Object,
    /// A shared library from the system's linker.
    Dylib,
}

/// Tests of scripts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Tests {
    /// Which libraries' `#[test]` functions run after each good build, in a process of their own. What fails stands at its line.
    pub run: RunTests,
    /// All tests of a library together, and each of them alone after that, are ended when they take longer than this many milliseconds.
    #[serde(rename = "limit-millis")]
    pub limit_millis: u64,
}

impl Default for Tests {
    fn default() -> Self {
        Self { run: RunTests::Files, limit_millis: 10_000 }
    }
}

/// Which libraries' tests run by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunTests {
    /// Those of script files, which are built alone.
    Files,
    /// Those of packages too: cargo builds these, with their dev-dependencies.
    All,
    /// None, but for those that a person runs.
    Never,
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
    keys::check(text, table.get_ref())?;
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
                    profile = \"dev\"\nfeatures = [\"game/window\"]\nbackend = \"llvm\"\n[engine]\ncommand = [\"cargo\", \"run\"]\nloader = \"dylib\"\n";
        let config = parse(text).unwrap();
        assert_eq!(config.library[0].package.as_deref(), Some("scripts"));
        assert_eq!((config.build.speculate, config.build.apply), (false, Apply::Pause));
        assert_eq!(config.build.features, ["game/window"]);
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

    #[test]
    fn no_engine_comes_from_elsewhere_unless_it_is_asked_for() {
        assert_eq!(parse("[remote]\n").unwrap().remote.listen, None);
        let config = parse("[remote]\nlisten = \"[::1]:0\"\n").unwrap();
        assert!(config.remote.listen.is_some_and(|address| address.ip().is_loopback()));
        check_error("[remote]\nlisten = \"localhost:7878\"\n", 2, "as `127.0.0.1:7878`");
        check_error("[remote]\nlisten = 7878\n", 2, "");
        check_error("[remote]\nlisen = \"\"\n", 2, "did you mean `listen`?");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[\\[\\]a-z=\" \n.é]{0,80}") {
            let _ = parse(&text);
        }
    }
}
