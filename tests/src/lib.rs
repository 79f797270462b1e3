//! Fixtures for the end-to-end tests: a copy of a small project, a server that keeps it live, a game that runs it.
//!
//! A test says what a person does and waits for what the person would see:
//! ```no_run
//! use liveline_tests::{Project, events::applied};
//!
//! let project = Project::sample();
//! let mut server = project.serve();
//! let mut game = project.play();
//! game.wait_for("says one");
//! server.wait("the game runs the first build", |event| applied(event, "scripts"));
//! project.replace("scripts/src/player.rs", "\"one\"", "\"two\"");
//! game.wait_for("says two");
//! ```
//! Nothing sleeps: every wait is for an event and fails, with all that was heard so far, after [`DEADLINE`].
//! Dropping a fixture ends its processes and no others.

pub mod book;
mod editor;
mod environment;
pub mod events;
mod game;
mod lines;
mod live;
pub mod native;
mod processes;
#[cfg(target_os = "linux")]
pub mod programs;
mod project;
mod proxy;
mod random;
mod server;
mod shop;
mod template;
mod tree;
mod typist;

use std::time::Duration;

pub use editor::{Editor, file_uri};
pub use environment::{command, liveline, repository};
pub use game::Game;
pub use live::{Live, PLAYER};
pub use processes::{Process, Running, poll_until};
pub use project::Project;
pub use proxy::{Connection, Link, Proxy, Towards};
pub use random::Random;
pub use server::Server;
pub use shop::{Built, Shop};
pub use template::copy_sample;
pub use typist::Typist;

/// How long an awaited event may take on a slow, busy machine before the test fails.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// A number from the environment, for tests that can run for longer.
pub fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}
