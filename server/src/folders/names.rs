//! What libraries are called for the face: by their names, and where several workspaces have one of the same name, with
//! the workspace's folder before it (`one/scripts`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use liveline_protocol::status::Status;
use serde_json::Value;

use crate::diagnostics::Diagnostic;
use crate::face::{Command, HubEvent, Question};

/// The names that need a folder before them, and the workspaces that have them; each workspace's folder, by its number.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    shared: BTreeMap<String, Vec<u64>>,
    folders: BTreeMap<u64, String>,
}

/// Which library a face means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// The one of this name, if there is one.
    Plain,
    /// That of a workspace, and its name there.
    Of(u64, String),
    /// Any of these.
    Several(Vec<String>),
}

impl Names {
    /// Of the workspaces: each one's number, root and libraries.
    pub(super) fn new(workspaces: &[(u64, PathBuf, BTreeSet<&str>)]) -> Self {
        let mut shared: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for (number, _, libraries) in workspaces {
            libraries.iter().for_each(|name| shared.entry((*name).to_owned()).or_default().push(*number));
        }
        shared.retain(|_, numbers| numbers.len() > 1);
        let roots: Vec<&Path> = workspaces.iter().map(|(_, root, _)| root.as_path()).collect();
        let numbers = workspaces.iter().map(|(number, ..)| *number);
        let folders = if shared.is_empty() { BTreeMap::new() } else { numbers.zip(tails(&roots)).collect() };
        Self { shared, folders }
    }

    /// What the face calls a workspace's library.
    pub(super) fn shown(&self, workspace: u64, library: &str) -> String {
        match self.folders.get(&workspace).filter(|_| self.shared.contains_key(library)) {
            Some(folder) => format!("{folder}/{library}"),
            None => library.to_owned(),
        }
    }

    /// What the face means by a name.
    pub(super) fn meant(&self, name: &str) -> Meant {
        if let Some(numbers) = self.shared.get(name) {
            return Meant::Several(numbers.iter().map(|number| self.shown(*number, name)).collect());
        }
        let of = |(number, folder): (&u64, &String)| {
            let library = name.strip_prefix(folder)?.strip_prefix('/')?;
            self.shared.contains_key(library).then(|| Meant::Of(*number, library.to_owned()))
        };
        self.folders.iter().find_map(of).unwrap_or(Meant::Plain)
    }

    /// An update as the face is to hear it.
    pub(super) fn rename(&self, workspace: u64, update: &mut HubEvent) {
        let rename = |name: &mut String| *name = self.shown(workspace, name);
        match update {
            HubEvent::Build { build, .. } => rename(&mut build.library),
            HubEvent::Speculated { library, .. } | HubEvent::Proof { library, .. } => rename(library),
            HubEvent::Announced(reload) => rename(&mut reload.library),
            HubEvent::Reloaded { reloaded, .. } => rename(&mut reloaded.library),
            HubEvent::Fault { fault, .. } => rename(&mut fault.library),
            HubEvent::Ran { ran, .. } => rename(&mut ran.library),
            HubEvent::Tested(report) => rename(&mut report.library),
            HubEvent::Libraries { libraries, .. } => {
                libraries.iter_mut().for_each(|library| rename(&mut library.library));
            }
            HubEvent::Status(status) => self.rename_status(workspace, status),
            HubEvent::Diagnostics { diagnostics, .. } => {
                diagnostics.iter_mut().for_each(|diagnostic| self.rename_fixes(workspace, diagnostic));
            }
            HubEvent::CommandDone { result: Ok(answer), .. } => self.rename_answer(workspace, answer),
            HubEvent::CommandDone { .. }
            | HubEvent::Connected { .. }
            | HubEvent::EngineAttached { .. }
            | HubEvent::EngineDetached { .. }
            | HubEvent::RestartEngine
            | HubEvent::Message { .. } => {}
        }
    }

    fn rename_status(&self, workspace: u64, status: &mut Status) {
        for library in &mut status.libraries {
            library.library = self.shown(workspace, &library.library);
        }
        for engine in &mut status.engines {
            let shown = |name: &String| self.shown(workspace, name);
            engine.libraries =
                engine.libraries.iter().map(|(name, generation)| (shown(name), *generation)).collect();
            engine.refused =
                engine.refused.iter().map(|(name, refused)| (shown(name), refused.clone())).collect();
        }
    }

