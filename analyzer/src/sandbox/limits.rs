//! How much the sandbox may use, and what is said when it used it up.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bounds of one run. They hold for root too: a supervisor outside of the sandbox measures and
/// ends everything at once; the kernel's own limits come second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Wall time of the compile step.
    pub seconds: u64,
    /// Wall time of one macro expansion.
    pub expansion_seconds: u64,
    /// Private memory of all processes together; one process may not reserve more than four
    /// times as much address space.
    pub memory_mb: u64,
    /// What may be added to the writable folders; no file may be larger.
    pub disk_mb: u64,
    /// Threads of all processes together.
    pub processes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            seconds: 1200,
            expansion_seconds: 60,
            memory_mb: 8 << 10,
            disk_mb: 8 << 10,
            processes: 4096,
        }
    }
}

/// What was used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Limit {
    Time,
    Memory,
    Disk,
    Processes,
}

/// Why the supervisor ended a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    pub limit: Limit,
    /// The bound, in the unit that [`Limits`] gives it in.
    pub bound: u64,
    /// Packages whose build scripts were running, by the names of their folders, sorted.
    pub running: Vec<String>,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = self.bound;
        match self.limit {
            Limit::Time => write!(f, "stopped after {bound} s"),
            Limit::Memory => write!(f, "stopped at more than {bound} MB of memory"),
            Limit::Disk => write!(f, "stopped at more than {bound} MB written"),
            Limit::Processes => write!(f, "stopped at more than {bound} processes and threads"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_limits_may_be_given() {
        let limits: Limits = toml::from_str("seconds = 5\ndisk-mb = 10\n").expect("limits");
        assert_eq!((limits.seconds, limits.disk_mb), (5, 10));
        assert_eq!(limits.processes, Limits::default().processes);
        assert!(toml::from_str::<Limits>("second = 5\n").is_err());
    }
}
