//! `liveline completions`: what a shell needs to complete the command line.

use std::io::Write;
use std::process::ExitCode;

use clap_complete::Shell;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "bash:  liveline completions bash > ~/.local/share/bash-completion/completions/liveline\n\
                        zsh:   liveline completions zsh > \"${fpath[1]}/_liveline\"\n\
                        fish:  liveline completions fish > ~/.config/fish/completions/liveline.fish"
)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn main(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::described(), "liveline", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
