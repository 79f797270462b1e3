//! `target/liveline/endpoint.json`: where the workspace's server listens.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// The name of the folder inside cargo's target directory that holds all that Liveline writes.
pub const FOLDER: &str = "liveline";
/// The name of the endpoint file in [`FOLDER`].
pub const FILE: &str = "endpoint.json";
/// The environment variable with the absolute path of an endpoint file; it goes before every search.
pub const ENDPOINT_VARIABLE: &str = "LIVELINE_ENDPOINT";
/// The environment variable with the absolute path of the file through which a game hands its scripts' state to the
/// process that is started after it.
pub const STATE_VARIABLE: &str = "LIVELINE_STATE";
/// The environment variable that has a game wait for the server's code before it calls any script, this many
/// milliseconds at the most.
pub const AWAIT_VARIABLE: &str = "LIVELINE_AWAIT";

/// The content of an endpoint file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Endpoint {
    /// See [`crate::PROTOCOL_VERSION`].
    pub protocol: u32,
    /// The process that listens.
    pub pid: u32,
    /// How to reach it.
    pub transport: Transport,
    /// The workspace root, absolute. Two workspaces may share one target directory: an engine of another
    /// workspace does not attach here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
}

/// A way to reach the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Transport {
    /// The absolute path of a Unix socket.
    Unix(String),
}

/// The name of the folder that a workspace uses in a target directory whose [`FOLDER`] is another workspace's.
pub fn folder_beside(root: &Path) -> String {
    // FNV-1a, 64 bits: the same on every machine and in every version.
    let hash = root.as_os_str().as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{FOLDER}-{hash:016x}")
}
