//! The types of scripts that Bevy holds values of, on their way to the next generation.
#![expect(unsafe_code, reason = "bytes of one build's type become the next one's where both have one layout")]

use std::any::TypeId;
use std::collections::{HashMap, HashSet};

use bevy::ecs::component::ComponentId;
use bevy::prelude::World;
use liveline::__private::keep::{Candidate, Keeper, KeptType, Saved, Unmoved, layout};
use liveline::__private::{Failure, TypeLayout};
use liveline::{StateChange, StateReport};

use super::plain;
use super::ways::{Fresh, Values, Ways};

/// A type of one generation.
#[derive(Clone)]
struct Known {
    kept: &'static KeptType,
    ways: &'static Ways,
    layout: TypeLayout,
}

impl Known {
    /// None if it is of another adapter.
    fn of(kept: &'static KeptType) -> Option<Self> {
        Some(Self { kept, ways: kept.ways.downcast_ref()?, layout: layout(kept) })
    }

    fn type_id(&self) -> TypeId {
        (self.ways.type_id)()
    }

    fn key(&self) -> Key {
        Key { package: self.kept.library, module: place(self.kept), name: self.kept.name }
    }

    fn unmoved(&self, reason: String) -> Unmoved {
        Unmoved::Type { name: self.kept.name, layout: Some(Box::new(self.layout.clone())), reason }
    }
}

/// How a type is known in every generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    package: &'static str,
    module: &'static str,
    name: &'static str,
}

impl Key {
    /// Whether it is of the same type where one build has it in its package and the other in a crate of its file alone,
    /// which does not know the folder that the file is in.
    fn is_beside(&self, other: &Self) -> bool {
        let ends_with = |long: &str, short: &str| {
            long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with("::"))
        };
        (self.package, self.name) == (other.package, other.name)
            && (ends_with(self.module, other.module) || ends_with(other.module, self.module))
    }
}

/// What the server puts before the name of a script file that is a crate of its own.
const FILE: &str = "script_";

/// Where a type is in its package: its module's path without the package's own name, and without the module that
/// `#[liveline_bevy::component]` puts it in.
fn place(kept: &KeptType) -> &'static str {
    let module = kept.module.rsplit_once("::").map_or("", |(outer, _)| outer);
    if let Some(file) = module.strip_prefix(FILE).filter(|_| kept.file.is_some()) {
        return file;
    }
    let (first, rest) = module.split_once("::").unwrap_or((module, ""));
    let is_package = |name: char, other: char| name == other || (name == '_' && other == '-');
    let of_package = first.len() == kept.library.len()
        && first.chars().zip(kept.library.chars()).all(|(name, other)| is_package(name, other));
    if of_package { rest } else { module }
}

/// What a commit does with the values of one type.
struct Step {
    new: Known,
    way: Way,
}

enum Way {
    /// They stay, or there are none.
    Stay,
    /// Their bytes become another type's.
    Bytes { old: Known },
    /// They go over by name; `saved` are those from before.
    Names { old: Known, saved: Values<Saved>, fresh: Fresh },
    /// They start anew.
    Anew { old: Known, fresh: Option<Fresh> },
}

/// How one type is taken back.
enum Back {
    /// It was not there before.
    Forget(Known),
    /// It is the very type from before.
    Same(Known),
    /// The values that are there become the earlier type's.
    Bytes { old: Known, new: Known },
    /// The values from before come again.
    Values { old: Known, new: Known, saved: Values<Saved> },
}

/// All types, and how the newest generations are taken back.
#[derive(Default)]
pub(super) struct Types {
    current: HashMap<Key, Known>,
    /// What the world has been told of: a type is in it once and for all.
    met: HashMap<TypeId, TypeLayout>,
    planned: Option<(String, Vec<Step>)>,
    back: HashMap<String, Vec<Back>>,
    /// The crates that scripts are in.
    crates: HashSet<String>,
    /// How many of the world's types were looked at.
    looked_at: usize,
    /// Types of scripts that cannot be told from what they were.
    plain: Vec<String>,
}

fn first(path: &str) -> &str {
    path.split("::").next().unwrap_or_default()
}

fn plain_sentence(name: &str) -> String {
    format!(
        "Bevy holds `{name}` of a script, and values of it cannot go over: write `#[liveline_bevy::component]`, \
         `#[liveline_bevy::resource]` or `#[liveline_bevy::message]` above it in the place of Bevy's derive, and restart \
         the app"
    )
}

impl Types {
    /// Those that the program was linked with.
    pub(super) fn linked(world: &mut World) -> Self {
        let mut types = Self::default();
        for kept in liveline::__private::inventory::iter::<KeptType> {
            if let Some(known) = Known::of(kept) {
                types.meet(&known, world);
                types.current.entry(known.key()).or_insert(known);
            }
        }
        types
    }

