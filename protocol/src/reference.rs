//! The book's reference of the messages, written from their types and held against it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::engine::{Attach, Attached, Build, Fault, Ran, Reload, Reloaded, Retired, method};
use crate::{endpoint, history, message, status};

/// Set when the files are to be written instead of compared.
const WRITE: &str = "LIVELINE_WRITE_DOCS";
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

const HEAD: &str = "# Messages\n\n\
    <!-- Written from the types of the crate `liveline-protocol`: `cargo xtask docs`. -->\n\n\
    Every message of the [engine channel](protocol.md) and of `liveline/…` in the language server, with its fields. Fields that may\n\
    be left out are marked so; what a side does not know, it ignores. The same as a JSON schema:\n\
    [protocol.schema.json](protocol.schema.json).\n\n\
    | method | from | kind | parameters | result |\n|---|---|---|---|---|\n";

/// What a method takes or gives.
type Part = Option<fn(&mut SchemaGenerator) -> Schema>;

struct Method {
    name: &'static str,
    from: &'static str,
    kind: &'static str,
    takes: Part,
    gives: Part,
}

fn of<T: JsonSchema>() -> Part {
    Some(|generator| generator.subschema_for::<T>())
}

fn methods() -> Vec<Method> {
    const ENGINE: &str = "engine → server";
    const SERVER: &str = "server → engine";
    const CLIENT: &str = "editor → server";
    let told = |name, from, takes| Method { name, from, kind: "notification", takes, gives: None };
    let asked = |name, from, takes, gives| Method { name, from, kind: "request", takes, gives };
    vec![
        asked(method::ATTACH, ENGINE, of::<Attach>(), of::<Attached>()),
        told(method::BUILD, SERVER, of::<Build>()),
        told(method::RELOAD, SERVER, of::<Reload>()),
        told(method::RETIRED, SERVER, of::<Retired>()),
        told(method::SNAPSHOT, SERVER, None),
        told(method::RELOADED, ENGINE, of::<Reloaded>()),
        told(method::FAULT, ENGINE, of::<Fault>()),
        told(method::RAN, ENGINE, of::<Ran>()),
        asked(method::DETACH, ENGINE, None, None),
        asked(status::METHOD, CLIENT, None, of::<status::Status>()),
        told(status::METHOD, "server → editor", of::<status::Status>()),
        asked(history::METHOD, CLIENT, None, of::<history::History>()),
        asked(history::SOURCES, CLIENT, of::<history::SourcesParams>(), of::<history::Sources>()),
        asked(history::SOURCE, CLIENT, of::<history::SourceParams>(), of::<history::Source>()),
    ]
}

/// The methods in words, and all types by name.
fn schema() -> Value {
    let mut generator = SchemaGenerator::default();
    let mut part = |part: Part| part.map_or(Value::Null, |part| part(&mut generator).to_value());
    let methods: Vec<Value> = methods()
        .into_iter()
        .map(|method| {
            let (takes, gives) = (part(method.takes), part(method.gives));
            let is_request = method.kind == "request";
            let mut value =
                json!({ "method": method.name, "from": method.from, "kind": method.kind, "params": takes });
            if let Some(fields) = value.as_object_mut().filter(|_| is_request) {
                fields.insert("result".to_owned(), gives);
            }
            value
        })
        .collect();
    let (file, error) = (part(of::<endpoint::Endpoint>()), part(of::<message::ErrorObject>()));
    let mut types = Value::Object(generator.take_definitions(true));
    tidy(&mut types);
    json!({ "$schema": DRAFT, "title": "Liveline's messages", "methods": methods, "endpointFile": file, "error": error, "$defs": types })
}

/// Descriptions as a reader has them, who sees no Rust paths.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| match value {
            Value::String(text) if name == "description" => *text = without_links(text),
            value => tidy(value),
        }),
        Value::Array(values) => values.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// ``[`crate::engine::Attached::session`]`` as `` `Attached::session` ``.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once("[`") {
        let Some((path, after)) = link.split_once("`]") else { break };
        // The modules in front are of no interest.
        let parts: Vec<&str> = path.split("::").collect();
        let is_module = |part: &&&str| part.starts_with(char::is_lowercase);
        let modules = parts.iter().take(parts.len() - 1).take_while(is_module).count();
        let shown = parts[modules..].join("::");
        let _ = write!(plain, "{before}`{shown}`");
        rest =
            after.strip_prefix('(').and_then(|after| after.split_once(')')).map_or(after, |(_, after)| after);
    }
    (plain + rest).replace('\n', " ")
}

