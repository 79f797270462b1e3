//! The torture of engines: a seeded mix of edits, faults, undo and kills, held against a model of what runs and of
//! its state.
//!
//! `LIVELINE_TORTURE_STEPS` says how many steps, `LIVELINE_TORTURE_SEED` which ones.

mod code;
mod engine;
mod report;
mod sight;
mod trial;

use liveline_tests::Random;
use trial::{STEPS, Trial};

fn variable(name: &str, otherwise: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(otherwise, |value| value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
}

#[test]
fn three_engines_run_what_a_model_says_whatever_happens() {
    let count = variable("LIVELINE_TORTURE_STEPS", 30);
    let seed = variable("LIVELINE_TORTURE_SEED", 2026);
    println!("{count} steps, seed {seed}");
    let mut random = Random::new(seed);
    let mut trial = Trial::start(seed);
    let mut deck = Vec::new();
    for number in 1..=count {
        if deck.is_empty() {
            deck = STEPS.to_vec();
            random.shuffle(&mut deck);
        }
        let step = deck.pop().expect("a full deck");
        println!("step {number}: {step:?}");
        trial.step(step);
    }
    println!("{}", trial.finish());
}
