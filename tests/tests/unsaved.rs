//! Builds of unsaved text: what they leave for the save, and that nobody can tell where they were made.

use liveline_protocol::engine::{ArtifactKind, Generation};
use liveline_server::build::job::{Outcome, Purpose};
use liveline_server::diagnostics::Severity;
use liveline_tests::{PLAYER, Project, Shop};

const DYLIB: ArtifactKind = ArtifactKind::Dylib;
const OBJECT: ArtifactKind = ArtifactKind::Object;

fn edited(shop: &Shop, word: &str) -> String {
    shop.project.read(PLAYER).replace("\"one\"", &format!("{word:?}"))
}

#[test]
fn a_save_of_text_that_was_built_runs_no_compiler() {
    for kind in [DYLIB, OBJECT] {
        let shop = Shop::sample("");
        shop.save("scripts", kind).reload();
        let text = edited(&shop, "two");
        let built = shop.speculate("scripts", &[(PLAYER, &text)], kind);
        assert!(matches!(built.outcome, Outcome::Ready { .. }), "{built:?}");
        assert!(!built.stages.is_empty());
        shop.project.write(PLAYER, &text);
        let saved = shop.save("scripts", kind);
        let reload = saved.reload();
        assert!(reload.speculated && !reload.unsaved && saved.stages.is_empty(), "{saved:?}");
        assert_eq!((reload.generation, reload.artifact.kind), (Generation(2 + first(&shop)), kind));
        let again = shop.save("scripts", kind);
        assert!(matches!(again.outcome, Outcome::Unchanged { .. }), "{again:?}");
    }
}

/// The copied sample comes with a generation of its own.
fn first(shop: &Shop) -> u64 {
    shop.workshop.last_good("scripts").map_or(0, |reload| reload.generation.0 - 2)
}

#[test]
fn other_text_than_was_built_is_compiled() {
    let shop = Shop::sample("");
    shop.save("scripts", DYLIB).reload();
    shop.speculate("scripts", &[(PLAYER, &edited(&shop, "two"))], DYLIB);
    shop.project.write(PLAYER, &edited(&shop, "three"));
    let saved = shop.save("scripts", DYLIB);
    assert!(!saved.reload().speculated && !saved.stages.is_empty());
    let bytes = shop.artifact(&saved.reload());
    assert!(bytes.windows(5).any(|part| part == b"three"));
}

#[test]
fn errors_in_unsaved_text_are_told_at_once_when_it_is_saved() {
    let shop = Shop::sample("");
    shop.save("scripts", DYLIB).reload();
    let text = edited(&shop, "two").replace("self.ticks += 1", "self.ticks += \"x\"");
    let built = shop.speculate("scripts", &[(PLAYER, &text)], DYLIB);
    assert!(matches!(built.outcome, Outcome::Failed), "{built:?}");
    assert_eq!(built.diagnostics[0].span.path, shop.project.path(PLAYER));
    shop.project.write(PLAYER, &text);
    let saved = shop.save("scripts", DYLIB);
    assert!(matches!(saved.outcome, Outcome::Failed) && saved.stages.is_empty(), "{saved:?}");
    assert_eq!(saved.diagnostics, built.diagnostics);
}

#[test]
fn what_unsaved_text_makes_is_what_the_saved_file_makes() {
    let shop = Shop::sample("");
    shop.save("scripts", DYLIB).reload();
    let panics = "self.ticks += 1; if self.ticks == 0 { panic!(\"{}\", file!()) } let unused = include_str!(\"../Cargo.toml\");";
    let text = edited(&shop, "two").replace("self.ticks += 1;", panics);
    let unsaved = shop.speculate("scripts", &[(PLAYER, &text)], DYLIB);
    shop.project.write(PLAYER, &text);
    let prepared = shop.save("scripts", DYLIB).reload();
    let mut order = shop.order("scripts", Purpose::Saved, &[], DYLIB);
    order.force = true;
    let saved = shop.build(&order);
    assert_eq!(prepared.artifact.sha256, saved.reload().artifact.sha256);
    assert_eq!(unsaved.diagnostics, saved.diagnostics);
    assert_eq!(unsaved.diagnostics[0].severity, Severity::Warning);
    let bytes = shop.artifact(&prepared);
    let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(has("scripts/src/player.rs") && !has("shadow"));
}

