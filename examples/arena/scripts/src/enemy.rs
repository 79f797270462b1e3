//! The enemies: how each kind chases the player, and how it looks.

use game_api::{Canvas, Color, Enemy, Kind, Script, Vec2, World};

const CHASER_COLOR: Color = Color::hex(0xff3d81);
const DANCER_COLOR: Color = Color::hex(0xb06bff);
const BRUTE_COLOR: Color = Color::hex(0xff9d2e);
const CHASER_SPEED: f32 = 120.0;
const DANCER_SPEED: f32 = 170.0;
const BRUTE_SPEED: f32 = 55.0;
/// All enemies, times this.
const SIZE: f32 = 1.0;
/// How strongly they keep away from each other.
const PERSONAL_SPACE: f32 = 260.0;

#[derive(Default, liveline::State)]
pub struct Enemies {
    clock: f32,
}

#[liveline::script(name = "enemy")]
impl Script for Enemies {
    fn update(&mut self, world: &mut World, dt: f32) {
        self.clock += dt;
        let prey = world.player.position;
        let places: Vec<Vec2> = world.enemies.iter().map(|enemy| enemy.position).collect();
        for enemy in &mut world.enemies {
            (enemy.radius, enemy.color) = body(enemy.kind);
            let wish = chase(enemy, prey, self.clock) + crowd(enemy, &places);
            enemy.velocity += (wish - enemy.velocity) * (4.0 * dt).min(1.0);
        }
    }

    fn draw(&mut self, world: &World, canvas: &mut Canvas) {
        for enemy in &world.enemies {
            if enemy.arrived() {
                draw_enemy(enemy, world.time, canvas);
            } else {
                draw_arrival(enemy, canvas);
            }
        }
    }
}

fn body(kind: Kind) -> (f32, Color) {
    match kind {
        Kind::Chaser => (12.0 * SIZE, CHASER_COLOR),
        Kind::Dancer => (11.0 * SIZE, DANCER_COLOR),
        Kind::Brute => (26.0 * SIZE, BRUTE_COLOR),
    }
}

/// The velocity that this enemy would like to have.
fn chase(enemy: &Enemy, prey: Vec2, clock: f32) -> Vec2 {
    let towards = (prey - enemy.position).normalized();
    match enemy.kind {
        Kind::Chaser => towards * CHASER_SPEED,
        Kind::Dancer => {
            let swing = (clock * 2.0 + enemy.phase).sin();
            (towards + towards.perpendicular() * 1.6 * swing).normalized() * DANCER_SPEED
        }
        Kind::Brute => towards * BRUTE_SPEED,
    }
}

fn crowd(enemy: &Enemy, places: &[Vec2]) -> Vec2 {
    places.iter().fold(Vec2::ZERO, |sum, place| {
        let gap = enemy.position - *place;
        let closeness = 1.0 - gap.length() / (enemy.radius * 3.0);
        if closeness > 0.0 { sum + gap.normalized() * closeness * PERSONAL_SPACE } else { sum }
    })
}

fn draw_enemy(enemy: &Enemy, time: f32, canvas: &mut Canvas) {
    let hit = (1.0 - enemy.unhurt / 0.12).clamp(0.0, 1.0);
    let color = enemy.color.mix(Color::WHITE, hit);
    let spin = time * 1.5 + enemy.phase;
    let shape = match enemy.kind {
        Kind::Chaser => corners(enemy, 4, enemy.velocity.angle(), 1.25),
        Kind::Dancer => star(enemy, spin * 2.0),
        Kind::Brute => corners(enemy, 6, spin * 0.4, 1.1),
    };
    canvas.glow(enemy.position, enemy.radius * 4.0, color.faded(0.35));
    canvas.polygon(shape.clone(), color.mix(Color::BLACK, 0.65));
    canvas.outline(shape, 2.5, color);
    if enemy.kind == Kind::Brute {
        let heart = enemy.radius * 0.16 * enemy.health.min(5) as f32;
        canvas.circle(enemy.position, heart, color.faded(0.8));
    } else {
        canvas.circle(enemy.position, enemy.radius * 0.25, color);
    }
}

fn draw_arrival(enemy: &Enemy, canvas: &mut Canvas) {
    let progress = enemy.age / Enemy::ARRIVAL;
    let radius = enemy.radius * (4.0 - 3.0 * progress);
    canvas.ring(enemy.position, radius, 2.0, enemy.color.faded(progress));
    canvas.glow(enemy.position, enemy.radius * 3.0, enemy.color.faded(progress * 0.5));
}

fn corners(enemy: &Enemy, count: u32, angle: f32, stretch: f32) -> Vec<Vec2> {
    let turn = std::f32::consts::TAU / count as f32;
    let corner = |index: u32| Vec2::from_angle(angle + turn * index as f32);
    (0..count).map(|index| enemy.position + corner(index) * enemy.radius * stretch).collect()
}

fn star(enemy: &Enemy, angle: f32) -> Vec<Vec2> {
    let mut points = corners(enemy, 8, angle, 1.4);
    for point in points.iter_mut().skip(1).step_by(2) {
        *point = enemy.position.lerp(*point, 0.45);
    }
    points
}
