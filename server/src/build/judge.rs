//! What becomes of what a compiler made: a generation, something that waits for its save, or a failure.

use std::time::Instant;

use super::attempt::{Bench, Compiled, Made, cannot_write};
use super::captures::Captured;
use super::direct::Call;
use super::goods::{self, Good};
use super::inputs::{Inputs, Snapshot};
use super::job::{Order, Outcome, Progress, Purpose};
use super::prepared::{Prepared, can_be_told_again};
use super::stamp::Hash;
use super::workshop::{Room, Workshop, lock, micros_since};
use crate::project::Broken;

/// A compile that has ended, and what it has to be judged by.
pub(super) struct Judged {
    pub(super) compiled: Compiled,
    pub(super) call: Call,
    pub(super) captured: Captured,
    /// The inputs as they stood before.
    pub(super) before: Snapshot,
    pub(super) started: Instant,
}

impl Workshop {
    /// What becomes of what a compiler made.
    pub(super) fn judge(&self, bench: &mut Bench<'_>, room: &mut Room, judged: Judged) -> Outcome {
        let order = bench.order;
        let Judged { compiled, call, captured, before, started } = judged;
        room.pace.count();
        let micros = micros_since(started);
        let made = match compiled {
            Compiled::Made(made) => made,
            Compiled::Failed(diagnostics, inputs) => {
                self.keep_failure(order, &call, captured.1, diagnostics, inputs);
                return Outcome::Failed;
            }
            Compiled::Cancelled => return Outcome::Cancelled,
            Compiled::Broken(broken) => return Outcome::Broken(broken),
            Compiled::Odd(line) => {
                return Outcome::Broken(Broken::at_file(order.library.source.clone(), line));
            }
        };
        let after = made.inputs.snapshot(&order.overlay);
        if after.iter().any(|(path, identity)| before.get(path).is_some_and(|earlier| earlier != identity)) {
            return Outcome::Stale;
        }
        let staged = match goods::stage(&made, &call, &self.members) {
            Ok((staged, reason)) => {
                self.tell_reason(order, room, reason, bench.say);
                staged
            }
            Err(error) => return Outcome::Broken(cannot_write(&order.library, &self.folder, &error)),
        };
        let Made { inputs, diagnostics, .. } = *made;
        let digest = inputs.digest(&call.invocation, &order.overlay, &mut lock(&self.stamps));
        let api = self.api(&order.library, &call.invocation);
        let good = Good { capture: captured.1, inputs, digest, api, diagnostics, staged, micros };
        tracing::debug!(elapsed = ?started.elapsed(), "staged");
        if order.purpose != Purpose::Speculative {
            return self.publish(bench, good, false);
        }
        let prepared = Prepared {
            capture: good.capture.clone(),
            kind: order.kind,
            inputs: good.inputs.clone(),
            digest: good.digest.clone(),
            diagnostics: good.diagnostics.clone(),
            good: Some(good),
        };
        lock(&self.shelf).put(&order.library.name, prepared);
        Outcome::Ready { micros: micros_since(started) }
    }

    /// Says once why a library that could be an archive of objects is none.
    fn tell_reason(
        &self,
        order: &Order,
        room: &mut Room,
        reason: Option<String>,
        say: &mut (dyn FnMut(Progress) + Send),
    ) {
        if let Some(why) = reason.as_ref().filter(|_| reason != room.reason) {
            let name = &order.library.name;
            tracing::info!("`{name}` is built as a shared library: {why}");
            say(Progress::Stage(format!("{name}: a shared library, since {why}")));
        }
        room.reason = reason;
    }

    fn keep_failure(
        &self,
        order: &Order,
        call: &Call,
        capture: Hash,
        diagnostics: Vec<crate::diagnostics::Diagnostic>,
        inputs: Option<Inputs>,
    ) {
        if order.purpose == Purpose::Saved || !can_be_told_again(&diagnostics) {
            return;
        }
        let mut inputs = inputs.unwrap_or_else(|| self.inputs_known(order));
        inputs.files.extend(order.overlay.keys().cloned());
        let digest = inputs.digest(&call.invocation, &order.overlay, &mut lock(&self.stamps));
        let kind = order.kind;
        let prepared = Prepared { capture, kind, inputs, digest, diagnostics, good: None };
        lock(&self.shelf).put(&order.library.name, prepared);
    }
}
