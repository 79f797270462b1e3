//! `textDocument/did…`: what is open, edited, saved and closed, for the buffers and for the hub.

use std::path::PathBuf;
use std::time::Instant;

use tower_lsp::ls_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DidSaveTextDocumentParams,
};

use super::state::State;
use super::uri;
use crate::face::FaceEvent;
use crate::text::Version;

impl State {
    /// A file was opened.
    pub(super) fn opened(&mut self, params: DidOpenTextDocumentParams) {
        let Some(path) = uri::to_path(&params.text_document.uri) else { return };
        if let Some(real) = std::fs::canonicalize(&path).ok().filter(|real| *real != path) {
            self.board.rename(&real, &path);
        }
        let text = params.text_document.text.clone();
        self.documents.open(&path, params.text_document);
        self.board.rebase(&path, None, &mut self.documents);
        self.hub.tell(FaceEvent::Opened { path, text });
    }

    /// A file was edited. The hub hears of it in the next pause.
    pub(super) fn changed(&mut self, params: DidChangeTextDocumentParams, now: Instant) {
        let Some(path) = uri::to_path(&params.text_document.uri) else { return };
        let version = Version(params.text_document.version);
        match self.documents.change(&path, version, params.content_changes, self.client.encoding, now) {
            Some(edits) => {
                self.board.edited(&path, &edits);
                self.lenses.edited(&path, &edits);
            }
            None => {
                tracing::warn!(path = %path.display(), "the editor changed a file that it has not opened")
            }
        }
    }

    /// A file was saved. The hub hears of it at once, after the text that was saved.
    pub(super) fn saved(&mut self, params: &DidSaveTextDocumentParams) {
        let Some(path) = uri::to_path(&params.text_document.uri) else { return };
        if let Some(text) = self.documents.save(&path) {
            self.hub.tell(FaceEvent::Edited { path: path.clone(), text });
        }
        self.hub.tell(FaceEvent::Saved { path });
    }

    /// A file was closed.
    pub(super) fn closed(&mut self, params: &DidCloseTextDocumentParams) {
        let Some(path) = uri::to_path(&params.text_document.uri) else { return };
        self.lenses.closed(&path);
        if self.documents.close(&path) {
            self.board.rebase(&path, None, &mut self.documents);
            self.hub.tell(FaceEvent::Closed { path });
        }
    }

    /// Tells the hub of the buffers in which typing has paused. Only now is a buffer made into one string.
    pub(super) fn paused(&mut self, now: Instant) {
        let mut paused: Vec<PathBuf> = Vec::new();
        for (path, buffer) in self.documents.buffers_mut() {
            if !buffer.pause.is_over(now) {
                continue;
            }
            paused.push(path.clone());
            if self.hub.is_listening() {
                self.hub.tell(FaceEvent::Edited { path: path.clone(), text: buffer.tell() });
            }
        }
        paused.iter().for_each(|path| self.board.paused(path));
    }

    /// When the next pause is long enough.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let pauses = self.documents.buffers().filter_map(|(_, buffer)| buffer.pause.deadline());
        pauses.chain(self.lens_deadline()).min()
    }
}
