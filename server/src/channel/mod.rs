//! The socket on which engines attach, second servers join and `liveline status` asks; and the TCP port for engines on
//! other hosts, if one is asked for.

pub mod connection;
pub mod guest;
pub mod listener;
pub mod peer;
pub mod remote;
pub mod stream;
#[cfg(test)]
mod tests;
pub mod token;
