//! Tests of scripts, on threads of their own.

use liveline_protocol::engine::Generation;

use super::{Hub, Input};
use crate::build::compile::Cancel;
use crate::build::job::Order;
use crate::core::Event;

impl Hub {
    /// Runs a library's tests; what ran of them before ends.
    pub(super) fn test(&mut self, order: Order, generation: Generation, only: Option<String>) {
        let library = order.library.name.clone();
        self.end_tests(&library);
        let cancel = Cancel::default();
        self.tests.insert(library, cancel.clone());
        let (workshop, inputs) = (self.workshop.clone(), self.inputs.clone());
        crate::os::work(move || {
            if let Some(report) = workshop.test(&order, generation, only.as_deref(), &cancel) {
                let _ = inputs.send(Input::core(Event::Tested(report)));
            }
        });
    }

    /// Ends the tests of a library that run.
    pub(super) fn end_tests(&mut self, library: &str) {
        if let Some(cancel) = self.tests.remove(library) {
            cancel.cancel();
        }
    }
}
