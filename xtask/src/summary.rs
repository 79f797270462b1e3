//! What all stages did, at the end, in a table and in one line that tools read.

use crate::counts::Counts;
use crate::run::say;
use crate::stages::Result;

/// Prints runners' own closing lines, a table of the stages, what is missing, and the sum.
pub(crate) fn print(results: &[Result]) {
    say("");
    for result in results {
        for line in &result.closing {
            say(&format!("{}: {line}", result.name));
        }
    }
    say("\nstage       time      passed  failed  skipped");
    for result in results {
        say(&row(result));
    }
    for (name, missing) in
        results.iter().flat_map(|result| result.missing.iter().map(|one| (result.name, one)))
    {
        say(&format!("{name}: skipped {missing}"));
    }
    let mut sum = Counts::default();
    results.iter().for_each(|result| sum += result.counts);
    say(&format!("\n{} passed, {} failed, {} skipped", sum.passed, sum.failed, sum.skipped));
}

fn row(result: &Result) -> String {
    let Counts { passed, failed, skipped } = result.counts;
    let time = format!("{}:{:02}", result.took.as_secs() / 60, result.took.as_secs() % 60);
    format!("{:<10} {time:>6} {passed:>10} {failed:>7} {skipped:>8}", result.name)
}
