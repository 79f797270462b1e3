//! Which types can be a script's state, and how each describes its layout.

use std::any::{TypeId, type_name};
use std::marker::PhantomData;

use crate::mode::layout::{FieldLayout, Place, Shape, TypeLayout, VariantLayout};
use crate::mode::migrate::{Loader, Moved, Saver};
use crate::mode::tree::Tree;

/// The state of a script: `Default`, owned, derived with [`#[derive(State)]`](macro@crate::State).
///
/// Types of the standard library that scripts hold state in implement it; a type of another crate needs not.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not script state",
    label = "does not derive `liveline::State`",
    note = "write `#[derive(Default, liveline::State)]` above the type"
)]
pub trait State: Sized + 'static {
    /// The type's layout in this build.
    #[doc(hidden)]
    fn layout(describer: &mut Describer) -> TypeLayout;
    /// The value without its type.
    #[doc(hidden)]
    fn save(&self, saver: &mut Saver) -> Moved<Tree>;
    /// A value of this type from one of another layout, by name.
    #[doc(hidden)]
    fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self>;
}

/// Describes types that may contain themselves.
#[derive(Default)]
pub struct Describer {
    open: Vec<TypeId>,
}

impl Describer {
    /// A struct, its fields given by `fields`.
    pub fn structure<T: 'static>(
        &mut self,
        name: &str,
        at: Place,
        fields: impl FnOnce(&mut Self) -> Vec<FieldLayout>,
    ) -> TypeLayout {
        self.nested::<T>(name, at, |describer| Shape::Fields(fields(describer)))
    }

    /// An enum, its variants given by `variants`.
    pub fn enumeration<T: 'static>(
        &mut self,
        name: &str,
        at: Place,
        variants: impl FnOnce(&mut Self) -> Vec<VariantLayout>,
    ) -> TypeLayout {
        self.nested::<T>(name, at, |describer| Shape::Variants(variants(describer)))
    }

    fn nested<T: 'static>(
        &mut self,
        name: &str,
        at: Place,
        shape: impl FnOnce(&mut Self) -> Shape,
    ) -> TypeLayout {
        let id = TypeId::of::<T>();
        if let Some(level) = self.open.iter().rev().position(|open| *open == id) {
            return TypeLayout { at: Some(at), ..described::<T>(name, Shape::Recursion(level)) };
        }
        self.open.push(id);
        let shape = shape(self);
        self.open.pop();
        TypeLayout { at: Some(at), ..described::<T>(name, shape) }
    }
}

pub(crate) fn described<T>(name: &str, shape: Shape) -> TypeLayout {
    TypeLayout { name: name.to_owned(), size: size_of::<T>(), align: align_of::<T>(), shape, at: None }
}

/// Asks a field's type for its layout: as [`State`] where it is, else by name, through [`Opaque`].
///
/// The inherent method goes before the trait's wherever its bound holds.
pub struct Probe<T>(PhantomData<T>);

impl<T> Probe<T> {
    /// The only value.
    pub const NEW: Self = Self(PhantomData);
}

impl<T: State> Probe<T> {
    /// The layout that the type itself describes.
    pub fn layout(&self, describer: &mut Describer, _module: &str) -> TypeLayout {
        T::layout(describer)
    }
}

/// The layout of a type that is not [`State`].
pub trait Opaque {
    /// Known by its identity, unless it names a type of the crate that `module` is in.
    fn layout(&self, describer: &mut Describer, module: &str) -> TypeLayout;
}

impl<T: 'static> Opaque for Probe<T> {
    fn layout(&self, _: &mut Describer, module: &str) -> TypeLayout {
        let name = type_name::<T>();
        let shape =
            if names_crate(name, module) { Shape::Unknown } else { Shape::Foreign(TypeId::of::<T>()) };
        described::<T>(name, shape)
    }
}

/// Whether a type's name has a part that is declared in the crate of `module`.
pub(crate) fn names_crate(type_name: &str, module: &str) -> bool {
    let root = module.split("::").next().unwrap_or(module);
    let is_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    type_name
        .split(|letter: char| !is_path(letter))
        .any(|path| path.strip_prefix(root).is_some_and(|rest| rest.starts_with("::")))
}

#[cfg(test)]
#[expect(dead_code, reason = "types that are only described")]
mod tests {
    use super::*;

