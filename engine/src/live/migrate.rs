//! State on its way from one layout to another: by field name, through trees.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::mode::state::{State, names_crate};
use crate::mode::tree::{Held, Saved, Tree, from_tree, to_tree};

/// Values nested deeper are not moved: each level takes some of the game's stack.
const DEEPEST: usize = 500;

/// A field as the source has it.
#[derive(Clone, Copy, Debug)]
pub struct FieldInfo {
    /// Its name, or its number in a tuple.
    pub name: &'static str,
    /// What it was called before: `#[state(renamed_from = "…")]`.
    pub earlier: Option<&'static str>,
    /// Its type as the source has it.
    pub written: &'static str,
    /// The type that it is in.
    pub owner: &'static str,
    /// The file as rustc names it, the line and the column, each 1-based.
    pub at: (&'static str, u32, u32),
}

/// Why a value cannot go over.
#[derive(Clone, Debug)]
pub struct Failure {
    pub(crate) why: String,
    /// The fields that lead to it, innermost first.
    pub(crate) trail: Vec<FieldInfo>,
}

impl Failure {
    /// At no field yet.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), trail: Vec::new() }
    }

    fn within(mut self, field: &FieldInfo) -> Self {
        self.trail.push(*field);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for field in self.trail.iter().rev() {
            write!(f, "field `{}: {}` of `{}`: ", field.name, field.written, field.owner)?;
        }
        f.write_str(&self.why)
    }
}

/// What came of one step.
pub type Moved<T> = Result<T, Failure>;

/// Takes state apart.
#[derive(Default)]
pub struct Saver {
    shared: Vec<Shared>,
    /// What `Rc`s and `Arc`s point at, by address and type.
    places: HashMap<(usize, TypeId), usize>,
    depth: usize,
    for_file: bool,
}

/// What counted pointers point at.
struct Shared {
    tree: Tree,
    /// Of its pointers, so many were met.
    met: usize,
    owners: usize,
    /// `Rc` or `Arc`.
    pointer: &'static str,
}

impl Saver {
    /// Of one value. `for_file`: for another process, which cannot hold what only this one can.
    pub(crate) fn save<T: State>(value: &T, for_file: bool) -> Moved<Saved> {
        let mut saver = Self { for_file, ..Self::default() };
        let root = value.save(&mut saver)?;
        let outside = saver.shared.iter().find(|shared| shared.met < shared.owners).filter(|_| !for_file);
        if let Some(Shared { pointer, .. }) = outside {
            return Err(Failure::new(format!("a `{pointer}` is shared with values outside of the state")));
        }
        Ok(Saved { root, shared: saver.shared.into_iter().map(|shared| shared.tree).collect() })
    }

    /// One field.
    pub fn field(
        &mut self,
        field: &FieldInfo,
        save: impl FnOnce(&mut Self) -> Moved<Tree>,
    ) -> Moved<(std::borrow::Cow<'static, str>, Tree)> {
        let tree = self.deeper(save).map_err(|failure| failure.within(field));
        match tree {
            Ok(tree) => Ok((field.name.into(), tree)),
            // The next process goes on without it, rather than without everything.
            Err(failure) if self.for_file => Ok((field.name.into(), Tree::Lost(failure.why))),
            Err(failure) => Err(failure),
        }
    }

    /// A level further down.
    pub(crate) fn deeper<T>(&mut self, save: impl FnOnce(&mut Self) -> Moved<T>) -> Moved<T> {
        if self.depth == DEEPEST {
            return Err(Failure::new(format!("its values are nested more than {DEEPEST} levels deep")));
        }
        self.depth += 1;
        let result = save(self);
        self.depth -= 1;
        result
    }

    /// What a counted pointer points at: once, however many pointers there are.
    pub(crate) fn shared<T: State>(
        &mut self,
        value: &T,
        owners: usize,
        pointer: &'static str,
    ) -> Moved<Tree> {
        let place = (std::ptr::from_ref(value).addr(), TypeId::of::<T>());
        if let Some(index) = self.places.get(&place) {
            self.shared[*index].met += 1;
            return Ok(Tree::Shared(*index));
        }
        let index = self.shared.len();
        self.places.insert(place, index);
        self.shared.push(Shared { tree: Tree::Unit, met: 1, owners, pointer });
        self.shared[index].tree = self.deeper(|saver| value.save(saver))?;
        Ok(Tree::Shared(index))
    }

    /// What a weak pointer points at, which something else in the state must own.
    pub(crate) fn weak<T: State>(&mut self, value: &T) -> Moved<Tree> {
        let place = (std::ptr::from_ref(value).addr(), TypeId::of::<T>());
        let known = self.places.get(&place).map(|index| Tree::Shared(*index));
        known.ok_or_else(|| Failure::new("a weak pointer stands before the value that it points at"))
    }

