//! The rules: their stable ids, what each is about in a line, and what `--explain` says.
//!
//! The id is the key in the configuration, the id of a finding in every format, and the argument
//! of `--explain`.

use std::fmt;

use serde::{Serialize, Serializer};

/// A rule of `cargo whittle check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    MaxCrates,
    MaxDepth,
    MaxDuplicates,
    MaxLines,
    MaxUnsafe,
    MaxBuildScripts,
    MaxProcMacros,
    MaxUnknown,
    MinimumUse,
    DeniedCrates,
    AllowedCrates,
    NewCrate,
    NewDirect,
    NewItem,
    NewUnknown,
    NewSource,
    StaleBaseline,
    ExpiredIgnore,
    StaleIgnore,
    Loosened,
}

impl Rule {
    /// In the order of the documentation.
    pub const ALL: [Self; 20] = [
        Self::MaxCrates,
        Self::MaxDepth,
        Self::MaxDuplicates,
        Self::MaxLines,
        Self::MaxUnsafe,
        Self::MaxBuildScripts,
        Self::MaxProcMacros,
        Self::MaxUnknown,
        Self::MinimumUse,
        Self::DeniedCrates,
        Self::AllowedCrates,
        Self::NewCrate,
        Self::NewDirect,
        Self::NewItem,
        Self::NewUnknown,
        Self::NewSource,
        Self::StaleBaseline,
        Self::ExpiredIgnore,
        Self::StaleIgnore,
        Self::Loosened,
    ];

    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::MaxCrates => "max-crates",
            Self::MaxDepth => "max-depth",
            Self::MaxDuplicates => "max-duplicates",
            Self::MaxLines => "max-lines",
            Self::MaxUnsafe => "max-unsafe",
            Self::MaxBuildScripts => "max-build-scripts",
            Self::MaxProcMacros => "max-proc-macros",
            Self::MaxUnknown => "max-unknown",
            Self::MinimumUse => "minimum-use",
            Self::DeniedCrates => "denied-crates",
            Self::AllowedCrates => "allowed-crates",
            Self::NewCrate => "new-crate",
            Self::NewDirect => "new-direct",
            Self::NewItem => "new-item",
            Self::NewUnknown => "new-unknown",
            Self::NewSource => "new-source",
            Self::StaleBaseline => "stale-baseline",
            Self::ExpiredIgnore => "expired-ignore",
            Self::StaleIgnore => "stale-ignore",
            Self::Loosened => "loosened",
        }
    }

    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id() == id)
    }

    /// What a finding of it means, in a few words.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::MaxCrates => "More dependencies than the limit",
            Self::MaxDepth => "A dependency lies deeper than the limit",
            Self::MaxDuplicates => "More crates in several versions than the limit",
            Self::MaxLines => "More lines of dependencies reached than the limit",
            Self::MaxUnsafe => "More unsafe code of dependencies reached than the limit",
            Self::MaxBuildScripts => "More dependencies with a build script than the limit",
            Self::MaxProcMacros => "More proc-macro dependencies than the limit",
            Self::MaxUnknown => "More unknown functions in dependencies than the limit",
            Self::MinimumUse => "A direct dependency is used below the minimum",
            Self::DeniedCrates => "A denied crate is in the tree",
            Self::AllowedCrates => "A crate that is not on the list of allowed ones is in the tree",
            Self::NewCrate => "A dependency that the baseline does not have",
            Self::NewDirect => "The workspace's code newly names an item of a dependency",
            Self::NewItem => "An item of a dependency is newly reached",
            Self::NewUnknown => "An item of a dependency may newly be reached",
            Self::NewSource => "A dependency comes from another kind of source than before",
            Self::StaleBaseline => "The baseline holds what is no longer reached",
            Self::ExpiredIgnore => "An ignore has expired",
            Self::StaleIgnore => "An ignore matches nothing",
            Self::Loosened => "The tree loosens the rules or the baseline of the base revision",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
