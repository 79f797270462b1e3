//! Starting the next compile before there is anything to compile.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::attempt::{Bench, Compiled};
use super::compile::Cancel;
use super::direct::{self, Call};
use super::job::{Order, Progress};
use super::pace::{DEPTHS, Depth};
use super::spares::{Fit, Spare, wrapper_of};
use super::workshop::{Room, Workshop, lock, micros_since};
use super::wrapper::Split;
use crate::os::{self, Group};

/// How long background work waits for builds to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Counts a build while it runs; compilers of other libraries that are still starting stand still as long.
pub(super) struct Busy<'a> {
    builds: &'a AtomicUsize,
    stopped: Vec<Group>,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.builds.fetch_sub(1, Ordering::Relaxed);
        self.stopped.iter().for_each(|group| group.go_on());
    }
}

impl Workshop {
    /// Takes one way of starting ahead only, for comparisons; `None`: the quickest.
    pub fn warm_only(&self, depth: Option<Depth>) {
        *lock(&self.only) = depth;
    }

    /// Waits until the compiler that was started for a library's next build waits; whether there is one.
    pub fn wait_until_warm(&self, library: &str) -> bool {
        self.spares.wait_for(library)
    }

    /// A build begins.
    pub(super) fn give_way(&self, library: &str) -> Busy<'_> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        let stopped = self.spares.others(library);
        stopped.iter().for_each(|group| group.stop());
        Busy { builds: &self.busy, stopped }
    }

    /// Waits until no build runs; whether that came before `cancel`.
    pub(super) fn wait_until_idle(&self, cancel: &Cancel) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while self.busy.load(Ordering::Relaxed) > 0 {
            if cancel.is_asked() || Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(3));
        }
        !cancel.is_asked()
    }

    /// Compiles by a compiler that was started ahead; `None` if it does not fit or did not do.
    pub(super) fn compile_warm(
        &self,
        bench: &mut Bench<'_>,
        room: &mut Room,
        call: &Call,
        spare: Spare,
    ) -> Option<Compiled> {
        let order = bench.order;
        let text = text(order);
        let split = text.as_deref().and_then(Split::of).filter(|_| spare.depth() == Depth::Head);
        let fit = Fit::of(call.identity.clone(), split.as_ref(), &call.invocation.crate_names());
        let depth = spare.depth();
        if !spare.fits(&fit) || (depth == Depth::Head && split.is_none()) {
            tracing::debug!(
                library = order.library.name,
                ?depth,
                "a compiler that was started ahead does not fit"
            );
            spare.discard();
            return None;
        }
        tracing::debug!(library = order.library.name, ?depth, "a compiler was started ahead");
        let word = if depth == Depth::Head { "begun" } else { "started" };
        (bench.say)(Progress::Stage(format!("rustc {}, {word} ahead", order.library.name)));
        let source = &order.library.source;
        let left_alone = match depth {
            Depth::Head => vec![source.clone(), wrapper_of(source)],
            _ => Vec::new(),
        };
        let refreshed = self.refresh(order, room, &left_alone);
        let fed = match (&refreshed, split) {
            (Ok(()), Some(split)) => Some(split.fed().into_bytes()),
            (Ok(()), None) => spare.arguments(call, &room.shadow),
            (Err(_), _) => None,
        };
        let Some(fed) = fed else {
            spare.discard();
            return None;
        };
        let rustc = match spare.feed(&fed, call, bench.cancel) {
            Ok(rustc) => rustc,
            Err(error) => {
                tracing::debug!(%error, library = order.library.name, "a compiler that was started ahead is lost");
                return None;
            }
        };
        let compiled = match depth {
            Depth::Head => direct::hear_wrapped(bench, call, &room.shadow, rustc),
            _ => direct::hear(bench, call, &room.shadow, rustc),
        };
        match compiled {
            Compiled::Odd(line) => {
                tracing::debug!(library = order.library.name, "compiled anew without its wrapper: {line}");
                room.pace.was_odd();
                None
            }
            compiled => Some(compiled),
        }
    }

    /// How far ahead the next compiler is to be started.
    pub(super) fn depth(&self, room: &Room) -> Depth {
        lock(&self.only).unwrap_or_else(|| room.pace.best())
    }

    /// Starts a compiler for the next build.
    pub(super) fn start_spare(&self, order: &Order, room: &mut Room, call: &Call) {
        let depth = self.depth(room);
        match self.spare(order, room, call, depth) {
            Ok(Some(spare)) => self.spares.put(spare),
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "no compiler is started ahead"),
        }
    }

    /// A compiler that waits at this depth, or, where the text does not allow that, at a lesser one; none if there
    /// is one already or there is to be none.
    fn spare(&self, order: &Order, room: &mut Room, call: &Call, depth: Depth) -> io::Result<Option<Spare>> {
        let name = &order.library.name;
        let text = text(order);
        let split = text.as_deref().and_then(Split::of).filter(|_| depth == Depth::Head);
        let fit = Fit::of(call.identity.clone(), split.as_ref(), &call.invocation.crate_names());
        let depth = if depth == Depth::Head && split.is_none() { Depth::Arguments } else { depth };
        if depth == Depth::Cold || !self.spares.is_open() || self.spares.has(name, depth, &fit) {
            return Ok(None);
        }
        if let Some(other) = self.spares.take(name) {
            other.discard();
        }
        let Some(split) = split else { return Spare::for_arguments(name, call, fit).map(Some) };
        let crates: Vec<&str> = fit.crates.iter().map(String::as_str).collect();
        let source = &order.library.source;
        let wrapper: Arc<str> = split.wrapper(&crates, &room.shadow.at(source)).into();
        let overlay = [(wrapper_of(source), wrapper)].into();
        self.refresh(&Order { overlay, ..order.clone() }, room, std::slice::from_ref(source))?;
        room.shadow.clear(source)?;
        Spare::for_text(name, call, fit, &room.shadow).map(Some)
    }

    /// Takes a step to find out which way of starting ahead is the quickest, if it is time to. What it builds is
    /// thrown away.
    pub(super) fn measure(&self, order: &Order, room: &mut Room, call: &Call, cancel: &Cancel) {
        let Some(text) = text(order) else { return };
        let lines = text.lines().count();
        if lock(&self.only).is_some() || !room.pace.is_due(lines) {
            return;
        }
        let can_wrap = Split::of(&text).is_some();
        // The two incremental caches must know this text equally well: a compile that finds its own text there is quicker.
        let other = if self.depth(room) == Depth::Head { Depth::Arguments } else { Depth::Head };
        if can_wrap && self.wait_until_idle(cancel) {
            let _ = self.time(order, room, call, (other, cancel));
        }
        let mut round = Vec::new();
        for depth in DEPTHS.into_iter().filter(|depth| can_wrap || *depth != Depth::Head) {
            // Whatever else runs would be measured with it.
            if !self.wait_until_idle(cancel) {
                return;
            }
            match self.time(order, room, call, (depth, cancel)) {
                Some(time) => round.push((depth, time)),
                // What does not build, or not this way, cannot be compared.
                None if depth == Depth::Head && !cancel.is_asked() => {}
                None => return,
            }
        }
        tracing::debug!(library = order.library.name, ?round, "measured");
        room.pace.learn(lines, round);
    }

    /// The time of one build, in microseconds.
    fn time(
        &self,
        order: &Order,
        room: &mut Room,
        call: &Call,
        (depth, cancel): (Depth, &Cancel),
    ) -> Option<u64> {
        let (folder, program) = (&self.folder, &self.program);
        let mut bench = Bench { order, folder, program, cancel, say: &mut |_| {} };
        if let Some(spare) = self.spares.take(&order.library.name) {
            spare.discard();
        }
        let spare = self.spare(order, room, call, depth).ok()?;
        if let Some(spare) = &spare {
            spare.wait(cancel);
        }
        let started = Instant::now();
        let compiled = match spare {
            Some(spare) => self.compile_warm(&mut bench, room, call, spare)?,
            None => self.compile_plain(&mut bench, room, call),
        };
        matches!(compiled, Compiled::Made(_)).then(|| micros_since(started))
    }
}

/// The text of a library's root file as an order has it.
fn text(order: &Order) -> Option<Arc<str>> {
    let source: &PathBuf = &order.library.source;
    let saved = || String::from_utf8(os::read_file(source).ok()?).ok().map(Arc::from);
    order.overlay.get(source).cloned().or_else(saved)
}
