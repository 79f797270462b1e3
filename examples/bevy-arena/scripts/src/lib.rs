//! The arena's scripts. Save any of these files while the game runs.

pub mod enemy;
pub mod hud;
pub mod player;
pub mod spawner;
