//! Going back to earlier generations in a running game, and what the editor shows meanwhile.

use liveline_protocol::engine::Generation;
use liveline_server::diagnostics::Severity;
use liveline_server::face::HubEvent;
use liveline_tests::{Live, PLAYER, Typist, events};
use serde_json::{Value, json};

fn undone(event: &HubEvent) -> Option<Option<Generation>> {
    events::status(event, "scripts").map(|status| status.undone)
}

#[test]
fn a_game_goes_back_and_forward_and_a_save_ends_it() {
    let mut live = Live::start();
    live.say("two");
    live.say("three");
    let mut typist = Typist::open(&live.project, PLAYER);
    typist.command_with("liveline.undo", json!([{ "library": "scripts" }]));
    assert!(live.game.wait_for("says two").ticks > 1, "with its state");
    let source = live.project.path("scripts/src/lib.rs");
    let shown = live.server.wait("what the editor says", |event| match event {
        HubEvent::Diagnostics { path, diagnostics, .. } if *path == source => diagnostics.first().cloned(),
        _ => None,
    });
    assert_eq!((shown.severity, shown.span.start.line), (Severity::Information, 1));
    typist.command_with("liveline.undo", json!(["scripts"]));
    live.game.wait_for("says one");
    typist.command("liveline.redo");
    live.game.wait_for("says two");
    let now =
        live.server.wait("the status", |event| undone(event).filter(Option::is_some)).expect("a number");

    typist.save();
    live.game.wait_for("says three");
    live.server.wait("nothing is undone", |event| undone(event).filter(Option::is_none));

    typist.command_with("liveline.undo", json!([{ "library": "scripts", "generation": now }]));
    live.game.wait_for("says two");
    live.project.write(PLAYER, &live.project.read(PLAYER));
    live.game.wait_for("says three");
}

#[test]
fn generations_of_a_server_that_is_gone_can_be_gone_back_to_in_either_form() {
    let mut live = Live::start();
    live.say("two");
    live.say("three");
    live.server.terminate();
    let mut server = live.project.serve_with(&[]);
    server.wait("the game is back", |event| events::applied(event, "scripts"));
    let mut typist = Typist::open(&live.project, PLAYER);
    typist.command("liveline.undo");
    live.game.wait_for("says two");
    server.wait("it is written down", |event| undone(event).filter(Option::is_some));
    server.kill();
    let mut server = live.project.serve_with(&[]);
    server.wait("what runs is known", |event| undone(event).filter(Option::is_some));
    assert!(live.game.heard().iter().all(|said| said.what != "says three"), "it stays where it went");
    live.project.write("liveline.toml", "[engine]\nloader = \"dylib\"\n");
    server.wait("the new configuration", |event| events::status(event, "scripts"));
    typist.command("liveline.undo");
    live.game.wait_for("says one");
}

#[test]
fn a_panic_stands_at_its_line_while_the_file_changes_above_it() {
    let mut live = Live::start();
    let mut typist = Typist::open(&live.project, PLAYER);
    typist.replace(
        "world.say(\"one\");",
        "world.say(\"one\");\n        assert!(self.ticks == 0, \"too late\");",
    );
    let line = typist.text().lines().position(|line| line.contains("assert!")).expect("a line") as u64;
    typist.save();
    live.game.wait_for("fault");
    let is_fault = |one: &Value| one["message"].as_str().is_some_and(|text| text.contains("panicked"));
    let at = |shown: &[Value]| {
        shown.iter().find(|one| is_fault(one)).map(|one| one["range"]["start"]["line"].clone())
    };
    let shown = typist.wait_for_diagnostics("the panic", |shown| at(shown).is_some());
    assert_eq!(at(&shown), Some(json!(line)), "{shown:#?}");

    let lower = format!("//\n//\n//\n{}", typist.text());
    typist.change(&lower);
    typist.change(&format!("{lower}\nconst WRONG: u32 = \"\";\n"));
    typist.save();
    let both = |shown: &[Value]| shown.iter().any(|one| !is_fault(one)) && at(shown) == Some(json!(line + 3));
    typist.wait_for_diagnostics("the error, and the panic at its line", both);

    typist.command_with("liveline.clearFaults", json!(["scripts"]));
    typist.wait_for_diagnostics("only the error", |shown| !shown.is_empty() && at(shown).is_none());
}