    /// The type that this one takes the place of.
    fn before(&self, key: &Key) -> Option<&Known> {
        let beside = || self.current.values().find(|known| known.key().is_beside(key));
        self.current.get(key).or_else(beside)
    }

    fn meet(&mut self, known: &Known, world: &mut World) {
        (known.ways.register)(world);
        self.met.insert(known.type_id(), known.layout.clone());
    }

    /// Looks for types of scripts that Bevy was told of since the last look and that are not known by their definition.
    /// Gives the first, as a sentence.
    pub(super) fn find_plain(&mut self, modules: Vec<&str>, world: &World) -> Option<String> {
        self.crates.extend(modules.into_iter().map(|module| first(module).to_owned()));
        let plain = plain::find(world, self.looked_at, &self.crates);
        self.looked_at = world.components().num_registered();
        let name = plain.first()?.clone();
        self.plain.extend(plain);
        Some(plain_sentence(&name))
    }

    /// Holds the world as well, for a poll.
    pub(super) fn with<'a>(&'a mut self, world: &'a mut World) -> WithWorld<'a> {
        WithWorld { types: self, world }
    }
}

/// All types and all values.
pub(super) struct WithWorld<'a> {
    types: &'a mut Types,
    world: &'a mut World,
}

impl Keeper for WithWorld<'_> {
    fn plan(&mut self, candidate: &Candidate<'_>) -> Result<Vec<StateReport>, Unmoved> {
        let new: Vec<Known> = candidate.types.iter().filter_map(|kept| Known::of(kept)).collect();
        self.check_names(&new)?;
        // Commands may have told the world of further types since the last look.
        let _ = self.types.find_plain(Vec::new(), self.world);
        self.check_plain(candidate)?;
        let mut steps = Vec::new();
        let mut reports = Vec::new();
        for new in new {
            let (way, report) = self.way(&new, candidate.reset)?;
            reports.extend(report);
            steps.push(Step { new, way });
        }
        self.check_required(&steps)?;
        self.types.planned = Some((candidate.library.to_owned(), steps));
        Ok(reports)
    }

    fn commit(&mut self) {
        let Some((library, steps)) = self.types.planned.take() else { return };
        let mut back = Vec::new();
        for Step { new, way } in steps {
            self.types.meet(&new, self.world);
            let before = self.types.before(&new.key()).map(Known::key);
            let before = before.and_then(|key| self.types.current.remove(&key));
            self.types.current.insert(new.key(), new.clone());
            back.push(match way {
                Way::Stay => before.map_or_else(|| Back::Forget(new), Back::Same),
                Way::Bytes { old } => {
                    move_bytes(&old, &new, self.world);
                    Back::Bytes { old, new }
                }
                Way::Names { old, saved, fresh } => {
                    (old.ways.remove)(self.world);
                    fresh(self.world);
                    Back::Values { old, new, saved }
                }
                Way::Anew { old, fresh } => {
                    (old.ways.remove)(self.world);
                    if let Some(fresh) = fresh {
                        fresh(self.world);
                    }
                    Back::Same(old)
                }
            });
        }
        self.types.back.insert(library, back);
    }

    fn take_back(&mut self, library: &str) {
        for back in self.types.back.remove(library).unwrap_or_default() {
            let old = match back {
                Back::Forget(new) => {
                    self.types.current.remove(&new.key());
                    continue;
                }
                Back::Same(old) => old,
                Back::Bytes { old, new } => {
                    move_bytes(&new, &old, self.world);
                    old
                }
                Back::Values { old, new, saved } => {
                    (new.ways.remove)(self.world);
                    // What was taken apart by this very type goes together again.
                    if let Ok(fresh) = (old.ways.load)(&saved) {
                        fresh(self.world);
                    }
                    old
                }
            };
            let key = self.types.before(&old.key()).map(Known::key);
            key.and_then(|key| self.types.current.remove(&key));
            self.types.current.insert(old.key(), old);
        }
    }
}

