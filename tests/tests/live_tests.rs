//! The tests of a script, run after each good build.

use liveline_server::face::HubEvent;
use liveline_server::test_report::{TestOutcome, TestReport};
use liveline_tests::{PLAYER, Project, Server, Typist, events};
use serde_json::json;

const FILES: &str =
    "[[library]]\nfiles = \"scripts/src/*.rs\"\napi = \"game-api\"\n[tests]\nlimit-millis = 3000\n";

fn tests(functions: &str) -> String {
    format!("\n#[cfg(test)]\nmod tests {{\n    use super::*;\n\n{functions}}}\n")
}

fn tested(server: &mut Server, library: &str) -> TestReport {
    server.wait("the tests have ended", |event| match event {
        HubEvent::Tested(report) if report.library == library && report.has_any() => Some(report.clone()),
        _ => None,
    })
}

fn outcomes(report: &TestReport) -> Vec<(&str, TestOutcome)> {
    report.tests.iter().map(|test| (test.name.as_str(), test.outcome)).collect()
}

#[test]
fn a_scripts_tests_run_after_its_save_and_what_fails_stands_at_its_line() {
    use TestOutcome::{Crashed, Failed, Ignored, Passed, TimedOut};
    let project = Project::sample();
    project.write("liveline.toml", FILES);
    let mut server = project.serve();
    let mut game = project.play();
    game.wait_for("says one");
    let plain = project.read(PLAYER);
    let functions = "    #[test]\n    fn starts_at_zero() {\n        assert_eq!(Player::default().ticks, 0);\n    }\n\n    \
                     #[test]\n    fn is_wrong() {\n        println!(\"printed\");\n        \
                     assert_eq!(Player::default().ticks, 7, \"ticks\");\n    }\n\n    \
                     #[test]\n    #[ignore]\n    fn is_slow() {}\n";
    project.write(PLAYER, &(plain.replace("\"one\"", "\"two\"") + &tests(functions)));
    game.wait_for("says two");
    let player = project.path(PLAYER);
    let shown = server.wait("the failure is shown", |event| events::errors_in(event, &player));
    let report = tested(&mut server, "player");
    assert_eq!(
        outcomes(&report),
        [("tests::is_slow", Ignored), ("tests::is_wrong", Failed), ("tests::starts_at_zero", Passed)]
    );
    let text = project.read(PLAYER);
    let line = |part: &str| 1 + text.lines().position(|line| line.contains(part)).expect(part) as u32;
    assert_eq!(shown[0].span.start.line, line("ticks, 7"), "{shown:#?}");
    assert!(
        shown[0].message.contains("assertion `left == right` failed: ticks\n  left: 0\n right: 7"),
        "{shown:#?}"
    );

    // What ends its process or never ends costs the others nothing.
    let functions = "    #[test]\n    fn aborts() {\n        std::process::abort();\n    }\n\n    \
                     #[test]\n    fn never_ends() {\n        loop {\n            std::thread::park();\n        }\n    }\n\n    \
                     #[test]\n    fn passes() {}\n";
    project.write(PLAYER, &(plain.replace("\"one\"", "\"three\"") + &tests(functions)));
    game.wait_for("says three");
    let report = tested(&mut server, "player");
    let expected = [("tests::aborts", Crashed), ("tests::never_ends", TimedOut), ("tests::passes", Passed)];
    assert_eq!(outcomes(&report), expected);

    // Code that is for tests alone can be wrong without the game's knowing of it.
    project.write(
        PLAYER,
        &(plain.replace("\"one\"", "\"four\"") + &tests("    #[test]\n    fn f() { let _: u8 = \"\"; }\n")),
    );
    game.wait_for("says four");
    let report = tested(&mut server, "player");
    assert_eq!(report.errors[0].code.as_ref().map(|code| code.value.as_str()), Some("E0308"), "{report:#?}");

    project
        .write(PLAYER, &(plain.replace("\"one\"", "\"five\"") + &tests("    #[test]\n    fn passes() {}\n")));
    game.wait_for("says five");
    server.wait("nothing is wrong any more", |event| events::cleared(event, &player));
    assert_eq!(outcomes(&tested(&mut server, "player")), [("tests::passes", Passed)]);
}

#[test]
fn a_packages_tests_run_where_that_is_asked_for_or_at_a_command() {
    let project = Project::sample();
    let functions = "    #[test]\n    fn is_wrong() {\n        assert_eq!(helper::seven(), 8);\n    }\n\n    #[test]\n    fn passes() {}\n";
    project.write(PLAYER, &(project.read(PLAYER) + &tests(functions)));
    // A dependency of tests alone.
    std::fs::create_dir_all(project.path("helper/src")).expect("a folder");
    project.write(
        "helper/Cargo.toml",
        "[package]\nname = \"helper\"\nversion = \"0.0.0\"\nedition = \"2024\"\n",
    );
    project.write("helper/src/lib.rs", "//! Helps tests.\n\npub fn seven() -> u8 {\n    7\n}\n");
    let manifest = project.read("scripts/Cargo.toml");
    project.write("scripts/Cargo.toml", &(manifest + "\n[dev-dependencies]\nhelper.path = \"../helper\"\n"));
    let mut server = project.serve();
    let mut typist = Typist::open(&project, PLAYER);
    server.wait("it is built", events::all_built);
    typist.command_with("liveline.test", json!([{ "library": "scripts", "test": "player::tests::passes" }]));
    let report = tested(&mut server, "scripts");
    assert_eq!(
        outcomes(&report),
        [("player::tests::passes", TestOutcome::Passed)],
        "only the one, and only now"
    );
    typist.command_with("liveline.test", json!([]));
    let report = tested(&mut server, "scripts");
    let wrong = &report.tests[0];
    assert_eq!((wrong.name.as_str(), wrong.outcome), ("player::tests::is_wrong", TestOutcome::Failed));
    let span = wrong.span.as_ref().expect("its place");
    assert_eq!(span.path, project.path(PLAYER));
    let line = project.read(PLAYER).lines().position(|line| line.contains("seven(), 8")).expect("the line");
    assert_eq!(span.start.line as usize, line + 1);

    project.write("liveline.toml", "[tests]\nrun = \"all\"\n");
    project.replace(PLAYER, "seven(), 8", "seven(), 7");
    let is_good = |event: &HubEvent| match event {
        HubEvent::Tested(report) => (report.count(TestOutcome::Passed) == 2).then_some(()),
        _ => None,
    };
    server.wait("both pass, by themselves", is_good);
}
