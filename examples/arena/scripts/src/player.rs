//! The ship: how it flies, shoots and looks. It flies itself while nobody touches the keyboard.

use game_api::{Canvas, Color, Script, Vec2, World, vec2};

const COLOR: Color = Color::hex(0x3ce6ff);
const BULLET_COLOR: Color = Color::hex(0xfff27a);
const TOP_SPEED: f32 = 300.0;
const AGILITY: f32 = 7.0;
const SHOTS_PER_SECOND: f32 = 7.0;
const BULLET_SPEED: f32 = 620.0;
/// One bullet for each number: how many degrees off the heading.
const BARRELS: [f32; 1] = [0.0];

#[derive(Default, liveline::State)]
pub struct Player {
    cooldown: f32,
}

#[liveline::script]
impl Script for Player {
    fn update(&mut self, world: &mut World, dt: f32) {
        self.cooldown -= dt;
        if !world.player.alive() {
            return;
        }
        let wish = if world.input.manual { hands(world) } else { autopilot(world) };
        let ship = &mut world.player;
        ship.velocity += (wish.fly * TOP_SPEED - ship.velocity) * (AGILITY * dt).min(1.0);
        if let Some(direction) = wish.aim {
            ship.heading = turn(ship.heading, direction.angle(), 14.0 * dt);
        }
        if wish.fire && self.cooldown <= 0.0 {
            self.cooldown = 1.0 / SHOTS_PER_SECOND;
            for degrees in BARRELS {
                world.shoot(BULLET_SPEED, f32::to_radians(degrees));
            }
        }
    }

    fn draw(&mut self, world: &World, canvas: &mut Canvas) {
        for bullet in &world.bullets {
            let tail = bullet.position - bullet.velocity.normalized() * 18.0;
            canvas.glow(bullet.position, 22.0, BULLET_COLOR.faded(0.45));
            canvas.line(tail, bullet.position, 3.0, BULLET_COLOR);
        }
        if world.player.alive() {
            draw_ship(world, canvas);
        }
    }
}

/// What the pilot wants to do now.
struct Wish {
    fly: Vec2,
    aim: Option<Vec2>,
    fire: bool,
}

fn hands(world: &World) -> Wish {
    let aim = world.input.pointer - world.player.position;
    Wish { fly: world.input.steer.clamped(1.0), aim: Some(aim), fire: world.input.fire }
}

fn autopilot(world: &World) -> Wish {
    let here = world.player.position;
    let tour = vec2((world.time * 0.5).cos() * 0.3, (world.time * 0.8).sin() * 0.28);
    let home = (world.center() + vec2(tour.x * world.size.x, tour.y * world.size.y) - here) / 120.0;
    let away = world.enemies.iter().fold(Vec2::ZERO, |sum, enemy| {
        let gap = here - enemy.position;
        let fear = (1.0 - (gap.length() - enemy.radius) / 150.0).clamp(0.0, 1.0);
        sum + (gap.normalized() + gap.normalized().perpendicular() * 0.4) * (fear * 2.0)
    });
    let target = world.nearest_enemy(here);
    let aim = target.map(|enemy| {
        let flight = here.distance(enemy.position) / BULLET_SPEED;
        enemy.position + enemy.velocity * flight - here
    });
    Wish {
        fly: (home.clamped(0.8) + away).clamped(1.0),
        aim,
        fire: target.is_some_and(|enemy| enemy.age > 0.4),
    }
}

/// `from` turned towards `to` the short way, by at most `most` radians.
fn turn(from: f32, to: f32, most: f32) -> f32 {
    use std::f32::consts::{PI, TAU};
    let gap = (to - from + PI).rem_euclid(TAU) - PI;
    from + gap.clamp(-most, most)
}

fn draw_ship(world: &World, canvas: &mut Canvas) {
    let ship = &world.player;
    let place = |x: f32, y: f32| ship.position + vec2(x, y).rotated(ship.heading);
    canvas.glow(ship.position, 110.0, COLOR.faded(0.3));

    let thrust = ship.velocity.length() / TOP_SPEED;
    let flicker = 0.8 + 0.2 * (world.time * 40.0).sin();
    let flame = vec2(-12.0 - 20.0 * thrust * flicker, 0.0);
    canvas.glow(place(-12.0, 0.0), 26.0, Color::hex(0xff8a3c).faded(thrust));
    canvas.polygon(
        [place(-8.0, -5.0), place(flame.x, flame.y), place(-8.0, 5.0)],
        Color::hex(0xffb45a).faded(0.9),
    );

    let hull = [place(20.0, 0.0), place(-13.0, 13.0), place(-6.0, 0.0), place(-13.0, -13.0)];
    canvas.polygon(hull, COLOR.mix(Color::BLACK, 0.55));
    canvas.outline(hull, 2.5, COLOR);
    canvas.circle(place(3.0, 0.0), 3.5, Color::WHITE);

    if ship.shield > 0.0 {
        let pulse = 0.5 + 0.3 * (world.time * 18.0).sin();
        canvas.ring(ship.position, 27.0, 2.0, COLOR.faded(pulse * ship.shield.min(1.0)));
    }
}
