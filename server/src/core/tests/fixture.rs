//! A core to try things on.

use liveline_protocol::engine::{Artifact, Engine as EngineName};
use liveline_protocol::status::LibraryState as StatusState;

use crate::build::past::Mark;
use crate::config::Config;
use crate::core::*;
use crate::project::{Library, LocalPackage};

pub(super) const SOURCE: &str = "/w/scripts/src/lib.rs";

pub(super) struct Fixture {
    pub(super) core: Core,
    pub(super) now: Now,
    pub(super) actions: Vec<Action>,
}

/// A workspace with the libraries `names`, each `/w/<name>/src/lib.rs`, all sharing `/w/api`.
pub(super) fn fixture(names: &[&str]) -> Fixture {
    fixture_of(project(names))
}

pub(super) fn fixture_of(project: Project) -> Fixture {
    let now = Now { instant: Instant::now(), unix_micros: 1_000_000 };
    let mut fixture = Fixture { core: Core::new(8), now, actions: Vec::new() };
    fixture.event(Event::ProjectLoaded(Ok(Arc::new(project))));
    fixture
}

pub(super) fn project(names: &[&str]) -> Project {
    let package = |name: &&str| LocalPackage {
        name: (*name).to_owned(),
        folder: PathBuf::from(format!("/w/{name}")),
        crate_name: Some((*name).to_owned()),
        source: Some(PathBuf::from(format!("/w/{name}/src/lib.rs"))),
        api: None,
        built_from: vec![(*name).to_owned()],
        build_script: false,
        member: true,
    };
    let library = |name: &&str| Library {
        name: (*name).to_owned(),
        crate_name: (*name).to_owned(),
        source: PathBuf::from(format!("/w/{name}/src/lib.rs")),
        crate_type: "cdylib",
        api: None,
        packages: vec![(*name).to_owned(), "api".to_owned()],
        file: None,
    };
    Project {
        root: PathBuf::from("/w"),
        target: PathBuf::from("/w/target"),
        config: Config::default(),
        libraries: names.iter().map(library).collect(),
        engines: vec!["game".to_owned()],
        packages: names.iter().chain(&["api"]).map(package).collect(),
        with_package: Vec::new(),
        files: crate::project::Files::default(),
    }
}

pub(super) fn reload(library: &str, generation: u64) -> Reload {
    Reload {
        library: library.to_owned(),
        generation: Generation(generation),
        artifact: Artifact {
            kind: ArtifactKind::Dylib,
            file: format!("{library}-{generation}.so"),
            sha256: String::new(),
            bytes: 1,
        },
        changed: Vec::new(),
        trigger: Trigger::Save,
        speculated: false,
        unsaved: false,
        build_micros: 7,
        saved_at_unix_micros: Some(1_000_000),
        api: None,
        reset: None,
    }
}

pub(super) fn error(line: u32) -> Diagnostic {
    let mut diagnostic = at_file(Path::new(SOURCE), Severity::Error, "wrong".to_owned());
    diagnostic.span.start.line = line;
    diagnostic
}

impl Fixture {
    pub(super) fn event(&mut self, event: Event) -> &mut Self {
        self.actions = self.core.handle(event, self.now);
        self
    }

    pub(super) fn save(&mut self, path: &str) -> &mut Self {
        self.write(path, "saved")
    }

    pub(super) fn write(&mut self, path: &str, text: &str) -> &mut Self {
        let files = BTreeMap::from([(PathBuf::from(path), Some(hash(text.as_bytes())))]);
        self.event(Event::Changed { files, trigger: Trigger::Save, saved_at: 1_000_000 })
    }

    pub(super) fn stage(&mut self, build: u64, library: &str) -> &mut Self {
        let progress = Progress::Stage("rustc".to_owned());
        self.event(Event::Progress { build: BuildId(build), library: library.to_owned(), progress })
    }

