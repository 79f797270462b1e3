//! The scripts of the arena: plain functions that `src/scripts.hpp` declares for C++.

mod enemy;
mod hud;
mod player;
mod spawner;
mod world;
