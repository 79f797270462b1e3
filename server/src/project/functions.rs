//! The functions of a file's scripts, and where they stand: `Player::update` in `#[liveline::script] impl … for Player`.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

use super::test_functions::{self, TestFunction, may_hold_tests};
use super::tokens::{is_mark, is_word, position, with_tokens};
use crate::diagnostics::Position;

/// A longer text is no script that a person edits, and its tokens would take too long.
const LONGEST: usize = 1024 * 1024;

/// A function that the engine calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// As engines report it: `Player::update`.
    pub name: String,
    /// Where its own name begins.
    pub start: Position,
    /// Behind its own name.
    pub end: Position,
}

/// The functions and the tests of a text, each in order; `None` if it is no Rust now, with an open bracket for instance.
pub fn functions_and_tests(text: &str) -> Option<(Vec<Function>, Vec<TestFunction>)> {
    if !(text.contains("script") || may_hold_tests(text)) || text.len() > LONGEST {
        return Some(Default::default());
    }
    with_tokens(text, |tokens| (find(tokens.clone()), test_functions::find(tokens)))
}

fn find(tokens: TokenStream) -> Vec<Function> {
    let mut found = Vec::new();
    // Not by recursion: brackets can be nested deeper than a stack is.
    let mut waiting = vec![tokens];
    while let Some(tokens) = waiting.pop() {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if is_script(&tokens[at..])
                && let Some((state, body, length)) = implementation(&tokens[at + 2..])
            {
                found.extend(methods(&state, &body));
                at += 2 + length;
                continue;
            }
            if let TokenTree::Group(group) = &tokens[at]
                && group.delimiter() == Delimiter::Brace
            {
                waiting.push(group.stream());
            }
            at += 1;
        }
    }
    found.sort_by_key(|function| function.start);
    found
}

/// `#[script]`, `#[liveline::script(…)]`.
fn is_script(tokens: &[TokenTree]) -> bool {
    let [TokenTree::Punct(hash), TokenTree::Group(attribute), ..] = tokens else { return false };
    if hash.as_char() != '#' || attribute.delimiter() != Delimiter::Bracket {
        return false;
    }
    let path = attribute.stream().into_iter().take_while(|token| !matches!(token, TokenTree::Group(_)));
    matches!(path.last(), Some(TokenTree::Ident(last)) if last == "script")
}

/// The type and the body of `impl … for Type { … }`, behind other attributes, and how many tokens that is.
fn implementation(tokens: &[TokenTree]) -> Option<(String, Group, usize)> {
    let start = tokens.iter().position(|token| is_word(token, "impl"))?;
    let is_before = |token: &TokenTree| {
        matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
            || is_mark(token, '#')
            || is_word(token, "unsafe")
    };
    if !tokens[..start].iter().all(is_before) {
        return None;
    }
    let mut state = None;
    let mut has_for = false;
    for (index, token) in tokens.iter().enumerate().skip(start) {
        match token {
            TokenTree::Ident(ident) if ident == "for" => has_for = true,
            TokenTree::Ident(ident) if has_for => {
                state = Some(ident.to_string().trim_start_matches("r#").to_owned());
            }
            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
                return Some((state?, body.clone(), index + 1));
            }
            TokenTree::Punct(end) if end.as_char() == ';' => return None,
            _ => {}
        }
    }
    None
}

fn methods(state: &str, body: &Group) -> Vec<Function> {
    let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let method = |pair: &[TokenTree]| match pair {
        [TokenTree::Ident(word), TokenTree::Ident(name)] if word == "fn" => {
            let name_text = name.to_string();
            let span: Span = name.span();
            Some(Function {
                name: format!("{state}::{}", name_text.trim_start_matches("r#")),
                start: position(span.start()),
                end: position(span.end()),
            })
        }
        _ => None,
    };
    tokens.windows(2).filter_map(method).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(text: &str) -> Vec<(String, u32, u32)> {
        let (found, _) = functions_and_tests(text).expect("the text has tokens");
        found.into_iter().map(|f| (f.name, f.start.line, f.start.column)).collect()
    }

    #[test]
    fn each_function_of_a_script_is_found_where_its_name_stands() {
        let text = "//! Größe 👾\nuse x::script;\n\n#[liveline::script(name = \"p\")]\n#[allow(unused)]\nimpl Script for \
                    crate::Player {\n    fn update(&mut self) { fn inner() {} }\n    /* ö */ fn r#type(&self) {}\n}\n\
                    mod deep {\n    #[script]\n    impl super::Script for Ghost { fn draw() {} }\n}\n";
        let expected = [("Player::update", 7, 8), ("Player::type", 8, 16), ("Ghost::draw", 12, 39)];
        assert_eq!(named(text), expected.map(|(name, line, column)| (name.to_owned(), line, column)));
    }

    #[test]
    fn what_is_no_script_has_none() {
        assert_eq!(named("impl Script for Player { fn update() {} } // script"), []);
        assert_eq!(named("#[scripts] impl A for B { fn f() {} }"), []);
        assert_eq!(named("#[script] struct A; impl A for B { fn f() {} }"), []);
        assert_eq!(named("#[script] impl Player { fn f() {} }"), []);
        assert_eq!(functions_and_tests("#[script] impl A for B { fn f() {"), None);
    }

    #[test]
    fn a_shebang_is_a_line() {
        assert_eq!(named("#!/usr/bin/env x\n#[script] impl A for B { fn f() {} }")[0].1, 2);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(#\\[script\\]|impl |for |fn f|[a-z:;{}()\\[\\]$#!\"'/* \n]){0,60}") {
            let _ = functions_and_tests(&text);
        }
    }
}
