//! Points and directions, in pixels of the arena: x to the right, y down.

use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// A point or a direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vec2 {
    /// To the right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

/// Short for a [`Vec2`].
pub const fn vec2(x: f32, y: f32) -> Vec2 {
    Vec2 { x, y }
}

impl Vec2 {
    /// The origin, or no movement at all.
    pub const ZERO: Vec2 = vec2(0.0, 0.0);

    /// The direction of length one at `angle` radians: 0 is right, a quarter turn is down.
    pub fn from_angle(angle: f32) -> Vec2 {
        let (sin, cos) = angle.sin_cos();
        vec2(cos, sin)
    }

    /// The angle of this direction in radians.
    pub fn angle(self) -> f32 {
        self.y.atan2(self.x)
    }

    /// How long this is.
    pub fn length(self) -> f32 {
        self.x.hypot(self.y)
    }

    /// How far away `other` is.
    pub fn distance(self, other: Vec2) -> f32 {
        (other - self).length()
    }

    /// The same direction with length one; zero stays zero.
    pub fn normalized(self) -> Vec2 {
        let length = self.length();
        if length > f32::EPSILON { self / length } else { Vec2::ZERO }
    }

    /// The same direction, at most `longest` long.
    pub fn clamped(self, longest: f32) -> Vec2 {
        if self.length() > longest { self.normalized() * longest } else { self }
    }

    /// A quarter turn clockwise on the screen.
    pub fn perpendicular(self) -> Vec2 {
        vec2(-self.y, self.x)
    }

    /// Turned by `angle` radians, clockwise on the screen.
    pub fn rotated(self, angle: f32) -> Vec2 {
        let (sin, cos) = angle.sin_cos();
        vec2(self.x * cos - self.y * sin, self.x * sin + self.y * cos)
    }

    /// The point `t` of the way to `other`; `t` runs from 0 to 1.
    pub fn lerp(self, other: Vec2, t: f32) -> Vec2 {
        self + (other - self) * t
    }
}

impl Add for Vec2 {
    type Output = Vec2;
    fn add(self, other: Vec2) -> Vec2 {
        vec2(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Vec2 {
    type Output = Vec2;
    fn sub(self, other: Vec2) -> Vec2 {
        vec2(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Vec2 {
    type Output = Vec2;
    fn mul(self, factor: f32) -> Vec2 {
        vec2(self.x * factor, self.y * factor)
    }
}

impl Div<f32> for Vec2 {
    type Output = Vec2;
    fn div(self, divisor: f32) -> Vec2 {
        vec2(self.x / divisor, self.y / divisor)
    }
}

impl Neg for Vec2 {
    type Output = Vec2;
    fn neg(self) -> Vec2 {
        vec2(-self.x, -self.y)
    }
}

impl AddAssign for Vec2 {
    fn add_assign(&mut self, other: Vec2) {
        *self = *self + other;
    }
}

impl SubAssign for Vec2 {
    fn sub_assign(&mut self, other: Vec2) {
        *self = *self - other;
    }
}

impl MulAssign<f32> for Vec2 {
    fn mul_assign(&mut self, factor: f32) {
        *self = *self * factor;
    }
}
