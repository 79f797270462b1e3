//! The keys of `liveline.toml`, by its JSON schema: for errors that name the nearest one, and for other tools.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use super::{Config, ConfigError, nearest, position};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(Config).to_value());

/// Something of the schema: a table, or a key's value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node(&'static Value);

impl Node {
    /// The whole file.
    pub(super) fn top() -> Self {
        Self(&SCHEMA)
    }

    /// What stands at a path of keys; lists are stepped into.
    pub(super) fn at<'a>(path: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        path.into_iter().try_fold(Self::top(), Self::below)
    }

    fn below(self, key: &str) -> Option<Self> {
        self.properties()?.get(key).map(Self)
    }

    /// A table's keys; none if it is no table.
    pub(super) fn keys(self) -> impl Iterator<Item = (&'static str, Self)> {
        self.properties().into_iter().flatten().map(|(name, value)| (name.as_str(), Self(value)))
    }

    /// Whether it is a list of tables, as `[[library]]` is.
    pub(super) fn is_list_of_tables(self) -> bool {
        self.field("items").is_some() && self.properties().is_some()
    }

    /// Whether it is a table, or a list of them.
    pub(super) fn is_table(self) -> bool {
        self.properties().is_some()
    }

    /// What is said of it.
    pub(super) fn description(self) -> &'static str {
        // The key's own words go before those of its type.
        let own = self.0.get("description").or_else(|| self.field("description"));
        own.and_then(Value::as_str).unwrap_or_default()
    }

    /// What it is without an entry in the file.
    pub(super) fn default(self) -> Option<&'static Value> {
        self.0.get("default").filter(|value| !value.is_null() && !self.is_table())
    }

    /// The words that it may be, each with what is said of it, and whether it may be `true` or `false`.
    pub(super) fn words(self) -> Vec<(&'static str, &'static str)> {
        if self.field("type").and_then(Value::as_str) == Some("boolean") {
            return vec![("true", ""), ("false", "")];
        }
        let variants = self.field("oneOf").and_then(Value::as_array).into_iter().flatten();
        let word = |variant: &'static Value| {
            let description = variant.get("description").and_then(Value::as_str).unwrap_or_default();
            Some((variant.get("const")?.as_str()?, description))
        };
        variants.filter_map(word).collect()
    }

    /// Whether it stands between quotation marks.
    pub(super) fn is_string(self) -> bool {
        let is_string = |value: &Value| value.as_str() == Some("string");
        self.field("type").is_some_and(is_string)
            || self.words().iter().any(|(word, _)| !matches!(*word, "true" | "false"))
    }

    /// What kind of value it takes, in a word.
    #[cfg(test)]
    pub(super) fn kind(self) -> &'static str {
        match self.field("type").and_then(Value::as_str) {
            Some("integer") => "a whole number",
            Some("array") => "a list of strings",
            _ => "a string",
        }
    }

    fn properties(self) -> Option<&'static Map<String, Value>> {
        let item = self.field("items").map_or(self, Node).resolved();
        item.get("properties")?.as_object()
    }

    fn field(self, name: &str) -> Option<&'static Value> {
        self.resolved().get(name)
    }

    /// What a reference points to.
    fn resolved(self) -> &'static Value {
        let reference = self.0.get("$ref").and_then(Value::as_str);
        let pointed = reference.and_then(|reference| SCHEMA.pointer(reference.trim_start_matches('#')));
        pointed.unwrap_or(self.0)
    }
}

/// Refuses the first key that is not known, with its line and the nearest that is.
pub(super) fn check(text: &str, table: &DeTable<'_>) -> Result<(), ConfigError> {
    check_table(text, table, Node::top())
}

fn check_table(text: &str, table: &DeTable<'_>, node: Node) -> Result<(), ConfigError> {
    for (key, value) in table {
        let name: &str = key.get_ref();
        let Some(below) = node.below(name) else {
            return Err(unknown_key(text, name, key.span().start, node));
        };
        if !below.is_table() {
            continue;
        }
        match value.get_ref() {
            DeValue::Table(table) => check_table(text, table, below)?,
            DeValue::Array(items) => {
                for item in items.iter().filter_map(|item| item.get_ref().as_table()) {
                    check_table(text, item, below)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn unknown_key(text: &str, name: &str, offset: usize, node: Node) -> ConfigError {
    let known: Vec<&str> = node.keys().map(|(known, _)| known).collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known keys here: {}", known.join(", ")),
    };
    let (line, column) = position(text, offset);
    ConfigError { line, column, message: format!("unknown key `{name}`; {hint}") }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    /// Where the schema lies in the repository, for editors' TOML plugins.
    fn schema_file() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/liveline.schema.json")
    }

    #[test]
    fn the_schema_in_the_repository_is_that_of_the_code() {
        let text = format!("{}\n", serde_json::to_string_pretty(&*SCHEMA).unwrap());
        if std::env::var_os("LIVELINE_WRITE_SCHEMA").is_some() {
            std::fs::write(schema_file(), &text).unwrap();
        }
        let there = std::fs::read_to_string(schema_file()).unwrap_or_default();
        assert!(
            there == text,
            "LIVELINE_WRITE_SCHEMA=1 cargo test -p liveline-server --lib config writes it anew"
        );
    }

    #[test]
    fn every_key_says_what_it_is_for() {
        fn visit(node: Node, path: &str) {
            for (name, below) in node.keys() {
                let path = format!("{path}.{name}");
                assert!(!below.description().is_empty(), "{path}");
                below.words().iter().for_each(|(word, text)| {
                    assert!(!text.is_empty() || matches!(*word, "true" | "false"), "{path}: {word}")
                });
                visit(below, &path);
            }
        }
        visit(Node::top(), "");
    }

    #[test]
    fn what_the_schema_says_of_a_key_is_found() {
        let speculate = Node::at(["build", "speculate"]).unwrap();
        assert_eq!(speculate.default(), Some(&Value::Bool(true)));
        assert_eq!(speculate.words().len(), 2);
        let loader = Node::at(["engine", "loader"]).unwrap();
        assert!(loader.is_string() && loader.words().iter().any(|(word, _)| *word == "object"));
        assert!(Node::at(["library"]).unwrap().is_list_of_tables());
        assert!(!Node::at(["build"]).unwrap().is_list_of_tables());
        assert!(Node::at(["library", "package"]).unwrap().is_string());
        assert!(Node::at(["library", "pakage"]).is_none());
    }
}
