//! What an idle poll and a script call cost, told by the game itself.

use anyhow::bail;
use serde::{Deserialize, Serialize};

use crate::project::{Generated, SCRIPT};

/// Nanoseconds, medians.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// The loop around it all.
    pub empty: f64,
    /// With a poll that has nothing to do.
    pub poll: f64,
    /// With a call through a plain function pointer.
    pub pointer: f64,
    /// With a call through a `Box<dyn Trait>`.
    pub boxed: f64,
    /// With a call of a script.
    pub script: f64,
}

/// Of a live game in a release build, or in a development build.
pub fn measure(project: &Generated, release: bool) -> anyhow::Result<Costs> {
    let program = project.build_game(release)?;
    let output = project.game(&program, &["costs", SCRIPT])?.output()?;
    if !output.status.success() {
        bail!("the game fails: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
