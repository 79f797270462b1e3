//! A project with everything running: a server keeps it live, and its game runs the first build.

use crate::{Game, Project, Server, events};

/// The sample's one script.
pub const PLAYER: &str = "scripts/src/player.rs";

/// A served project whose game runs.
#[derive(Debug)]
pub struct Live {
    /// The files.
    pub project: Project,
    /// `liveline headless --json`.
    pub server: Server,
    /// `cargo run -p game`.
    pub game: Game,
}

impl Live {
    /// A copy of the sample, with the player saying `one`.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// As [`Self::start`], with this `liveline.toml`.
    pub fn start_with(config: &str) -> Self {
        let project = Project::sample();
        if !config.is_empty() {
            project.write("liveline.toml", config);
        }
        let mut server = project.serve();
        let mut game = project.play();
        game.wait_for("says one");
        server.wait("the game runs the first build", |event| events::applied(event, "scripts"));
        Self { project, server, game }
    }

    /// Saves the player with another word and waits until the game says it.
    ///
    /// # Panics
    /// When the player says nothing, or the game does not take it.
    pub fn say(&mut self, word: &str) {
        self.save(word);
        self.game.wait_for(&format!("says {word}"));
    }

    /// Saves the player with another word.
    ///
    /// # Panics
    /// When the player says nothing.
    pub fn save(&self, word: &str) {
        let text = self.project.read(PLAYER);
        let (before, rest) = text.split_once("say(\"").expect("the player says something");
        let (_, after) = rest.split_once('"').expect("a string ends");
        self.project.write(PLAYER, &format!("{before}say(\"{word}\"{after}"));
    }

    /// The game's own process, not cargo's.
    ///
    /// # Panics
    /// When it has ended.
    pub fn game_pid(&self) -> u32 {
        let cargo = self.game.pid();
        let children =
            std::fs::read_to_string(format!("/proc/{cargo}/task/{cargo}/children")).expect("it runs");
        children.split_whitespace().next().map_or(cargo, |child| child.parse().expect("a number"))
    }

    /// The processes that are meant to be here.
    pub fn pids(&self) -> [u32; 2] {
        [self.server.pid(), self.game.pid()]
    }
}
