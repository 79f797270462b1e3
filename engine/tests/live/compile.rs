//! Mistakes in an interface or a script are errors at the right place, in words that say what to do.

use crate::project::errors_of;

/// The scripts crate's errors, each as `line: message`, for a source whose first line is line 1.
fn check(source: &str, expected: &[&str]) {
    let errors = errors_of(source);
    let found: Vec<&str> = errors.lines().collect();
    for part in expected {
        assert!(found.iter().any(|line| line.contains(part)), "`{part}` in\n{errors}");
    }
    assert_eq!(found.len(), expected.len(), "{errors}");
}

#[test]
fn what_an_interface_cannot_hold_is_named_at_its_place() {
    let source = "\
#[liveline::interface]
pub trait Script<T> {
    const SPEED: f32;
    fn generic<U>(&self, t: U);
    fn borrows<'a>(&self, t: &'a str) -> &'a str;
    async fn waits(&self);
    fn nobody();
    fn takes(self);
    fn boxed(self: Box<Self>);
    fn any(&self, of: impl Clone);
    fn other(&self, than: &Self) -> Option<&Self>;
    unsafe fn danger(&self);
    extern \"C\" fn foreign(&self);
    #[cfg(unix)]
    fn sometimes(&self);
    fn make() -> Self where Self: Sized;
}
";
    check(
        source,
        &[
            "2: an interface has no generic parameters",
            "3: an interface holds methods only",
            "4: an interface method has no generic types",
            "6: an interface method is not async",
            "7: an interface method takes `&self` or `&mut self`: the engine calls it on an instance",
            "8: an interface method takes `&self` or `&mut self`: the engine keeps the instance",
            "9: an interface method takes `&self` or `&mut self`: the engine keeps the instance",
            "10: an interface method names its types",
            "11: an interface method cannot name `Self`",
            "11: an interface method cannot name `Self`",
            "12: an interface method is not unsafe",
            "13: an interface method has Rust's calling convention",
            "14: a method of an interface is always there",
        ],
    );
}

#[test]
fn a_trait_that_is_no_interface_is_named_at_the_impl() {
    let source = "\
pub trait Other { fn update(&mut self); }
#[derive(Default, liveline::State)]
pub struct Player;
#[liveline::script]
impl Other for Player { fn update(&mut self) {} }
";
    check(source, &["5: `dyn Other` is not a Liveline interface"]);
}

#[test]
fn a_type_that_is_no_state_is_named_at_the_impl() {
    let source = "\
#[derive(Default)]
pub struct Player;
#[liveline::script]
impl game_api::Script for Player { fn update(&mut self, _: &mut game_api::World) -> i64 { 0 } }
#[derive(liveline::State)]
pub struct Enemy;
#[liveline::script]
impl game_api::Script for Enemy { fn update(&mut self, _: &mut game_api::World) -> i64 { 0 } }
";
    check(
        source,
        &["4: `Player` is not script state", "8: the trait bound `Enemy: Default` is not satisfied"],
    );
}

#[test]
fn misplaced_attributes_say_where_they_belong() {
    let source = "\
pub struct Player;
#[liveline::script]
impl Player {}
#[liveline::script(nome = \"x\")]
impl Clone for Player { fn clone(&self) -> Self { Player } }
#[derive(liveline::State)]
pub struct Borrows<'a>(&'a str);
#[derive(liveline::State)]
pub union Bits { a: u32, b: f32 }
";
    check(
        source,
        &[
            "3: `#[liveline::script]` stands above the impl of an interface",
            "4: `#[liveline::script]` knows `name = \"…\"` only",
            "7: state owns its data",
            "9: a union's layout does not say",
        ],
    );
}

#[test]
fn a_signature_that_differs_from_the_interface_is_the_compilers_own_error() {
    let source = "\
#[derive(Default, liveline::State)]
pub struct Player;
#[liveline::script]
impl game_api::Script for Player { fn update(&mut self, _: &game_api::World) -> i64 { 0 } }
";
    check(source, &["4: method `update` has an incompatible type for trait"]);
}

#[test]
fn what_the_macros_write_passes_strict_lints() {
    let source = "\
#![deny(warnings, missing_docs, unused_qualifications, unreachable_pub)]
#![forbid(unsafe_code)]
//! Strict.
#[derive(Default)]
/// World.
pub struct World;
/// Interface.
#[liveline::interface]
pub trait Strict {
    /// Documented.
    fn update(&mut self, world: &mut World);
    /// Returns a borrow.
    fn name<'a>(&self, of: &'a str, _: (u8, u8)) -> &'a str { of }
}
/// State.
#[derive(Default, Debug, liveline::State)]
pub struct Player { /// Field.
    pub speed: f32 }
#[liveline::script(name = \"the-player\")]
impl Strict for Player { fn update(&mut self, _: &mut World) { self.speed += 1.0; } }
";
    check(source, &[]);
}
