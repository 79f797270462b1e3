//! The world: plain values that scripts read and write. What the game does with them stands in `game/src/rules.rs`.

use crate::{Color, Rng, Vec2, vec2};

/// Everything there is.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// Game time in seconds.
    pub time: f32,
    /// Steps since the start, 60 a second.
    pub step: u64,
    /// Width and height of the arena.
    pub size: Vec2,
    /// What the person at the keyboard wants.
    pub input: Input,
    /// Chance; use no other, so that a seed gives the same game again.
    pub rng: Rng,
    /// The ship.
    pub player: Ship,
    /// Those who chase it.
    pub enemies: Vec<Enemy>,
    /// Its bullets.
    pub bullets: Vec<Bullet>,
    /// Sparks and debris; they touch nothing.
    pub particles: Vec<Particle>,
    /// What happened since the last step.
    pub events: Vec<Event>,
    /// Points so far.
    pub score: u32,
    /// The best score since the start.
    pub best: u32,
}

/// What the person at the keyboard wants.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Input {
    /// Whether someone is there; nobody has touched anything for a while otherwise.
    pub manual: bool,
    /// Where the arrow keys (or W, A, S, D) point, each axis -1 to 1.
    pub steer: Vec2,
    /// Where the mouse points.
    pub pointer: Vec2,
    /// Whether the space bar or the mouse button is held.
    pub fire: bool,
}

/// The player's ship.
#[derive(Clone, Debug, PartialEq)]
pub struct Ship {
    /// Where it is.
    pub position: Vec2,
    /// Pixels a second.
    pub velocity: Vec2,
    /// Where its nose points, in radians.
    pub heading: f32,
    /// How big it is when something touches it.
    pub radius: f32,
    /// Hits it can take; at 0 it is gone until `respawn` runs out.
    pub health: u32,
    /// Seconds until it comes back, when it is gone.
    pub respawn: f32,
    /// Seconds for which nothing hurts it.
    pub shield: f32,
}

/// What an enemy is good at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Runs straight at the player.
    Chaser,
    /// Circles and comes closer.
    Dancer,
    /// Slow, big, takes many hits.
    Brute,
}

/// One that chases the player.
#[derive(Clone, Debug, PartialEq)]
pub struct Enemy {
    /// A number from 0 to a full turn, different for each, so that they do not all do the same.
    pub phase: f32,
    /// What it is good at.
    pub kind: Kind,
    /// Where it is.
    pub position: Vec2,
    /// Pixels a second.
    pub velocity: Vec2,
    /// How big it is when something touches it.
    pub radius: f32,
    /// Its colour, also of its debris.
    pub color: Color,
    /// Hits it still takes.
    pub health: u32,
    /// Seconds since it appeared; it is harmless, and cannot be hurt, for the first [`Enemy::ARRIVAL`].
    pub age: f32,
    /// Seconds since it was last hit.
    pub unhurt: f32,
}

/// A shot.
#[derive(Clone, Debug, PartialEq)]
pub struct Bullet {
    /// Where it is.
    pub position: Vec2,
    /// Pixels a second.
    pub velocity: Vec2,
    /// How big it is.
    pub radius: f32,
}

/// A spark.
#[derive(Clone, Debug, PartialEq)]
pub struct Particle {
    /// Where it is.
    pub position: Vec2,
    /// Pixels a second; it slows down by itself.
    pub velocity: Vec2,
    /// Its colour.
    pub color: Color,
    /// How big it is.
    pub size: f32,
    /// Seconds it has been there.
    pub age: f32,
    /// Seconds it stays.
    pub life: f32,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The player fired.
    Shot { at: Vec2, direction: Vec2 },
    /// A bullet hit an enemy, which lives on.
    EnemyHit { at: Vec2, color: Color },
    /// An enemy is gone.
    EnemyDied { at: Vec2, color: Color, radius: f32 },
    /// The player was touched.
    PlayerHit { at: Vec2 },
    /// The player is gone.
    PlayerDied { at: Vec2 },
    /// The player is back.
    PlayerSpawned { at: Vec2 },
}

impl World {
    /// An empty arena with the player in the middle.
    pub fn new(size: Vec2, seed: u64) -> World {
        World {
            time: 0.0,
            step: 0,
            size,
            input: Input::default(),
            rng: Rng::new(seed),
            player: Ship::new(size / 2.0),
            enemies: Vec::new(),
            bullets: Vec::new(),
            particles: Vec::new(),
            events: Vec::new(),
            score: 0,
            best: 0,
        }
    }

    /// The middle of the arena.
    pub fn center(&self) -> Vec2 {
        self.size / 2.0
    }

    /// The enemy nearest to `point`.
    pub fn nearest_enemy(&self, point: Vec2) -> Option<&Enemy> {
        self.enemies.iter().min_by(|a, b| a.position.distance(point).total_cmp(&b.position.distance(point)))
    }

    /// Fires a bullet from the ship's nose, `spread` radians off its heading.
    pub fn shoot(&mut self, speed: f32, spread: f32) {
        let direction = Vec2::from_angle(self.player.heading + spread);
        let position = self.player.position + direction * (self.player.radius + 6.0);
        self.bullets.push(Bullet { position, velocity: direction * speed, radius: 4.0 });
        self.events.push(Event::Shot { at: position, direction });
    }

    /// Puts an enemy into the arena.
    pub fn spawn(&mut self, kind: Kind, position: Vec2, health: u32) {
        let phase = self.rng.between(0.0, std::f32::consts::TAU);
        self.enemies.push(Enemy {
            phase,
            kind,
            position,
            velocity: Vec2::ZERO,
            radius: 12.0,
            color: Color::WHITE,
            health,
            age: 0.0,
            unhurt: 1.0,
        });
    }

    /// A point on the arena's border, anywhere.
    pub fn border_point(&mut self) -> Vec2 {
        let (w, h) = (self.size.x, self.size.y);
        let along = self.rng.unit() * 2.0 * (w + h);
        match along {
            a if a < w => vec2(a, 0.0),
            a if a < w + h => vec2(w, a - w),
            a if a < 2.0 * w + h => vec2(2.0 * w + h - a, h),
            a => vec2(0.0, 2.0 * (w + h) - a),
        }
    }
}

impl Ship {
    /// Hits that a new ship can take.
    pub const HEALTH: u32 = 4;

    /// A new ship at rest.
    pub fn new(position: Vec2) -> Ship {
        Ship {
            position,
            velocity: Vec2::ZERO,
            heading: -std::f32::consts::FRAC_PI_2,
            radius: 13.0,
            health: Ship::HEALTH,
            respawn: 0.0,
            shield: 1.5,
        }
    }

    /// Whether it is in the arena.
    pub fn alive(&self) -> bool {
        self.health > 0
    }
}

impl Enemy {
    /// Seconds that an enemy takes to arrive.
    pub const ARRIVAL: f32 = 0.6;

    /// Whether it can touch and be touched.
    pub fn arrived(&self) -> bool {
        self.age >= Enemy::ARRIVAL
    }
}

impl Particle {
    /// How much of its life is left, 1 to 0.
    pub fn left(&self) -> f32 {
        (1.0 - self.age / self.life).clamp(0.0, 1.0)
    }
}