    fn held<T: Clone + 'static>(&self, value: &T) -> Tree {
        let type_name = type_name::<T>();
        if self.for_file {
            return Tree::Lost(format!("`{type_name}` lives in one process only"));
        }
        Tree::Held(Held { value: Rc::new(value.clone()), type_name })
    }
}

/// Puts state together.
pub struct Loader<'a> {
    shared: &'a [Tree],
    made: HashMap<(usize, TypeId), Box<dyn Any>>,
    open: Vec<usize>,
    /// Whether a field that cannot go over starts from its default, as after a process has died.
    lenient: bool,
}

impl<'a> Loader<'a> {
    /// One value. `lenient`: what cannot go over starts from its default where there is one.
    pub(crate) fn load<T: State>(saved: &'a Saved, lenient: bool) -> Moved<T> {
        let mut loader = Loader { shared: &saved.shared, made: HashMap::new(), open: Vec::new(), lenient };
        T::load(&saved.root, &mut loader)
    }

    /// A field of a struct or a variant, if the old value has it.
    pub fn field<T>(
        &mut self,
        tree: &Tree,
        field: &FieldInfo,
        load: impl FnOnce(&Tree, &mut Self) -> Moved<T>,
    ) -> Moved<Option<T>> {
        let found = tree.field(field.name).or_else(|| tree.field(field.earlier?));
        let Some(found) = found else { return Ok(None) };
        match load(found, self) {
            Ok(value) => Ok(Some(value)),
            Err(_) if self.lenient => Ok(None),
            Err(failure) => Err(failure.within(field)),
        }
    }

    /// What a tree stands for when what the new type asks for is not optional and not shared.
    pub fn peel<'t>(&self, mut tree: &'t Tree) -> Moved<&'t Tree>
    where
        'a: 't,
    {
        loop {
            tree = match tree {
                Tree::Some(inner) => inner,
                Tree::None => return Err(Failure::new("it is `None`, and the new type is not optional")),
                Tree::Shared(index) => self.at(*index)?,
                peeled => return Ok(peeled),
            }
        }
    }

    /// The same where the new type is no struct: of a newtype, what it holds.
    pub(crate) fn plain<'t>(&self, tree: &'t Tree) -> Moved<&'t Tree>
    where
        'a: 't,
    {
        match self.peel(tree)? {
            Tree::Fields(fields) if fields.len() == 1 && fields[0].0 == "0" => self.plain(&fields[0].1),
            plain => Ok(plain),
        }
    }

    /// What a struct of these fields is made from. Fails if the old value was no struct.
    pub fn structure<'t>(&self, tree: &'t Tree, fields: &[&str]) -> Moved<&'t Tree>
    where
        'a: 't,
    {
        let peeled = self.peel(tree)?;
        let is_tuple = fields.first() == Some(&"0");
        match peeled {
            Tree::Fields(_) | Tree::Unit => Ok(peeled),
            Tree::List(_) if is_tuple => Ok(peeled),
            newtype if is_tuple && fields.len() == 1 => Ok(newtype),
            other => Err(Failure::new(format!("{} is no struct", other.describe()))),
        }
    }

    fn at(&self, index: usize) -> Moved<&'a Tree> {
        self.shared.get(index).ok_or_else(|| Failure::new("a shared value is missing"))
    }

    /// A counted pointer: all that shared a value share it again. `P` is the pointer.
    pub(crate) fn pointer<T: State, P: Clone + 'static>(
        &mut self,
        tree: &Tree,
        make: impl FnOnce(T) -> P,
    ) -> Moved<P> {
        let Tree::Shared(index) = tree else { return Ok(make(T::load(tree, self)?)) };
        let key = (*index, TypeId::of::<P>());
        if let Some(made) = self.made.get(&key).and_then(|made| made.downcast_ref::<P>()) {
            return Ok(made.clone());
        }
        if self.open.contains(index) {
            return Err(Failure::new("its pointers form a circle, which cannot be moved"));
        }
        self.open.push(*index);
        let target = self.at(*index)?;
        let value = T::load(target, self);
        self.open.pop();
        let pointer = make(value?);
        self.made.insert(key, Box::new(pointer.clone()));
        Ok(pointer)
    }
}

/// A value in another layout, as at a swap. For tests of what goes over.
pub fn migrate<A: State, B: State>(value: &A) -> Result<B, String> {
    let saved = Saver::save(value, false).map_err(|failure| failure.to_string())?;
    Loader::load(&saved, false).map_err(|failure| failure.to_string())
}

/// Of a new field that has no old value: the default of its struct, or of its own type.
pub fn missing(field: &FieldInfo) -> Failure {
    Failure::new("it is new, and neither it nor its struct has a `Default`").within(field)
}

