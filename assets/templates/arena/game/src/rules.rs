//! How things move, and what a hit does: everything that is not a script's choice.

use game_api::World;

const SHOT_SPEED: f32 = 20.0;

/// Moves the world on by `dt` seconds.
pub fn step(world: &mut World, dt: f32) {
    world.time += dt;
    let size = world.size;
    world.ship.at.x = (world.ship.at.x + world.ship.velocity.x * dt).clamp(0.0, size.x - 1.0);
    for enemy in &mut world.enemies {
        enemy.age += dt;
        enemy.at = enemy.at + enemy.velocity * dt;
        enemy.at.x = enemy.at.x.clamp(0.0, size.x - 1.0);
    }
    for shot in &mut world.shots {
        shot.y -= SHOT_SPEED * dt;
    }
    hit(world);
    world.shots.retain(|shot| shot.y > 1.0);
    world.enemies.retain(|enemy| enemy.at.y < size.y - 2.0);
}

/// A shot and the enemy that it meets are gone.
fn hit(world: &mut World) {
    let World {
        shots,
        enemies,
        score,
        ..
    } = world;
    shots.retain(|shot| {
        let met = enemies.iter().position(|enemy| {
            (enemy.at.x - shot.x).abs() < 1.0 && (enemy.at.y - shot.y).abs() < 1.0
        });
        let Some(index) = met else { return true };
        enemies.swap_remove(index);
        *score += 1;
        false
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use game_api::{Enemy, Vec2};

    #[test]
    fn a_shot_takes_one_enemy_and_is_spent() {
        let mut world = World::new(20, 10);
        let at = Vec2 { x: 10.0, y: 5.0 };
        world.enemies = vec![
            Enemy {
                at,
                ..Enemy::default()
            };
            2
        ];
        world.shots = vec![at];
        step(&mut world, 0.01);
        assert_eq!(
            (world.enemies.len(), world.shots.len(), world.score),
            (1, 0, 1)
        );
    }
}
