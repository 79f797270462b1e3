//! The statics of a source file, as far as their initial values can be compared.

use proc_macro2::{TokenStream, TokenTree};

use super::tokens::{is_mark, is_word, position, with_tokens};
use crate::diagnostics::Position;

/// One `static`, also inside of `thread_local!` and of functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Static {
    /// Its name; two of one name are told apart by their order.
    pub name: String,
    /// Its initialiser's tokens.
    pub initialiser: String,
    /// Where its name begins.
    pub start: Position,
    /// Behind its name.
    pub end: Position,
}

/// The statics of a text; none if it is no Rust.
pub fn statics(text: &str) -> Vec<Static> {
    // Most files have none, and tokens of a long one take milliseconds.
    if !text.contains("static") {
        return Vec::new();
    }
    with_tokens(text, find).unwrap_or_default()
}

fn find(tokens: TokenStream) -> Vec<Static> {
    let mut found = Vec::new();
    let mut waiting = vec![tokens];
    while let Some(tokens) = waiting.pop() {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        found.extend((0..tokens.len()).filter_map(|at| at_word(&tokens[at..])));
        waiting.extend(tokens.iter().filter_map(|token| match token {
            TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        }));
    }
    found.sort_by_key(|found| found.start);
    found
}

/// `static NAME: Type = initialiser`, up to a semicolon or the end of what is around it.
fn at_word(tokens: &[TokenTree]) -> Option<Static> {
    let (_, rest) = tokens.split_first().filter(|(first, _)| is_word(first, "static"))?;
    let rest = if rest.first().is_some_and(|token| is_word(token, "mut")) { &rest[1..] } else { rest };
    let [TokenTree::Ident(name), colon, rest @ ..] = rest else { return None };
    let end = rest.iter().position(|token| is_mark(token, ';')).unwrap_or(rest.len());
    let equals = rest[..end].iter().position(|token| is_mark(token, '=')).filter(|_| is_mark(colon, ':'))?;
    Some(Static {
        name: name.to_string(),
        initialiser: rest[equals + 1..end].iter().cloned().collect::<TokenStream>().to_string(),
        start: position(name.span().start()),
        end: position(name.span().end()),
    })
}

/// Those of `after` that have another initialiser than in `before`; new ones have none to differ from.
pub fn changed<'a>(before: &[Static], after: &'a [Static]) -> Vec<&'a Static> {
    let is_changed = |(at, found): (usize, &'a Static)| {
        let is_namesake = |other: &&Static| other.name == found.name;
        let earlier =
            before.iter().filter(is_namesake).nth(after[..at].iter().filter(is_namesake).count())?;
        (earlier.initialiser != found.initialiser).then_some(found)
    };
    after.iter().enumerate().filter_map(is_changed).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "static LIMIT: u32 = 3;\nfn f() { static mut N: [u8; 2] = [0; 2]; let s: &'static str = \"\"; }\n\
                        thread_local! { static T: Cell<u8> = const { Cell::new(1) } }\nextern \"C\" { static E: u8; }\n";

    fn names(statics: &[Static]) -> Vec<(&str, &str, u32, u32)> {
        let line = |found: &Static| (found.start.line, found.start.column);
        let all = statics.iter().map(|found| (found.name.as_str(), found.initialiser.as_str(), line(found)));
        all.map(|(name, initialiser, (line, column))| (name, initialiser, line, column)).collect()
    }

    #[test]
    fn statics_are_found_wherever_they_stand() {
        assert_eq!(
            names(&statics(TEXT)),
            [("LIMIT", "3", 1, 8), ("N", "[0 ; 2]", 2, 21), ("T", "const { Cell :: new (1) }", 3, 24),]
        );
    }

    #[test]
    fn an_edited_initialiser_is_a_change_and_a_new_static_is_none() {
        let before = statics(TEXT);
        let edited = TEXT.replace("= 3", "= 4").replace("fn f", "static NEW: u8 = 1;\nfn f");
        let after = statics(&edited);
        let names: Vec<&str> = changed(&before, &after).iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["LIMIT"]);
        assert!(changed(&before, &statics(&TEXT.replace("= 3", "=   3 /* three */"))).is_empty());
    }

    #[test]
    fn those_of_one_name_are_told_apart() {
        let text = |first: u8, second: u8| {
            format!("fn a() {{ static N: u8 = {first}; }} fn b() {{ static N: u8 = {second}; }}")
        };
        let (before, after) = (statics(&text(1, 1)), statics(&text(1, 2)));
        let found = changed(&before, &after);
        assert_eq!((found.len(), found[0].initialiser.as_str()), (1, "2"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(static|mut|[a-zA-Z:=;{}'é ]|\n){0,60}") {
            let _ = statics(&text);
        }
    }
}
