//! One instance of a script, and the exchange of its code.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use crate::mode::fault::Parts;
use crate::mode::layout::TypeLayout;
use crate::mode::mailbox::LoadedScript;
use crate::mode::marks::{Called, Depth, Number, Target};
use crate::mode::memory::{Value, Vtable};
use crate::mode::migrate::Moved;
use crate::mode::outbox::Outbox;
use crate::mode::registry::ENTRY_VERSION;
use crate::mode::tree::Saved;
use crate::mode::{crash, panics, report};
use crate::{Fault, FaultKind, Generation, Interface};

/// Which script of which generation some code is.
pub(crate) struct Script {
    /// The library whose generation this is.
    pub(crate) library: String,
    /// The package that the script is in: the library's, or one that it depends on.
    pub(crate) package: &'static str,
    pub(crate) generation: Number,
    pub(crate) name: &'static str,
    pub(crate) type_name: &'static str,
    /// The interface's.
    methods: &'static [&'static str],
}

/// One script in one generation. It stays for the process's life, as the library's code itself does: a call reads it
/// through one pointer.
pub(crate) struct Code<I: ?Sized + 'static> {
    script: &'static Script,
    pub(crate) vtable: &'static Vtable<I>,
    pub(crate) layout: TypeLayout,
    /// The interface's methods, and then the script's `Default`.
    functions: &'static [Function],
    /// The calls that were reported.
    reported: Cell<u64>,
    trial: Cell<Trial>,
}

/// A function, and how often it was called since the last report.
struct Function {
    calls: Cell<u64>,
    target: Target,
}

impl Function {
    #[inline]
    fn count(&self) {
        self.calls.set(self.calls.get() + 1);
    }
}

/// What a panic in a script's code would mean for its generation.
#[derive(Clone, Copy)]
enum Trial {
    /// No more than a panic: it is not on probation, or not any more.
    Over,
    /// In the first `calls` calls it takes the generation back to `before`.
    Runs { before: Generation, calls: u64 },
    /// It has done so: the next poll takes it back.
    Failed,
}

impl<I: ?Sized + Interface> Code<I> {
    /// A script of a generation as code for this interface. Fails if the two were built against different crates.
    pub(crate) fn new(
        script: LoadedScript,
        library: &str,
        generation: Generation,
    ) -> Result<&'static Self, String> {
        let entry = script.entry;
        let vtable =
            (entry.version == ENTRY_VERSION).then(|| entry.vtable.downcast_ref::<Vtable<I>>()).flatten();
        let vtable = vtable.ok_or_else(|| {
            format!("script `{}` was built against another `{}` than the engine's", entry.name, I::NAME)
        })?;
        let about = Box::leak(Box::new(Script {
            library: library.to_owned(),
            package: entry.library,
            generation: Number::new(generation),
            name: entry.name,
            type_name: entry.type_name,
            methods: I::METHODS,
        }));
        Ok(Box::leak(Box::new(Self {
            script: about,
            vtable,
            layout: script.layout,
            functions: about.functions(),
            reported: Cell::new(0),
            trial: Cell::new(Trial::Over),
        })))
    }
}

impl Script {
    fn functions(&'static self) -> &'static [Function] {
        let functions = (0..=self.methods.len())
            .map(|method| Function { calls: Cell::new(0), target: Target { code: self, method } });
        Vec::leak(functions.collect())
    }
}

impl Called for Script {
    fn library(&self) -> &str {
        &self.library
    }

    fn generation(&self) -> Generation {
        self.generation.get()
    }

    fn script(&self) -> &str {
        self.name
    }

    /// `Player::update`; an index that is no method's stands for the script's `Default`.
    fn function(&self, method: usize) -> String {
        format!("{}::{}", self.type_name, self.methods.get(method).copied().unwrap_or("default"))
    }
}

impl<I: ?Sized> Deref for Code<I> {
    type Target = Script;

    fn deref(&self) -> &Script {
        self.script
    }
}

impl<I: ?Sized> Code<I> {
    /// The calls since the last time, by function.
    pub(crate) fn take_calls(&self) -> BTreeMap<String, u64> {
        self.reported.set(self.reported.get() + self.unreported());
        let counted = self.functions.iter().enumerate().filter(|(_, function)| function.calls.get() > 0);
        counted.map(|(method, function)| (self.function(method), function.calls.take())).collect()
    }

    fn unreported(&self) -> u64 {
        self.functions.iter().map(|function| function.calls.get()).sum()
    }

    /// Makes a value from the script's `Default`.
    pub(crate) fn make(&self, outbox: &Outbox) -> Result<Value<I>, Fault> {
        self.catch(|| Value::new(self.vtable)).map_err(|panic| self.fault(usize::MAX, panic, outbox))
    }

