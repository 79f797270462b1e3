//! The enemies: when they come, and how they look. How they move is in `steering.rs`.

mod steering;

use game_api::{Enemy, Screen, Script, Vec2, World};

const MOST: usize = 12;
const SECONDS_BETWEEN: f32 = 0.8;
const FACE: char = 'w';

#[derive(Default, liveline::State)]
pub struct Enemies {
    /// Seconds until the next one comes.
    wait: f32,
}

#[liveline::script]
impl Script for Enemies {
    fn update(&mut self, world: &mut World, dt: f32) {
        self.wait -= dt;
        if self.wait <= 0.0 && world.enemies.len() < MOST {
            self.wait = SECONDS_BETWEEN;
            let x = world.random() * world.size.x;
            world.enemies.push(Enemy {
                at: Vec2 { x, y: 1.0 },
                ..Enemy::default()
            });
        }
        for enemy in &mut world.enemies {
            enemy.velocity = steering::velocity(enemy, world.ship.at);
        }
    }

    fn draw(&mut self, world: &World, screen: &mut Screen) {
        for enemy in &world.enemies {
            screen.put(enemy.at.x, enemy.at.y, FACE);
        }
    }
}
