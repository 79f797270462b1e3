//! When typing has paused: events in, a deadline out; whoever runs the clock sleeps.

use std::time::{Duration, Instant};

/// So long without an edit is a pause. The hub waits longer before it builds; this keeps a burst of edits together.
const QUIET: Duration = Duration::from_millis(10);
/// Who types on without a pause is not waited for longer than this.
const LONGEST: Duration = Duration::from_millis(400);

/// Edits that have not been told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pause {
    edits: Option<Edits>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edits {
    first: Instant,
    last: Instant,
}

impl Pause {
    /// There was an edit.
    pub(super) fn edited(&mut self, now: Instant) {
        let first = self.edits.map_or(now, |edits| edits.first);
        self.edits = Some(Edits { first, last: now });
    }

    /// When the edits are to be told, if there are any.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.edits.map(|edits| (edits.last + QUIET).min(edits.first + LONGEST))
    }

    /// Whether edits are to be told now; then they count as told.
    pub(super) fn is_over(&mut self, now: Instant) -> bool {
        let is_over = self.deadline().is_some_and(|deadline| deadline <= now);
        if is_over {
            self.edits = None;
        }
        is_over
    }

    /// Whether there were edits that have not been told; then they count as told.
    pub(super) fn end(&mut self) -> bool {
        self.edits.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_edit_moves_the_deadline_up_to_the_longest_wait() {
        let start = Instant::now();
        let mut pause = Pause::default();
        assert_eq!(pause.deadline(), None);
        pause.edited(start);
        assert_eq!(pause.deadline(), Some(start + QUIET));
        pause.edited(start + QUIET / 2);
        assert_eq!(pause.deadline(), Some(start + QUIET / 2 + QUIET));
        pause.edited(start + LONGEST);
        assert_eq!(pause.deadline(), Some(start + LONGEST));
    }

    #[test]
    fn edits_are_told_once() {
        let start = Instant::now();
        let mut pause = Pause::default();
        pause.edited(start);
        assert!(!pause.is_over(start));
        assert!(pause.is_over(start + QUIET));
        assert!(!pause.is_over(start + QUIET * 2));
        assert!(!pause.end());
    }
}
