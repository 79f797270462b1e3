//! What should become of a value in a new type, as the documentation has it: the value, or the field in the way.

use super::types::{Field, INTEGERS, List, Type, Value};

/// The fields that lead to what cannot go over, outermost first: as a refusal starts.
pub(crate) type Way = Vec<String>;

/// What is not optional any more, or is now.
fn plain(value: &Value) -> Result<&Value, Way> {
    match value {
        Value::None => Err(Way::new()),
        Value::Some(inner) => plain(inner),
        plain => Ok(plain),
    }
}

/// The value in the new type.
pub(crate) fn predict(value: &Value, ty: &Type) -> Result<Value, Way> {
    let wrong = Err(Way::new());
    match ty {
        Type::Option(inner) => {
            return match value {
                Value::None => Ok(Value::None),
                Value::Some(value) => Ok(Value::Some(Box::new(predict(value, inner)?))),
                value => Ok(Value::Some(Box::new(predict(value, inner)?))),
            };
        }
        Type::Box(inner) => return predict(value, inner),
        _ => {}
    }
    let value = plain(value)?;
    match (ty, value) {
        (Type::Bool, Value::Bool(_)) => Ok(value.clone()),
        (Type::Int(index), Value::Int(whole)) => in_range(*index, *whole),
        (Type::Int(index), Value::Float(float)) if float.fract() == 0.0 && float.abs() < 2e30 => {
            in_range(*index, *float as i128)
        }
        (Type::F64, Value::Float(_)) => Ok(value.clone()),
        (Type::F32, Value::Float(float)) if float.abs() <= f64::from(f32::MAX) => {
            Ok(Value::Float(f64::from(*float as f32)))
        }
        (Type::F32, Value::Int(whole)) if digits(*whole) <= 24 => Ok(Value::Float(*whole as f64)),
        (Type::F64, Value::Int(whole)) if digits(*whole) <= 53 => Ok(Value::Float(*whole as f64)),
        (Type::Char, Value::Char(_)) | (Type::Text, Value::Text(_)) => Ok(value.clone()),
        (Type::Char, Value::Text(text)) if text.chars().count() == 1 => {
            Ok(text.chars().next().map_or(Value::None, Value::Char))
        }
        (Type::Text, Value::Char(letter)) => Ok(Value::Text(letter.to_string())),
        (Type::List(kind, inner), Value::List(values)) => {
            let moved = values.iter().map(|value| predict(value, inner)).collect::<Result<Vec<_>, _>>()?;
            match kind {
                List::Array(length) if *length != moved.len() => wrong,
                _ => Ok(Value::List(moved)),
            }
        }
        (Type::Tuple(types), Value::List(values)) if types.len() == values.len() => {
            let moved = types.iter().zip(values).map(|(ty, value)| predict(value, ty));
            moved.collect::<Result<_, _>>().map(Value::List)
        }
        (Type::Map(_, key, inner), Value::Map(pairs)) => {
            let moved = pairs.iter().map(|(k, v)| Ok((predict(k, key)?, predict(v, inner)?)));
            moved.collect::<Result<_, Way>>().map(Value::Map)
        }
        // Nothing in a sequence is nothing in a map.
        (Type::Map(..), Value::List(values)) if values.is_empty() => Ok(Value::Map(Vec::new())),
        (Type::Struct(one), Value::Struct(old)) => {
            let default = |place: usize| one.default.as_ref().map(|values| values[place].clone());
            by_name(&one.name, &one.fields, old, |place| match one.default {
                Some(_) => default(place),
                None => one.fields[place].ty.default(),
            })
            .map(Value::Struct)
        }
        (Type::Enum(one), Value::Variant(name, old)) => {
            let is_it = |own: &str, earlier: Option<&String>| own == name || earlier == Some(name);
            let variant = one.variants.iter().find(|variant| is_it(&variant.name, variant.earlier.as_ref()));
            let Some(variant) = variant else { return wrong };
            by_name(&one.name, &variant.fields, old, |place| variant.fields[place].ty.default())
                .map(|values| Value::Variant(variant.name.clone(), values))
        }
        _ => wrong,
    }
}

fn by_name(
    owner: &str,
    fields: &[Field],
    old: &[(String, Value)],
    default: impl Fn(usize) -> Option<Value>,
) -> Result<Vec<(String, Value)>, Way> {
    let moved = fields.iter().enumerate().map(|(place, field)| {
        let named = |name: &str| old.iter().find(|(other, _)| other == name).map(|(_, value)| value);
        let before = named(&field.name).or_else(|| named(field.earlier.as_ref()?));
        let value = match before {
            Some(value) => predict(value, &field.ty),
            None => default(place).ok_or_else(Way::new),
        };
        value.map(|value| (field.name.clone(), value)).map_err(|mut way| {
            way.insert(0, format!("field `{}: {}` of `{owner}`: ", field.name, field.ty.source()));
            way
        })
    });
    moved.collect()
}

fn in_range(index: usize, value: i128) -> Result<Value, Way> {
    let (_, least, most) = INTEGERS[index];
    if (least..=most).contains(&value) { Ok(Value::Int(value)) } else { Err(Way::new()) }
}

/// How many binary digits a float needs to hold it exactly.
fn digits(value: i128) -> u32 {
    let size = value.unsigned_abs();
    if size == 0 { 0 } else { u128::BITS - size.leading_zeros() - size.trailing_zeros() }
}
