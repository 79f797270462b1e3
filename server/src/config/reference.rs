//! The book's reference of `liveline.toml`, written from its schema and held against it.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::keys::Node;

const HEAD: &str = "# Configuration: `liveline.toml`\n\n\
    <!-- Written from the file's schema: `cargo xtask docs`. -->\n\n\
    The file lies at the workspace root, and is optional: a workspace package that depends on `liveline` and is a `cdylib` or\n\
    `dylib` is a library by itself. It counts as soon as it is saved. Unknown keys are errors, with the line and the nearest key\n\
    that is known. In editors with Liveline keys and values are completed and explained while you type; others can take the\n\
    schema, `assets/liveline.schema.json`.\n";

fn reference() -> String {
    let mut text = HEAD.to_owned();
    for (name, table) in Node::top().keys() {
        let heading = if table.is_list_of_tables() { format!("[[{name}]]") } else { format!("[{name}]") };
        let _ = writeln!(text, "\n## `{heading}`\n\n{}\n", one_line(table.description()));
        let _ = writeln!(text, "| key | values | default | |\n|---|---|---|---|");
        for (key, node) in table.keys() {
            let default = node.default().map(|value| format!("`{}`", toml(value))).unwrap_or_default();
            let meaning = one_line(node.description());
            let _ = writeln!(text, "| `{key}` | {} | {default} | {meaning} |", values(node));
        }
        for (key, node) in table.keys() {
            words(key, node, &mut text);
        }
    }
    text
}

fn values(node: Node) -> String {
    let words = node.words();
    if words.is_empty() {
        return node.kind().to_owned();
    }
    let quoted = |word: &str| if node.is_string() { format!("`\"{word}\"`") } else { format!("`{word}`") };
    words.iter().map(|(word, _)| quoted(word)).collect::<Vec<_>>().join(", ")
}

/// What each word of a key means, where that is said.
fn words(key: &str, node: Node, text: &mut String) {
    let told: Vec<_> = node.words().into_iter().filter(|(_, meaning)| !meaning.is_empty()).collect();
    if told.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n`{key}`:\n");
    for (word, meaning) in told {
        let _ = writeln!(text, "- `\"{word}\"`: {}", one_line(meaning));
    }
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

/// A value as the file has it; strings and lists look the same in TOML and JSON.
fn toml(value: &Value) -> String {
    value.to_string()
}

#[test]
fn the_books_reference_is_that_of_the_schema() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/configuration.md");
    crate::reference::hold(&file, &reference());
}
