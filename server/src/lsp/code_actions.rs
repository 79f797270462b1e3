//! `textDocument/codeAction`: rustc's suggestions, at the places where their text is now, and its whole messages.

use std::collections::HashMap;
use std::path::Path;

use serde_json::json;
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionTriggerKind, Command,
    Diagnostic as LspDiagnostic, DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, Range,
    TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};

use super::commands::SHOW_MESSAGE;
use super::convert::{self, Located, Locator};
use super::event::Reply;
use super::publish::is_shown;
use super::state::State;
use super::uri;
use crate::diagnostics::{CommandFix, Diagnostic, Edit, Fix};

impl State {
    /// The editor asks what can be mended in a range.
    pub(super) fn code_actions(&mut self, params: &CodeActionParams, reply: Reply<Vec<CodeActionOrCommand>>) {
        let path = uri::to_path(&params.text_document.uri);
        let actions = match path.filter(|_| wants_fixes(params) || wants_messages(params)) {
            Some(path) => self.fixes(&path, params),
            None => Vec::new(),
        };
        let knows_actions = self.client.capabilities.code_actions;
        // An editor that knows no code actions knows commands.
        let known = |action: CodeAction| match knows_actions {
            true => Some(CodeActionOrCommand::CodeAction(action)),
            false => action.command.map(CodeActionOrCommand::Command),
        };
        let _ = reply.send(Ok(actions.into_iter().filter_map(known).collect()));
    }

    fn fixes(&mut self, path: &Path, params: &CodeActionParams) -> Vec<CodeAction> {
        let Some(page) = self.board.page(path) else { return Vec::new() };
        let mut locator = Locator::new(&mut self.documents, self.client.encoding);
        let (mut actions, mut messages): (Vec<CodeAction>, Vec<CodeAction>) = Default::default();
        page.visit(path, &mut locator, |diagnostic, locator| {
            let place = locator.locate(&diagnostic.span).filter(|place| touches(place.range, params.range));
            let Some(place) = place.filter(|_| is_shown(self.settings.shown, diagnostic)) else { return };
            let message = convert::message(diagnostic, locator, &self.client.capabilities);
            let shown = shown(params, place.range, &message);
            let versioned = self.client.capabilities.versioned_edits;
            if wants_fixes(params) {
                let fixes = diagnostic.fixes.iter();
                actions.extend(fixes.filter_map(|fix| action(fix, &shown, locator, versioned)));
                actions.extend(diagnostic.commands.iter().map(|fix| command(fix, &shown)));
            }
            if let Some(rendered) = diagnostic.rendered.as_deref().filter(|_| wants_messages(params)) {
                messages.push(whole_message(diagnostic, rendered, &shown));
            }
        });
        // What mends comes first.
        actions.extend(messages);
        // Two primary spans of one message offer the same.
        let mut seen: Vec<CodeAction> = Vec::new();
        for action in actions {
            let says =
                |action: &CodeAction| (action.title.clone(), action.edit.clone(), action.command.clone());
            if !seen.iter().any(|other| says(other) == says(&action)) {
                seen.push(action);
            }
        }
        seen
    }
}

fn wants_fixes(params: &CodeActionParams) -> bool {
    let only = params.context.only.as_deref();
    only.is_none_or(|kinds| kinds.iter().any(|kind| matches!(kind.as_str(), "" | "quickfix")))
}

/// Only where a person asks: an editor that asks by itself would offer it at every error.
fn wants_messages(params: &CodeActionParams) -> bool {
    let is_asked = params.context.trigger_kind != Some(CodeActionTriggerKind::AUTOMATIC);
    let only = params.context.only.as_deref();
    is_asked && only.is_none_or(|kinds| kinds.iter().any(|kind| kind.as_str().is_empty()))
}

fn touches(one: Range, other: Range) -> bool {
    one.start <= other.end && other.start <= one.end
}

/// The editor's own copies of the diagnostic that is mended.
fn shown(params: &CodeActionParams, range: Range, message: &str) -> Vec<LspDiagnostic> {
    let all = params.context.diagnostics.iter();
    all.filter(|diagnostic| diagnostic.message == message && touches(diagnostic.range, range))
        .cloned()
        .collect()
}

/// `None` if text that the fix would replace has been edited since: it may be mended already.
fn action(
    fix: &Fix,
    shown: &[LspDiagnostic],
    locator: &mut Locator<'_>,
    is_versioned: bool,
) -> Option<CodeAction> {
    let edits: Option<Vec<_>> = fix.edits.iter().map(|edit| located_edit(edit, locator)).collect();
    let edits = edits?;
    Some(CodeAction {
        title: fix.title.clone(),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: (!shown.is_empty()).then(|| shown.to_vec()),
        edit: Some(if is_versioned { versioned(edits) } else { plain(edits) }),
        is_preferred: fix.preferred.then_some(true),
        ..CodeAction::default()
    })
}

/// A fix that the server carries out.
fn command(fix: &CommandFix, shown: &[LspDiagnostic]) -> CodeAction {
    CodeAction {
        title: fix.title.clone(),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: (!shown.is_empty()).then(|| shown.to_vec()),
        command: Some(Command {
            title: fix.title.clone(),
            command: fix.command.clone(),
            arguments: Some(fix.arguments.clone()),
        }),
        ..CodeAction::default()
    }
}

/// rustc's own words, with the source drawn.
fn whole_message(diagnostic: &Diagnostic, rendered: &str, shown: &[LspDiagnostic]) -> CodeAction {
    let about = diagnostic.message.lines().next().unwrap_or_default();
    let title = format!("Show rustc's full message: {about}");
    CodeAction {
        title: title.clone(),
        diagnostics: (!shown.is_empty()).then(|| shown.to_vec()),
        command: Some(Command {
            title,
            command: SHOW_MESSAGE.to_owned(),
            arguments: Some(vec![json!({ "rendered": rendered })]),
        }),
        ..CodeAction::default()
    }
}

fn located_edit(edit: &Edit, locator: &mut Locator<'_>) -> Option<(Located, TextEdit)> {
    let located = locator.locate(&edit.span).filter(|located| located.is_untouched)?;
    let edit = TextEdit { range: located.range, new_text: edit.text.clone() };
    Some((located, edit))
}

fn plain(edits: Vec<(Located, TextEdit)>) -> WorkspaceEdit {
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    for (located, edit) in edits {
        changes.entry(located.uri).or_default().push(edit);
    }
    WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }
}

/// Refused by the editor if the text has moved on in the meantime.
fn versioned(edits: Vec<(Located, TextEdit)>) -> WorkspaceEdit {
    let mut documents: Vec<TextDocumentEdit> = Vec::new();
    for (located, edit) in edits {
        let version = located.version.map(|version| version.0);
        match documents.iter_mut().find(|document| document.text_document.uri == located.uri) {
            Some(document) => document.edits.push(OneOf::Left(edit)),
            None => documents.push(TextDocumentEdit {
                text_document: OptionalVersionedTextDocumentIdentifier { uri: located.uri, version },
                edits: vec![OneOf::Left(edit)],
            }),
        }
    }
    WorkspaceEdit { document_changes: Some(DocumentChanges::Edits(documents)), ..WorkspaceEdit::default() }
}
