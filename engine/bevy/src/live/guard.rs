//! A system of a script, run as a call of that script: what happens in it is told as the script's, and a panic ends in
//! it.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bevy::ecs::change_detection::{CheckChangeTicks, Tick};
use bevy::ecs::error::ErrorContext;
use bevy::ecs::query::FilteredAccessSet;
use bevy::ecs::schedule::{ConditionWithAccess, InternedSystemSet};
use bevy::ecs::system::{ReadOnlySystem, RunSystemError, System, SystemStateFlags};
use bevy::ecs::world::DeferredWorld;
use bevy::ecs::world::unsafe_world_cell::UnsafeWorldCell;
use bevy::prelude::World;
use bevy::utils::prelude::DebugName;
use liveline::Fault;

use crate::Host;

/// Which script a system is of, for as long as the script is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ScriptId(pub(super) u64);

/// Runs what is a script's.
trait Runner {
    fn run(&self, job: &mut dyn FnMut()) -> Option<Fault>;
}

/// An instance of a script.
pub(super) struct Hosted<I: ?Sized + Host>(RefCell<I::Instance>);

impl<I: ?Sized + Host> Runner for Hosted<I> {
    fn run(&self, job: &mut dyn FnMut()) -> Option<Fault> {
        match self.0.try_borrow_mut() {
            Ok(mut instance) => I::run(&mut instance, job).err(),
            // Inside of a call of the same script, which is the one that ends.
            Err(_) => {
                job();
                None
            }
        }
    }
}

impl<I: ?Sized + Host> Hosted<I> {
    /// The script's instance, to be asked for its systems.
    pub(super) fn with<R>(&self, ask: impl FnOnce(&mut I::Instance) -> R) -> R {
        ask(&mut self.0.borrow_mut())
    }
}

thread_local! {
    /// The scripts that were attached to on this thread: they stay on it, and systems may not.
    static RUNNERS: RefCell<HashMap<ScriptId, Rc<dyn Runner>>> = RefCell::default();
    /// Which systems ended in a fault since the last look, by the fault's place.
    static FAULTED: RefCell<Vec<(Fault, String)>> = const { RefCell::new(Vec::new()) };
}

/// Has systems of this script found.
pub(super) fn host<I: ?Sized + Host>(id: ScriptId, instance: I::Instance) -> Rc<Hosted<I>> {
    let hosted = Rc::new(Hosted::<I>(RefCell::new(instance)));
    RUNNERS.with_borrow_mut(|runners| runners.insert(id, Rc::<Hosted<I>>::clone(&hosted)));
    hosted
}

/// The script is gone.
pub(super) fn unhost(id: ScriptId) {
    // A thread that ends has forgotten it already.
    let _ = RUNNERS.try_with(|runners| runners.borrow_mut().remove(&id));
}

/// The systems that have faulted.
pub(super) fn take_faulted() -> Vec<(Fault, String)> {
    FAULTED.take()
}

/// Runs `job` as a call of the script; whether it went well.
fn call(script: ScriptId, name: &DebugName, job: &mut dyn FnMut()) -> bool {
    let runner = RUNNERS.with_borrow(|runners| runners.get(&script).cloned());
    let Some(runner) = runner else {
        job();
        return true;
    };
    match runner.run(job) {
        None => true,
        Some(fault) => {
            let system = name.shortname().to_string();
            FAULTED.with_borrow_mut(|faulted| {
                // One that faults in every frame is one.
                if !faulted
                    .iter()
                    .any(|(other, name)| *name == system && other.location() == fault.location())
                {
                    faulted.push((fault, system));
                }
            });
            false
        }
    }
}

/// A system, which goes from one schedule to the next while its script has not changed.
pub(super) struct Inner<S> {
    system: S,
    /// What it needs of the world, once it has asked.
    access: Option<FilteredAccessSet>,
    /// It could not be made ready.
    broken: bool,
}

/// One that schedules share.
pub(super) type Shared<S> = Arc<Mutex<Inner<S>>>;

