//! A server that is killed at random moments: nothing is left of it, and the next one ends on the last good save.

use std::time::{Duration, Instant};

use liveline_tests::{PLAYER, Project, Random};

const SAVES: u64 = 100;

#[test]
fn killed_at_random_moments_of_a_hundred_saves_it_ends_on_the_last_good_one() {
    let project = Project::sample();
    let mut random = Random::new(2026);
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
