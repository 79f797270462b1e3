//! The first script.

use {{api_crate}}::{Script, World};

#[derive(Default, liveline::State)]
pub struct Hello {
    frames: u64,
}

#[liveline::script]
impl Script for Hello {
    fn update(&mut self, world: &mut World, dt: f32) {
        self.frames += 1;
        world.time += dt;
        world.says = format!("hello after {} frames", self.frames);
    }
}
