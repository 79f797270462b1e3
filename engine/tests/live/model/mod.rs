//! Migration against a model: random types, random edits of them, and what the model says becomes of a random value.
//!
//! All pairs are modules of one program, which the real rustc builds once. `LIVELINE_SEED` chooses the first number and
//! `LIVELINE_PAIRS` how many pairs.

mod edit;
mod predict;
mod types;

use std::fmt::Write as _;

use edit::edited;
use predict::{Way, predict};
use types::{Random, Struct, Type, Value};

/// Two generations of a type, and what becomes of a value.
struct Pair {
    old: Type,
    new: Type,
    value: Value,
    predicted: Result<Value, Way>,
}

fn pair(random: &mut Random) -> Pair {
    let mut names = 0;
    let mut one = Struct::random(random, 3, &mut names);
    // A script's state has a default.
    one.new_default(random);
    let new = Type::Struct(edited(&one, random, &mut names));
    let old = Type::Struct(one);
    let value = old.value(random);
    let predicted = predict(&value, &new);
    Pair { old, new, value, predicted }
}

const HEAD: &str = r#"
#![allow(dead_code, unused_imports)]
fn told<T: PartialEq + std::fmt::Debug>(moved: Result<T, String>, expected: Option<T>) -> String {
    match (moved, expected) {
        (Ok(moved), Some(expected)) if moved == expected => "as predicted".to_owned(),
        (Ok(moved), expected) => format!("moved to {moved:?}, predicted {expected:?}"),
        (Err(why), _) => format!("refused: {why}"),
    }
}
"#;

fn source(pairs: &[Pair]) -> String {
    let mut source = HEAD.to_owned();
    let mut main = String::new();
    let uses = "use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};";
    for (number, pair) in pairs.iter().enumerate() {
        let (old, new) = (pair.old.source(), pair.new.source());
        let mut module = |name: String, ty: &Type, function: String| {
            let mut declarations = String::new();
            ty.declare(&mut declarations);
            let _ = writeln!(source, "mod {name} {{ {uses}\n{declarations}{function} }}");
        };
        let value = pair.old.expression(&pair.value);
        module(format!("old{number}"), &pair.old, format!("pub fn value() -> {old} {{ {value} }}"));
        let expected = match &pair.predicted {
            Ok(value) => format!("Some({})", pair.new.expression(value)),
            Err(_) => "None".to_owned(),
        };
        let function = format!("pub fn expected() -> Option<{new}> {{ {expected} }}");
        module(format!("new{number}"), &pair.new, function);
        let _ = writeln!(
            main,
            "println!(\"{{}}\", told(liveline::__private::migrate(&old{number}::value()), new{number}::expected()));"
        );
    }
    let _ = writeln!(source, "fn main() {{ {main} }}");
    source
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

#[test]
fn values_go_over_as_the_model_says() {
    let seed = number("LIVELINE_SEED", 4);
    println!("LIVELINE_SEED={seed}");
    let mut random = Random(seed);
    let pairs: Vec<Pair> = (0..number("LIVELINE_PAIRS", 60)).map(|_| pair(&mut random)).collect();
    let output = crate::project::run_program("model", &source(&pairs));
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), pairs.len(), "{output}");
    let wrong = pairs.iter().zip(&lines).enumerate().filter(|(_, (pair, line))| match &pair.predicted {
        Ok(_) => **line != "as predicted",
        // What follows the fields says why, and names none.
        Err(way) => {
            let why = line.strip_prefix("refused: ").and_then(|line| line.strip_prefix(&way.concat()));
            why.is_none_or(|why| why.starts_with("field `"))
        }
    });
    let wrong: Vec<String> = wrong
        .map(|(number, (pair, line))| format!("pair {number}: {line}; the model: {:?}", pair.predicted))
        .collect();
    assert!(wrong.is_empty(), "seed {seed}: {}", wrong.join("\n"));
    let refused = pairs.iter().filter(|pair| pair.predicted.is_err()).count();
    println!("{} went over and {refused} were refused", pairs.len() - refused);
    assert!(pairs.len() < 20 || (refused > 0 && refused < pairs.len()), "a mix of both");
}
