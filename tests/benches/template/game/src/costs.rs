//! What an idle poll and a call cost, beside a call through a plain function pointer. The ways take turns.

use std::hint::black_box;
use std::time::Instant;

use game_api::Script;

const ROUNDS: usize = 61;
const CALLS: u64 = 200_000;

pub(crate) fn main(script: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut scripts = liveline::attach::<dyn Script>()?;
    let mut instance = scripts.spawn(script)?;
    let pointer: fn(&mut u64, u64) -> u64 = black_box(plain);
    let mut state = 0;
    let mut boxed: Box<dyn Plain> = black_box(Box::new(State(0)));
    let mut samples: [Vec<f64>; 5] = Default::default();
    for _ in 0..ROUNDS {
        samples[0].push(nanos(|number| number));
        samples[1].push(nanos(|number| {
            scripts.poll();
            number
        }));
        samples[2].push(nanos(|number| pointer(&mut state, number)));
        samples[3].push(nanos(|number| boxed.next(number)));
        samples[4].push(nanos(|number| instance.next(number).unwrap_or_default()));
    }
    let [empty, poll, pointer, boxed, script] = samples.map(median);
    println!(
        "{{\"empty\":{empty:.3},\"poll\":{poll:.3},\"pointer\":{pointer:.3},\"boxed\":{boxed:.3},\"script\":{script:.3}}}"
    );
    Ok(())
}

#[inline(never)]
fn plain(state: &mut u64, number: u64) -> u64 {
    black_box(state);
    number.wrapping_add(1)
}

trait Plain {
    fn next(&mut self, number: u64) -> u64;
}

struct State(u64);

impl Plain for State {
    fn next(&mut self, number: u64) -> u64 {
        plain(&mut self.0, number)
    }
}

/// Of one call among many that each wait for the one before.
fn nanos(mut call: impl FnMut(u64) -> u64) -> f64 {
    let mut number = 0;
    let start = Instant::now();
    for _ in 0..CALLS {
        number = call(black_box(number));
    }
    black_box(number);
    start.elapsed().as_nanos() as f64 / CALLS as f64
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
