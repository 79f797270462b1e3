//! What Liveline's server and a running engine say to each other.
//!
//! JSON-RPC 2.0 in LSP's `Content-Length` framing. This crate does no I/O of its own: it turns values into
//! bytes and bytes into values. Lines and columns are 1-based and columns count characters, as rustc's do.
//! Times are microseconds.
#![deny(missing_docs)]

pub mod api;
pub mod endpoint;
pub mod engine;
pub mod frame;
pub mod history;
pub mod message;
pub mod record;
#[cfg(test)]
mod reference;
pub mod remote;
pub mod status;

/// The version of the protocol that this crate speaks. A peer that names another is answered an error that
/// names both.
pub const PROTOCOL_VERSION: u32 = 1;

/// What stands in an error when two sides speak different versions; it names both.
pub fn version_mismatch(theirs: u32) -> String {
    format!(
        "this Liveline server speaks protocol {PROTOCOL_VERSION} and the peer speaks protocol {theirs}: \
         install the same version of `liveline-server` and of the `liveline` crate"
    )
}
