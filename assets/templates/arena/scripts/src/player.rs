//! The ship: it flies below the enemy that is lowest, and shoots.

use game_api::{Screen, Script, Vec2, World};

const SHIP: char = 'A';
const SPEED: f32 = 24.0;
const SHOTS_PER_SECOND: f32 = 3.0;

#[derive(Default, liveline::State)]
pub struct Player {
    /// Seconds until the next shot.
    cooldown: f32,
}

#[liveline::script]
impl Script for Player {
    fn update(&mut self, world: &mut World, dt: f32) {
        let lowest = world
            .enemies
            .iter()
            .max_by(|one, other| one.at.y.total_cmp(&other.at.y));
        let goal = lowest.map_or(world.size.x / 2.0, |enemy| enemy.at.x);
        let way = goal - world.ship.at.x;
        world.ship.velocity = Vec2 {
            x: (way * 8.0).clamp(-SPEED, SPEED),
            y: 0.0,
        };

        self.cooldown -= dt;
        if self.cooldown <= 0.0 {
            self.cooldown = 1.0 / SHOTS_PER_SECOND;
            world.shots.push(world.ship.at);
        }
    }

    fn draw(&mut self, world: &World, screen: &mut Screen) {
        for shot in &world.shots {
            screen.put(shot.x, shot.y, '|');
        }
        screen.put(world.ship.at.x, world.ship.at.y, SHIP);
    }
}
