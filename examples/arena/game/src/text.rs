//! Writes text into a picture, with a font that is part of the program.

use game_api::{Color, TextSize, Vec2};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, RasterizedChar, get_raster};
use tiny_skia::Pixmap;

/// Writes one line, its top left corner at `at`, in pixels of the picture. What is outside is cut off.
/// At scales below one the letters keep a readable size and only their places move.
pub fn write(pixmap: &mut Pixmap, at: Vec2, size: TextSize, scale: f32, color: Color, text: &str) {
    let advance = size.advance() * scale;
    for (index, character) in text.chars().enumerate() {
        let left = at.x + advance * index as f32;
        if left > pixmap.width() as f32 {
            return;
        }
        let zoom = scale.round().max(1.0) as i32;
        blend(pixmap, &glyph(character, size), Origin { x: left as i32, y: at.y as i32, zoom }, color);
    }
}

/// Where a glyph goes, and how many pixels on a side each of its own becomes.
struct Origin {
    x: i32,
    y: i32,
    zoom: i32,
}

fn glyph(character: char, size: TextSize) -> Option<RasterizedChar> {
    let (weight, height) = match size {
        TextSize::Small => (FontWeight::Regular, RasterHeight::Size16),
        TextSize::Medium => (FontWeight::Bold, RasterHeight::Size20),
        TextSize::Large => (FontWeight::Bold, RasterHeight::Size32),
    };
    get_raster(character, weight, height).or_else(|| get_raster('?', weight, height))
}

fn blend(pixmap: &mut Pixmap, glyph: &Option<RasterizedChar>, origin: Origin, color: Color) {
    let Some(glyph) = glyph else { return };
    let zoom = origin.zoom;
    for (row, line) in glyph.rows().enumerate() {
        for (column, &intensity) in line.iter().enumerate().filter(|(_, intensity)| **intensity > 0) {
            let left = origin.x.saturating_add(column as i32 * zoom);
            let top = origin.y.saturating_add(row as i32 * zoom);
            let cover = u32::from(intensity) * u32::from(color.a) / 255;
            for y in top..top.saturating_add(zoom) {
                (left..left.saturating_add(zoom)).for_each(|x| blend_pixel(pixmap, x, y, color, cover));
            }
        }
    }
}

fn blend_pixel(pixmap: &mut Pixmap, x: i32, y: i32, color: Color, cover: u32) {
    let (width, height) = (pixmap.width() as i32, pixmap.height() as i32);
    if x < 0 || y < 0 || x >= width || y >= height {
        return;
    }
    let start = (y * width + x) as usize * 4;
    let below = &mut pixmap.data_mut()[start..start + 4];
    for (channel, ink) in below.iter_mut().zip([color.r, color.g, color.b, 255]) {
        *channel = ((u32::from(ink) * cover + u32::from(*channel) * (255 - cover)) / 255) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_the_sizes_that_the_canvas_promises() {
        for size in [TextSize::Small, TextSize::Medium, TextSize::Large] {
            let letter = glyph('M', size).expect("every size is built in");
            assert_eq!((letter.width() as f32, letter.height() as f32), (size.advance(), size.height()));
        }
    }
}
