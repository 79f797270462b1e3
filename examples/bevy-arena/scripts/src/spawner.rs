//! When and where enemies come.

use bevy::prelude::*;
use game_api::{ARENA, Arrival, BevyScript, Look, Score};
use liveline_bevy::ScriptApp;

/// Frames from one enemy to the next.
const PACE: u64 = 12;
const MOST: usize = 24;

#[liveline_bevy::script]
fn spawner(app: &mut ScriptApp) {
    app.add_systems(Update, spawn.run_if(there_is_room));
}

fn there_is_room(looks: Query<&Look>) -> bool {
    looks.iter().count() < MOST
}

fn spawn(score: Res<Score>, mut arrivals: MessageWriter<Arrival>) {
    if score.frame.is_multiple_of(PACE) {
        let angle = score.frame as f32 * 0.37;
        arrivals.write(Arrival {
            place: Vec2::from_angle(angle) * ARENA,
        });
    }
}