    /// Runs what makes state for this code or takes it apart: a crash in there is this generation's.
    pub(crate) fn catch<R>(&self, code: impl FnOnce() -> R) -> Result<R, panics::Panic> {
        let default = self.functions.last().map(|default| &default.target);
        panics::catch_in(&panics::depth(), default, code)
    }

    /// From now on a panic in the first `calls` calls takes the generation back to `before`.
    pub(crate) fn begin_probation(&self, before: Generation, calls: u64) {
        self.trial.set(Trial::Runs { before, calls });
    }

    /// A panic has no such consequence any more.
    pub(crate) fn end_probation(&self) {
        self.trial.set(Trial::Over);
    }

    /// Whether nothing is left of its probation, and it went well.
    pub(crate) fn is_proven(&self) -> bool {
        !matches!(self.trial.get(), Trial::Failed) && self.way_back().is_none()
    }

    /// What a panic now would take this generation back to.
    pub(crate) fn way_back(&self) -> Option<Generation> {
        match self.trial.get() {
            Trial::Runs { before, calls } if self.reported.get() + self.unreported() <= calls => Some(before),
            _ => None,
        }
    }

    /// It has panicked; gives what that takes it back to, once.
    fn fail(&self, method: usize, message: &str, outbox: &Outbox) -> Option<Generation> {
        let before = self.way_back()?;
        self.trial.set(Trial::Failed);
        let reason = format!("`{}` panicked in its first calls: {message}", self.function(method));
        outbox.failed(self.library.clone(), self.generation.get(), reason);
        Some(before)
    }

    #[cold]
    fn fault(&self, method: usize, panic: panics::Panic, outbox: &Outbox) -> Fault {
        outbox.fault(Parts {
            restored: self.fail(method, &panic.message, outbox),
            kind: FaultKind::Panic,
            library: self.library.clone(),
            generation: self.generation.get(),
            script: self.name.to_owned(),
            function: self.function(method),
            message: panic.message,
            place: panic.place,
        })
    }
}

/// One instance's state and the code that it runs.
pub(crate) struct Slot<I: ?Sized + 'static> {
    code: Cell<&'static Code<I>>,
    /// The code's, read at every call.
    functions: Cell<&'static [Function]>,
    /// `value`'s pointer, read at every call.
    script: Cell<*mut I>,
    /// The thread's mark of script calls, read and written at every call: a thread-local in a shared library is
    /// found by a function call each time.
    depth: Depth,
    has_retired: Cell<bool>,
    value: RefCell<Value<I>>,
    /// State that was started anew. A result of an earlier call may borrow from it, so it stays until the instance
    /// is borrowed mutably or ends.
    retired: RefCell<Vec<Value<I>>>,
    /// While the code is on probation: the state that the code before it left, in that code's layout.
    earlier: RefCell<Option<(&'static Code<I>, Value<I>)>>,
    outbox: Rc<Outbox>,
}

impl<I: ?Sized> Slot<I> {
    /// An instance of `code` from its default. The script's `Default` runs.
    pub(crate) fn new(code: &'static Code<I>, outbox: &Rc<Outbox>) -> Result<Rc<Self>, Fault> {
        Ok(Self::with(code, code.make(outbox)?, outbox))
    }

    /// An instance of `code` with a value that it made.
    pub(crate) fn with(code: &'static Code<I>, value: Value<I>, outbox: &Rc<Outbox>) -> Rc<Self> {
        Rc::new(Self {
            code: Cell::new(code),
            functions: Cell::new(code.functions),
            script: Cell::new(value.pointer()),
            depth: panics::depth(),
            has_retired: Cell::new(false),
            value: RefCell::new(value),
            retired: RefCell::default(),
            earlier: RefCell::new(None),
            outbox: Rc::clone(outbox),
        })
    }

    /// The state without its type. No call of the script may run.
    pub(crate) fn take_apart(&self, for_file: bool) -> Moved<Saved> {
        self.value.borrow().take_apart(for_file)
    }

    /// The code that runs.
    pub(crate) fn code(&self) -> &'static Code<I> {
        self.code.get()
    }

    /// Goes on with the same bytes and another generation's code. Does nothing if the layouts differ; whether they
    /// do not.
    pub(crate) fn keep(&self, code: &'static Code<I>) -> bool {
        if self.code.get().layout.difference(&code.layout).is_some() {
            return false;
        }
        let mut value = self.value.borrow_mut();
        // SAFETY: the layouts are equal, field by field.
        unsafe { value.adopt(code.vtable) };
        self.script.set(value.pointer());
        self.functions.set(code.functions);
        self.code.set(code);
        drop(value);
        self.forget_earlier();
        true
    }

