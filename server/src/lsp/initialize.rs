//! `initialize`: what the editor can do, what the server can do, and where the workspace is.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower_lsp::ls_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions,
    CompletionOptions, DiagnosticTag, ExecuteCommandOptions, HoverProviderCapability, InitializeParams,
    InitializeResult, OneOf, PositionEncodingKind, SaveOptions, ServerCapabilities, ServerInfo,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, WorkspaceFolder,
    WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};

use super::{commands, lenses, uri};
use crate::text::Encoding;

/// Drops what is not as LSP says, each by itself: an editor's slip in one capability costs only that one.
pub(super) fn lenient(mut params: Value) -> Value {
    let Value::Object(fields) = &mut params else { return params };
    let capabilities = fields.remove("capabilities");
    fields.retain(|name, value| is_valid::<InitializeParams>(json!({ "capabilities": {}, name: value })));
    fields.insert("capabilities".to_owned(), lenient_capabilities(capabilities));
    params
}

fn lenient_capabilities(capabilities: Option<Value>) -> Value {
    let Some(Value::Object(mut groups)) = capabilities else { return json!({}) };
    for (group, members) in &mut groups {
        if let Value::Object(members) = members {
            members.retain(|name, value| is_valid::<ClientCapabilities>(json!({ group: { name: value } })));
        }
    }
    groups.retain(|group, members| is_valid::<ClientCapabilities>(json!({ group: members })));
    Value::Object(groups)
}

fn is_valid<T: DeserializeOwned>(value: Value) -> bool {
    serde_json::from_value::<T>(value).inspect_err(|error| tracing::warn!("initialize: {error}")).is_ok()
}

/// The answer to `initialize`.
pub(super) fn answer(client: &ClientCapabilities) -> InitializeResult {
    InitializeResult {
        capabilities: ServerCapabilities {
            position_encoding: Some(encoding_kind(encoding(client))),
            text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::INCREMENTAL),
                save: Some(SaveOptions { include_text: Some(false) }.into()),
                ..TextDocumentSyncOptions::default()
            })),
            code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
                code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
                ..CodeActionOptions::default()
            })),
            // Where it can be, this is said for `liveline.toml` alone, later.
            completion_provider: (!registers_help(client)).then(CompletionOptions::default),
            hover_provider: (!registers_help(client)).then_some(HoverProviderCapability::Simple(true)),
            code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
            execute_command_provider: Some(ExecuteCommandOptions {
                commands: commands::NAMES.map(str::to_owned).to_vec(),
                ..ExecuteCommandOptions::default()
            }),
            workspace: Some(WorkspaceServerCapabilities {
                workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                    supported: Some(true),
                    change_notifications: Some(OneOf::Left(true)),
                }),
                file_operations: None,
            }),
            ..ServerCapabilities::default()
        },
        server_info: Some(ServerInfo {
            name: "liveline".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
        offset_encoding: None,
    }
}

/// As rust-analyzer chooses: the first of UTF-8 and UTF-32 that the editor offers, else UTF-16. Two servers that
/// count differently in one buffer confuse some editors.
pub(super) fn encoding(client: &ClientCapabilities) -> Encoding {
    let offered = client.general.as_ref().and_then(|general| general.position_encodings.as_deref());
    let known = |kind: &PositionEncodingKind| match kind.as_str() {
        "utf-8" => Some(Encoding::Utf8),
        "utf-32" => Some(Encoding::Utf32),
        _ => None,
    };
    offered.unwrap_or_default().iter().find_map(known).unwrap_or_default()
}

fn encoding_kind(encoding: Encoding) -> PositionEncodingKind {
    match encoding {
        Encoding::Utf8 => PositionEncodingKind::UTF8,
        Encoding::Utf16 => PositionEncodingKind::UTF16,
        Encoding::Utf32 => PositionEncodingKind::UTF32,
    }
}

/// The workspace folders, or what older editors send in their place, or the current directory.
#[expect(deprecated, reason = "older editors send only these")]
pub(super) fn roots(params: &InitializeParams) -> Vec<PathBuf> {
    let folders = paths(params.workspace_folders.as_deref().unwrap_or_default());
    if !folders.is_empty() {
        return folders;
    }
    let by_uri = params.root_uri.as_ref().and_then(uri::to_path);
    let by_path = || params.root_path.as_deref().filter(|path| !path.is_empty()).map(PathBuf::from);
    by_uri.or_else(by_path).or_else(|| std::env::current_dir().ok()).into_iter().collect()
}

