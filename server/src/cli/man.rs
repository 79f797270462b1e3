//! `liveline man`: the manual's pages, from the command line's own description.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap_mangen::Man;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Write `liveline.1` and a page for each command into this folder [default: the first page on standard output]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub(super) fn main(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let command = super::described();
    match &arguments.folder {
        Some(folder) => {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
            clap_mangen::generate_to(command, folder)
                .with_context(|| format!("cannot write into {}", folder.display()))?;
        }
        None => {
            let mut page = Vec::new();
            Man::new(command.disable_help_subcommand(true)).render(&mut page)?;
            std::io::stdout().write_all(&page)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_that_says_what_it_does() {
        let folder = tempfile::tempdir().unwrap();
        main(&Arguments { folder: Some(folder.path().join("man1")) }).unwrap();
        for name in crate::cli::described().get_subcommands().map(clap::Command::get_name) {
            let page = folder.path().join(format!("man1/liveline-{name}.1"));
            let text =
                fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
            assert!(text.contains(".SH SYNOPSIS"), "{name}: {text}");
            assert!(text.contains(&format!("liveline\\-{name} \\- ")), "{name}: {text}");
        }
    }
}
