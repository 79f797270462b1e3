//! What faces ask of the generations that are kept.

use serde::Serialize;
use serde_json::Value;

use super::Hub;
use crate::core::FaceId;
use crate::face::{HubEvent, Question};

impl Hub {
    /// Answers a question. What takes the disk is looked up off this thread.
    pub(super) fn asked(&self, face: FaceId, id: u64, question: Question) {
        let Some(updates) = self.faces.get(&face).cloned() else { return };
        let answer = move |result| drop(updates.send(HubEvent::CommandDone { id, result }));
        let workshop = self.workshop.clone();
        match question {
            Question::History => answer(value(&self.core.history())),
            Question::Sources { library, generation } => crate::os::work(move || {
                answer(workshop.sources(&library, generation).and_then(|sources| value(&sources)));
            }),
            Question::Source { library, generation, path } => crate::os::work(move || {
                answer(workshop.source(&library, generation, &path).and_then(|source| value(&source)));
            }),
        }
    }
}

fn value(answer: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(answer).map_err(|error| error.to_string())
}
