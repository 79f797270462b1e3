//! Rounds: in each, every way builds and runs an edit of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use liveline_protocol::engine::ArtifactKind;

use super::baseline::Baseline;
use super::drive::{Driver, Save};
use super::edit::Editable;
use super::probe::Probe;
use super::report::{Answer, Measure, Report, Script, Stages, Statistics};
use crate::project::{Library, Project};

/// From the last key to the save, in milliseconds.
const PAUSES: &[u64] = &[0, 50, 150, 400];
/// Between two samples, as between a person's saves: what one way leaves to be done must not slow the next.
const REST: Duration = Duration::from_millis(1000);
/// Saves before the first round, in which the server finds out which way of starting the compiler ahead is the quickest:
/// a person's first minute.
const FIRST_SAVES: usize = 4;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many samples of each way.
    pub samples: usize,
    /// Only these libraries; all, if it is empty.
    pub libraries: Vec<String>,
    /// The engine loads in these ways, one after the other: each change has every library made anew for it.
    pub loaders: Vec<ArtifactKind>,
    /// The root of a second copy, for cargo and rustc: the server must not see their edits.
    pub beside: PathBuf,
}

/// The samples of one script.
#[derive(Default)]
struct Samples {
    baselines: Vec<(&'static str, Vec<u64>)>,
    metadata: Vec<u64>,
    dylib: Vec<Save>,
    object: Vec<Save>,
    paused: Vec<(u64, Vec<Save>)>,
}

/// Measures a workspace that is a copy. `note` is told what is being done.
pub async fn measure(
    project: &Project,
    options: &Options,
    note: &mut dyn FnMut(&str),
) -> anyhow::Result<Report> {
    let unknown = options.libraries.iter().find(|name| project.library(name).is_none());
    if let Some(name) = unknown {
        let known: Vec<&str> = project.libraries.iter().map(|library| library.name.as_str()).collect();
        anyhow::bail!("there is no library `{name}`; the libraries: {}", known.join(", "));
    }
    let is_chosen =
        |library: &&Library| options.libraries.is_empty() || options.libraries.contains(&library.name);
    let mut driver = Driver::start(project, note).await?;
    let mut scripts = Vec::new();
    for library in project.libraries.iter().filter(is_chosen) {
        match script(project, library) {
            Some((path, editable)) => {
                let file = path.strip_prefix(&project.root).unwrap_or(&path).display().to_string();
                let samples = samples(&mut driver, project, library, (&path, &editable), options, note)
                    .await
                    .with_context(|| format!("measuring {file}"))?;
                scripts.push(samples.into_script(library.name.clone(), file, editable.lines()));
            }
            None => note(&format!("`{}` has no function to edit: left out", library.name)),
        }
    }
    driver.end().await;
    Ok(Report {
        version: 1,
        root: project.root.display().to_string(),
        rustc: rustc_version(project),
        processors: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        profile: project.config.build.profile.clone(),
        scripts,
    })
}

/// The file of a library that is edited: of a package, the longest that has a script.
fn script(project: &Project, library: &Library) -> Option<(PathBuf, Editable)> {
    let mut candidates = vec![library.source.clone()];
    if library.file.is_none()
        && let Some(package) = project.packages.iter().find(|package| package.name == library.name)
    {
        let pattern = format!("{}/src/**/*.rs", glob::Pattern::escape(&package.folder.display().to_string()));
        candidates.extend(glob::glob(&pattern).into_iter().flatten().flatten());
    }
    let read = |path: PathBuf| Some((std::fs::read_to_string(&path).ok()?, path));
    let rank = |text: &str| (text.contains("liveline::script"), text.len());
    let mut texts: Vec<(String, PathBuf)> = candidates.into_iter().filter_map(read).collect();
    texts.sort_by_key(|(text, _)| std::cmp::Reverse(rank(text)));
    texts.into_iter().find_map(|(text, path)| Some((path, Editable::new(&text)?)))
}

async fn samples(
    driver: &mut Driver,
    project: &Project,
    library: &Library,
    (path, editable): (&Path, &Editable),
    options: &Options,
    note: &mut dyn FnMut(&str),
) -> anyhow::Result<Samples> {
    let beside = options.beside.join(path.strip_prefix(&project.root).unwrap_or(path));
    let baselines = Baseline::of_cargo(project, library, &options.beside);
    let mut probe = Probe::new(project, library, &options.beside);
    let mut samples = Samples {
        baselines: baselines.iter().map(|baseline| (baseline.name, Vec::new())).collect(),
        paused: PAUSES.iter().map(|pause| (*pause, Vec::new())).collect(),
        ..Samples::default()
    };
    let original = std::fs::read_to_string(path)?;
    let mut number = 0;
    let mut next = || {
        number += 1;
        editable.with(number)
    };
    for _ in 0..FIRST_SAVES {
        if let Some(kind) = options.loaders.last() {
            driver.attach(*kind).await?;
        }
        driver.save(&library.name, path, &next(), None).await?;
        tokio::time::sleep(REST * 2).await;
    }
    // The first round fills every cache and counts for nothing.
    for round in 0..=options.samples {
        note(&format!("{}: round {round} of {}", library.name, options.samples));
        for (index, baseline) in baselines.iter().enumerate() {
            tokio::time::sleep(REST).await;
            std::fs::write(&beside, next())?;
            let micros = tokio::task::block_in_place(|| baseline.run())?;
            keep(&mut samples.baselines[index].1, round, micros);
        }
        if let Some(probe) = &mut probe {
            tokio::time::sleep(REST).await;
            std::fs::write(&beside, next())?;
            let micros = tokio::task::block_in_place(|| probe.run())?;
            keep(&mut samples.metadata, round, micros);
        }
        for kind in &options.loaders {
            let list = match kind {
                ArtifactKind::Dylib => &mut samples.dylib,
                ArtifactKind::Object => &mut samples.object,
            };
            if driver.attach(*kind).await? {
                // What a compiler that was started ahead makes is no use to an engine of another kind.
                tokio::time::sleep(REST).await;
                driver.save(&library.name, path, &next(), None).await?;
            }
            tokio::time::sleep(REST).await;
            keep(list, round, driver.save(&library.name, path, &next(), None).await?);
        }
        driver.open(path, &std::fs::read_to_string(path)?);
        for (pause, list) in &mut samples.paused {
            tokio::time::sleep(REST).await;
            let pause = Duration::from_millis(*pause);
            keep(list, round, driver.save(&library.name, path, &next(), Some(pause)).await?);
        }
        driver.close(path);
    }
    std::fs::write(path, original)?;
    Ok(samples)
}

fn keep<T>(samples: &mut Vec<T>, round: usize, sample: T) {
    if round > 0 {
        samples.push(sample);
    }
}

impl Samples {
    fn into_script(self, library: String, file: String, lines: usize) -> Script {
        let totals = |saves: &[Save]| saves.iter().map(|save| save.total).collect::<Vec<u64>>();
        let mut measures: Vec<Measure> =
            self.baselines.into_iter().map(|(name, samples)| Measure::new(name, samples)).collect();
        if !self.metadata.is_empty() {
            measures.push(Measure::new("rustc --emit=metadata", self.metadata.clone()));
        }
        let is_measured = |(_, saves): &(&str, &Vec<Save>)| !saves.is_empty();
        let dylib = Measure::new("A: save → running, shared library", totals(&self.dylib));
        let object = Measure::new("B: save → running, objects", totals(&self.object));
        let answer = Answer::new(dylib.statistics, object.statistics);
        measures.extend([dylib, object].into_iter().filter(|measure| !measure.samples.is_empty()));
        for (pause, saves) in &self.paused {
            let mut measure =
                Measure::new(format!("built ahead, {pause} ms after the last key"), totals(saves));
            measure.speculated = Some(saves.iter().filter(|save| save.speculated).count());
            measures.push(measure);
        }
        let front_end = Statistics::of(&self.metadata).p50_micros;
        let objects =
            Statistics::of(&self.object.iter().map(|save| save.build).collect::<Vec<_>>()).p50_micros;
        let stages = [("dylib", &self.dylib), ("object", &self.object)];
        let stages = stages.into_iter().filter(is_measured);
        let stages = stages.map(|(loader, saves)| stages_of(loader, saves, front_end, objects)).collect();
        Script { library, file, lines, measures, stages, answer }
    }
}

/// What a compiler's run is made of is known by comparison: metadata alone, objects, a shared library.
fn stages_of(loader: &str, saves: &[Save], front_end: u64, objects: u64) -> Stages {
    let of = |part: &dyn Fn(&Save) -> u64| Statistics::of(&saves.iter().map(part).collect::<Vec<_>>());
    Stages {
        loader: loader.to_owned(),
        detect: of(&|save| save.detect),
        front_end: of(&|save| save.build.min(front_end)),
        codegen: of(&|save| save.build.min(objects.max(front_end)).saturating_sub(front_end)),
        link: of(&|save| save.build.saturating_sub(objects.max(front_end))),
        announce: of(&|save| save.announce),
        load: of(&|save| save.load),
        swap: of(&|save| save.swap),
    }
}

fn rustc_version(project: &Project) -> String {
    let output = std::process::Command::new("rustc").arg("-V").current_dir(&project.root).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
