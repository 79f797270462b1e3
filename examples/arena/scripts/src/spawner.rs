//! When and where enemies come. It gets harder with the score.

use game_api::{Kind, Script, World};

const SECONDS_BETWEEN: f32 = 0.32;
const MOST_AT_ONCE: usize = 40;
const DANCER_CHANCE: f32 = 0.3;
const BRUTE_CHANCE: f32 = 0.07;
/// No enemy appears closer to the player than this.
const SAFE_DISTANCE: f32 = 220.0;

#[derive(Default, liveline::State)]
pub struct Spawner {
    wait: f32,
}

#[liveline::script]
impl Script for Spawner {
    fn update(&mut self, world: &mut World, dt: f32) {
        self.wait -= dt;
        if self.wait > 0.0 || world.enemies.len() >= MOST_AT_ONCE {
            return;
        }
        let haste = 1.0 + world.score as f32 / 4000.0;
        self.wait = SECONDS_BETWEEN / haste.min(3.0);
        spawn_one(world);
    }
}

fn spawn_one(world: &mut World) {
    let at = world.border_point().lerp(world.center(), 0.08);
    if at.distance(world.player.position) < SAFE_DISTANCE {
        return;
    }
    let (kind, health) = match world.rng.unit() {
        dice if dice < BRUTE_CHANCE => (Kind::Brute, 5),
        dice if dice < BRUTE_CHANCE + DANCER_CHANCE => (Kind::Dancer, 1),
        _ => (Kind::Chaser, 1),
    };
    world.spawn(kind, at, health);
}
