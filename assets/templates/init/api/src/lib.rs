//! What scripts may see and do: grow it as your game needs.

/// What a script sees and changes.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Seconds since the game began.
    pub time: f32,
    /// What a script has to say.
    pub says: String,
}

/// A part of the game that can be edited while it runs.
#[liveline::interface]
pub trait Script {
    /// Called once a frame; `dt` is in seconds.
    fn update(&mut self, world: &mut World, dt: f32);
}
