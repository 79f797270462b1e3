//! Script calls that do not return: seen from the background thread, at no cost for the calls.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::mode::crash::{self, Trace};
use crate::mode::{marks, os};

/// A call that lasts longer is told of where the server does not say how long one may last.
const USUAL_LIMIT: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A thread that did not run for so long itself says nothing of others: the process was stopped.
const STOPPED: Duration = Duration::from_secs(1);
const SAMPLES: u32 = 5;
const SAMPLE_EVERY: Duration = Duration::from_millis(20);

/// Whether some session watches: one is enough.
static IS_WATCHED: AtomicBool = AtomicBool::new(false);

/// A call that has lasted too long.
pub(crate) struct Hang {
    /// The function that was called, as far as is known.
    pub(crate) function: String,
    pub(crate) lasts: Duration,
    /// Where it was, a few times; at least one.
    pub(crate) samples: Vec<Trace>,
}

/// What a look has found.
pub(crate) enum Sight {
    /// Told once for each call.
    Hangs(Hang),
    /// A call of which that was told has ended.
    Returned { function: String, after: Duration },
}

/// Looks at every thread's calls now and then.
pub(crate) struct Watch {
    limit: Duration,
    last_look: Instant,
    /// What each thread did at the last look.
    seen: Vec<Seen>,
    is_watching: bool,
}

#[derive(Clone, Default)]
struct Seen {
    /// The thread, while it is inside a call.
    caller: Option<i32>,
    since: Option<Instant>,
    /// What was told of the call.
    told: Option<String>,
}

impl Watch {
    /// Watches for calls that outlast `limit`; zero: none is watched for.
    pub(crate) fn new(limit: Option<Duration>) -> Option<Self> {
        let limit = limit.unwrap_or(USUAL_LIMIT);
        let seen = vec![Seen::default(); marks::all().len()];
        (!limit.is_zero()).then(|| Self { limit, last_look: Instant::now(), seen, is_watching: false })
    }

    /// When [`Self::look`] should be called next.
    pub(crate) fn next_look(&self) -> Instant {
        self.last_look + LOOK_EVERY.min(self.limit)
    }

    /// Looks; takes a tenth of a second if a call hangs.
    pub(crate) fn look(&mut self) -> Vec<Sight> {
        let now = Instant::now();
        let was_stopped = now.duration_since(self.last_look) > STOPPED;
        self.last_look = now;
        self.is_watching = self.is_watching || !IS_WATCHED.swap(true, Ordering::AcqRel);
        if !self.is_watching {
            return Vec::new();
        }
        let mut sights = Vec::new();
        for (seen, mark) in self.seen.iter_mut().zip(marks::all()) {
            let (caller, is_same) = mark.thread().zip(mark.look()).unzip();
            if caller.is_none() && seen.caller.is_none() {
                continue;
            }
            if caller != seen.caller || is_same == Some(false) {
                if let (Some(function), Some(since)) = (seen.told.take(), seen.since) {
                    sights.push(Sight::Returned { function, after: now.duration_since(since) });
                }
                *seen = Seen { caller, since: Some(now), told: None };
            }
            if was_stopped {
                seen.since = Some(now);
            }
            let lasts = seen.since.map_or(Duration::ZERO, |since| now.duration_since(since));
            let Some(thread) = caller.filter(|_| lasts >= self.limit && seen.told.is_none()) else {
                continue;
            };
            if os::is_traced() {
                seen.since = Some(now);
            } else if let Some(hang) = hang(thread, lasts, || mark.is_seen()) {
                seen.told = Some(hang.function.clone());
                sights.push(Sight::Hangs(hang));
            }
        }
        sights
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.is_watching {
            IS_WATCHED.store(false, Ordering::Release);
        }
    }
}

/// Samples a call a few times; nothing if it returns meanwhile.
fn hang(thread: i32, lasts: Duration, still: impl Fn() -> bool) -> Option<Hang> {
    let mut samples: Vec<Trace> = Vec::new();
    for _ in 0..SAMPLES {
        samples.extend(crash::sample(thread));
        std::thread::sleep(SAMPLE_EVERY);
    }
    let target = samples.first()?.target;
    let function = target.map(|target| target.code.function(target.method));
    let function = function.unwrap_or_else(|| "a script's `Drop`".to_owned());
    still().then_some(Hang { function, lasts, samples })
}
