//! What a person may want otherwise than the project's `liveline.toml` says.

use serde::{Deserialize, Serialize};

use super::{Apply, Loader};

/// An editor's settings that go before `liveline.toml`; what is not set leaves the file its word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Preferences {
    /// `liveline.build.speculate`.
    pub speculate: Option<bool>,
    /// `liveline.build.apply`.
    pub apply: Option<Apply>,
    /// `liveline.engine.loader`.
    pub loader: Option<Loader>,
}

impl Preferences {
    /// These, and where they say nothing, what `other` says.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            speculate: self.speculate.or(other.speculate),
            apply: self.apply.or(other.apply),
            loader: self.loader.or(other.loader),
        }
    }
}
