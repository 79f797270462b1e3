//! Which listed files are libraries of their own: those that name nothing of their package.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::tokens::{is_mark, with_tokens};

/// What is known of a script file from its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be compiled alone.
    Alone,
    /// It cannot, and why.
    WithPackage(String),
    /// Its text is no Rust yet, an open bracket for instance: what was known before still holds.
    Unknown,
}

impl Standing {
    /// Of a file's text.
    pub fn of(text: &str) -> Self {
        // Most files have none of these words, and tokens of a long one take milliseconds of each save.
        if !["crate", "super", "mod"].into_iter().any(|word| has_word(text, word)) {
            return Self::Alone;
        }
        with_tokens(text, Self::of_tokens).unwrap_or(Self::Unknown)
    }

    fn of_tokens(tokens: TokenStream) -> Self {
        // Not by recursion: brackets can be nested deeper than a stack is.
        let mut waiting = vec![Nested { tokens, modules: 0 }];
        while let Some(nested) = waiting.pop() {
            if let Some(reason) = nested.reason(&mut waiting) {
                return Self::WithPackage(reason);
            }
        }
        Self::Alone
    }
}

/// Why text cannot be compiled alone, if that is known.
pub fn why_not_alone(text: &str) -> Option<String> {
    match Standing::of(text) {
        Standing::WithPackage(reason) => Some(reason),
        Standing::Alone | Standing::Unknown => None,
    }
}

/// Whether a text has a word that no letter, digit or underscore touches.
fn has_word(text: &str, word: &str) -> bool {
    let touches =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    text.match_indices(word).any(|(at, _)| {
        !touches(text[..at].chars().next_back()) && !touches(text[at + word.len()..].chars().next())
    })
}

/// Tokens between two brackets, or of a whole file.
struct Nested {
    tokens: TokenStream,
    /// How many inline modules around them can be left with `super::`.
    modules: usize,
}

impl Nested {
    /// Why these cannot be compiled alone, the brackets among them left out: those wait.
    fn reason(self, waiting: &mut Vec<Self>) -> Option<String> {
        let Self { tokens, modules } = self;
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let word = |index: usize| match tokens.get(index) {
            Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
            _ => None,
        };
        let mark = |index: usize, wanted: char| tokens.get(index).is_some_and(|token| is_mark(token, wanted));
        let is_path = |index: usize| mark(index, ':') && mark(index + 1, ':');
        let mut index = 0;
        while index < tokens.len() {
            match &tokens[index] {
                // A macro's `$crate` is the crate that the macro is in.
                TokenTree::Ident(ident)
                    if ident == "crate" && is_path(index + 1) && !(index > 0 && mark(index - 1, '$')) =>
                {
                    return Some("it names `crate::`".to_owned());
                }
                TokenTree::Ident(ident) if ident == "super" => {
                    let mut levels = 1;
                    while is_path(index + 1) && word(index + 3).is_some_and(|word| word == "super") {
                        levels += 1;
                        index += 3;
                    }
                    if levels > modules {
                        return Some("it names `super::`".to_owned());
                    }
                }
                TokenTree::Ident(ident) if ident == "mod" => {
                    if let Some(name) = word(index + 1) {
                        match tokens.get(index + 2) {
                            Some(TokenTree::Punct(punct)) if punct.as_char() == ';' => {
                                return Some(format!("it has the submodule `{name}` in a file of its own"));
                            }
                            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                                waiting.push(Self { tokens: group.stream(), modules: modules + 1 });
                                index += 2;
                            }
                            _ => {}
                        }
                    }
                }
                TokenTree::Group(group) => waiting.push(Self { tokens: group.stream(), modules }),
                _ => {}
            }
            index += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn alone(text: &str) -> bool {
        Standing::of(text) == Standing::Alone
    }

    #[test]
    fn a_plain_script_stands_alone() {
        assert!(alone("//! Doc.\n#![allow(unused)]\nuse game_api::{Script, World};\npub(crate) struct A;\n"));
        assert!(alone("// crate::a\nconst TEXT: &str = \"super::x mod y;\";\n/* mod z; */"));
        assert!(alone("macro_rules! m { () => { $crate::f() } }\n"));
        assert!(alone("mod tests { use super::*; mod deeper { use super::super::*; use self::x; } }"));
    }

    #[test]
    fn brackets_nested_deeper_than_a_stack_are_text_too() {
        let nested =
            |inner: &str| format!("const X: u32 = {}{inner}{};", "(".repeat(60_000), ")".repeat(60_000));
        assert!(alone(&nested("1")));
        assert!(!alone(&nested("crate::x")));
        assert_eq!(Standing::of(&("crate".to_owned() + &"(".repeat(60_000))), Standing::Unknown);
        assert_eq!(Standing::of(&(")".repeat(60_000) + "crate")), Standing::Unknown);
    }

    #[test]
    fn what_names_its_package_does_not() {
        for (text, word) in [
            ("use crate::shared::Speed;", "crate::"),
            ("fn f() { if true { super::shared::f() } }", "super::"),
            ("mod inner { use super::super::x; }", "super::"),
            ("pub(super) struct A;", "super::"),
            ("#[cfg(test)]\nmod tests;", "`tests`"),
            ("pub(in crate::a) fn f() {}", "crate::"),
        ] {
            let reason = why_not_alone(text).unwrap_or_else(|| panic!("{text} does not stand alone"));
            assert!(reason.contains(word), "{text}: {reason}");
        }
    }

    #[test]
    fn half_a_file_says_nothing() {
        assert_eq!(Standing::of("fn f() { use crate::a;"), Standing::Unknown);
        assert_eq!(why_not_alone("\"open"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-z:;{}()$#!\"'/* \n]{0,80}") {
            let _ = Standing::of(&text);
        }
    }
}
