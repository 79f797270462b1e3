//! Keeps Rust scripts live in a running game.
