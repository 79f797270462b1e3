//! Saves as fast as they can be written, in every way in which editors write: the last one always runs.
//!
//! `LIVELINE_STORM_SECONDS=600 LIVELINE_STORM_SEED=1 cargo test --release -p liveline-tests --test storm -- --nocapture` storms for ten
//! minutes and prints what it has seen.

use std::time::{Duration, Instant};

use liveline_tests::{Live, PLAYER, Random, events, number};

#[test]
fn the_last_save_of_every_storm_runs() {
    let length = Duration::from_secs(number("LIVELINE_STORM_SECONDS", 15));
    let mut random = Random::new(number("LIVELINE_STORM_SEED", 1));
    let mut live = Live::start();
    let text = live.project.read(PLAYER);
    let (started, mut saves, mut storms, mut word) = (Instant::now(), 0u64, 0u64, 0u64);
    let mut slowest = Duration::ZERO;
    while started.elapsed() < length {
        // From a single save to some hundred without a breath.
        let magnitude = random.below(9);
        let burst = 1 + random.below(1 << magnitude);
        for _ in 0..burst {
            word += 1;
            let good = text.replace("\"one\"", &format!("\"word{word}\""));
            match random.below(8) {
                0 => live.project.write(PLAYER, ""),
                1 => live.project.write(PLAYER, &good.replace("self.ticks += 1;", "self.ticks += \"\";")),
                2..=4 => live.project.write(PLAYER, &good),
                _ => live.project.write_by_rename(PLAYER, &good),
            }
            saves += 1;
            if random.one_in(3) {
                std::thread::sleep(Duration::from_micros(random.below(20_000)));
            }
        }
        word += 1;
        live.project.write(PLAYER, &text.replace("\"one\"", &format!("\"word{word}\"")));
        (saves, storms) = (saves + 1, storms + 1);
        let last = Instant::now();
        live.game.wait_for(&format!("says word{word}"));
        slowest = slowest.max(last.elapsed());
        live.server.heard();
    }
    eprintln!(
        "{saves} saves in {storms} storms in {:.0} s, {:.1} a second; the last of each ran, the slowest {:.0} ms after it",
        started.elapsed().as_secs_f64(),
        saves as f64 / started.elapsed().as_secs_f64(),
        slowest.as_secs_f64() * 1000.0
    );
    live.server.terminate();
    let mut server = live.project.serve_with(&[]);
    server.wait("what ran last is known", |event| events::applied(event, "scripts"));
}
