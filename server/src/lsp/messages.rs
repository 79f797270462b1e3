//! What has no place in the source: `window/logMessage` for all of it, `window/showMessage` for what matters.

use liveline_protocol::engine::{Build, BuildState, Outcome, Reloaded};
use tower_lsp::ls_types::{
    LogMessageParams, MessageType, ShowMessageParams,
    notification::{LogMessage, ShowMessage},
};

use super::state::State;
use crate::face::Level;

/// So many messages are held back for an editor that does not keep up.
const HELD: usize = 32;

impl State {
    /// Says something. To an editor that does not keep up, warnings and errors are said later, the newest of them,
    /// and the rest is not said.
    pub(super) fn say(&mut self, level: Level, text: &str) {
        if !self.client.outbox.is_behind() {
            return self.say_now(level, text);
        }
        if level < Level::Info {
            self.held.push_back((level, text.to_owned()));
            self.held.drain(..self.held.len().saturating_sub(HELD));
        }
    }

    /// Says what was held back, if the editor keeps up again.
    pub(super) fn say_held(&mut self) {
        while !self.client.outbox.is_behind() {
            let Some((level, text)) = self.held.pop_front() else { break };
            self.say_now(level, &text);
        }
    }

    fn say_now(&self, level: Level, text: &str) {
        let (typ, is_shown) = match level {
            Level::Error => (MessageType::ERROR, true),
            Level::Warning => (MessageType::WARNING, true),
            Level::Info => (MessageType::INFO, false),
        };
        if is_shown {
            self.client.notify::<ShowMessage>(&ShowMessageParams { typ, message: text.to_owned() });
        }
        self.client.notify::<LogMessage>(&LogMessageParams { typ, message: text.to_owned() });
    }

    /// For the log: a build has ended.
    pub(super) fn log_build(&mut self, build: &Build, micros: u64) {
        let how = match build.state {
            BuildState::Started => return,
            BuildState::Succeeded => "built",
            BuildState::Failed => "does not build",
            BuildState::Cancelled => "cancelled",
        };
        let Build { library, errors, warnings, .. } = build;
        let (errors, warnings) = (count(*errors, "error"), count(*warnings, "warning"));
        self.say(Level::Info, &format!("{library}: {how} ({} ms, {errors}, {warnings})", micros / 1000));
    }

    /// For the log: an engine took a generation or not. What is wrong about that the hub says itself.
    pub(super) fn log_reload(&mut self, reloaded: &Reloaded, save_to_live_micros: Option<u64>) {
        let Reloaded { library, generation, .. } = reloaded;
        let time = save_to_live_micros.map(|micros| format!(", {} ms after the save", micros / 1000));
        let reason = reloaded.reason.as_deref().unwrap_or("no reason given");
        let how = match reloaded.outcome {
            Outcome::Applied => format!("generation {generation} is live{}", time.unwrap_or_default()),
            Outcome::Refused => format!("generation {generation} was refused: {reason}"),
            Outcome::Restored => format!("back at generation {generation}: {reason}"),
        };
        self.say(Level::Info, &format!("{library}: {how}"));
    }
}

fn count(number: u32, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
