//! The game in a window: the picture that `render` made, as one texture.

use std::cell::RefCell;
use std::panic;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use game_api::{Canvas, Input, Vec2, vec2};
use macroquad::miniquad::conf::{LinuxBackend, Platform};
use macroquad::prelude as mq;

use crate::options::Options;
use crate::render::Picture;
use crate::report::Report;
use crate::stage::{ARENA, STEP, Stage};

/// Seconds without a key after which the ship flies itself again.
const PATIENCE: Duration = Duration::from_secs(5);
/// After a stall the game goes on, rather than catching up with all that was missed.
const MOST_STEPS_A_FRAME: u32 = 4;

/// Opens the window and plays until it is closed.
pub fn run(options: &Options) -> Result<()> {
    ensure!(display_is_there(), "no display (neither DISPLAY nor WAYLAND_DISPLAY is set); {HEADLESS}");
    let report = if options.report { Report::stdout() } else { Report::silent() };
    let game = Game::new(options.clone(), Stage::new(options.seed, report)?)?;
    let outcome = Rc::new(RefCell::new(None));
    let played = Rc::clone(&outcome);
    let shown = panic::catch_unwind(panic::AssertUnwindSafe(|| {
        macroquad::Window::from_config(window(options.size), async move {
            *played.borrow_mut() = Some(Ok(()));
            let end = game.play().await;
            *played.borrow_mut() = Some(end);
        });
    }));
    match (shown, outcome.take()) {
        (Ok(()), end) => end.unwrap_or(Ok(())),
        (Err(panic), Some(_)) => panic::resume_unwind(panic),
        (Err(_), None) => Err(anyhow!("the display cannot be used; {HEADLESS}")),
    }
}

const HEADLESS: &str = "`game --headless` plays without a window, `game --headless --frames 600 --png pictures` \
                        writes what it would show";

#[cfg(target_os = "linux")]
fn display_is_there() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(not(target_os = "linux"))]
fn display_is_there() -> bool {
    true
}

fn window((width, height): (u32, u32)) -> mq::Conf {
    mq::Conf {
        window_title: "Liveline arena".to_owned(),
        window_width: width as i32,
        window_height: height as i32,
        platform: Platform { linux_backend: LinuxBackend::X11WithWaylandFallback, ..Platform::default() },
        ..mq::Conf::default()
    }
}

/// The running game and what it is shown on.
struct Game {
    options: Options,
    stage: Stage,
    picture: Picture,
    canvas: Canvas,
    paused: bool,
    overlay: bool,
    last_input: Option<Instant>,
}

impl Game {
    fn new(options: Options, stage: Stage) -> Result<Game> {
        let (width, height) = options.size;
        let picture = Picture::new(width, height, ARENA).context("the picture has no pixels")?;
        let overlay = !options.no_overlay;
        Ok(Game {
            options,
            stage,
            picture,
            canvas: Canvas::default(),
            paused: false,
            overlay,
            last_input: None,
        })
    }

    async fn play(mut self) -> Result<()> {
        let texture = self.texture()?;
        let mut last = Instant::now();
        let mut owed = 0.0;
        loop {
            let now = Instant::now();
            owed += (now - last).as_secs_f32();
            last = now;
            if !self.keys() {
                return Ok(());
            }
            self.advance(&mut owed);
            if self.options.frames.is_some_and(|frames| self.stage.world.step >= frames) {
                return Ok(());
            }
            self.paint();
            self.stage.took(now.elapsed());
            texture.update_from_bytes(self.picture.width(), self.picture.height(), self.picture.rgba());
            self.present(&texture);
            mq::next_frame().await;
            rest(last);
        }
    }

    fn texture(&self) -> Result<mq::Texture2D> {
        let width = u16::try_from(self.picture.width()).context("the picture is too wide")?;
        let height = u16::try_from(self.picture.height()).context("the picture is too high")?;
        let texture = mq::Texture2D::from_rgba8(width, height, self.picture.rgba());
        texture.set_filter(mq::FilterMode::Linear);
        Ok(texture)
    }

