//! The book's chapters as a reader follows them: fenced blocks that are files to write, changes to make, commands to
//! run, or what a terminal shows then.
//!
//! | block | means |
//! |---|---|
//! | `sh` | commands, run to their end |
//! | `sh,terminal=NAME` | a command that stays in a terminal of its own |
//! | `text` | lines that the commands before it have printed |
//! | `text,terminal=NAME` | lines that this terminal prints from now on, the last one after all others |
//! | `rust,file=PATH`, `toml,file=PATH` | the whole file |
//! | `diff,file=PATH` | lines of it that change |
//! | `<!-- editor: COMMAND -->` | a command in an editor |
//! | `<!-- end: NAME -->` | Ctrl+C in this terminal |

/// One thing to do, or to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Commands in the reader's terminal.
    Run(String),
    /// A command that stays in a terminal of this name.
    Start(String, String),
    /// What the last commands have printed.
    Printed(String),
    /// What the terminal of this name prints.
    Shows(String, String),
    /// A file's whole text.
    Write(String, String),
    /// A file's lines that change.
    Change(String, String),
    /// A command in an editor.
    Editor(String),
    /// The end of the terminal of this name.
    End(String),
}

/// The steps of a chapter in their order, each with its line, 1-based.
///
/// # Panics
/// On a block that has no end.
pub fn steps(chapter: &str) -> Vec<(usize, Step)> {
    let mut steps = Vec::new();
    let mut lines = chapter.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let body: Vec<&str> =
                lines.by_ref().map(|(line, _)| line).take_while(|line| *line != "```").collect();
            assert!(number + body.len() < chapter.lines().count(), "the block at line {number} has no end");
            let text = body.iter().map(|line| format!("{line}\n")).collect();
            steps.extend(block(info, text).map(|step| (number, step)));
        } else if let Some(note) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            let step = match note.split_once(": ") {
                Some(("editor", command)) => Some(Step::Editor(command.to_owned())),
                Some(("end", name)) => Some(Step::End(name.to_owned())),
                _ => None,
            };
            steps.extend(step.map(|step| (number, step)));
        }
    }
    steps
}

fn block(info: &str, text: String) -> Option<Step> {
    let (language, rest) = info.split_once(',').unwrap_or((info, ""));
    let is = |key: &str| rest.strip_prefix(key).and_then(|rest| rest.strip_prefix('=')).map(str::to_owned);
    match (language, is("file"), is("terminal")) {
        ("sh", _, Some(name)) => Some(Step::Start(name, text)),
        ("sh", ..) => Some(Step::Run(text)),
        ("text", _, Some(name)) => Some(Step::Shows(name, text)),
        ("text", ..) => Some(Step::Printed(text)),
        ("diff", Some(file), _) => Some(Step::Change(file, text)),
        (_, Some(file), _) => Some(Step::Write(file, text)),
        _ => None,
    }
}

/// A text with the lines of a `diff` block changed. The block's old lines must stand in it once.
pub fn changed(text: &str, diff: &str) -> Result<String, String> {
    let side = |other: char| -> String {
        let kept = diff.lines().filter(|line| !line.starts_with(other));
        kept.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect()
    };
    let (old, new) = (side('+'), side('-'));
    match text.matches(&old).count() {
        1 => Ok(text.replacen(&old, &new, 1)),
        count => Err(format!("these lines stand {count} times in it:\n{old}\nof\n{text}")),
    }
}

/// Whether a line is the one that the book shows: any number stands for any other, a time's unit too, and `…` for
/// anything.
pub fn is_like(shown: &str, line: &str) -> bool {
    let (shown, line) = (without_numbers(shown.trim()), without_numbers(line.trim()));
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn without_numbers(line: &str) -> String {
    let mut text = String::new();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        if !letter.is_ascii_digit() {
            text.push(letter);
            continue;
        }
        text.push('0');
        while letters.next_if(|next| next.is_ascii_digit() || *next == '.').is_some() {}
    }
    let is_long = |word: &str| word == "s";
    let words: Vec<&str> = text.split(' ').map(|word| if is_long(word) { "ms" } else { word }).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chapter_is_read_as_steps() {
        let chapter = "# A\n\n```sh\nmkdir a\n```\n```rust,file=a/b.rs\nfn b() {}\n```\n\n```lua\nno\n```\n\
                       <!-- editor: liveline.undo -->\n```text,terminal=game\nday 1\n```\n<!-- end: game -->\n";
        let expected = [
            (3, Step::Run("mkdir a\n".to_owned())),
            (6, Step::Write("a/b.rs".to_owned(), "fn b() {}\n".to_owned())),
            (13, Step::Editor("liveline.undo".to_owned())),
            (14, Step::Shows("game".to_owned(), "day 1\n".to_owned())),
            (17, Step::End("game".to_owned())),
        ];
        assert_eq!(steps(chapter), expected);
    }

    #[test]
    fn a_change_replaces_the_only_place_that_it_fits() {
        let diff = " a\n-b\n+c\n+d\n";
        assert_eq!(changed("x\na\nb\ny\n", diff).as_deref(), Ok("x\na\nc\nd\ny\n"));
        assert!(changed("a\nb\na\nb\n", diff).is_err());
        assert!(changed("a\n", diff).is_err());
    }

    #[test]
    fn a_line_is_like_another_but_for_numbers_and_gaps() {
        for (shown, line) in [
            ("built in 47 ms", "built in 1.2 s"),
            ("engine `game` (41207) attached", "engine `game` (7) attached"),
            ("live…", "live · last save"),
            ("no day: …fell in on day 3…", "no day: scripts/src/miner.rs:9:3: fell in on day 12 (again)"),
        ] {
            assert!(is_like(shown, line), "{shown:?} {line:?}");
        }
        for (shown, line) in [("day 3", "days 3"), ("a…b", "a"), ("…c", "cd"), ("1 error", "1 errors")] {
            assert!(!is_like(shown, line), "{shown:?} {line:?}");
        }
    }
}
