//! What the game says of itself, twice a second.

use bevy::prelude::*;
use game_api::{BevyScript, Place, Player, Score};
use liveline_bevy::ScriptApp;

const TITLE: &str = "arena";
const PACE: u64 = 30;

#[liveline_bevy::script]
fn hud(app: &mut ScriptApp) {
    app.add_systems(PostUpdate, announce);
}

#[allow(clippy::print_stdout)]
fn announce(score: Res<Score>, others: Query<&Place, Without<Player>>) {
    if score.frame.is_multiple_of(PACE) {
        let enemies = others.iter().count();
        println!(
            "{TITLE}: {} points, {enemies} enemies, frame {}",
            score.points, score.frame
        );
    }
}
