//! The arena in a window.

use bevy::prelude::*;
use game_api::{ARENA, Look, Place};

/// Adds the window, and draws what has a look.
pub fn plugin(app: &mut App) {
    app.add_plugins(DefaultPlugins)
        .add_systems(Startup, look_on)
        .add_systems(PostUpdate, draw);
}

fn look_on(mut commands: Commands) {
    commands.spawn(Camera2d);
}

fn draw(mut gizmos: Gizmos, things: Query<(&Place, &Look)>) {
    gizmos.rect_2d(
        Isometry2d::IDENTITY,
        ARENA * 2.0,
        Color::srgb(0.2, 0.25, 0.35),
    );
    for (place, look) in &things {
        let [red, green, blue] = look.color;
        gizmos.circle_2d(place.0, look.radius, Color::srgb(red, green, blue));
    }
}
