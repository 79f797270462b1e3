//! The world: all that the game and its scripts share.

use std::ops::{Add, Mul, Sub};

/// A point or a direction, in columns and rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vec2 {
    pub x: f32,
    pub y: f32,
}

/// The player's ship.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ship {
    pub at: Vec2,
    pub velocity: Vec2,
}

/// Somebody who chases the ship.
#[derive(Clone, Copy, Debug, Default)]
pub struct Enemy {
    pub at: Vec2,
    pub velocity: Vec2,
    /// Seconds since it came.
    pub age: f32,
}

/// Everything there is.
#[derive(Clone, Debug)]
pub struct World {
    /// Columns and rows.
    pub size: Vec2,
    /// Seconds since the game began.
    pub time: f32,
    pub score: u32,
    pub ship: Ship,
    pub enemies: Vec<Enemy>,
    /// Shots fly upwards.
    pub shots: Vec<Vec2>,
    seed: u32,
}

impl World {
    /// An empty world with the ship at the bottom.
    pub fn new(columns: usize, rows: usize) -> Self {
        let size = Vec2 {
            x: columns as f32,
            y: rows as f32,
        };
        let at = Vec2 {
            x: size.x / 2.0,
            y: size.y - 2.0,
        };
        let ship = Ship {
            at,
            velocity: Vec2::default(),
        };
        Self {
            size,
            time: 0.0,
            score: 0,
            ship,
            enemies: Vec::new(),
            shots: Vec::new(),
            seed: 1,
        }
    }

    /// A random number from 0 to 1; the same ones in each game.
    pub fn random(&mut self) -> f32 {
        self.seed = self
            .seed
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        (self.seed >> 8) as f32 / (1 << 24) as f32
    }
}

impl Vec2 {
    /// How long this is.
    pub fn length(self) -> f32 {
        self.x.hypot(self.y)
    }

    /// The same direction with length one.
    pub fn unit(self) -> Self {
        self * (1.0 / self.length().max(1e-6))
    }
}

impl Add for Vec2 {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            x: self.x + other.x,
            y: self.y + other.y,
        }
    }
}

impl Sub for Vec2 {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            x: self.x - other.x,
            y: self.y - other.y,
        }
    }
}

impl Mul<f32> for Vec2 {
    type Output = Self;

    fn mul(self, factor: f32) -> Self {
        Self {
            x: self.x * factor,
            y: self.y * factor,
        }
    }
}
