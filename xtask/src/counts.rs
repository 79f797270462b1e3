//! Reads from test runners' own closing lines how many tests passed, failed and were skipped.

use std::ops::AddAssign;

/// How many tests did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Counts {
    /// Adds up all closing lines in an output of cargo test, nextest, pytest or Node.js.
    pub(crate) fn read(output: &str) -> Self {
        let mut sum = Self::default();
        for line in output.lines().filter(|line| is_closing(line)) {
            sum += Self::of(line);
        }
        sum
    }

    /// Most closing lines name numbers before their meaning (`3 passed`), Node.js's after it (`# pass 3`).
    fn of(line: &str) -> Self {
        let mut words: Vec<&str> =
            line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        if is_node(line) {
            words.reverse();
        }
        let mut counts = Self::default();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u64>() else { continue };
            match pair[1] {
                "passed" | "pass" => counts.passed += number,
                "failed" | "fail" | "error" | "errors" => counts.failed += number,
                "ignored" | "skipped" => counts.skipped += number,
                _ => {}
            }
        }
        counts
    }
}

/// The lines that runners close with, as they came.
pub(crate) fn closing_lines(output: &str) -> impl Iterator<Item = &str> {
    output.lines().filter(|line| is_closing(line))
}

fn is_closing(line: &str) -> bool {
    let line = line.trim();
    let pytest = line.starts_with("==") && line.ends_with("==") && line.contains(" in ");
    line.starts_with("test result: ") || line.starts_with("Summary [") || pytest || is_node(line)
}

/// Node.js marks its lines in one of two ways, by the reporter.
fn is_node(line: &str) -> bool {
    let rest = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "));
    rest.is_some_and(|rest| ["pass ", "fail ", "skipped "].iter().any(|start| rest.starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, passed: u64, failed: u64, skipped: u64) {
        assert_eq!(Counts::read(output), Counts { passed, failed, skipped }, "{output}");
    }

    #[test]
    fn closing_lines_are_understood() {
        check(
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.1s",
            5,
            0,
            1,
        );
        check("     Summary [   3.210s] 12 tests run: 10 passed (1 slow), 2 failed, 4 skipped", 10, 2, 4);
        check("======= 1 failed, 9 passed, 2 skipped, 1 error in 4.04s =======", 9, 2, 2);
        check("# tests 10\n# suites 0\n# pass 9\n# fail 1\n# skipped 0", 9, 1, 0);
        check("ℹ pass 3\nℹ fail 0\nℹ skipped 2", 3, 0, 2);
    }

    #[test]
    fn several_runs_add_up_and_other_lines_do_not_count() {
        check(
            "test result: ok. 2 passed; 0 failed; 0 ignored\ntest result: ok. 3 passed; 0 failed; 0 ignored",
            5,
            0,
            0,
        );
        check("test a ... ok\n12 passed\n==== FAILURES ====", 0, 0, 0);
    }
}
