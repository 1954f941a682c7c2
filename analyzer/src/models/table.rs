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
        package: "clap_derive",
        versions: ">=4.2, <4.3",
        reviewed: &["4.2.0"],
        refused_features: &["unstable-v5"],
        macros: CLAP,
    },
    Row {
        package: "clap_derive",
        versions: ">=4.4, <4.7",
        reviewed: &["4.4.7", "4.5.28", "4.5.32", "4.6.1", "4.6.9"],
        refused_features: &["unstable-v5", "unstable-markdown"],
        macros: CLAP,
    },
    Row {
        package: "thiserror-impl",
        versions: ">=1.0.44, <1.0.70",
        reviewed: &["1.0.44", "1.0.69"],
        refused_features: &[],
        macros: &[("Error", Kind::Derive, super::thiserror::error)],
    },
    Row {
        package: "thiserror-impl",
        versions: ">=2.0.0, <2.0.22",
        reviewed: &["2.0.12", "2.0.16", "2.0.18", "2.0.21"],
        refused_features: &[],
        macros: &[("Error", Kind::Derive, super::thiserror::error)],
    },
    Row {
        package: "async-trait",
        versions: ">=0.1.51, <0.1.93",
        reviewed: &["0.1.51", "0.1.88", "0.1.92"],
        refused_features: &[],
        macros: &[(
            "async_trait",
            Kind::Attribute,
            super::async_trait::async_trait,
        )],
    },
    Row {
        package: "derive-where",
        versions: "=1.2.7",
        reviewed: &["1.2.7"],
        refused_features: &["zeroize", "zeroize-on-drop"],
        macros: &[(
            "derive_where",
            Kind::Attribute,
            super::derive_where::derive_where,
        )],
    },
    Row {
        package: "displaydoc",
        versions: ">=0.2.5, <0.2.8",
        reviewed: &["0.2.5", "0.2.7"],
        refused_features: &[],
        macros: &[("Display", Kind::Derive, super::displaydoc::display)],
    },
    Row {
        package: "indoc",
        versions: ">=2.0.0, <2.0.7",
        reviewed: &["2.0.0", "2.0.6"],
        refused_features: &[],
        macros: INDOC,
    },
    Row {
        package: "paste",
        versions: ">=1.0.6, <1.0.16",
        reviewed: &["1.0.6", "1.0.15"],
        refused_features: &[],
        macros: &[
            ("paste", Kind::Bang, super::paste::paste),
            ("item", Kind::Bang, super::paste::paste),
            ("expr", Kind::Bang, super::paste::paste),
        ],
    },
    Row {
        package: "rustversion",
        versions: ">=1.0.9, <1.0.24",
        reviewed: &["1.0.9", "1.0.20", "1.0.22", "1.0.23"],
        refused_features: &[],
        macros: RUSTVERSION,
    },
    Row {
        // The versions are those of `pest_generator`, which the model looks at.
        package: "pest_derive",
        versions: ">=2.1.0, <2.9.7",
        reviewed: &["2.1.0", "2.5.7", "2.7.15", "2.8.6", "2.9.0", "2.9.6"],
        refused_features: &["grammar-extras"],
        macros: &[("Parser", Kind::Derive, super::pest::parser)],
    },
    Row {
        package: "pin-project-internal",
        versions: ">=1.1.8, <1.1.11",
        reviewed: &["1.1.9", "1.1.10"],
        refused_features: &[],
        macros: &[
            (
                "pin_project",
                Kind::Attribute,
                super::pin_project::pin_project,
            ),
            (
                "pinned_drop",
                Kind::Attribute,
                super::pin_project::pinned_drop,
            ),
        ],
    },
    Row {
        package: "snafu-derive",
        versions: ">=0.8.5, <0.8.10",
        reviewed: &["0.8.5", "0.8.9"],
        refused_features: &["unstable-provider-api"],
        macros: &[("Snafu", Kind::Derive, super::snafu::snafu)],
    },
    Row {
        package: "strum_macros",
        versions: ">=0.26, <0.28",
        reviewed: &["0.26.4", "0.27.1", "0.27.2"],
        refused_features: &[],
        macros: STRUM,
    },
    Row {
        // Its discriminants take over defaults, which the model does not do.
        package: "strum_macros",
        versions: ">=0.28, <0.29",
        reviewed: &["0.28.0"],
        refused_features: &[],
        macros: STRUM_TEXT,
    },
    Row {
        package: "tracing-attributes",
        versions: "=0.1.24",
        reviewed: &["0.1.24"],
        refused_features: &[],
        macros: TRACING,
    },
    Row {
        package: "tracing-attributes",
        versions: ">=0.1.28, <0.1.32",
        reviewed: &["0.1.28", "0.1.31"],
        refused_features: &[],
        macros: TRACING,
    },
    Row {
        package: "tokio-macros",
        versions: ">=2.1, <2.7",
        reviewed: &["2.1.0", "2.3.0", "2.6.0"],
        refused_features: &[],
        macros: TOKIO,
    },
];

