//! The user's settings: `liveline.diagnostics`.

use serde_json::{Value, json};
use tower_lsp::ls_types::request::{RegisterCapability, WorkspaceConfiguration};
use tower_lsp::ls_types::{ConfigurationItem, ConfigurationParams, Registration, RegistrationParams};

use super::client::Asked;
use super::state::State;

/// Which diagnostics are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shown {
    /// `"all"`.
    #[default]
    All,
    /// `"errors"`.
    Errors,
    /// `"off"`.
    Off,
}

/// All settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// `liveline.diagnostics`.
    pub(super) shown: Shown,
}

impl Settings {
    /// Takes over what `value` says, given as the section's content or as an object that has the section.
    /// What it does not say, or says wrongly, stays.
    pub(super) fn update(&mut self, value: &Value) {
        let section = value.get("liveline").unwrap_or(value);
        match section.get("diagnostics") {
            None | Some(Value::Null) => {}
            Some(shown) => match shown.as_str() {
                Some("all") => self.shown = Shown::All,
                Some("errors") => self.shown = Shown::Errors,
                Some("off") => self.shown = Shown::Off,
                _ => tracing::warn!(%shown, r#"liveline.diagnostics is none of "all", "errors", "off""#),
            },
        }
    }
}

impl State {
    /// The editor says that settings have changed, and perhaps how.
    pub(super) fn configured(&mut self, settings: &Value) {
        self.take_settings(settings);
        self.ask_settings();
    }

    /// The editor answered what the settings are.
    pub(super) fn settings_answered(&mut self, answer: &Value) {
        if let Some(section) = answer.as_array().and_then(|sections| sections.first()) {
            self.take_settings(section);
        }
    }

    /// Asks for the settings, where the editor can be asked.
    pub(super) fn ask_settings(&mut self) {
        if self.client.capabilities.configuration {
            let item = ConfigurationItem { scope_uri: None, section: Some("liveline".to_owned()) };
            let params = ConfigurationParams { items: vec![item] };
            self.client.ask::<WorkspaceConfiguration>(&params, Asked::Configuration);
        }
    }

    /// Asks to be told of changes, where the editor tells only who asks.
    pub(super) fn register_for_settings(&mut self) {
        if self.client.capabilities.configuration_registration {
            let registration = Registration {
                id: "liveline.configuration".to_owned(),
                method: "workspace/didChangeConfiguration".to_owned(),
                register_options: Some(json!({ "section": "liveline" })),
            };
            let params = RegistrationParams { registrations: vec![registration] };
            self.client.ask::<RegisterCapability>(&params, Asked::Registration);
        }
    }

    fn take_settings(&mut self, value: &Value) {
        let before = self.settings;
        self.settings.update(value);
        if self.settings != before {
            self.board.resend();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_in_both_forms_and_nonsense_changes_nothing() {
        let mut settings = Settings::default();
        for (value, expected) in [
            (json!({ "diagnostics": "errors" }), Shown::Errors),
            (json!({ "liveline": { "diagnostics": "off" } }), Shown::Off),
            (json!({ "liveline": { "diagnostics": 7 } }), Shown::Off),
            (json!(null), Shown::Off),
            (json!({ "liveline": { "diagnostics": "all" } }), Shown::All),
        ] {
            settings.update(&value);
            assert_eq!(settings.shown, expected, "{value}");
        }
    }
}
