//! The rules of the game: how things move, what a touch does, what counts. Everything that is not a script's choice.

use game_api::{Event, Kind, Ship, Vec2, World, vec2};

/// Seconds that the ship is gone after its last hit.
const RESPAWN: f32 = 2.0;
/// Seconds for which a new or touched ship cannot be hurt.
const SHIELD: f32 = 1.5;
/// How much of a spark's speed is left after a second.
const SPARK_DRAG: f32 = 0.15;
/// No more sparks than this, the oldest go first.
const MOST_SPARKS: usize = 600;

/// Moves the world on by `dt` seconds.
pub fn step(world: &mut World, dt: f32) {
    world.events.clear();
    world.step += 1;
    world.time += dt;
    move_player(world, dt);
    move_enemies(world, dt);
    move_bullets(world, dt);
    move_particles(world, dt);
    hit_enemies(world);
    touch_player(world);
}

fn move_player(world: &mut World, dt: f32) {
    let (size, center) = (world.size, world.center());
    let player = &mut world.player;
    if !player.alive() {
        player.respawn -= dt;
        if player.respawn <= 0.0 {
            *player = Ship { shield: SHIELD, ..Ship::new(center) };
            world.score = 0;
            world.events.push(Event::PlayerSpawned { at: center });
        }
        return;
    }
    player.shield = (player.shield - dt).max(0.0);
    player.position = inside(player.position + player.velocity * dt, size, player.radius);
}

fn move_enemies(world: &mut World, dt: f32) {
    let size = world.size;
    for enemy in &mut world.enemies {
        enemy.age += dt;
        enemy.unhurt += dt;
        if enemy.arrived() {
            enemy.position = inside(enemy.position + enemy.velocity * dt, size, enemy.radius);
        }
    }
}

fn move_bullets(world: &mut World, dt: f32) {
    let size = world.size;
    for bullet in &mut world.bullets {
        bullet.position += bullet.velocity * dt;
    }
    world.bullets.retain(|bullet| inside(bullet.position, size, 0.0) == bullet.position);
}

fn move_particles(world: &mut World, dt: f32) {
    for particle in &mut world.particles {
        particle.age += dt;
        particle.position += particle.velocity * dt;
        particle.velocity *= SPARK_DRAG.powf(dt);
    }
    world.particles.retain(|particle| particle.age < particle.life);
    let surplus = world.particles.len().saturating_sub(MOST_SPARKS);
    world.particles.drain(..surplus);
}

/// A bullet is spent on the first enemy it meets.
fn hit_enemies(world: &mut World) {
    let World { bullets, enemies, events, score, best, .. } = world;
    bullets.retain(|bullet| {
        let met = enemies.iter_mut().find(|enemy| {
            let reach = enemy.radius + bullet.radius;
            enemy.arrived() && enemy.health > 0 && enemy.position.distance(bullet.position) < reach
        });
        let Some(enemy) = met else { return true };
        enemy.health -= 1;
        enemy.unhurt = 0.0;
        if enemy.health > 0 {
            events.push(Event::EnemyHit { at: bullet.position, color: enemy.color });
        } else {
            events.push(Event::EnemyDied { at: enemy.position, color: enemy.color, radius: enemy.radius });
            *score += points(enemy.kind);
            *best = (*best).max(*score);
        }
        false
    });
    enemies.retain(|enemy| enemy.health > 0);
}

/// An enemy that touches the ship is gone, and so is one of the ship's lives.
fn touch_player(world: &mut World) {
    let World { player, enemies, events, .. } = world;
    if !player.alive() || player.shield > 0.0 {
        return;
    }
    let touches = |enemy: &game_api::Enemy| {
        enemy.arrived() && enemy.position.distance(player.position) < enemy.radius + player.radius
    };
    let Some(index) = enemies.iter().position(touches) else { return };
    let enemy = enemies.swap_remove(index);
    events.push(Event::EnemyDied { at: enemy.position, color: enemy.color, radius: enemy.radius });
    player.health -= 1;
    player.shield = SHIELD;
    events.push(Event::PlayerHit { at: player.position });
    if !player.alive() {
        player.respawn = RESPAWN;
        events.push(Event::PlayerDied { at: player.position });
    }
}

