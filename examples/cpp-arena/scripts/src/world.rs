//! What both sides see: `src/world.hpp` has the same.

use std::mem::size_of;

/// The arena goes from -1 to 1 in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Vec2 {
    pub x: f32,
    pub y: f32,
}

impl Vec2 {
    pub fn to(self, other: Self) -> Self {
        Self { x: other.x - self.x, y: other.y - self.y }
    }

    pub fn length(self) -> f32 {
        self.x.hypot(self.y)
    }

    pub fn times(self, factor: f32) -> Self {
        Self { x: self.x * factor, y: self.y * factor }
    }

    pub fn unit(self) -> Self {
        self.times(1.0 / self.length().max(1e-6))
    }
}

#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Ship {
    pub at: Vec2,
    pub velocity: Vec2,
    /// Seconds until the next shot.
    pub cooldown: f32,
}

#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Enemy {
    pub at: Vec2,
    pub health: f32,
    pub age: f32,
}

pub const MOST_ENEMIES: usize = 32;

#[derive(Debug)]
#[repr(C)]
pub struct World {
    pub frame: u64,
    pub time: f32,
    pub score: u32,
    /// Random numbers: the spawner's.
    pub seed: u32,
    pub enemy_count: u32,
    pub ship: Ship,
    pub enemies: [Enemy; MOST_ENEMIES],
}

// C++ asserts the same number: a field on one side alone does not build.
const _: () = assert!(size_of::<World>() == 560);

impl World {
    pub fn enemies(&self) -> &[Enemy] {
        &self.enemies[..(self.enemy_count as usize).min(MOST_ENEMIES)]
    }
}
