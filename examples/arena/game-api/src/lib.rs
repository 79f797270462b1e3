//! What the arena's scripts may see and do: the script's interface, the world, and the canvas to draw on.

mod canvas;
mod color;
mod geometry;
mod rng;
mod world;

pub use canvas::{Canvas, Shape, TextSize};
pub use color::Color;
pub use geometry::{Vec2, vec2};
pub use rng::Rng;
pub use world::{Bullet, Enemy, Event, Input, Kind, Particle, Ship, World};

/// A part of the game that can be edited while it runs.
#[liveline::interface]
pub trait Script {
    /// Called 60 times a second of game time, after the world has moved; `dt` is in seconds.
    fn update(&mut self, world: &mut World, dt: f32);

    /// Called for each picture that is shown. The world is as `update` left it.
    fn draw(&mut self, _world: &World, _canvas: &mut Canvas) {}
}
