//! What the measured game offers its scripts.

/// A part of the game that can be edited while it runs.
#[liveline::interface]
pub trait Script {
    /// Called once a frame.
    fn update(&mut self, world: &mut World, dt: f32);

    /// The smallest call that there is.
    fn next(&mut self, number: u64) -> u64 {
        number.wrapping_add(1)
    }
}

/// What a script sees.
#[derive(Debug, Default)]
pub struct World {
    /// What moves.
    pub actors: Vec<Actor>,
    /// Which edit of the script runs.
    pub mark: u32,
}

/// Something that moves.
#[derive(Clone, Debug, Default)]
pub struct Actor {
    /// Its number.
    pub id: u32,
    /// What it does.
    pub kind: u8,
    /// Where it is.
    pub position: (f32, f32),
    /// How much of it is left.
    pub health: f32,
}
