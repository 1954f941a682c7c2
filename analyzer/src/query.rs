//! What a user means by a name on the command line: a crate, a crate of one version, or an
//! item by its path or the end of it.
//!
//! Paths are compared by segments: `Regex::new` is the end of `regex::Regex::new`, `gex::new`
//! is not. A method of an impl, `<regex::Regex as core::fmt::Debug>::fmt`, also goes by the
//! path without the trait, `regex::Regex::fmt`, because that is how it is called.

use crate::model::{Analysis, Package, Status};

/// What a query names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Indices into `project.packages`; never empty.
    Packages(Vec<usize>),
    /// Indices into `items`, the likeliest first; never empty.
    Items(Vec<usize>),
    /// Nothing; the nearest names, best first.
    Nothing(Vec<String>),
}

/// Looks a query up. A crate's name wins over an item's.
#[must_use]
pub fn find(analysis: &Analysis, query: &str) -> Found {
    let packages: Vec<usize> = analysis
        .project
        .packages
        .iter()
        .enumerate()
        .filter(|(_, package)| names_package(query, package))
        .map(|(index, _)| index)
        .collect();
    if !packages.is_empty() {
        return Found::Packages(packages);
    }
    let items = find_items(analysis, query);
    if !items.is_empty() {
        return Found::Items(items);
    }
    let is_crate = query.contains('@') && !query.contains("::");
    let nearest = if is_crate { nearest_crates } else { nearest };
    Found::Nothing(nearest(analysis, query))
}

/// Whether `name` or `name@version` names the package; `-` and `_` are the same.
#[must_use]
pub fn names_package(spec: &str, package: &Package) -> bool {
    means(spec, &package.name, &package.version)
}

/// Whether `name` or `name@version` means a package of that name and version.
pub(crate) fn means(spec: &str, name: &str, version: &str) -> bool {
    let (meant, only) = match spec.split_once('@') {
        Some((meant, only)) => (meant, Some(only)),
        None => (spec, None),
    };
    same_name(meant, name) && only.is_none_or(|only| only == version)
}

fn same_name(a: &str, b: &str) -> bool {
    let plain = |c| if c == '-' { '_' } else { c };
    a.chars().map(plain).eq(b.chars().map(plain))
}

