//! New enemies: when, and where on the border.

use crate::world::{Enemy, Vec2, World};

const SECONDS_BETWEEN: f32 = 0.8;
const HEALTH: f32 = 1.0;

/// Gives a new enemy its values. Whether there is one in this frame.
#[liveline_export::export]
pub fn spawner_spawn(enemy: &mut Enemy, world: &mut World, dt: f32) -> bool {
    let before = world.time - dt;
    if (world.time / SECONDS_BETWEEN) as u32 == (before / SECONDS_BETWEEN) as u32 {
        return false;
    }
    let turn = random(&mut world.seed) * std::f32::consts::TAU;
    *enemy = Enemy { at: Vec2 { x: turn.cos(), y: turn.sin() }, health: HEALTH, age: 0.0 };
    true
}

/// From 0 to 1.
fn random(seed: &mut u32) -> f32 {
    *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*seed >> 8) as f32 / (1 << 24) as f32
}
