//! Adds soft light to a picture. The pixels of a large glow are most of a frame's work, so they have a loop of their own.

use game_api::{Color, Vec2};
use tiny_skia::Pixmap;

/// Fractions of a colour step, spread so that dark gradients show no bands (a 4x4 Bayer matrix, in sixteenths).
const DITHER: [[f32; 4]; 4] =
    [[0.0, 8.0, 2.0, 10.0], [12.0, 4.0, 14.0, 6.0], [3.0, 11.0, 1.0, 9.0], [15.0, 7.0, 13.0, 5.0]];

/// Adds light around `center`, in pixels of the picture; it is gone at `radius`, and strongest in the middle.
pub fn add(pixmap: &mut Pixmap, center: Vec2, radius: f32, color: Color) {
    let width = pixmap.width() as usize;
    let ink = [color.r, color.g, color.b].map(|channel| f32::from(channel) * f32::from(color.a) / 255.0);
    let rows = span(center.y, radius, pixmap.height() as usize);
    let columns = span(center.x, radius, width);
    let pixels = pixmap.data_mut();
    for y in rows {
        let rise = (y as f32 + 0.5 - center.y) / radius;
        let row = &mut pixels[(y * width + columns.start) * 4..(y * width + columns.end) * 4];
        for (x, pixel) in columns.clone().zip(row.chunks_exact_mut(4)) {
            let run = (x as f32 + 0.5 - center.x) / radius;
            let nearness = (1.0 - rise * rise - run * run).max(0.0);
            // A fourth power looks like a Gauss curve and ends at zero.
            let light = (nearness * nearness) * (nearness * nearness);
            let dither = DITHER[y % 4][x % 4] / 16.0;
            for (channel, ink) in pixel.iter_mut().zip(ink) {
                *channel = channel.saturating_add((light * ink + dither) as u8);
            }
        }
    }
}

/// The pixels within `radius` of `center` along one side of the picture.
fn span(center: f32, radius: f32, side: usize) -> std::ops::Range<usize> {
    // A float that is too small or too large for the type, or not a number, becomes its nearest bound, or zero.
    let start = ((center - radius).floor() as usize).min(side);
    let end = ((center + radius).ceil() as usize).min(side);
    start..end.max(start)
}