fn reference(schema: &Value) -> String {
    let mut text = HEAD.to_owned();
    for method in schema["methods"].as_array().into_iter().flatten() {
        let cell = |name: &str| match method.get(name) {
            None => "—".to_owned(),
            Some(Value::Null) if name == "result" => "`null`".to_owned(),
            Some(Value::Null) => "none".to_owned(),
            Some(part) => kind(part),
        };
        let word = |name: &str| method[name].as_str().unwrap_or_default().to_owned();
        let (name, from, how) = (word("method"), word("from"), word("kind"));
        let _ = writeln!(text, "| `{name}` | {from} | {how} | {} | {} |", cell("params"), cell("result"));
    }
    for (name, shape) in schema["$defs"].as_object().into_iter().flatten() {
        let _ = writeln!(text, "\n## {name}\n\n{}", words(shape));
        match shape.get("properties").and_then(Value::as_object) {
            Some(fields) => text += &table(shape, fields),
            None => text += &variants(shape),
        }
    }
    text
}

fn table(shape: &Value, fields: &Map<String, Value>) -> String {
    let needed = |name: &str| {
        shape["required"].as_array().is_some_and(|all| all.iter().any(|needed| needed.as_str() == Some(name)))
    };
    let mut text = "\n| field | type | |\n|---|---|---|\n".to_owned();
    for (name, field) in fields {
        let left_out = if needed(name) { "" } else { ", may be left out" };
        let _ = writeln!(text, "| `{name}` | {}{left_out} | {} |", kind(field), words(field));
    }
    text
}

/// An enumeration's words, or the forms that it may have.
fn variants(shape: &Value) -> String {
    let Some(variants) = shape.get("oneOf").and_then(Value::as_array) else {
        return format!("\nA {}.\n", kind(shape));
    };
    let mut text = "\n| value | |\n|---|---|\n".to_owned();
    for variant in variants {
        let fields = variant.get("properties").and_then(Value::as_object);
        let form = match (variant.get("const"), fields.and_then(|fields| fields.iter().next())) {
            (Some(word), _) => format!("`{word}`"),
            (None, Some((name, field))) => format!("`{{\"{name}\": …}}`, {}", kind(field)),
            (None, None) => kind(variant),
        };
        let _ = writeln!(text, "| {form} | {} |", words(variant));
    }
    text
}

fn words(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('|', "\\|")
}

/// A value's type, in words, with a link where it has a name.
fn kind(schema: &Value) -> String {
    let named = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        format!("[{name}](#{})", name.to_lowercase())
    };
    if let Some(path) = schema["$ref"].as_str() {
        return named(path);
    }
    let any = schema["anyOf"].as_array().into_iter().flatten().find(|one| one.get("$ref").is_some());
    if let Some(one) = any {
        return kind(one);
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        other => other.as_str(),
    };
    match types {
        Some("array") => format!("list of {}", kind(&schema["items"])),
        Some("object") => format!("object of {} by name", kind(&schema["additionalProperties"])),
        Some("integer") => "whole number".to_owned(),
        Some(name) => name.to_owned(),
        None => "value".to_owned(),
    }
}

fn hold(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference").join(name);
    if std::env::var_os(WRITE).is_some() {
        fs::write(&file, text).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(there == text, "{} is out of date: `cargo xtask docs` writes it anew", file.display());
}

#[test]
fn the_books_messages_are_those_of_the_types() {
    let schema = schema();
    hold("protocol.schema.json", &format!("{}\n", serde_json::to_string_pretty(&schema).unwrap()));
    hold("messages.md", &reference(&schema));
}

#[test]
fn links_of_rustdoc_become_names() {
    assert_eq!(without_links("See [`crate::PROTOCOL_VERSION`]."), "See `PROTOCOL_VERSION`.");
    assert_eq!(without_links("as [`crate::engine::Attached::session`](x) is"), "as `Attached::session` is");
    assert_eq!(without_links("in [`super::a`] and [`b`]"), "in `a` and `b`");
}

#[test]
fn every_field_says_what_it_is_for() {
    let schema = schema();
    for (name, shape) in schema["$defs"].as_object().unwrap() {
        assert!(shape["description"].is_string(), "{name}");
        for (field, value) in shape["properties"].as_object().into_iter().flatten() {
            assert!(value["description"].is_string(), "{name}.{field}");
        }
    }
}
