//! The socket on which engines attach, second servers join and `liveline status` asks.

pub mod connection;
pub mod listener;
pub mod peer;
pub mod stream;
