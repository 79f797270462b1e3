//! The player: goes round the arena, and catches the enemies that come too close.

use bevy::prelude::*;
use game_api::{ARENA, BevyScript, Look, Place, Player, Velocity};
use liveline_bevy::ScriptApp;

const SPEED: f32 = 160.0;
const COLOR: [f32; 3] = [0.3, 0.9, 1.0];

#[liveline_bevy::resource]
#[derive(Default)]
pub struct Course {
    angle: f32,
}

#[liveline_bevy::script]
fn player(app: &mut ScriptApp) {
    app.init_resource::<Course>()
        .add_systems(Startup, arrive)
        .add_systems(Update, steer);
}

fn arrive(mut commands: Commands) {
    commands.spawn((
        Player,
        Place(Vec2::ZERO),
        Velocity::default(),
        Look {
            radius: 14.0,
            color: COLOR,
        },
    ));
}

fn steer(
    time: Res<Time>,
    mut course: ResMut<Course>,
    mut players: Query<(&Place, &mut Velocity), With<Player>>,
) {
    course.angle += time.delta_secs();
    let wish = Vec2::from_angle(course.angle) * ARENA * 0.6;
    for (place, mut velocity) in &mut players {
        velocity.0 = (wish - place.0).clamp_length_max(SPEED);
    }
}
