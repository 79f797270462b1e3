//! The line of text that the game shows.

use std::ffi::c_char;

use crate::world::World;

const TITLE: &str = "arena";

/// Writes the line, with a zero byte at its end, into `size` bytes at `text`.
///
/// # Safety
/// There are as many bytes.
#[liveline_export::export]
pub unsafe fn hud_line(world: &World, text: *mut c_char, size: usize) {
    let line = format!("{TITLE}: {} points, {} enemies", world.score, world.enemies().len());
    let length = line.len().min(size.saturating_sub(1));
    if size > 0 {
        // SAFETY: the caller's promise, and what is written is no longer.
        unsafe {
            text.copy_from_nonoverlapping(line.as_ptr().cast(), length);
            *text.add(length) = 0;
        }
    }
}
