//! What calls prove.

use liveline_protocol::engine::Ran;

use super::fixture::*;
use super::*;
use crate::face::Proven;

impl Fixture {
    fn ran(&mut self, engine: &str, generation: u64, function: &str, calls: u64) -> &mut Self {
        let functions = BTreeMap::from([(function.to_owned(), calls)]);
        let ran = Ran { library: "a".to_owned(), generation: Generation(generation), functions };
        self.event(Event::EngineSaid { session: Session(engine.to_owned()), said: EngineSaid::Ran(ran) })
    }

    fn proven(&self, function: &str) -> Option<(u64, u64, bool)> {
        self.actions.iter().find_map(|action| match action {
            Action::Tell(HubEvent::Proof { generation, functions, .. }) => {
                let found = functions.iter().find(|proven| proven.function == function)?;
                let Proven { calls, is_stale, .. } = *found;
                Some((generation.0, calls, is_stale))
            }
            _ => None,
        })
    }
}

fn two_engines() -> Fixture {
    let mut fixture = fixture(&["a"]);
    fixture.attach("one").attach("two").ends(1, "a", Outcome::Built(reload("a", 1)));
    fixture.engine_says("one", answer(1, Answer::Applied, None));
    fixture.engine_says("two", answer(1, Answer::Applied, None));
    fixture
}

#[test]
fn calls_add_up_over_engines_and_begin_anew_with_a_generation() {
    let mut fixture = two_engines();
    fixture.ran("one", 1, "P::f", 3).ran("two", 1, "P::f", 4);
    assert_eq!(fixture.proven("P::f"), Some((1, 7, false)));
    let late = fixture.core.picture();
    assert!(
        late.iter()
            .any(|event| matches!(event, HubEvent::Proof { functions, .. } if functions[0].calls == 7))
    );
    assert!(late.iter().any(|event| matches!(event, HubEvent::Libraries { .. })));
    fixture.save("/w/a/src/lib.rs").stage(2, "a").ends(2, "a", Outcome::Built(reload("a", 2)));
    fixture.engine_says("one", answer(2, Answer::Applied, None)).ran("one", 2, "P::f", 5);
    assert_eq!(fixture.proven("P::f"), Some((2, 5, false)));
    fixture.ran("two", 1, "P::f", 9);
    assert_eq!(fixture.proven("P::f"), None, "the other runs the old code, rightly so: that is no news");
}

#[test]
fn old_code_that_is_called_after_the_swap_is_stale_and_what_was_called_before_it_is_not() {
    let mut fixture = two_engines();
    fixture.save("/w/a/src/lib.rs").stage(2, "a").ends(2, "a", Outcome::Built(reload("a", 2)));
    fixture.engine_says("one", answer(2, Answer::Applied, None)).ran("one", 1, "P::f", 9);
    assert_eq!(fixture.proven("P::f"), Some((2, 0, false)), "what was left to report");
    fixture.ran("one", 1, "P::f", 9);
    assert_eq!(fixture.proven("P::f"), Some((2, 0, true)));
    fixture.ran("one", 2, "P::g", 1);
    assert_eq!(fixture.proven("P::f"), Some((2, 0, true)), "that others are called does not mend it");
    fixture.ran("one", 2, "P::f", 1);
    assert_eq!(fixture.proven("P::f"), Some((2, 1, false)));
    fixture.ran("one", 1, "P::f", 9).ran("one", 1, "P::f", 9);
    assert_eq!(fixture.proven("P::f"), Some((2, 1, true)));
    fixture.event(Event::EngineGone { session: Session("one".to_owned()) }).ran("two", 2, "P::g", 1);
    assert_eq!(fixture.proven("P::f"), Some((2, 1, false)), "its stacks are gone with it");
}
