//! The scripts that the torture saves: their text, and what a model says of their state.

use std::fmt::Write as _;

use liveline_tests::Random;

/// A generation that panics in so many first calls is taken back.
pub const PROBATION: u64 = 3;
/// Stands at the line that a fault is to be told at.
pub const MARK: &str = "// here";

/// What a script does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// Nothing.
    None,
    /// It does not compile.
    TypeError,
    /// The state that there is cannot go over to its layout.
    Layout,
    /// Its first call panics.
    Panic,
    /// It panics when its probation is over.
    LatePanic,
    /// It writes to a wrong place.
    Segfault,
    /// It ends the process.
    Abort,
    /// It calls itself without end.
    Overflow,
    /// It does not return.
    Hang,
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `u32`.
    U32,
    /// `u64`.
    U64,
    /// `i64`.
    I64,
    /// `String`.
    Text,
    /// `Vec<u64>`.
    List,
}

/// A field of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    name: String,
    kind: Type,
    earlier: Option<String>,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of the three integers.
    Int(u64),
    /// Of a `String`.
    Text(String),
    /// Of a `Vec<u64>`.
    List(Vec<u64>),
}

/// One instance's state, by field name.
pub type State = Vec<(String, Value)>;

/// One save.
#[derive(Clone, Debug)]
pub struct Code {
    /// What it prints; no other save prints it.
    pub marker: u64,
    /// The number that the server gave it; zero if it gave none.
    pub generation: u64,
    /// What it does wrong.
    pub flaw: Flaw,
    /// The state's layout.
    pub layout: Vec<Field>,
    /// Whether undo and redo pass over it: it ended an engine, hung in one, or no engine runs it.
    pub is_passed_over: bool,
    /// The field that the state cannot go over to.
    wrong: Option<String>,
    adds: u64,
}

/// A change of the state's layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// None at all.
    None,
    /// One more field.
    Add,
    /// One field less.
    Remove,
    /// A field with another name, and an attribute that says so.
    Rename,
    /// An integer of another type.
    Retype,
    /// The fields in another order.
    Reorder,
    /// An integer that becomes a text.
    Impossible,
}

const CHANGES: [Change; 6] =
    [Change::None, Change::Add, Change::Remove, Change::Rename, Change::Retype, Change::Reorder];

impl Change {
    /// Any that state can go over.
    pub fn possible(random: &mut Random) -> Self {
        CHANGES[random.index(CHANGES.len())]
    }
}

impl Type {
    fn is_integer(self) -> bool {
        matches!(self, Self::U32 | Self::U64 | Self::I64)
    }

    fn any(random: &mut Random) -> Self {
        [Self::U32, Self::U64, Self::I64, Self::Text, Self::List][random.index(5)]
    }

    fn default(self) -> Value {
        match self {
            Self::Text => Value::Text(String::new()),
            Self::List => Value::List(Vec::new()),
            _ => Value::Int(0),
        }
    }

    fn takes(self, value: &Value) -> bool {
        match value {
            Value::Int(_) => self.is_integer(),
            Value::Text(_) => self == Self::Text,
            Value::List(_) => self == Self::List,
        }
    }
}

impl Code {
    /// The sample as it is.
    pub fn first() -> Self {
        let ticks = Field { name: "ticks".to_owned(), kind: Type::U64, earlier: None };
        let (marker, generation, flaw) = (0, 0, Flaw::None);
        Self { marker, generation, flaw, layout: vec![ticks], is_passed_over: false, wrong: None, adds: 1 }
    }

    /// Another save on top of this one. There is always an integer among the fields.
    pub fn next(&self, marker: u64, flaw: Flaw, change: Change, random: &mut Random) -> Self {
        let mut layout = self.layout.clone();
        let integers: Vec<usize> = (0..layout.len()).filter(|at| layout[*at].kind.is_integer()).collect();
        let integer = integers[random.index(integers.len())];
        let any = random.index(layout.len());
        let name = format!("f{marker}");
        let mut wrong = None;
        match change {
            Change::Add if layout.len() < 8 => {
                let at = random.index(layout.len() + 1);
                layout.insert(at, Field { name, kind: Type::any(random), earlier: None });
            }
            Change::Remove if integers.len() > 1 || !layout[any].kind.is_integer() => _ = layout.remove(any),
            Change::Rename => {
                let earlier = std::mem::replace(&mut layout[any].name, name);
                layout[any].earlier = Some(earlier);
            }
            Change::Retype => {
                layout[integer].kind = [Type::U32, Type::U64, Type::I64][random.index(3)];
            }
            Change::Reorder => random.shuffle(&mut layout),
            Change::Impossible => {
                layout[integer].kind = Type::Text;
                wrong = Some(layout[integer].name.clone());
                layout.push(Field { name, kind: Type::U64, earlier: None });
            }
            Change::None | Change::Add | Change::Remove => {}
        }
        let adds = 1 + random.below(9);
        Self { marker, generation: 0, flaw, layout, is_passed_over: false, wrong, adds }
    }

    /// A value as a type's default makes it.
    pub fn fresh(&self) -> State {
        self.layout.iter().map(|field| (field.name.clone(), field.kind.default())).collect()
    }

