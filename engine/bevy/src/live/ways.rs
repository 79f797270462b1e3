//! What a generation knows of a type that Bevy holds: how its values leave the world, and how they come back.
#![expect(unsafe_code, reason = "equal bytes are taken from one build's type to the next one's")]

use std::any::TypeId;
use std::mem::ManuallyDrop;

use bevy::ecs::component::ComponentId;
use bevy::prelude::{Component, Entity, Resource, World};
use liveline::__private::Moved;
use liveline::__private::keep::{Saved, load, save};
use liveline::State;

/// Where values are: those of components in entities, that of a resource in none.
pub(super) type Values<V> = Vec<(Entity, V)>;

/// New values that are not in the world yet.
pub(super) type Fresh = Box<dyn FnOnce(&mut World)>;

/// Gets each value's place and bytes. It takes the bytes over.
pub(super) type Sink<'a> = &'a mut dyn FnMut(&mut World, Entity, *const ());

/// One generation's code for one type.
pub struct Ways {
    pub(super) type_id: fn() -> TypeId,
    pub(super) register: fn(&mut World) -> ComponentId,
    /// The places of all values.
    pub(super) places: fn(&mut World) -> Vec<Entity>,
    /// All values without their type.
    pub(super) save: fn(&mut World) -> Moved<Values<Saved>>,
    /// Values of this type from those of another.
    pub(super) load: fn(&Values<Saved>) -> Moved<Fresh>,
    /// New values at these places; none if the type has no default.
    pub(super) default: fn(Vec<Entity>) -> Option<Fresh>,
    /// Takes all values out of the world.
    pub(super) take: fn(&mut World, Sink<'_>),
    /// Puts the bytes of a value into the world.
    ///
    /// # Safety
    /// They are a value of this layout, which nobody uses afterwards.
    pub(super) put: unsafe fn(&mut World, Entity, *const ()),
    /// Drops all values.
    pub(super) remove: fn(&mut World),
}

/// A type that Bevy holds, and how. The macros alone implement it.
pub trait Held: State + Sized {
    /// Makes the type known.
    fn register(world: &mut World) -> ComponentId;
    /// The places of all values.
    fn places(world: &mut World) -> Vec<Entity>;
    /// The value at a place.
    fn get(world: &World, place: Entity) -> Option<&Self>;
    /// Sets the value at a place.
    fn put(self, world: &mut World, place: Entity);
    /// Takes the value at a place out.
    fn take(world: &mut World, place: Entity) -> Option<Self>;
}

/// Of a type.
pub const fn ways<T: Held>(default: fn(Vec<Entity>) -> Option<Fresh>) -> Ways {
    Ways {
        type_id: TypeId::of::<T>,
        register: T::register,
        places: T::places,
        save: save_all::<T>,
        load: load_all::<T>,
        default,
        take: take_all::<T>,
        put: put_bytes::<T>,
        remove: remove_all::<T>,
    }
}

fn save_all<T: Held>(world: &mut World) -> Moved<Values<Saved>> {
    let places = T::places(world);
    let values = places.into_iter().filter_map(|place| T::get(world, place).map(|value| (place, value)));
    values.map(|(place, value)| save(value).map(|saved| (place, saved))).collect()
}

fn load_all<T: Held>(values: &Values<Saved>) -> Moved<Fresh> {
    let values: Moved<Values<T>> =
        values.iter().map(|(place, saved)| load(saved).map(|value| (*place, value))).collect();
    values.map(fresh)
}

/// Has values put into the world, at the places that are still there.
pub fn fresh<T: Held>(values: Values<T>) -> Fresh {
    Box::new(move |world| values.into_iter().for_each(|(place, value)| value.put(world, place)))
}

fn take_all<T: Held>(world: &mut World, sink: Sink<'_>) {
    for place in T::places(world) {
        if let Some(value) = T::take(world, place) {
            let value = ManuallyDrop::new(value);
            sink(world, place, (&raw const *value).cast());
        }
    }
}

/// # Safety
/// See [`Ways::put`].
unsafe fn put_bytes<T: Held>(world: &mut World, place: Entity, value: *const ()) {
    // SAFETY: by this function's contract; the value that it came from was not dropped.
    unsafe { value.cast::<T>().read() }.put(world, place);
}

fn remove_all<T: Held>(world: &mut World) {
    T::places(world).into_iter().for_each(|place| drop(T::take(world, place)));
}

/// The entities that have a component, disabled ones included.
pub fn places<C: Component>(world: &mut World) -> Vec<Entity> {
    let id = world.register_component::<C>();
    let having = world.archetypes().iter().filter(|archetype| archetype.contains(id));
    having.flat_map(|archetype| archetype.entities().iter().map(|entity| entity.id())).collect()
}

/// The only place of a resource, if there is one.
pub fn resource_places<R: Resource>(world: &World) -> Vec<Entity> {
    world.contains_resource::<R>().then_some(Entity::PLACEHOLDER).into_iter().collect()
}

/// Takes note of a type that Bevy holds.
#[doc(hidden)]
#[macro_export]
macro_rules! __kept {
    ($ty:ident, $name:literal) => {
        const _: () = {
            use $crate::__private::{WithDefault as _, WithoutDefault as _};
            static WAYS: $crate::__private::Ways = $crate::__private::ways::<$ty>(|places| {
                let values: ::core::option::Option<::std::vec::Vec<_>> = places
                    .into_iter()
                    .map(|place| {
                        (&&$crate::__private::Way::<$ty>::NEW).default_value().map(|value| (place, value))
                    })
                    .collect();
                values.map($crate::__private::fresh::<$ty>)
            });
            $crate::__private::inventory::submit! {
                $crate::__private::KeptType {
                    library: ::core::env!("CARGO_PKG_NAME"),
                    file: $crate::__private::script_file(
                        ::core::option_env!("LIVELINE_LIBRARY"),
                        ::core::option_env!("LIVELINE_FILES"),
                        ::core::file!(),
                    ),
                    module: ::core::module_path!(),
                    name: $name,
                    layout: <$ty as $crate::__private::State>::layout,
                    ways: &WAYS,
                }
            }
        };
    };
}

/// Takes note of a component.
#[doc(hidden)]
#[macro_export]
macro_rules! __component {
    ($ty:ident, $name:literal) => {
        impl $crate::__private::Held for $ty {
            fn register(world: &mut $crate::__private::World) -> $crate::__private::ComponentId {
                world.register_component::<Self>()
            }

            fn places(world: &mut $crate::__private::World) -> ::std::vec::Vec<$crate::__private::Entity> {
                $crate::__private::places::<Self>(world)
            }

            fn get(
                world: &$crate::__private::World,
                place: $crate::__private::Entity,
            ) -> ::core::option::Option<&Self> {
                world.get::<Self>(place)
            }

            fn put(self, world: &mut $crate::__private::World, place: $crate::__private::Entity) {
                if let ::core::result::Result::Ok(mut entity) = world.get_entity_mut(place) {
                    entity.insert(self);
                }
            }

            fn take(
                world: &mut $crate::__private::World,
                place: $crate::__private::Entity,
            ) -> ::core::option::Option<Self> {
                world.get_entity_mut(place).ok()?.take::<Self>()
            }
        }
        $crate::__kept!($ty, $name);
    };
}

/// Takes note of a resource.
#[doc(hidden)]
#[macro_export]
macro_rules! __resource {
    ($ty:ident, $name:literal) => {
        impl $crate::__private::Held for $ty {
            fn register(world: &mut $crate::__private::World) -> $crate::__private::ComponentId {
                world.register_component::<Self>()
            }

            fn places(world: &mut $crate::__private::World) -> ::std::vec::Vec<$crate::__private::Entity> {
                $crate::__private::resource_places::<Self>(world)
            }

            fn get(
                world: &$crate::__private::World,
                _: $crate::__private::Entity,
            ) -> ::core::option::Option<&Self> {
                world.get_resource::<Self>()
            }

            fn put(self, world: &mut $crate::__private::World, _: $crate::__private::Entity) {
                world.insert_resource(self);
            }

            fn take(
                world: &mut $crate::__private::World,
                _: $crate::__private::Entity,
            ) -> ::core::option::Option<Self> {
                world.remove_resource::<Self>()
            }
        }
        $crate::__kept!($ty, $name);
    };
}
