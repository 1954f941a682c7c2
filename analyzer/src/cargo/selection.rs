//! The user's selection as cargo's own flags.
//!
//! Takes [`Selection`], gives the arguments for `cargo build` and `cargo check`, and the words
//! that headers show. Cargo judges the selection; nothing is interpreted here.

use crate::options::Selection;

/// Flags for `cargo build`, `cargo check` and the like: packages, targets, features, target
/// triple, profile. Always locked and offline, whatever the user said.
#[must_use]
pub fn build_flags(selection: &Selection) -> Vec<String> {
    let mut flags = package_flags(selection);
    flags.extend(target_flags(selection));
    flags.extend(feature_flags(selection));
    flags.extend(platform_flags(selection));
    flags.extend(["--locked", "--offline"].map(str::to_owned));
    flags
}

/// The same without targets: those that each command takes by itself.
#[must_use]
pub(crate) fn flags_without_targets(selection: &Selection) -> Vec<String> {
    let mut flags = package_flags(selection);
    flags.extend(feature_flags(selection));
    flags.extend(platform_flags(selection));
    flags
}

fn platform_flags(selection: &Selection) -> Vec<String> {
    let mut flags = Vec::new();
    if let Some(target) = &selection.target {
        flags.extend(["--target".to_owned(), target.clone()]);
    }
    match &selection.profile {
        Some(profile) => flags.extend(["--profile".to_owned(), profile.clone()]),
        None if selection.release => flags.push("--release".to_owned()),
        None => {}
    }
    flags
}

fn package_flags(selection: &Selection) -> Vec<String> {
    let mut flags = Vec::new();
    if selection.workspace {
        flags.push("--workspace".to_owned());
    }
    flags.extend(valued("--package", &selection.packages));
    flags.extend(valued("--exclude", &selection.exclude));
    flags
}

fn target_flags(selection: &Selection) -> Vec<String> {
    let switches = [
        (selection.lib, "--lib"),
        (selection.bins, "--bins"),
        (selection.examples, "--examples"),
        (selection.tests, "--tests"),
        (selection.benches, "--benches"),
        (selection.all_targets, "--all-targets"),
    ];
    let mut flags: Vec<String> = switches
        .iter()
        .filter(|(on, _)| *on)
        .map(|(_, flag)| (*flag).to_owned())
        .collect();
    flags.extend(valued("--bin", &selection.bin));
    flags.extend(valued("--example", &selection.example));
    flags.extend(valued("--test", &selection.test));
    flags.extend(valued("--bench", &selection.bench));
    flags
}

pub(super) fn feature_flags(selection: &Selection) -> Vec<String> {
    let mut flags = valued("--features", &selection.features);
    if selection.all_features {
        flags.push("--all-features".to_owned());
    }
    if selection.no_default_features {
        flags.push("--no-default-features".to_owned());
    }
    flags
}

fn valued(flag: &str, values: &[String]) -> Vec<String> {
    // `--flag=value`, so that a value that starts with a dash stays a value.
    values
        .iter()
        .map(|value| format!("{flag}={value}"))
        .collect()
}

/// Features asked for, for headers: `default`, `all`, `none`, `a,b`, `default,a,b`.
#[must_use]
pub fn feature_words(selection: &Selection) -> String {
    if selection.all_features {
        return "all".to_owned();
    }
    let mut words: Vec<&str> = selection
        .features
        .iter()
        .flat_map(|features| features.split([',', ' ']))
        .filter(|feature| !feature.is_empty())
        .collect();
    words.sort_unstable();
    words.dedup();
    match (selection.no_default_features, words.is_empty()) {
        (true, true) => "none".to_owned(),
        (true, false) => words.join(","),
        (false, true) => "default".to_owned(),
        (false, false) => format!("default,{}", words.join(",")),
    }
}

/// The profile's name as cargo knows it.
#[must_use]
pub fn profile_name(selection: &Selection) -> String {
    match &selection.profile {
        Some(profile) => profile.clone(),
        None if selection.release => "release".to_owned(),
        None => "dev".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_in_words() {
        let words = |features: &[&str], none: bool| {
            feature_words(&Selection {
                features: features.iter().map(|&f| f.to_owned()).collect(),
                no_default_features: none,
                ..Selection::default()
            })
        };
        assert_eq!(words(&[], false), "default");
        assert_eq!(words(&[], true), "none");
        assert_eq!(words(&["b,a", "a"], true), "a,b");
        assert_eq!(words(&["b a"], false), "default,a,b");
    }

    #[test]
    fn flags_are_always_locked_and_offline() {
        let selection = Selection {
            packages: vec!["a".to_owned()],
            bins: true,
            release: true,
            ..Selection::default()
        };
        assert_eq!(
            build_flags(&selection),
            [
                "--package=a",
                "--bins",
                "--release",
                "--locked",
                "--offline"
            ]
        );
    }
}
