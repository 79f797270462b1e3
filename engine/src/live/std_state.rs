//! Types of the standard library as script state: their layouts, and how their values go over to another type.

use std::any::{TypeId, type_name};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::num::Wrapping;
use std::rc::Rc;
use std::sync::{Arc, Mutex, RwLock, TryLockError};
use std::time::{Duration, Instant, SystemTime};

use crate::mode::convert::{float, integer, interned, letter, narrow, text};
use crate::mode::layout::{Shape, TypeLayout};
use crate::mode::migrate::{Failure, Loader, Moved, Saver};
use crate::mode::state::{Describer, State, described};
use crate::mode::tree::{Held, Tree, from_tree, to_tree};

pub(super) fn wrong<T>(tree: &Tree) -> Failure {
    Failure::new(format!("{} is no `{}`", tree.describe(), type_name::<T>()))
}

fn foreign<T: 'static>() -> TypeLayout {
    described::<T>(type_name::<T>(), Shape::Foreign(TypeId::of::<T>()))
}

/// The way of one type: its tree, and its value from a tree without `Some` and sharing around it.
macro_rules! plain {
    ($($type:ty: |$value:ident| $save:expr, |$tree:ident| $load:expr;)*) => {$(
        impl State for $type {
            fn layout(_: &mut Describer) -> TypeLayout {
                foreign::<Self>()
            }

            fn save(&self, _: &mut Saver) -> Moved<Tree> {
                let $value = self;
                Ok($save)
            }

            fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
                let $tree = loader.plain(tree)?;
                let value: Option<Self> = $load;
                value.ok_or_else(|| wrong::<Self>($tree))
            }
        }
    )*};
}

macro_rules! integers {
    ($($type:ty),*) => {
        plain! { $($type: |value| Tree::Int(*value as i128), |tree| integer(tree);)* }
    };
}

integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, usize);

plain! {
    (): |_value| Tree::Unit, |_tree| Some(());
    bool: |value| Tree::Bool(*value), |tree| if let Tree::Bool(value) = tree { Some(*value) } else { None };
    u128: |value| Tree::unsigned(*value), |tree| integer(tree);
    f32: |value| Tree::float((*value).into()), |tree| float(tree, f32::MANTISSA_DIGITS).and_then(narrow);
    f64: |value| Tree::float(*value), |tree| float(tree, f64::MANTISSA_DIGITS);
    char: |value| Tree::Char(*value), |tree| letter(tree);
    String: |value| Tree::Text(value.clone()), |tree| text(tree);
    Box<str>: |value| Tree::Text(value.to_string()), |tree| text(tree).map(Into::into);
    Rc<str>: |value| Tree::Text(value.to_string()), |tree| text(tree).map(Into::into);
    Arc<str>: |value| Tree::Text(value.to_string()), |tree| text(tree).map(Into::into);
    &'static str: |value| Tree::Text((*value).to_owned()), |tree| text(tree).map(interned);
}

/// Types that serde knows.
macro_rules! by_serde {
    ($($type:ty),*) => {$(
        impl State for $type {
            fn layout(_: &mut Describer) -> TypeLayout {
                foreign::<Self>()
            }

            fn save(&self, _: &mut Saver) -> Moved<Tree> {
                to_tree(self).map_err(Failure::new)
            }

            fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
                let tree = loader.plain(tree)?;
                from_tree(tree, &[]).map_err(|_| wrong::<Self>(tree))
            }
        }
    )*};
}

by_serde!(std::path::PathBuf, std::ffi::OsString, Duration, SystemTime);

impl State for Instant {
    fn layout(_: &mut Describer) -> TypeLayout {
        foreign::<Self>()
    }

    fn save(&self, _: &mut Saver) -> Moved<Tree> {
        Ok(Tree::Held(Held { value: Rc::new(*self), type_name: "std::time::Instant" }))
    }

    fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
        let tree = loader.plain(tree)?;
        let held = if let Tree::Held(held) = tree { held.value.downcast_ref().copied() } else { None };
        held.ok_or_else(|| wrong::<Self>(tree))
    }
}

/// The values of a sequence, whatever kept them.
pub(super) fn items<'t>(tree: &'t Tree) -> Option<Box<dyn Iterator<Item = &'t Tree> + 't>> {
    match tree {
        Tree::List(list) => Some(Box::new(list.iter())),
        Tree::Unit => Some(Box::new(std::iter::empty())),
        // A tuple struct that has become a tuple.
        Tree::Fields(fields) if fields.first().is_some_and(|(name, _)| name == "0") => {
            Some(Box::new(fields.iter().map(|(_, tree)| tree)))
        }
        _ => None,
    }
}

fn save_all<'a, T: State>(values: impl Iterator<Item = &'a T>, saver: &mut Saver) -> Moved<Tree> {
    let trees = values.map(|value| saver.deeper(|saver| value.save(saver)));
    trees.collect::<Moved<_>>().map(Tree::List)
}

