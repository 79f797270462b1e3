//! The whole way from a save to running code, by `liveline bench`, in turns over all projects: the machine's moods
//! then fall on all of them alike.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use liveline_server::bench::{Report, Stages, Statistics};
use serde::{Deserialize, Serialize};

use crate::figures::Samples;
use crate::project::{Generated, Shape};

/// More libraries than these are loaded in one way only.
const FEW: usize = 10;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// How often all projects take their turn.
    pub rounds: usize,
    /// Samples of each way in each turn.
    pub samples: usize,
}

/// What one project came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// For a table.
    pub title: String,
    /// By the name that `liveline bench` has for a way, in its order: milliseconds.
    pub ways: Vec<(String, Samples)>,
    /// By the way's name: how many samples found their text built before the save.
    pub ready: BTreeMap<String, usize>,
    /// By loader and stage: the median in each turn, in milliseconds.
    pub stages: BTreeMap<String, Vec<(String, Samples)>>,
}

impl Measured {
    /// The samples of the first way whose name starts so.
    pub fn way(&self, start: &str) -> Option<&Samples> {
        self.ways.iter().find(|(name, _)| name.starts_with(start)).map(|(_, samples)| samples)
    }

    fn take(&mut self, report: Report) {
        for script in report.scripts {
            for measure in script.measures {
                let millis = measure.samples.iter().map(|micros| *micros as f64 / 1e3);
                place(&mut self.ways, &measure.name).extend(millis);
                if let Some(ready) = measure.speculated {
                    *self.ready.entry(measure.name).or_default() += ready;
                }
            }
            for stages in &script.stages {
                let kept = self.stages.entry(stages.loader.clone()).or_default();
                for (name, statistics) in parts(stages) {
                    place(kept, name).0.push(statistics.p50_micros as f64 / 1e3);
                }
            }
        }
    }
}

fn place<'a>(list: &'a mut Vec<(String, Samples)>, name: &str) -> &'a mut Samples {
    let index = list.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
        list.push((name.to_owned(), Samples::default()));
        list.len() - 1
    });
    &mut list[index].1
}

fn parts(stages: &Stages) -> [(&'static str, Statistics); 7] {
    [
        ("detect", stages.detect),
        ("front end", stages.front_end),
        ("codegen", stages.codegen),
        ("link", stages.link),
        ("announce", stages.announce),
        ("load", stages.load),
        ("swap", stages.swap),
    ]
}

/// Measures these projects with the `liveline` at a path.
pub fn measure(
    liveline: &Path,
    folder: &Path,
    shapes: &[Shape],
    amount: Amount,
) -> anyhow::Result<BTreeMap<String, Measured>> {
    let mut projects: Vec<Generated> = Vec::new();
    for shape in shapes {
        let project = Generated::lay_out(folder, *shape)?;
        if let Some(first) = projects.first() {
            project.take_dependencies(first)?;
        }
        eprintln!("{}: built for the first time", shape.name());
        // Fills the caches and counts for nothing.
        turn(liveline, &project, 1)?;
        projects.push(project);
    }
    let mut all: BTreeMap<String, Measured> = BTreeMap::new();
    for round in 1..=amount.rounds {
        for project in &projects {
            eprintln!("round {round} of {}: {}", amount.rounds, project.shape.name());
            let measured = all.entry(project.shape.name()).or_default();
            measured.title = project.shape.title();
            // A turn that fails costs its own samples only: hours of others may stand beside it.
            match turn(liveline, project, amount.samples) {
                Ok(report) => measured.take(report),
                Err(error) => eprintln!("{error:#}"),
            }
        }
    }
    Ok(all)
}

fn turn(liveline: &Path, project: &Generated, samples: usize) -> anyhow::Result<Report> {
    let mut bench = Command::new(liveline);
    bench.args(["bench", "--json", "--library", project.shape.library(), "--root"]).arg(&project.root);
    bench.args(["--samples", &samples.to_string()]);
    if project.shape.scripts() > FEW {
        // An engine that attaches as another kind has every library made anew: it is not asked for in turns.
        bench.args(["--loader", "object"]);
    }
    let output = bench.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("cannot start {}", liveline.display()))?;
    if !output.status.success() {
        bail!("`liveline bench` fails in {}", project.root.display());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
