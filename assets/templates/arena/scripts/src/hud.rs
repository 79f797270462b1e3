//! The line at the top.

use game_api::{Screen, Script, World};

const TITLE: &str = "{{name}}";

#[derive(Default, liveline::State)]
pub struct Hud {
    best: u32,
}

#[liveline::script]
impl Script for Hud {
    fn update(&mut self, world: &mut World, _dt: f32) {
        self.best = self.best.max(world.score);
    }

    fn draw(&mut self, world: &World, screen: &mut Screen) {
        let line = format!(
            "{TITLE}: {} points, {} enemies, best {}",
            world.score,
            world.enemies.len(),
            self.best
        );
        screen.text(0, 0, &line);
    }
}
