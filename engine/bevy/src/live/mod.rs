//! Development: scripts whose systems, components and resources can be swapped while the app runs.

mod guard;
mod plain;
mod schedules;
mod types;
mod ways;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use bevy::app::{First, MainScheduleOrder};
use bevy::ecs::schedule::{InternedScheduleLabel, ScheduleConfigs, ScheduleLabel};
use bevy::ecs::system::ScheduleSystem;
use bevy::prelude::{App, IntoScheduleConfigs, Plugin, Schedules as AppSchedules, World};
use liveline::{Event, Fault, Scripts};

use crate::{Host, LivelinePlugin, ScriptApp, ScriptEvent, ScriptFaulted, ScriptReloaded, ScriptSystems};
use guard::{Hosted, ScriptId};
use schedules::{Said, Schedules};
use types::Types;

/// What the macros' expansions name.
pub mod names {
    pub use super::ways::{Held, Ways, fresh, places, resource_places, ways};
    pub use bevy::ecs::component::ComponentId;
    pub use bevy::prelude::{Entity, World};
    pub use liveline::__private::keep::KeptType;
    pub use liveline::__private::{Way, WithDefault, WithoutDefault, inventory, script_file};
    pub use liveline::State;
}

/// Runs before anything else of a frame: the only place where code changes.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
struct Reload;

/// The scripts of an app. On the thread that attached, which is the one that runs exclusive systems.
struct Live<I: ?Sized + Host> {
    scripts: Scripts<I>,
    types: Types,
    hosted: BTreeMap<String, Actor<I>>,
    schedules: Schedules,
    /// The app's schedules that run the scripts'.
    driven: HashSet<InternedScheduleLabel>,
    /// The app's schedules that run once, before its first frame.
    startup: Vec<InternedScheduleLabel>,
    has_started: bool,
    next: u64,
}

/// A script's only instance.
struct Actor<I: ?Sized + Host> {
    id: ScriptId,
    hosted: Rc<Hosted<I>>,
}

impl<I: ?Sized + Host> Drop for Live<I> {
    fn drop(&mut self) {
        self.hosted.values().for_each(|actor| guard::unhost(actor.id));
    }
}

/// Shared by the systems that run scripts.
struct Shared<I: ?Sized + Host>(Rc<RefCell<Live<I>>>);

impl<I: ?Sized + Host> Plugin for LivelinePlugin<I> {
    /// # Panics
    /// When two scripts have the same name.
    fn build(&self, app: &mut App) {
        app.add_message::<ScriptReloaded>().add_message::<ScriptFaulted>().add_message::<ScriptEvent>();
        let scripts = liveline::attach::<I>().unwrap_or_else(|error| panic!("{error}"));
        let mut live = Live {
            scripts,
            types: Types::linked(app.world_mut()),
            hosted: BTreeMap::new(),
            schedules: Schedules::default(),
            driven: HashSet::new(),
            startup: Vec::new(),
            has_started: false,
            next: 0,
        };
        live.renew(app.world_mut());
        app.insert_non_send(Shared(Rc::new(RefCell::new(live))));
        app.init_schedule(Reload).add_systems(Reload, reload::<I>);
        app.world_mut().resource_mut::<MainScheduleOrder>().insert_before(First, Reload);
    }

    fn finish(&self, app: &mut App) {
        // While the app runs nobody but it has the order.
        let startup = app.world().resource::<MainScheduleOrder>().startup_labels.clone();
        if let Some(live) = live::<I>(app.world()) {
            live.borrow_mut().startup = startup;
        }
    }
}

/// The app's scripts.
fn live<I: ?Sized + Host>(world: &World) -> Option<Rc<RefCell<Live<I>>>> {
    world.get_non_send::<Shared<I>>().map(|shared| Rc::clone(&shared.0))
}

/// Takes what has come.
fn reload<I: ?Sized + Host>(world: &mut World) {
    let Some(live) = live::<I>(world) else { return };
    // Systems of schedules that were over when they came.
    let late = live.borrow_mut().poll(world);
    late.into_iter().for_each(|label| run::<I>(label, world));
}

/// What stands in the app's schedule for the scripts' systems.
fn driver<I: ?Sized + Host>(label: InternedScheduleLabel) -> ScheduleConfigs<ScheduleSystem> {
    (move |world: &mut World| run::<I>(label, world)).in_set(ScriptSystems)
}

