//! The running game, as the demo sees it: what it reports on its standard output.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use liveline_protocol::endpoint;
use serde::Deserialize;
use tokio::sync::mpsc;

use crate::os::{self, GroupChild};

/// A line of the game's report; lines of other events are skipped.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum Report {
    /// The game's loop runs.
    Started {},
    /// A generation was swapped in.
    #[serde(rename_all = "camelCase")]
    Reloaded {
        library: String,
        generation: u64,
        save_to_live_micros: Option<u64>,
        load_micros: u64,
        swap_micros: u64,
    },
    /// A generation's code has got through a whole frame.
    Running { library: String, generation: u64, frame: u64 },
    /// The game was told of errors.
    BuildFailed {},
    /// The game keeps its code.
    Refused { reason: String },
    /// The game has ended.
    #[serde(skip)]
    Gone,
}

/// A game process. Dropping it ends the game.
#[derive(Debug)]
pub(super) struct Game {
    child: Option<GroupChild>,
    pub(super) reports: mpsc::UnboundedReceiver<Report>,
}

/// Starts the game; without a window it writes a picture now and then.
pub(super) fn start(root: &Path, liveline: &Path, pictures: Option<&Path>) -> std::io::Result<Game> {
    let mut command = Command::new(crate::project::cargo());
    command.current_dir(root).args(["run", "--quiet", "--package", "game", "--", "--report"]);
    if let Some(pictures) = pictures {
        command.arg("--headless").arg("--png").arg(pictures).args(["--every", "30"]);
    }
    command.env(endpoint::ENDPOINT_VARIABLE, liveline.join(endpoint::FILE));
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = os::spawn_group(&mut command)?;
    let (sender, reports) = mpsc::unbounded_channel();
    if let Some(stdout) = child.child().stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Ok(report) = serde_json::from_str(&line) {
                    let _ = sender.send(report);
                }
            }
            let _ = sender.send(Report::Gone);
        });
    }
    Ok(Game { child: Some(child), reports })
}

impl Drop for Game {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            child.group().kill();
            let _ = child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_that_matter_are_read_and_others_are_not() {
        let line = r#"{"event":"reloaded","library":"scripts","generation":3,"saveToLiveMicros":94210,"buildMicros":81002,"loadMicros":3120,"swapMicros":18,"speculated":false,"state":[]}"#;
        let report: Report = serde_json::from_str(line).unwrap();
        assert_eq!(
            report,
            Report::Reloaded {
                library: "scripts".to_owned(),
                generation: 3,
                save_to_live_micros: Some(94210),
                load_micros: 3120,
                swap_micros: 18
            }
        );
        let line = r#"{"event":"build-failed","library":"scripts","errors":1,"first":null}"#;
        assert_eq!(serde_json::from_str::<Report>(line).unwrap(), Report::BuildFailed {});
        assert!(serde_json::from_str::<Report>(r#"{"event":"detached"}"#).is_err());
    }
}
