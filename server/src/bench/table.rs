//! The report for a terminal.

use std::fmt;

use super::report::{Report, Script, Stages, Statistics, millis};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} · {} processors · profile `{}`", self.rustc, self.processors, self.profile)?;
        self.scripts.iter().try_for_each(|script| script.fmt(f))
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{} · {} · {} lines", self.library, self.file, self.lines)?;
        let width =
            self.measures.iter().map(|measure| measure.name.chars().count()).max().unwrap_or_default();
        writeln!(f, "  {:width$}  {:>9}  {:>9}", "", "p50", "p95")?;
        for measure in &self.measures {
            let Statistics { p50_micros, p95_micros } = measure.statistics;
            write!(f, "  {:width$}  {:>9}  {:>9}", measure.name, millis(p50_micros), millis(p95_micros))?;
            match measure.speculated {
                Some(count) => writeln!(f, "   {count} of {} were ready", measure.samples.len())?,
                None => writeln!(f)?,
            }
        }
        writeln!(
            f,
            "\n  {:8}{:>10}{:>11}{:>10}{:>10}{:>10}{:>10}{:>10}",
            "stage", "detect", "front end", "codegen", "link", "announce", "load", "swap"
        )?;
        self.stages.iter().try_for_each(|stages| stages.fmt(f))?;
        match &self.answer {
            Some(answer) => writeln!(f, "\n  A or B? {}.", answer.sentence),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p50 = |statistics: Statistics| millis(statistics.p50_micros);
        let p95 = |statistics: Statistics| millis(statistics.p95_micros);
        for (name, of) in [(self.loader.as_str(), &p50 as &dyn Fn(Statistics) -> String), ("  p95", &p95)] {
            writeln!(
                f,
                "  {name:8}{:>10}{:>11}{:>10}{:>10}{:>10}{:>10}{:>10}",
                of(self.detect),
                of(self.front_end),
                of(self.codegen),
                of(self.link),
                of(self.announce),
                of(self.load),
                of(self.swap),
            )?;
        }
        Ok(())
    }
}
