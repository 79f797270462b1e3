//! Tuples as script state.

use crate::mode::layout::{Shape, TypeLayout};
use crate::mode::migrate::{Loader, Moved, Saver};
use crate::mode::state::{Describer, State, described};
use crate::mode::std_state::{items, wrong};
use crate::mode::tree::Tree;

macro_rules! tuple {
    ($($name:literal: $($argument:ident $index:tt),+;)*) => {$(
        impl<$($argument: State),+> State for ($($argument,)+) {
            fn layout(describer: &mut Describer) -> TypeLayout {
                described::<Self>($name, Shape::Container(vec![$($argument::layout(describer)),+]))
            }

            fn save(&self, saver: &mut Saver) -> Moved<Tree> {
                Ok(Tree::List(vec![$(saver.deeper(|saver| self.$index.save(saver))?),+]))
            }

            fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
                let tree = loader.plain(tree)?;
                let items: Vec<&Tree> = items(tree).ok_or_else(|| wrong::<Self>(tree))?.collect();
                if items.len() != [$($index),+].len() {
                    return Err(wrong::<Self>(tree));
                }
                Ok(($($argument::load(items[$index], loader)?,)+))
            }
        }
    )*};
}

tuple! {
    "(A,)": A 0;
    "(A, B)": A 0, B 1;
    "(A, B, C)": A 0, B 1, C 2;
    "(A, B, C, D)": A 0, B 1, C 2, D 3;
    "(A, B, C, D, E)": A 0, B 1, C 2, D 3, E 4;
    "(A, B, C, D, E, F)": A 0, B 1, C 2, D 3, E 4, F 5;
}
