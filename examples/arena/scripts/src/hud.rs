//! Score and lives, on top of everything.

use game_api::{Canvas, Color, Script, TextSize, World, vec2};

const INK: Color = Color::hex(0xe8f1ff);
const LIFE: Color = Color::hex(0x3ce6ff);
const TITLE: &str = "SCORE";

#[derive(Default, liveline::State)]
pub struct Hud {
    /// The score as it is shown; it runs after the real one.
    shown: f32,
}

#[liveline::script]
impl Script for Hud {
    fn update(&mut self, world: &mut World, dt: f32) {
        self.shown += (world.score as f32 - self.shown) * (8.0 * dt).min(1.0);
    }

    fn draw(&mut self, world: &World, canvas: &mut Canvas) {
        let score = format!("{:05}", self.shown.round());
        let right = world.size.x - 20.0;
        let score_left = right - TextSize::Large.advance() * score.len() as f32;
        canvas.text(vec2(score_left, 26.0), TextSize::Large, INK, score);
        let best = format!("{TITLE}   BEST {:05}", world.best);
        let best_left = right - TextSize::Small.advance() * best.len() as f32;
        canvas.text(vec2(best_left, 12.0), TextSize::Small, INK.faded(0.6), best);
        for life in 0..world.player.health {
            let center = vec2(right - 8.0 - 22.0 * life as f32, 72.0);
            let corners = [vec2(0.0, -9.0), vec2(7.0, 7.0), vec2(0.0, 3.0), vec2(-7.0, 7.0)];
            canvas.polygon(corners.map(|corner| center + corner), LIFE);
        }
    }
}
