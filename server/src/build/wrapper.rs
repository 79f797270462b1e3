//! A crate root that rustc can begin before the text is there: the text's head, then `include!` of the text.
//!
//! What must stand at a crate's beginning (inner attributes and documentation) goes into the wrapper at its own
//! lines and is blanked in the text, so that every line and column stays what it is. The wrapper's name is the
//! file's with [`MARK`] behind it: never the same name, or rustc serves the wrapper's text for the file's.

use std::path::Path;

/// Behind the name of a file whose head the wrapper holds.
pub(super) const MARK: &str = "#head";
/// Begins what Liveline adds: a message that shows it is not the message of a plain build.
pub(super) const ADDED: &str = "/*liveline*/";

/// Whether a file is a wrapper.
pub(super) fn is_wrapper(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(MARK.as_bytes())
}

/// A text, cut before its first item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Split<'a> {
    /// What must stay at the crate's beginning.
    pub(super) head: &'a str,
    body: &'a str,
}

impl<'a> Split<'a> {
    /// `None` where an included text would not mean the same, or the cut cannot be made without moving a column.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let other_meaning = ["extern crate", "macro_export", "macro_use", "\u{feff}"];
        if other_meaning.iter().any(|word| text.contains(word)) {
            return None;
        }
        let (head, body) = text.split_at(head_length(text)?);
        let last_line = head.rsplit('\n').next().unwrap_or(head);
        let bound = ["no_std", "no_core", "no_implicit_prelude", "include", "recursion_limit"];
        let is_plain = last_line.is_ascii() && !bound.iter().any(|word| head.contains(word));
        (is_plain && !body.is_empty()).then_some(Self { head, body })
    }

    /// The crate root, with `crates` loaded before it waits for the text from the file `fed`.
    pub(super) fn wrapper(&self, crates: &[&str], fed: &Path) -> String {
        let crates: String = crates.iter().map(|name| format!("extern crate {name} as _;")).collect();
        format!("{}{ADDED}{crates}include!({:?});\n", self.head, fed.display().to_string())
    }

    /// The text without its head, every other character at its line and column.
    pub(super) fn fed(&self) -> String {
        let mut fed = String::with_capacity(self.head.len() + self.body.len());
        for character in self.head.chars() {
            match character {
                '\n' | '\r' | '\t' => fed.push(character),
                // As many bytes: rustc counts these too.
                other => fed.extend(std::iter::repeat_n(' ', other.len_utf8())),
            }
        }
        fed.push_str(self.body);
        fed
    }

    /// Whether the text names a crate in a path: only then may the wrapper load it.
    pub(super) fn names(&self, crate_name: &str) -> bool {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        self.body.match_indices(crate_name).any(|(at, _)| {
            let before = self.body[..at].chars().next_back();
            self.body[at + crate_name.len()..].starts_with("::") && !before.is_some_and(is_part)
        })
    }
}

/// Where the first item begins; `None` if there is none or the beginning is not understood.
fn head_length(text: &str) -> Option<usize> {
    let mut rest = text;
    if let Some(line) = text.strip_prefix("#!")
        && !skip_trivia(line)?.starts_with('[')
    {
        rest = &text[text.find('\n')?..];
    }
    loop {
        rest = skip_trivia(rest)?;
        if rest.starts_with("//!") {
            rest = &rest[rest.find('\n')?..];
        } else if rest.starts_with("/*!") {
            rest = skip_block_comment(rest)?;
        } else if let Some(attribute) = inner_attribute(rest) {
            rest = skip_brackets(attribute)?;
        } else {
            break;
        }
    }
    let is_frontmatter = rest.starts_with("---");
    (!rest.is_empty() && !is_frontmatter).then_some(text.len() - rest.len())
}

/// What begins with the bracket of `#![…]`.
fn inner_attribute(text: &str) -> Option<&str> {
    let bang = skip_trivia(text.strip_prefix('#')?)?;
    let bracket = skip_trivia(bang.strip_prefix('!')?)?;
    bracket.starts_with('[').then_some(bracket)
}

/// Skips white space and comments that document nothing.
fn skip_trivia(mut text: &str) -> Option<&str> {
    loop {
        text = text.trim_start_matches(is_space);
        let is_line = text.starts_with("//") && !text.starts_with("//!") && !is_outer(text, '/');
        let is_block = text.starts_with("/*") && !text.starts_with("/*!") && !is_outer(text, '*');
        if is_line {
            text = text.find('\n').map_or("", |end| &text[end..]);
        } else if is_block {
            text = skip_block_comment(text)?;
        } else {
            return Some(text);
        }
    }
}

/// Whether a comment documents what follows it: `///` but not `////`, `/**` but not `/***` or `/**/`.
fn is_outer(text: &str, letter: char) -> bool {
    let mut after = text.chars().skip(2);
    after.next() == Some(letter) && !after.next().is_some_and(|next| next == letter || next == '/')
}

