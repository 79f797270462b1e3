//! Scripts whose state changes its layout while a real game runs them, and new code that fails in its first calls.

use std::time::Instant;

use liveline_protocol::engine::{Cause, Outcome, Reloaded, StateChange};
use liveline_server::face::HubEvent;
use liveline_tests::{DEADLINE, Live, PLAYER, Typist, events};
use serde_json::{Value, json};

/// A script with these declarations, which says what it has in each 50th call.
fn script(declarations: &str, sets: &str, says: &str) -> String {
    format!(
        r#"//! Says what its state is.

use game_api::{{Script, World}};

{declarations}

#[liveline::script]
impl Script for Player {{
    fn update(&mut self, world: &mut World, _dt: f32) {{
        self.ticks += 1;
        world.ticks = self.ticks;
        {sets}
        world.say(&format!({says}, self.ticks / 50));
    }}
}}
"#
    )
}

fn first() -> String {
    let declarations = r"
#[derive(Default, liveline::State)]
pub struct Player {
    ticks: u64,
    shots: u32,
    names: Vec<String>,
}";
    let sets = r#"self.shots = 7; self.names = vec!["Ada".to_owned()];"#;
    script(declarations, sets, r#""first {} {:?} {}", self.shots, self.names"#)
}

fn moved() -> String {
    let declarations = r#"
#[derive(liveline::State)]
pub struct Player {
    lives: u8,
    #[state(renamed_from = "names")]
    called: Vec<String>,
    shots: u64,
    ticks: u64,
}

impl Default for Player {
    fn default() -> Self {
        Self { lives: 3, called: Vec::new(), shots: 0, ticks: 0 }
    }
}"#;
    script(declarations, "", r#""moved {} {:?} {} {}", self.shots, self.called, self.lives"#)
}

fn impossible() -> String {
    let text = first().replace("shots: u32", "shots: String").replace("self.shots = 7;", "");
    text.replace("\"first {} {:?} {}\"", "\"anew {:?} {:?} {}\"")
}

/// A game that runs [`first`].
fn live() -> Live {
    let mut live = Live::start();
    save(&mut live, &first());
    live.game.wait_for("says first 7 [\"Ada\"]");
    live
}

fn save(live: &mut Live, text: &str) -> Reloaded {
    live.project.write(PLAYER, text);
    reloaded(live)
}

fn reloaded(live: &mut Live) -> Reloaded {
    live.server.wait("what became of it", |event| events::reloaded(event, "scripts"))
}

/// The 0-based line with `part`.
fn line_of(text: &str, part: &str) -> u64 {
    text.lines().position(|line| line.contains(part)).expect("a line with that") as u64
}

fn message(diagnostic: &Value) -> &str {
    diagnostic["message"].as_str().unwrap_or_default()
}

/// The command behind the quick fix with this title.
fn fix(typist: &mut Typist, line: u64, title: &str) -> Value {
    let fixes = typist.fixes(line)["result"].as_array().cloned().unwrap_or_default();
    let fix = fixes.iter().find(|fix| fix["title"] == title);
    fix.cloned().unwrap_or_else(|| panic!("no {title:?} in {fixes:#?}"))
}

#[test]
fn a_layout_change_keeps_what_the_game_has() {
    let mut live = live();
    let before = live.game.wait_for("says first").ticks;
    let reloaded = save(&mut live, &moved());
    assert_eq!(reloaded.outcome, Outcome::Applied, "{reloaded:#?}");
    let state = reloaded.state.expect("what became of the state");
    assert_eq!((state[0].type_name.as_str(), state[0].outcome), ("Player", StateChange::Migrated));
    let said = live.game.wait_for("says moved 7 [\"Ada\"] 3");
    assert!(said.ticks > before, "{said:?} after {before}");
}

#[test]
fn a_change_that_cannot_be_is_refused_at_its_field_and_can_be_forced() {
    let mut live = live();
    let mut typist = Typist::open(&live.project, PLAYER);
    typist.change(&impossible());
    typist.save();
    let refused = reloaded(&mut live);
    assert_eq!((refused.outcome, refused.cause), (Outcome::Refused, Some(Cause::State)), "{refused:#?}");
    let line = line_of(&impossible(), "shots: String");
    let is_refusal = |one: &Value| message(one).contains("was `u32` and is `String`");
    let shown = typist.wait_for_diagnostics("the refusal", |shown| shown.iter().any(is_refusal));
    let refusal = shown.iter().find(|one| is_refusal(one)).expect("it was found");
    assert_eq!(refusal["range"]["start"]["line"], line, "{refusal:#}");

    let before = live.game.heard().last().map_or(0, |said| said.ticks);
    let said = live.game.wait_for("says first 7 [\"Ada\"]");
    assert!(said.ticks > before, "the old code goes on with its state: {said:?} after {before}");

    fix(&mut typist, line, "Keep running the old code");
    let reset = fix(&mut typist, line, "Reset this state and reload");
    assert_eq!(reset["command"], "liveline.resetState", "{reset:#}");
    typist.command_with("liveline.resetState", reset["arguments"].clone());
    let said = live.game.wait_for("says anew \"\" [\"Ada\"]");
    assert_eq!(said.ticks, 1, "fresh state: {said:?}");
    typist.wait_for_diagnostics("nothing", <[Value]>::is_empty);
}

#[test]
fn keeping_the_old_code_clears_the_refusal_and_the_next_layout_that_can_be_goes_over() {
    let mut live = live();
    let mut typist = Typist::open(&live.project, PLAYER);
    typist.change(&impossible());
    typist.save();
    typist.wait_for_diagnostics("the refusal", |shown| !shown.is_empty());
    let line = line_of(&impossible(), "shots: String");
    let keep = fix(&mut typist, line, "Keep running the old code");
    typist.command_with(keep["command"].as_str().expect("its name"), keep["arguments"].clone());
    let deadline = Instant::now() + DEADLINE;
    // What the editor shows may have gone before the command was answered.
    while typist.fixes(line)["result"] != json!([]) {
        assert!(Instant::now() < deadline, "the refusal is still offered to be mended");
    }
    typist.change(&moved());
    typist.save();
    let said = live.game.wait_for("says moved 7 [\"Ada\"] 3");
    assert!(said.ticks > 1, "{said:?}");
}

#[test]
fn a_panic_in_the_first_calls_brings_the_generation_before_and_its_state_back() {
    let mut live = live();
    let mut typist = Typist::open(&live.project, PLAYER);
    let before = live.game.wait_for("says first").ticks;
    let bad = moved().replace("world.ticks = self.ticks;", "assert!(self.ticks == 0, \"too late\");");
    typist.change(&bad);
    typist.save();
    live.game.wait_for("fault");
    let restored = live.server.wait("the way back", |event| {
        events::reloaded(event, "scripts").filter(|reloaded| reloaded.outcome == Outcome::Restored)
    });
    let said = live.game.wait_for("says first 7 [\"Ada\"]");
    assert!(said.ticks >= before, "{said:?} after {before}");
    let is_panic = |one: &Value| message(one).contains("too late");
    let shown = typist.wait_for_diagnostics("the panic", |shown| shown.iter().any(is_panic));
    let panic = shown.iter().find(|one| is_panic(one)).expect("it was found");
    assert_eq!(panic["range"]["start"]["line"], line_of(&bad, "assert!"), "{panic:#}");
    live.server.wait("what runs", |event| match event {
        HubEvent::Status(status) => {
            let runs = status.engines.first()?.libraries.get("scripts")?;
            (runs.0 == restored.generation.0 - 1).then_some(())
        }
        _ => None,
    });

    typist.change(&moved());
    typist.save();
    let said = live.game.wait_for("says moved 7 [\"Ada\"] 3");
    assert!(said.ticks > before, "{said:?} after {before}");
    typist.wait_for_diagnostics("nothing", |shown| !shown.iter().any(is_panic));
}
