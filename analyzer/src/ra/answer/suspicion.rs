//! What gaps make suspect, found again by what an item is called and whose it is.

use rustc_hash::FxHashMap;

use super::gaps::Suspects;
use super::sight::{Sight, Sights};
use crate::model::{Domains, Project};

/// Code that is not known and may call all that is in its sight.
pub(super) struct Hidden<'a> {
    pub(super) domains: Domains,
    /// The package it is a part of.
    from: usize,
    /// What would have made it.
    by: &'a str,
}

impl Hidden<'_> {
    pub(super) fn reason(&self, project: &Project) -> String {
        let from = &project.packages[self.from].name;
        format!("`{}` in {from} is not expanded and may call it", self.by)
    }
}

/// What is suspect, and in which domains: by name, by trait and method, by package.
pub(super) struct BySuspicion<'a> {
    names: FxHashMap<&'a str, FxHashMap<usize, Domains>>,
    methods: FxHashMap<String, FxHashMap<usize, Domains>>,
    /// What may be called out of what is not expanded.
    behind: FxHashMap<usize, Vec<Hidden<'a>>>,
}

impl<'a> BySuspicion<'a> {
    pub(super) fn new(suspects: &'a Suspects, project: &Project) -> Self {
        let mut sights = Sights::new(project);
        let mut out = Self {
            names: FxHashMap::default(),
            methods: FxHashMap::default(),
            behind: FxHashMap::default(),
        };
        for (from, name) in &suspects.names {
            let sight = sights.from(*from);
            add(out.names.entry(name).or_default(), sight);
        }
        for (from, of, name) in &suspects.methods {
            let sight = sights.from(*from);
            let method = format!("{of}::{name}");
            add(out.methods.entry(method).or_default(), sight);
        }
        for (from, name) in &suspects.anything {
            let sight = sights.from(*from);
            let mut all: Vec<usize> = sight.all.iter().copied().collect();
            all.sort_unstable();
            for one in all {
                out.behind.entry(one).or_default().push(Hidden {
                    domains: sight.domains,
                    from: from.package,
                    by: name,
                });
            }
        }
        out
    }

    pub(super) fn behind(&self, package: usize) -> &[Hidden<'a>] {
        self.behind.get(&package).map_or(&[], Vec::as_slice)
    }

    /// Whether a function of this path may be called where a name or a method did not resolve.
    pub(super) fn called(&self, path: &str, package: usize) -> Vec<(Domains, String)> {
        let mut found = Vec::new();
        let name = path.rsplit("::").next().unwrap_or_default();
        let of_trait = method_of_trait(path);
        let in_package = |places: Option<&FxHashMap<usize, Domains>>| {
            places.and_then(|places| places.get(&package)).copied()
        };
        if let Some(domains) = in_package(self.methods.get(&of_trait)) {
            let why = format!("`{name}` of a trait is called for which no impl was found");
            found.push((domains, why));
        }
        if let Some(domains) = in_package(self.names.get(name)) {
            let why = format!("`{name}` is called where the callee could not be resolved");
            found.push((domains, why));
        }
        found
    }
}

/// `<Type as a::Trait<X>>::method` → `a::Trait::method`; other paths as they are.
fn method_of_trait(path: &str) -> String {
    let Some((owner, method)) = path.rsplit_once("::") else {
        return path.to_owned();
    };
    let Some((_, of)) = owner.rsplit_once(" as ") else {
        return path.to_owned();
    };
    let of = of.split('<').next().unwrap_or(of).trim_end_matches('>');
    format!("{of}::{method}")
}

#[expect(
    clippy::iter_over_hash_type,
    reason = "each entry marks its own package"
)]
fn add(places: &mut FxHashMap<usize, Domains>, sight: &Sight) {
    for &package in &sight.all {
        *places.entry(package).or_default() |= sight.domains;
    }
}