    /// What becomes of a state of another layout; nothing if it cannot go over.
    pub fn migrate(&self, from: &State) -> Option<State> {
        let find = |name: &String| from.iter().find(|(found, _)| found == name).map(|(_, value)| value);
        let field = |field: &Field| match find(&field.name).or_else(|| find(field.earlier.as_ref()?)) {
            Some(value) => field.kind.takes(value).then(|| (field.name.clone(), value.clone())),
            None => Some((field.name.clone(), field.kind.default())),
        };
        self.layout.iter().map(field).collect()
    }

    /// What a call makes of a state.
    pub fn advance(&self, state: &mut State) {
        for (_, value) in state {
            match value {
                Value::Int(value) => *value += self.adds,
                Value::Text(text) if text.len() < 9 => text.push('x'),
                Value::Text(text) => text.clear(),
                Value::List(list) => {
                    list.push(self.adds);
                    list.drain(..list.len().saturating_sub(3));
                }
            }
        }
    }

    /// What a call makes the game print.
    pub fn says(&self, state: &State) -> String {
        state.iter().fold(format!("m{}", self.marker), |mut said, (name, value)| {
            let _ = match value {
                Value::Int(value) => write!(said, " {name}:{value:?}"),
                Value::Text(text) => write!(said, " {name}:{text:?}"),
                Value::List(list) => write!(said, " {name}:{list:?}"),
            };
            said
        })
    }

    /// The file.
    pub fn text(&self) -> String {
        let (mut fields, mut steps, mut shown, mut values) =
            (String::new(), String::new(), String::new(), String::new());
        for Field { name, kind, earlier } in &self.layout {
            let mark = if self.wrong.as_ref() == Some(name) { MARK } else { "" };
            if let Some(earlier) = earlier {
                let _ = writeln!(fields, "    #[state(renamed_from = \"{earlier}\")]");
            }
            let (written, step) = match kind {
                Type::U32 => ("u32", format!("self.{name} += {};", self.adds)),
                Type::U64 => ("u64", format!("self.{name} += {};", self.adds)),
                Type::I64 => ("i64", format!("self.{name} += {};", self.adds)),
                Type::Text => (
                    "String",
                    format!(
                        "if self.{name}.len() < 9 {{ self.{name}.push('x') }} else {{ self.{name}.clear() }}"
                    ),
                ),
                Type::List => (
                    "Vec<u64>",
                    format!(
                        "self.{name}.push({}); if self.{name}.len() > 3 {{ self.{name}.remove(0); }}",
                        self.adds
                    ),
                ),
            };
            let _ = writeln!(fields, "    {name}: {written}, {mark}");
            let _ = writeln!(steps, "        {step}");
            let _ = write!(shown, " {name}:{{:?}}");
            let _ = write!(values, ", self.{name}");
        }
        let (item, line) = self.flaw_text();
        format!(
            "//! Written by a test.\n\nuse game_api::{{Script, World}};\n\n{item}\n\
             #[derive(Default, liveline::State)]\npub struct Player {{\n    stamp: String,\n{fields}}}\n\n\
             #[liveline::script]\nimpl Script for Player {{\n    \
             fn update(&mut self, world: &mut World, _dt: f32) {{\n        \
             self.stamp = format!(\"<{{}}>\", world.ticks);\n{steps}        {line}\n        \
             world.say(&format!(\"m{}{shown}\"{values}));\n    }}\n}}\n",
            self.marker
        )
    }

    /// An item beside the script, and a line in its function.
    fn flaw_text(&self) -> (String, String) {
        let marker = self.marker;
        let counter = "static CALLS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);";
        let deep =
            "fn deep(n: u64) -> u64 { if n == 0 { 0 } else { deep(std::hint::black_box(n - 1)) + 1 } }";
        let (item, line) = match self.flaw {
            Flaw::None | Flaw::Layout => return Default::default(),
            Flaw::TypeError => ("", format!("let _: u32 = \"m{marker}\"; {MARK}")),
            Flaw::Panic => ("", format!("if world.ticks > 0 {{ panic!(\"m{marker}\"); }} {MARK}")),
            Flaw::LatePanic => (
                counter,
                format!(
                    "if CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > {PROBATION} \
                     {{ panic!(\"m{marker}\"); }} {MARK}"
                ),
            ),
            Flaw::Segfault => ("", format!("unsafe {{ *(8 as *mut u64) = 1 }} {MARK}")),
            Flaw::Abort => ("", format!("if world.ticks > 0 {{ std::process::abort(); }} {MARK}")),
            Flaw::Overflow => {
                return (
                    format!("{deep} {MARK}\n"),
                    "assert_eq!(deep(std::hint::black_box(u64::MAX)), 0);".to_owned(),
                );
            }
            Flaw::Hang => ("", format!("while std::hint::black_box(true) {{}} {MARK}")),
        };
        (item.to_owned(), line)
    }

    /// The line that its fault is to be told at, 1-based.
    pub fn line(&self) -> u32 {
        let text = self.text();
        let found = text.lines().zip(1..).find(|(line, _)| line.contains(MARK));
        found.expect("a line that is marked").1
    }
}
