//! Enemies: they chase the ship, dancing a little.

use crate::world::{Enemy, World};

const SPEED: f32 = 0.25;
const DANCE: f32 = 0.4;

/// Moves one enemy.
#[liveline_export::export]
pub fn enemy_update(enemy: &mut Enemy, world: &World, dt: f32) {
    let way = enemy.at.to(world.ship.at).unit();
    let dance = (enemy.age * 6.0).sin() * DANCE;
    enemy.at.x += (way.x - way.y * dance) * SPEED * dt;
    enemy.at.y += (way.y + way.x * dance) * SPEED * dt;
    enemy.age += dt;
}
