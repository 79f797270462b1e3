//! Edits as a programmer makes them: a statement in a function's body, another one each time.

use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A script's text, and where a statement can be put into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Editable {
    text: String,
    at: usize,
}

impl Editable {
    /// Finds the longest function body; `None` if the text has none.
    pub(super) fn new(text: &str) -> Option<Self> {
        let tokens = TokenStream::from_str(text).ok()?;
        let mut bodies = Vec::new();
        collect(tokens, &mut bodies);
        let longest = bodies.into_iter().max_by_key(|body| body.len())?;
        text.is_char_boundary(longest.start).then(|| Self { text: text.to_owned(), at: longest.start })
    }

    /// The text with edit number `number`: as many lines as before, other machine code.
    pub(super) fn with(&self, number: u32) -> String {
        let (before, after) = self.text.split_at(self.at);
        format!("{before} ::core::hint::black_box({number}u32);{after}")
    }

    /// How many lines it has.
    pub(super) fn lines(&self) -> usize {
        self.text.lines().count()
    }
}

/// The insides of function bodies, as byte ranges. Those of `const` functions and of macros do not count.
fn collect(tokens: TokenStream, bodies: &mut Vec<std::ops::Range<usize>>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let word = |index: usize| match tokens.get(index) {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    };
    let mut index = 0;
    while index < tokens.len() {
        let is_macro = word(index).is_some_and(|word| word == "macro_rules");
        let is_test_module =
            word(index).as_deref() == Some("mod") && word(index + 1).as_deref() == Some("tests");
        if is_macro || is_test_module {
            index = next(&tokens, index, |token| matches!(token, TokenTree::Group(_))) + 1;
            continue;
        }
        if word(index).as_deref() == Some("fn") && word(index + 1).is_some() {
            let before = index.checked_sub(1).and_then(&word);
            let end = next(&tokens, index, is_end_of_signature);
            if let Some(TokenTree::Group(group)) = tokens.get(end)
                && group.delimiter() == Delimiter::Brace
                && before.as_deref() != Some("const")
            {
                let inside = group.span_open().byte_range().end..group.span_close().byte_range().start;
                bodies.push(inside);
            }
            index = end + 1;
            continue;
        }
        if let TokenTree::Group(group) = &tokens[index]
            && group.delimiter() == Delimiter::Brace
        {
            collect(group.stream(), bodies);
        }
        index += 1;
    }
}

fn is_end_of_signature(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    }
}

fn next(tokens: &[TokenTree], from: usize, is_it: impl Fn(&TokenTree) -> bool) -> usize {
    tokens[from..].iter().position(is_it).map_or(tokens.len(), |offset| from + offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_longest_body_gets_the_statement() {
        let text = "//! Doc “é”.\nimpl Script for A {\n    fn a(&self) { 1; }\n    fn update(&mut self) {\n        \
                    self.x += 1;\n    }\n}\n";
        let edited = Editable::new(text).unwrap().with(7);
        assert!(edited.contains("fn update(&mut self) { ::core::hint::black_box(7u32);\n"), "{edited}");
        assert_eq!(edited.lines().count(), text.lines().count());
    }

    #[test]
    fn functions_that_cannot_take_it_are_passed_over() {
        let text = "const fn long() -> u32 { 1 + 2 + 3 + 4 + 5 }\nmacro_rules! m { () => { fn f() { aaaaaaaaaaaaaaaaa } } }\n\
                    trait T { fn none(); }\n#[cfg(test)] mod tests { fn test() { aaaaaaaaaaaaaaaaaaaaaaa } }\nfn f() { 1; }\n";
        assert!(
            Editable::new(text).unwrap().with(1).ends_with("fn f() { ::core::hint::black_box(1u32); 1; }\n")
        );
        assert_eq!(Editable::new("struct A;"), None);
        assert_eq!(Editable::new("fn f() {"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-zé:;{}()$#!\"'/* \n]{0,80}") {
            if let Some(editable) = Editable::new(&text) {
                prop_assert_eq!(editable.with(1).len(), text.len() + " ::core::hint::black_box(1u32);".len());
            }
        }
    }
}
