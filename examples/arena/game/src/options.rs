//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// A small arena game whose scripts can be edited while it runs.
#[derive(Clone, Debug, Parser)]
#[command(name = "game", after_help = KEYS)]
pub struct Options {
    /// Play without a window
    #[arg(long)]
    pub headless: bool,

    /// Stop after this many frames; without it a headless game runs in real time until it is ended
    #[arg(long, value_name = "N")]
    pub frames: Option<u64>,

    /// Write pictures into this directory (frame-000060.png, …)
    #[arg(long, value_name = "DIR")]
    pub png: Option<PathBuf>,

    /// Write a picture of every K-th frame, and of the last one
    #[arg(long, value_name = "K", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,

    /// The same seed and the same scripts give the same game
    #[arg(long, value_name = "S", default_value_t = 7)]
    pub seed: u64,

    /// Size of the picture in pixels
    #[arg(long, value_name = "WxH", default_value = "960x540", value_parser = parse_size)]
    pub size: (u32, u32),

    /// 60 frames a second, also with --frames
    #[arg(long)]
    pub realtime: bool,

    /// One line of JSON on standard output for each reload, build and fault (a headless game does so anyway)
    #[arg(long)]
    pub report: bool,

    /// With the report: a line with the hash of each frame's pixels, without the overlay
    #[arg(long)]
    pub hashes: bool,

    /// Do not show what Liveline is doing
    #[arg(long)]
    pub no_overlay: bool,

    /// Stand still at this frame; scripts still reload and draw
    #[arg(long, value_name = "N")]
    pub hold: Option<u64>,
}

const KEYS: &str = "Keys: arrows or W A S D fly, mouse aims, space or mouse button fires, P pauses, \
                    F1 hides the overlay, Esc ends. The ship flies itself while nobody touches them.";

fn parse_size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match sides {
        Some((width @ 16..=8192, height @ 16..=8192)) => Ok((width, height)),
        _ => Err("give width and height as in 960x540, each from 16 to 8192".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_two_numbers_in_bounds() {
        assert_eq!(parse_size("960x540"), Ok((960, 540)));
        for wrong in ["", "960", "960x", "0x540", "960x99999", "-1x5", "axb"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }
}
