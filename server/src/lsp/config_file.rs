//! `textDocument/completion` and `textDocument/hover`, in `liveline.toml` alone.

use std::path::Path;

use ropey::Rope;
use serde_json::json;
use tower_lsp::ls_types::request::RegisterCapability;
use tower_lsp::ls_types::{
    CompletionItem, CompletionItemKind, CompletionParams, CompletionResponse, CompletionTextEdit,
    Documentation, Hover, HoverContents, HoverParams, MarkupContent, MarkupKind, Range, Registration,
    RegistrationParams, TextDocumentPositionParams, TextEdit,
};

use super::client::Asked;
use super::convert;
use super::event::Reply;
use super::state::State;
use super::uri;
use crate::config;
use crate::config::help::{self, Suggestion};
use crate::text::{CharOffset, LspPosition};

/// An open `liveline.toml` and a place in it.
struct Place {
    rope: Rope,
    text: String,
    /// In bytes.
    at: usize,
}

impl State {
    /// Asks to be asked for help in `liveline.toml`, so that no other file's completion waits for it.
    pub(super) fn register_for_config_files(&mut self) {
        if !self.client.capabilities.registers_help {
            return;
        }
        let options =
            json!({ "documentSelector": [{ "scheme": "file", "pattern": format!("**/{}", config::FILE) }] });
        let registration = |method: &str| Registration {
            id: format!("liveline.{method}"),
            method: method.to_owned(),
            register_options: Some(options.clone()),
        };
        let registrations = ["textDocument/completion", "textDocument/hover"].map(registration).to_vec();
        let params = RegistrationParams { registrations };
        self.client.ask::<RegisterCapability>(&params, Asked::Registration);
    }

    /// What fits at a place.
    pub(super) fn completions(
        &mut self,
        params: &CompletionParams,
        reply: Reply<Option<CompletionResponse>>,
    ) {
        let items = self.config_place(&params.text_document_position).map(|place| {
            let found = help::suggestions(&place.text, place.at, &self.packages);
            let range = self.shown_range(&place.rope, found.replaced);
            CompletionResponse::Array(found.list.into_iter().map(|found| item(found, range)).collect())
        });
        // The editor may have given up.
        let _ = reply.send(Ok(items));
    }

    /// What stands at a place.
    pub(super) fn hover(&mut self, params: &HoverParams, reply: Reply<Option<Hover>>) {
        let hover = self.config_place(&params.text_document_position_params).and_then(|place| {
            let (value, range) = help::explain(&place.text, place.at)?;
            let contents = HoverContents::Markup(markdown(value));
            Some(Hover { contents, range: Some(self.shown_range(&place.rope, range)) })
        });
        let _ = reply.send(Ok(hover));
    }

    fn config_place(&mut self, params: &TextDocumentPositionParams) -> Option<Place> {
        let path = uri::to_path(&params.text_document.uri).filter(|path| is_config(path))?;
        let rope = self.documents.text(&path)?;
        let position = LspPosition { line: params.position.line, column: params.position.character };
        let offset = self.client.encoding.offset(&rope, position);
        Some(Place { text: rope.to_string(), at: rope.char_to_byte(offset.0), rope })
    }

    fn shown_range(&self, rope: &Rope, bytes: std::ops::Range<usize>) -> Range {
        let place = |byte| CharOffset(rope.byte_to_char(byte));
        convert::to_range(self.client.encoding, rope, place(bytes.start)..place(bytes.end))
    }
}

fn is_config(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == config::FILE)
}

fn item(suggestion: Suggestion, range: Range) -> CompletionItem {
    let Suggestion { label, text, description, is_key } = suggestion;
    let edit = TextEdit { range, new_text: text.clone() };
    CompletionItem {
        label,
        kind: Some(if is_key { CompletionItemKind::PROPERTY } else { CompletionItemKind::VALUE }),
        documentation: (!description.is_empty()).then(|| Documentation::MarkupContent(markdown(description))),
        // What has been typed is compared with what would be written.
        filter_text: Some(text),
        text_edit: Some(CompletionTextEdit::Edit(edit)),
        ..CompletionItem::default()
    }
}

fn markdown(value: String) -> MarkupContent {
    MarkupContent { kind: MarkupKind::Markdown, value }
}
