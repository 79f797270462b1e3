//! The panel at the top left: what Liveline is doing, drawn with the game's own canvas.

use std::time::Duration;

use game_api::{Canvas, Color, TextSize, vec2};

use crate::status::{Build, Status};

/// How long a reload is lit up.
const HIGHLIGHT: Duration = Duration::from_millis(1200);
/// Characters that fit on a line of the panel's widest form.
const LONGEST: usize = 96;

const PANEL: Color = Color { r: 6, g: 9, b: 24, a: 205 };
const QUIET: Color = Color::hex(0x8fa3c8);
const INK: Color = Color::hex(0xe8f1ff);
const GOOD: Color = Color::hex(0x5dffa0);
const BUSY: Color = Color::hex(0xffd866);
const BAD: Color = Color::hex(0xff5470);

/// The panel for this state of affairs.
pub fn draw(status: &Status) -> Canvas {
    let lines = lines(status);
    let longest = lines.iter().map(|line| line.text.len()).max().unwrap_or(0);
    let size = vec2(36.0 + TextSize::Small.advance() * longest as f32, 12.0 + 18.0 * lines.len() as f32);
    let corner = vec2(12.0, 12.0);
    let lit = highlight(status);

    let mut canvas = Canvas::default();
    canvas.rect(corner, size, PANEL.mix(GOOD, 0.25 * lit));
    canvas.rect(corner, vec2(3.0, size.y), lamp(status));
    if lit > 0.0 {
        let corners = [corner, corner + vec2(size.x, 0.0), corner + size, corner + vec2(0.0, size.y)];
        canvas.outline(corners, 2.0, GOOD.faded(lit));
    }
    canvas.circle(corner + vec2(15.0, 15.0), 4.0, lamp(status));
    for (index, line) in lines.into_iter().enumerate() {
        let at = corner + vec2(26.0, 6.0 + 18.0 * index as f32);
        canvas.text(at, TextSize::Small, line.color, line.text);
    }
    canvas
}

struct Line {
    text: String,
    color: Color,
}

fn lines(status: &Status) -> Vec<Line> {
    let mut lines = vec![Line { text: heading(status), color: INK }];
    let mut add = |text: String, color| lines.push(Line { text: shortened(&text), color });
    if status.live {
        add(newest(status), if highlight(status) > 0.0 { GOOD } else { INK });
        if let Some(resets) = &status.started_anew {
            add(resets.clone(), BUSY);
        }
        match &status.build {
            Build::Idle => {}
            Build::Running => add("building ...".to_owned(), BUSY),
            Build::Failed(error) => add(format!("build failed: {error}"), BAD),
        }
    }
    for problem in [&status.trouble, &status.fault].into_iter().flatten() {
        add(problem.clone(), BAD);
    }
    add(format!("frame {:.1} ms", status.frame_millis), QUIET);
    lines
}

fn heading(status: &Status) -> String {
    let said = match (status.live, status.attached) {
        (false, _) => "scripts linked in",
        (true, false) => "Liveline: no server",
        (true, true) => "Liveline: attached",
    };
    said.to_owned()
}

fn newest(status: &Status) -> String {
    let library = status.library.as_deref().unwrap_or("scripts");
    match status.save_to_live {
        Some(time) => {
            format!("{library} #{}, save to live {:.0} ms", status.generation, time.as_secs_f64() * 1000.0)
        }
        None => format!("{library} #{}", status.generation),
    }
}

fn lamp(status: &Status) -> Color {
    match &status.build {
        _ if status.fault.is_some() || status.trouble.is_some() => BAD,
        Build::Failed(_) => BAD,
        Build::Running => BUSY,
        Build::Idle if status.attached => GOOD,
        Build::Idle => QUIET,
    }
}

/// 1 when a reload has just landed, 0 a moment later.
fn highlight(status: &Status) -> f32 {
    let age = status.landed.map_or(HIGHLIGHT, |landed| landed.elapsed());
    1.0 - (age.as_secs_f32() / HIGHLIGHT.as_secs_f32()).min(1.0)
}

/// The first line of `text`, cut to what fits.
fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use game_api::Shape;

    fn written(status: &Status) -> Vec<String> {
        let text = |shape: &Shape| match shape {
            Shape::Text { text, .. } => Some(text.clone()),
            _ => None,
        };
        draw(status).shapes().iter().filter_map(text).collect()
    }

    fn live() -> Status {
        Status { live: true, attached: true, library: Some("scripts".to_owned()), ..Status::default() }
    }

    #[test]
    fn a_release_build_says_so_and_no_more() {
        assert_eq!(written(&Status::default()), ["scripts linked in", "frame 0.0 ms"]);
    }

    #[test]
    fn the_newest_generation_and_its_time_are_shown() {
        let status = Status { generation: 3, save_to_live: Some(Duration::from_micros(84_400)), ..live() };
        assert_eq!(written(&status)[1], "scripts #3, save to live 84 ms");
    }

    #[test]
    fn errors_and_faults_are_shown_on_one_line_each() {
        let build = Build::Failed("player.rs:14: cannot find value `x`\nsecond line".to_owned());
        let status = Status { build, fault: Some("é".repeat(300)), ..live() };
        let lines = written(&status);
        assert_eq!(lines[2], "build failed: player.rs:14: cannot find value `x`");
        assert_eq!(lines[3].chars().count(), LONGEST + 3);
    }
}
