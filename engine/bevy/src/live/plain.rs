//! Types of scripts that Bevy holds and Liveline does not know: found before they can be taken for what they were not.

use std::collections::HashSet;

use bevy::prelude::World;

/// What tells a type's definition in its path; the attributes put it there.
const MARK: &str = "__liveline_";

/// The types of these crates that the world has been told of, from its `from`th on, and that are not known by their
/// definition: their names.
pub(super) fn find(world: &World, from: usize, crates: &HashSet<String>) -> Vec<String> {
    let infos = world.components().iter_registered().skip(from);
    infos.map(|info| info.name().to_string()).filter(|name| is_plain(name, crates)).collect()
}

/// Whether a type's name, with its arguments, has a path into one of the crates that does not pass the mark.
pub(super) fn is_plain(name: &str, crates: &HashSet<String>) -> bool {
    let mut paths = name.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':'));
    paths.any(|path| {
        let first = path.split("::").next().unwrap_or_default();
        path.contains("::") && crates.contains(first) && !path.contains(MARK)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::is_plain;

    #[test]
    fn a_type_of_a_script_is_plain_unless_its_definition_is_in_its_path() {
        let of = |name| is_plain(name, &HashSet::from(["enemy".to_owned()]));
        assert!(of("enemy::Enemy"));
        assert!(of("bevy_ecs::message::Messages<enemy::Hit>"));
        assert!(!of("enemy::__liveline_00ff::Enemy"));
        assert!(!of("bevy_ecs::message::Messages<enemy::__liveline_00ff::Hit>"));
        assert!(!of("game_api::enemy::Enemy"));
        assert!(!of("enemy"));
    }
}
