//! Plain functions without a server: generations are this process's own functions under the names of a library's.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::FaultKind;

/// An engine, and what it reports.
struct Fixture {
    functions: Functions,
    mailbox: Arc<Mailbox>,
    reports: Rc<RefCell<Vec<String>>>,
}

impl Fixture {
    fn new() -> Self {
        let reports = Rc::new(RefCell::new(Vec::new()));
        let sink = Rc::clone(&reports);
        let outbox =
            Outbox::new(Box::new(move |report| sink.borrow_mut().push(line(report))), Arc::default());
        let mailbox = Arc::new(Mailbox::default());
        Self { functions: Functions::new(None, outbox, Arc::clone(&mailbox)), mailbox, reports }
    }

    /// A generation of `scripts` has been loaded.
    fn load(&self, number: u64, symbols: &[(&str, usize)]) {
        let symbols = symbols.iter().map(|(name, address)| liveline_link::Export {
            name: (*name).to_owned(),
            address: *address as u64,
        });
        self.mailbox.put(Mail::Loaded(Loaded {
            library: "scripts".to_owned(),
            generation: Generation(number),
            scripts: Vec::new(),
            kept: Vec::new(),
            symbols: Symbols::of_image(0, symbols.collect()),
            build: Duration::ZERO,
            load: Duration::ZERO,
            speculated: false,
            saved_at_unix_micros: None,
            changed: Vec::new(),
            trigger: wire::Trigger::Save,
            reset: None,
        }));
    }

    /// What is reported and told at a poll.
    fn poll(&mut self) -> Vec<String> {
        self.functions.poll();
        let events = self.functions.take_events().into_iter().map(|event| event.to_string());
        self.reports.take().into_iter().chain(events).collect()
    }
}

fn line(report: Report) -> String {
    match report {
        Report::Reloaded(wire::Reloaded { generation, outcome, reason, .. }) => {
            format!("{} {outcome:?} {}", generation.0, reason.unwrap_or_default())
        }
        Report::Ran(ran) => format!("{} ran {:?}", ran.generation.0, ran.functions),
        Report::Fault(fault) => format!("{} {}", fault.generation.0, fault.message),
        #[allow(unreachable_patterns, reason = "there may be more to report")]
        _ => "another report".to_owned(),
    }
}

extern "C" fn one() -> i32 {
    1
}

extern "C" fn two() -> i32 {
    2
}

fn address(function: extern "C" fn() -> i32) -> usize {
    function as usize
}

#[test]
fn an_address_changes_at_a_poll_and_only_there() {
    let mut engine = Fixture::new();
    let answer = engine.functions.bind("scripts", "answer").unwrap();
    engine.load(1, &[("answer", address(one))]);
    assert!(engine.functions.address(answer).is_null());
    assert_eq!(engine.poll(), ["1 Applied ", "scripts generation 1 is live"]);
    assert_eq!(engine.functions.address(answer).addr(), address(one));
    engine.load(2, &[("answer", address(two))]);
    let mut call = engine.functions.call(answer);
    call.run(|| assert_eq!(engine.poll(), [""; 0], "inside of a call nothing is swapped"));
    assert!(engine.functions.end(call).is_none());
    assert_eq!(engine.poll(), ["1 ran {\"answer\": 1}", "2 Applied ", "scripts generation 2 is live"]);
    assert_eq!(engine.functions.address(answer).addr(), address(two));
    assert_eq!(
        (engine.functions.calls(answer), engine.functions.generation("scripts")),
        (1, Some(Generation(2)))
    );
}

#[test]
fn all_functions_are_exchanged_or_none() {
    let mut engine = Fixture::new();
    let first = engine.functions.bind("scripts", "first").unwrap();
    let second = engine.functions.bind("scripts", "second").unwrap();
    engine.load(1, &[("first", address(one)), ("second", address(one))]);
    engine.poll();
    engine.load(2, &[("first", address(two))]);
    let said = engine.poll();
    assert!(said[0].starts_with("2 Refused generation 2 of `scripts` has no function `second`"), "{said:?}");
    assert!(said[1].starts_with("scripts generation 2 refused: "), "{said:?}");
    assert_eq!(engine.functions.address(first), engine.functions.address(second));
    assert!(engine.functions.bind("scripts", "third").unwrap_err().contains("generation 1"));
    assert_eq!(engine.functions.bind("scripts", "first"), Ok(first));
}

#[test]
fn only_the_newest_of_several_generations_runs() {
    let mut engine = Fixture::new();
    engine.load(1, &[]);
    engine.load(2, &[]);
    assert_eq!(
        engine.poll(),
        [
            "1 Refused generation 2 came before the game's next poll",
            "2 Applied ",
            "scripts generation 2 is live"
        ]
    );
}

#[test]
fn what_runs_gets_another_number_and_outlives_its_library() {
    let mut engine = Fixture::new();
    let answer = engine.functions.bind("scripts", "answer").unwrap();
    engine.load(5, &[("answer", address(one))]);
    engine.poll();
    let library = || "scripts".to_owned();
    engine.mailbox.put(Mail::Renumbered { library: library(), generation: Generation(1) });
    assert_eq!(engine.poll(), ["1 Applied "]);
    assert_eq!(engine.functions.generation("scripts"), Some(Generation(1)));
    engine.mailbox.put(Mail::Retired { library: library() });
    assert_eq!(
        engine.poll(),
        ["the workspace has no library `scripts` any more; its functions keep their code"]
    );
    assert_eq!(engine.functions.address(answer).addr(), address(one));
    assert_eq!(engine.functions.generation("scripts"), None);
}

#[test]
fn a_panic_is_the_call_s_fault_or_waits_for_the_poll() {
    let mut engine = Fixture::new();
    let answer = engine.functions.bind("scripts", "answer").unwrap();
    engine.load(3, &[("answer", address(one))]);
    engine.poll();
    let origin = engine.functions.libraries["scripts"].origin;
    let mut call = engine.functions.call(answer);
    call.run(|| panics::tell_for_test(origin, "answer", "no fuel", 7));
    let fault = engine.functions.end(call).unwrap();
    assert_eq!((fault.kind(), fault.generation()), (FaultKind::Panic, Generation(3)));
    assert_eq!(fault.to_string(), "answer panicked at a.rs:7:1: no fuel");
    assert_eq!(engine.poll(), ["3 no fuel", "answer panicked at a.rs:7:1: no fuel"], "told once");
    std::thread::spawn(move || panics::tell_for_test(origin, "answer", "no air", 9)).join().unwrap();
    let call = engine.functions.call(answer);
    assert!(engine.functions.end(call).is_none(), "another thread's panic is not this call's");
    assert_eq!(engine.poll(), ["3 no air", "answer panicked at a.rs:9:1: no air"]);
}

#[test]
fn an_unwinding_call_is_over() {
    let engine = Fixture::new();
    let mut call = Call { depth: Depth::clone(&engine.functions.depth), target: None, crash: None };
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call.run(|| panic!("through"))));
    assert!(caught.is_err() && !engine.functions.in_script());
}
