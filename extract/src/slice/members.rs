//! Where it starts: what the members of the workspace mention.

use std::collections::{BTreeMap, BTreeSet};

use super::closure::Closure;
use super::index::{Found, ROOT};
use super::lookup;
use super::words::Path;
use crate::request::{Facts, Naming};

impl Closure<'_> {
    pub(super) fn mentioned_by_members(&mut self) {
        let members = Members::of(self.index.facts);
        for mention in &self.index.facts.mentions {
            let own = mention.from.file < self.index.facts.own;
            if own
                || self.index.files.contains_key(&mention.from.file)
                || !members.counts(mention.from.file, &self.choice.packages)
            {
                continue;
            }
            if let Some(to) = self.index.node(mention.to) {
                self.mentioned(to, mention.how);
            }
        }
    }

    /// Paths in code that the build leaves out, or in strings: by name, and nothing if they name
    /// nothing.
    pub(super) fn named_by_left_out_members(&mut self) {
        let index = self.index;
        for site in &index.facts.sites {
            let counts =
                self.choice.packages.is_empty() || self.choice.packages.contains(&site.package);
            let by_name = matches!(site.how, Naming::LeftOut | Naming::AttributeText);
            let text = index.text(site.file).get(site.range.end as usize..);
            let (true, true, Some(text)) = (counts, by_name, text) else {
                continue;
            };
            for segments in paths(text) {
                let path = Path {
                    absolute: false,
                    segments,
                };
                let walked = index.walk(ROOT, &path);
                for end in &walked.ends {
                    if let Found::Node(node) = *end {
                        self.need_unseen(node);
                    }
                }
                for node in lookup::all_of(index, &walked) {
                    self.keep(node);
                }
            }
        }
    }
}

/// The paths that go on from a crate's name: `::a::{b, c::*}`.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    tree(text, &mut Vec::new(), &mut out, 0);
    out
}

const DEPTH: usize = 32;

/// Gives what follows the tree.
fn tree<'a>(
    text: &'a str,
    path: &mut Vec<String>,
    out: &mut Vec<Vec<String>>,
    depth: usize,
) -> &'a str {
    let before = path.len();
    let mut rest = text.trim_start();
    while let Some(next) = rest.strip_prefix("::") {
        let next = next.trim_start();
        if let Some(mut group) = next.strip_prefix('{') {
            if depth >= DEPTH {
                return "";
            }
            loop {
                // Each part begins as if after `::`.
                let (name, after) = name(group.trim_start());
                path.extend(name.filter(|name| *name != "self").map(str::to_owned));
                group = tree(after, path, out, depth + 1);
                path.truncate(before);
                let end = group.find([',', '}', ';']).unwrap_or(group.len());
                let Some(more) = group[end..].strip_prefix(',') else {
                    return group[end..].strip_prefix('}').unwrap_or_default();
                };
                group = more;
            }
        }
        let (name, after) = name(next);
        let Some(name) = name else {
            rest = next.strip_prefix('*').unwrap_or(next);
            break;
        };
        path.push(name.to_owned());
        rest = after.trim_start();
    }
    if !path.is_empty() {
        out.push(path.clone());
    }
    path.truncate(before);
    rest
}

/// The name that a text begins with, and what follows.
fn name(text: &str) -> (Option<&str>, &str) {
    let plain = text.strip_prefix("r#").unwrap_or(text);
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let end = plain.find(|char| !is_part(char)).unwrap_or(plain.len());
    let (name, rest) = plain.split_at(end);
    let starts = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    if starts {
        (Some(name), rest)
    } else {
        (None, text)
    }
}

/// Which members' files count.
struct Members {
    of: BTreeMap<u32, BTreeSet<usize>>,
}

impl Members {
    fn of(facts: &Facts) -> Self {
        let mut of: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
        for site in &facts.sites {
            of.entry(site.file).or_default().insert(site.package);
        }
        Self { of }
    }

    fn counts(&self, file: u32, packages: &BTreeSet<usize>) -> bool {
        packages.is_empty()
            || self
                .of
                .get(&file)
                .is_none_or(|members| !members.is_disjoint(packages))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_from_text() {
        let shown = |text: &str| {
            let paths: Vec<String> = paths(text).iter().map(|path| path.join("::")).collect();
            paths.join(" ")
        };
        assert_eq!(shown("::a::b(x::y)"), "a::b");
        assert_eq!(shown(" :: a :: r#b;"), "a::b");
        assert_eq!(
            shown("::{a, b::{self, c as d, e::*}, f}; g"),
            "a b b::c b::e f"
        );
        assert_eq!(shown("::a::*"), "a");
        assert_eq!(shown("::Vec::<T>::new"), "Vec");
        assert_eq!(shown("; x"), "");
        assert_eq!(shown("::{"), "");
        assert_eq!(shown("::{a"), "a");
        assert_eq!(shown(&"::{a".repeat(100_000)), "");
    }
}
