//! The game's scripts. Save any of these files while the game runs.

pub mod enemies;
pub mod hud;
pub mod player;
