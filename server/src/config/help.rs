//! Help while `liveline.toml` is typed: what fits at a place, and what stands there. The text need not be TOML yet.

use std::ops::Range;

use serde_json::Value;

use super::keys::Node;

/// Something that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What a person chooses.
    pub label: String,
    /// What is written in the place of [`Suggestions::replaced`].
    pub text: String,
    /// What is said of it.
    pub description: String,
    /// A table or a key, rather than a value.
    pub is_key: bool,
}

/// All that fits at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// What has been typed of it so far, in bytes of the text.
    pub replaced: Range<usize>,
    /// In the schema's order.
    pub list: Vec<Suggestion>,
}

/// What fits at `at`, in bytes of `text`; `packages` are those of the workspace.
pub fn suggestions(text: &str, at: usize, packages: &[String]) -> Suggestions {
    let Some(place) = Place::of(text, at) else { return Suggestions::default() };
    let list = match &place.kind {
        Kind::Header { is_list } => headers(*is_list),
        Kind::Key => keys(&place),
        Kind::Value { key, is_quoted } => values(&place, key, *is_quoted, packages),
    };
    Suggestions { replaced: place.typed..at, list }
}

/// What is known of the key or table at `at`, in bytes of `text`, as Markdown; and where it stands.
pub fn explain(text: &str, at: usize) -> Option<(String, Range<usize>)> {
    let (line, start) = line_at(text, at)?;
    let (name, path) = match header(line) {
        Some(name) => (name, vec![name]),
        None => {
            let key = line.split_once('=')?.0.trim();
            (key, table(&text[..start]).into_iter().chain([key]).collect())
        }
    };
    let node = Node::at(path)?;
    let from = start + line.find(name)?;
    (from..=from + name.len()).contains(&at).then(|| (markdown(node), from..from + name.len()))
}

struct Place<'a> {
    /// The lines of the table that the place is in.
    section: Vec<&'a str>,
    table: Option<&'a str>,
    kind: Kind<'a>,
    /// Where the word begins that is being typed.
    typed: usize,
}

enum Kind<'a> {
    Header { is_list: bool },
    Key,
    Value { key: &'a str, is_quoted: bool },
}

impl<'a> Place<'a> {
    fn of(text: &'a str, at: usize) -> Option<Self> {
        let (line, start) = line_at(text, at)?;
        let before = line.get(..at - start)?;
        let typed_length = before.chars().rev().take_while(|char| is_of_word(*char)).count();
        let mut kind = match (before.trim_start(), before.split_once('=')) {
            (head, None) if head.starts_with('[') => Kind::Header { is_list: head.starts_with("[[") },
            (_, Some((key, value))) => {
                Kind::Value { key: key.trim(), is_quoted: value.matches('"').count() % 2 == 1 }
            }
            _ => Kind::Key,
        };
        if before.contains('#') && !matches!(kind, Kind::Value { is_quoted: true, .. }) {
            return None;
        }
        if before.trim_start().ends_with(']') {
            kind = Kind::Key;
        }
        let table = table(&text[..start]);
        Some(Self { section: section(text, start), table, kind, typed: at - typed_length })
    }
}

fn is_of_word(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '-' | '_')
}

/// The line around a place, without its end, and where it begins.
fn line_at(text: &str, at: usize) -> Option<(&str, usize)> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].split(['\n', '\r']).next()?;
    (at <= start + line.len()).then_some((line, start))
}

/// The table that a header line opens.
fn header(line: &str) -> Option<&str> {
    let inner = line.trim_start().strip_prefix('[')?.trim_start_matches('[');
    let name = inner.split(']').next()?.trim();
    (!name.is_empty() && name.chars().all(is_of_word)).then_some(name)
}

/// The table that is open at the end of a text.
fn table(text: &str) -> Option<&str> {
    text.lines().rev().find_map(header)
}

/// The lines of the table around a place.
fn section(text: &str, start: usize) -> Vec<&str> {
    let above = text[..start].lines().rev().take_while(|line| header(line).is_none());
    let below = text[start..].lines().skip(1).take_while(|line| header(line).is_none());
    above.chain(below).collect()
}

fn headers(is_list: bool) -> Vec<Suggestion> {
    let fits = |node: &Node| node.is_table() && (!is_list || node.is_list_of_tables());
    let named = Node::top().keys().filter(|(_, node)| fits(node));
    named.map(|(name, node)| suggestion(name, name.to_owned(), node)).collect()
}