/// The folders that are on a disk.
pub(super) fn paths(folders: &[WorkspaceFolder]) -> Vec<PathBuf> {
    folders.iter().filter_map(|folder| uri::to_path(&folder.uri)).collect()
}

/// What of the editor's capabilities matters here.
#[derive(Clone, Debug, Default)]
pub(super) struct Capabilities {
    /// Diagnostics may point to other places.
    pub(super) related_information: bool,
    /// The tags that diagnostics may have.
    pub(super) tags: Vec<DiagnosticTag>,
    /// Diagnostics' codes may have links.
    pub(super) code_descriptions: bool,
    /// Diagnostics may carry data.
    pub(super) data: bool,
    /// Quick fixes may be edits.
    pub(super) code_actions: bool,
    /// Edits may say which version of a text they are for.
    pub(super) versioned_edits: bool,
    /// Code lenses are asked for again when that is asked.
    pub(super) lens_refresh: bool,
    /// Files can be opened for the user to see.
    pub(super) show_document: bool,
    /// Progress can be shown.
    pub(super) progress: bool,
    /// Settings can be asked for.
    pub(super) configuration: bool,
    /// Changed settings are only told to who registers for them.
    pub(super) configuration_registration: bool,
    /// Completion and hover can be asked for in some files alone.
    pub(super) registers_help: bool,
    /// `experimental/serverStatus`.
    pub(super) server_status: bool,
    /// The editor has a command of its own that debugs a test.
    pub(super) debugs_tests: bool,
}

impl Capabilities {
    /// Reads them out of the editor's long list.
    pub(super) fn new(client: &ClientCapabilities) -> Self {
        let document = client.text_document.as_ref();
        let diagnostics =
            document.and_then(|document| document.publish_diagnostics.clone()).unwrap_or_default();
        let actions = document.and_then(|document| document.code_action.as_ref());
        let workspace = client.workspace.clone().unwrap_or_default();
        let registration = workspace.did_change_configuration.and_then(|change| change.dynamic_registration);
        Self {
            related_information: diagnostics.related_information == Some(true),
            tags: diagnostics.tag_support.map(|tags| tags.value_set).unwrap_or_default(),
            code_descriptions: diagnostics.code_description_support == Some(true),
            data: diagnostics.data_support == Some(true),
            code_actions: actions.is_some_and(|actions| actions.code_action_literal_support.is_some()),
            versioned_edits: workspace.workspace_edit.and_then(|edit| edit.document_changes) == Some(true),
            lens_refresh: workspace.code_lens.and_then(|lens| lens.refresh_support) == Some(true),
            show_document: shows_documents(client),
            progress: client.window.as_ref().and_then(|window| window.work_done_progress) == Some(true),
            configuration: workspace.configuration == Some(true),
            configuration_registration: registration == Some(true),
            registers_help: registers_help(client),
            server_status: has_server_status(client.experimental.as_ref()),
            debugs_tests: has_command(client.experimental.as_ref(), lenses::DEBUG_TEST),
        }
    }
}

fn shows_documents(client: &ClientCapabilities) -> bool {
    client.window.as_ref().and_then(|window| window.show_document.as_ref()).is_some_and(|show| show.support)
}

fn registers_help(client: &ClientCapabilities) -> bool {
    let document = client.text_document.as_ref();
    let completion =
        document.and_then(|document| document.completion.as_ref()).and_then(|it| it.dynamic_registration);
    let hover = document.and_then(|document| document.hover.as_ref()).and_then(|it| it.dynamic_registration);
    completion == Some(true) && hover == Some(true)
}

/// `{"commands": {"commands": ["…"]}}`, as rust-analyzer's clients say it.
fn has_command(experimental: Option<&Value>, name: &str) -> bool {
    let commands = experimental.and_then(|experimental| experimental.pointer("/commands/commands"));
    commands.and_then(Value::as_array).is_some_and(|commands| commands.iter().any(|command| command == name))
}

fn has_server_status(experimental: Option<&Value>) -> bool {
    experimental.and_then(|experimental| experimental.get("serverStatusNotification"))
        == Some(&Value::Bool(true))
}
