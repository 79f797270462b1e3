//! How an enemy moves.

use game_api::{Enemy, Vec2};

const SPEED: f32 = 3.0;
const DANCE: f32 = 9.0;

/// Towards the ship, dancing.
pub fn velocity(enemy: &Enemy, ship: Vec2) -> Vec2 {
    let dance = Vec2 {
        x: (enemy.age * 3.0).sin() * DANCE,
        y: 0.0,
    };
    (ship - enemy.at).unit() * SPEED + dance
}
