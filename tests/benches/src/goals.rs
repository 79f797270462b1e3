//! What is to be reached, and whether it was.

use std::fmt::Write;

use crate::bevy;
use crate::figures::{Samples, short};
use crate::report::Results;

/// One goal, and what there is to say of it.
struct Row {
    measure: String,
    goal: &'static str,
    measured: String,
    met: Option<bool>,
}

const CHECK: &str = "cargo check";
const OBJECT: &str = "B: ";
const DYLIB: &str = "A: ";

/// The goals as a table.
pub(crate) fn table(results: &Results) -> String {
    let mut table = "### Goals\n\n| measure | goal | measured | |\n|---|---|---|---|\n".to_owned();
    for Row { measure, goal, measured, met } in rows(results) {
        let word = match met {
            Some(true) => "met",
            Some(false) => "**not met**",
            None => "not measured",
        };
        let _ = writeln!(table, "| {measure} | {goal} | {measured} | {word} |");
    }
    table + "\n"
}

fn rows(results: &Results) -> Vec<Row> {
    let mut rows = Vec::new();
    ahead(results, &mut rows);
    without_pause(results, &mut rows);
    in_bevy(results, &mut rows);
    growth(results, &mut rows);
    in_the_game(results, &mut rows);
    around(results, &mut rows);
    rows
}

fn row(measure: &str, goal: &'static str, found: Option<(String, bool)>) -> Row {
    let met = found.as_ref().map(|(_, met)| *met);
    Row {
        measure: measure.to_owned(),
        goal,
        measured: found.map_or_else(String::new, |(measured, _)| measured),
        met,
    }
}

/// One project's samples of one way.
fn way<'a>(results: &'a Results, project: &str, name: &str) -> Option<&'a Samples> {
    results.ways.get(project)?.way(name).filter(|samples| !samples.0.is_empty())
}

/// Samples of another tool.
fn peer<'a>(results: &'a Results, name: &str, lines: &str) -> Option<&'a Samples> {
    results.peers.get(name)?.get(lines).filter(|samples| !samples.0.is_empty())
}

fn at_most(ratio: f64, goal: f64, of: &str) -> (String, bool) {
    (format!("{ratio:.2} × {of}"), ratio <= goal)
}

/// The medians' ratio against a goal.
fn ratio(one: Option<&Samples>, other: Option<&Samples>, goal: f64) -> Option<(String, bool)> {
    let (one, other) = (one?.p50(), other?.p50());
    let (text, met) = at_most(one / other, goal, &format!("({} of {} ms)", short(one), short(other)));
    Some((text, met))
}

fn ahead(results: &Results, rows: &mut Vec<Row>) {
    for (measure, name) in [
        ("save → running, 150 ms after the last key", "built ahead, 150 ms"),
        ("save → running, 400 ms after the last key", "built ahead, 400 ms"),
    ] {
        let found = way(results, "files-1", name).map(|samples| {
            let (p50, p95) = (samples.p50(), samples.p95());
            (format!("{} / {} ms", short(p50), short(p95)), p50 <= 5.0 && p95 <= 15.0)
        });
        rows.push(row(measure, "≤ 5 ms p50, ≤ 15 ms p95", found));
    }
    let subsecond = peer(results, "subsecond", "41");
    let found = way(results, "files-1", "built ahead, 150 ms").zip(subsecond).map(|(own, peer)| {
        let times = peer.p50() / own.p50();
        (format!("{times:.0} ×"), times >= 40.0)
    });
    rows.push(row("the same against subsecond", "≥ 40 ×", found));
}

fn without_pause(results: &Results, rows: &mut Vec<Row>) {
    let own = |project| way(results, project, OBJECT);
    let check = |project| way(results, project, CHECK);
    let file = "save → running, no pause, script file of 41 lines";
    rows.push(row(file, "≤ 0.85 × `cargo check`", ratio(own("files-1"), check("files-1"), 0.85)));
    rows.push(row(file, "≤ 0.3 × subsecond", ratio(own("files-1"), peer(results, "subsecond", "41"), 0.3)));
    let reloader = peer(results, "hot-lib-reloader", "41");
    rows.push(row(file, "≤ 0.18 × hot-lib-reloader", ratio(own("files-1"), reloader, 0.18)));
    let package = "save → running, no pause, package of 3,407 lines";
    let (long, of_check) = (own("package-3407"), check("package-3407"));
    rows.push(row(package, "≤ 1.4 × `cargo check`", ratio(long, of_check, 1.4)));
    rows.push(row(package, "≤ 0.55 × subsecond", ratio(long, peer(results, "subsecond", "3407"), 0.55)));
}