impl WithWorld<'_> {
    fn way(&mut self, new: &Known, reset: Option<&[String]>) -> Result<(Way, Option<StateReport>), Unmoved> {
        let met = self.types.met.get(&new.type_id());
        if let Some(difference) = met.and_then(|met| met.difference(&new.layout)) {
            return Err(new.unmoved(format!(
                "the layout of `{0}` has changed inside of a type that it holds ({difference}), and Bevy knows `{0}` by \
                 its own definition: say `version = 2` in its attribute, or any other number than before, and its values \
                 go over",
                new.kept.name
            )));
        }
        let Some(old) = self.types.before(&new.key()).cloned() else { return Ok((Way::Stay, None)) };
        let places = (old.ways.places)(self.world);
        let report = |change, reason| {
            let type_name = new.kept.name.to_owned();
            (!places.is_empty()).then_some(StateReport { type_name, change, reason })
        };
        let is_reset =
            reset.is_some_and(|types| types.is_empty() || types.iter().any(|name| name == new.kept.name));
        if is_reset {
            let fresh = (new.ways.default)(places.clone());
            return Ok((Way::Anew { old, fresh }, report(StateChange::Reset, Some("asked for".to_owned()))));
        }
        match old.layout.difference(&new.layout) {
            None if old.type_id() == new.type_id() => Ok((Way::Stay, report(StateChange::Kept, None))),
            None => Ok((Way::Bytes { old }, report(StateChange::Kept, None))),
            Some(difference) => {
                let unmoved = |failure: Failure| Unmoved::Value {
                    name: new.kept.name,
                    old: Box::new(old.layout.clone()),
                    new: Box::new(new.layout.clone()),
                    failure,
                };
                let saved = (old.ways.save)(self.world).map_err(unmoved)?;
                let fresh = (new.ways.load)(&saved).map_err(unmoved)?;
                Ok((Way::Names { old, saved, fresh }, report(StateChange::Migrated, Some(difference))))
            }
        }
    }

    /// Fails if the world knows a type of this library by its path alone: the new code's may be another one.
    fn check_plain(&self, candidate: &Candidate<'_>) -> Result<(), Unmoved> {
        let library = candidate.library.replace('-', "_");
        let crates = HashSet::from([format!("{FILE}{library}"), library]);
        let is_its = |name: &&String| plain::is_plain(name, &crates);
        match self.types.plain.iter().find(is_its) {
            None => Ok(()),
            Some(name) => Err(Unmoved::Type { name: "", layout: None, reason: plain_sentence(name) }),
        }
    }

    /// Fails if two types of a library have one name: values go over by it.
    fn check_names(&self, new: &[Known]) -> Result<(), Unmoved> {
        let mut keys = HashSet::new();
        match new.iter().find(|known| !keys.insert(known.key())) {
            None => Ok(()),
            Some(second) => Err(second.unmoved(format!(
                "two types that Bevy holds are called `{}`: give one another name",
                second.kept.name
            ))),
        }
    }

    /// Fails if a type that stays requires one that does not: it would go on with the old one.
    fn check_required(&mut self, steps: &[Step]) -> Result<(), Unmoved> {
        let old = |step: &Step| match &step.way {
            Way::Bytes { old } | Way::Names { old, .. } => Some((old.clone(), step.new.kept.name)),
            Way::Stay | Way::Anew { .. } => None,
        };
        let replaced: HashMap<ComponentId, &str> =
            steps.iter().filter_map(old).map(|(old, name)| ((old.ways.register)(self.world), name)).collect();
        for step in steps.iter().filter(|step| matches!(step.way, Way::Stay)) {
            if !self.types.met.contains_key(&step.new.type_id()) {
                continue;
            }
            let id = (step.new.ways.register)(self.world);
            let required = self.world.components().get_info(id).map(|info| info.required_components());
            let required = required.into_iter().flat_map(|required| required.iter_ids());
            if let Some(name) = required.filter_map(|id| replaced.get(&id)).next() {
                return Err(step.new.unmoved(format!(
                    "`{0}` requires `{name}`, which is another type now: say `version = 2` in the attribute of `{0}` too, \
                     or any other number than before",
                    step.new.kept.name
                )));
            }
        }
        Ok(())
    }
}

fn move_bytes(from: &Known, to: &Known, world: &mut World) {
    let mut put = |world: &mut World, place, value| {
        // SAFETY: both have one layout, field by field, and the value was taken out to be put in here.
        unsafe { (to.ways.put)(world, place, value) }
    };
    (from.ways.take)(world, &mut put);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_the_same_in_its_package_and_in_a_crate_of_its_file() {
        let key = |module| Key { package: "my-scripts", module, name: "Enemy" };
        let of = |module, file| {
            let kept = KeptType {
                library: "my-scripts",
                file,
                module,
                name: "Enemy",
                layout: |_| unreachable!("nobody asks"),
                ways: &(),
            };
            place(&kept)
        };
        assert_eq!(of("my_scripts::foes::enemy::__liveline_1", None), "foes::enemy");
        assert_eq!(of("my_scripts::__liveline_1", None), "");
        assert_eq!(of("script_enemy::__liveline_1", Some("enemy")), "enemy");
        assert!(key("foes::enemy").is_beside(&key("enemy")) && key("enemy").is_beside(&key("foes::enemy")));
        assert!(!key("foes::enemy").is_beside(&key("friends::enemy")));
        assert!(!key("foes_enemy").is_beside(&key("enemy")));
        assert!(key("").is_beside(&key("")));
    }
}
