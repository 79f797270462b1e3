//! The game's loop. What its parts do is in `scripts/`.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::{Duration, Instant};

use game_api::{Screen, Script, World};
use liveline::{Event, Interface, Scripts};
use scripts as _; // links them, though nothing names them

mod rules;

const COLUMNS: usize = 64;
const ROWS: usize = 18;
const STEP: Duration = Duration::from_millis(33);

type Instances = BTreeMap<String, <dyn Script as Interface>::Instance>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut scripts = liveline::attach::<dyn Script>()?;
    let mut instances = Instances::new();
    spawn(&mut scripts, &mut instances)?;
    let (mut world, mut screen) = (World::new(COLUMNS, ROWS), Screen::new(COLUMNS, ROWS));
    let mut output = Output::new();
    let dt = STEP.as_secs_f32();
    loop {
        let next = Instant::now() + STEP;
        scripts.poll(); // the only place where code changes
        for event in scripts.take_events() {
            output.note(&event.to_string());
            if let Event::Reloaded(_) = event {
                spawn(&mut scripts, &mut instances)?;
            }
        }
        rules::step(&mut world, dt);
        screen.clear();
        for script in instances.values_mut() {
            // A panic ends the call, not the game; it comes as an event too.
            let _ = script.update(&mut world, dt);
            let _ = script.draw(&world, &mut screen);
        }
        output.show(&screen)?;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

/// One instance of each script; one that was just added to the sources joins the game.
fn spawn(
    scripts: &mut Scripts<dyn Script>,
    instances: &mut Instances,
) -> Result<(), Box<dyn Error>> {
    let names: Vec<String> = scripts.names().map(str::to_owned).collect();
    for name in names {
        if !instances.contains_key(&name) {
            instances.insert(name.clone(), scripts.spawn(&name)?);
        }
    }
    Ok(())
}

/// A terminal gets pictures; anything else gets the first line, twice a second, and what Liveline tells.
struct Output {
    is_terminal: bool,
    note: String,
    shown: String,
    next: Instant,
}

impl Output {
    fn new() -> Self {
        let is_terminal = io::stdout().is_terminal();
        if is_terminal {
            print!("\x1b[2J");
        }
        Self {
            is_terminal,
            note: String::new(),
            shown: String::new(),
            next: Instant::now(),
        }
    }

    fn note(&mut self, text: &str) {
        if !self.is_terminal {
            println!("liveline: {text}");
        }
        self.note = text.to_owned();
    }

    fn show(&mut self, screen: &Screen) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.is_terminal {
            write!(out, "\x1b[H")?;
            for row in screen.rows() {
                writeln!(out, "{row}\x1b[K")?;
            }
            let note: String = self.note.chars().take(COLUMNS * 2).collect();
            write!(out, "{note}\x1b[J")?;
            return out.flush();
        }
        let line = screen
            .rows()
            .next()
            .unwrap_or_default()
            .trim_end()
            .to_owned();
        if Instant::now() >= self.next && line != self.shown {
            self.next = Instant::now() + Duration::from_millis(500);
            writeln!(out, "{line}")?;
            out.flush()?;
            self.shown = line;
        }
        Ok(())
    }
}
