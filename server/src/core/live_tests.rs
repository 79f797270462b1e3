//! Tests of scripts: when they run, and what is shown of them.

use super::*;
use crate::config::RunTests;
use crate::diagnostics::Span;
use crate::test_report::TestReport;

impl Core {
    /// A generation of saved text is there: its tests run if they are to.
    pub(super) fn test_by_itself(&mut self, name: &str, actions: &mut Vec<Action>) {
        let Some(run) = self.project.as_ref().map(|project| project.config.tests.run) else { return };
        let is_file = self.libraries.get(name).is_some_and(|state| state.library.file.is_some());
        if run == RunTests::All || (run == RunTests::Files && is_file) {
            self.run_tests(name, None, actions);
        }
    }

    /// A person wants tests to run.
    pub(super) fn test(
        &mut self,
        library: Option<&str>,
        test: Option<&str>,
        actions: &mut Vec<Action>,
    ) -> Result<(), String> {
        for name in self.named(library)? {
            let is_good = self.libraries.get(&name).is_some_and(|state| state.current.is_some());
            if !is_good {
                return Err(format!("`{name}` has no good build yet whose tests could run"));
            }
            self.run_tests(&name, test, actions);
        }
        Ok(())
    }

    fn run_tests(&self, name: &str, only: Option<&str>, actions: &mut Vec<Action>) {
        let current = self.libraries.get(name).and_then(|state| state.current.as_ref());
        let Some((order, current)) = self.order(name, Purpose::Saved).zip(current) else { return };
        let (order, only) = (Box::new(order), only.map(str::to_owned));
        actions.push(Action::Test { order, generation: current.generation, only });
    }

    /// Tests have been run, or cannot be. Of a generation that a newer one has followed, nobody asks any more.
    pub(super) fn tested(&mut self, report: TestReport, actions: &mut Vec<Action>) {
        let name = report.library.clone();
        let Some(state) = self.libraries.get_mut(&name) else { return };
        if state.generation() != report.generation {
            return;
        }
        let of_same = state.tests.take().filter(|known| known.generation == report.generation);
        let report = match of_same {
            Some(mut known) if report.errors.is_empty() => {
                known.take(report);
                known
            }
            _ => report,
        };
        let start = Position { line: 1, column: 1 };
        let otherwise = Span { path: state.library.source.clone(), start, end: start };
        let diagnostics = report.diagnostics(&otherwise);
        state.tests = Some(report.clone());
        show(self.book.replace(&page(&name), diagnostics), actions);
        actions.push(Action::Tell(HubEvent::Tested(report)));
    }

    /// What came of all libraries' tests, for a face that has missed it.
    pub(super) fn test_reports(&self) -> impl Iterator<Item = HubEvent> {
        self.libraries.values().filter_map(|state| state.tests.clone()).map(HubEvent::Tested)
    }
}

/// The book's page for a library's tests. No library's name has a space.
pub(super) fn page(library: &str) -> String {
    format!("{library} tests")
}
