//! `liveline demo`: the main job in one command, on real processes: a script is edited, and the running game
//! reports the new code.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, bail};
use liveline_protocol::engine::BuildState;

use self::edits::{EDITS, Edit};
use self::game::{Game, Report};
use super::printer::time;
use super::signals::asked_to_end;
use crate::diagnostics::Severity;
use crate::face::{HubEvent, Level};
use crate::link::{self, Link};

mod edits;
mod game;
mod sample;

/// How long a build of everything may take on a slow machine.
const FIRST_BUILD: Duration = Duration::from_secs(20 * 60);
/// How long a save may take to run, or an error to be shown.
const ONE_SAVE: Duration = Duration::from_secs(120);
/// For a person to see what has changed.
const LOOK: Duration = Duration::from_millis(2500);

/// By library.
type Generations = BTreeMap<String, u64>;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Without a window: the game draws its frames into PNG files
    #[arg(long)]
    headless: bool,
    /// Unpack the sample game here and leave it there [default: a temporary folder, removed at the end]
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub(super) async fn main(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if !arguments.headless && !has_display {
        eprintln!("There is no display here, so the game runs without a window (as with --headless).");
    }
    let headless = arguments.headless || !has_display;
    let folder = tempfile::Builder::new().prefix("liveline-demo-").tempdir()?;
    let place = arguments.keep.clone().unwrap_or_else(|| folder.path().to_owned());
    if arguments.keep.is_some() && place.exists() && std::fs::read_dir(&place)?.next().is_some() {
        bail!("{} is not empty; name a new folder with --keep", place.display());
    }
    std::fs::create_dir_all(&place)?;
    let root = sample::unpack(&std::fs::canonicalize(&place)?)?;
    say(&format!("The sample game is in {}", root.display()));
    tokio::select! {
        result = demonstrate(&root, headless) => result?,
        () = asked_to_end() => bail!("interrupted"),
    }
    if arguments.keep.is_some() {
        say(&format!("\nGo on yourself: cd {} && liveline run", root.display()));
    }
    Ok(ExitCode::SUCCESS)
}

async fn demonstrate(root: &Path, headless: bool) -> anyhow::Result<()> {
    say("Building the game and its scripts, once through cargo (a minute or three)");
    build_game(root).await?;
    let liveline = link::locate(root.to_owned()).await.folder;
    let (mut link, ended) = link::connect(root.to_owned());
    let result = run_edits(root, &liveline, headless, &mut link).await;
    drop(link);
    ended.wait().await;
    result
}

/// cargo says on standard error how far it is.
async fn build_game(root: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(crate::project::cargo());
    command.current_dir(root).args(["build", "--package", "game"]);
    let mut child = crate::os::spawn_group(&mut command)
        .map_err(|error| anyhow::anyhow!(crate::project::cargo_missing(&error)))?;
    let group = child.group();
    let stopped = KillOnDrop(group);
    let status = tokio::task::spawn_blocking(move || {
        let status = child.child().wait();
        child.forget();
        status
    });
    let status = status.await??;
    std::mem::forget(stopped);
    if !status.success() {
        bail!("cargo could not build the sample game ({status}); its messages are above");
    }
    Ok(())
}

/// Ends a build when the demo is interrupted in it.
struct KillOnDrop(crate::os::Group);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.kill();
    }
}

async fn run_edits(root: &Path, liveline: &Path, headless: bool, link: &mut Link) -> anyhow::Result<()> {
    let mut generations = until(FIRST_BUILD, "the scripts' first build", server_ready(link)).await?;
    say(&format!(
        "The server has built {} scripts, each a library of its own; starting the game",
        generations.len()
    ));
    // Pictures outlive the sample: they are what a demo without a window shows.
    let pictures = tempfile::Builder::new().prefix("liveline-demo-pictures-").tempdir()?;
    let pictures = if headless { pictures.keep() } else { pictures.path().to_owned() };
    let mut game = game::start(root, liveline, headless.then_some(pictures.as_path()))
        .context("cannot start the game")?;
    until(ONE_SAVE, "the game's first generations", running_all(&mut game, generations.clone())).await?;
    say("The game runs them.\n");
    for (index, edit) in EDITS.iter().enumerate() {
        if !headless {
            tokio::time::sleep(LOOK).await;
        }
        let line = edit.apply(root)?;
        say(&format!("{}. save {}:{line}   {}", index + 1, edit.file, edit.effect));
        say(&format!("     - {}\n     + {}", edit.old, edit.new));
        if edit.builds {
            let generation = generations.entry(edit.library().to_owned()).or_default();
            *generation += 1;
            let wanted = (edit.library(), *generation);
            let frame =
                until(ONE_SAVE, "the new code in the game", show_reload(link, &mut game, wanted)).await?;
            if headless {
                until(ONE_SAVE, "a picture", show_picture(&pictures, frame)).await?;
            }
        } else {
            until(ONE_SAVE, "the error", show_error(link, &mut game, edit, root)).await?;
        }
    }
    if headless {
        say(&format!("\nThe pictures are in {}", pictures.display()));
    } else {
        tokio::time::sleep(LOOK).await;
    }
    say("\nDone: the running game reported every generation that it was sent.");
    Ok(())
}

async fn until<T>(
    limit: Duration,
    what: &str,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::time::timeout(limit, work)
        .await
        .with_context(|| format!("{what} did not come within {limit:?}"))?
}

