//! Says a word and counts how often.

use game_api::{Script, World};

#[derive(Default, liveline::State)]
pub struct Player {
    ticks: u64,
}

#[liveline::script]
impl Script for Player {
    fn update(&mut self, world: &mut World, _dt: f32) {
        self.ticks += 1;
        world.ticks = self.ticks;
        world.say("one");
    }
}
