//! A real game process against a server that the test plays: attach, reload, refuse, fault, release.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod archive;
mod attach;
mod channel;
mod compile;
mod crash;
mod debugger;
mod fault;
mod game;
mod hang;
mod model;
mod objects;
mod probation;
mod project;
mod recover;
mod refuse;
mod release;
mod reload;
mod remote;
mod server;
mod snapshot;