/// What an enemy of this kind is worth.
fn points(kind: Kind) -> u32 {
    match kind {
        Kind::Chaser => 10,
        Kind::Dancer => 25,
        Kind::Brute => 100,
    }
}

fn inside(point: Vec2, size: Vec2, margin: f32) -> Vec2 {
    vec2(clamp(point.x, margin, size.x - margin), clamp(point.y, margin, size.y - margin))
}

/// Like `f32::clamp`, for bounds that a script may have crossed (a radius larger than the arena) or made NaN.
fn clamp(value: f32, low: f32, high: f32) -> f32 {
    if value.is_nan() { low } else { value.min(high).max(low) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DT: f32 = 1.0 / 60.0;

    fn world() -> World {
        let mut world = World::new(vec2(960.0, 540.0), 1);
        world.player.shield = 0.0;
        world
    }

    fn put_enemy(world: &mut World, position: Vec2, health: u32) {
        world.spawn(Kind::Chaser, position, health);
        world.enemies.last_mut().expect("just spawned").age = 1.0;
    }

    #[test]
    fn a_bullet_takes_one_hit_and_is_spent() {
        let mut world = world();
        put_enemy(&mut world, vec2(480.0, 230.0), 2);
        world.shoot(300.0, 0.0);
        for _ in 0..30 {
            step(&mut world, DT);
        }
        assert_eq!(world.bullets.len(), 0);
        assert_eq!(world.enemies[0].health, 1);
        assert_eq!(world.score, 0);
    }

    #[test]
    fn the_last_hit_scores_and_removes_the_enemy() {
        let mut world = world();
        put_enemy(&mut world, vec2(480.0, 245.0), 1);
        world.shoot(60.0, 0.0);
        step(&mut world, DT);
        assert!(world.enemies.is_empty());
        assert_eq!((world.score, world.best), (10, 10));
        assert!(matches!(world.events[..], [Event::EnemyDied { .. }]));
    }

    #[test]
    fn arriving_enemies_are_harmless() {
        let mut world = world();
        world.spawn(Kind::Chaser, world.player.position, 1);
        step(&mut world, DT);
        assert_eq!(world.player.health, Ship::HEALTH);
    }

    #[test]
    fn a_touch_costs_one_life_and_then_the_shield_holds() {
        let mut world = world();
        let at = world.player.position;
        put_enemy(&mut world, at, 1);
        put_enemy(&mut world, at, 1);
        step(&mut world, DT);
        step(&mut world, DT);
        assert_eq!(world.player.health, Ship::HEALTH - 1);
        assert_eq!(world.enemies.len(), 1);
    }

    #[test]
    fn the_ship_comes_back_and_the_score_starts_again() {
        let mut world = world();
        (world.player.health, world.score, world.best) = (1, 70, 70);
        put_enemy(&mut world, vec2(480.0, 270.0), 1);
        step(&mut world, DT);
        assert!(!world.player.alive());
        for _ in 0..130 {
            step(&mut world, DT);
        }
        assert!(world.player.alive());
        assert_eq!((world.score, world.best), (0, 70));
    }

    #[test]
    fn nothing_leaves_the_arena_whatever_a_script_wrote() {
        let mut world = world();
        world.player.velocity = vec2(f32::NAN, 1e9);
        put_enemy(&mut world, vec2(10.0, 10.0), 1);
        world.enemies[0].velocity = vec2(-1e9, f32::INFINITY);
        world.enemies[0].radius = 5000.0;
        step(&mut world, DT);
        for position in [world.player.position, world.enemies[0].position] {
            assert!(position.x.is_finite() && position.y.is_finite(), "{position:?}");
        }
    }

    #[test]
    fn the_border_is_the_border() {
        let mut world = world();
        for _ in 0..500 {
            let at = world.border_point();
            let on = |value: f32, end: f32| value.abs() < 0.01 || (value - end).abs() < 0.01;
            assert!(on(at.x, 960.0) || on(at.y, 540.0), "{at:?}");
        }
    }
}
