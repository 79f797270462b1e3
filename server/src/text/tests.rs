//! The buffers against a reference that is a plain string, with texts that are hard to count in.

use proptest::prelude::*;
use ropey::Rope;

use super::reference::{reference_apply, reference_lines, reference_units};
use super::*;
use crate::diagnostics::Position;

const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

/// Pieces that editors and ropes count differently.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a"),
        Just("fn x() {}"),
        Just("ü"),
        Just("e\u{301}"),
        Just("👩‍👩‍👧"),
        Just("𝒳"),
        Just("中文"),
        Just("\u{2028}"),
        Just("\u{85}"),
        Just("\u{b}"),
        Just("\t"),
        Just("\n"),
        Just("\r\n"),
        Just("\r"),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn range() -> impl Strategy<Value = LspRange> {
    let place = || (0u32..9, 0u32..24).prop_map(|(line, column)| LspPosition { line, column });
    (place(), place()).prop_map(|(start, end)| LspRange { start, end })
}

fn change() -> impl Strategy<Value = Change> {
    (prop::option::weighted(0.9, range()), text()).prop_map(|(range, text)| Change { range, text })
}

fn slice(text: &Rope, range: std::ops::Range<CharOffset>) -> String {
    text.slice(range.start.0..range.end.0).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn edits_end_in_the_same_text_as_on_a_string(start in text(), changes in prop::collection::vec(change(), 0..12)) {
        for encoding in ENCODINGS {
            let mut reference = start.clone();
            let mut document = Document::new(&start, Version(1));
            for change in &changes {
                reference_apply(&mut reference, change, encoding);
                document.apply(change, encoding);
                prop_assert_eq!(document.text().to_string(), reference.clone());
            }
        }
    }

    #[test]
    fn an_edit_says_what_it_did(start in text(), change in change()) {
        let mut document = Document::new(&start, Version(1));
        let before: Vec<char> = start.chars().collect();
        let edit = document.apply(&change, Encoding::Utf16);
        let after: Vec<char> = document.text().chars().collect();
        let at = edit.at.0;
        prop_assert_eq!(&before[..at], &after[..at]);
        prop_assert_eq!(&before[at + edit.removed..], &after[at + edit.inserted..]);
    }

    #[test]
    fn every_place_survives_the_way_to_lsp_and_back(text in text()) {
        let rope = Rope::from_str(&text);
        for encoding in ENCODINGS {
            for (line, (start, content)) in reference_lines(&text).into_iter().enumerate() {
                let mut column = 0;
                for (at, c) in content.char_indices().chain([(content.len(), ' ')]) {
                    let offset = CharOffset(text[..start + at].chars().count());
                    let position = LspPosition { line: line as u32, column: column as u32 };
                    prop_assert_eq!(encoding.position(&rope, offset), position);
                    prop_assert_eq!(encoding.offset(&rope, position), offset);
                    column += reference_units(encoding, c);
                }
            }
        }
    }

    #[test]
    fn rustc_counts_lines_by_line_feeds_alone(text in text()) {
        let lines = RustcLines::new(&Rope::from_str(&text));
        let mut place = Position { line: 1, column: 1 };
        for (at, c) in text.chars().enumerate() {
            prop_assert_eq!(lines.offset(place), CharOffset(at));
            place = match c {
                '\n' => Position { line: place.line + 1, column: 1 },
                _ => Position { column: place.column + 1, ..place },
            };
        }
        prop_assert_eq!(lines.offset(place), CharOffset(text.chars().count()));
    }

    #[test]
    fn places_that_do_not_exist_are_cut_to_the_text(text in text(), line in 0u32..20, column in 0u32..40) {
        let rope = Rope::from_str(&text);
        let lines = RustcLines::new(&rope);
        let place = Position { line, column };
        prop_assert!(lines.offset(place).0 <= rope.len_chars());
        for encoding in ENCODINGS {
            encoding.position(&rope, CharOffset((line * column) as usize));
        }
    }

    #[test]
    fn what_was_not_edited_is_found_again(
        start in text(),
        changes in prop::collection::vec(change(), 0..8),
        cut in (0usize..60, 0usize..60),
    ) {
        let mut document = Document::new(&start, Version(1));
        let old = document.text().clone();
        let limit = old.len_chars();
        let (one, other) = (cut.0.min(limit), cut.1.min(limit));
        let range = CharOffset(one.min(other))..CharOffset(one.max(other));
        let mut shift = Shift::default();
        for change in &changes {
            shift.push(document.apply(change, Encoding::Utf8));
        }
        let shifted = shift.range(range.clone());
        prop_assert!(shifted.range.start <= shifted.range.end);
        prop_assert!(shifted.range.end.0 <= document.text().len_chars());
        if shifted.untouched {
            prop_assert_eq!(slice(document.text(), shifted.range), slice(&old, range));
        }
    }

    #[test]
    fn joined_edits_carry_as_single_ones_do(
        start in text(),
        typed in prop::collection::vec(0usize..4, 0..12),
        cut in (0usize..60, 0usize..60),
    ) {
        let length = start.chars().count();
        let range = CharOffset(cut.0.min(cut.1))..CharOffset(cut.0.max(cut.1));
        let (mut joined, mut single) = (Shift::default(), range.clone());
        let mut at = length / 2;
        for inserted in typed {
            let edit = Edit { at: CharOffset(at), removed: 0, inserted };
            at += inserted;
            joined.push(edit);
            let mut one = Shift::default();
            one.push(edit);
            single = one.range(single).range;
        }
        prop_assert_eq!(joined.range(range).range, single);
    }
}

