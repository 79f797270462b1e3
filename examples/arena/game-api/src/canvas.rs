//! What a script draws on: a list of shapes, in the order they are drawn. The game turns it into pixels.

use crate::{Color, Vec2};

/// The shapes of one picture, first to last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Canvas {
    shapes: Vec<Shape>,
}

/// One thing on the canvas. Lengths are in pixels of the arena.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// The whole picture in one colour.
    Clear(Color),
    /// A filled rectangle.
    Rect { min: Vec2, size: Vec2, color: Color },
    /// A filled circle.
    Circle { center: Vec2, radius: f32, color: Color },
    /// A circle's outline.
    Ring { center: Vec2, radius: f32, width: f32, color: Color },
    /// A filled polygon.
    Polygon { points: Vec<Vec2>, color: Color },
    /// Lines from point to point, with round ends.
    Polyline { points: Vec<Vec2>, width: f32, color: Color },
    /// Light: brightest in the center, added to what is below.
    Glow { center: Vec2, radius: f32, color: Color },
    /// A line of text; `at` is its top left corner.
    Text { at: Vec2, size: TextSize, color: Color, text: String },
}

/// How big text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextSize {
    /// 16 pixels high.
    Small,
    /// 20 pixels high, bold.
    Medium,
    /// 32 pixels high, bold.
    Large,
}

impl Canvas {
    /// What has been drawn, first to last.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// Forgets what has been drawn; the memory is kept for the next picture.
    pub fn reset(&mut self) {
        self.shapes.clear();
    }

    /// Fills the whole picture.
    pub fn clear(&mut self, color: Color) {
        self.shapes.push(Shape::Clear(color));
    }

    /// Fills the rectangle whose top left corner is `min`.
    pub fn rect(&mut self, min: Vec2, size: Vec2, color: Color) {
        self.shapes.push(Shape::Rect { min, size, color });
    }

    /// Fills a circle.
    pub fn circle(&mut self, center: Vec2, radius: f32, color: Color) {
        self.shapes.push(Shape::Circle { center, radius, color });
    }

    /// Outlines a circle.
    pub fn ring(&mut self, center: Vec2, radius: f32, width: f32, color: Color) {
        self.shapes.push(Shape::Ring { center, radius, width, color });
    }

    /// Fills the polygon with these corners.
    pub fn polygon(&mut self, points: impl Into<Vec<Vec2>>, color: Color) {
        self.shapes.push(Shape::Polygon { points: points.into(), color });
    }

    /// Outlines the polygon with these corners.
    pub fn outline(&mut self, points: impl Into<Vec<Vec2>>, width: f32, color: Color) {
        let mut points = points.into();
        points.extend(points.first().copied());
        self.polyline(points, width, color);
    }

    /// Draws lines from point to point.
    pub fn polyline(&mut self, points: impl Into<Vec<Vec2>>, width: f32, color: Color) {
        self.shapes.push(Shape::Polyline { points: points.into(), width, color });
    }

    /// Draws one line.
    pub fn line(&mut self, from: Vec2, to: Vec2, width: f32, color: Color) {
        self.polyline([from, to], width, color);
    }

    /// Adds light around `center`.
    pub fn glow(&mut self, center: Vec2, radius: f32, color: Color) {
        self.shapes.push(Shape::Glow { center, radius, color });
    }

    /// Writes a line of text; characters outside ASCII show as `?`.
    pub fn text(&mut self, at: Vec2, size: TextSize, color: Color, text: impl Into<String>) {
        self.shapes.push(Shape::Text { at, size, color, text: text.into() });
    }
}

impl TextSize {
    /// How wide one character is, in pixels. Every character is equally wide.
    pub const fn advance(self) -> f32 {
        match self {
            TextSize::Small => 7.0,
            TextSize::Medium => 9.0,
            TextSize::Large => 14.0,
        }
    }

    /// How high a line is, in pixels.
    pub const fn height(self) -> f32 {
        match self {
            TextSize::Small => 16.0,
            TextSize::Medium => 20.0,
            TextSize::Large => 32.0,
        }
    }
}
