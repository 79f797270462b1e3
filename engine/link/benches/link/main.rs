//! This linker and the system's loader against linker processes, on what rustc gave its linker:
//! `cargo bench -p liveline-link -- [FOLDER…]`, each folder written by `benches/link/capture.sh` as rustc's linker.
//! Without folders, a script of 41 lines. `WILD` may name a folder where `ld` is wild.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use liveline_link::{Archive, Object, Options, closure, link, link_watched, load};

type Failure = Box<dyn std::error::Error>;

const ROUNDS: usize = 41;

fn main() -> std::process::ExitCode {
    match run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let mut folders: Vec<PathBuf> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).map(PathBuf::from).collect();
    let scratch = tempfile::tempdir()?;
    let scratch = scratch.path();
    if folders.is_empty() {
        folders.push(capture(scratch)?);
    }
    folders.iter().try_for_each(|folder| measure(folder, scratch))
}

/// Builds the script of 41 lines twice, so that the second build is an incremental one.
fn capture(scratch: &Path) -> Result<PathBuf, Failure> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/link");
    let folder = scratch.join("script");
    for _ in 0..2 {
        let status = Command::new("rustc")
            .args([
                "--edition=2024",
                "--crate-type=cdylib",
                "-Cprefer-dynamic",
                "-Cdebuginfo=line-tables-only",
            ])
            .arg(format!("-Cincremental={}", scratch.join("incremental").display()))
            .arg(format!("-Clinker={}", here.join("capture.sh").display()))
            .arg("--out-dir")
            .arg(scratch)
            .arg(here.join("script.rs"))
            .env("CAPTURE", &folder)
            .status()?;
        if !status.success() {
            return Err("rustc failed".into());
        }
    }
    Ok(folder)
}

/// What rustc gave its linker.
struct Case {
    files: Vec<(String, Vec<u8>)>,
    arguments: Vec<String>,
}

fn measure(folder: &Path, scratch: &Path) -> Result<(), Failure> {
    let case = read(folder)?;
    let bytes: usize =
        case.files.iter().filter(|(name, _)| name.ends_with(".o")).map(|(_, bytes)| bytes.len()).sum();
    let libraries = std::fs::read_to_string(folder.join("libraries"))?;
    for library in libraries.lines() {
        use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
        // SAFETY: the libraries that the objects were compiled against.
        std::mem::forget(unsafe { Library::open(Some(library), RTLD_NOW | RTLD_GLOBAL) }?);
    }
    let (objects, archives) = parts(&case)?;
    let objects = closure(objects, &archives);
    println!("{}: {} objects, {} KB", folder.display(), objects.len(), bytes / 1024);
    let mut stages: BTreeMap<&'static str, Vec<Duration>> = BTreeMap::new();
    let mut processes: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
    for round in 0..ROUNDS {
        ours(&objects, &mut stages)?;
        without_debug(&objects, &mut stages)?;
        // Linkers' processes take longer; fewer rounds tell as much.
        if round % 4 == 0 {
            for (name, extra) in linkers(&case) {
                let output = scratch.join(format!("out-{round}-{}.so", name.replace(' ', "-")));
                let taken = process(&case, &extra, &output)?;
                processes.entry(format!("{name}, process")).or_default().push(taken);
                let start = Instant::now();
                // SAFETY: the same code as the image's.
                let library = unsafe { libloading::Library::new(&output) }?;
                processes.entry(format!("{name}, dlopen")).or_default().push(start.elapsed());
                std::mem::forget(library);
                std::fs::remove_file(&output)?;
            }
        }
    }
    for (name, times) in stages
        .iter_mut()
        .map(|(name, times)| ((*name).to_owned(), times))
        .chain(processes.iter_mut().map(|(name, times)| (name.clone(), times)))
    {
        times.sort();
        let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1e3;
        println!("  {name:<24} least {:>8.3} ms   p50 {:>8.3} ms   p95 {:>8.3} ms", at(0), at(50), at(95));
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Case, Failure> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".o") || name.ends_with(".rlib") {
            files.push((name, std::fs::read(path)?));
        }
    }
    let arguments = std::fs::read_to_string(folder.join("arguments"))?;
    Ok(Case { files, arguments: arguments.lines().map(str::to_owned).collect() })
}

fn parts(case: &Case) -> Result<(Vec<Object<'_>>, Vec<Archive<'_>>), Failure> {
    let (objects, rlibs): (Vec<_>, Vec<_>) = case.files.iter().partition(|(name, _)| name.ends_with(".o"));
    let objects = objects.into_iter().map(|(name, bytes)| Object { name: name.clone(), bytes }).collect();
    let archives = rlibs.into_iter().map(|(_, bytes)| Archive::read(bytes)).collect::<Result<_, _>>()?;
    Ok((objects, archives))
}

fn ours(objects: &[Object<'_>], stages: &mut BTreeMap<&'static str, Vec<Duration>>) -> Result<(), Failure> {
    let start = Instant::now();
    let mut last = start;
    let image = link_watched(objects, &Options::new("bench"), &mut |stage| {
        let now = Instant::now();
        let name = match stage {
            "parse" => "1 parse",
            "scan" => "2 scan",
            "layout" => "3 layout",
            _ => "4 relocate and write",
        };
        stages.entry(name).or_default().push(now - last);
        last = now;
    })?;
    let mut loaded = load::load(image)?;
    let end = Instant::now();
    stages.entry("5 bind, memfd, dlopen").or_default().push(end - last);
    stages.entry("= link and load").or_default().push(end - start);
    loaded.hide_from_debuggers();
    loaded.close_file();
    Ok(())
}

fn without_debug(
    objects: &[Object<'_>],
    stages: &mut BTreeMap<&'static str, Vec<Duration>>,
) -> Result<(), Failure> {
    let start = Instant::now();
    let mut loaded = load::load(link(objects, &Options { debug: false, ..Options::new("bench") })?)?;
    stages.entry("= without debug info").or_default().push(start.elapsed());
    loaded.close_file();
    Ok(())
}

/// Linkers by name, each with what selects it in place of rustc's own choice.
fn linkers(case: &Case) -> Vec<(String, Vec<String>)> {
    let chosen: Vec<String> = case.arguments.iter().filter(|argument| selects(argument)).cloned().collect();
    let mut linkers = vec![("cc, GNU ld".to_owned(), Vec::new())];
    if !chosen.is_empty() {
        linkers.push(("cc, rust-lld".to_owned(), chosen));
    }
    if let Ok(folder) = std::env::var("WILD") {
        // A folder in which `ld` is wild.
        linkers.push(("cc, wild".to_owned(), vec![format!("-B{folder}")]));
    }
    linkers
}

fn selects(argument: &str) -> bool {
    argument.starts_with("-fuse-ld=") || argument.starts_with("-B")
}

fn process(case: &Case, extra: &[String], output: &Path) -> Result<Duration, Failure> {
    let arguments =
        case.arguments.iter().map(|argument| argument.replace("@OUT@", &output.display().to_string()));
    let start = Instant::now();
    let output = Command::new("cc").args(extra).args(arguments).output()?;
    let taken = start.elapsed();
    if output.status.success() {
        Ok(taken)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}