/// A script's system in a schedule.
pub(super) struct Guarded<S> {
    script: ScriptId,
    name: DebugName,
    inner: Shared<S>,
    /// When the system that it takes the place of ran last.
    last_run: Option<Tick>,
    /// It has had its only run.
    is_over: bool,
}

/// Of a system that no schedule has had.
pub(super) fn shared<S>(system: S) -> Shared<S> {
    Arc::new(Mutex::new(Inner { system, access: None, broken: false }))
}

/// When a system ran last.
pub(super) fn last_run<S: System>(shared: &Shared<S>) -> Tick {
    lock(shared).system.get_last_run()
}

fn lock<S>(shared: &Shared<S>) -> MutexGuard<'_, Inner<S>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: System> Guarded<S> {
    /// `last_run`: of the system that it takes the place of.
    pub(super) fn new(script: ScriptId, inner: Shared<S>, last_run: Option<Tick>, is_over: bool) -> Self {
        let name = lock(&inner).system.name();
        Self { script, name, inner, last_run, is_over }
    }
}

impl<S: System<In = (), Out: Default>> System for Guarded<S> {
    type In = ();
    type Out = S::Out;

    fn name(&self) -> DebugName {
        self.name.clone()
    }

    fn system_type(&self) -> TypeId {
        lock(&self.inner).system.system_type()
    }

    fn flags(&self) -> SystemStateFlags {
        lock(&self.inner).system.flags()
    }

    #[expect(unsafe_code, reason = "the caller's promises are those that the system inside wants")]
    unsafe fn run_unsafe(&mut self, (): (), world: UnsafeWorldCell<'_>) -> Result<S::Out, RunSystemError> {
        let mut inner = lock(&self.inner);
        let mut outcome = Ok(S::Out::default());
        if self.is_over || inner.broken {
            return outcome;
        }
        call(self.script, &self.name, &mut || {
            // SAFETY: this function's caller promises it, for this very system.
            let result = unsafe { inner.system.run_unsafe((), world) };
            let Err(RunSystemError::Failed(error)) = result else {
                outcome = result;
                return;
            };
            // SAFETY: nothing else reads or writes it while scripts' systems run, one after the other.
            let handler = unsafe { world.fallback_error_handler() };
            let context =
                ErrorContext::System { name: self.name.clone(), last_run: inner.system.get_last_run() };
            // It panics unless the app says otherwise, and that panic is the script's too.
            handler(error, context);
        });
        outcome
    }

    fn apply_deferred(&mut self, world: &mut World) {
        let mut inner = lock(&self.inner);
        call(self.script, &self.name, &mut || inner.system.apply_deferred(world));
    }

    fn queue_deferred(&mut self, world: DeferredWorld<'_>) {
        lock(&self.inner).system.queue_deferred(world);
    }

    fn initialize(&mut self, world: &mut World) -> FilteredAccessSet {
        let mut inner = lock(&self.inner);
        if inner.access.is_none() {
            let mut access = FilteredAccessSet::new();
            let is_ready = call(self.script, &self.name, &mut || access = inner.system.initialize(world));
            inner.broken = !is_ready;
            inner.access = Some(access);
            if let Some(last_run) = self.last_run {
                inner.system.set_last_run(last_run);
            }
        }
        inner.access.clone().unwrap_or_default()
    }

    fn check_change_tick(&mut self, check: CheckChangeTicks) {
        lock(&self.inner).system.check_change_tick(check);
    }

    fn default_system_sets(&self) -> Vec<InternedSystemSet> {
        lock(&self.inner).system.default_system_sets()
    }

    fn get_last_run(&self) -> Tick {
        lock(&self.inner).system.get_last_run()
    }

    fn set_last_run(&mut self, last_run: Tick) {
        lock(&self.inner).system.set_last_run(last_run);
    }
}

#[expect(unsafe_code, reason = "a condition only reads")]
// SAFETY: what is inside was a `ReadOnlySystem` before Bevy put it there.
unsafe impl ReadOnlySystem for Guarded<ConditionWithAccess> {}
