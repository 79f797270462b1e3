//! What the game reloads.

pub mod script000;

pub use script000::Script000;

#[unsafe(no_mangle)]
pub fn update(state: &mut Script000, world: &mut game_api::World, dt: f32) {
    state.update(world, dt);
}