/// rustc's white space.
fn is_space(character: char) -> bool {
    matches!(character, '\t'..='\r' | ' ' | '\u{85}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}')
}

fn skip_block_comment(text: &str) -> Option<&str> {
    let (mut depth, mut at) = (0, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes.get(at..at + 2)? {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(&text[at..]);
        }
    }
    None
}

/// Skips from a bracket to behind the one that closes it.
fn skip_brackets(text: &str) -> Option<&str> {
    let (mut depth, mut rest) = (0, text);
    loop {
        rest = skip_any_trivia(rest)?;
        let first = rest.chars().next()?;
        match first {
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' => depth -= 1,
            '"' => {
                rest = skip_string(&rest[1..])?;
                continue;
            }
            'r' | 'b' | 'c' => {
                let after = rest.trim_start_matches(['b', 'c']);
                if let Some(hashes) = after.strip_prefix('r').filter(|raw| raw.starts_with(['#', '"'])) {
                    rest = skip_raw_string(hashes)?;
                    continue;
                }
            }
            // A character may be a bracket, a lifetime is none: neither is worth telling apart here.
            '\'' => return None,
            _ => {}
        }
        rest = &rest[first.len_utf8()..];
        if depth == 0 {
            return Some(rest);
        }
    }
}

fn skip_any_trivia(text: &str) -> Option<&str> {
    let text = skip_trivia(text)?;
    // Documentation has no place in an attribute.
    (!text.starts_with("//") && !text.starts_with("/*")).then_some(text)
}

fn skip_string(text: &str) -> Option<&str> {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            '"' if !escaped => return Some(&text[at + 1..]),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

fn skip_raw_string(text: &str) -> Option<&str> {
    let hashes = text.len() - text.trim_start_matches('#').len();
    let inside = text[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    inside.find(&end).map(|at| &inside[at + end.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, head: Option<&str>) {
        assert_eq!(Split::of(text).map(|split| split.head), head, "{text:?}");
    }

    #[test]
    fn the_head_ends_where_the_first_item_begins() {
        check("fn a() {}", Some(""));
        check("//! Docs.\n\nuse a::B;\n", Some("//! Docs.\n\n"));
        check("#!/bin/sh\n#![allow(x)]\nfn a() {}", Some("#!/bin/sh\n#![allow(x)]\n"));
        check("#![allow(x)]\n#[derive(A)]\nstruct B;", Some("#![allow(x)]\n"));
        check(
            "/* a /* nested */ b */ /*! doc */\n// c\n/// of a\nfn a() {}",
            Some("/* a /* nested */ b */ /*! doc */\n// c\n"),
        );
        check("# /* x */ ! [ doc = \"]\" ] fn a() {}", Some("# /* x */ ! [ doc = \"]\" ] "));
        check("#![doc = r#\"]\"#]\nfn a() {}", Some("#![doc = r#\"]\"#]\n"));
        check(
            "#![doc = \"\\\"]\"]\n//// no doc\n/***/\nfn a() {}",
            Some("#![doc = \"\\\"]\"]\n//// no doc\n/***/\n"),
        );
        check("//! é\r\nfn a() {}", Some("//! é\r\n"));
    }

    #[test]
    fn what_would_mean_something_else_is_not_cut() {
        for text in [
            "",
            "// nothing",
            "//! only docs",
            "#![no_std]\nfn a() {}",
            "---\n[package]\n---\nfn main() {}",
            "#[macro_use] extern crate a;",
            "/* é */ fn a() {}",
            "/* open",
            "#![doc = include_str!(\"a\")]\nfn a() {}",
            "#![x('\"')] fn a() {}",
            "\u{feff}fn a() {}",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_crate_is_named_by_its_whole_name() {
        let split = Split::of("use game_api::World; fn a() { my_liveline::b() }").unwrap();
        assert!(split.names("game_api") && !split.names("liveline") && !split.names("World"));
    }

    proptest! {
        #[test]
        fn lines_columns_and_bytes_stay(text in "(//! [aé]{0,3}\r?\n|#!\\[a\\(\"[\\]é]\"\\)\\]\n|/\\*[ é\n]{0,3}\\*/|\n|\t| ){0,6}(fn aé\\(\\) \\{\\}\n){0,2}") {
            if let Some(split) = Split::of(&text) {
                let fed = split.fed();
                prop_assert_eq!(fed.len(), text.len());
                prop_assert!(fed.ends_with(split.body));
                prop_assert_eq!(fed.lines().count(), text.lines().count());
                let column = |text: &str| text[..split.head.len()].rsplit('\n').next().unwrap_or("").chars().count();
                prop_assert_eq!(column(&fed), column(&text));
                prop_assert!(fed[..split.head.len()].trim().is_empty());
                prop_assert!(split.wrapper(&["a"], Path::new("/x y")).starts_with(split.head));
            }
        }

        #[test]
        fn no_text_panics(text in "[#!\\[\\]/*\"'r\\-é\n a]{0,40}") {
            let _ = Split::of(&text);
        }
    }
}
