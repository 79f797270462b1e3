//! What is behind everything: the sky, and a net that every explosion shakes.

use game_api::{Canvas, Color, Event, Script, Vec2, World, vec2};

const SKY: Color = Color::hex(0x070a1c);
const NET: Color = Color::hex(0x2a4a9c);
const LIGHT: Color = Color::hex(0x1c2768);
/// Pixels between two lines of the net.
const MESH: f32 = 40.0;
/// How far an explosion throws the net, in pixels.
const SHAKE: f32 = 26.0;
const WAVE_SPEED: f32 = 340.0;
const WAVE_WIDTH: f32 = 60.0;
const WAVE_SECONDS: f32 = 1.0;

#[derive(Default, liveline::State)]
pub struct Backdrop {
    waves: Vec<Wave>,
}

/// What an explosion sends through the net.
#[derive(liveline::State)]
struct Wave {
    origin: Vec2,
    age: f32,
    strength: f32,
}

#[liveline::script]
impl Script for Backdrop {
    fn update(&mut self, world: &mut World, dt: f32) {
        for event in &world.events {
            let (origin, strength) = match event {
                Event::EnemyDied { at, radius, .. } => (*at, radius / 14.0),
                Event::PlayerHit { at } | Event::PlayerDied { at } => (*at, 2.5),
                _ => continue,
            };
            self.waves.push(Wave { origin, age: 0.0, strength });
        }
        for wave in &mut self.waves {
            wave.age += dt;
        }
        self.waves.retain(|wave| wave.age < WAVE_SECONDS);
    }

    fn draw(&mut self, world: &World, canvas: &mut Canvas) {
        canvas.clear(SKY);
        canvas.glow(world.center(), world.size.x * 0.6, LIGHT);
        let (columns, rows) = ((world.size.x / MESH) as usize, (world.size.y / MESH) as usize + 1);
        for column in 0..=columns {
            let line: Vec<Vec2> = (0..=rows).map(|row| self.knot(world, column, row)).collect();
            canvas.polyline(line, 1.0, NET);
        }
        for row in 0..=rows {
            let line: Vec<Vec2> = (0..=columns).map(|column| self.knot(world, column, row)).collect();
            canvas.polyline(line, 1.0, NET);
        }
        canvas.outline(frame(world.size), 3.0, NET.mix(Color::WHITE, 0.25));
    }
}

impl Backdrop {
    /// Where a knot of the net is now: pulled by the ship, pushed by the waves.
    fn knot(&self, world: &World, column: usize, row: usize) -> Vec2 {
        let rest = vec2(column as f32 * MESH, row as f32 * MESH);
        let gap = world.player.position - rest;
        let pull = gap.normalized() * 12.0 * (1.0 - gap.length() / 140.0).clamp(0.0, 1.0);
        self.waves.iter().fold(rest + pull, |knot, wave| {
            let away = rest - wave.origin;
            let front = (away.length() - wave.age * WAVE_SPEED) / WAVE_WIDTH;
            let push = (1.0 - front * front).max(0.0) * (1.0 - wave.age / WAVE_SECONDS);
            knot + away.normalized() * push * SHAKE * wave.strength
        })
    }
}

fn frame(size: Vec2) -> [Vec2; 4] {
    [vec2(1.5, 1.5), vec2(size.x - 1.5, 1.5), size - vec2(1.5, 1.5), vec2(1.5, size.y - 1.5)]
}
