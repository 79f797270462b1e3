//! The world and its scripts: what is called when, and what is kept from what Liveline tells.

use std::time::Duration;

use anyhow::Result;
use game_api::{Canvas, Script, Vec2, World, vec2};
use liveline::{Event, Fault, Generation, Interface, Scripts};

use crate::overlay;
use crate::report::Report;
use crate::rules;
use crate::status::Status;

/// The arena's size; pictures of other sizes show it scaled.
pub const ARENA: Vec2 = vec2(960.0, 540.0);
/// Seconds of game time in one step.
pub const STEP: f32 = 1.0 / 60.0;

/// Scripts act in this order and are drawn in the opposite one: the last is at the bottom.
/// One that is not named here, because somebody has just added it, acts first and is drawn on top.
const ORDER: [&str; 6] = ["hud", "player", "enemy", "spawner", "effects", "backdrop"];

/// The game without anything to show it on.
pub struct Stage {
    /// Everything there is.
    pub world: World,
    /// Who is told what happens.
    pub report: Report,
    status: Status,
    scripts: Scripts<dyn Script>,
    actors: Vec<Actor>,
    /// Generations that are live and have not yet got through a frame.
    unproven: Vec<(String, Generation)>,
}

/// An instance of one script.
struct Actor {
    name: String,
    instance: <dyn Script as Interface>::Instance,
}

impl Stage {
    /// An empty arena, played by all scripts there are.
    pub fn new(seed: u64, report: Report) -> Result<Stage> {
        let mut stage = Stage {
            world: World::new(ARENA, seed),
            report,
            status: Status { live: cfg!(debug_assertions), ..Status::default() },
            scripts: liveline::attach::<dyn Script>()?,
            actors: Vec::new(),
            unproven: Vec::new(),
        };
        stage.cast()?;
        stage.report.started(stage.actors.iter().map(|actor| actor.name.as_str()));
        Ok(stage)
    }

    /// The only place where code changes.
    pub fn poll(&mut self) {
        self.scripts.poll();
        for event in self.scripts.take_events() {
            self.report.event(&event);
            self.status.note(&event);
            if let Event::Reloaded(reloaded) = event {
                self.unproven.push((reloaded.library, reloaded.generation));
                if let Err(error) = self.cast() {
                    self.status.trouble = Some(error.to_string());
                }
            }
        }
    }

    /// Moves the world on by one step.
    pub fn step(&mut self) {
        rules::step(&mut self.world, STEP);
        for actor in &mut self.actors {
            if let Err(fault) = actor.instance.update(&mut self.world, STEP) {
                failed(&mut self.status, &mut self.unproven, &fault);
            }
        }
    }

    /// Lists what is to be seen now, bottom to top.
    pub fn draw(&mut self, canvas: &mut Canvas) {
        canvas.reset();
        for actor in self.actors.iter_mut().rev() {
            if let Err(fault) = actor.instance.draw(&self.world, canvas) {
                failed(&mut self.status, &mut self.unproven, &fault);
            }
        }
        for (library, generation) in self.unproven.drain(..) {
            self.report.running(&library, generation, self.world.step);
        }
    }

    /// Says how long the last frame took, for the overlay.
    pub fn took(&mut self, time: Duration) {
        self.status.took(time);
    }

    /// What Liveline is doing, to be drawn on top.
    pub fn overlay(&self) -> Canvas {
        overlay::draw(&self.status)
    }

    /// Makes an instance of each script that has none yet.
    fn cast(&mut self) -> Result<()> {
        let known = |name: &str| self.actors.iter().any(|actor| actor.name == name);
        let new: Vec<String> = self.scripts.names().filter(|name| !known(name)).map(str::to_owned).collect();
        for name in new {
            let instance = self.scripts.spawn(&name)?;
            self.actors.push(Actor { name, instance });
        }
        self.actors.sort_by_key(|actor| ORDER.iter().position(|name| *name == actor.name));
        Ok(())
    }
}

/// The game goes on without this call's result; the code that failed is not reported as running.
fn failed(status: &mut Status, unproven: &mut Vec<(String, Generation)>, fault: &Fault) {
    status.fault = Some(fault.to_string());
    unproven.retain(|(library, _)| library != fault.library());
}
