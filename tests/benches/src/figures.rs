//! Samples and what is said of them.

use serde::{Deserialize, Serialize};

/// Samples of one thing, in one unit, in the order in which they were taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Samples(pub Vec<f64>);

impl Samples {
    /// The median.
    pub fn p50(&self) -> f64 {
        self.at(0.5)
    }

    /// Nineteen of twenty are not longer.
    pub fn p95(&self) -> f64 {
        self.at(0.95)
    }

    /// Ninety-nine of a hundred are not longer.
    pub fn p99(&self) -> f64 {
        self.at(0.99)
    }

    /// The longest.
    pub fn most(&self) -> f64 {
        self.at(1.0)
    }

    /// The sample that so many of all are not longer than; zero of none.
    fn at(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let index = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(index.saturating_sub(1)).copied().unwrap_or_default()
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<T: IntoIterator<Item = f64>>(samples: T) -> Self {
        Self(samples.into_iter().collect())
    }
}

impl Extend<f64> for Samples {
    fn extend<T: IntoIterator<Item = f64>>(&mut self, samples: T) {
        self.0.extend(samples);
    }
}

/// A number with three digits that count.
pub fn short(number: f64) -> String {
    match number.abs() {
        0.0..1.0 => format!("{number:.2}"),
        1.0..100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let samples: Samples = (1..=20).rev().map(f64::from).collect();
        assert_eq!((samples.p50(), samples.p95(), samples.most()), (10.0, 19.0, 20.0));
        assert_eq!(Samples::default().p99(), 0.0);
    }
}