/// A value of an enum's variant that the new enum does not have.
pub fn no_variant(tree: &Tree, known: &[&str]) -> Failure {
    let mut list = String::new();
    for name in known {
        let _ = write!(list, "{}`{name}`", if list.is_empty() { "" } else { ", " });
    }
    Failure::new(format!("it is {}, and the new variants are {list}", tree.describe()))
}

/// Asks a field's type how its values go over: as [`State`], else through serde, else, for a type of another crate,
/// as a clone. Method resolution takes the first that the type has, from the most references to the fewest.
pub struct Way<T>(std::marker::PhantomData<T>);

impl<T> Way<T> {
    /// The only value.
    pub const NEW: Self = Self(std::marker::PhantomData);
}

/// See [`Way`].
pub trait ByState<T> {
    /// The value's tree.
    fn save(&self, value: &T, module: &str, saver: &mut Saver) -> Moved<Tree>;
    /// The tree's value.
    fn load(&self, tree: &Tree, loader: &mut Loader<'_>) -> Moved<T>;
}

impl<T: State> ByState<T> for &&&Way<T> {
    fn save(&self, value: &T, _: &str, saver: &mut Saver) -> Moved<Tree> {
        value.save(saver)
    }

    fn load(&self, tree: &Tree, loader: &mut Loader<'_>) -> Moved<T> {
        T::load(tree, loader)
    }
}

/// See [`Way`].
pub trait BySerde<T> {
    /// The value's tree.
    fn save(&self, value: &T, module: &str, saver: &mut Saver) -> Moved<Tree>;
    /// The tree's value.
    fn load(&self, tree: &Tree, loader: &mut Loader<'_>) -> Moved<T>;
}

impl<T: Serialize + DeserializeOwned> BySerde<T> for &&Way<T> {
    fn save(&self, value: &T, _: &str, _: &mut Saver) -> Moved<Tree> {
        to_tree(value).map_err(Failure::new)
    }

    fn load(&self, tree: &Tree, loader: &mut Loader<'_>) -> Moved<T> {
        from_tree(tree, loader.shared).map_err(Failure::new)
    }
}

/// See [`Way`].
pub trait ByClone<T> {
    /// The value's tree.
    fn save(&self, value: &T, module: &str, saver: &mut Saver) -> Moved<Tree>;
    /// The tree's value.
    fn load(&self, tree: &Tree, loader: &mut Loader<'_>) -> Moved<T>;
}

impl<T: Clone + 'static> ByClone<T> for &Way<T> {
    fn save(&self, value: &T, module: &str, saver: &mut Saver) -> Moved<Tree> {
        let name = type_name::<T>();
        // A type of the script's own crate may be another one in the next generation, under the same identity.
        if names_crate(name, module) { Err(no_way(name)) } else { Ok(saver.held(value)) }
    }

    fn load(&self, tree: &Tree, _: &mut Loader<'_>) -> Moved<T> {
        match tree {
            Tree::Held(held) => held.value.downcast_ref::<T>().cloned(),
            _ => None,
        }
        .ok_or_else(|| no_change(tree, type_name::<T>()))
    }
}

/// See [`Way`].
pub trait ByNothing<T> {
    /// Why there is none.
    fn save(&self, value: &T, module: &str, saver: &mut Saver) -> Moved<Tree>;
    /// Why there is none.
    fn load(&self, tree: &Tree, loader: &mut Loader<'_>) -> Moved<T>;
}

impl<T> ByNothing<T> for Way<T> {
    fn save(&self, _: &T, _: &str, _: &mut Saver) -> Moved<Tree> {
        Err(no_way(type_name::<T>()))
    }

    fn load(&self, tree: &Tree, _: &mut Loader<'_>) -> Moved<T> {
        Err(no_change(tree, type_name::<T>()))
    }
}

fn no_way(name: &str) -> Failure {
    Failure::new(format!(
        "`{name}` cannot be moved: derive `liveline::State` for it, or serde's `Serialize` and `Deserialize`, or mark \
         the field `#[state(skip)]`"
    ))
}

fn no_change(tree: &Tree, name: &str) -> Failure {
    Failure::new(format!("{} cannot become a `{name}`", tree.describe()))
}

/// Asks a type for its default, if it has one.
pub trait WithDefault<T> {
    /// The default.
    fn default_value(&self) -> Option<T>;
}

impl<T: Default> WithDefault<T> for &Way<T> {
    fn default_value(&self) -> Option<T> {
        Some(T::default())
    }
}

/// See [`WithDefault`].
pub trait WithoutDefault<T> {
    /// Nothing.
    fn default_value(&self) -> Option<T>;
}

impl<T> WithoutDefault<T> for Way<T> {
    fn default_value(&self) -> Option<T> {
        None
    }
}
