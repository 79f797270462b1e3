//! Floating point, and the C library's functions for it.
use std::hint::black_box;
fn main() {
    let x = black_box(0.7f64);
    println!("{} {} {} {}", x.sin(), x.cos(), x.tan(), x.exp());
    println!("{} {} {} {}", x.ln(), x.powf(2.5), x.cbrt(), x.hypot(1.3));
    println!("{} {} {} {}", x.sinh(), x.atan2(0.3), x.asin(), x.exp_m1());
    println!("{} {}", black_box(0.7f32).sin(), black_box(9.5f32).powf(0.3));
    println!("{} {} {}", x.mul_add(2.0, 3.0), black_box(7.5f64) % 2.0, black_box(2.5f64).round_ties_even());
    println!("{:?} {:?} {:?}", f64::NAN.max(1.0), black_box(1.0f64) / 0.0, -black_box(0.0f64));
    println!("{:e} {:?} {}", 1.0e-310f64, f64::MIN_POSITIVE, 0.1 + black_box(0.2));
    println!("{:?} {:?}", "1e400".parse::<f64>(), "3.14159265358979323846".parse::<f64>());
    println!("{:?}", [3.5, -1.0, f64::INFINITY].iter().copied().fold(f64::NEG_INFINITY, f64::max));
    println!("{} {}", 1e21f64, (0.1f32 as f64));
    println!("{} {} {}", black_box(3e9f64) as i32, black_box(-1.5f64) as u8, black_box(f64::NAN) as i64);
}
