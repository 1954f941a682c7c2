//! The plain data that the stages hand on: no rust-analyzer type, nothing borrowed.
//!
//! `load` fills [`Project`]; the engine turns it into an [`Analysis`]; `measure`, `witness`,
//! `report` and `calibrate` only read. Everything is sorted, so that printing needs no order
//! of its own.

mod analysis;
mod nodes;
mod project;

use std::ops::{BitAnd, BitOr, BitOrAssign};

use serde::{Deserialize, Serialize};

pub use self::analysis::*;
pub use self::nodes::*;
pub use self::project::*;

/// When code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Domain {
    /// What ships.
    Run,
    /// Build scripts and build-dependencies.
    Build,
    /// Proc-macro crates and what they use.
    Macro,
    /// Tests, benches, examples.
    Dev,
}

impl Domain {
    pub const ALL: [Self; 4] = [Self::Run, Self::Build, Self::Macro, Self::Dev];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Build => "build",
            Self::Macro => "macro",
            Self::Dev => "dev",
        }
    }
}

/// A set of [`Domain`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct Domains(pub u8);

impl Domains {
    pub const NONE: Self = Self(0);
    pub const RUN: Self = Self(1);
    pub const BUILD: Self = Self(2);
    pub const MACRO: Self = Self(4);
    pub const DEV: Self = Self(8);

    #[must_use]
    pub fn of(domain: Domain) -> Self {
        Self(1 << domain as u8)
    }
    #[must_use]
    pub fn contains(self, domain: Domain) -> bool {
        self.0 & Self::of(domain).0 != 0
    }
    #[must_use]
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
    pub fn iter(self) -> impl Iterator<Item = Domain> {
        Domain::ALL.into_iter().filter(move |&d| self.contains(d))
    }
}

impl BitOr for Domains {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Domains {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOrAssign for Domains {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
