//! What a test program prints: the lines of the standard test harness, which stable Rust has no other form of.

use std::collections::BTreeMap;

use crate::diagnostics::Position;
use crate::test_report::TestOutcome;

/// What was said of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) name: String,
    pub(super) outcome: TestOutcome,
    /// What it printed and panicked with, where it has failed.
    pub(super) text: String,
}

/// A panic's message and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Panic {
    pub(super) file: String,
    pub(super) at: Position,
    pub(super) message: String,
}

/// The names in the output of `--list --format=terse`.
pub(super) fn names(output: &str) -> Vec<String> {
    output.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

/// What a run's output says of tests, in order. What tests themselves print in between is passed over.
pub(super) fn results(output: &str) -> Vec<Said> {
    let mut texts = texts(output);
    let mut results: Vec<Said> = Vec::new();
    for line in output.lines() {
        let Some((name, outcome)) = result(line) else { continue };
        if results.iter().all(|known| known.name != name) {
            let text = texts.remove(name).unwrap_or_default();
            results.push(Said { name: name.to_owned(), outcome, text });
        }
    }
    results
}

/// `test tests::adds ... ok`, `test tests::panics - should panic ... FAILED`.
fn result(line: &str) -> Option<(&str, TestOutcome)> {
    let (name, word) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let outcome = match word.split([',', ' ']).next()? {
        "ok" => TestOutcome::Passed,
        "FAILED" => TestOutcome::Failed,
        "ignored" => TestOutcome::Ignored,
        _ => return None,
    };
    Some((name.strip_suffix(" - should panic").unwrap_or(name), outcome))
}

/// What stands below `---- NAME stdout ----`, by name.
fn texts(output: &str) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let mut current: Option<(String, String)> = None;
    for line in output.lines() {
        let head = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" stdout ----"));
        let is_end = line == "failures:" || line.starts_with("test result: ");
        if head.is_some() || is_end {
            texts.extend(current.take());
        }
        match (head, &mut current) {
            (Some(name), _) => current = Some((name.to_owned(), String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    texts.extend(current);
    texts
}

/// The first panic that a text tells of.
pub(super) fn panic(text: &str) -> Option<Panic> {
    let mut lines = text.lines();
    let place = lines.by_ref().find_map(|line| {
        let (thread, place) = line.split_once("panicked at ")?;
        thread.starts_with("thread '").then(|| place.trim_end_matches(':'))
    })?;
    let mut parts = place.rsplitn(3, ':');
    let (column, line) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let file = parts.next()?.to_owned();
    let is_over = |line: &&str| {
        line.starts_with("note: run with `RUST_BACKTRACE") || line.starts_with("stack backtrace:")
    };
    let message: Vec<&str> = lines.take_while(|line| !is_over(line)).collect();
    Some(Panic { file, at: Position { line, column }, message: message.join("\n").trim_end().to_owned() })
}

/// What a failed test that did not panic says for itself: the harness's last words, or its own.
pub(super) fn words(text: &str) -> Option<String> {
    let text = text.trim();
    let last =
        text.lines().rev().find(|line| line.starts_with("Error: ") || line.starts_with("note: test did"));
    last.or_else(|| text.lines().last()).filter(|line| !line.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OUTPUT: &str = "\nrunning 5 tests\ntest tests::adds ... ok\ntest tests::bad ... FAILED\nnoise\n\
        test tests::panics - should panic ... FAILED\ntest slow ... ignored, takes long\ntest tests::errs ... FAILED\n\n\
        failures:\n\n---- tests::bad stdout ----\nprinted\n\n\
        thread 'tests::bad' (4711) panicked at scripts/src/a b.rs:12:9:\nassertion `left == right` failed: words\n  \
        left: 1\n right: 2\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n\n\
        ---- tests::panics stdout ----\nnote: test did not panic as expected at scripts/src/a.rs:3:8\n\
        ---- tests::errs stdout ----\nError: \"no\"\n\n\nfailures:\n    tests::bad\n    tests::errs\n\n\
        test result: FAILED. 1 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";

    #[test]
    fn results_and_what_failed_tests_said_are_read() {
        use TestOutcome::{Failed, Ignored, Passed};
        let results = results(OUTPUT);
        let short: Vec<(&str, TestOutcome)> =
            results.iter().map(|said| (said.name.as_str(), said.outcome)).collect();
        let expected = [
            ("tests::adds", Passed),
            ("tests::bad", Failed),
            ("tests::panics", Failed),
            ("slow", Ignored),
            ("tests::errs", Failed),
        ];
        assert_eq!(short, expected);
        let panicked = panic(&results[1].text).expect("it panicked");
        assert_eq!(
            (panicked.file.as_str(), panicked.at),
            ("scripts/src/a b.rs", Position { line: 12, column: 9 })
        );
        assert_eq!(panicked.message, "assertion `left == right` failed: words\n  left: 1\n right: 2");
        assert_eq!(panic(&results[2].text), None);
        let said = words(&results[2].text);
        assert_eq!(said.as_deref(), Some("note: test did not panic as expected at scripts/src/a.rs:3:8"));
        assert_eq!(words(&results[4].text).as_deref(), Some("Error: \"no\""));
    }

    #[test]
    fn a_list_of_names_is_read() {
        assert_eq!(names("tests::adds: test\nspeed: benchmark\n\n1 test, 1 benchmark\n"), ["tests::adds"]);
    }

    proptest! {
        #[test]
        fn no_output_panics(text in "(test |\\.\\.\\. |ok|FAILED|---- | stdout ----|failures:|thread '|panicked at |[a-z:0-9 \n]){0,40}") {
            for said in results(&text) {
                let _ = (panic(&said.text), words(&said.text));
            }
            let _ = names(&text);
        }
    }
}
