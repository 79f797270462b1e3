//! The game without a window: the same frames, written as pictures or only played.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use game_api::Canvas;

use crate::options::Options;
use crate::render::Picture;
use crate::report::Report;
use crate::stage::{ARENA, STEP, Stage};

/// Plays until the last frame that was asked for, or until the process is ended.
pub fn run(options: &Options) -> Result<()> {
    let (width, height) = options.size;
    let mut picture = Picture::new(width, height, ARENA).context("the picture has no pixels")?;
    let mut stage = Stage::new(options.seed, Report::stdout())?;
    if let Some(directory) = &options.png {
        fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    }
    let mut pace = (options.realtime || options.frames.is_none()).then(Pace::start);
    let mut canvas = Canvas::default();
    for frame in 1..=options.frames.unwrap_or(u64::MAX) {
        let began = Instant::now();
        stage.poll();
        if options.hold.is_none_or(|hold| frame <= hold) {
            stage.step();
        }
        stage.draw(&mut canvas);
        show(options, frame, &mut picture, &mut stage, &canvas)?;
        stage.took(began.elapsed());
        if let Some(pace) = &mut pace {
            pace.wait();
        }
    }
    Ok(())
}

/// Makes pixels of the frames that somebody will see.
fn show(
    options: &Options,
    frame: u64,
    picture: &mut Picture,
    stage: &mut Stage,
    canvas: &Canvas,
) -> Result<()> {
    let directory = options
        .png
        .as_deref()
        .filter(|_| frame.is_multiple_of(options.every) || options.frames == Some(frame));
    if directory.is_none() && !options.hashes {
        return Ok(());
    }
    picture.wipe();
    picture.draw(canvas);
    if options.hashes {
        stage.report.frame(frame, picture.rgba());
    }
    let Some(directory) = directory else { return Ok(()) };
    if !options.no_overlay {
        picture.draw(&stage.overlay());
    }
    write(picture, &directory.join(format!("frame-{frame:06}.png")))
}

/// Whoever watches the directory never sees half a picture.
fn write(picture: &Picture, path: &Path) -> Result<()> {
    let unfinished = path.with_extension("png.part");
    fs::write(&unfinished, picture.png()?)
        .and_then(|()| fs::rename(&unfinished, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Holds the game to 60 frames a second of the wall clock.
struct Pace {
    next: Instant,
}

impl Pace {
    fn start() -> Pace {
        Pace { next: Instant::now() }
    }

    /// Sleeps until the next frame is due; time lost in a stall is not caught up.
    fn wait(&mut self) {
        self.next =
            (self.next + Duration::from_secs_f32(STEP)).max(Instant::now() - Duration::from_millis(100));
        thread::sleep(self.next.saturating_duration_since(Instant::now()));
    }
}
