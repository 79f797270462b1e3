//! The ship: keeps away from enemies, shoots the nearest, and comes back to the middle.

use crate::world::{Ship, Vec2, World};

const SHOTS_PER_SECOND: f32 = 4.0;
const DAMAGE: f32 = 0.5;
const RANGE: f32 = 0.6;
const SPEED: f32 = 0.5;

/// Moves the ship.
#[liveline_export::export]
pub fn player_update(ship: &mut Ship, world: &World, dt: f32) {
    let home = ship.at.to(Vec2::default());
    let push = world.enemies().iter().fold(home, |push, enemy| {
        let away = enemy.at.to(ship.at);
        let force = 0.05 / away.length().max(0.05);
        Vec2 { x: push.x + away.x * force, y: push.y + away.y * force }
    });
    ship.velocity = push.unit().times(SPEED * push.length().min(1.0));
    ship.at.x = (ship.at.x + ship.velocity.x * dt).clamp(-1.0, 1.0);
    ship.at.y = (ship.at.y + ship.velocity.y * dt).clamp(-1.0, 1.0);
    ship.cooldown -= dt;
}

/// Which enemy is shot at in this frame, and -1 for none.
#[liveline_export::export(otherwise = -1)]
pub fn player_target(ship: &mut Ship, world: &World) -> i32 {
    if ship.cooldown > 0.0 {
        return -1;
    }
    let near =
        world.enemies().iter().enumerate().map(|(index, enemy)| (index, ship.at.to(enemy.at).length()));
    let nearest = near.filter(|(_, way)| *way < RANGE).min_by(|one, other| one.1.total_cmp(&other.1));
    let Some((index, _)) = nearest else { return -1 };
    ship.cooldown = 1.0 / SHOTS_PER_SECOND;
    index as i32
}

/// What a shot takes from an enemy's health.
#[liveline_export::export]
pub fn player_damage() -> f32 {
    DAMAGE
}
