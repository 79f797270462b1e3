//! Sparks: what flies around when something is hit.

use game_api::{Canvas, Color, Event, Particle, Script, Vec2, World};

const SPARKS_PER_KILL: u32 = 26;
const SPARK_SPEED: f32 = 330.0;
const SPARK_SECONDS: f32 = 1.1;
const SPARK_LENGTH: f32 = 0.06;
const FLASH_SIZE: f32 = 60.0;
const HURT_COLOR: Color = Color::hex(0xffffff);

#[derive(Default, liveline::State)]
pub struct Effects {
    kills: u32,
}

#[liveline::script]
impl Script for Effects {
    fn update(&mut self, world: &mut World, _dt: f32) {
        for event in world.events.clone() {
            match event {
                Event::Shot { at, direction } => muzzle(world, at, direction),
                Event::EnemyHit { at, color } => burst(world, at, color, 6, 0.5),
                Event::EnemyDied { at, color, radius } => {
                    self.kills += 1;
                    burst(world, at, color, SPARKS_PER_KILL + radius as u32, 0.6 + radius / 40.0);
                }
                Event::PlayerHit { at } => burst(world, at, HURT_COLOR, 40, 1.0),
                Event::PlayerDied { at } => burst(world, at, HURT_COLOR, 160, 1.8),
                Event::PlayerSpawned { .. } => {}
            }
        }
    }

    fn draw(&mut self, world: &World, canvas: &mut Canvas) {
        for spark in &world.particles {
            let color = spark.color.faded(spark.left());
            if spark.size > FLASH_SIZE / 2.0 {
                canvas.glow(spark.position, spark.size, color);
                continue;
            }
            canvas.line(spark.position, spark.position - spark.velocity * SPARK_LENGTH, spark.size, color);
        }
    }
}

fn burst(world: &mut World, at: Vec2, color: Color, count: u32, strength: f32) {
    spark(world, at, Vec2::ZERO, color.faded(0.7), FLASH_SIZE * (0.5 + strength));
    for _ in 0..count {
        let direction = Vec2::from_angle(world.rng.between(0.0, std::f32::consts::TAU));
        let speed = SPARK_SPEED * strength * world.rng.between(0.15, 1.0);
        let white = world.rng.between(0.0, 0.5);
        spark(world, at, direction * speed, color.mix(Color::WHITE, white), 2.0);
    }
}

fn muzzle(world: &mut World, at: Vec2, direction: Vec2) {
    for _ in 0..3 {
        let spread = world.rng.between(-0.4, 0.4);
        let speed = world.rng.between(80.0, 200.0);
        spark(world, at, direction.rotated(spread) * speed, Color::hex(0xffd27a), 1.5);
    }
}

fn spark(world: &mut World, position: Vec2, velocity: Vec2, color: Color, size: f32) {
    let life = SPARK_SECONDS * world.rng.between(0.4, 1.0);
    world.particles.push(Particle { position, velocity, color, size, age: 0.0, life });
}
