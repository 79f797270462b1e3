//! Script texts like those of a game, of any of the measured lengths, and edits of them.

/// The lengths that are measured, in lines.
pub const LENGTHS: [usize; 3] = [41, 347, 3407];

const BASE: usize = 41;
const BLOCK: usize = 34;

/// Who takes the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// A script of Liveline's.
    Liveline,
    /// The same code behind a plain exported function: what other tools reload.
    Plain,
}

/// A script of about `lines` lines: 41 and as many blocks of 34 as fit. Its type is called `name`, its edit `mark`.
pub fn script(name: &str, lines: usize, mark: u32, flavour: Flavour) -> String {
    let blocks = lines.saturating_sub(BASE) / BLOCK;
    let mut text = base(name, blocks, mark, flavour);
    (1..=blocks).for_each(|number| text.push_str(&block(number)));
    text
}

/// The text with another edit in it, of as many lines.
pub fn with_mark(text: &str, mark: u32) -> String {
    let Some((before, rest)) = text.split_once("world.mark = ") else { return text.to_owned() };
    let after = rest.split_once(';').map_or("", |(_, after)| after);
    format!("{before}world.mark = {mark};{after}")
}

fn base(name: &str, blocks: usize, mark: u32, flavour: Flavour) -> String {
    let threat = match blocks {
        0 => "appraise(actor, self.heat)".to_owned(),
        _ => format!("appraise(actor, self.heat) + stage_{blocks}(actor, &mut self.seen, dt)"),
    };
    let text = format!(
        r"//! A generated game script.

use std::collections::HashMap;

use game_api::{{Actor, Script, World}};

const SPEED: f32 = 120.0;
const REACH: f32 = 48.0;

#[derive(Default, liveline::State)]
pub struct {name} {{
    heat: f32,
    seen: HashMap<u32, f32>,
}}

#[liveline::script]
impl Script for {name} {{
    fn update(&mut self, world: &mut World, dt: f32) {{
        self.heat = (self.heat + dt).min(4.0);
        for actor in &mut world.actors {{
            let threat = {threat};
            *self.seen.entry(actor.id).or_insert(0.0) += threat * dt;
            match actor.kind {{
                0 => actor.position.0 += SPEED * dt,
                1 => actor.position.1 -= SPEED * dt * threat,
                _ => actor.health -= threat,
            }}
        }}
        world.mark = {mark};
    }}
}}

/// How much of a danger an actor is, from 0 to 1.
fn appraise(actor: &Actor, heat: f32) -> f32 {{
    let (x, y) = actor.position;
    let distance = (x * x + y * y).sqrt();
    if distance > REACH {{
        return 0.0;
    }}
    (1.0 - distance / REACH).clamp(0.0, 1.0) * heat.sin().abs()
}}
"
    );
    match flavour {
        Flavour::Liveline => text,
        Flavour::Plain => text
            .replace("{Actor, Script, World}", "{Actor, World}")
            .replace("#[derive(Default, liveline::State)]", "#[derive(Default)]")
            .replace("#[liveline::script]\n", "")
            .replace("impl Script for", "impl")
            .replace("    fn update", "    pub fn update"),
    }
}

/// A stage of a behaviour: state, a choice, arithmetic and a map, as scripts have them.
fn block(n: usize) -> String {
    let before = match n {
        1 => "0.0".to_owned(),
        _ => format!("stage_{}(actor, seen, dt)", n - 1),
    };
    let (a, b, c) = (n as f32 * 0.37 + 1.0, n % 7 + 2, n as f32 * 0.011 + 0.2);
    format!(
        r"
/// What stage {n} of the behaviour makes of an actor.
#[derive(Clone, Debug, PartialEq)]
enum Plan{n} {{
    Rest,
    Seek {{ goal: (f32, f32), urgency: f32 }},
    Flee(f32),
}}

fn plan_{n}(actor: &Actor, mood: f32) -> Plan{n} {{
    let (x, y) = (actor.position.0 - {a:.2}, actor.position.1 + {c:.3});
    let distance = x.hypot(y);
    if actor.id as usize % {b} == 0 && mood < {c:.3} {{
        Plan{n}::Rest
    }} else if distance > {a:.2} * 9.0 {{
        Plan{n}::Seek {{ goal: (x / distance, y / distance), urgency: mood.min(1.0) }}
    }} else {{
        Plan{n}::Flee(distance.max(0.1))
    }}
}}

fn stage_{n}(actor: &mut Actor, seen: &mut HashMap<u32, f32>, dt: f32) -> f32 {{
    let before = {before};
    let mood = seen.get(&actor.id).copied().unwrap_or({c:.3}) + before;
    let pull = match plan_{n}(actor, mood) {{
        Plan{n}::Rest => 0.0,
        Plan{n}::Seek {{ goal, urgency }} => (goal.0 * {c:.3} + goal.1).abs() * urgency,
        Plan{n}::Flee(distance) => -(1.0 / distance).powi({b}),
    }};
    let weight = if actor.health > 50.0 {{ 1.0 }} else {{ actor.health / 50.0 }};
    actor.position.0 += (pull * dt * weight).clamp(-1.0, 1.0);
    actor.position.1 -= (pull.sin() * dt).clamp(-0.5, 0.5);
    before * 0.5 + pull * 0.01
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_lengths_that_are_asked_for() {
        for lines in LENGTHS {
            assert_eq!(script("Player", lines, 0, Flavour::Liveline).lines().count(), lines);
        }
    }

    #[test]
    fn an_edit_changes_one_line() {
        let text = script("Player", 347, 0, Flavour::Liveline);
        let edited = with_mark(&text, 17);
        let changed: Vec<_> = text.lines().zip(edited.lines()).filter(|(a, b)| a != b).collect();
        assert_eq!(changed, [("        world.mark = 0;", "        world.mark = 17;")]);
    }
}
