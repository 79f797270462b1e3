//! Types and values as the model knows them, at random, and as Rust source.

use std::fmt::Write as _;

/// Numbers that are the same for the same seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        // splitmix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub(crate) fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    /// A name that no other has.
    pub(crate) fn name(&mut self, letter: char, taken: &mut usize) -> String {
        *taken += 1;
        format!("{letter}{taken}")
    }
}

pub(crate) const INTEGERS: [(&str, i128, i128); 9] = [
    ("u8", 0, u8::MAX as i128),
    ("i8", i8::MIN as i128, i8::MAX as i128),
    ("u16", 0, u16::MAX as i128),
    ("i16", i16::MIN as i128, i16::MAX as i128),
    ("u32", 0, u32::MAX as i128),
    ("i32", i32::MIN as i128, i32::MAX as i128),
    ("u64", 0, u64::MAX as i128),
    ("i64", i64::MIN as i128, i64::MAX as i128),
    ("i128", i128::MIN, i128::MAX),
];

#[derive(Clone, Debug)]
pub(crate) enum Type {
    Bool,
    /// By its place in [`INTEGERS`].
    Int(usize),
    F32,
    F64,
    Char,
    Text,
    Box(Box<Type>),
    Option(Box<Type>),
    List(List, Box<Type>),
    /// The name of the map.
    Map(&'static str, Box<Type>, Box<Type>),
    Tuple(Vec<Type>),
    Struct(Struct),
    Enum(Enum),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum List {
    Vec,
    VecDeque,
    Slice,
    Array(usize),
    BTreeSet,
    /// Never of an old type: its order is not known.
    HashSet,
}

#[derive(Clone, Debug)]
pub(crate) struct Struct {
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
    /// One value for each field.
    pub(crate) default: Option<Vec<Value>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) earlier: Option<String>,
    pub(crate) ty: Type,
}

#[derive(Clone, Debug)]
pub(crate) struct Enum {
    pub(crate) name: String,
    pub(crate) variants: Vec<Variant>,
    pub(crate) default: Option<Box<Value>>,
}

/// A unit variant without fields, a tuple variant if the first is called `0`.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) earlier: Option<String>,
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Bool(bool),
    Int(i128),
    Float(f64),
    Char(char),
    Text(String),
    None,
    Some(Box<Value>),
    /// Of a sequence or a tuple.
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Struct(Vec<(String, Value)>),
    Variant(String, Vec<(String, Value)>),
}

