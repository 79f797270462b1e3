//! A workshop in this process over a copied sample: builds as the server makes them, without a server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use liveline_protocol::endpoint;
use liveline_protocol::engine::{ArtifactKind, Reload, Trigger};
use liveline_server::build::compile::Cancel;
use liveline_server::build::job::{Order, Outcome, Overlay, Progress, Purpose, Workshop};
use liveline_server::diagnostics::Diagnostic;
use liveline_server::project::Project as Model;

use crate::environment::liveline;
use crate::project::Project;

/// A workshop and its project.
#[derive(Debug)]
pub struct Shop {
    /// What builds them. It goes first: compilers that wait would write into a folder that is being removed.
    pub workshop: Workshop,
    /// The files.
    pub project: Project,
    model: Arc<Model>,
}

/// What came of one build.
#[derive(Debug)]
pub struct Built {
    /// How it ended.
    pub outcome: Outcome,
    /// What was said of the code.
    pub diagnostics: Vec<Diagnostic>,
    /// The compilers that ran.
    pub stages: Vec<String>,
}

impl Built {
    /// The generation that was published.
    ///
    /// # Panics
    /// When none was.
    pub fn reload(&self) -> Reload {
        match &self.outcome {
            Outcome::Built(reload) => reload.clone(),
            other => panic!("{other:?}, {:?}", self.diagnostics),
        }
    }
}

impl Shop {
    /// Over a copy of the sample with a `liveline.toml` of this text.
    ///
    /// # Panics
    /// When cargo does not understand the project.
    pub fn sample(configuration: &str) -> Self {
        let project = Project::sample();
        project.write("liveline.toml", configuration);
        Self::over(project)
    }

    /// Over a project.
    ///
    /// # Panics
    /// When cargo does not understand it.
    pub fn over(project: Project) -> Self {
        let workshop = Workshop::open_with(&folder(&project), liveline().to_owned());
        let model = Arc::new(load(&project));
        Self { workshop, project, model }
    }

    /// Reads the workspace anew.
    ///
    /// # Panics
    /// When cargo does not understand it.
    pub fn look_again(&mut self) {
        self.model = Arc::new(load(&self.project));
    }

    /// Forgets all that a killed server would forget.
    pub fn restart(&mut self) {
        self.workshop = Workshop::open_with(&folder(&self.project), liveline().to_owned());
    }

    /// Liveline's folder.
    pub fn folder(&self) -> PathBuf {
        folder(&self.project)
    }

    /// What to build of a library.
    ///
    /// # Panics
    /// When there is no such library.
    pub fn order(
        &self,
        library: &str,
        purpose: Purpose,
        overlay: &[(&str, &str)],
        kind: ArtifactKind,
    ) -> Order {
        let overlay: Overlay =
            overlay.iter().map(|(path, text)| (self.project.path(path), Arc::from(*text))).collect();
        let library = self.model.library(library).unwrap_or_else(|| panic!("no library `{library}`"));
        Order {
            project: self.model.clone(),
            library: library.clone(),
            purpose,
            changed: overlay.keys().cloned().collect(),
            overlay,
            kind,
            force: false,
            trigger: Trigger::Save,
            saved_at: None,
            is_save: std::sync::Arc::default(),
        }
    }

    /// Builds what an order says.
    pub fn build(&self, order: &Order) -> Built {
        let (mut diagnostics, mut stages) = (Vec::new(), Vec::new());
        let outcome = self.workshop.build(order, &Cancel::default(), &mut |progress| match progress {
            Progress::Stage(stage) => stages.push(stage),
            Progress::Diagnostics(some) => diagnostics.extend(some),
            Progress::Anew => diagnostics.clear(),
        });
        Built { outcome, diagnostics, stages }
    }

    /// Builds what is saved.
    pub fn save(&self, library: &str, kind: ArtifactKind) -> Built {
        self.build(&self.order(library, Purpose::Saved, &[], kind))
    }

    /// Builds unsaved text.
    pub fn speculate(&self, library: &str, overlay: &[(&str, &str)], kind: ArtifactKind) -> Built {
        self.build(&self.order(library, Purpose::Speculative, overlay, kind))
    }

    /// An artifact's bytes.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn artifact(&self, reload: &Reload) -> Vec<u8> {
        let path = self.workshop.artifacts().join(&reload.artifact.file);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

fn folder(project: &Project) -> PathBuf {
    project.path("target").join(endpoint::FOLDER)
}

/// The target directory is the project's own, whatever the test runner's environment says.
fn load(project: &Project) -> Model {
    let root: &Path = project.root();
    let model = Model::load(root).unwrap_or_else(|broken| panic!("{}", broken.message));
    Model { target: root.join("target"), ..model }
}
