//! `ways [ROUNDS]`: the times of all ways to compile one script of 41 lines, interleaved, as medians.

use std::process::Command;
use std::time::Instant;

use liveline_protocol::engine::ArtifactKind;
use liveline_server::build::job::{Outcome, Purpose};
use liveline_server::build::pace::Depth;
use liveline_tests::{PLAYER, Project, Shop};

const SCRIPT: &str = include_str!("script.rs.txt");

#[allow(clippy::print_stdout, reason = "the table is what the program is for")]
fn main() {
    let rounds = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(15);
    let project = Project::sample();
    project.write("liveline.toml", "[[library]]\nfiles = \"scripts/src/player.rs\"\n");
    project.write(PLAYER, SCRIPT);
    let shop = Shop::over(project);
    let mut ways: Vec<(String, Vec<u64>)> = Vec::new();
    let mut number = 0;
    for round in 0..rounds + 2 {
        let mut note = |name: &str, micros: u64| {
            let way = match ways.iter().position(|(known, _)| known == name) {
                Some(way) => way,
                None => {
                    ways.push((name.to_owned(), Vec::new()));
                    ways.len() - 1
                }
            };
            if round >= 2 {
                ways[way].1.push(micros);
            }
        };
        for kind in [ArtifactKind::Dylib, ArtifactKind::Object] {
            for depth in [Depth::Cold, Depth::Arguments, Depth::Head] {
                number += 1;
                let text = edited(number);
                shop.workshop.warm_only(Some(depth));
                shop.workshop.prepare(&shop.order("player", Purpose::Saved, &[], kind));
                shop.workshop.wait_until_warm("player");
                // Otherwise the end of the last compile is measured with this one.
                std::thread::sleep(std::time::Duration::from_millis(100));
                shop.project.write(PLAYER, &text);
                let order = shop.order("player", Purpose::Saved, &[], kind);
                let started = Instant::now();
                let built = shop.build(&order);
                let micros = micros(started);
                assert!(matches!(built.outcome, Outcome::Built(_)), "{built:?}");
                note(&format!("{depth:?} {kind:?}").to_lowercase(), micros);
            }
        }
        number += 1;
        let text = edited(number);
        shop.workshop.warm_only(Some(Depth::Cold));
        shop.speculate("player", &[(PLAYER, &text)], ArtifactKind::Object);
        shop.project.write(PLAYER, &text);
        let order = shop.order("player", Purpose::Saved, &[], ArtifactKind::Object);
        let started = Instant::now();
        assert!(shop.build(&order).reload().speculated);
        note("prepared", micros(started));
        number += 1;
        shop.project.write(PLAYER, &edited(number));
        note("cargo check", check(&shop));
    }
    for (name, times) in &mut ways {
        times.sort_unstable();
        let at = |part: usize| times[(times.len() - 1) * part / 100] as f64 / 1000.0;
        println!("{name:<18} p50 {:>7.2} ms   p10 {:>7.2}   p95 {:>7.2}", at(50), at(10), at(95));
    }
}

fn edited(number: u32) -> String {
    SCRIPT.replace("\"one\"", &format!("\"n{number:04}\""))
}

fn check(shop: &Shop) -> u64 {
    let mut command: Command = shop.project.command("cargo");
    command.args(["check", "--quiet", "--package", "scripts", "--target-dir"]);
    command.arg(shop.project.path("target/check"));
    let started = Instant::now();
    assert!(command.status().is_ok_and(|status| status.success()));
    micros(started)
}

fn micros(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
}
