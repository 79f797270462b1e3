//! What the game itself does: counts frames, and moves what has a velocity.

use bevy::prelude::*;
use game_api::{ARENA, Arrival, Place, Score, Velocity};
use liveline_bevy::ScriptSystems;

/// Adds the rules.
pub fn plugin(app: &mut App) {
    app.init_resource::<Score>()
        .add_message::<Arrival>()
        .add_systems(PreUpdate, count)
        // After the scripts of the schedule have said where all want to go.
        .add_systems(Update, step.after(ScriptSystems));
}

fn count(mut score: ResMut<Score>) {
    score.frame += 1;
}

fn step(time: Res<Time>, mut moving: Query<(&mut Place, &Velocity)>) {
    for (mut place, velocity) in &mut moving {
        place.0 = (place.0 + velocity.0 * time.delta_secs()).clamp(-ARENA, ARENA);
    }
}