impl Type {
    /// Whether sets and maps can have it as their key.
    pub(crate) fn is_key(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Text)
    }

    fn is_leaf(&self) -> bool {
        matches!(self, Self::Bool | Self::Int(_) | Self::F32 | Self::F64 | Self::Char | Self::Text)
    }

    pub(crate) fn random(random: &mut Random, depth: usize, names: &mut usize) -> Self {
        let inner = |random: &mut Random, names: &mut usize| Box::new(Self::random(random, depth - 1, names));
        match random.below(if depth == 0 { 9 } else { 20 }) {
            0 => Self::Bool,
            1..=4 => Self::Int(random.below(INTEGERS.len())),
            5 => Self::F32,
            6 => Self::F64,
            7 => Self::Char,
            8 => Self::Text,
            9 => Self::Box(inner(random, names)),
            10 | 11 => Self::Option(inner(random, names)),
            12 | 13 => Self::List(
                *random.pick(&[List::Vec, List::VecDeque, List::Slice, List::Array(2)]),
                inner(random, names),
            ),
            14 => Self::List(List::BTreeSet, Box::new(Self::key(random))),
            15 => {
                let value = inner(random, names);
                // Where the order is not known, what fails first must not matter.
                let kinds: &[&'static str] =
                    if value.is_leaf() { &["HashMap", "BTreeMap"] } else { &["BTreeMap"] };
                let kind: &&'static str = random.pick(kinds);
                Self::Map(kind, Box::new(Self::key(random)), value)
            }
            16 => Self::Tuple((0..2 + random.below(2)).map(|_| *inner(random, names)).collect()),
            17 | 18 => Self::Struct(Struct::random(random, depth - 1, names)),
            _ => Self::Enum(Enum::random(random, depth - 1, names)),
        }
    }

    pub(crate) fn key(random: &mut Random) -> Self {
        if random.one_in(3) { Self::Text } else { Self::Int(random.below(INTEGERS.len())) }
    }

    /// A value of it.
    pub(crate) fn value(&self, random: &mut Random) -> Value {
        match self {
            Self::Bool => Value::Bool(random.one_in(2)),
            Self::Int(index) => {
                let (_, least, most) = INTEGERS[*index];
                Value::Int(match random.below(8) {
                    0 => least,
                    1 => most,
                    2 => most / 3,
                    _ => random.below(100) as i128,
                })
            }
            Self::F32 => Value::Float(random.below(400) as f64 / 2.0 - 20.0),
            Self::F64 if random.one_in(6) => Value::Float(*random.pick(&[1e300, 0.1, -1e18])),
            Self::F64 => Value::Float(random.below(400) as f64 / 2.0 - 20.0),
            Self::Char => Value::Char(*random.pick(&['a', 'ß', '\n'])),
            Self::Text => Value::Text((*random.pick(&["", "b", "long \"text\"", "ß", "z"])).to_owned()),
            Self::Box(inner) => inner.value(random),
            Self::Option(_) if random.one_in(3) => Value::None,
            Self::Option(inner) => Value::Some(Box::new(inner.value(random))),
            Self::List(List::BTreeSet | List::HashSet, inner) => Value::List(inner.keys(random)),
            Self::List(kind, inner) => {
                let length = if let List::Array(length) = kind { *length } else { random.below(4) };
                Value::List((0..length).map(|_| inner.value(random)).collect())
            }
            Self::Map(_, key, inner) => {
                let keys = key.keys(random);
                Value::Map(keys.into_iter().map(|key| (key, inner.value(random))).collect())
            }
            Self::Tuple(types) => Value::List(types.iter().map(|ty| ty.value(random)).collect()),
            Self::Struct(one) => Value::Struct(values(&one.fields, random)),
            Self::Enum(one) => {
                let variant = random.pick(&one.variants);
                Value::Variant(variant.name.clone(), values(&variant.fields, random))
            }
        }
    }

    /// A few values in order, each once.
    fn keys(&self, random: &mut Random) -> Vec<Value> {
        let mut keys: Vec<Value> = (0..random.below(4)).map(|_| self.value(random)).collect();
        let order = |key: &Value| match key {
            Value::Int(value) => (*value, String::new()),
            Value::Text(text) => (0, text.clone()),
            other => unreachable!("{other:?} is no key"),
        };
        keys.sort_by_key(order);
        keys.dedup_by_key(|key| order(key));
        keys
    }

    /// As the source has it.
    pub(crate) fn source(&self) -> String {
        match self {
            Self::Bool => "bool".to_owned(),
            Self::Int(index) => INTEGERS[*index].0.to_owned(),
            Self::F32 => "f32".to_owned(),
            Self::F64 => "f64".to_owned(),
            Self::Char => "char".to_owned(),
            Self::Text => "String".to_owned(),
            Self::Box(inner) => format!("Box<{}>", inner.source()),
            Self::Option(inner) => format!("Option<{}>", inner.source()),
            Self::List(kind, inner) => {
                let inner = inner.source();
                match kind {
                    List::Slice => format!("Box<[{inner}]>"),
                    List::Array(length) => format!("[{inner}; {length}]"),
                    List::Vec | List::VecDeque | List::BTreeSet | List::HashSet => {
                        format!("{kind:?}<{inner}>")
                    }
                }
            }
            Self::Map(kind, key, inner) => format!("{kind}<{}, {}>", key.source(), inner.source()),
            Self::Tuple(types) => {
                format!("({})", types.iter().map(Self::source).collect::<Vec<_>>().join(", "))
            }
            Self::Struct(one) => one.name.clone(),
            Self::Enum(one) => one.name.clone(),
        }
    }

    /// The expression that makes a value.
    pub(crate) fn expression(&self, value: &Value) -> String {
        match (self, value) {
            (Self::Bool, Value::Bool(value)) => value.to_string(),
            (Self::Int(index), Value::Int(value)) => format!("{value}{}", INTEGERS[*index].0),
            (Self::F32, Value::Float(value)) => format!("{:?}f32", *value as f32),
            (Self::F64, Value::Float(value)) => format!("{value:?}f64"),
            (Self::Char, Value::Char(value)) => format!("{value:?}"),
            (Self::Text, Value::Text(text)) => format!("{text:?}.to_owned()"),
            (Self::Box(inner), value) => format!("Box::new({})", inner.expression(value)),
            (Self::Option(_), Value::None) => "None".to_owned(),
            (Self::Option(inner), Value::Some(value)) => format!("Some({})", inner.expression(value)),
            (Self::List(kind, inner), Value::List(values)) => {
                let list = values.iter().map(|value| inner.expression(value)).collect::<Vec<_>>().join(", ");
                match kind {
                    List::Array(_) => format!("[{list}]"),
                    _ => format!("vec![{list}].into_iter().collect()"),
                }
            }
            (Self::Map(_, key, inner), Value::Map(pairs)) => {
                let pair =
                    |(k, v): &(Value, Value)| format!("({}, {})", key.expression(k), inner.expression(v));
                format!(
                    "vec![{}].into_iter().collect()",
                    pairs.iter().map(pair).collect::<Vec<_>>().join(", ")
                )
            }
            (Self::Tuple(types), Value::List(values)) => {
                let list = types.iter().zip(values).map(|(ty, value)| ty.expression(value));
                format!("({})", list.collect::<Vec<_>>().join(", "))
            }
            (Self::Struct(one), Value::Struct(values)) => {
                format!("{} {}", one.name, initialisers(&one.fields, values))
            }
            (Self::Enum(one), Value::Variant(name, values)) => {
                let variant = one.variants.iter().find(|variant| variant.name == *name);
                let fields = &variant.expect("a variant of its type").fields;
                format!("{}::{name} {}", one.name, initialisers(fields, values))
            }
            (ty, value) => unreachable!("{value:?} is no {ty:?}"),
        }
    }

    /// The declarations that it needs.
    pub(crate) fn declare(&self, to: &mut String) {
        let derive = "#[derive(Debug, PartialEq, liveline::State)]\n";
        match self {
            Self::Box(inner) | Self::Option(inner) | Self::List(_, inner) => inner.declare(to),
            Self::Map(_, key, inner) => [key, inner].into_iter().for_each(|ty| ty.declare(to)),
            Self::Tuple(types) => types.iter().for_each(|ty| ty.declare(to)),
            Self::Struct(one) => {
                let _ = writeln!(to, "{derive}pub struct {} {{ {} }}", one.name, declarations(&one.fields));
                one.fields.iter().for_each(|field| field.ty.declare(to));
            }
            Self::Enum(one) => {
                let _ = writeln!(to, "{derive}pub enum {} {{", one.name);
                for Variant { name, earlier, fields } in &one.variants {
                    let attribute = attribute(earlier.as_ref());
                    let _ = match fields.first() {
                        None => writeln!(to, "{attribute}{name},"),
                        Some(first) if first.name == "0" => {
                            let types: Vec<String> = fields.iter().map(|field| field.ty.source()).collect();
                            writeln!(to, "{attribute}{name}({}),", types.join(", "))
                        }
                        Some(_) => writeln!(to, "{attribute}{name} {{ {} }},", declarations(fields)),
                    };
                }
                let _ = writeln!(to, "}}");
                one.variants.iter().flat_map(|one| &one.fields).for_each(|field| field.ty.declare(to));
            }
            _ => {}
        }
        if let (Some(default), Self::Struct(_) | Self::Enum(_)) = (self.default(), self) {
            let (name, value) = (self.source(), self.expression(&default));
            let _ = writeln!(to, "impl Default for {name} {{ fn default() -> Self {{ {value} }} }}");
        }
    }

    /// Its `Default`, if it has one.
    pub(crate) fn default(&self) -> Option<Value> {
        Some(match self {
            Self::Bool => Value::Bool(false),
            Self::Int(_) => Value::Int(0),
            Self::F32 | Self::F64 => Value::Float(0.0),
            Self::Char => Value::Char('\0'),
            Self::Text => Value::Text(String::new()),
            Self::Box(inner) => inner.default()?,
            Self::Option(_) => Value::None,
            Self::List(List::Array(length), inner) => Value::List(vec![inner.default()?; *length]),
            Self::List(..) => Value::List(Vec::new()),
            Self::Map(..) => Value::Map(Vec::new()),
            Self::Tuple(types) => Value::List(types.iter().map(Self::default).collect::<Option<_>>()?),
            Self::Struct(one) => {
                let names = one.fields.iter().map(|field| field.name.clone());
                Value::Struct(names.zip(one.default.clone()?).collect())
            }
            Self::Enum(one) => *one.default.clone()?,
        })
    }
}

