//! Whether the standard library has all that the workspace names of a crate.
//!
//! Takes what is named of it and the oldest Rust that has to compile the workspace; what the
//! crates themselves are replaced by is in the [table](super::std_table).

use serde::Serialize;

use super::std_table::{Entry, Since, TABLE};
use crate::model::{Analysis, Package};
use crate::query::{plain_segments, segments};

/// std has everything that is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StdInstead {
    /// What is named, and what stands for it; each once.
    pub replacements: Vec<Replacement>,
    /// The Rust that has all of them: `1.80`.
    pub since: String,
    /// What differs; may be empty.
    pub note: String,
    /// Why it is too early: the workspace promises an older Rust, or the toolchain is one.
    pub too_early: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Replacement {
    pub path: String,
    pub std: String,
    pub since: String,
}

/// `named` are definition paths of what the workspace's code names of the package. `None` when
/// there is no row for the crate, or something named has no replacement.
pub(super) fn std_instead(
    analysis: &Analysis,
    package: &Package,
    named: &[&str],
) -> Option<StdInstead> {
    let plain = |name: &str| name.replace('_', "-");
    let entry = TABLE
        .iter()
        .find(|entry| plain(entry.krate) == plain(&package.name))?;
    let mut replacements = Vec::new();
    let mut newest = 0;
    for path in named {
        let (at, std, since) = replacement(entry, path)?;
        newest = newest.max(since);
        if !std.is_empty() {
            replacements.push(Replacement {
                path: at,
                std: std.to_owned(),
                since: format!("1.{since}"),
            });
        }
    }
    replacements.sort();
    replacements.dedup();
    if replacements.is_empty() {
        return None;
    }
    Some(StdInstead {
        replacements,
        since: format!("1.{newest}"),
        note: entry.note.to_owned(),
        too_early: too_early(analysis, package, newest),
    })
}

/// The path within the crate, what stands for it, and since when.
fn replacement(entry: &Entry, path: &str) -> Option<(String, &'static str, Since)> {
    let within = within(entry.krate, path)?;
    let row = entry.paths.iter().find(|(pattern, ..)| {
        *pattern == within
            || *pattern == "*"
            || pattern.strip_suffix("::*").is_some_and(|start| {
                within
                    .strip_prefix(start)
                    .is_some_and(|rest| rest.starts_with("::"))
            })
    });
    row.map(|(_, std, since)| {
        let name = entry.krate.replace('-', "_");
        (format!("{name}::{within}"), *std, *since)
    })
}

/// `sync::Lazy::new` of `once_cell::sync::Lazy::new`. A method of the crate's own trait goes by
/// the trait; one of another's, which the crate's type has (`Deref`), by the type alone: std's
/// replacement has it too.
fn within(krate: &str, path: &str) -> Option<String> {
    let name = krate.replace('-', "_");
    let own = segments(path);
    let (head, rest) = own.split_first()?;
    let of_trait = head
        .strip_prefix('<')
        .and_then(|head| head.strip_suffix('>'))
        .and_then(|head| head.rsplit_once(" as "));
    let inside = |path: &str| {
        let path = path.split('<').next().unwrap_or(path);
        let rest = path.strip_prefix(name.as_str())?;
        rest.strip_prefix("::").map(str::to_owned)
    };
    let Some((of_type, of_trait)) = of_trait else {
        let plain = plain_segments(path);
        let (first, rest) = plain.split_first()?;
        return (*first == name && !rest.is_empty()).then(|| rest.join("::"));
    };
    let of_type = of_type
        .trim_start_matches(['&', '*'])
        .trim_start_matches("mut ");
    match inside(of_trait) {
        Some(of_trait) => Some(format!("{of_trait}::{}", rest.join("::"))),
        None => inside(of_type),
    }
}

/// Whether the toolchain, or a member that depends on it, is older than Rust 1.`since`.
fn too_early(analysis: &Analysis, package: &Package, since: Since) -> Option<String> {
    let project = &analysis.project;
    if minor(&project.toolchain.version).is_some_and(|minor| minor < since) {
        return Some(format!("the toolchain is {}", project.toolchain.version));
    }
    let index = project
        .packages
        .iter()
        .position(|one| one.id == package.id)?;
    let users = project
        .packages
        .iter()
        .filter(|user| user.is_member && user.dependencies.contains(&index));
    let promises = users.filter_map(|user| {
        let version = user.manifest.rust_version.as_deref()?;
        Some((minor(version)?, &user.name, version))
    });
    let (oldest, user, version) = promises.min()?;
    (oldest < since).then(|| format!("{user} promises to compile with Rust {version}"))
}

/// 63 of `1.63` or `1.63.0-nightly`.
fn minor(version: &str) -> Option<u32> {
    let mut numbers = version.split(['.', '-']);
    let major: u32 = numbers.next()?.parse().ok()?;
    let minor = numbers.next().map_or(Some(0), |minor| minor.parse().ok())?;
    (major == 1).then_some(minor)
}

#[cfg(test)]
mod tests {
    use super::{TABLE, minor, std_instead, within};
    use crate::model::Domains;
    use crate::sample::Sample;

    #[test]
    fn rows_are_paths() {
        for entry in TABLE {
            assert!(!entry.paths.is_empty(), "{}", entry.krate);
            for (path, _, since) in entry.paths {
                assert!((1..=95).contains(since), "{path}");
                let krate = format!("{}::", entry.krate.replace('-', "_"));
                assert!(!path.starts_with(&krate), "{path}");
            }
        }
    }

    #[test]
    fn paths_as_the_table_has_them() {
        let of = |krate, path| within(krate, path).unwrap_or_default();
        assert_eq!(
            of("once_cell", "once_cell::sync::Lazy::new"),
            "sync::Lazy::new"
        );
        let deref = "<once_cell::sync::Lazy<T, F> as core::ops::deref::Deref>::deref";
        assert_eq!(of("once_cell", deref), "sync::Lazy");
        let lock = "<std::fs::File as fs2::FileExt>::lock_exclusive";
        assert_eq!(of("fs2", lock), "FileExt::lock_exclusive");
        assert_eq!(of("matches", "other::matches"), "");
        assert_eq!(minor("1.63.0"), Some(63));
        assert_eq!(minor("2.0.0"), None);
    }

    #[test]
    fn one_path_without_a_replacement_is_enough() {
        let mut sample = Sample::new();
        let cell = sample.library("once_cell", "1.21.3", 0, Domains::RUN);
        let ask = |sample: &Sample, named: &[&str]| {
            std_instead(
                &sample.analysis,
                &sample.analysis.project.packages[cell],
                named,
            )
        };
        let lazy = "once_cell::sync::Lazy::new";
        let found = ask(&sample, &[lazy, "once_cell::sync::OnceCell::get"]).unwrap();
        assert_eq!(
            (found.since.as_str(), found.replacements.len()),
            ("1.80", 2)
        );
        assert_eq!(found.too_early, None);
        assert!(
            ask(
                &sample,
                &[lazy, "once_cell::sync::OnceCell::get_or_try_init"]
            )
            .is_none()
        );
        assert!(ask(&sample, &[]).is_none());

        sample.analysis.project.packages[0].manifest.rust_version = Some("1.70".to_owned());
        let found = ask(&sample, &[lazy]).unwrap();
        assert_eq!(
            found.too_early.as_deref(),
            Some("app promises to compile with Rust 1.70")
        );
    }
}
