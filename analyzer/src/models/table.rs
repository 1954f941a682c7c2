//! The reviewed table: which macros of which versions are modelled.
//!
//! A row holds for packages from the registry only, by name and version; a crate of the same
//! name from a path or git, or of a version outside the range, is not modelled. The ranges are
//! those that the shape of the expansion was compared for, by the authors of cargo-whittle,
//! against the sources and the real expansions of the versions in `reviewed`.

use semver::VersionReq;

use super::{Crate, Kind, Model};

pub(super) struct Row {
    pub(super) package: &'static str,
    /// The versions that the model holds for.
    versions: &'static str,
    /// Those whose sources were read for it.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "documentation that a test reads")
    )]
    pub(super) reviewed: &'static [&'static str],
    /// Features of the macro crate that change what it emits.
    refused_features: &'static [&'static str],
    pub(super) macros: &'static [(&'static str, Kind, Model)],
}

/// The rows that hold for `krate`.
pub(super) fn rows(krate: &Crate) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(move |row| {
        row.package == krate.package
            && VersionReq::parse(row.versions).is_ok_and(|range| range.matches(&krate.version))
            && !row
                .refused_features
                .iter()
                .any(|refused| krate.features.iter().any(|feature| feature == refused))
    })
}

pub(super) const TABLE: &[Row] = &[
    Row {
        package: "serde_derive",
        versions: ">=1.0.119, <1.0.230",
        reviewed: &[
            "1.0.119", "1.0.160", "1.0.210", "1.0.219", "1.0.228", "1.0.229",
        ],
        refused_features: &["deserialize_in_place"],
        macros: SERDE,
    },
    Row {
        package: "thiserror-impl",
        versions: ">=1.0.40, <1.1",
        reviewed: &["1.0.69"],
        refused_features: &[],
        macros: THISERROR,
    },
    Row {
        package: "thiserror-impl",
        versions: ">=2.0.0, <2.0.22",
        reviewed: &["2.0.12", "2.0.16", "2.0.18", "2.0.21"],
        refused_features: &[],
        macros: THISERROR,
    },
    Row {
        package: "tokio-macros",
        versions: ">=2.0.0, <2.8",
        reviewed: &["2.1.0"],
        refused_features: &[],
        macros: TOKIO,
    },
];

const SERDE: &[(&str, Kind, Model)] = &[
    ("Serialize", Kind::Derive, super::serde::serialize),
    ("Deserialize", Kind::Derive, super::serde::deserialize),
];

const THISERROR: &[(&str, Kind, Model)] = &[("Error", Kind::Derive, super::thiserror::error)];

const TOKIO: &[(&str, Kind, Model)] = &[
    ("main", Kind::Attribute, super::tokio::main),
    ("main_rt", Kind::Attribute, super::tokio::main_rt),
    ("test", Kind::Attribute, super::tokio::test),
];
