//! An editor's settings beside `liveline.toml`.

use super::*;
use crate::config::{Apply, Loader, Preferences};

const CONFIG: &str = "/w/liveline.toml";

impl Fixture {
    fn prefers(&mut self, face: u64, preferences: Preferences) -> &mut Self {
        self.event(Event::FacePrefers { face: FaceId(face), preferences })
    }

    /// What stands in `liveline.toml`, if that was told.
    fn config_says(&self) -> Option<Vec<String>> {
        let mut told = self.actions.iter().filter_map(|action| match action {
            Action::Tell(HubEvent::Diagnostics { path, diagnostics, .. }) if path == Path::new(CONFIG) => {
                Some(diagnostics.iter().map(|diagnostic| diagnostic.message.clone()).collect())
            }
            _ => None,
        });
        told.next_back()
    }
}

fn configured() -> Fixture {
    let mut project = project(&["a"]);
    project.config.build.speculate = false;
    project.config.engine.loader = Some(Loader::Dylib);
    let mut fixture = fixture(&[]);
    fixture.event(Event::ProjectLoaded(Ok(Arc::new(project))));
    fixture
}

#[test]
fn the_settings_of_the_editor_that_spoke_last_go_before_the_file() {
    let mut fixture = configured();
    assert!(!fixture.core.speculates());
    let eager = Preferences { speculate: Some(true), apply: Some(Apply::Pause), loader: None };
    fixture.prefers(1, eager).prefers(2, Preferences { apply: Some(Apply::Save), ..Preferences::default() });
    assert!(fixture.core.speculates());
    assert_eq!((fixture.core.applies_at(), fixture.core.loader()), (Apply::Save, Some(Loader::Dylib)));
    fixture.prefers(1, eager);
    assert_eq!(fixture.core.applies_at(), Apply::Pause);
    fixture.event(Event::FaceGone { face: FaceId(1) }).event(Event::FaceGone { face: FaceId(2) });
    assert!(!fixture.core.speculates());
}

#[test]
fn the_file_is_checked_while_it_is_typed() {
    let mut fixture = fixture(&["a"]);
    let typed = |text: &str| Event::Edited { path: PathBuf::from(CONFIG), text: text.to_owned() };
    fixture.event(typed("[build]\nspeculat = true\n"));
    assert!(fixture.config_says().unwrap()[0].contains("did you mean `speculate`?"));
    let seen = fixture.actions.iter().find_map(|action| match action {
        Action::Tell(HubEvent::Diagnostics { seen, .. }) => seen.clone(),
        _ => None,
    });
    assert_eq!(seen, Some(hash(b"[build]\nspeculat = true\n")), "its place is one of that text");
    fixture.event(typed("[build]\nspeculate = true\n"));
    assert_eq!(fixture.config_says(), Some(Vec::new()));
    fixture.event(typed("[bild]\n"));
    fixture.event(Event::Closed { path: PathBuf::from(CONFIG) });
    assert_eq!(fixture.config_says(), Some(Vec::new()), "what was not saved never was");
    fixture.event(Event::Edited { path: PathBuf::from("/w/a/liveline.toml"), text: "[bild]".to_owned() });
    assert_eq!(fixture.config_says(), None, "only the workspace's own");
}

#[test]
fn a_mend_of_the_file_is_seen_before_it_is_saved() {
    let mut fixture = fixture(&["a"]);
    let error = crate::config::parse("[bild]").unwrap_err();
    let broken = Broken::in_config(Path::new(CONFIG), error);
    fixture.event(Event::ProjectLoaded(Err(broken)));
    assert_eq!(fixture.config_says().map(|said| said.len()), Some(1));
    fixture.event(Event::Edited { path: PathBuf::from(CONFIG), text: "[build]".to_owned() });
    assert_eq!(fixture.config_says(), Some(Vec::new()));
    fixture.event(Event::Closed { path: PathBuf::from(CONFIG) });
    assert_eq!(fixture.config_says().map(|said| said.len()), Some(1));
}
