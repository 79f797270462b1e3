//! The items of a crate's sources, as far as two versions of them can be told apart in a person's words.

use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use serde::{Deserialize, Serialize};

use super::tokens::{position, with_tokens};
use crate::diagnostics::Position;
use crate::hash::{Hash, hash};

/// One item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// `World`, `World::say`, `shapes::Circle`.
    pub name: String,
    /// `struct`, `fn` and so on.
    pub kind: String,
    /// The file, absolute.
    pub file: PathBuf,
    /// Where its name stands, 1-based, in characters.
    pub line: u32,
    /// See `line`.
    pub column: u32,
    /// Of its tokens, without comments.
    pub digest: Hash,
    /// Fields with their types, or variants with what is in them.
    pub parts: Vec<(String, String)>,
    /// Of a function, all before its body.
    pub signature: Option<String>,
}

/// What differs in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// For a person: ``another `World`: field `hp` is new``.
    pub what: String,
    /// The file where the item is now, or where it was.
    pub file: PathBuf,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
}

/// The items of one file; none if it is no Rust.
pub fn items(file: &Path, text: &str) -> Vec<Item> {
    let read = |tokens| {
        let mut found = Vec::new();
        let mut waiting = vec![(String::new(), tokens)];
        while let Some((outer, tokens)) = waiting.pop() {
            Module { file, outer, found: &mut found }.read(tokens, &mut waiting);
        }
        found
    };
    with_tokens(text, read).unwrap_or_default()
}

/// What differs between the items of two builds of a crate: what a person would name first comes first.
pub fn changes(before: &[Item], after: &[Item]) -> Vec<Change> {
    let is_same = |one: &Item, other: &Item| (&one.name, &one.kind) == (&other.name, &other.kind);
    let mut changes = Vec::new();
    for item in after {
        let same_name: Vec<&Item> = before.iter().filter(|other| is_same(item, other)).collect();
        match same_name.as_slice() {
            [] => changes.push(item.change(format!("no {} `{}`", item.kind, item.name))),
            known if known.iter().any(|other| other.digest == item.digest) => {}
            [first, ..] => {
                changes.push(item.change(format!("another `{}`: {}", item.name, difference(first, item))));
            }
        }
    }
    for item in before.iter().filter(|item| !after.iter().any(|other| is_same(item, other))) {
        let what = format!("a {} `{}`, which is gone", item.kind, item.name);
        changes.push(item.change(what));
    }
    changes
}

fn difference(before: &Item, after: &Item) -> String {
    let part = if after.kind == "enum" { "variant" } else { "field" };
    let mut words = Vec::new();
    for (name, is) in &after.parts {
        match before.parts.iter().find(|(other, _)| other == name) {
            None => words.push(format!("{part} `{name}` is new")),
            Some((_, was)) if was == is => {}
            Some((_, was)) if part == "field" => {
                words.push(format!("field `{name}` was `{was}` and is `{is}`"));
            }
            Some(_) => words.push(format!("variant `{name}` is another")),
        }
    }
    let gone = before.parts.iter().filter(|(name, _)| !after.parts.iter().any(|(other, _)| other == name));
    words.extend(gone.map(|(name, _)| format!("{part} `{name}` is gone")));
    if let (Some(was), Some(is)) = (&before.signature, &after.signature)
        && was != is
    {
        words.push(format!("it was `{was}` and is `{is}`"));
    }
    if words.is_empty() && before.parts != after.parts {
        words.push(format!("its {part}s are in another order"));
    }
    if words.is_empty() {
        words.push(if after.signature.is_some() { "its body changed" } else { "it changed" }.to_owned());
    }
    words.join(", ")
}

impl Item {
    fn change(&self, what: String) -> Change {
        Change { what, file: self.file.clone(), line: self.line, column: self.column }
    }
}

struct Module<'a> {
    file: &'a Path,
    /// The names around: modules, and the type of an `impl`.
    outer: String,
    found: &'a mut Vec<Item>,
}

