//! Unsaved text: built while it is typed, kept from the engine until it is saved, shown where it is wrong.

use liveline_server::face::Speculated;
use liveline_tests::{Live, PLAYER, Typist, events};

const LIVE_MODE: &str = "[build]\napply = \"pause\"\n";

#[test]
fn a_save_runs_what_was_built_while_it_was_typed() {
    let mut live = Live::start();
    let mut typist = Typist::open(&live.project, PLAYER);
    typist.replace("\"one\"", "\"two\"");
    let outcome =
        live.server.wait("a build of the unsaved text", |event| events::speculated(event, "scripts"));
    assert_eq!(outcome, Speculated::Ready);
    let announced = |event: &_| events::announced(event, "scripts");
    assert!(live.server.heard().iter().find_map(announced).is_none(), "unsaved text goes to no engine");
    assert!(live.game.heard().is_empty());

    typist.save();

    let reload = live.server.wait("the save's generation", announced);
    assert!(reload.speculated && !reload.unsaved, "{reload:?}");
    assert!(live.game.wait_for("says two").ticks > 1, "with its state");
}

#[test]
fn a_save_of_other_text_than_was_built_runs_what_was_saved() {
    let mut live = Live::start();
    let mut typist = Typist::open(&live.project, PLAYER);
    typist.replace("\"one\"", "\"two\"");
    live.server.wait("a build of the unsaved text", |event| events::speculated(event, "scripts"));
    typist.replace("\"two\"", "\"three\"");
    typist.save();
    live.game.wait_for("says three");
    assert!(live.game.heard().iter().all(|said| said.what != "says two"));
}

#[test]
fn an_error_is_shown_before_it_is_saved_and_goes_when_it_is_mended() {
    let mut live = Live::start();
    let mut typist = Typist::open(&live.project, PLAYER);
    typist.replace("world.say(\"one\")", "\n\n        world.say(1)");
    let shown = typist.wait_for_diagnostics("the error", |shown| !shown.is_empty());
    assert_eq!(shown[0]["range"]["start"]["line"], 16, "{shown:#?}");
    assert!(live.project.read(PLAYER).contains("\"one\""), "the file is as it was");
    typist.replace("world.say(1)", "world.say(\"four\")");
    typist.wait_for_diagnostics("no error", <[_]>::is_empty);
    typist.save();
    live.game.wait_for("says four");
}

#[test]
fn what_is_closed_unsaved_leaves_no_diagnostic() {
    let live = Live::start();
    let mut typist = Typist::open(&live.project, PLAYER);
    typist.replace("\"one\"", "1");
    typist.wait_for_diagnostics("the error", |shown| !shown.is_empty());
    typist.close();
    typist.wait_for_diagnostics("no error", <[_]>::is_empty);
}

#[test]
fn paths_are_the_real_ones() {
    let mut live = Live::start();
    live.project.write("scripts/src/word.txt", "from a file");
    let mut typist = Typist::open(&live.project, PLAYER);
    typist.replace(
        "world.say(\"one\")",
        "world.say(&format!(\"{} in {}\", include_str!(\"word.txt\"), file!()))",
    );
    live.server.wait("a build of the unsaved text", |event| events::speculated(event, "scripts"));
    typist.save();
    live.game.wait_for("says from a file in scripts/src/player.rs");
    live.project.write("scripts/src/word.txt", "from the same file");
    live.game.wait_for("says from the same file in scripts/src/player.rs");
    typist.replace("world.say(&", "let text: &str = &");
    typist.replace("file!()))", "file!()); panic!(\"{text}\")");
    live.server.wait("a build of the unsaved text", |event| events::speculated(event, "scripts"));
    typist.save();
    live.game.wait_for("fault");
    let shown = typist.wait_for_diagnostics("the panic at its line", |shown| !shown.is_empty());
    assert!(shown[0]["message"].as_str().is_some_and(|text| text.contains("panicked")), "{shown:#?}");
}

#[test]
fn in_live_mode_a_pause_is_enough() {
    let mut live = Live::start();
    live.project.write("liveline.toml", LIVE_MODE);
    let mut typist = Typist::open(&live.project, PLAYER);
    typist.replace("\"one\"", "\"two\"");
    live.game.wait_for("says two");
    let status = live
        .server
        .wait("the status", |event| events::status(event, "scripts").filter(|status| status.unsaved));
    assert!(status.generation.0 > 1);
    assert!(live.project.read(PLAYER).contains("\"one\""));

    typist.command("liveline.undo");
    live.game.wait_for("says one");
    typist.replace("\"two\"", "\"three\"");
    live.game.wait_for("says three");
    live.project.write("liveline.toml", "");
    live.game.wait_for("says one");
}
