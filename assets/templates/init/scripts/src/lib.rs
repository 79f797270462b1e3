//! The game's scripts. Save any of these files while the game runs.

pub mod hello;
