//! Signatures and names as text: canonical, so that two builds can be compared, and as a person writes them.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// `tokens` on one line, spaced as rustfmt does for signatures. Equal tokens give equal text.
pub(crate) fn one_line(tokens: TokenStream) -> String {
    let mut text = String::new();
    write(tokens, &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    let mut tokens = tokens.into_iter().peekable();
    let mut glued = true;
    while let Some(token) = tokens.next() {
        if !glued && wants_space(text, &token) {
            text.push(' ');
        }
        glued = false;
        match token {
            TokenTree::Group(group) => write_group(&group, text),
            TokenTree::Punct(punct) => {
                text.push(punct.as_char());
                glued = punct.spacing() == Spacing::Joint || punct.as_char() == '\'';
            }
            // A trailing comma says nothing; without it `f(a,)` and `f(a)` are one text.
            other => text.push_str(&other.to_string()),
        }
        if matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ',') {
            tokens.next();
            if tokens.peek().is_some() {
                text.push(',');
            }
        }
    }
}

fn write_group(group: &proc_macro2::Group, text: &mut String) {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::Brace => ("{ ", " }"),
        Delimiter::None => ("", ""),
    };
    text.push_str(open);
    write(group.stream(), text);
    text.push_str(close);
}

/// Whether a space stands between what is written and the next token.
fn wants_space(text: &str, next: &TokenTree) -> bool {
    const TIGHT_AFTER: [&str; 8] = ["(", "[", "<", "::", "&", "*", "!", "?"];
    const TIGHT_BEFORE: [char; 4] = [':', '<', '>', ';'];
    if text.is_empty() || TIGHT_AFTER.iter().any(|end| text.ends_with(end)) {
        return false;
    }
    match next {
        // `->` and `=` are set off; `:`, `<` and the like stick to what they follow.
        TokenTree::Punct(punct) => !TIGHT_BEFORE.contains(&punct.as_char()),
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
            text.ends_with([',', ':', '=', '+']) || text.ends_with("->")
        }
        _ => true,
    }
}

/// `PlayerShip` → `player_ship`, `HUD` → `hud`, `HTTPClient2` → `http_client2`.
pub(crate) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.trim_start_matches("r#").chars().collect();
    let mut text = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| letters[before]);
        let after_small = before.is_some_and(|before| !before.is_uppercase() && before != '_');
        let ends_capitals = before.is_some_and(|before| before.is_uppercase())
            && letters.get(index + 1).is_some_and(|after| after.is_lowercase());
        if letter.is_uppercase() && (after_small || ends_capitals) {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_read_as_they_are_written() {
        for line in [
            "fn update(&mut self, world: &mut World, dt: f32)",
            "fn on_hit(&mut self, world: &mut World, damage: i32) -> bool",
            "fn name<'a>(&'a self, of: &'a str) -> Option<&'a str>",
            "fn list(&self) -> Vec<(u32, Box<dyn Fn(&str) -> bool>)>",
            "fn all(&self, list: &[glam::Vec2; 3]) -> std::collections::HashMap<u8, [u8; 4]>",
            "fn none(&self) -> !",
        ] {
            let tokens: TokenStream = line.parse().unwrap();
            assert_eq!(one_line(tokens), line);
        }
    }

    #[test]
    fn layout_of_the_source_makes_no_difference() {
        let spread: TokenStream = "fn f ( & self ,\n a : u8 , ) -> Vec < u8 >".parse().unwrap();
        assert_eq!(one_line(spread), "fn f(&self, a: u8) -> Vec<u8>");
    }

    #[test]
    fn script_names_are_snake_case() {
        for (name, snake) in [
            ("Player", "player"),
            ("PlayerShip", "player_ship"),
            ("HUD", "hud"),
            ("HTTPClient2", "http_client2"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }
}
