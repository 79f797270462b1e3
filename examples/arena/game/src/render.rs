//! Turns a canvas into pixels, on the CPU: the window and the picture files show the very same bytes.

use game_api::{Canvas, Color, Shape, Vec2};
use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Shader, Stroke, Transform,
};

use crate::{light, text};

/// Nothing that a script draws further out than this is shown, so that no arithmetic overflows.
const FAR: f32 = 20_000.0;

/// The pixels of one picture.
pub struct Picture {
    pixmap: Pixmap,
    scale: f32,
}

impl Picture {
    /// A black picture of `width` by `height` pixels, on which `arena` fits; `None` when a side is zero.
    pub fn new(width: u32, height: u32, arena: Vec2) -> Option<Picture> {
        let scale = (width as f32 / arena.x).min(height as f32 / arena.y);
        Some(Picture { pixmap: Pixmap::new(width, height)?, scale })
    }

    /// Draws all shapes of `canvas`, first to last, over what is there.
    pub fn draw(&mut self, canvas: &Canvas) {
        for shape in canvas.shapes() {
            self.draw_shape(shape);
        }
    }

    /// Makes everything black and opaque.
    pub fn wipe(&mut self) {
        self.pixmap.fill(tiny_skia::Color::BLACK);
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.pixmap.width()
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.pixmap.height()
    }

    /// Pixels of the picture per pixel of the arena.
    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// Red, green, blue, opacity of each pixel, row by row from the top; opaque once wiped.
    pub fn rgba(&self) -> &[u8] {
        self.pixmap.data()
    }

    /// The picture as a PNG file's bytes.
    pub fn png(&self) -> Result<Vec<u8>, impl std::error::Error + Send + Sync + 'static> {
        self.pixmap.encode_png()
    }

    fn draw_shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Clear(color) => {
                self.pixmap.fill(tiny_skia::Color::from_rgba8(color.r, color.g, color.b, 255))
            }
            Shape::Rect { min, size, color } => self.fill(rect(*min, *size), *color),
            Shape::Circle { center, radius, color } => self.fill(circle(*center, *radius), *color),
            Shape::Ring { center, radius, width, color } => {
                self.stroke(circle(*center, *radius), *width, *color)
            }
            Shape::Polygon { points, color } => self.fill(chain(points, true), *color),
            Shape::Polyline { points, width, color } => self.stroke(chain(points, false), *width, *color),
            Shape::Glow { center, radius, color } => self.glow(*center, *radius, *color),
            Shape::Text { at, size, color, text } => {
                let at = *at * self.scale;
                text::write(&mut self.pixmap, at, *size, self.scale, *color, text);
            }
        }
    }

    fn fill(&mut self, path: Option<Path>, color: Color) {
        let Some(path) = path else { return };
        let transform = Transform::from_scale(self.scale, self.scale);
        self.pixmap.fill_path(&path, &paint(color), FillRule::Winding, transform, None);
    }

    fn stroke(&mut self, path: Option<Path>, width: f32, color: Color) {
        let Some(path) = path.filter(|_| width > 0.0 && width < FAR) else { return };
        let stroke =
            Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        let transform = Transform::from_scale(self.scale, self.scale);
        self.pixmap.stroke_path(&path, &paint(color), &stroke, transform, None);
    }

    fn glow(&mut self, center: Vec2, radius: f32, color: Color) {
        if near(center).is_some() && radius > 0.0 && radius < FAR {
            light::add(&mut self.pixmap, center * self.scale, radius * self.scale, color);
        }
    }
}

fn paint(color: Color) -> Paint<'static> {
    Paint { shader: Shader::SolidColor(skia_color(color)), anti_alias: true, ..Paint::default() }
}

fn skia_color(color: Color) -> tiny_skia::Color {
    tiny_skia::Color::from_rgba8(color.r, color.g, color.b, color.a)
}

fn rect(min: Vec2, size: Vec2) -> Option<Path> {
    let rect = Rect::from_xywh(near(min)?.x, min.y, near(size)?.x, size.y)?;
    Some(PathBuilder::from_rect(rect))
}

fn circle(center: Vec2, radius: f32) -> Option<Path> {
    let drawable = radius > 0.0 && radius < FAR;
    PathBuilder::from_circle(near(center)?.x, center.y, Some(radius).filter(|_| drawable)?)
}

fn chain(points: &[Vec2], closed: bool) -> Option<Path> {
    let (first, rest) = points.split_first()?;
    let mut path = PathBuilder::new();
    path.move_to(near(*first)?.x, first.y);
    for point in rest {
        path.line_to(near(*point)?.x, point.y);
    }
    if closed {
        path.close();
    }
    path.finish()
}

/// The point, unless it is not a number or too far out to draw.
fn near(point: Vec2) -> Option<Vec2> {
    (point.x.abs() < FAR && point.y.abs() < FAR).then_some(point)
}

#[cfg(test)]
mod tests {
    use super::*;
    use game_api::{TextSize, vec2};

    const RED: Color = Color::rgb(255, 0, 0);