#[test]
fn text_put_in_beside_a_range_does_not_become_part_of_it() {
    let mut shift = Shift::default();
    shift.push(Edit { at: CharOffset(4), removed: 0, inserted: 2 });
    shift.push(Edit { at: CharOffset(9), removed: 0, inserted: 5 });
    let shifted = shift.range(CharOffset(4)..CharOffset(7));
    assert_eq!(shifted, Shifted { range: CharOffset(6)..CharOffset(9), untouched: true });
}

#[test]
fn a_replaced_range_covers_what_replaced_it() {
    let mut shift = Shift::default();
    shift.push(Edit { at: CharOffset(4), removed: 3, inserted: 8 });
    let shifted = shift.range(CharOffset(4)..CharOffset(7));
    assert_eq!(shifted, Shifted { range: CharOffset(4)..CharOffset(12), untouched: false });
}

#[test]
fn a_full_text_change_moves_only_what_differs() {
    let mut document = Document::new("one\ntwo\nthree\n", Version(1));
    let edit = document.apply(&Change { range: None, text: "one\n2\nthree\n".to_owned() }, Encoding::Utf16);
    assert_eq!(edit, Edit { at: CharOffset(4), removed: 3, inserted: 1 });
}

/// A plain generator, so that a failure comes again with its seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn place(&mut self) -> LspPosition {
        LspPosition { line: self.below(14) as u32, column: self.below(40) as u32 }
    }
}

/// `LIVELINE_EDITS=1000000 LIVELINE_SEED=7 cargo test -p liveline-server --lib random_edits` tries more.
#[test]
fn random_edits_in_all_encodings_end_in_the_reference_text() {
    const PIECES: [&str; 14] = [
        "x",
        "fn f() {}",
        "ü",
        "e\u{301}",
        "👩‍👩‍👧",
        "𝒳",
        "中文",
        "\u{2028}",
        "\u{85}",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "",
    ];
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let (edits, seed) = (number("LIVELINE_EDITS").unwrap_or(5_000), number("LIVELINE_SEED").unwrap_or(1));
    for encoding in ENCODINGS {
        let mut numbers = Numbers(seed);
        let mut reference = String::new();
        let mut document = Document::new("", Version(0));
        for edit in 0..edits {
            // Long enough for a rope of several leaves, and short enough to be compared often.
            let is_long = reference.len() > 3000;
            let pieces = if is_long { 0 } else { numbers.below(6) };
            let text: String = (0..pieces).map(|_| PIECES[numbers.below(14) as usize]).collect();
            let (start, end) = (numbers.place(), numbers.place());
            let range = match numbers.below(500) {
                0 => None,
                1..400 if !is_long => Some(LspRange { start, end: start }),
                _ => Some(LspRange { start, end }),
            };
            let change = Change { range, text };
            reference_apply(&mut reference, &change, encoding);
            document.apply(&change, encoding);
            if edit % 16 == 0 || edit + 1 == edits {
                let text = document.text().to_string();
                assert_eq!(text, reference, "edit {edit} with seed {seed} in {encoding:?}");
            }
        }
    }
}

#[test]
fn ten_thousand_edits_end_in_the_reference_text() {
    let mut reference = String::from("fn main() {\r\n}\r\n");
    let mut document = Document::new(&reference, Version(0));
    for number in 0..10_000u32 {
        let line = number % 50;
        let start = LspPosition { line, column: number % 7 };
        let end = LspPosition { line, column: number % 7 + u32::from(number % 3 == 0) };
        let text = ["x", "é", "👾", "\n", ""][number as usize % 5].to_owned();
        let change = Change { range: Some(LspRange { start, end }), text };
        reference_apply(&mut reference, &change, Encoding::Utf16);
        document.apply(&change, Encoding::Utf16);
    }
    assert_eq!(document.text().to_string(), reference);
}