    pub(super) fn says(&mut self, build: u64, library: &str, diagnostics: Vec<Diagnostic>) -> &mut Self {
        let progress = Progress::Diagnostics(diagnostics);
        self.event(Event::Progress { build: BuildId(build), library: library.to_owned(), progress })
    }

    pub(super) fn ends(&mut self, build: u64, library: &str, outcome: Outcome) -> &mut Self {
        let inputs =
            vec![PathBuf::from(format!("/w/{library}/src/lib.rs")), PathBuf::from("/levels/one.txt")];
        self.event(Event::Ended { build: BuildId(build), library: library.to_owned(), outcome, inputs })
    }

    pub(super) fn attach(&mut self, name: &str) -> &mut Self {
        self.attach_with(name, &[ArtifactKind::Dylib])
    }

    pub(super) fn attach_with(&mut self, name: &str, loaders: &[ArtifactKind]) -> &mut Self {
        let attach = attach(name, loaders);
        self.event(Event::EngineAttached { session: Session(name.to_owned()), attach, address: None })
    }

    pub(super) fn builds(&self) -> Vec<(u64, String)> {
        let builds = self.actions.iter().filter_map(|action| match action {
            Action::Build { build, order } => Some((build.0, order.library.name.clone())),
            _ => None,
        });
        builds.collect()
    }

    pub(super) fn order(&self) -> &Order {
        let order = self.actions.iter().find_map(|action| match action {
            Action::Build { order, .. } => Some(order),
            _ => None,
        });
        order.expect("a build was started")
    }

    pub(super) fn cancels(&self) -> Vec<u64> {
        let cancels = self.actions.iter().filter_map(|action| match action {
            Action::Cancel(build) => Some(build.0),
            _ => None,
        });
        cancels.collect()
    }

    pub(super) fn told_engines(&self) -> Vec<BuildState> {
        let told = self.actions.iter().filter_map(|action| match action {
            Action::TellBuild(build) => Some(build.state),
            _ => None,
        });
        told.collect()
    }

    pub(super) fn reloads(&self) -> Vec<(Vec<String>, u64)> {
        let reloads = self.actions.iter().filter_map(|action| match action {
            Action::TellReload { sessions, reload } => {
                Some((sessions.iter().map(|session| session.0.clone()).collect(), reload.generation.0))
            }
            _ => None,
        });
        reloads.collect()
    }

    /// How many diagnostics each file that was told of has now.
    pub(super) fn shown(&self) -> Vec<(String, usize)> {
        let shown = self.actions.iter().filter_map(|action| match action {
            Action::Tell(HubEvent::Diagnostics { path, diagnostics, .. }) => {
                Some((path.display().to_string(), diagnostics.len()))
            }
            _ => None,
        });
        shown.collect()
    }

    pub(super) fn messages(&self) -> Vec<(Level, String)> {
        let messages = self.actions.iter().filter_map(|action| match action {
            Action::Tell(HubEvent::Message { level, text }) => Some((*level, text.clone())),
            _ => None,
        });
        messages.collect()
    }

    /// What is kept over a restart of what speaks against generations.
    pub(super) fn kept(&self) -> Vec<(u64, Mark)> {
        let kept = self.actions.iter().filter_map(|action| match action {
            Action::KeepMark { generation, mark, .. } => Some((generation.0, mark.clone())),
            _ => None,
        });
        kept.collect()
    }

    pub(super) fn state(&self, library: &str) -> StatusState {
        let status = self.core.status.libraries.iter().find(|status| status.library == library);
        status.expect("the library is in the status").state
    }
}

/// What an engine says that takes these forms.
pub(super) fn attach(name: &str, loaders: &[ArtifactKind]) -> Attach {
    let engine = EngineName { name: name.to_owned(), pid: 1, version: None };
    Attach { protocol: 1, engine, target: String::new(), rustc: None, loaders: loaders.to_vec(), api: None }
}
