//! A backtrace that the program takes itself.
// flags: -g
use std::backtrace::{Backtrace, BacktraceStatus};
#[inline(never)]
fn capture() -> Backtrace {
    Backtrace::force_capture()
}
fn main() {
    let trace = capture();
    println!("{}", trace.status() == BacktraceStatus::Captured);
    let text = trace.to_string();
    let lines: Vec<&str> = text.lines().collect();
    let own = lines.iter().position(|line| line.contains("capture") && line.contains("backtrace_captured")).unwrap();
    println!("{} {}", lines[own].split(": ").nth(1).unwrap(), lines[own + 1].trim().rsplit('/').next().unwrap());
    println!("{}", lines.iter().any(|line| line.trim_end().ends_with("backtrace_captured::main")));
    println!("{}", Backtrace::disabled());
}
