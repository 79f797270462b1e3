//! The user's settings: `liveline.diagnostics`, and what goes before `liveline.toml`.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower_lsp::ls_types::request::{RegisterCapability, WorkspaceConfiguration};
use tower_lsp::ls_types::{ConfigurationItem, ConfigurationParams, Registration, RegistrationParams};

use super::client::Asked;
use super::state::State;
use crate::config::Preferences;
use crate::face::FaceEvent;

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
    /// What goes before `liveline.toml`.
    pub(super) preferences: Preferences,
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
        let preferences = &mut self.preferences;
        prefer(section, "build", "speculate", &mut preferences.speculate);
        prefer(section, "build", "apply", &mut preferences.apply);
        prefer(section, "engine", "loader", &mut preferences.loader);
    }
}

/// A setting may be given as a tree or by its dotted name; `null` leaves `liveline.toml` its word.
fn prefer<T: DeserializeOwned>(section: &Value, group: &str, name: &str, preference: &mut Option<T>) {
    let in_tree = section.get(group).and_then(|group| group.get(name));
    let Some(value) = in_tree.or_else(|| section.get(format!("{group}.{name}"))) else { return };
    match serde_json::from_value(value.clone()) {
        Ok(wanted) => *preference = wanted,
        Err(error) => tracing::warn!("liveline.{group}.{name} is not used: {error}"),
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
        if self.settings.shown != before.shown {
            self.board.resend();
        }
        if self.settings.preferences != before.preferences {
            self.hub.tell(FaceEvent::Prefers(self.settings.preferences));
        }
    }

    /// A hub that has just connected hears what it should know.
    pub(super) fn tell_preferences(&self) {
        if self.settings.preferences != Preferences::default() {
            self.hub.tell(FaceEvent::Prefers(self.settings.preferences));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Apply, Loader};

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

    #[test]
    fn what_goes_before_the_file_is_read_and_taken_back() {
        let mut settings = Settings::default();
        settings
            .update(&json!({ "build": { "speculate": false, "apply": "pause" }, "engine.loader": "dylib" }));
        let all =
            Preferences { speculate: Some(false), apply: Some(Apply::Pause), loader: Some(Loader::Dylib) };
        assert_eq!(settings.preferences, all);
        settings.update(&json!({ "liveline": { "build": { "apply": "never", "speculate": null } } }));
        assert_eq!(settings.preferences, Preferences { speculate: None, ..all });
    }
}
