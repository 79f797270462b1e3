//! What the measured game offers its scripts: as in Liveline's project, without Liveline.

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

/// A small scene.
pub fn world() -> World {
    let actor = |id: u32| Actor {
        id,
        kind: (id % 3) as u8,
        position: (id as f32 * 7.0 % 90.0, id as f32 * 13.0 % 70.0),
        health: 1e6,
    };
    World { actors: (0..32).map(actor).collect(), mark: 0 }
}