/// The next thing that the server says; troubles end the demo.
async fn next(link: &mut Link) -> anyhow::Result<HubEvent> {
    match link.updates.recv().await {
        Some(HubEvent::Message { level: Level::Error, text }) => bail!(text),
        Some(event) => Ok(event),
        None => bail!("the server ended"),
    }
}

/// The generation of every library, once each has one.
async fn server_ready(link: &mut Link) -> anyhow::Result<Generations> {
    let mut stage_shown = String::new();
    loop {
        match next(link).await? {
            HubEvent::Status(status)
                if !status.libraries.is_empty()
                    && status.libraries.iter().all(|library| library.generation.0 > 0) =>
            {
                let generations = status.libraries.into_iter().map(|one| (one.library, one.generation.0));
                return Ok(generations.collect());
            }
            HubEvent::Build { build, stage, .. }
                if build.state == BuildState::Started && stage != stage_shown =>
            {
                say(&format!("     {stage}"));
                stage_shown = stage;
            }
            HubEvent::Build { build, .. } if build.state == BuildState::Failed => {
                bail!(
                    "the sample's scripts do not build: {}",
                    build.first.map(|first| first.message).unwrap_or_default()
                );
            }
            _ => {}
        }
    }
}

/// The game's own word that this generation's code has run for a frame: its report of the reload, and the frame.
async fn running(game: &mut Game, (wanted, least): (&str, u64)) -> anyhow::Result<(Option<Report>, u64)> {
    let mut reloaded = None;
    loop {
        match game.reports.recv().await {
            Some(report @ Report::Reloaded { .. }) => reloaded = Some(report),
            Some(Report::Running { library, generation, frame })
                if library == wanted && generation >= least =>
            {
                return Ok((reloaded, frame));
            }
            Some(Report::Refused { reason }) => bail!("the game refused the new code: {reason}"),
            Some(Report::Gone) | None => bail!("the game ended"),
            Some(_) => {}
        }
    }
}

/// Every library's code has run for a frame.
async fn running_all(game: &mut Game, mut wanted: Generations) -> anyhow::Result<()> {
    while !wanted.is_empty() {
        match game.reports.recv().await {
            Some(Report::Running { library, generation, .. }) => {
                if wanted.get(&library).is_some_and(|least| generation >= *least) {
                    wanted.remove(&library);
                }
            }
            Some(Report::Refused { reason }) => bail!("the game refused the new code: {reason}"),
            Some(Report::Gone) | None => bail!("the game ended"),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Gives the first frame that the new code has drawn.
async fn show_reload(
    link: &mut Link,
    game: &mut Game,
    (library, generation): (&str, u64),
) -> anyhow::Result<u64> {
    let build = loop {
        match next(link).await? {
            HubEvent::Announced(reload) if reload.library == library && reload.generation.0 == generation => {
                break reload.build_micros;
            }
            HubEvent::Build { build, .. } if build.state == BuildState::Failed => {
                bail!(
                    "the edit does not build: {}",
                    build.first.map(|first| first.message).unwrap_or_default()
                );
            }
            _ => {}
        }
    };
    let (reloaded, frame) = running(game, (library, generation)).await?;
    let Some(Report::Reloaded { save_to_live_micros, load_micros, swap_micros, .. }) = reloaded else {
        bail!("the game runs generation {generation} of {library} and did not report its reload");
    };
    let total = save_to_live_micros.map_or_else(|| "?".to_owned(), time);
    say(&format!(
        "     generation {generation} of {library} runs in the game {total} after the save (compiling {}, loading {}, swap {})",
        time(build),
        time(load_micros),
        time(swap_micros)
    ));
    Ok(frame)
}

/// The first picture that shows the new code.
async fn show_picture(folder: &Path, after: u64) -> anyhow::Result<()> {
    loop {
        let names = std::fs::read_dir(folder)?
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned());
        let shows = |name: &String| {
            let number = name.strip_prefix("frame-").and_then(|rest| rest.strip_suffix(".png"));
            number.and_then(|number| number.parse::<u64>().ok()).is_some_and(|number| number > after)
        };
        if let Some(name) = names.filter(shows).min() {
            say(&format!("     {name} shows it"));
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The error stands at the edited line, and the game was told and goes on.
async fn show_error(link: &mut Link, game: &mut Game, edit: &Edit, root: &Path) -> anyhow::Result<()> {
    let path = root.join(edit.file);
    let error = loop {
        let HubEvent::Diagnostics { path: at, diagnostics, .. } = next(link).await? else { continue };
        if let Some(error) = diagnostics.into_iter().find(|d| at == path && d.severity == Severity::Error) {
            break error;
        }
    };
    let first = error.message.lines().next().unwrap_or_default();
    say(&format!("     {}:{}: {first}", edit.file, error.span.start.line));
    // The build's end is this save's, not the next one's.
    while !matches!(next(link).await?, HubEvent::Build { build, .. } if build.state == BuildState::Failed) {}
    loop {
        match game.reports.recv().await {
            Some(Report::BuildFailed {}) => break,
            Some(Report::Gone) | None => bail!("the game ended"),
            Some(_) => {}
        }
    }
    say("     the game shows it and goes on with the code it has");
    Ok(())
}

/// A closed terminal does not end the demo.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
