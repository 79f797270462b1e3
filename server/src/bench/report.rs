//! What was measured, as numbers.

use serde::{Deserialize, Serialize};

/// All of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Of this form of report.
    pub version: u32,
    /// The workspace, absolute.
    pub root: String,
    /// `rustc -V`.
    pub rustc: String,
    /// How many processors rustc may use.
    pub processors: usize,
    /// The cargo profile.
    pub profile: String,
    /// One for each library.
    pub scripts: Vec<Script>,
}

/// What was measured of one script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Script {
    /// The library that it is in.
    pub library: String,
    /// The file that was edited, relative to the workspace root.
    pub file: String,
    /// Of that file.
    pub lines: usize,
    /// In the order in which a person would compare them.
    pub measures: Vec<Measure>,
    /// Where the time of a save goes that was not built ahead.
    pub stages: Vec<Stages>,
    /// Which is sooner.
    pub answer: Option<Answer>,
}

/// One way to build, measured again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measure {
    /// For a person: `cargo check`.
    pub name: String,
    /// Of all samples, in microseconds.
    #[serde(flatten)]
    pub statistics: Statistics,
    /// How many of the samples found the text built before the save.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speculated: Option<usize>,
    /// In the order in which they were taken, in microseconds.
    pub samples: Vec<u64>,
}

/// Of a list of samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// The median.
    pub p50_micros: u64,
    /// Nineteen of twenty are not longer.
    pub p95_micros: u64,
}

/// The parts of one save, each a median with its 95th percentile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stages {
    /// The loader: `dylib` or `object`.
    pub loader: String,
    /// From the save to the compiler's start.
    pub detect: Statistics,
    /// Of the compiler, as far as the metadata: parsing, types, borrows.
    pub front_end: Statistics,
    /// Of the compiler, the rest up to the objects.
    pub codegen: Statistics,
    /// From the objects to the artifact.
    pub link: Statistics,
    /// From the artifact to the engine's knowledge of it.
    pub announce: Statistics,
    /// In the engine, off the game's thread.
    pub load: Statistics,
    /// In the engine, from loaded to in place.
    pub swap: Statistics,
}

/// Procedure A against procedure B.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The median of `object` divided by that of `dylib`.
    pub object_to_dylib: f64,
    /// For a person.
    pub sentence: String,
}

impl Statistics {
    /// Of samples in any order; all zero of none.
    pub fn of(samples: &[u64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        let at = |share: f64| {
            let index = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(index.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self { p50_micros: at(0.5), p95_micros: at(0.95) }
    }
}

impl Measure {
    /// Of samples in the order in which they were taken.
    pub fn new(name: impl Into<String>, samples: Vec<u64>) -> Self {
        Self { name: name.into(), statistics: Statistics::of(&samples), speculated: None, samples }
    }
}

impl Answer {
    /// The sentence for two medians. A difference of less than a twentieth is none.
    pub fn new(dylib: Statistics, object: Statistics) -> Option<Self> {
        if dylib.p50_micros == 0 || object.p50_micros == 0 {
            return None;
        }
        let ratio = object.p50_micros as f64 / dylib.p50_micros as f64;
        let (a, b) = (millis(dylib.p50_micros), millis(object.p50_micros));
        let sentence = if ratio < 0.95 {
            format!("B: loading objects without a linker runs new code after {b}, a shared library after {a}")
        } else if ratio > 1.0 / 0.95 {
            format!("A: a shared library runs new code after {a}, loading objects without a linker after {b}")
        } else {
            format!("neither: a shared library takes {a}, loading objects without a linker {b}")
        };
        Some(Self { object_to_dylib: ratio, sentence })
    }
}

/// Milliseconds for a person.
pub(super) fn millis(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{:.2} ms", micros as f64 / 1e3),
        1_000..100_000 => format!("{:.1} ms", micros as f64 / 1e3),
        _ => format!("{:.0} ms", micros as f64 / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        assert_eq!(Statistics::of(&[]), Statistics::default());
        assert_eq!(Statistics::of(&[5]), Statistics { p50_micros: 5, p95_micros: 5 });
        let samples: Vec<u64> = (1..=20).rev().collect();
        assert_eq!(Statistics::of(&samples), Statistics { p50_micros: 10, p95_micros: 19 });
    }

    #[test]
    fn the_answer_names_the_sooner_way() {
        let of = |p50_micros| Statistics { p50_micros, p95_micros: p50_micros };
        assert!(Answer::new(of(100_000), of(70_000)).unwrap().sentence.starts_with("B: "));
        assert!(Answer::new(of(70_000), of(100_000)).unwrap().sentence.starts_with("A: "));
        assert!(Answer::new(of(100_000), of(99_000)).unwrap().sentence.starts_with("neither: "));
        assert_eq!(Answer::new(of(0), of(1)), None);
    }
}