impl Module<'_> {
    fn read(&mut self, tokens: TokenStream, waiting: &mut Vec<(String, TokenStream)>) {
        let tokens: Vec<TokenTree> = without_docs(tokens);
        let mut rest = tokens.as_slice();
        while !rest.is_empty() {
            let length = length_of_item(rest);
            self.item(&rest[..length], waiting);
            rest = &rest[length..];
        }
    }

    fn item(&mut self, tokens: &[TokenTree], waiting: &mut Vec<(String, TokenStream)>) {
        let Some((kind, at)) = keyword(tokens) else { return };
        let body = tokens.iter().rev().find_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
            _ => None,
        });
        if kind == "impl" {
            let head = tokens[at + 1..].iter().take_while(|token| !is_brace(token));
            let head: Vec<TokenTree> = head.cloned().collect();
            let (name, is_trait) = implemented(&head);
            if let Some(body) = body.filter(|_| !is_trait) {
                waiting.push((self.path(&name), body.stream()));
                return;
            }
            let name = text(&head);
            return self.push(&name, "impl", &tokens[at], tokens, Vec::new(), None);
        }
        let name = tokens[at + 1..].iter().find_map(|token| match token {
            TokenTree::Ident(ident) => Some(ident),
            _ => None,
        });
        let Some(name) = name else { return };
        let at_name = TokenTree::Ident(name.clone());
        let name = name.to_string();
        match (kind.as_str(), body) {
            ("mod", Some(body)) => waiting.push((self.path(&name), body.stream())),
            ("mod", None) => {}
            ("trait", Some(body)) => {
                let head: Vec<TokenTree> =
                    tokens.iter().take_while(|token| !is_brace(token)).cloned().collect();
                self.push(&name, &kind, &at_name, &head, Vec::new(), None);
                waiting.push((self.path(&name), body.stream()));
            }
            ("fn", _) => {
                let head: Vec<TokenTree> =
                    tokens[at..].iter().take_while(|token| !is_brace(token)).cloned().collect();
                self.push(&name, &kind, &at_name, tokens, Vec::new(), Some(text(&head)));
            }
            ("struct" | "union" | "enum", _) => {
                let tuple = || {
                    tokens[at..].iter().find_map(|token| match token {
                        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => Some(group),
                        _ => None,
                    })
                };
                let parts = body.or_else(tuple).map(|group| parts(group, kind == "enum"));
                self.push(&name, &kind, &at_name, tokens, parts.unwrap_or_default(), None);
            }
            _ => self.push(&name, &kind, &at_name, tokens, Vec::new(), None),
        }
    }

    fn path(&self, name: &str) -> String {
        if self.outer.is_empty() { name.to_owned() } else { format!("{}::{name}", self.outer) }
    }

    fn push(
        &mut self,
        name: &str,
        kind: &str,
        at: &TokenTree,
        tokens: &[TokenTree],
        parts: Vec<(String, String)>,
        signature: Option<String>,
    ) {
        let Position { line, column } = position(at.span().start());
        self.found.push(Item {
            name: self.path(name),
            kind: kind.to_owned(),
            file: self.file.to_owned(),
            line,
            column,
            digest: hash(text(tokens).as_bytes()),
            parts,
            signature,
        });
    }
}

/// Doc comments are attributes by now.
fn without_docs(tokens: TokenStream) -> Vec<TokenTree> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut kept: Vec<TokenTree> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let inner =
            usize::from(matches!(tokens.get(at + 1), Some(TokenTree::Punct(p)) if p.as_char() == '!'));
        let is_doc = matches!(&tokens[at], TokenTree::Punct(punct) if punct.as_char() == '#')
            && matches!(tokens.get(at + 1 + inner), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket
                && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if word == "doc"));
        if is_doc {
            at += 2 + inner;
            continue;
        }
        kept.push(tokens[at].clone());
        at += 1;
    }
    kept
}