    /// One generation's types: the same names in another module, as in another build.
    macro_rules! generation {
        ($name:ident { $($item:item)* }) => {
            mod $name {
                $(#[derive(crate::State)] $item)*
                pub(super) fn layout() -> super::TypeLayout {
                    <Player as crate::State>::layout(&mut super::Describer::default())
                }
            }
        };
    }

    fn difference(old: TypeLayout, new: TypeLayout) -> String {
        old.difference(&new).unwrap_or_default()
    }

    generation!(first {
        pub(super) struct Player { speed: f32, mode: Mode, parts: Vec<Part>, next: Option<Box<Player>>, at: (u8, [i64; 3]) }
        enum Mode { Walk, Run(u8), Fly { high: f32 } }
        struct Part(u32);
    });
    generation!(same {
        pub(super) struct Player { speed: f32, mode: Mode, parts: Vec<Part>, next: Option<Box<Player>>, at: (u8, [i64; 3]) }
        enum Mode { Walk, Run(u8), Fly { high: f32 } }
        struct Part(u32);
    });
    generation!(deep {
        pub(super) struct Player { speed: f32, mode: Mode, parts: Vec<Part>, next: Option<Box<Player>>, at: (u8, [i64; 3]) }
        enum Mode { Walk, Run(u8), Fly { high: f32 } }
        struct Part(i32);
    });
    generation!(variants {
        pub(super) struct Player { speed: f32, mode: Mode, parts: Vec<Part>, next: Option<Box<Player>>, at: (u8, [i64; 3]) }
        enum Mode { Run(u8), Walk, Fly { high: f32 } }
        struct Part(u32);
    });

    #[test]
    fn the_same_types_in_another_build_are_the_same_layout() {
        assert_eq!(difference(first::layout(), same::layout()), "");
    }

    #[test]
    fn a_change_is_named_however_deep_it_lies() {
        let reason = difference(first::layout(), deep::layout());
        assert_eq!(reason, "field `parts: Vec<Part>`: field `0` was `u32` and is `i32`");
        let reason = difference(first::layout(), variants::layout());
        assert_eq!(reason, "field `mode: Mode`: the list of variants is another");
    }

    generation!(pair { pub(super) struct Player { a: u32, b: u32 } });
    generation!(swapped { pub(super) struct Player { b: u32, a: u32 } });
    generation!(renamed { pub(super) struct Player { a: u32, c: u32 } });
    generation!(wider { pub(super) struct Player { a: u32, b: u64 } });
    generation!(unit { pub(super) struct Player; });
    generation!(tuple { pub(super) struct Player(u32, u32); });
    generation!(choice { pub(super) enum Player { A = 1, B = 2 } });
    generation!(other_choice { pub(super) enum Player { A = 1, B = 3 } });

    #[test]
    fn fields_are_compared_by_name_type_and_place() {
        let from_pair = |new| difference(pair::layout(), new);
        assert_eq!(from_pair(swapped::layout()), "field `a` is at another place");
        assert_eq!(from_pair(renamed::layout()), "field `b: u32` is gone");
        assert_eq!(from_pair(wider::layout()), "field `b` was `u32` and is `u64`");
        assert_eq!(from_pair(unit::layout()), "field `a: u32` is gone");
        assert_eq!(from_pair(tuple::layout()), "field `a: u32` is gone");
        assert!(!from_pair(choice::layout()).is_empty());
        assert_eq!(difference(choice::layout(), other_choice::layout()), "the list of variants is another");
    }

    struct Undeclared(u8);
    mod undeclared {
        #[derive(crate::State)]
        pub(super) struct Player {
            list: Vec<super::Undeclared>,
        }
    }

    #[test]
    fn a_type_of_the_same_crate_that_does_not_derive_state_is_never_the_same() {
        let layout = || undeclared::Player::layout(&mut Describer::default());
        let reason = difference(layout(), layout());
        assert!(reason.starts_with("field `list: Vec<super::Undeclared>`: the layout of"), "{reason}");
        assert!(reason.ends_with("is not known: derive `liveline::State` for it"), "{reason}");
    }

    mod foreign {
        #[derive(crate::State)]
        pub(super) struct Player {
            address: std::net::IpAddr,
            list: Vec<std::net::IpAddr>,
        }
    }

    #[test]
    fn a_type_of_another_crate_is_known_by_its_identity() {
        let layout = || foreign::Player::layout(&mut Describer::default());
        assert_eq!(difference(layout(), layout()), "");
    }

    #[test]
    fn a_name_belongs_to_a_crate_by_its_first_part() {
        let in_scripts = |name| names_crate(name, "scripts::player");
        assert!(in_scripts("scripts::player::Part"));
        assert!(in_scripts("alloc::vec::Vec<scripts::Part>"));
        assert!(in_scripts("(u8, &mut dyn scripts::Part)"));
        assert!(!in_scripts("other::scripts::Part"));
        assert!(!in_scripts("scripts_more::Part"));
    }

    mod generic {
        #[derive(crate::State)]
        pub(super) struct Player<T, const N: usize> {
            pair: Pair<T>,
            list: [T; N],
        }
        #[derive(crate::State)]
        struct Pair<T>(T, T);
    }

    #[test]
    fn generic_types_are_described_with_their_arguments() {
        let of = |layout: fn(&mut Describer) -> TypeLayout| layout(&mut Describer::default());
        let (wide, narrow) = (of(generic::Player::<u32, 2>::layout), of(generic::Player::<i32, 2>::layout));
        let reason = difference(wide.clone(), narrow);
        assert_eq!(reason, "field `pair: Pair<T>`: field `0: T`: `u32` became `i32`");
        assert_eq!(difference(wide.clone(), wide), "");
    }
}
