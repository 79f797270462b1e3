//! A game that runs another build of the API crate than its scripts are built against now.

use liveline_server::face::{HubEvent, Level};
use liveline_tests::{Live, Typist, events};

const API: &str = "game-api/src/lib.rs";

#[test]
fn what_changed_in_the_api_crate_is_said_where_it_changed_with_the_mend() {
    let mut live = Live::start();
    let before =
        live.project.replace(API, "    pub ticks: u64,\n", "    pub ticks: u64,\n    pub hp: u32,\n");
    live.server.wait("what changed", |event| events::message(event, Level::Warning, "field `hp` is new"));
    let file = live.project.path(API);
    let shown = live.server.wait("the refusal at the item", |event| match event {
        HubEvent::Diagnostics { path, diagnostics, .. } if *path == file => diagnostics.first().cloned(),
        _ => None,
    });
    assert_eq!(
        shown.message,
        "the running `game` has another `World`: field `hp` is new; restart the engine"
    );
    assert_eq!(shown.span.start.line, 16, "where `World` stands");
    let mut typist = Typist::open(&live.project, API);
    typist.wait_for_diagnostics("the refusal", |shown| !shown.is_empty());
    let fixes = typist.fixes(15);
    assert_eq!(fixes["result"][0]["command"], "liveline.restartEngine", "{fixes:#}");

    live.project.write(API, &before);
    live.server.wait("it is taken back", |event| events::cleared(event, &file));
}