    /// Fixes that are commands say of which library.
    fn rename_fixes(&self, workspace: u64, diagnostic: &mut Diagnostic) {
        for argument in diagnostic.commands.iter_mut().flat_map(|fix| &mut fix.arguments) {
            match argument {
                Value::Object(fields) => {
                    fields.get_mut(LIBRARY).into_iter().for_each(|it| self.rename_value(workspace, it))
                }
                other => self.rename_value(workspace, other),
            }
        }
    }

    /// What hubs tell of their libraries is one list.
    fn rename_answer(&self, workspace: u64, answer: &mut Value) {
        for library in answer.get_mut(LIBRARIES).and_then(Value::as_array_mut).into_iter().flatten() {
            library.get_mut(LIBRARY).into_iter().for_each(|name| self.rename_value(workspace, name));
        }
    }

    fn rename_value(&self, workspace: u64, value: &mut Value) {
        if let Value::String(name) = value {
            *name = self.shown(workspace, name);
        }
    }
}

const LIBRARY: &str = "library";
/// Where an answer has its libraries.
pub(super) const LIBRARIES: &str = "libraries";

/// Where a command says of which library; nothing if it is about none.
pub(super) fn of_command(command: &mut Command) -> Option<&mut String> {
    match command {
        Command::Build { library }
        | Command::Reload { library }
        | Command::Cancel { library }
        | Command::Undo { library, .. }
        | Command::Redo { library }
        | Command::Test { library, .. }
        | Command::ResetState { library, .. }
        | Command::ClearFaults { library } => library.as_mut(),
        Command::RestartEngine => None,
    }
}

/// Where a question says of which library.
pub(super) fn of_question(question: &mut Question) -> Option<&mut String> {
    match question {
        Question::History => None,
        Question::Sources { library, .. } | Question::Source { library, .. } => Some(library),
    }
}

/// The ends of paths, as short as they can be and no two the same.
fn tails(paths: &[&Path]) -> Vec<String> {
    let tail = |path: &Path, length: usize| {
        let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        parts[parts.len().saturating_sub(length)..].join("/")
    };
    let longest = paths.iter().map(|path| path.components().count()).max().unwrap_or_default();
    let shortest = |path: &&Path| {
        let is_alone = |length: &usize| {
            paths.iter().filter(|other| tail(other, *length) == tail(path, *length)).count() == 1
        };
        tail(path, (1..=longest).find(is_alone).unwrap_or(longest))
    };
    paths.iter().map(shortest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let libraries = |names: &[&'static str]| names.iter().copied().collect();
        Names::new(&[
            (1, PathBuf::from("/w/one/game"), libraries(&["scripts", "a"])),
            (2, PathBuf::from("/w/two/game"), libraries(&["scripts", "b"])),
            (3, PathBuf::from("/w/three"), libraries(&["c"])),
        ])
    }

    #[test]
    fn only_what_two_workspaces_have_gets_a_folder_before_it() {
        let names = names();
        assert_eq!(names.shown(1, "scripts"), "one/game/scripts");
        assert_eq!(names.shown(2, "scripts"), "two/game/scripts");
        assert_eq!(names.shown(1, "a"), "a");
        assert_eq!(names.shown(3, "c"), "c");
    }

    #[test]
    fn a_name_that_was_shown_leads_back() {
        let names = names();
        assert_eq!(names.meant("two/game/scripts"), Meant::Of(2, "scripts".to_owned()));
        assert_eq!(names.meant("a"), Meant::Plain);
        assert_eq!(names.meant("four/scripts"), Meant::Plain, "the hub says that there is none");
        let both = ["one/game/scripts", "two/game/scripts"].map(str::to_owned);
        assert_eq!(names.meant("scripts"), Meant::Several(both.into()));
    }

    #[test]
    fn fixes_and_answers_say_it_too() {
        let mut answer = serde_json::json!({ "libraries": [{ "library": "scripts" }, { "library": "b" }] });
        names().rename_answer(2, &mut answer);
        let told =
            serde_json::json!({ "libraries": [{ "library": "two/game/scripts" }, { "library": "b" }] });
        assert_eq!(answer, told);
    }
}
