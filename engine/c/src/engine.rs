//! An attached engine: its functions, the slots that show them, and what C still reads.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use live::Event;
use live::plain::{self, Binding, Call, Functions};

use crate::held::{HeldEvent, HeldFault};
use crate::types::{Kind, Refusal, liveline_event, liveline_fault};

/// A slot by its address, which is C's.
pub(crate) type SlotAddress = usize;

/// One engine. Nothing is borrowed while a script runs, for it may call back.
pub(crate) struct Engine {
    functions: RefCell<Functions>,
    slots: RefCell<BTreeMap<SlotAddress, Binding>>,
    events: RefCell<VecDeque<Event>>,
    event: RefCell<HeldEvent>,
    fault: RefCell<Option<HeldFault>>,
    /// Whether slots may differ from what they show.
    stale: Cell<bool>,
}

impl Engine {
    /// Looks for a server of the workspace around `folder`, or around the executable.
    pub(crate) fn attach(folder: Option<PathBuf>) -> Self {
        let executable = || std::env::current_exe().ok().and_then(|path| path.parent().map(PathBuf::from));
        let folder = folder.or_else(executable).unwrap_or_default();
        Self {
            functions: RefCell::new(plain::attach(&folder)),
            slots: RefCell::default(),
            events: RefCell::default(),
            event: RefCell::default(),
            fault: RefCell::default(),
            stale: Cell::new(false),
        }
    }

    /// Fails inside of a script's call.
    pub(crate) fn check_outside(&self) -> Result<(), Refusal> {
        if self.functions.borrow().in_script() {
            let sentence = "a script is being called: wait until the call has returned";
            return Err(Refusal::new(Kind::InScript, sentence));
        }
        Ok(())
    }

    /// Swaps in what has come. Gives what to write into which slots, if anything has changed.
    pub(crate) fn poll(&self) -> Result<Vec<(SlotAddress, usize)>, Refusal> {
        self.check_outside()?;
        self.functions.borrow_mut().poll();
        self.collect_events();
        if !self.stale.take() {
            return Ok(Vec::new());
        }
        let functions = self.functions.borrow();
        let slots = self.slots.borrow();
        Ok(slots
            .iter()
            .map(|(slot, binding)| (*slot, functions.address(*binding).expose_provenance()))
            .collect())
    }

    fn collect_events(&self) {
        let new = self.functions.borrow_mut().take_events();
        if new.iter().any(|event| matches!(event, Event::Reloaded(_))) {
            self.stale.set(true);
        }
        let mut events = self.events.borrow_mut();
        events.extend(new);
        let surplus = events.len().saturating_sub(256);
        events.drain(..surplus);
    }

    /// Binds a slot; gives what to write into it.
    pub(crate) fn bind(&self, library: &str, name: &str, slot: SlotAddress) -> Result<usize, Refusal> {
        self.slots.borrow_mut().remove(&slot);
        let mut functions = self.functions.borrow_mut();
        let binding =
            functions.bind(library, name).map_err(|sentence| Refusal::new(Kind::Unknown, sentence))?;
        self.slots.borrow_mut().insert(slot, binding);
        Ok(functions.address(binding).expose_provenance())
    }

    pub(crate) fn unbind(&self, slot: SlotAddress) -> Result<(), Refusal> {
        self.slots.borrow_mut().remove(&slot).map(drop).ok_or_else(not_bound)
    }

    fn binding(&self, slot: SlotAddress) -> Result<Binding, Refusal> {
        self.slots.borrow().get(&slot).copied().ok_or_else(not_bound)
    }

    /// # Safety
    /// That of [`Functions::recover_from_crashes`].
    #[expect(unsafe_code, reason = "after a crash nothing can be promised")]
    pub(crate) unsafe fn recover_from_crashes(&self) -> bool {
        // SAFETY: the caller's promise.
        unsafe { self.functions.borrow().recover_from_crashes() }
    }

    /// A call to run, and the address to call.
    pub(crate) fn call(&self, slot: SlotAddress) -> Result<(usize, Call), Refusal> {
        let binding = self.binding(slot)?;
        let functions = self.functions.borrow();
        let address = functions.address(binding).expose_provenance();
        if address == 0 {
            let sentence = "no generation of the function's library runs yet: is a Liveline server running?";
            return Err(Refusal::new(Kind::NotLoaded, sentence));
        }
        Ok((address, functions.call(binding)))
    }

    /// Ends a call. Whether it, or one inside of it, has panicked.
    pub(crate) fn end(&self, call: Call) -> Option<String> {
        let fault = self.functions.borrow().end(call)?;
        self.fault.replace(Some(HeldFault::of(&fault)));
        Some(fault.to_string())
    }

    pub(crate) fn last_fault(&self) -> Option<liveline_fault> {
        self.fault.borrow().as_ref().map(HeldFault::view)
    }

    pub(crate) fn next_event(&self) -> Option<liveline_event> {
        self.collect_events();
        let event = self.events.borrow_mut().pop_front()?;
        self.event.replace(HeldEvent::of(&event));
        Some(self.event.borrow().view())
    }

    pub(crate) fn generation(&self, library: &str) -> Option<u64> {
        self.functions.borrow().generation(library).map(|generation| generation.0)
    }

    pub(crate) fn calls(&self, slot: SlotAddress) -> Result<u64, Refusal> {
        let binding = self.binding(slot)?;
        Ok(self.functions.borrow().calls(binding))
    }
}

fn not_bound() -> Refusal {
    Refusal::new(Kind::Unknown, "the slot is not bound: `liveline_bind` does that")
}