fn values(fields: &[Field], random: &mut Random) -> Vec<(String, Value)> {
    fields.iter().map(|field| (field.name.clone(), field.ty.value(random))).collect()
}

fn initialisers(fields: &[Field], values: &[(String, Value)]) -> String {
    let one = |(field, (name, value)): (&Field, &(String, Value))| {
        assert_eq!(field.name, *name, "values stand in the order of their fields");
        format!("{name}: {}", field.ty.expression(value))
    };
    format!("{{ {} }}", fields.iter().zip(values).map(one).collect::<Vec<_>>().join(", "))
}

fn attribute(earlier: Option<&String>) -> String {
    earlier.map_or_else(String::new, |earlier| format!("#[state(renamed_from = {earlier:?})] "))
}

fn declarations(fields: &[Field]) -> String {
    let one =
        |field: &Field| format!("{}{}: {}", attribute(field.earlier.as_ref()), field.name, field.ty.source());
    fields.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl Struct {
    pub(crate) fn random(random: &mut Random, depth: usize, names: &mut usize) -> Self {
        let fields = (0..1 + random.below(4)).map(|_| Field::random(random, depth, names)).collect();
        let mut one = Self { name: random.name('S', names), fields, default: None };
        if !random.one_in(3) {
            one.new_default(random);
        }
        one
    }

    pub(crate) fn new_default(&mut self, random: &mut Random) {
        self.default = Some(self.fields.iter().map(|field| field.ty.value(random)).collect());
    }
}

impl Field {
    pub(crate) fn random(random: &mut Random, depth: usize, names: &mut usize) -> Self {
        Self { name: random.name('f', names), earlier: None, ty: Type::random(random, depth, names) }
    }
}

impl Enum {
    fn random(random: &mut Random, depth: usize, names: &mut usize) -> Self {
        let variants = (0..1 + random.below(3)).map(|_| Variant::random(random, depth, names)).collect();
        let mut one = Self { name: random.name('E', names), variants, default: None };
        if !random.one_in(3) {
            one.new_default(random);
        }
        one
    }

    pub(crate) fn new_default(&mut self, random: &mut Random) {
        self.default = Some(Box::new(Type::Enum(self.clone()).value(random)));
    }
}

impl Variant {
    pub(crate) fn random(random: &mut Random, depth: usize, names: &mut usize) -> Self {
        let mut fields: Vec<Field> =
            (0..random.below(3)).map(|_| Field::random(random, depth, names)).collect();
        if random.one_in(2) {
            for (number, field) in fields.iter_mut().enumerate() {
                field.name = number.to_string();
            }
        }
        Self { name: random.name('V', names), earlier: None, fields }
    }
}