    /// Plays the steps that the wall clock owes; code changes only here, between two steps.
    fn advance(&mut self, owed: &mut f32) {
        self.stage.poll();
        self.stage.world.input = self.input();
        *owed = owed.min(STEP * MOST_STEPS_A_FRAME as f32);
        while *owed >= STEP {
            *owed -= STEP;
            let held = self.options.hold.is_some_and(|hold| self.stage.world.step >= hold);
            if !held && !self.paused {
                self.stage.step();
            }
        }
    }

    fn paint(&mut self) {
        self.stage.draw(&mut self.canvas);
        self.picture.wipe();
        self.picture.draw(&self.canvas);
        if self.overlay {
            self.picture.draw(&self.stage.overlay());
        }
    }

    /// Shows the picture as large as the window allows, in its own proportions.
    fn present(&self, texture: &mq::Texture2D) {
        let (corner, scale) = self.placement();
        mq::clear_background(mq::BLACK);
        let size = mq::vec2(self.picture.width() as f32, self.picture.height() as f32) * scale;
        let params = mq::DrawTextureParams { dest_size: Some(size), ..Default::default() };
        mq::draw_texture_ex(texture, corner.x, corner.y, mq::WHITE, params);
    }

    /// Where the picture's corner is in the window, and window pixels per picture pixel.
    fn placement(&self) -> (Vec2, f32) {
        let picture = vec2(self.picture.width() as f32, self.picture.height() as f32);
        let window = vec2(mq::screen_width(), mq::screen_height());
        let scale = (window.x / picture.x).min(window.y / picture.y);
        let corner = (window - picture * scale) / 2.0;
        (vec2(corner.x.round(), corner.y.round()), scale)
    }

    /// Does what the keys say that are no part of the game; false to end.
    fn keys(&mut self) -> bool {
        self.paused ^= mq::is_key_pressed(mq::KeyCode::P);
        self.overlay ^= mq::is_key_pressed(mq::KeyCode::F1);
        !mq::is_key_pressed(mq::KeyCode::Escape)
    }

    fn input(&mut self) -> Input {
        let steer = vec2(axis(&LEFT, &RIGHT), axis(&UP, &DOWN));
        let fire = mq::is_key_down(mq::KeyCode::Space) || mq::is_mouse_button_down(mq::MouseButton::Left);
        if fire || steer != Vec2::ZERO {
            self.last_input = Some(Instant::now());
        }
        let (corner, scale) = self.placement();
        let (x, y) = mq::mouse_position();
        let pointer = (vec2(x, y) - corner) / (scale * self.picture.scale());
        Input { manual: self.last_input.is_some_and(|at| at.elapsed() < PATIENCE), steer, pointer, fire }
    }
}

const LEFT: [mq::KeyCode; 2] = [mq::KeyCode::Left, mq::KeyCode::A];
const RIGHT: [mq::KeyCode; 2] = [mq::KeyCode::Right, mq::KeyCode::D];
const UP: [mq::KeyCode; 2] = [mq::KeyCode::Up, mq::KeyCode::W];
const DOWN: [mq::KeyCode; 2] = [mq::KeyCode::Down, mq::KeyCode::S];

fn axis(less: &[mq::KeyCode], more: &[mq::KeyCode]) -> f32 {
    let held = |keys: &[mq::KeyCode]| f32::from(u8::from(keys.iter().any(|key| mq::is_key_down(*key))));
    held(more) - held(less)
}

/// Where no display's refresh holds the loop back, the clock does.
fn rest(frame_began: Instant) {
    let spent = frame_began.elapsed();
    if spent < Duration::from_millis(12) {
        thread::sleep(Duration::from_secs_f32(STEP).saturating_sub(spent));
    }
}
