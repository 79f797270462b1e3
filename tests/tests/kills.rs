//! A server that is killed at random moments: nothing is left of it, and the next one ends on the last good save.

use std::time::{Duration, Instant};

use liveline_tests::{PLAYER, Project};

const SAVES: u64 = 100;

/// A small generator of its own, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[test]
fn killed_at_random_moments_of_a_hundred_saves_it_ends_on_the_last_good_one() {
    let project = Project::sample();
    let mut random = Random(2026);
    let mut server = project.serve();
    let mut game = project.play();
    game.wait_for("says one");
    let text = project.read(PLAYER);
    for save in 0..SAVES {
        // Each text is another one, so that what the game says names the save that it comes from. The last is good.
        let is_good = save == SAVES - 1 || random.below(5) > 0;
        let word = if is_good { format!("\"save {save}\"") } else { format!("broken {save}(") };
        project.write(PLAYER, &text.replace("\"one\"", &word));
        if save == SAVES - 1 || random.below(4) == 0 {
            // The moment is the test's input, not a wait for something.
            let until = Instant::now() + Duration::from_millis(random.below(250));
            while Instant::now() < until {
                std::thread::yield_now();
            }
            server.kill();
            project.wait_until_only(&[game.pid()]);
            server = project.serve();
            if is_good {
                game.wait_for(&format!("says save {save} "));
            }
        }
    }
    assert!(server.is_alive() && game.is_alive());
}
