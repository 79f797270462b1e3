//! The enemies: how they come, chase the player, and are caught.

use bevy::prelude::*;
use game_api::{Arrival, BevyScript, Look, Place, Player, Score, Velocity};
use liveline_bevy::ScriptApp;

const SPEED: f32 = 70.0;
const COLOR: [f32; 3] = [1.0, 0.24, 0.5];

/// What only this script knows of an enemy. Add a field while the game runs: the others keep their values.
#[liveline_bevy::component]
#[derive(Default)]
pub struct Enemy {
    age: f32,
}

#[liveline_bevy::script]
fn enemy(app: &mut ScriptApp) {
    app.add_systems(Update, (arrive, grow_old, chase, be_caught).chain());
}

fn arrive(mut arrivals: MessageReader<Arrival>, mut commands: Commands) {
    for arrival in arrivals.read() {
        let look = Look {
            radius: 9.0,
            color: COLOR,
        };
        commands.spawn((
            Enemy::default(),
            Place(arrival.place),
            Velocity::default(),
            look,
        ));
    }
}

fn grow_old(time: Res<Time>, mut enemies: Query<&mut Enemy>) {
    for mut enemy in &mut enemies {
        enemy.age += time.delta_secs();
    }
}

fn chase(
    mut enemies: Query<(&Enemy, &Place, &mut Velocity)>,
    player: Single<&Place, (With<Player>, Without<Enemy>)>,
) {
    for (enemy, place, mut velocity) in &mut enemies {
        let eager = (enemy.age * 0.5).min(1.0);
        velocity.0 = (player.0 - place.0).normalize_or_zero() * SPEED * eager;
    }
}

fn be_caught(
    mut commands: Commands,
    mut score: ResMut<Score>,
    enemies: Query<(Entity, &Place), With<Enemy>>,
    player: Single<&Place, With<Player>>,
) {
    for (entity, place) in &enemies {
        if place.0.distance(player.0) < 20.0 {
            commands.entity(entity).despawn();
            score.points += 1;
        }
    }
}
