//! What a script says there is, in the words of Bevy's `App`.

use std::fmt;

use bevy::ecs::message::MessageRegistry;
use bevy::ecs::schedule::{InternedScheduleLabel, InternedSystemSet, ScheduleConfigs, ScheduleLabel};
use bevy::ecs::system::ScheduleSystem;
use bevy::ecs::world::FromWorld;
use bevy::prelude::{IntoScheduleConfigs, Message, Messages, Resource, World};

/// What a script tells its app, at the start and after each reload: all the systems that it has now.
///
/// What it does not name any more is gone, what it names in another schedule runs there.
pub struct ScriptApp<'w> {
    world: &'w mut World,
    pub(crate) systems: Vec<(InternedScheduleLabel, ScheduleConfigs<ScheduleSystem>)>,
    pub(crate) sets: Vec<(InternedScheduleLabel, ScheduleConfigs<InternedSystemSet>)>,
}

impl<'w> ScriptApp<'w> {
    pub(crate) fn new(world: &'w mut World) -> Self {
        Self { world, systems: Vec::new(), sets: Vec::new() }
    }

    /// Adds systems to a schedule, as `App::add_systems` does.
    pub fn add_systems<M>(
        &mut self,
        schedule: impl ScheduleLabel,
        systems: impl IntoScheduleConfigs<ScheduleSystem, M>,
    ) -> &mut Self {
        self.systems.push((schedule.intern(), systems.into_configs()));
        self
    }

    /// Orders sets of systems, as `App::configure_sets` does.
    pub fn configure_sets<M>(
        &mut self,
        schedule: impl ScheduleLabel,
        sets: impl IntoScheduleConfigs<InternedSystemSet, M>,
    ) -> &mut Self {
        self.sets.push((schedule.intern(), sets.into_configs()));
        self
    }

    /// Makes a resource from its default unless the world has it. One that is there stays as it is at a reload.
    pub fn init_resource<R: Resource + FromWorld>(&mut self) -> &mut Self {
        self.world.init_resource::<R>();
        self
    }

    /// Makes a kind of message known unless it is.
    pub fn add_message<M: Message>(&mut self) -> &mut Self {
        if !self.world.contains_resource::<Messages<M>>() {
            MessageRegistry::register_message::<M>(self.world);
        }
        self
    }

    /// The world, for what has no method here. This is called at each reload: look before you spawn.
    pub fn world(&mut self) -> &mut World {
        self.world
    }
}

impl fmt::Debug for ScriptApp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptApp").field("systems", &self.systems.len()).finish_non_exhaustive()
    }
}