const SERDE: &[(&str, Kind, Model)] = &[
    ("Serialize", Kind::Derive, super::serde::serialize),
    ("Deserialize", Kind::Derive, super::serde::deserialize),
];

const INDOC: &[(&str, Kind, Model)] = &[
    ("indoc", Kind::Bang, super::indoc::indoc),
    ("formatdoc", Kind::Bang, super::indoc::formatdoc),
    ("printdoc", Kind::Bang, super::indoc::printdoc),
    ("eprintdoc", Kind::Bang, super::indoc::eprintdoc),
    ("writedoc", Kind::Bang, super::indoc::writedoc),
    ("concatdoc", Kind::Bang, super::indoc::concatdoc),
];

const RUSTVERSION: &[(&str, Kind, Model)] = &[
    ("stable", Kind::Attribute, super::rustversion::stable),
    ("beta", Kind::Attribute, super::rustversion::beta),
    ("nightly", Kind::Attribute, super::rustversion::nightly),
    ("since", Kind::Attribute, super::rustversion::since),
    ("before", Kind::Attribute, super::rustversion::before),
    ("not", Kind::Attribute, super::rustversion::not),
    ("any", Kind::Attribute, super::rustversion::any),
    ("all", Kind::Attribute, super::rustversion::all),
    ("attr", Kind::Attribute, super::rustversion::attr),
    ("cfg", Kind::Bang, super::rustversion::cfg),
];

const TOKIO: &[(&str, Kind, Model)] = &[
    ("main", Kind::Attribute, super::tokio::main),
    ("main_rt", Kind::Attribute, super::tokio::main_rt),
    ("test", Kind::Attribute, super::tokio::test),
];

const CLAP: &[(&str, Kind, Model)] = &[
    ("Parser", Kind::Derive, super::clap::parser),
    ("Args", Kind::Derive, super::clap::args),
    ("Subcommand", Kind::Derive, super::clap::subcommand),
    ("ValueEnum", Kind::Derive, super::clap::value_enum),
];

const STRUM: &[(&str, Kind, Model)] = &[
    ("EnumString", Kind::Derive, super::strum::enum_string),
    ("Display", Kind::Derive, super::strum::display),
    ("AsRefStr", Kind::Derive, super::strum::as_ref_str),
    ("IntoStaticStr", Kind::Derive, super::strum::into_static_str),
    ("EnumIter", Kind::Derive, super::strum::enum_iter),
    ("EnumCount", Kind::Derive, super::strum::enum_count),
    ("VariantNames", Kind::Derive, super::strum::variant_names),
    (
        "EnumVariantNames",
        Kind::Derive,
        super::strum::variant_names,
    ),
    ("VariantArray", Kind::Derive, super::strum::variant_array),
    (
        "EnumDiscriminants",
        Kind::Derive,
        super::strum::discriminants,
    ),
];

const STRUM_TEXT: &[(&str, Kind, Model)] = &[
    ("EnumString", Kind::Derive, super::strum::enum_string),
    ("Display", Kind::Derive, super::strum::display),
    ("AsRefStr", Kind::Derive, super::strum::as_ref_str),
    ("IntoStaticStr", Kind::Derive, super::strum::into_static_str),
    ("EnumIter", Kind::Derive, super::strum::enum_iter),
    ("EnumCount", Kind::Derive, super::strum::enum_count),
    ("VariantNames", Kind::Derive, super::strum::variant_names),
    ("VariantArray", Kind::Derive, super::strum::variant_array),
];

const TRACING: &[(&str, Kind, Model)] =
    &[("instrument", Kind::Attribute, super::instrument::instrument)];
