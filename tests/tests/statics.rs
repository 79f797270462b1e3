//! Statics of scripts: fresh in every generation, and an edited initial value is flagged.

use liveline_server::diagnostics::Severity;
use liveline_server::face::HubEvent;
use liveline_tests::{Live, PLAYER};

#[test]
fn an_edited_initial_value_is_flagged_and_statics_start_anew() {
    let mut live = Live::start();
    let text = live.project.read(PLAYER).replace(
        "world.say(\"one\");",
        "static CALLS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(100);\n        \
         let calls = CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);\n        \
         world.say(if calls == 100 { \"first\" } else { \"later\" });",
    );
    live.project.write(PLAYER, &text);
    live.game.wait_for("says first");
    live.game.wait_for("says later");
    let edited = text.replace("new(100)", "new(200)").replace("calls == 100", "calls == 200");
    live.project.write(PLAYER, &edited.replace("\"first\"", "\"anew\""));
    let file = live.project.path(PLAYER);
    let flag = live.server.wait("the flag", |event| match event {
        HubEvent::Diagnostics { path, diagnostics, .. } if *path == file => {
            diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Information).cloned()
        }
        _ => None,
    });
    assert!(
        flag.message.starts_with("`CALLS` has the new initial value from generation "),
        "{}",
        flag.message
    );
    let line = edited.lines().position(|line| line.contains("static CALLS")).map(|line| line + 1);
    assert_eq!(Some(flag.span.start.line as usize), line);
    live.game.wait_for("says anew");
    live.project.write(PLAYER, &edited.replace("\"first\"", "\"again\""));
    live.game.wait_for("says again");
}
