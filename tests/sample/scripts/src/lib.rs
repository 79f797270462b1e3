//! The game's scripts.

pub mod player;