    fn picture(draw: impl FnOnce(&mut Canvas)) -> Picture {
        let mut canvas = Canvas::default();
        canvas.clear(Color::BLACK);
        draw(&mut canvas);
        let mut picture = Picture::new(96, 54, vec2(96.0, 54.0)).expect("not empty");
        picture.draw(&canvas);
        picture
    }

    fn pixel(picture: &Picture, x: u32, y: u32) -> [u8; 3] {
        let start = ((y * picture.width() + x) * 4) as usize;
        [picture.rgba()[start], picture.rgba()[start + 1], picture.rgba()[start + 2]]
    }

    #[test]
    fn shapes_land_where_they_were_put() {
        let picture = picture(|canvas| {
            canvas.rect(vec2(10.0, 10.0), vec2(10.0, 10.0), RED);
            canvas.circle(vec2(50.0, 20.0), 8.0, Color::rgb(0, 255, 0));
            canvas.line(vec2(5.0, 50.0), vec2(90.0, 50.0), 4.0, Color::WHITE);
        });
        assert_eq!(pixel(&picture, 15, 15), [255, 0, 0]);
        assert_eq!(pixel(&picture, 25, 15), [0, 0, 0]);
        assert_eq!(pixel(&picture, 50, 20), [0, 255, 0]);
        assert_eq!(pixel(&picture, 50, 50), [255, 255, 255]);
    }

    #[test]
    fn later_shapes_cover_earlier_ones() {
        let picture = picture(|canvas| {
            canvas.rect(vec2(0.0, 0.0), vec2(50.0, 50.0), RED);
            canvas
                .polygon([vec2(0.0, 0.0), vec2(50.0, 0.0), vec2(50.0, 50.0), vec2(0.0, 50.0)], Color::WHITE);
        });
        assert_eq!(pixel(&picture, 20, 20), [255, 255, 255]);
    }

    #[test]
    fn a_ring_is_hollow() {
        let picture = picture(|canvas| canvas.ring(vec2(40.0, 27.0), 15.0, 4.0, RED));
        assert_eq!(pixel(&picture, 40, 27), [0, 0, 0]);
        assert_eq!(pixel(&picture, 55, 27), [255, 0, 0]);
    }

    #[test]
    fn light_adds_up_and_fades_outwards() {
        let one = picture(|canvas| canvas.glow(vec2(40.0, 27.0), 20.0, Color::rgb(100, 0, 0)));
        let two = picture(|canvas| {
            canvas.glow(vec2(40.0, 27.0), 20.0, Color::rgb(100, 0, 0));
            canvas.glow(vec2(40.0, 27.0), 20.0, Color::rgb(100, 0, 0));
        });
        assert!(pixel(&two, 40, 27)[0] > pixel(&one, 40, 27)[0]);
        assert!(pixel(&one, 40, 27)[0] > pixel(&one, 50, 27)[0]);
        assert_eq!(pixel(&one, 70, 27), [0, 0, 0]);
    }

    #[test]
    fn text_is_drawn_and_cut_at_the_border() {
        let lit = |picture: &Picture| picture.rgba().chunks_exact(4).filter(|pixel| pixel[0] > 128).count();
        let inside = picture(|canvas| canvas.text(vec2(4.0, 4.0), TextSize::Medium, Color::WHITE, "Hé"));
        let outside = picture(|canvas| {
            canvas.text(vec2(-500.0, 4.0), TextSize::Large, Color::WHITE, "Hello");
            canvas.text(vec2(4.0, 1e9), TextSize::Large, Color::WHITE, "Hello");
        });
        assert!(lit(&inside) > 20);
        assert_eq!(lit(&outside), 0);
    }

    #[test]
    fn shapes_without_a_place_or_size_are_left_out() {
        let picture = picture(|canvas| {
            canvas.circle(vec2(f32::NAN, 3.0), 5.0, RED);
            canvas.circle(vec2(30.0, 30.0), f32::INFINITY, RED);
            canvas.circle(vec2(30.0, 30.0), -1.0, RED);
            canvas.rect(vec2(30.0, 30.0), vec2(-5.0, 5.0), RED);
            canvas.line(vec2(1e30, 0.0), vec2(0.0, f32::NEG_INFINITY), 3.0, RED);
            canvas.polygon([], RED);
            canvas.outline([], 1.0, RED);
            canvas.glow(vec2(30.0, 30.0), 0.0, RED);
        });
        assert!(picture.rgba().chunks_exact(4).all(|pixel| pixel == [0, 0, 0, 255]));
    }

    #[test]
    fn the_arena_fits_pictures_of_other_sizes() {
        let mut canvas = Canvas::default();
        canvas.rect(vec2(10.0, 10.0), vec2(10.0, 10.0), RED);
        let mut picture = Picture::new(192, 108, vec2(96.0, 54.0)).expect("not empty");
        picture.wipe();
        picture.draw(&canvas);
        assert_eq!(pixel(&picture, 30, 30), [255, 0, 0]);
        assert_eq!(pixel(&picture, 15, 15), [0, 0, 0]);
    }
}
