//! The report as a picture: one bar for each way, an SVG that reads on light and dark pages.

use std::fmt::Write;

use super::report::{Measure, Report, millis};

const WIDTH: usize = 860;
const NAMES: usize = 300;
const BAR: usize = 18;
const ROW: usize = 26;
const TITLE: usize = 44;

impl Report {
    /// The chart's text.
    pub fn to_svg(&self) -> String {
        let rows: usize = self.scripts.iter().map(|script| script.measures.len()).sum();
        let height = self.scripts.len() * TITLE + rows * ROW + 30;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} \
             {height}\" font-family=\"sans-serif\" font-size=\"13\">\n<style>text{{fill:#24292f}}.bar{{fill:#8c959f}}\
             .own{{fill:#1f883d}}.late{{fill:#1f883d;opacity:.35}}@media(prefers-color-scheme:dark){{text{{fill:#e6edf3}}}}\
             </style>\n"
        );
        let mut y = 0;
        for script in &self.scripts {
            let title = format!("{} · {} lines", script.file, script.lines);
            let _ = writeln!(
                svg,
                "<text x=\"10\" y=\"{}\" font-weight=\"bold\">{}</text>",
                y + 28,
                escape(&title)
            );
            y += TITLE;
            let longest =
                script.measures.iter().map(|measure| measure.statistics.p95_micros).max().unwrap_or(1);
            for measure in &script.measures {
                svg.push_str(&row(measure, y, longest.max(1)));
                y += ROW;
            }
        }
        let _ = writeln!(
            svg,
            "<text x=\"10\" y=\"{}\" font-size=\"11\">bars: median, pale: 95 of 100 · {} · {} processors</text>\n</svg>",
            y + 20,
            escape(&self.rustc),
            self.processors
        );
        svg
    }
}

fn row(measure: &Measure, y: usize, longest: u64) -> String {
    let room = (WIDTH - NAMES - 100) as u64;
    let length = |micros: u64| (micros * room / longest).max(1);
    let (median, late) = (measure.statistics.p50_micros, measure.statistics.p95_micros);
    let is_own = measure.name.contains("save →") || measure.name.starts_with("built ahead");
    let class = if is_own { "own" } else { "bar" };
    format!(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
         <rect class=\"{class}\" opacity=\".35\" x=\"{NAMES}\" y=\"{y}\" width=\"{}\" height=\"{BAR}\"/>\
         <rect class=\"{class}\" x=\"{NAMES}\" y=\"{y}\" width=\"{}\" height=\"{BAR}\"/>\
         <text x=\"{}\" y=\"{}\">{}</text>\n",
        NAMES - 10,
        y + 14,
        escape(&measure.name),
        length(late),
        length(median),
        NAMES as u64 + length(late) + 8,
        y + 14,
        millis(median),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::report::{Script, Statistics};
    use super::*;

    #[test]
    fn every_measure_is_a_bar_and_names_are_escaped() {
        let measures =
            vec![Measure::new("cargo <build>", vec![100_000]), Measure::new("B: save → running", vec![0])];
        let script = Script {
            library: "a".to_owned(),
            file: "a&b.rs".to_owned(),
            lines: 3,
            measures,
            stages: Vec::new(),
            answer: None,
        };
        let report = Report {
            version: 1,
            root: String::new(),
            rustc: "rustc".to_owned(),
            processors: 2,
            profile: "dev".to_owned(),
            scripts: vec![script],
        };
        let svg = report.to_svg();
        assert!(svg.contains("a&amp;b.rs") && svg.contains("cargo &lt;build&gt;"));
        assert_eq!(svg.matches("<rect").count(), 4);
        assert_eq!(Statistics::of(&[0]).p50_micros, 0);
    }
}
