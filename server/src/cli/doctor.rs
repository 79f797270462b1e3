//! `liveline doctor`: what in this environment will not work, and the mend.

use std::io::Write;
use std::process::ExitCode;

use super::Root;
use crate::doctor::{self, Finding, Health};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    root: Root,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn main(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let findings = doctor::examine(&arguments.root.resolve()?).await;
    let text = match arguments.json {
        true => serde_json::to_string_pretty(&findings)?,
        false => describe(&findings),
    };
    writeln!(std::io::stdout(), "{text}")?;
    let is_well = findings.iter().all(|finding| finding.health != Health::Trouble);
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn describe(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.what.len()).max().unwrap_or_default();
    let mut lines = Vec::new();
    for Finding { what, health, found, mend } in findings {
        let word = match health {
            Health::Good => "ok",
            Health::Note => "note",
            Health::Trouble => "TROUBLE",
        };
        lines.push(format!("{word:7}  {what:width$}  {found}"));
        lines.extend(mend.as_ref().map(|mend| format!("{:7}  {:width$}  mend: {mend}", "", "")));
    }
    let count = findings.iter().filter(|finding| finding.health == Health::Trouble).count();
    lines.push(match count {
        0 => "nothing stands in the way".to_owned(),
        1 => "one thing will not work".to_owned(),
        count => format!("{count} things will not work"),
    });
    lines.join("\n")
}
