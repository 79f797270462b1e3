//! `target/liveline/endpoint.json`: where the workspace's server listens.

use serde::{Deserialize, Serialize};

/// The name of the folder inside cargo's target directory that holds all that Liveline writes.
pub const FOLDER: &str = "liveline";
/// The name of the endpoint file in [`FOLDER`].
pub const FILE: &str = "endpoint.json";
/// The environment variable with the absolute path of an endpoint file; it goes before every search.
pub const ENDPOINT_VARIABLE: &str = "LIVELINE_ENDPOINT";

/// The content of an endpoint file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// See [`crate::PROTOCOL_VERSION`].
    pub protocol: u32,
    /// The process that listens.
    pub pid: u32,
    /// How to reach it.
    pub transport: Transport,
}

/// A way to reach the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Transport {
    /// The absolute path of a Unix socket.
    Unix(String),
}
