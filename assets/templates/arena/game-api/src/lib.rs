//! What scripts may see and do.

mod screen;
mod world;

pub use screen::Screen;
pub use world::{Enemy, Ship, Vec2, World};

/// A part of the game that can be edited while it runs.
#[liveline::interface]
pub trait Script {
    /// Called 30 times a second; `dt` is in seconds.
    fn update(&mut self, world: &mut World, dt: f32);

    /// Called for each picture. A default body makes it optional.
    fn draw(&mut self, _world: &World, _screen: &mut Screen) {}
}