fn run<I: ?Sized + Host>(label: InternedScheduleLabel, world: &mut World) {
    let Some(live) = live::<I>(world) else { return };
    // A script may run a schedule itself: nothing is borrowed meanwhile.
    let Some(mut schedule) = live.borrow_mut().schedules.take(label) else { return };
    schedule.run(world);
    let mut live = live.borrow_mut();
    live.schedules.put_back(schedule);
    if live.startup.contains(&label) {
        live.schedules.ran_once(label);
    }
}

impl<I: ?Sized + Host> Live<I> {
    /// Takes what has come. Gives the schedules that are over and have systems which did not run.
    fn poll(&mut self, world: &mut World) -> Vec<InternedScheduleLabel> {
        if !std::mem::replace(&mut self.has_started, true) {
            self.startup.iter().for_each(|label| self.schedules.ran_once(*label));
        }
        self.scripts.poll_with(&mut self.types.with(world));
        let events = self.scripts.take_events();
        if events.is_empty() {
            return Vec::new();
        }
        let is_other = |event: &Event| {
            matches!(event, Event::Reloaded(_) | Event::Restored { .. } | Event::ScriptGone { .. })
        };
        let has_other = events.iter().any(is_other);
        if has_other {
            self.renew(world);
        }
        let faulted = guard::take_faulted();
        events.into_iter().for_each(|event| tell(event, &faulted, world));
        if has_other { self.schedules.late() } else { Vec::new() }
    }

    /// Asks all scripts for their systems, and runs those from now on.
    fn renew(&mut self, world: &mut World) {
        self.cast(world);
        match self.ask(world).and_then(|said| self.schedules.replace(said, world)) {
            Ok(()) => self.drive(world),
            Err(message) => tell(Event::Trouble { message }, &[], world),
        }
        let modules =
            self.hosted.values().filter_map(|actor| actor.hosted.with(|instance| I::module(instance)).ok());
        if let Some(message) = self.types.find_plain(modules.collect(), world) {
            tell(Event::Trouble { message }, &[], world);
        }
    }

    /// An instance of each script that there is.
    fn cast(&mut self, world: &mut World) {
        let names: Vec<String> = self.scripts.names().map(str::to_owned).collect();
        self.hosted.retain(|name, actor| {
            let stays = names.contains(name);
            if !stays {
                guard::unhost(actor.id);
            }
            stays
        });
        for name in names {
            if self.hosted.contains_key(&name) {
                continue;
            }
            match self.scripts.spawn(&name) {
                Ok(instance) => {
                    self.next += 1;
                    let id = ScriptId(self.next);
                    self.hosted.insert(name, Actor { id, hosted: guard::host::<I>(id, instance) });
                }
                Err(error) => tell(Event::Trouble { message: error.to_string() }, &[], world),
            }
        }
    }

    /// What each script says. Fails where one panicked: then all go on as before.
    fn ask(&self, world: &mut World) -> Result<Vec<Said>, String> {
        let mut said = Vec::new();
        for (name, actor) in &self.hosted {
            let mut app = ScriptApp::new(world);
            let asked: Result<(), Fault> = actor.hosted.with(|instance| I::build(instance, &mut app));
            asked.map_err(|fault| format!("the systems stay as they were: {fault}"))?;
            let ScriptApp { systems, sets, .. } = app;
            let code = self.scripts.code_of(name).unwrap_or_default();
            said.push(Said { script: name.clone(), id: actor.id, code, sets, systems });
        }
        Ok(said)
    }

    /// Has the app's schedules run the scripts'.
    fn drive(&mut self, world: &mut World) {
        let mut schedules = world.get_resource_or_init::<AppSchedules>();
        for label in self.schedules.labels().filter(|label| self.driven.insert(*label)) {
            schedules.add_systems(label, driver::<I>(label));
        }
    }
}

/// Sends what has happened to whoever in the app wants to hear it.
fn tell(event: Event, faulted: &[(Fault, String)], world: &mut World) {
    match &event {
        Event::Reloaded(reloaded) => {
            world.write_message(ScriptReloaded(reloaded.clone()));
        }
        Event::Faulted(fault) => {
            let is_it = |(other, _): &&(Fault, String)| {
                (other.script(), other.location()) == (fault.script(), fault.location())
            };
            let system = faulted.iter().find(is_it).map(|(_, system)| system.clone());
            world.write_message(ScriptFaulted { system, fault: fault.clone() });
        }
        _ => {}
    }
    world.write_message(ScriptEvent(event));
}
