//! What the game and its scripts share: a running game has one build of it, which its scripts cannot change.

use bevy::prelude::*;

// The trait that `#[liveline_bevy::script]` implements, and the game's `LivelinePlugin`.
liveline_bevy::interface!();

/// Half the arena's width and height; its middle is at zero.
pub const ARENA: Vec2 = Vec2::new(480.0, 270.0);

/// Where something is.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq)]
pub struct Place(pub Vec2);

/// Where it goes, in units a second. The game moves what has one.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq)]
pub struct Velocity(pub Vec2);

/// How it looks, where there is a window.
#[derive(Component, Clone, Copy, Debug)]
pub struct Look {
    /// Its size.
    pub radius: f32,
    /// Red, green and blue, from 0 to 1.
    pub color: [f32; 3],
}

/// Who is chased.
#[derive(Component, Clone, Copy, Debug)]
pub struct Player;

/// What counts.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct Score {
    /// Enemies that were caught.
    pub points: u32,
    /// Frames since the start.
    pub frame: u64,
}

/// An enemy is to come.
#[derive(Message, Clone, Copy, Debug)]
pub struct Arrival {
    /// Where.
    pub place: Vec2,
}
