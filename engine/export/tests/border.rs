//! The border of an exported function: results pass, panics end, and whoever listens is told.

use std::ffi::c_void;
use std::sync::{Mutex, PoisonError};

use liveline_export::{Panicked, Sink, export};

/// Adds.
#[export]
pub fn add(one: i32, other: i32) -> i32 {
    one + other
}

#[export]
pub fn third(values: &[u8; 3], index: usize) -> u8 {
    values[index]
}

#[export(otherwise = f32::NAN)]
pub fn root(of: f32) -> f32 {
    assert!(of >= 0.0, "{of} has no root");
    of.sqrt()
}

#[export]
pub unsafe extern "C" fn first<'a>(values: *const u8, _same: &'a u8) -> Option<&'a u8> {
    // SAFETY: the caller's promise.
    unsafe { values.as_ref() }
}

#[export]
pub fn nothing(panics: bool) {
    if panics {
        std::panic::panic_any(Bomb);
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("again");
    }
}

static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

unsafe extern "C" fn hear(_context: *mut c_void, panicked: *const Panicked) {
    // SAFETY: as `Sink` is called.
    let text = unsafe {
        let panicked = &*panicked;
        let text = |start, length| String::from_utf8_lossy(std::slice::from_raw_parts(start, length));
        format!(
            "{} at {}:{}: {}",
            text(panicked.function, panicked.function_length),
            text(panicked.file, panicked.file_length),
            panicked.line,
            text(panicked.message, panicked.message_length)
        )
    };
    HEARD.lock().unwrap_or_else(PoisonError::into_inner).push(text);
}

unsafe extern "C" {
    fn liveline_export_1(sink: Sink, context: *mut c_void);
}

#[test]
fn panics_end_at_the_border_and_are_told() {
    // Before somebody listens they end all the same.
    assert_eq!(third(&[1, 2, 3], 3), 0);
    // SAFETY: `hear` needs no context.
    unsafe { liveline_export_1(hear, std::ptr::null_mut()) };
    assert_eq!(add(1, 2), 3);
    assert_eq!(third(&[1, 2, 3], 2), 3);
    assert_eq!(third(&[1, 2, 3], 3), 0);
    assert_eq!(root(4.0), 2.0);
    assert!(root(-1.0).is_nan());
    nothing(false);
    nothing(true);
    // SAFETY: a value, and none.
    unsafe { assert_eq!((first(&7, &8), first(std::ptr::null(), &8)), (Some(&7), None)) };
    let file = file!();
    let line = |part: &str| {
        let before = include_str!("border.rs").split(part).next().unwrap_or_default();
        before.lines().count()
    };
    assert_eq!(
        *HEARD.lock().unwrap(),
        [
            format!(
                "third at {file}:{}: index out of bounds: the len is 3 but the index is 3",
                line("values[index]")
            ),
            format!("root at {file}:{}: -1 has no root", line("assert!(of")),
            format!("nothing at {file}:{}: a panic without a message", line("std::panic::panic_any")),
        ]
    );
}