fn load_all<T: State, C>(
    tree: &Tree,
    loader: &mut Loader<'_>,
    collect: impl FnOnce(Vec<T>) -> C,
) -> Moved<C> {
    let tree = loader.plain(tree)?;
    let items = items(tree).ok_or_else(|| wrong::<C>(tree))?;
    items.map(|item| T::load(item, loader)).collect::<Moved<Vec<T>>>().map(collect)
}

/// Sequences: their code is std's, the same in every generation; what they hold is described.
macro_rules! sequence {
    ($($name:literal: $type:ty where [$($bound:tt)*];)*) => {$(
        impl<T: State $($bound)*> State for $type {
            fn layout(describer: &mut Describer) -> TypeLayout {
                described::<Self>($name, Shape::Container(vec![T::layout(describer)]))
            }

            fn save(&self, saver: &mut Saver) -> Moved<Tree> {
                save_all(self.iter(), saver)
            }

            fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
                load_all(tree, loader, |values| values.into_iter().collect())
            }
        }
    )*};
}

sequence! {
    "Vec": Vec<T> where [];
    "VecDeque": VecDeque<T> where [];
    "BTreeSet": BTreeSet<T> where [+ Ord];
    "BinaryHeap": BinaryHeap<T> where [+ Ord];
    "slice": Box<[T]> where [];
}

impl<T: State + Eq + Hash, S: BuildHasher + Default + 'static> State for HashSet<T, S> {
    fn layout(describer: &mut Describer) -> TypeLayout {
        described::<Self>("HashSet", Shape::Container(vec![T::layout(describer)]))
    }

    fn save(&self, saver: &mut Saver) -> Moved<Tree> {
        save_all(self.iter(), saver)
    }

    fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
        load_all(tree, loader, |values| values.into_iter().collect())
    }
}

impl<T: State, const N: usize> State for [T; N] {
    fn layout(describer: &mut Describer) -> TypeLayout {
        described::<Self>("array", Shape::Container(vec![T::layout(describer)]))
    }

    fn save(&self, saver: &mut Saver) -> Moved<Tree> {
        save_all(self.iter(), saver)
    }

    fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
        let values = load_all(tree, loader, |values: Vec<T>| values)?;
        Self::try_from(values)
            .map_err(|values| Failure::new(format!("it has {} values, and the new array {N}", values.len())))
    }
}

fn save_map<'a, K: State, V: State>(
    map: impl Iterator<Item = (&'a K, &'a V)>,
    saver: &mut Saver,
) -> Moved<Tree> {
    let pairs = map.map(|(key, value)| {
        Ok((saver.deeper(|saver| key.save(saver))?, saver.deeper(|saver| value.save(saver))?))
    });
    pairs.collect::<Moved<_>>().map(Tree::Map)
}

fn load_map<K: State, V: State, C: FromIterator<(K, V)>>(tree: &Tree, loader: &mut Loader<'_>) -> Moved<C> {
    match loader.plain(tree)? {
        Tree::Map(map) => {
            map.iter().map(|(key, value)| Ok((K::load(key, loader)?, V::load(value, loader)?))).collect()
        }
        Tree::List(list) if list.is_empty() => Ok(std::iter::empty().collect()),
        other => Err(wrong::<C>(other)),
    }
}

impl<K: State + Ord, V: State> State for BTreeMap<K, V> {
    fn layout(describer: &mut Describer) -> TypeLayout {
        described::<Self>("BTreeMap", Shape::Container(vec![K::layout(describer), V::layout(describer)]))
    }

    fn save(&self, saver: &mut Saver) -> Moved<Tree> {
        save_map(self.iter(), saver)
    }

    fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
        load_map(tree, loader)
    }
}

impl<K: State + Eq + Hash, V: State, S: BuildHasher + Default + 'static> State for HashMap<K, V, S> {
    fn layout(describer: &mut Describer) -> TypeLayout {
        described::<Self>("HashMap", Shape::Container(vec![K::layout(describer), V::layout(describer)]))
    }

    fn save(&self, saver: &mut Saver) -> Moved<Tree> {
        save_map(self.iter(), saver)
    }

    fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
        load_map(tree, loader)
    }
}

impl<T: State> State for Option<T> {
    fn layout(describer: &mut Describer) -> TypeLayout {
        described::<Self>("Option", Shape::Container(vec![T::layout(describer)]))
    }

    fn save(&self, saver: &mut Saver) -> Moved<Tree> {
        match self {
            Some(value) => Ok(Tree::Some(Box::new(saver.deeper(|saver| value.save(saver))?))),
            None => Ok(Tree::None),
        }
    }

    fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
        match tree {
            Tree::None => Ok(None),
            Tree::Some(inner) => T::load(inner, loader).map(Some),
            // A field that has become optional.
            other => T::load(other, loader).map(Some),
        }
    }
}

impl<T: State, E: State> State for Result<T, E> {
    fn layout(describer: &mut Describer) -> TypeLayout {
        described::<Self>("Result", Shape::Container(vec![T::layout(describer), E::layout(describer)]))
    }

    fn save(&self, saver: &mut Saver) -> Moved<Tree> {
        let (name, tree) = match self {
            Ok(value) => ("Ok", value.save(saver)?),
            Err(error) => ("Err", error.save(saver)?),
        };
        Ok(Tree::Variant(name.into(), Box::new(tree)))
    }

    fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
        match loader.plain(tree)? {
            Tree::Variant(name, tree) if name == "Ok" => T::load(tree, loader).map(Ok),
            Tree::Variant(name, tree) if name == "Err" => E::load(tree, loader).map(Err),
            other => Err(wrong::<Self>(other)),
        }
    }
}

/// Types around one value: the value's own tree.
macro_rules! wrapper {
    ($($name:literal: $type:ty where [$($bound:tt)*], |$value:ident, $saver:ident| $save:expr, $make:expr;)*) => {$(
        impl<T: State $($bound)*> State for $type {
            fn layout(describer: &mut Describer) -> TypeLayout {
                described::<Self>($name, Shape::Container(vec![T::layout(describer)]))
            }

            fn save(&self, $saver: &mut Saver) -> Moved<Tree> {
                let $value = self;
                $save
            }

            fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
                T::load(tree, loader).map($make)
            }
        }
    )*};
}

fn in_use() -> Failure {
    Failure::new("it is borrowed or locked at this moment")
}

wrapper! {
    "Box": Box<T> where [], |value, saver| saver.deeper(|saver| (**value).save(saver)), Box::new;
    "Cell": Cell<T> where [+ Copy], |value, saver| value.get().save(saver), Cell::new;
    "RefCell": RefCell<T> where [], |value, saver| value.try_borrow().map_err(|_| in_use())?.save(saver), RefCell::new;
    "Wrapping": Wrapping<T> where [], |value, saver| value.0.save(saver), Wrapping;
    "Mutex": Mutex<T> where [], |value, saver| match value.try_lock() {
        Ok(value) => value.save(saver),
        Err(TryLockError::Poisoned(value)) => value.into_inner().save(saver),
        Err(TryLockError::WouldBlock) => Err(in_use()),
    }, Mutex::new;
    "RwLock": RwLock<T> where [], |value, saver| match value.try_read() {
        Ok(value) => value.save(saver),
        Err(TryLockError::Poisoned(value)) => value.into_inner().save(saver),
        Err(TryLockError::WouldBlock) => Err(in_use()),
    }, RwLock::new;
}

impl<T: State> State for OnceCell<T> {
    fn layout(describer: &mut Describer) -> TypeLayout {
        described::<Self>("OnceCell", Shape::Container(vec![T::layout(describer)]))
    }

    fn save(&self, saver: &mut Saver) -> Moved<Tree> {
        self.get().map_or(Ok(Tree::None), |value| Ok(Tree::Some(Box::new(value.save(saver)?))))
    }

    fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
        Ok(Option::<T>::load(tree, loader)?.map_or_else(Self::new, Self::from))
    }
}

/// Counted pointers: what is shared inside of a state is shared again.
macro_rules! counted {
    ($($name:literal $weak:literal: $module:ident $pointer:ident;)*) => {$(
        impl<T: State> State for $pointer<T> {
            fn layout(describer: &mut Describer) -> TypeLayout {
                described::<Self>($name, Shape::Container(vec![T::layout(describer)]))
            }

            fn save(&self, saver: &mut Saver) -> Moved<Tree> {
                saver.shared(&**self, Self::strong_count(self), $name)
            }

            fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
                loader.pointer(tree, Self::new)
            }
        }

        impl<T: State> State for std::$module::Weak<T> {
            fn layout(describer: &mut Describer) -> TypeLayout {
                described::<Self>($weak, Shape::Container(vec![T::layout(describer)]))
            }

            fn save(&self, saver: &mut Saver) -> Moved<Tree> {
                // One owner is this upgrade.
                let pointer = self.upgrade();
                pointer.map_or(Ok(Tree::None), |pointer| saver.weak(&*pointer))
            }

            fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
                match tree {
                    Tree::None => Ok(Self::new()),
                    tree => loader.pointer(tree, $pointer::<T>::new).map(|pointer| $pointer::downgrade(&pointer)),
                }
            }
        }
    )*};
}

counted! {
    "Rc" "rc::Weak": rc Rc;
    "Arc" "sync::Weak": sync Arc;
}

impl<T: State> State for PhantomData<T> {
    fn layout(describer: &mut Describer) -> TypeLayout {
        described::<Self>("PhantomData", Shape::Container(vec![T::layout(describer)]))
    }

    fn save(&self, _: &mut Saver) -> Moved<Tree> {
        Ok(Tree::Unit)
    }

    fn load(_: &Tree, _: &mut Loader<'_>) -> Moved<Self> {
        Ok(Self)
    }
}

impl<T: State> State for std::ops::Range<T> {
    fn layout(describer: &mut Describer) -> TypeLayout {
        described::<Self>("Range", Shape::Container(vec![T::layout(describer)]))
    }

    fn save(&self, saver: &mut Saver) -> Moved<Tree> {
        Ok(Tree::List(vec![self.start.save(saver)?, self.end.save(saver)?]))
    }

    fn load(tree: &Tree, loader: &mut Loader<'_>) -> Moved<Self> {
        let [start, end] = <[T; 2]>::load(tree, loader)?;
        Ok(start..end)
    }
}