    /// Goes on with a new value and its code. `keep_old`: the old one may be wanted back.
    pub(crate) fn replace(&self, code: &'static Code<I>, value: Value<I>, keep_old: bool) {
        self.script.set(value.pointer());
        let old = self.value.replace(value);
        self.functions.set(code.functions);
        let old_code = self.code.replace(code);
        self.forget_earlier();
        if keep_old {
            *self.earlier.borrow_mut() = Some((old_code, old));
        } else {
            self.retire(old);
        }
    }

    /// Goes on with the code before and the state that it left. Whether that is possible.
    pub(crate) fn go_back(&self, code: &'static Code<I>) -> bool {
        let is_its = |earlier: &Code<I>| earlier.layout.difference(&code.layout).is_none();
        let earlier = self.earlier.borrow_mut().take_if(|(earlier, _)| is_its(earlier));
        if let Some((_, mut value)) = earlier {
            // SAFETY: the layouts are equal, field by field.
            unsafe { value.adopt(code.vtable) };
            self.replace(code, value, false);
            return true;
        }
        self.keep(code)
    }

    /// The state that the code before left is not wanted back.
    pub(crate) fn forget_earlier(&self) {
        if let Some((_, value)) = self.earlier.take() {
            self.retire(value);
        }
    }

    fn retire(&self, value: Value<I>) {
        self.retired.borrow_mut().push(value);
        self.has_retired.set(true);
    }

    #[inline]
    fn run<R>(&self, method: usize, call: impl FnOnce() -> R) -> Result<R, Fault> {
        match self.functions.get().get(method) {
            Some(function) if !self.depth.recovers() => {
                function.count();
                panics::catch_in(&self.depth, Some(&function.target), call)
                    .map_err(|panic| self.fault(method, panic))
            }
            function => self.run_recovering(Guarded { function, method, call }),
        }
    }

    /// A swap cannot come while a call runs: the code is the one that was called.
    #[cold]
    fn fault(&self, method: usize, panic: panics::Panic) -> Fault {
        self.code().fault(method, panic, &self.outbox)
    }

    /// The same for an engine that wants to go on after crashes.
    #[cold]
    fn run_recovering<R, C: FnOnce() -> R>(&self, guarded: Guarded<C>) -> Result<R, Fault> {
        let Guarded { function, method, call } = guarded;
        let target = function.map(|function| {
            function.count();
            &function.target
        });
        let run = || panics::catch_in(&self.depth, target, call);
        let result = if self.depth.recovers() {
            // SAFETY: the engine called `recover_from_crashes`, whose contract this is.
            unsafe { crash::recovering(&self.depth, run) }
        } else {
            Ok(run())
        };
        match result {
            Ok(result) => result.map_err(|panic| self.fault(method, panic)),
            Err(crash) => Err(report::recovered(&crash, target, &self.outbox)),
        }
    }

    /// Ends values that nothing can borrow from any more.
    #[inline]
    fn drop_retired(&self) {
        if self.has_retired.get() {
            self.drop_retired_now();
        }
    }

    #[cold]
    fn drop_retired_now(&self) {
        self.has_retired.set(false);
        drop(self.retired.take());
    }
}

/// A call for an engine that wants to go on after crashes. Its arguments are copied here, so that those of other
/// calls need not be in memory.
struct Guarded<C> {
    function: Option<&'static Function>,
    method: usize,
    call: C,
}

/// What an instance calls its script through.
pub struct Handle<I: ?Sized + 'static> {
    slot: Rc<Slot<I>>,
}

impl<I: ?Sized> fmt::Debug for Handle<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.slot.code();
        f.debug_struct("Handle")
            .field("script", &code.name)
            .field("generation", &code.generation.get())
            .finish()
    }
}

impl<I: ?Sized> Handle<I> {
    pub(crate) fn new(slot: Rc<Slot<I>>) -> Self {
        Self { slot }
    }

    /// Calls a method that changes the script.
    #[inline]
    pub fn call_mut<'a, R>(
        &'a mut self,
        index: usize,
        method: impl FnOnce(&'a mut I) -> R,
    ) -> Result<R, Fault> {
        self.slot.drop_retired();
        let script = self.slot.script.get();
        // SAFETY: the slot's value lives as long as this handle: `replace` keeps the old one until the handle is
        // borrowed mutably again. No other reference to it exists, since all are made here and in `call`, from
        // borrows of the only handle of the slot.
        let script = unsafe { &mut *script };
        self.slot.run(index, || method(script))
    }

    /// Calls a method that reads the script.
    #[inline]
    pub fn call<'a, R>(&'a self, index: usize, method: impl FnOnce(&'a I) -> R) -> Result<R, Fault> {
        let script = self.slot.script.get();
        // SAFETY: as in `call_mut`; other references are shared ones, since this handle is borrowed as shared.
        let script = unsafe { &*script };
        self.slot.run(index, || method(script))
    }
}
