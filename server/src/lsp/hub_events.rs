//! What the hub says, and what it means when it comes and goes.

use std::path::Path;

use liveline_protocol::engine::BuildState;

use super::state::State;
use crate::face::{FaceEvent, HubEvent, Level, who_builds};

impl State {
    /// The hub says something.
    pub(super) fn hub_said(&mut self, event: HubEvent) {
        match event {
            HubEvent::Connected { root, owner, pid } => self.hub_connected(&root, owner, pid),
            HubEvent::Diagnostics { path, diagnostics, seen } => {
                self.diagnosed(path, diagnostics, seen.as_ref())
            }
            HubEvent::Status(status) => self.status_changed(status),
            HubEvent::Build { build, stage, micros } => {
                self.progress.moved(&build, &stage, &mut self.client);
                if matches!(build.state, BuildState::Succeeded | BuildState::Failed) {
                    self.build_ended();
                }
                self.log_build(&build, micros);
            }
            HubEvent::Speculated { seen, .. } => self.speculated(&seen),
            HubEvent::Reloaded { reloaded, save_to_live_micros, .. } => {
                self.log_reload(&reloaded, save_to_live_micros);
            }
            HubEvent::EngineAttached { name, pid, address, .. } => {
                let place = address.map(|address| format!(" from {address}")).unwrap_or_default();
                self.say(Level::Info, &format!("{name} (process {pid}) attached{place}"));
            }
            HubEvent::EngineDetached { session } => {
                self.say(Level::Info, &format!("engine {session} went away"))
            }
            HubEvent::Message { level, text } => self.say(level, &text),
            HubEvent::CommandDone { id, result } => self.command_done(id, result),
            HubEvent::Proof { library, generation, functions } => {
                self.lenses.proven(library, generation, functions);
            }
            HubEvent::Libraries { libraries, packages } => {
                self.lenses.set_libraries(libraries);
                self.packages = packages;
            }
            HubEvent::Tested(report) => self.lenses.tested(report),
            HubEvent::RestartEngine => self.say(Level::Info, "the game is restarted"),
            // Diagnostics and the status tell the editor's user what these come to.
            HubEvent::Announced(_) | HubEvent::Fault { .. } | HubEvent::Ran { .. } => {}
        }
    }

    fn hub_connected(&mut self, root: &Path, owner: bool, pid: u32) {
        self.say(Level::Info, &who_builds(root, owner, pid));
        self.forget_the_hub();
        let early = self.hub.connected();
        self.tell_preferences();
        for (path, buffer) in self.documents.buffers_mut() {
            self.hub.tell(FaceEvent::Opened { path: path.clone(), text: buffer.tell() });
        }
        early.into_iter().for_each(|event| self.hub.tell(event));
    }

    /// What an earlier hub said counts no more, and it will not answer. Commands that no hub was given still wait.
    fn forget_the_hub(&mut self) {
        self.board.clear();
        self.status.forget();
        self.lenses.forget();
        self.progress.end_all(&self.client);
        if self.hub.is_listening() {
            self.commands.fail_all(
                "the process that built the workspace has ended; another has taken over: try again",
            );
        }
    }

    /// There will be no hub any more.
    pub(super) fn hub_gone(&mut self) {
        self.forget_the_hub();
        self.commands.fail_all("Liveline's builder has ended");
        self.hub.gone();
        self.say(Level::Error, "Liveline's builder has ended; restart the language server");
    }
}
