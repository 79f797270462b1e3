//! What is done in the background so that the next build is sooner.

use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, TryLockError};
use std::time::Duration;

use super::artifact;
use super::attempt::{Bench, Compiled};
use super::compile::Cancel;
use super::direct::Call;
use super::job::{Order, Purpose};
use super::pace::Depth;
use super::spares;
use super::workshop::{Room, Workshop, lock};
use crate::os;
use liveline_protocol::engine::Trigger;

/// How often a preparation looks whether it is its turn.
const LOOK: Duration = Duration::from_millis(3);
/// How far background work steps back for builds.
pub(super) const POLITE: i32 = 10;

impl Workshop {
    /// What is done in the background after a build, or when a file of the library is opened, so that the next
    /// build is sooner. The next build of the library ends it.
    pub fn prepare(&self, order: &Order) {
        let name = &order.library.name;
        let cancel = Cancel::default();
        lock(&self.preparing).push((name.clone(), cancel.clone()));
        if let Some(_turn) = self.take_turn(order, &cancel)
            && self.wait_until_idle(&cancel)
        {
            self.prepare_next(order, &cancel);
        }
        let newest = lock(&self.records).generation(name);
        artifact::prune(&self.artifacts(), name, newest);
        self.prune_links(name);
        lock(&self.preparing).retain(|(_, other)| !other.is(&cancel));
    }

    /// One prepares at a time: an editor that opens two hundred files at once must not start as many compilers. `None`
    /// if what is prepared would be gone before anyone used it.
    fn take_turn(&self, order: &Order, cancel: &Cancel) -> Option<MutexGuard<'_, ()>> {
        let own = self.preparations.fetch_add(1, Ordering::Relaxed);
        // The caches of a library that has just been found are to be filled in any case.
        let is_late = || {
            order.trigger != Trigger::Initial
                && self.preparations.load(Ordering::Relaxed) > own + spares::MOST
        };
        while !cancel.is_asked() && !is_late() {
            match self.turn.try_lock() {
                Ok(turn) => return Some(turn),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK),
            }
        }
        None
    }

    fn prepare_next(&self, order: &Order, cancel: &Cancel) {
        let room = self.room(&order.library.name);
        let mut room = lock(&room);
        if cancel.is_asked() {
            return;
        }
        let Some(call) = self.valid_capture(order).and_then(|captured| self.call(order, &captured).ok())
        else {
            return;
        };
        self.warm(order, &mut room, &call, cancel);
        // At the start all libraries are built, and nobody has touched any of them yet.
        if order.trigger == Trigger::Initial {
            return;
        }
        if order.purpose == Purpose::Saved {
            self.measure(order, &mut room, &call, cancel);
        }
        // One that has the file's place would have to go for the twin.
        let in_place = self.depth(&room) == Depth::Head;
        if !in_place && !cancel.is_asked() {
            self.start_spare(order, &mut room, &call);
        }
        self.build_twin(order, &mut room, &call, cancel);
        if in_place && !cancel.is_asked() {
            self.start_spare(order, &mut room, &call);
        }
    }

    /// Fills the incremental cache of a library that has been built by cargo only, so that its first save need not.
    /// What comes out is thrown away.
    fn warm(&self, order: &Order, room: &mut Room, call: &Call, cancel: &Cancel) {
        if call.has_cache() {
            return;
        }
        let order = Order { overlay: Default::default(), ..order.clone() };
        let (folder, program) = (&self.folder, &self.program);
        let mut bench = Bench { order: &order, folder, program, cancel, say: &mut |_| {} };
        let compiled = self.compile(&mut bench, room, &Call { niceness: POLITE, ..call.clone() });
        if !matches!(compiled, Compiled::Made(_)) {
            tracing::info!(library = order.library.name, "warming was not finished");
        }
    }

    /// Gives what builds needed back to the system, if none runs.
    pub fn rest(&self) {
        if self.busy.load(Ordering::Relaxed) == 0 {
            os::return_memory();
        }
    }

    /// Ends what only prepares: for one library, or for all, and then for ever.
    pub fn stop_warming(&self, library: Option<&str>) {
        let preparing = lock(&self.preparing);
        let ended = preparing.iter().filter(|(name, _)| library.is_none_or(|library| library == *name));
        ended.for_each(|(_, cancel)| cancel.cancel());
        drop(preparing);
        if library.is_none() {
            self.spares.close();
        }
    }
}