fn in_bevy(results: &Results, rows: &mut Vec<Row>) {
    let own = |name| way(results, bevy::NAME, name);
    let ready = own("built ahead, 400 ms").map(|samples| {
        (format!("{} / {} ms", short(samples.p50()), short(samples.p95())), samples.p50() <= 8.0)
    });
    let system = "save → running, a system in Bevy";
    rows.push(row(&format!("{system}, 400 ms after the last key"), "≤ 8 ms p50", ready));
    let system = format!("{system}, no pause");
    rows.push(row(&system, "≤ 0.6 × `cargo check`", ratio(own(OBJECT), own(CHECK), 0.6)));
    let patched = peer(results, "subsecond in Bevy", bevy::NAME);
    rows.push(row(&system, "≤ 1 × subsecond", ratio(own(OBJECT), patched, 1.0)));
}

fn growth(results: &Results, rows: &mut Vec<Row>) {
    let own = |project| way(results, project, OBJECT);
    rows.push(row("200 script files against 1", "≤ 1.1 ×", ratio(own("files-200"), own("files-1"), 1.1)));
    let dylib = way(results, "files-1", DYLIB);
    rows.push(row("procedure B against A, one script", "≤ 0.75 ×", ratio(own("files-1"), dylib, 0.75)));
}

fn in_the_game(results: &Results, rows: &mut Vec<Row>) {
    let frames = results.frames.values().next().map(|frames| {
        let (p50, most) = (frames.loading.p50() - frames.median, frames.loading.most() - frames.median);
        let quiet = frames.quiet.most() - frames.median;
        (
            format!(
                "longest of all {} µs, of a reload in the middle {} µs; without any reload {} µs",
                short(most),
                short(p50),
                short(quiet)
            ),
            most <= 1000.0,
        )
    });
    rows.push(row(
        "longest frame while a generation loads and swaps",
        "≤ 1 ms above the median frame",
        frames,
    ));
    let costs = results.costs.get("release");
    let poll = costs.map(|costs| costs.poll - costs.empty);
    rows.push(row("idle `poll()`", "≤ 20 ns", poll.map(|nanos| (format!("{nanos:.1} ns"), nanos <= 20.0))));
    let call = costs.map(|costs| costs.script - costs.pointer);
    let call = call.map(|nanos| (format!("{nanos:.1} ns more"), nanos <= 1.0));
    rows.push(row("a script call over a plain function pointer", "≤ 1 ns more", call));
}

fn around(results: &Results, rows: &mut Vec<Row>) {
    let exec = results.exec.as_ref();
    let measure = "`liveline exec hello.rs` against `rustc hello.rs && ./hello`";
    let edited = exec.map(|exec| (&exec.edited, &exec.native));
    let (own, native) = edited.unzip();
    rows.push(row(measure, "≤ 0.55 ×", ratio(own, native, 0.55)));
    let keys = results.keys.as_ref().map(|keys| {
        let p99 = keys.handled.p99();
        (format!("{} µs", short(p99)), p99 <= 1000.0)
    });
    rows.push(row("`didChange` in 10,000 lines handled, p99", "≤ 1 ms", keys));
    for (project, name) in
        [("files-1", "a script file of 41 lines"), ("package-347", "a package of 347 lines")]
    {
        let (server, rustc) = results.first.get(project).map(|first| (&first.server, &first.rustc)).unzip();
        let measure = format!("server start to the first diagnostic, {name}, against rustc");
        rows.push(row(&measure, "≤ 2 ×", ratio(server, rustc, 2.0)));
    }
    let memory =
        results.memory.map(|memory| (format!("{} MB", short(memory.resident)), memory.resident <= 60.0));
    rows.push(row("server memory, 200 open scripts", "≤ 60 MB", memory));
}