fn keys(place: &Place<'_>) -> Vec<Suggestion> {
    let Some(table) = place.table else {
        let tables = Node::top().keys().map(|(name, node)| {
            let header = if node.is_list_of_tables() { format!("[[{name}]]") } else { format!("[{name}]") };
            suggestion(&header.clone(), header, node)
        });
        return tables.collect();
    };
    let is_there = |name: &str| {
        place.section.iter().any(|line| line.split_once('=').is_some_and(|(key, _)| key.trim() == name))
    };
    let all = Node::at([table]).into_iter().flat_map(Node::keys);
    let missing = all.filter(|(name, _)| !is_there(name));
    missing.map(|(name, node)| suggestion(name, format!("{name} = "), node)).collect()
}

fn values(place: &Place<'_>, key: &str, is_quoted: bool, packages: &[String]) -> Vec<Suggestion> {
    let Some(node) = Node::at(place.table.into_iter().chain([key])) else { return Vec::new() };
    let write = |word: &str| match node.is_string() && !is_quoted {
        true => format!("\"{word}\""),
        false => word.to_owned(),
    };
    let value = |word: &str, description: &str| Suggestion {
        label: word.to_owned(),
        text: write(word),
        description: description.to_owned(),
        is_key: false,
    };
    if place.table == Some("library") && matches!(key, "package" | "api") {
        return packages.iter().map(|name| value(name, "a package of this workspace")).collect();
    }
    node.words().into_iter().map(|(word, description)| value(word, description)).collect()
}

fn suggestion(label: &str, text: String, node: Node) -> Suggestion {
    Suggestion { label: label.to_owned(), text, description: markdown(node), is_key: true }
}

fn markdown(node: Node) -> String {
    let mut text = node.description().to_owned();
    for (word, description) in node.words().iter().filter(|(_, description)| !description.is_empty()) {
        text.push_str(&format!("\n- `{word}`: {description}"));
    }
    let default = node.default().filter(|value| *value != &Value::Array(Vec::new()));
    default.iter().for_each(|value| text.push_str(&format!("\n\nDefault: `{value}`")));
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What fits at the `|`, and what it replaces.
    fn labels(marked: &str) -> (Vec<String>, String) {
        let at = marked.find('|').unwrap();
        let text = marked.replacen('|', "", 1);
        let packages = ["game".to_owned(), "scripts".to_owned()];
        let found = suggestions(&text, at, &packages);
        let replaced = text[found.replaced.clone()].to_owned();
        (found.list.into_iter().map(|suggestion| suggestion.text).collect(), replaced)
    }

    fn check(marked: &str, expected: &[&str], replaced: &str) {
        let (texts, was) = labels(marked);
        assert_eq!(
            (texts.iter().map(String::as_str).collect::<Vec<_>>(), was.as_str()),
            (expected.to_vec(), replaced),
            "{marked}"
        );
    }

    #[test]
    fn tables_keys_and_values_are_offered_where_they_fit() {
        check("|", &["[build]", "[engine]", "[[library]]", "[remote]", "[tests]"], "");
        check("[|", &["build", "engine", "library", "remote", "tests"], "");
        check("[[li|", &["library"], "li");
        check(
            "[build]\nprofile = \"dev\"\n|\napply = \"save\"\n[engine]\n",
            &["backend = ", "features = ", "speculate = "],
            "",
        );
        check("[engine]\nhang-m|", &["command = ", "hang-millis = ", "loader = ", "probation = "], "hang-m");
        check("[build]\napply = |", &["\"save\"", "\"pause\""], "");
        check("[build]\napply = \"pa|\"", &["save", "pause"], "pa");
        check("[build]\nspeculate = f|", &["true", "false"], "f");
        check("[engine]\nloader=\"|", &["object", "dylib"], "");
        check("[[library]]\npackage = \"|\"", &["game", "scripts"], "");
        check("[[library]]\nfiles = \"|\"", &[], "");
        check("[build] # |", &[], "");
        check("[nonsense]\n|", &[], "");
    }

    #[test]
    fn a_key_and_a_table_are_explained() {
        let text = "[build]\nspeculate = true\n[engine]\nloader = \"dylib\"\n";
        let (of_key, range) = explain(text, text.find("ulate").unwrap()).unwrap();
        assert!(of_key.contains("unsaved text") && of_key.contains("Default: `true`"), "{of_key}");
        assert_eq!(&text[range], "speculate");
        let (of_loader, _) = explain(text, text.find("loader").unwrap()).unwrap();
        assert!(of_loader.contains("- `object`"), "{of_loader}");
        assert!(explain(text, text.find("build").unwrap()).is_some());
        assert_eq!(explain(text, text.find("true").unwrap()), None);
        assert_eq!(explain(text, text.len()), None);
    }

    proptest! {
        #[test]
        fn no_text_and_no_place_panics(text in "[\\[\\]a-z=\"# \n\ré]{0,60}", at in 0_usize..80) {
            let _ = suggestions(&text, at, &[]);
            let _ = explain(&text, at);
        }
    }
}
