//! Edits of types, as a programmer makes them between two saves.

use super::types::{Enum, Field, INTEGERS, List, Random, Struct, Type, Variant};

/// A struct after a few edits.
pub(crate) fn edited(one: &Struct, random: &mut Random, names: &mut usize) -> Struct {
    let mut new = one.clone();
    for _ in 0..1 + random.below(5) {
        edit_fields(&mut new.fields, random, names);
    }
    if new.default.is_some() {
        new.new_default(random);
    }
    new
}

fn edit_fields(fields: &mut Vec<Field>, random: &mut Random, names: &mut usize) {
    let place = random.below(fields.len() + 1);
    let Some(field) = fields.get_mut(place) else {
        return fields.push(Field::random(random, 1, names));
    };
    match random.below(9) {
        0 => fields.insert(place, Field::random(random, 1, names)),
        1 => drop(fields.remove(place)),
        2 => fields.rotate_left(place),
        3 => {
            let before = std::mem::replace(&mut field.name, random.name('f', names));
            field.earlier.get_or_insert(before);
        }
        // A name that was another's, without a word of it.
        4 => field.name = random.name('f', names),
        _ => field.ty = retyped(&field.ty, random, names),
    }
}

fn edit_enum(one: &Enum, random: &mut Random, names: &mut usize) -> Enum {
    let mut new = one.clone();
    let place = random.below(new.variants.len());
    match random.below(6) {
        0 => new.variants.insert(place, Variant::random(random, 1, names)),
        1 if new.variants.len() > 1 => drop(new.variants.remove(place)),
        2 => new.variants.rotate_left(place),
        3 => {
            let variant = &mut new.variants[place];
            variant.earlier = Some(std::mem::replace(&mut variant.name, random.name('V', names)));
        }
        _ => {
            let fields = &mut new.variants[place].fields;
            let is_tuple = fields.first().is_some_and(|field| field.name == "0");
            if is_tuple {
                let ty = Type::random(random, 1, names);
                fields.push(Field { name: fields.len().to_string(), earlier: None, ty });
            } else {
                edit_fields(fields, random, names);
            }
        }
    }
    if new.default.is_some() {
        new.new_default(random);
    }
    new
}

fn retyped(ty: &Type, random: &mut Random, names: &mut usize) -> Type {
    match random.below(12) {
        0 => return Type::Option(Box::new(ty.clone())),
        1 => return Type::Box(Box::new(ty.clone())),
        2 => return Type::random(random, 1, names),
        _ => {}
    }
    match ty {
        Type::Int(_) if random.one_in(3) => random.pick(&[Type::F32, Type::F64]).clone(),
        Type::Int(_) => Type::Int(random.below(INTEGERS.len())),
        Type::F32 => random.pick(&[Type::F64, Type::Int(5), Type::Int(0)]).clone(),
        Type::F64 => random.pick(&[Type::F32, Type::Int(7), Type::Int(8)]).clone(),
        Type::Char => Type::Text,
        Type::Text => random.pick(&[Type::Char, Type::Text]).clone(),
        Type::Bool => random.pick(&[Type::Int(0), Type::Bool]).clone(),
        Type::Box(inner) | Type::Option(inner) if random.one_in(2) => (**inner).clone(),
        Type::Box(inner) => Type::Box(Box::new(retyped(inner, random, names))),
        Type::Option(inner) => Type::Option(Box::new(retyped(inner, random, names))),
        Type::List(kind, inner) => {
            let inner = if random.one_in(2) { retyped(inner, random, names) } else { (**inner).clone() };
            let kinds: &[List] = if inner.is_key() {
                &[List::Vec, List::VecDeque, List::Slice, List::Array(2), List::BTreeSet, List::HashSet]
            } else {
                &[List::Vec, List::VecDeque, List::Slice, List::Array(2)]
            };
            let kind = if kinds.contains(kind) && random.one_in(2) { *kind } else { *random.pick(kinds) };
            Type::List(kind, Box::new(inner))
        }
        Type::Map(_, key, inner) => {
            let key = if random.one_in(3) { Type::key(random) } else { (**key).clone() };
            let inner = if random.one_in(2) { retyped(inner, random, names) } else { (**inner).clone() };
            let kind: &&'static str = random.pick(&["HashMap", "BTreeMap"]);
            Type::Map(kind, Box::new(key), Box::new(inner))
        }
        Type::Tuple(types) => {
            let mut types = types.clone();
            match random.below(4) {
                0 => types.push(Type::random(random, 0, names)),
                _ => {
                    let place = random.below(types.len());
                    types[place] = retyped(&types[place], random, names);
                }
            }
            Type::Tuple(types)
        }
        Type::Struct(one) => Type::Struct(edited(one, random, names)),
        Type::Enum(one) => Type::Enum(edit_enum(one, random, names)),
    }
}
