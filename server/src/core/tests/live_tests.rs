//! When tests of scripts run, and what is shown of them.

use super::*;
use crate::config::RunTests;
use crate::diagnostics::Span;
use crate::test_report::{Test, TestOutcome, TestReport};

fn fixture_that_runs(run: RunTests) -> Fixture {
    let mut project = project(&["a"]);
    project.config.tests.run = run;
    fixture_of(project)
}

/// The tests that are to run now: of which generation, and which alone.
fn runs(fixture: &Fixture) -> Vec<(u64, Option<String>)> {
    let run = |action: &Action| match action {
        Action::Test { generation, only, .. } => Some((generation.0, only.clone())),
        _ => None,
    };
    fixture.actions.iter().filter_map(run).collect()
}

fn ends(fixture: &Fixture) -> bool {
    fixture.actions.iter().any(|action| matches!(action, Action::EndTests(library) if library == "a"))
}

fn report(generation: u64, tests: &[(&str, TestOutcome)]) -> Event {
    let at = Position { line: 3, column: 1 };
    let test = |(name, outcome): &(&str, TestOutcome)| Test {
        name: (*name).to_owned(),
        span: Some(Span { path: SOURCE.into(), start: at, end: at }),
        outcome: *outcome,
        message: None,
        panicked_at: None,
    };
    let (library, generation) = ("a".to_owned(), Generation(generation));
    let (tests, errors) = (tests.iter().map(test).collect(), Vec::new());
    Event::Tested(TestReport { library, generation, program: None, tests, errors, micros: 1 })
}

#[test]
fn tests_of_packages_run_where_that_is_asked_for_and_a_newer_build_ends_them() {
    let mut never = fixture_that_runs(RunTests::Files);
    assert_eq!(runs(never.ends(1, "a", Outcome::Built(reload("a", 1)))), [], "a package is no script file");
    let mut all = fixture_that_runs(RunTests::All);
    assert_eq!(runs(all.ends(1, "a", Outcome::Built(reload("a", 1)))), [(1, None)]);
    assert!(ends(all.save("/w/a/src/lib.rs")));
    assert_eq!(runs(all.ends(2, "a", Outcome::Failed)), [], "only what builds is tested");
    all.save("/w/a/src/lib.rs");
    let unsaved = Reload { unsaved: true, ..reload("a", 2) };
    assert_eq!(runs(all.ends(3, "a", Outcome::Built(unsaved))), []);
}

#[test]
fn failures_stand_until_they_pass_and_those_of_an_older_generation_are_not_shown() {
    use TestOutcome::{Failed, Passed, TimedOut};
    let mut fixture = fixture_that_runs(RunTests::All);
    fixture.ends(1, "a", Outcome::Built(reload("a", 1)));
    fixture.event(report(1, &[("one", Failed), ("two", TimedOut), ("three", Passed)]));
    assert_eq!(fixture.shown(), [(SOURCE.to_owned(), 2)]);
    fixture.save("/w/a/src/lib.rs").ends(2, "a", Outcome::Built(reload("a", 2)));
    assert_eq!(fixture.shown(), [], "they stand until the next tests have ended");
    assert_eq!(fixture.event(report(1, &[])).shown(), [], "too late");
    fixture.event(report(2, &[("one", Failed), ("three", Passed)]));
    assert_eq!(fixture.shown(), [(SOURCE.to_owned(), 1)]);
}

#[test]
fn one_test_is_run_once_more_at_a_command_and_the_others_keep_their_results() {
    use TestOutcome::{Failed, Passed};
    let mut fixture = fixture_that_runs(RunTests::Never);
    let command = Command::Test { library: Some("a".to_owned()), test: Some("one".to_owned()) };
    let ask = |fixture: &mut Fixture| {
        fixture.event(Event::Command { face: FaceId(1), id: 1, command: command.clone() });
        runs(fixture)
    };
    assert_eq!(ask(&mut fixture), [], "nothing is built");
    assert_eq!(runs(fixture.ends(1, "a", Outcome::Built(reload("a", 1)))), []);
    assert_eq!(ask(&mut fixture), [(1, Some("one".to_owned()))]);
    fixture.event(report(1, &[("one", Failed), ("two", Failed)]));
    fixture.event(report(1, &[("one", Passed)]));
    assert_eq!(fixture.shown(), [(SOURCE.to_owned(), 1)]);
    let picture = fixture.core.picture();
    let told = picture.iter().find_map(|event| match event {
        HubEvent::Tested(report) => Some(report.tests.iter().map(|test| test.outcome).collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(told, Some(vec![Passed, Failed]));
}
