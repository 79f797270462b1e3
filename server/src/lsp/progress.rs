//! Work-done progress: one display per library that is built, an `end` for every `begin`.

use std::collections::BTreeMap;

use liveline_protocol::engine::{Build, BuildState};
use tower_lsp::ls_types::{
    ProgressParams, ProgressParamsValue, ProgressToken, WorkDoneProgress, WorkDoneProgressBegin,
    WorkDoneProgressCreateParams, WorkDoneProgressEnd, WorkDoneProgressReport, notification,
    request::WorkDoneProgressCreate,
};

use super::client::{Asked, Client};
use super::state::State;
use crate::face::Command;

/// The displays, by library.
#[derive(Debug, Default)]
pub(super) struct Progress {
    running: BTreeMap<String, Display>,
    count: u64,
    /// The editor is leaving: what is shown now might never end.
    is_closed: bool,
}

#[derive(Debug)]
struct Display {
    token: String,
    stage: String,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The editor has not been asked for it.
    Wanted,
    /// It has been asked and has not answered.
    Asked,
    /// `begin` was sent.
    Begun,
}

impl Progress {
    /// A build has moved on.
    pub(super) fn moved(&mut self, build: &Build, stage: &str, client: &mut Client) {
        if !client.capabilities.progress {
            return;
        }
        match build.state {
            BuildState::Started => self.started(&build.library, stage, client),
            BuildState::Succeeded => self.ended(&build.library, "built", client),
            BuildState::Failed => self.ended(&build.library, "failed", client),
            BuildState::Cancelled => self.ended(&build.library, "cancelled", client),
        }
    }

    fn started(&mut self, library: &str, stage: &str, client: &mut Client) {
        if let Some(display) = self.running.get_mut(library) {
            if display.stage != stage {
                display.stage = stage.to_owned();
                display.report(client);
            }
            return;
        }
        if self.is_closed || client.outbox.is_behind() {
            return;
        }
        self.count += 1;
        let token = format!("liveline/build/{}", self.count);
        let display = Display { token, stage: stage.to_owned(), phase: Phase::Wanted };
        self.running.insert(library.to_owned(), display);
        self.ask(client);
    }

    /// Asks for the displays that are wanted, once the editor may be asked.
    pub(super) fn ask(&mut self, client: &mut Client) {
        if !client.is_ready {
            return;
        }
        for display in self.running.values_mut().filter(|display| display.phase == Phase::Wanted) {
            display.phase = Phase::Asked;
            let params = WorkDoneProgressCreateParams { token: ProgressToken::String(display.token.clone()) };
            let asked = Asked::Progress { token: display.token.clone() };
            client.ask::<WorkDoneProgressCreate>(&params, asked);
        }
    }

    /// The editor has made room for a display, or does not want to. By now the build may have ended.
    pub(super) fn answered(&mut self, token: &str, is_ready: bool, client: &Client) {
        let found = self.running.iter_mut().find(|(_, display)| display.token == token);
        let Some((library, display)) = found else { return };
        if is_ready {
            display.phase = Phase::Begun;
            display.send(client, WorkDoneProgress::Begin(begin(library, &display.stage)));
        } else {
            self.running.retain(|_, display| display.token != token);
        }
    }

    fn ended(&mut self, library: &str, how: &str, client: &Client) {
        if let Some(display) = self.running.remove(library) {
            display.end(how, client);
        }
    }

    /// Nothing more will be heard of any build.
    pub(super) fn end_all(&mut self, client: &Client) {
        for (_, display) in std::mem::take(&mut self.running) {
            display.end("ended", client);
        }
    }

    /// Ends all displays for good.
    pub(super) fn close(&mut self, client: &Client) {
        self.is_closed = true;
        self.end_all(client);
    }

    fn library(&self, token: &ProgressToken) -> Option<String> {
        let ProgressToken::String(token) = token else { return None };
        self.running.iter().find(|(_, display)| display.token == *token).map(|(library, _)| library.clone())
    }
}

impl Display {
    fn report(&self, client: &Client) {
        if self.phase == Phase::Begun && !client.outbox.is_behind() {
            let report = WorkDoneProgressReport { message: Some(self.stage.clone()), ..Default::default() };
            self.send(client, WorkDoneProgress::Report(report));
        }
    }

    fn end(&self, how: &str, client: &Client) {
        if self.phase == Phase::Begun {
            self.send(client, WorkDoneProgress::End(WorkDoneProgressEnd { message: Some(how.to_owned()) }));
        }
    }

    fn send(&self, client: &Client, value: WorkDoneProgress) {
        client.notify::<notification::Progress>(&ProgressParams {
            token: ProgressToken::String(self.token.clone()),
            value: ProgressParamsValue::WorkDone(value),
        });
    }
}

fn begin(library: &str, stage: &str) -> WorkDoneProgressBegin {
    WorkDoneProgressBegin {
        title: format!("Building {library}"),
        cancellable: Some(true),
        message: Some(stage.to_owned()),
        percentage: None,
    }
}

impl State {
    /// A person ended a build by its progress display. The display ends when the hub says that the build has.
    pub(super) fn progress_cancelled(&mut self, token: &ProgressToken) {
        if let Some(library) = self.progress.library(token) {
            let id = self.commands.next_id();
            self.hub.command(id, Command::Cancel { library: Some(library) });
        }
    }
}
