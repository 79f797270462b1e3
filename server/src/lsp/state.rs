//! What the language server knows: a plain value that one loop owns. Each method group's handlers are in its file.

use std::collections::VecDeque;
use std::time::Instant;

use tokio::sync::mpsc::UnboundedSender;
use tower_lsp::ls_types::InitializeParams;

use super::client::{Asked, Client};
use super::commands::Commands;
use super::documents::Documents;
use super::event::{Answer, Event};
use super::hub::Hub;
use super::initialize::{self, Capabilities};
use super::lenses::Lenses;
use super::output::Outbox;
use super::progress::Progress;
use super::publish::Board;
use super::settings::Settings;
use super::status::StatusBoard;
use crate::face::Level;
use crate::folders::Folders;

/// All of it.
#[derive(Debug)]
pub(super) struct State {
    pub(super) client: Client,
    pub(super) hub: Hub,
    /// Where folders that come and go are told.
    pub(super) folders: Option<UnboundedSender<Folders>>,
    pub(super) documents: Documents,
    pub(super) board: Board,
    pub(super) status: StatusBoard,
    pub(super) commands: Commands,
    pub(super) progress: Progress,
    pub(super) lenses: Lenses,
    pub(super) settings: Settings,
    /// The names of the workspace's packages, for completion in `liveline.toml`.
    pub(super) packages: Vec<String>,
    /// Messages that the editor has been too slow for.
    pub(super) held: VecDeque<(Level, String)>,
}

impl State {
    /// Before anything has happened.
    pub(super) fn new(outbox: Outbox) -> Self {
        Self {
            client: Client::new(outbox),
            hub: Hub::default(),
            folders: None,
            documents: Documents::default(),
            board: Board::default(),
            status: StatusBoard::default(),
            commands: Commands::default(),
            progress: Progress::default(),
            lenses: Lenses::default(),
            settings: Settings::default(),
            packages: Vec::new(),
            held: VecDeque::new(),
        }
    }

    /// Takes one event, then sends what has changed by it. Never waits.
    pub(super) fn handle(&mut self, event: Event, now: Instant) {
        self.dispatch(event, now);
        self.say_held();
        self.publish();
        self.publish_status();
        self.refresh_lenses(now);
    }

    fn dispatch(&mut self, event: Event, now: Instant) {
        match event {
            Event::Initialize(params) => self.initialize(&params),
            Event::Initialized => self.initialized(),
            Event::Shutdown(reply) => {
                self.progress.close(&self.client);
                let _ = reply.send(Ok(()));
            }
            Event::Stop => self.progress.close(&self.client),
            Event::Opened(params) => self.opened(params),
            Event::Changed(params) => self.changed(params, now),
            Event::Saved(params) => self.saved(&params),
            Event::Closed(params) => self.closed(&params),
            Event::CodeActions(params, reply) => self.code_actions(&params, reply),
            Event::CodeLenses(params, reply) => self.code_lenses(&params, reply),
            Event::Completions(params, reply) => self.completions(&params, reply),
            Event::Hover(params, reply) => self.hover(&params, reply),
            Event::Execute(params, reply) => self.execute(&params, reply),
            Event::Configured(settings) => self.configured(&settings),
            Event::Folders(folders) => {
                // Without a hub there is nothing that has folders.
                let _ = self.folders.as_ref().map(|all| all.send(folders));
            }
            Event::AskedStatus(reply) => self.asked_status(reply),
            Event::AskedPast(question, reply) => self.asked_past(question, reply),
            Event::ProgressCancelled(token) => self.progress_cancelled(&token),
            Event::Answered(answer) => self.answered(answer),
            Event::Hub(event) => self.hub_said(event),
            Event::HubGone => self.hub_gone(),
            Event::Paused => self.paused(now),
            Event::CaughtUp => {}
            #[cfg(test)]
            Event::Panic(_reply) => panic!("as the test asked"),
        }
    }

    fn initialize(&mut self, params: &InitializeParams) {
        self.client.capabilities = Capabilities::new(&params.capabilities);
        self.client.encoding = initialize::encoding(&params.capabilities);
        if let Some(options) = &params.initialization_options {
            self.settings.update(options);
        }
    }

    fn initialized(&mut self) {
        self.client.is_ready = true;
        self.register_for_settings();
        self.register_for_config_files();
        self.ask_settings();
        self.progress.ask(&mut self.client);
    }

    fn answered(&mut self, answer: Answer) {
        match (self.client.answered(&answer.id), answer.result) {
            (Some(Asked::Progress { token }), result) => {
                self.progress.answered(&token, result.is_ok(), &self.client);
            }
            (Some(Asked::Configuration), Ok(settings)) => self.settings_answered(&settings),
            (Some(asked), Err(why)) => tracing::warn!(?asked, "the editor refused: {why}"),
            (Some(Asked::Registration | Asked::LensRefresh | Asked::Document) | None, _) => {}
        }
    }
}