fn is_brace(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// The word that says what an item is, and where it stands.
fn keyword(tokens: &[TokenTree]) -> Option<(String, usize)> {
    const KINDS: [&str; 10] =
        ["fn", "struct", "enum", "union", "trait", "impl", "mod", "static", "type", "macro_rules"];
    let words = tokens.iter().enumerate().filter_map(|(at, token)| match token {
        TokenTree::Ident(ident) => Some((ident.to_string(), at)),
        _ => None,
    });
    let mut constant = None;
    for (word, at) in words {
        if KINDS.contains(&word.as_str()) {
            return Some((word, at));
        }
        match word.as_str() {
            "const" => constant = Some((word, at)),
            "pub" | "unsafe" | "async" | "extern" | "default" | "auto" | "crate" | "in" => {}
            _ => break,
        }
    }
    constant
}

/// Up to a `;` or, for what has a body, to the end of that.
fn length_of_item(tokens: &[TokenTree]) -> usize {
    let kind = keyword(tokens).map(|(kind, _)| kind);
    let has_value = matches!(kind.as_deref(), Some("const" | "static" | "type") | None);
    let is_use = matches!(tokens.iter().find(|token| matches!(token, TokenTree::Ident(word) if word != "pub")),
        Some(TokenTree::Ident(word)) if word == "use" || word == "extern");
    let ends = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        token => is_brace(token) && !(has_value && (kind.is_some() || is_use)),
    };
    tokens.iter().position(ends).map_or(tokens.len(), |end| end + 1)
}

/// The type that an `impl` is for, and whether it is a trait's.
fn implemented(head: &[TokenTree]) -> (String, bool) {
    let position = head.iter().position(|token| matches!(token, TokenTree::Ident(word) if word == "for"));
    let of_type = position.map_or(head, |at| &head[at + 1..]);
    let mut depth = 0_i32;
    let mut name = String::new();
    for token in of_type {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
            TokenTree::Punct(punct) if punct.as_char() == '>' => depth -= 1,
            TokenTree::Ident(word) if depth == 0 && word == "where" => break,
            TokenTree::Ident(word) if depth == 0 => name = word.to_string(),
            _ => {}
        }
    }
    (name, position.is_some())
}

/// The fields of a struct with their types, or the variants of an enum with what is in them.
fn parts(group: &Group, is_enum: bool) -> Vec<(String, String)> {
    let mut parts = Vec::new();
    for (index, tokens) in split(&without_docs(group.stream())).into_iter().enumerate() {
        let tokens = without_attributes(tokens);
        let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Alone);
        let part = match (is_enum, tokens.iter().position(is_colon)) {
            (true, _) => tokens.split_first().map(|(name, rest)| (name.to_string(), text(rest))),
            (false, Some(colon)) if colon > 0 => {
                Some((tokens[colon - 1].to_string(), text(&tokens[colon + 1..])))
            }
            (false, _) => Some((index.to_string(), text(&tokens))),
        };
        parts.extend(part);
    }
    parts
}

/// Attributes count in the digest, not in a field's words.
fn without_attributes(tokens: Vec<TokenTree>) -> Vec<TokenTree> {
    let mut rest = tokens.as_slice();
    while let [TokenTree::Punct(punct), TokenTree::Group(_), after @ ..] = rest
        && punct.as_char() == '#'
    {
        rest = after;
    }
    rest.to_vec()
}

/// At commas that no angle bracket is around.
fn split(tokens: &[TokenTree]) -> Vec<Vec<TokenTree>> {
    let mut all = vec![Vec::new()];
    let (mut depth, mut before) = (0_i32, ' ');
    for token in tokens {
        let mark = if let TokenTree::Punct(punct) = token { punct.as_char() } else { ' ' };
        match mark {
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            ',' if depth == 0 => {
                all.push(Vec::new());
                before = ' ';
                continue;
            }
            _ => {}
        }
        before = mark;
        if let Some(last) = all.last_mut() {
            last.push(token.clone());
        }
    }
    all.retain(|tokens: &Vec<TokenTree>| !tokens.is_empty());
    all
}

