//! `liveline new`: a project that reloads at once.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::new::{self, Engine, Source};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder to make; it does not exist, or is empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// What kind of game
    #[arg(long, value_enum, default_value_t)]
    engine: Engine,
    /// The game's package [default: the folder's name]
    #[arg(long)]
    name: Option<String>,
    /// Take the `liveline` crates from this checkout of Liveline [default: the one that this program was built from,
    /// if it is there, else the published ones]
    #[arg(long, value_name = "DIR")]
    liveline_path: Option<PathBuf>,
}

pub(super) fn main(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = &arguments.folder;
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => name_of(folder)?,
    };
    if let Err(why) = new::check(&name) {
        bail!("{why}; give it another with `--name {}`", new::suggestion(&name));
    }
    let source = Source::choose(arguments.liveline_path.as_deref())?;
    let is_new = new::is_new_folder(folder)
        .with_context(|| format!("cannot make a project in {}", folder.display()))?;
    if !is_new {
        bail!(
            "{} is not empty; name a new folder, or run `liveline init` in a cargo workspace that is there",
            folder.display()
        );
    }
    for file in arguments.engine.files(&name, &source) {
        let done = new::put(folder, &file)
            .with_context(|| format!("cannot write {}", folder.join(&file.path).display()))?;
        if done != new::Done::Made {
            bail!("{} came into being just now; name a new folder", folder.join(&file.path).display());
        }
    }
    let (edited, word) = arguments.engine.first_edit();
    writeln!(
        std::io::stdout(),
        "made {} with the game `{name}`; its `liveline` is {source}\n\n    cd {}\n    liveline run\n\n\
         then change {word} in {edited} and save. README.md says more.",
        folder.display(),
        folder.display(),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// A folder's own name, also of `.` and of `..`.
fn name_of(folder: &Path) -> anyhow::Result<String> {
    let named = folder.file_name().map(PathBuf::from);
    let named = match named {
        Some(name) => Some(name),
        None => std::fs::canonicalize(folder)
            .with_context(|| format!("cannot open {}", folder.display()))?
            .file_name()
            .map(PathBuf::from),
    };
    Ok(named.unwrap_or_default().to_string_lossy().into_owned())
}
