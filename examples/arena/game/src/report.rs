//! What happens, as one line of JSON each on standard output, for whoever watches the game run.

use std::io::{self, Write};
use std::time::Duration;

use liveline::{Event, Fault, Generation, Reloaded};
use serde_json::{Value, json};

/// Where the lines go.
pub struct Report {
    out: Option<io::Stdout>,
}

impl Report {
    /// To standard output.
    pub fn stdout() -> Report {
        Report { out: Some(io::stdout()) }
    }

    /// Nowhere.
    pub fn silent() -> Report {
        Report { out: None }
    }

    /// The game is there, with these scripts.
    pub fn started<'a>(&mut self, scripts: impl Iterator<Item = &'a str>) {
        let scripts: Vec<&str> = scripts.collect();
        self.line(&json!({"event": "started", "pid": std::process::id(), "scripts": scripts}));
    }

    /// What Liveline did.
    pub fn event(&mut self, event: &Event) {
        self.line(&line(event));
    }

    /// A new generation has got through a whole frame, update and draw.
    pub fn running(&mut self, library: &str, generation: Generation, frame: u64) {
        self.line(
            &json!({"event": "running", "library": library, "generation": generation.0, "frame": frame}),
        );
    }

    /// The hash (CRC-32) of a frame's pixels.
    pub fn frame(&mut self, frame: u64, rgba: &[u8]) {
        let hash = format!("{:08x}", crc32fast::hash(rgba));
        self.line(&json!({"event": "frame", "frame": frame, "hash": hash}));
    }

    /// A game whose reader has gone plays on, silently.
    fn line(&mut self, line: &Value) {
        let Some(out) = &mut self.out else { return };
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            self.out = None;
        }
    }
}

fn line(event: &Event) -> Value {
    match event {
        Event::Attached { server, session } => {
            json!({"event": "attached", "server": server, "session": session})
        }
        Event::Detached { reason } => json!({"event": "detached", "reason": reason}),
        Event::BuildStarted { library } => json!({"event": "build-started", "library": library}),
        Event::BuildSucceeded { library, warnings } => {
            json!({"event": "build-succeeded", "library": library, "warnings": warnings})
        }
        Event::BuildFailed { library, errors, first } => {
            let first = first.as_ref().map(|first| {
                json!({"file": first.file, "line": first.line, "column": first.column, "message": first.message})
            });
            json!({"event": "build-failed", "library": library, "errors": errors, "first": first})
        }
        Event::BuildCancelled { library } => json!({"event": "build-cancelled", "library": library}),
        Event::Reloaded(reloaded) => reloaded_line(reloaded),
        Event::Refused { library, generation, reason } => {
            json!({"event": "refused", "library": library, "generation": generation.0, "reason": reason})
        }
        Event::Faulted(fault) => fault_line(fault),
        other => json!({"event": "trouble", "message": other.to_string()}),
    }
}

fn reloaded_line(reloaded: &Reloaded) -> Value {
    json!({
        "event": "reloaded",
        "library": reloaded.library,
        "generation": reloaded.generation.0,
        "saveToLiveMicros": reloaded.save_to_live.map(micros),
        "buildMicros": micros(reloaded.build),
        "loadMicros": micros(reloaded.load),
        "swapMicros": micros(reloaded.swap),
        "speculated": reloaded.speculated,
        "state": reloaded.state.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn fault_line(fault: &Fault) -> Value {
    let at =
        fault.location().map(|(file, line, column)| json!({"file": file, "line": line, "column": column}));
    json!({
        "event": "fault",
        "library": fault.library(),
        "generation": fault.generation().0,
        "script": fault.script(),
        "function": fault.function(),
        "message": fault.message(),
        "at": at,
    })
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use liveline::BuildError;

    #[test]
    fn a_failed_build_names_its_first_error() {
        let first = BuildError {
            file: "scripts/src/hud.rs".to_owned(),
            line: 3,
            column: 1,
            message: "no".to_owned(),
        };
        let event = Event::BuildFailed { library: "scripts".to_owned(), errors: 2, first: Some(first) };
        let expected = json!({
            "event": "build-failed", "library": "scripts", "errors": 2,
            "first": {"file": "scripts/src/hud.rs", "line": 3, "column": 1, "message": "no"},
        });
        assert_eq!(line(&event), expected);
    }
}
