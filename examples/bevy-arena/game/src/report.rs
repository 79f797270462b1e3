//! What Liveline does, one line each on standard output.

use std::io::{self, Write};

use bevy::prelude::*;
use liveline_bevy::{ScriptEvent, ScriptFaulted};

/// Adds the report.
pub fn plugin(app: &mut App) {
    app.add_systems(Last, report);
}

/// A game whose reader has gone plays on.
fn report(mut events: MessageReader<ScriptEvent>, mut faults: MessageReader<ScriptFaulted>) {
    let mut out = io::stdout();
    for ScriptEvent(event) in events.read() {
        let _ = writeln!(out, "liveline: {event}");
    }
    for fault in faults.read() {
        let _ = writeln!(out, "fault: {fault}");
    }
}
