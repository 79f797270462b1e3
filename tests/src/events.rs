//! What tests wait for in a server's events, to be handed to [`crate::Server::wait`].

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use liveline_protocol::engine::{Build, BuildState, Fault, Generation, Outcome, Reload, Reloaded};
use liveline_protocol::status;
use liveline_server::diagnostics::{Diagnostic, Severity};
use liveline_server::face::{HubEvent, Level, Speculated};

/// A generation of `library` was announced.
pub fn announced(event: &HubEvent, library: &str) -> Option<Reload> {
    match event {
        HubEvent::Announced(reload) if reload.library == library => Some(reload.clone()),
        _ => None,
    }
}

/// An engine runs a generation of `library`.
pub fn applied(event: &HubEvent, library: &str) -> Option<Generation> {
    reloaded(event, library).filter(|r| r.outcome == Outcome::Applied).map(|r| r.generation)
}

/// An engine refused a generation of `library`: its reason.
pub fn refused(event: &HubEvent, library: &str) -> Option<String> {
    reloaded(event, library).filter(|r| r.outcome == Outcome::Refused).map(|r| r.reason.unwrap_or_default())
}

/// An engine answered an announcement of `library`.
pub fn reloaded(event: &HubEvent, library: &str) -> Option<Reloaded> {
    match event {
        HubEvent::Reloaded { reloaded, .. } if reloaded.library == library => Some(reloaded.clone()),
        _ => None,
    }
}

/// A call of `library` failed in an engine: what it says.
pub fn fault(event: &HubEvent, library: &str) -> Option<Fault> {
    match event {
        HubEvent::Fault { fault, .. } if fault.library == library => Some(fault.clone()),
        _ => None,
    }
}

/// A build of `library` reached `state`.
pub fn build(event: &HubEvent, library: &str, state: BuildState) -> Option<Build> {
    match event {
        HubEvent::Build { build, .. } if build.library == library && build.state == state => {
            Some(build.clone())
        }
        _ => None,
    }
}

/// Unsaved text of `library` has been built, or not.
pub fn speculated(event: &HubEvent, library: &str) -> Option<Speculated> {
    match event {
        HubEvent::Speculated { library: found, outcome, .. } if found == library => Some(*outcome),
        _ => None,
    }
}

/// The status of `library`.
pub fn status(event: &HubEvent, library: &str) -> Option<status::Library> {
    match event {
        HubEvent::Status(status) => status.libraries.iter().find(|found| found.library == library).cloned(),
        _ => None,
    }
}

/// There are libraries, and each of them has been built.
pub fn all_built(event: &HubEvent) -> Option<()> {
    match event {
        HubEvent::Status(status) => {
            let is_built = |library: &status::Library| library.generation.0 > 0;
            (!status.libraries.is_empty() && status.libraries.iter().all(is_built)).then_some(())
        }
        _ => None,
    }
}

/// A file has at least one error: all its diagnostics.
pub fn errors_in(event: &HubEvent, file: &Path) -> Option<Vec<Diagnostic>> {
    diagnostics_of(event, file).filter(|all| all.iter().any(|one| one.severity == Severity::Error))
}

/// A file's diagnostics were cleared.
pub fn cleared(event: &HubEvent, file: &Path) -> Option<()> {
    diagnostics_of(event, file).filter(Vec::is_empty).map(drop)
}

/// An engine attached: its session.
pub fn attached(event: &HubEvent) -> Option<String> {
    match event {
        HubEvent::EngineAttached { session, .. } => Some(session.clone()),
        _ => None,
    }
}

/// An engine went away: its session.
pub fn detached(event: &HubEvent) -> Option<String> {
    match event {
        HubEvent::EngineDetached { session } => Some(session.clone()),
        _ => None,
    }
}

/// Engines on other hosts can attach: where, and the token's file.
pub fn listens(event: &HubEvent) -> Option<(SocketAddr, PathBuf)> {
    let HubEvent::Status(status) = event else { return None };
    let remote = status.remote.as_ref()?;
    Some((remote.address.parse().ok()?, PathBuf::from(&remote.token)))
}

/// A person was told something at least this bad, with `part` in it.
pub fn message(event: &HubEvent, level: Level, part: &str) -> Option<String> {
    match event {
        HubEvent::Message { level: found, text } if *found <= level && text.contains(part) => {
            Some(text.clone())
        }
        _ => None,
    }
}

fn diagnostics_of(event: &HubEvent, file: &Path) -> Option<Vec<Diagnostic>> {
    match event {
        HubEvent::Diagnostics { path, diagnostics, .. } if path == file => Some(diagnostics.clone()),
        _ => None,
    }
}

/// Every engine runs what it should, and no compiler runs.
pub fn all_live(event: &HubEvent) -> Option<()> {
    let HubEvent::Status(status) = event else { return None };
    status.libraries.iter().all(|library| library.state == status::LibraryState::Live).then_some(())
}
