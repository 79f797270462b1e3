//! Whether what a library's scripts implement is what this engine calls.

use crate::mode::registry::STAMP;
use crate::mode::section::Record;

/// The interface that an engine calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ours<'a> {
    pub(crate) interface: &'a str,
    pub(crate) methods: &'a str,
}

/// Fails with a sentence that names both sides if a script of `interface` cannot be called by this engine.
pub(crate) fn check(records: &[Record<'_>], ours: Ours<'_>) -> Result<(), String> {
    let mut seen: Vec<&str> = Vec::new();
    for record in records.iter().filter(|record| record.interface == ours.interface) {
        check_record(record, ours)?;
        if seen.contains(&record.script) {
            return Err(format!("two scripts are called `{}`: give one another name", record.script));
        }
        seen.push(record.script);
    }
    Ok(())
}

fn check_record(record: &Record<'_>, ours: Ours<'_>) -> Result<(), String> {
    let script = record.script;
    if record.methods != ours.methods {
        let differences = differences(record.methods, ours.methods);
        return Err(format!(
            "script `{script}` implements another `{}` than this engine calls: {differences}; restart the engine",
            ours.interface
        ));
    }
    if record.stamp != STAMP {
        return Err(format!(
            "script `{script}` was built with {} and the engine with {STAMP}: build both with the same",
            record.stamp
        ));
    }
    Ok(())
}

/// The lines that differ, each with its counterpart.
fn differences(script: &str, engine: &str) -> String {
    let named = |text: &str, name: &str| text.lines().find(|line| method(line) == name).map(str::to_owned);
    let mut sentences: Vec<String> = Vec::new();
    for ours in engine.lines() {
        match named(script, method(ours)) {
            Some(theirs) if theirs == ours => {}
            Some(theirs) => sentences.push(format!("the script has `{theirs}`, the engine has `{ours}`")),
            None => sentences.push(format!("the engine has `{ours}`, which the script does not know")),
        }
    }
    for theirs in script.lines().filter(|theirs| named(engine, method(theirs)).is_none()) {
        sentences.push(format!("the script has `{theirs}`, which the engine does not know"));
    }
    if sentences.is_empty() {
        let order = |text: &str| text.lines().map(method).collect::<Vec<_>>().join(", ");
        return format!("the script's order is {}, the engine's {}", order(script), order(engine));
    }
    sentences.join("; ")
}

/// `update` of `fn update(&mut self)`; a line that is no method is its own name up to the first `:`.
fn method(line: &str) -> &str {
    let line = line.strip_prefix("fn ").unwrap_or(line);
    line.split(['(', '<', ':']).next().unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGINE: &str = "fn update(&mut self, dt: f32)\nfn name(&self) -> String\n";

    fn refusal(methods: &str) -> String {
        let record =
            Record { script: "player", interface: "api::Script", stamp: STAMP, methods, ..Record::default() };
        check(&[record], Ours { interface: "api::Script", methods: ENGINE }).err().unwrap_or_default()
    }

    #[test]
    fn the_same_interface_is_accepted() {
        assert_eq!(refusal(ENGINE), "");
    }

    #[test]
    fn a_changed_signature_is_named_on_both_sides() {
        let reason = refusal("fn update(&mut self, dt: f64)\nfn name(&self) -> String\n");
        assert!(reason.contains("the script has `fn update(&mut self, dt: f64)`"), "{reason}");
        assert!(reason.contains("the engine has `fn update(&mut self, dt: f32)`"), "{reason}");
        assert!(!reason.contains("name"), "{reason}");
    }

    #[test]
    fn added_removed_and_reordered_methods_are_named() {
        let reason = refusal("fn update(&mut self, dt: f32)\nfn jump(&mut self)\n");
        assert!(
            reason.contains("the engine has `fn name(&self) -> String`, which the script does not"),
            "{reason}"
        );
        assert!(
            reason.contains("the script has `fn jump(&mut self)`, which the engine does not"),
            "{reason}"
        );
        let reason = refusal("fn name(&self) -> String\nfn update(&mut self, dt: f32)\n");
        assert!(reason.contains("order is name, update, the engine's update, name"), "{reason}");
    }

    #[test]
    fn another_compiler_is_refused_and_another_interface_is_none_of_our_business() {
        let other_stamp = Record {
            script: "player",
            interface: "api::Script",
            stamp: "liveline 9, rustc 2",
            methods: ENGINE,
            ..Record::default()
        };
        let ours = Ours { interface: "api::Script", methods: ENGINE };
        assert!(check(&[other_stamp], ours).unwrap_err().contains("rustc 2"));
        assert_eq!(check(&[Record { interface: "api::Hud", ..other_stamp }], ours), Ok(()));
        let twice = Record { stamp: STAMP, ..other_stamp };
        assert!(check(&[twice, twice], ours).unwrap_err().contains("two scripts"));
    }
}
