//! The scripts' systems as schedules of their own, one for each of the app's that scripts have systems in.

use std::collections::{HashMap, HashSet};

use bevy::ecs::change_detection::Tick;
use bevy::ecs::schedule::{
    ConditionWithAccess, InternedScheduleLabel, InternedSystemSet, Schedule, ScheduleConfigs,
    SingleThreadedExecutor, SystemKey, SystemSetKey, SystemWithAccess,
};
use bevy::ecs::system::{IntoSystem, ScheduleSystem, System};
use bevy::prelude::World;

use super::guard::{Guarded, ScriptId, Shared, last_run, shared};

/// A system as it is known across generations: its script, its schedule, its name, and which one of that name.
type Key = (String, InternedScheduleLabel, String, usize);

/// What a script says, and who says it.
pub(super) struct Said {
    pub(super) script: String,
    pub(super) id: ScriptId,
    /// Of the script's code: other code, other number.
    pub(super) code: usize,
    pub(super) sets: Vec<(InternedScheduleLabel, ScheduleConfigs<InternedSystemSet>)>,
    pub(super) systems: Vec<(InternedScheduleLabel, ScheduleConfigs<ScheduleSystem>)>,
}

/// A system that runs, and the code that it is of.
struct Known {
    code: usize,
    system: Shared<SystemWithAccess>,
    conditions: Vec<Shared<ConditionWithAccess>>,
}

/// All that runs.
#[derive(Default)]
pub(super) struct Schedules {
    by_label: HashMap<InternedScheduleLabel, Schedule>,
    systems: HashMap<Key, Known>,
    /// How many conditions of a set are guarded.
    conditions: HashMap<(InternedScheduleLabel, SystemSetKey), usize>,
    /// Schedules that run once, and have.
    over: HashSet<InternedScheduleLabel>,
    /// Systems that have had their only run.
    started: HashSet<Key>,
}

impl Schedules {
    /// The app's schedules that scripts have systems in.
    pub(super) fn labels(&self) -> impl Iterator<Item = InternedScheduleLabel> + '_ {
        self.by_label.keys().copied()
    }

    /// Takes what all scripts say now in the place of what they said before. Fails, and changes nothing, where that
    /// cannot be put in an order.
    pub(super) fn replace(&mut self, said: Vec<Said>, world: &mut World) -> Result<(), String> {
        let mut next = Self { over: self.over.clone(), started: self.started.clone(), ..Self::default() };
        for said in said {
            next.add(said, self);
        }
        for (label, schedule) in &mut next.by_label {
            schedule.set_executor(SingleThreadedExecutor::new());
            if let Err(error) = schedule.initialize(world) {
                let reason = error.to_string(schedule.graph(), world);
                return Err(format!("the scripts' systems in `{label:?}` have no order: {reason}"));
            }
        }
        *self = next;
        Ok(())
    }

    fn add(&mut self, said: Said, before: &mut Self) {
        let Said { script, id, code, sets, systems } = said;
        for (label, sets) in sets {
            self.schedule(label).configure_sets(sets);
        }
        for (label, systems) in systems {
            let schedule = self.schedule(label);
            let known: HashSet<SystemKey> = schedule.graph().systems.iter().map(|(key, ..)| key).collect();
            schedule.add_systems(systems);
            let new = schedule.graph().systems.iter().map(|(key, ..)| key);
            let new: Vec<SystemKey> = new.filter(|key| !known.contains(key)).collect();
            for key in new {
                self.guard(label, key, (&script, id, code), before);
            }
        }
        self.guard_sets(id);
    }

    /// Guards the conditions of sets that a script has just brought.
    fn guard_sets(&mut self, id: ScriptId) {
        for (label, schedule) in &mut self.by_label {
            let sets = &mut schedule.graph_mut().system_sets;
            let keys: Vec<SystemSetKey> = sets.iter().map(|(key, ..)| key).collect();
            for key in keys {
                let Some(conditions) = sets.get_conditions_mut(key) else { continue };
                let guarded = self.conditions.entry((*label, key)).or_default();
                let new: Vec<ConditionWithAccess> = conditions.drain(*guarded..).collect();
                conditions.extend(new.into_iter().map(|condition| {
                    let guarded = Guarded::new(id, shared(condition), None, false);
                    ConditionWithAccess::new(Box::new(guarded))
                }));
                *guarded = conditions.len();
            }
        }
    }

    fn schedule(&mut self, label: InternedScheduleLabel) -> &mut Schedule {
        self.by_label.entry(label).or_insert_with(|| Schedule::new(label))
    }

    fn guard(
        &mut self,
        label: InternedScheduleLabel,
        key: SystemKey,
        (script, id, code): (&str, ScriptId, usize),
        before: &mut Self,
    ) {
        let Some(schedule) = self.by_label.get_mut(&label) else { return };
        let graph = schedule.graph_mut();
        let name = graph.systems[key].name().shortname().to_string();
        let nth = |nth| (script.to_owned(), label, name.clone(), nth);
        let number = (0..).find(|number| !self.systems.contains_key(&nth(*number))).unwrap_or_default();
        let known_as = nth(number);
        let earlier = before.systems.get(&known_as);
        let ran: Option<Tick> = earlier.map(|known| last_run(&known.system));
        let earlier = earlier.filter(|known| known.code == code);
        let is_over = before.over.contains(&label) && before.started.contains(&known_as);

        let nothing = SystemWithAccess::new(Box::new(IntoSystem::into_system(|| ())));
        let mine = std::mem::replace(&mut graph.systems[key], nothing);
        let system = earlier.map_or_else(|| shared(mine), |known| Shared::clone(&known.system));
        let guarded = Guarded::new(id, Shared::clone(&system), ran, is_over);
        graph.systems[key] = SystemWithAccess::new(Box::new(guarded));

        let mut conditions = Vec::new();
        for (index, condition) in
            graph.systems.get_conditions_mut(key).into_iter().flat_map(std::mem::take).enumerate()
        {
            let earlier = earlier.and_then(|known| known.conditions.get(index));
            conditions.push(earlier.map_or_else(|| shared(condition), Shared::clone));
        }
        if let Some(list) = graph.systems.get_conditions_mut(key) {
            list.extend(conditions.iter().map(|condition| {
                let guarded = Guarded::new(id, Shared::clone(condition), None, false);
                ConditionWithAccess::new(Box::new(guarded))
            }));
        }
        self.systems.insert(known_as, Known { code, system, conditions });
    }

    /// Takes a schedule out, to be run without a hold on the rest.
    pub(super) fn take(&mut self, label: InternedScheduleLabel) -> Option<Schedule> {
        self.by_label.remove(&label)
    }

    /// Puts it back unless another one has taken its place.
    pub(super) fn put_back(&mut self, schedule: Schedule) {
        self.by_label.entry(schedule.label()).or_insert(schedule);
    }

    /// A schedule that runs once has.
    pub(super) fn ran_once(&mut self, label: InternedScheduleLabel) {
        self.over.insert(label);
        self.started.extend(self.systems.keys().filter(|(_, of, ..)| *of == label).cloned());
    }

    /// Schedules that are over and have systems that did not run.
    pub(super) fn late(&self) -> Vec<InternedScheduleLabel> {
        let is_late = |key: &&Key| self.over.contains(&key.1) && !self.started.contains(*key);
        let late: HashSet<InternedScheduleLabel> =
            self.systems.keys().filter(is_late).map(|key| key.1).collect();
        late.into_iter().collect()
    }
}
