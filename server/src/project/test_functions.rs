//! The tests of a source file: functions with an attribute that ends in `test`, and where they stand.

use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::tokens::{is_mark, is_word, position, with_tokens};
use crate::diagnostics::Position;

/// One test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFunction {
    /// With the modules of its file around it: `tests::adds`.
    pub name: String,
    /// Where its own name begins.
    pub start: Position,
    /// Behind its own name.
    pub end: Position,
    /// Behind its body.
    pub body_end: Position,
}

/// Whether a text can hold a test. Most files hold none, and tokens of a long one take milliseconds.
pub fn may_hold_tests(text: &str) -> bool {
    text.contains("test]") || text.contains("test(")
}

/// The tests of a text, in order; `None` if it is no Rust now.
pub fn test_functions(text: &str) -> Option<Vec<TestFunction>> {
    if !may_hold_tests(text) {
        return Some(Vec::new());
    }
    with_tokens(text, find)
}

/// What a test's program calls the test of this name in a file of the crate whose root file is `root`.
pub fn full_name(file: &Path, root: &Path, name: &str) -> String {
    match module_of(file, root) {
        Some(module) if !module.is_empty() => format!("{module}::{name}"),
        _ => name.to_owned(),
    }
}

/// The module that a file is of the crate whose root file is `root`, as the files' names say: `enemies::boss` for
/// `src/enemies/boss.rs`.
fn module_of(file: &Path, root: &Path) -> Option<String> {
    if file == root {
        return Some(String::new());
    }
    let path = file.strip_prefix(root.parent()?).ok()?.with_extension("");
    let words = path.iter().map(|word| word.to_str()).collect::<Option<Vec<&str>>>()?;
    let words = words.strip_suffix(&["mod"]).unwrap_or(&words);
    (!words.is_empty()).then(|| words.join("::"))
}

pub(super) fn find(tokens: TokenStream) -> Vec<TestFunction> {
    let mut found = Vec::new();
    // Not by recursion: modules can be nested deeper than a stack is.
    let mut waiting = vec![(String::new(), tokens)];
    while let Some((module, tokens)) = waiting.pop() {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let (mut at, mut is_test) = (0, false);
        while at < tokens.len() {
            match &tokens[at..] {
                [hash, TokenTree::Group(attribute), ..] if is_mark(hash, '#') => {
                    is_test |= is_test_attribute(attribute.stream());
                    at += 1;
                }
                [word, TokenTree::Ident(name), rest @ ..] if is_word(word, "fn") => {
                    if is_test {
                        let name_text = name.to_string();
                        let end = position(name.span().end());
                        let name_text = name_text.trim_start_matches("r#");
                        let body = rest.iter().find_map(braces);
                        found.push(TestFunction {
                            name: format!("{module}{name_text}"),
                            start: position(name.span().start()),
                            end,
                            body_end: body.map_or(end, |body| position(body.span_close().end())),
                        });
                    }
                    (is_test, at) = (false, at + 1);
                }
                [word, TokenTree::Ident(name), body, ..] if is_word(word, "mod") => {
                    if let Some(body) = braces(body) {
                        let name = name.to_string();
                        let inner = format!("{module}{}::", name.trim_start_matches("r#"));
                        waiting.push((inner, body.stream()));
                    }
                    (is_test, at) = (false, at + 2);
                }
                // Any other item ends here.
                [token, ..] if is_mark(token, ';') || braces(token).is_some() => is_test = false,
                _ => {}
            }
            at += 1;
        }
    }
    found.sort_by_key(|function| function.start);
    found
}

fn braces(token: &TokenTree) -> Option<&proc_macro2::Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    }
}

/// `test`, `tokio::test(flavor = "…")`.
fn is_test_attribute(tokens: TokenStream) -> bool {
    let path =
        tokens.into_iter().take_while(|token| matches!(token, TokenTree::Ident(_)) || is_mark(token, ':'));
    path.last().is_some_and(|last| is_word(&last, "test"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(text: &str) -> Vec<(String, u32, u32)> {
        let found = test_functions(text).expect("the text has tokens");
        found.into_iter().map(|f| (f.name, f.start.line, f.start.column)).collect()
    }

    #[test]
    fn tests_are_found_in_their_modules_where_their_names_stand() {
        let text = "fn helper() {}\n#[test]\nfn alone() {}\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    \
                    #[should_panic(expected = \"x\")]\n    fn adds() { helper() }\n    fn none() {}\n    mod deep {\n        \
                    #[tokio::test(flavor = \"current_thread\")]\n        pub async fn r#try() -> Result<(), ()> { Ok(()) }\n    \
                    }\n    #[ignore] #[test] fn last() {}\n}\n";
        let expected =
            [("alone", 3, 4), ("tests::adds", 9, 8), ("tests::deep::try", 13, 22), ("tests::last", 15, 26)];
        assert_eq!(named(text), expected.map(|(name, line, column)| (name.to_owned(), line, column)));
    }

    #[test]
    fn what_is_no_test_is_none() {
        for text in [
            "#[cfg(test)] fn f() {}",
            "#[test] struct A; fn f() {}",
            "#[a(test)] fn f() {}",
            "// #[test]\nfn f() {}",
        ] {
            assert_eq!(named(text), [], "{text}");
        }
        assert_eq!(test_functions("#[test] fn f() {"), None);
    }

    #[test]
    fn a_files_module_is_as_its_path_says() {
        let module = |file: &str| module_of(Path::new(file), Path::new("/w/src/lib.rs"));
        assert_eq!(module("/w/src/lib.rs").as_deref(), Some(""));
        assert_eq!(module("/w/src/enemies/boss.rs").as_deref(), Some("enemies::boss"));
        assert_eq!(module("/w/src/enemies/mod.rs").as_deref(), Some("enemies"));
        assert_eq!(module("/elsewhere/a.rs"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(#\\[test\\]|mod m|fn f|[a-z:;{}()\\[\\]$#!\"'/* \n]){0,60}") {
            let _ = test_functions(&text);
        }
    }
}
