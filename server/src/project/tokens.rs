//! A source file's tokens, for what is looked up in text that need not compile.

use std::str::FromStr;

use proc_macro2::{LineColumn, TokenStream, TokenTree};

use crate::diagnostics::Position;

/// What `read` makes of a text's tokens; nothing if it is no Rust, with an open bracket for instance.
///
/// Brackets can be nested deeper than a stack is: who goes into them does so by a list of those that wait.
pub(super) fn with_tokens<R>(text: &str, read: impl FnOnce(TokenStream) -> R) -> Option<R> {
    let result = TokenStream::from_str(without_head(text)).ok().map(read);
    // proc_macro2 keeps every text that it has read, for spans that are gone now.
    proc_macro2::extra::invalidate_current_thread_spans();
    result
}

/// Without a byte order mark and a `#!` line, which the compiler passes over too. The line itself stays: lines are
/// counted.
fn without_head(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}');
    let is_shebang = text.starts_with("#!") && !text.starts_with("#![");
    if is_shebang { text.find('\n').map_or("", |end| &text[end..]) } else { text }
}

/// A token's place as rustc counts.
pub(super) fn position(place: LineColumn) -> Position {
    Position {
        line: u32::try_from(place.line).unwrap_or(u32::MAX),
        column: u32::try_from(place.column + 1).unwrap_or(u32::MAX),
    }
}

/// Whether a token is this identifier or keyword.
pub(super) fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// Whether a token is this punctuation mark.
pub(super) fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_passed_over_and_its_line_is_counted() {
        let line = |text: &str| {
            with_tokens(text, |tokens| {
                tokens.into_iter().last().map(|token| position(token.span().start()).line)
            })
        };
        assert_eq!(line("\u{feff}#!/usr/bin/env x\nfn f() {}"), Some(Some(2)));
        assert_eq!(line("#![allow(unused)]\nfn f() {}"), Some(Some(2)));
        assert_eq!(line("#!only"), Some(None));
        assert_eq!(line("fn f() {"), None);
    }
}
