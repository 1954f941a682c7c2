//! Expansions as text, and what holds for all of them.

use proc_macro2::TokenStream;

use super::{Call, Crate, Kind, of, table};

fn krate(package: &str, version: &str) -> Crate {
    Crate {
        package: package.to_owned(),
        version: version.parse().unwrap(),
        features: Vec::new(),
        rustc: "1.95.0".parse().unwrap(),
    }
}

/// The expansion of `name` of `package`, as a file; or why there is none.
fn expand(package: &str, version: &str, name: &str, arguments: &str, item: &str) -> String {
    let krate = krate(package, version);
    let (_, _, model) = of(&krate)
        .find(|(it, ..)| *it == name)
        .expect("a model of that name");
    let arguments: TokenStream = arguments.parse().unwrap();
    let item: TokenStream = item.parse().unwrap();
    match model(&Call {
        krate: &krate,
        arguments,
        item,
    }) {
        Ok(tokens) => {
            let text = tokens.to_string();
            syn::parse2::<syn::File>(tokens)
                .unwrap_or_else(|why| panic!("{why}, in the expansion\n{text}"));
            text
        }
        Err(why) => format!("refused: {}", why.0),
    }
}

#[test]
fn reviewed_versions_are_in_the_range_of_their_row() {
    for row in table::TABLE {
        assert!(!row.reviewed.is_empty(), "{}", row.package);
        for version in row.reviewed {
            let krate = krate(row.package, version);
            let found = table::rows(&krate).count();
            assert_eq!(found, 1, "{} {version}", row.package);
        }
    }
}

#[test]
fn a_version_outside_of_the_range_has_no_model() {
    assert_eq!(of(&krate("serde_derive", "1.0.118")).count(), 0);
    assert_eq!(of(&krate("serde_derive", "2.0.0")).count(), 0);
    assert_eq!(of(&krate("serde_derive_", "1.0.219")).count(), 0);
}

#[test]
fn a_feature_that_changes_the_expansion_has_no_model() {
    let mut krate = krate("serde_derive", "1.0.219");
    assert_eq!(of(&krate).count(), 2);
    krate.features.push("deserialize_in_place".to_owned());
    assert_eq!(of(&krate).count(), 0);
}

#[test]
fn attributes_are_known_as_such() {
    let kinds: Vec<_> = of(&krate("tokio-macros", "2.1.0"))
        .map(|(name, kind, _)| (name, kind))
        .collect();
    assert!(kinds.contains(&("main", Kind::Attribute)), "{kinds:?}");
}

#[test]
fn serde_takes_every_way_to_tag() {
    for tag in [
        "",
        "#[serde(tag = \"t\")]",
        "#[serde(tag = \"t\", content = \"c\")]",
        "#[serde(untagged)]",
    ] {
        let item = format!(
            "{tag} enum E<'a, T> {{ A, B(#[serde(with = \"m\")] u8), C {{ #[serde(default)] a: &'a str, \
             #[serde(flatten)] b: T }}, #[serde(skip)] D, #[serde(other)] F }}"
        );
        for (name, version) in [
            ("Serialize", "1.0.119"),
            ("Deserialize", "1.0.160"),
            ("Serialize", "1.0.228"),
            ("Deserialize", "1.0.228"),
        ] {
            let text = expand("serde_derive", version, name, "", &item);
            assert!(
                text.contains(&format!("fn {}", name.to_lowercase())),
                "{text}"
            );
        }
    }
}

#[test]
fn an_unknown_option_is_refused() {
    let text = expand(
        "serde_derive",
        "1.0.219",
        "Serialize",
        "",
        "#[serde(no_such_option)] struct A;",
    );
    assert_eq!(text, "refused: `#[serde(no_such_option)]` on a type");
}

#[test]
fn thiserror_rewrites_fields_in_messages() {
    let text = expand(
        "thiserror-impl",
        "2.0.12",
        "Error",
        "",
        "enum E { #[error(\"{0} {n:?} {{}} {}\", .0.len(), n = .0)] A(String, #[source] Io) }",
    );
    assert!(
        text.contains("\"{__display_0} {n:?} {{}} {}\" , _0 . len () , n = _0 , __display_0 = _0 . as_display () ,"),
        "{text}"
    );
    assert!(text.contains("Some (source . as_dyn_error ())"), "{text}");
}
