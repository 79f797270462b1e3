//! Forms of a generation as a table: what engines take → what they are given.

use super::*;

const BOTH: &[ArtifactKind] = &[ArtifactKind::Dylib, ArtifactKind::Object];

fn object(generation: u64) -> Reload {
    let mut reload = reload("a", generation);
    reload.artifact.kind = ArtifactKind::Object;
    reload
}

impl Fixture {
    fn forms(&self) -> Vec<(u64, ArtifactKind)> {
        let forms = self.actions.iter().filter_map(|action| match action {
            Action::Form { generation, kind, .. } => Some((generation.0, *kind)),
            _ => None,
        });
        forms.collect()
    }

    fn given(&self) -> Vec<(Vec<String>, ArtifactKind)> {
        let given = self.actions.iter().filter_map(|action| match action {
            Action::TellReload { sessions, reload } => {
                Some((sessions.iter().map(|session| session.0.clone()).collect(), reload.artifact.kind))
            }
            _ => None,
        });
        given.collect()
    }

    fn formed(&mut self, result: Result<Reload, String>) -> &mut Self {
        let library = "a".to_owned();
        let (generation, kind) = (Generation(1), ArtifactKind::Dylib);
        self.event(Event::Formed { library, generation, kind, result })
    }
}

#[test]
fn what_is_built_is_what_the_engines_take() {
    let mut fixture = fixture(&["a"]);
    assert_eq!(fixture.order().kind, ArtifactKind::Object);
    fixture.attach("old").ends(1, "a", Outcome::Built(object(1))).save("/w/a/src/lib.rs");
    assert_eq!(fixture.order().kind, ArtifactKind::Dylib);
    fixture.attach_with("new", BOTH).ends(2, "a", Outcome::Cancelled).save("/w/a/src/lib.rs");
    assert_eq!(fixture.order().kind, ArtifactKind::Object);
}

#[test]
fn each_engine_gets_the_form_that_it_takes() {
    let mut fixture = fixture(&["a"]);
    fixture.attach("old").attach_with("new", BOTH).ends(1, "a", Outcome::Built(object(1)));
    assert_eq!(fixture.given(), [(vec!["new".to_owned()], ArtifactKind::Object)]);
    assert_eq!(fixture.forms(), [(1, ArtifactKind::Dylib)]);
    fixture.formed(Ok(reload("a", 1)));
    assert_eq!(fixture.given(), [(vec!["old".to_owned()], ArtifactKind::Dylib)]);
}

#[test]
fn a_form_that_comes_late_is_not_sent() {
    let mut fixture = fixture(&["a"]);
    fixture.attach("old").ends(1, "a", Outcome::Built(object(1)));
    fixture.save("/w/a/src/lib.rs").ends(2, "a", Outcome::Built(reload("a", 2)));
    assert!(fixture.formed(Ok(reload("a", 1))).given().is_empty());
}

#[test]
fn a_form_that_cannot_be_made_is_said() {
    let mut fixture = fixture(&["a"]);
    fixture.attach("old").ends(1, "a", Outcome::Built(object(1)));
    fixture.formed(Err("no linker".to_owned()));
    assert!(fixture.messages()[0].1.contains("no linker"));
}

#[test]
fn an_engine_that_cannot_take_objects_gets_the_same_generation_as_a_dylib() {
    let mut fixture = fixture(&["a"]);
    fixture.attach_with("game", BOTH).ends(1, "a", Outcome::Built(object(1)));
    let refused = Reloaded {
        library: "a".to_owned(),
        generation: Generation(1),
        outcome: Answer::Refused,
        reason: Some("relocation 17 is not known".to_owned()),
        at: None,
        load_micros: 1,
        swap_micros: 0,
        state: None,
        retry: Some(ArtifactKind::Dylib),
        cause: None,
    };
    fixture.event(Event::EngineSaid {
        session: Session("game".to_owned()),
        said: EngineSaid::Reloaded(refused),
    });
    assert_eq!(fixture.forms(), [(1, ArtifactKind::Dylib)]);
    assert!(fixture.messages()[0].1.contains("as a dylib: relocation 17"), "{:?}", fixture.messages());
    assert_eq!(fixture.formed(Ok(reload("a", 1))).given(), [(vec!["game".to_owned()], ArtifactKind::Dylib)]);
}

#[test]
fn an_engine_that_attaches_waits_for_forms_that_it_needs() {
    let mut fixture = fixture(&["a"]);
    fixture.ends(1, "a", Outcome::Built(object(1)));
    let old = attach("old", &[ArtifactKind::Dylib]);
    assert!(fixture.core.current(&old).is_empty());
    assert_eq!(fixture.core.missing(&old), [("a".to_owned(), Generation(1), ArtifactKind::Dylib)]);
    fixture.formed(Ok(reload("a", 1)));
    assert!(fixture.core.missing(&old).is_empty());
    assert_eq!(fixture.core.current(&old)[0].artifact.kind, ArtifactKind::Dylib);
    assert_eq!(fixture.core.current(&attach("new", BOTH))[0].artifact.kind, ArtifactKind::Object);
}
