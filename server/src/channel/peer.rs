//! What another Liveline program says to the server that owns the workspace: on the same socket, under names of our own.

use serde::{Deserialize, Serialize};

/// request: [`Join`] → `null`; from then on both sides send the notifications below.
pub const JOIN: &str = "liveline/join";
/// request: `{}` → [`Join`], with the owner's version. It changes nothing.
pub const VERSION: &str = "liveline/version";
/// owner → second, notification: a [`crate::face::HubEvent`].
pub const HUB: &str = "liveline/hub";
/// second → owner, notification: a [`crate::face::FaceEvent`].
pub const FACE: &str = "liveline/face";

/// The parameters of [`JOIN`] and the answer to [`VERSION`]. These messages are no public protocol: both servers must be of
/// one version.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The package version.
    pub version: String,
}

impl Join {
    /// Of this program.
    pub fn ours() -> Self {
        Self { version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    /// What stands in the refusal of another version.
    pub fn refusal(theirs: &str) -> String {
        format!(
            "a Liveline server of version {} already serves this workspace and this one is {theirs}: end it, or use \
             the same version in both editors",
            env!("CARGO_PKG_VERSION")
        )
    }
}