/// The tokens, written as a person would in one line.
fn text(tokens: &[TokenTree]) -> String {
    let text = tokens.iter().cloned().collect::<TokenStream>().to_string();
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (spaced, close) in [
        (" :: ", "::"),
        (" ,", ","),
        (" :", ":"),
        (" ;", ";"),
        ("& ", "&"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        ("( ", "("),
        (" )", ")"),
        (" (", "("),
        ("' ", "'"),
        ("-> ", "-> "),
    ] {
        text = text.replace(spaced, close);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<Item> {
        items(Path::new("/w/api/src/lib.rs"), text)
    }

    fn changed(before: &str, after: &str) -> Vec<String> {
        changes(&found(before), &found(after)).into_iter().map(|change| change.what).collect()
    }

    const WORLD: &str = "/// Doc.\npub struct World { pub hp: u32, names: HashMap<String, u32> }\n";

    #[test]
    fn items_are_found_where_their_names_stand() {
        let text = "//! Doc.\nuse std::{a, b};\n#[derive(Default)]\npub(crate) struct A<T>(T);\nconst N: u32 = { 1 };\n\
                    impl<T> A<T> {\n    pub const fn f(&self) -> u32 { 1 }\n}\nmod deep { pub enum E { X, Y(u8) } }\n\
                    impl Clone for A<u8> { fn clone(&self) -> Self { loop {} } }\nextern \"C\" fn g() {}\n";
        let mut names: Vec<(String, u32)> =
            found(text).into_iter().map(|item| (format!("{} {}", item.kind, item.name), item.line)).collect();
        names.sort_by_key(|(_, line)| *line);
        let expected = [
            ("struct A", 4),
            ("const N", 5),
            ("fn A::f", 7),
            ("enum deep::E", 9),
            ("impl Clone for A<u8>", 10),
            ("fn g", 11),
        ];
        assert_eq!(names, expected.map(|(name, line)| (name.to_owned(), line)));
    }

    #[test]
    fn fields_are_named() {
        let cases = [
            ("pub hp: u32,", "pub hp: f32,", "another `World`: field `hp` was `u32` and is `f32`"),
            ("pub hp: u32,", "", "another `World`: field `hp` is gone"),
            ("pub hp: u32,", "pub hp: u32, mp: u8,", "another `World`: field `mp` is new"),
            (
                "String, u32",
                "String, u64",
                "another `World`: field `names` was `HashMap<String, u32>` and is `HashMap<String, u64>`",
            ),
            ("pub struct", "#[repr(C)] pub struct", "another `World`: it changed"),
        ];
        for (from, to, expected) in cases {
            assert_eq!(changed(WORLD, &WORLD.replace(from, to)), [expected]);
        }
        let turned = "pub struct World { names: HashMap<String, u32>, pub hp: u32 }";
        assert_eq!(changed(WORLD, turned), ["another `World`: its fields are in another order"]);
    }

    #[test]
    fn functions_and_variants_are_named() {
        let function = "impl World { pub fn say(&mut self, text: &str) { a() } }";
        let other = function.replace("text: &str", "text: String");
        let expected = "another `World::say`: it was `fn say(&mut self, text: &str)` and is `fn say(&mut self, text: String)`";
        assert_eq!(changed(function, &other), [expected]);
        assert_eq!(
            changed(function, &function.replace("a()", "b()")),
            ["another `World::say`: its body changed"]
        );
        assert_eq!(changed("enum E { A, B }", "enum E { A, B, C(u8) }"), ["another `E`: variant `C` is new"]);
        assert_eq!(
            changed("enum E { A, B(u8) }", "enum E { A, B(u16) }"),
            ["another `E`: variant `B` is another"]
        );
        let interface = "trait Script { fn update(&mut self); }";
        let more = interface.replace("; }", "; fn draw(&self); }");
        assert_eq!(changed(interface, &more), ["no fn `Script::draw`"]);
        assert_eq!(changed(&more, interface), ["a fn `Script::draw`, which is gone"]);
    }

    #[test]
    fn comments_and_line_breaks_are_no_change() {
        assert!(changed(WORLD, &WORLD.replace("Doc", "Other").replace(", ", ",\n  // x\n  ")).is_empty());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(struct |enum |fn |impl |pub |for |const |x|[<>(){}\\[\\],;:#=&' \n]){0,60}") {
            let found = found(&text);
            let _ = changes(&found, &found);
        }
    }
}