#[test]
fn unsaved_text_of_a_dependency_needs_cargo() {
    let shop = Shop::sample("");
    shop.save("scripts", DYLIB).reload();
    let api = "game-api/src/lib.rs";
    let text = format!("{}\n// more\n", shop.project.read(api));
    assert!(matches!(shop.speculate("scripts", &[(api, &text)], DYLIB).outcome, Outcome::NotNow));
}

#[test]
fn unsaved_text_is_published_where_that_is_asked_for_and_counts_as_saved_by_its_save() {
    let shop = Shop::sample("");
    shop.save("scripts", DYLIB).reload();
    let text = edited(&shop, "two");
    let live = shop.build(&shop.order("scripts", Purpose::Live, &[(PLAYER, &text)], DYLIB)).reload();
    assert!(live.unsaved && live.speculated);
    shop.project.write(PLAYER, &text);
    match shop.save("scripts", DYLIB).outcome {
        Outcome::Unchanged { reload, .. } => {
            assert_eq!((reload.unsaved, reload.generation), (false, live.generation));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn folders_with_spaces_and_letters_of_any_script_are_no_obstacle() {
    let folder = "dossier é 日本 \"x\"";
    let project = Project::sample_in(folder);
    let shop = Shop::over(project);
    let first = shop.save("scripts", OBJECT);
    first.reload();
    let text = edited(&shop, "two");
    let bad = text.replace("self.ticks += 1", "self.ticks += include_str!(\"none.txt\")");
    let failed = shop.speculate("scripts", &[(PLAYER, &bad)], OBJECT);
    assert!(failed.diagnostics.iter().any(|d| d.message.contains("`scripts/src/none.txt`")), "{failed:?}");
    assert_eq!(failed.diagnostics[0].span.path, shop.project.path(PLAYER));
    let ready = shop.speculate("scripts", &[(PLAYER, &text)], OBJECT);
    assert!(matches!(ready.outcome, Outcome::Ready { .. }), "{ready:?}");
    shop.project.write(PLAYER, &text);
    let reload = shop.save("scripts", OBJECT).reload();
    assert!(reload.speculated && reload.artifact.kind == OBJECT);
    let linked = shop.workshop.in_form("scripts", reload.generation, DYLIB).unwrap();
    assert!(shop.artifact(&linked).starts_with(b"\x7fELF"));
}

#[test]
fn a_failure_for_want_of_a_file_is_not_believed_when_the_file_has_come() {
    let shop = Shop::sample("");
    shop.save("scripts", DYLIB).reload();
    let root = "scripts/src/lib.rs";
    let text = format!("{}\npub mod more;\n", shop.project.read(root));
    let built = shop.speculate("scripts", &[(root, &text)], DYLIB);
    assert!(matches!(built.outcome, Outcome::Failed), "{built:?}");
    shop.project.write("scripts/src/more.rs", "pub fn more() {}\n");
    shop.project.write(root, &text);
    assert!(matches!(shop.save("scripts", DYLIB).outcome, Outcome::Built(_)));
}

#[test]
fn the_formatted_text_is_built_too() {
    let shop = Shop::sample("");
    shop.save("scripts", OBJECT).reload();
    let text = edited(&shop, "two").replace("self.ticks += 1;", "self.ticks+=1  ;");
    let order = shop.order("scripts", Purpose::Speculative, &[(PLAYER, &text)], OBJECT);
    assert!(matches!(shop.build(&order).outcome, Outcome::Ready { .. }));
    shop.workshop.prepare(&order);
    shop.project.write(PLAYER, &edited(&shop, "two"));
    let saved = shop.save("scripts", OBJECT);
    assert!(saved.reload().speculated && saved.stages.is_empty(), "{saved:?}");
}
