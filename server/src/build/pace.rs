//! Which way of starting rustc ahead is the quickest for one library, by measurement.

/// How far a rustc that was started ahead has come when it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Not started.
    Cold,
    /// Started; it waits for its arguments.
    Arguments,
    /// It has read the file's head and the crates' metadata; it waits for the rest of the file.
    Head,
}

/// All of them.
pub(super) const DEPTHS: [Depth; 3] = [Depth::Cold, Depth::Arguments, Depth::Head];
/// How often each is measured.
const ROUNDS: usize = 3;
/// After so many builds it is measured again.
const BUILDS: u32 = 60;
/// A deeper way has to be better by so many hundredths: it holds more memory.
const MARGIN: u64 = 3;

/// What is known of one library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pace {
    measured: Option<Measured>,
    /// The rounds so far of a measurement: a build may come between any two.
    rounds: Vec<Vec<(Depth, u64)>>,
    builds: u32,
    /// The head's way has not gone as a plain compile would.
    odd: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Measured {
    lines: usize,
    best: Depth,
}

impl Pace {
    /// The way to take; before anything is measured one that costs little and can do no harm.
    pub(super) fn best(&self) -> Depth {
        match self.measured.as_ref().map_or(Depth::Arguments, |measured| measured.best) {
            Depth::Head if self.odd => Depth::Arguments,
            best => best,
        }
    }

    /// Whether it is time to measure, for a text of so many lines.
    pub(super) fn is_due(&self, lines: usize) -> bool {
        match &self.measured {
            None => self.builds > 0,
            Some(measured) => {
                let has_grown = lines * 2 > measured.lines * 3 || lines * 3 < measured.lines * 2;
                has_grown || self.builds >= BUILDS
            }
        }
    }

    /// One round's times, in microseconds, by depth; a depth that cannot be used has none.
    pub(super) fn learn(&mut self, lines: usize, round: Vec<(Depth, u64)>) {
        self.rounds.push(round);
        if self.rounds.len() < ROUNDS {
            return;
        }
        let rounds = std::mem::take(&mut self.rounds);
        let times =
            |depth| rounds.iter().flatten().filter(move |(of, _)| *of == depth).map(|(_, time)| *time);
        let medians = DEPTHS.iter().filter_map(|depth| Some((*depth, median(times(*depth).collect())?)));
        let best =
            medians.reduce(|best, other| if other.1 * 100 < best.1 * (100 - MARGIN) { other } else { best });
        self.measured = best.map(|(best, _)| Measured { lines, best });
        self.builds = 0;
        self.odd = false;
    }

    /// A build was made.
    pub(super) fn count(&mut self) {
        self.builds = self.builds.saturating_add(1);
    }

    /// The head's way cannot be taken before it is measured again.
    pub(super) fn was_odd(&mut self) {
        self.odd = true;
    }
}

fn median(mut times: Vec<u64>) -> Option<u64> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(cold: u64, arguments: u64, head: u64) -> Pace {
        let mut pace = Pace::default();
        for _ in 0..ROUNDS {
            let round = [(Depth::Cold, cold), (Depth::Arguments, arguments), (Depth::Head, head)];
            pace.learn(40, round.to_vec());
        }
        pace
    }

    #[test]
    fn the_quickest_way_is_taken_unless_a_lesser_one_is_about_as_quick() {
        assert_eq!(learned(100, 90, 80).best(), Depth::Head);
        assert_eq!(learned(100, 90, 89).best(), Depth::Arguments);
        assert_eq!(learned(100, 110, 99).best(), Depth::Cold);
        assert_eq!(Pace::default().best(), Depth::Arguments);
    }

    #[test]
    fn a_way_that_went_wrong_is_left_until_it_is_measured_again() {
        let mut pace = learned(100, 90, 80);
        pace.was_odd();
        assert_eq!(pace.best(), Depth::Arguments);
        (0..ROUNDS).for_each(|_| pace.learn(40, vec![(Depth::Cold, 9), (Depth::Head, 5)]));
        assert_eq!(pace.best(), Depth::Head);
    }

    #[test]
    fn it_is_measured_after_the_first_build_and_when_the_text_has_grown() {
        let mut pace = Pace::default();
        assert!(!pace.is_due(40));
        pace.count();
        assert!(pace.is_due(40));
        let pace = learned(100, 90, 80);
        assert!(!pace.is_due(50) && pace.is_due(70) && pace.is_due(20));
    }
}