/// Items whose path ends in the query: whole paths first, then used ones, then by path.
fn find_items(analysis: &Analysis, query: &str) -> Vec<usize> {
    // `parse@1.0.0::print` is `parse::print` of that version.
    let (crate_spec, path) = match query.split_once("::") {
        Some((spec, rest)) if spec.contains('@') && !spec.contains('<') => {
            let name = spec.split('@').next().unwrap_or(spec).replace('-', "_");
            (Some(spec), format!("{name}::{rest}"))
        }
        _ => (None, query.to_owned()),
    };
    let wanted = segments(&path);
    let mut found: Vec<(bool, Status, &str, usize)> = Vec::new();
    for (index, item) in analysis.items.iter().enumerate() {
        let Some(package) = analysis.project.packages.get(item.package) else {
            continue;
        };
        if crate_spec.is_some_and(|spec| !names_package(spec, package)) {
            continue;
        }
        if ends_with(&item.path, &wanted) {
            found.push((item.path != path, item.status, &item.path, index));
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(.., index)| index).collect()
}

fn ends_with(path: &str, wanted: &[&str]) -> bool {
    let own = segments(path);
    if wanted.is_empty() || own.ends_with(wanted) {
        return !wanted.is_empty();
    }
    plain_segments(path).ends_with(wanted)
}

/// The segments of a path, with those of the self type in the place of an impl's head:
/// `regex`, `Regex`, `fmt`.
#[must_use]
pub fn plain_segments(path: &str) -> Vec<&str> {
    let own = segments(path);
    match own
        .split_first()
        .and_then(|(head, rest)| Some((self_type(head)?, rest)))
    {
        Some((self_type, rest)) => {
            let mut plain = segments(self_type);
            plain.extend(rest);
            plain
        }
        None => own,
    }
}

/// `regex::Regex` of `<regex::Regex as core::fmt::Debug>`, or of `<regex::Regex>`; without
/// references and type arguments.
fn self_type(segment: &str) -> Option<&str> {
    let inner = segment.strip_prefix('<')?.strip_suffix('>')?;
    // The self type may itself hold a `<T as Trait>`, which names nothing to compare with.
    let name = inner.split(" as ").next().unwrap_or(inner);
    let name = name
        .trim_start_matches(['&', '*'])
        .trim_start_matches("mut ");
    let name = name.split('<').next().unwrap_or(name);
    (!name.is_empty()).then_some(name)
}

/// The segments of a path; `::` inside angle brackets, parentheses or square brackets does
/// not separate.
#[must_use]
pub fn segments(path: &str) -> Vec<&str> {
    let bytes = path.as_bytes();
    let (mut segments, mut depth, mut start, mut at) = (Vec::new(), 0_u32, 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            // The arrow of a function type closes nothing.
            b'-' if bytes.get(at + 1) == Some(&b'>') => at += 1,
            b'<' | b'(' | b'[' => depth += 1,
            b'>' | b')' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && bytes.get(at + 1) == Some(&b':') => {
                segments.push(&path[start..at]);
                at += 1;
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    segments.push(&path[start..]);
    segments.retain(|segment| !segment.is_empty());
    segments
}

/// How many names to suggest, and how unlike the query they may be.
const SUGGESTIONS: usize = 3;
const LIKENESS: f64 = 0.6;

/// The names most like the query: crates for a plain name, and ends of item paths with as many
/// segments as the query has.
#[must_use]
pub fn nearest(analysis: &Analysis, query: &str) -> Vec<String> {
    let length = segments(query).len();
    let mut names: Vec<String> = Vec::new();
    if length <= 1 {
        names.extend(
            analysis
                .project
                .packages
                .iter()
                .map(|package| package.name.clone()),
        );
    }
    for item in &analysis.items {
        let own = segments(&item.path);
        names.push(own[own.len().saturating_sub(length.max(1))..].join("::"));
    }
    most_alike(query, names)
}

/// The names of packages most like a crate's name; a version is not compared.
#[must_use]
pub fn nearest_crates(analysis: &Analysis, spec: &str) -> Vec<String> {
    let packages = analysis.project.packages.iter();
    let Some((name, _)) = spec.split_once('@') else {
        return most_alike(spec, packages.map(|package| package.name.clone()).collect());
    };
    let versions: Vec<String> = packages
        .filter(|package| same_name(name, &package.name))
        .map(|package| format!("{}@{}", package.name, package.version))
        .collect();
    if versions.is_empty() {
        nearest_crates(analysis, name)
    } else {
        versions
    }
}

fn most_alike(query: &str, mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    let mut scored: Vec<(f64, String)> = names
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(query, &name), name))
        .filter(|&(likeness, _)| likeness >= LIKENESS)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    scored
        .into_iter()
        .take(SUGGESTIONS)
        .map(|(_, name)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::small;

    fn paths(query: &str) -> Vec<String> {
        let analysis = small();
        match find(&analysis, query) {
            Found::Items(items) => items
                .into_iter()
                .map(|item| analysis.items[item].path.clone())
                .collect(),
            other => panic!("{query}: {other:?}"),
        }
    }

    #[test]
    fn paths_split_outside_of_brackets() {
        assert_eq!(segments("a::b::c"), ["a", "b", "c"]);
        assert_eq!(
            segments("<a::B<c::D> as e::F>::g"),
            ["<a::B<c::D> as e::F>", "g"]
        );
        assert_eq!(segments("a::f::{closure}"), ["a", "f", "{closure}"]);
        assert_eq!(segments("<fn(a::B) -> c::D as e::F>::g").len(), 2);
        assert_eq!(segments("::a::"), ["a"]);
        assert!(segments("").is_empty());
    }

    #[test]
    fn crates_go_by_name_and_version() {
        let analysis = small();
        let find = |query| find(&analysis, query);
        assert_eq!(find("bytes-util"), Found::Packages(vec![2]));
        assert_eq!(find("bytes_util@2.7.4"), Found::Packages(vec![2]));
        assert!(matches!(find("parse@2.0.0"), Found::Packages(found) if found.len() == 1));
        assert!(matches!(find("bytes_util@9.9.9"), Found::Nothing(_)));
    }

    #[test]
    fn items_go_by_the_end_of_their_path() {
        assert_eq!(paths("Finder::new"), ["finder::Finder::new"]);
        assert_eq!(
            paths("finder::Finder::find"),
            ["<finder::Finder as finder::Search>::find"]
        );
        assert_eq!(paths("find"), paths("Finder::find"));
        assert_eq!(plain_segments("<&mut a::B<C> as d::E>::f"), ["a", "B", "f"]);
        let nested = "<<a::B as c::D>::E as f::G>::h";
        assert_eq!(plain_segments(nested), segments(nested));
        assert_eq!(paths("parse::print"), ["parse::print", "parse::print"]);
        assert_eq!(paths("parse@1.0.0::print"), ["parse::print"]);
    }

    #[test]
    fn likely_names_are_suggested() {
        let analysis = small();
        let nearest = |query| match find(&analysis, query) {
            Found::Nothing(names) => names,
            other => panic!("{query}: {other:?}"),
        };
        assert_eq!(nearest("fnider")[0], "finder");
        assert_eq!(nearest("Finder::nwe")[0], "Finder::new");
        assert!(nearest("zzzzzzzzzzzz").is_empty());
        assert!(nearest("").is_empty());
    }
}
