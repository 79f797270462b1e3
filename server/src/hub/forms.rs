//! An engine attaches, and what is made or looked up for engines off the hub's thread: generations in other forms, and
//! what changed in an API crate.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};

use liveline_protocol::PROTOCOL_VERSION;
use liveline_protocol::engine::{ArtifactKind, Attached, Generation, Server};

use super::{Hub, Input, Joining};
use crate::config;
use crate::core::{ApisAsked, Event};

impl Hub {
    pub(super) fn attach(&mut self, joining: Joining) {
        let missing = self.core.missing(&joining.attach);
        if !missing.is_empty() && !joining.has_waited {
            return self.form(missing, Some(Joining { has_waited: true, ..joining }));
        }
        let Joining { session, attach, address, outgoing, reply, .. } = joining;
        let engine = self.project.as_ref().map(|project| project.config.engine.clone());
        // An engine that was there before this server is quicker than cargo.
        let engine = engine.or_else(|| Some(config::load(&self.home.root).ok()?.engine)).unwrap_or_default();
        let attached = Attached {
            protocol: PROTOCOL_VERSION,
            session: session.0.clone(),
            server: Server { name: "liveline".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            artifacts: self.workshop.artifacts().display().to_string(),
            libraries: self.core.current(&attach),
            hang_millis: engine.hang_millis,
            probation: engine.probation,
        };
        if reply.send(attached).is_ok() {
            self.engines.insert(session.clone(), outgoing);
            self.handle(Event::EngineAttached { session, attach: *attach, address });
        }
    }

    /// Makes generations in other forms, off this thread: a linker takes its time. An engine that attaches waits
    /// for them.
    pub(super) fn form(&mut self, wanted: Vec<(String, Generation, ArtifactKind)>, joining: Option<Joining>) {
        let (workshop, inputs) = (self.workshop.clone(), self.inputs.clone());
        crate::os::work(move || {
            let linkers = std::thread::available_parallelism().map_or(1, NonZero::get).min(wanted.len());
            let wanted = Mutex::new(wanted.into_iter());
            let next = || wanted.lock().unwrap_or_else(PoisonError::into_inner).next();
            let work = || {
                while let Some((library, generation, kind)) = next() {
                    let result = workshop.in_form(&library, generation, kind);
                    let _ = inputs.send(Input::core(Event::Formed { library, generation, kind, result }));
                }
            };
            std::thread::scope(|scope| (0..linkers).for_each(|_| drop(scope.spawn(work))));
            if let Some(joining) = joining {
                let _ = inputs.send(Input::Attach(joining));
            }
        });
    }

    /// Looks up what differs between the API crate that an engine runs and the one that a library was built against.
    pub(super) fn compare_apis(&self, asked: ApisAsked) {
        let (workshop, inputs) = (self.workshop.clone(), self.inputs.clone());
        crate::os::work(move || {
            if let Some(changes) = workshop.api_changes(&asked.running, &asked.built) {
                let _ = inputs.send(Input::core(Event::ApisCompared { asked, changes }));
            }
        });
    }
}
