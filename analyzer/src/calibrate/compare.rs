//! Joins the functions that have code with the functions that the list says are used.
//!
//! Takes the truth (`dwarf`), the listed items and the project; gives a [`Calibration`]. The
//! rules are meant to be strict and easy to repeat with other tools:
//!
//! - The unit of counting is a **key**: (package, file, line, name). Several items with one key
//!   (a macro that makes one function for many types) cannot be told apart in debug info, so
//!   they count once, and as used when one of them is.
//! - A truth function belongs to the package of the crate that its namespace starts with; its
//!   file only decides between two versions of a crate, because a macro's functions stand in the
//!   file of the macro. Files of std are left out, and so are the workspace's own functions.
//! - `used` means: used in the `run` domain and not only at compile time. A function with code
//!   that the list calls `const_only`, or used in build scripts only, is a miss.
//! - Built-in derives have the line of the trait's name inside the attribute in debug info. Where
//!   the list has no such line, the nearest derived function of that name above it in the same
//!   file is taken, at most [`DERIVE_REACH`] lines up, unless another truth function has exactly
//!   that place. (In ripgrep 2 % of the derived functions stand in attributes of several lines.)
//! - Files below a build script's `OUT_DIR` are compared by package name and relative path, as
//!   the folder's hash differs from build to build.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::dwarf::TruthFunction;
use super::place::{Owners, is_std, portable};
use super::tally::{Calibration, Class, Finding, LeftOut, PackageTally, Tally, sum};
use crate::measure::status_in;
use crate::model::{Domain, Item, Origin, Project, Status};

/// How far above the trait's name a derive attribute may begin.
const DERIVE_REACH: u32 = 16;

/// (package, file, line, name)
type Key = (usize, Utf8PathBuf, u32, String);

/// Compares live functions with listed ones. `items` may hold other kinds of items too; those of
/// workspace members are not looked at.
#[must_use]
pub fn compare(truth: &[TruthFunction], items: &[Item], project: &Project) -> Calibration {
    let listed = list_keys(items, project);
    let (live, left_out) = live_keys(truth, &listed, project);
    let (mut findings, mut tallies) = (Vec::new(), BTreeMap::<usize, Tally>::new());
    let mut note = |key: &Key, class: Option<Class>, finding: Option<Finding>| {
        tallies.entry(key.0).or_default().count(class);
        findings.extend(finding);
    };

    let mut with_code: BTreeSet<&Key> = BTreeSet::new();
    for (key, function) in &live {
        let Some((listed_key, group)) = counterpart(key, &listed, &live) else {
            note(key, Some(Class::Unlisted), Some(unlisted(key, function)));
            continue;
        };
        with_code.insert(listed_key);
        let class = group.class_with_code();
        note(
            key,
            class,
            class.map(|class| group.finding(listed_key, class)),
        );
    }
    for (key, group) in listed.iter().filter(|(key, _)| !with_code.contains(key)) {
        if let Some(class) = group.class_without_code() {
            note(key, Some(class), Some(group.finding(key, class)));
        }
    }

    findings.sort();
    let packages: Vec<PackageTally> = tallies
        .into_iter()
        .map(|(package, tally)| PackageTally { package, tally })
        .collect();
    Calibration {
        totals: sum(&packages),
        packages,
        findings,
        left_out,
    }
}

/// The items of one key.
struct Group<'a> {
    items: Vec<&'a Item>,
}

impl<'a> Group<'a> {
    fn first(&self, is: impl Fn(&Item) -> bool) -> Option<&'a Item> {
        self.items.iter().copied().find(|item| is(item))
    }

    fn ships(item: &Item) -> bool {
        status_in(item, Domain::Run) == Status::Used
    }

    fn used(&self) -> Option<&'a Item> {
        self.first(|item| Self::ships(item) && !item.const_only)
    }

    fn const_only(&self) -> Option<&'a Item> {
        self.first(|item| Self::ships(item) && item.const_only)
    }

    fn unknown(&self) -> Option<&'a Item> {
        self.first(|item| status_in(item, Domain::Run) == Status::Unknown)
    }

    /// `None` is a hit.
    fn class_with_code(&self) -> Option<Class> {
        match (self.used(), self.unknown()) {
            (Some(_), _) => None,
            (None, Some(_)) => Some(Class::Unknown),
            (None, None) => Some(Class::Miss),
        }
    }

    /// `None` is agreement that nothing of it runs.
    fn class_without_code(&self) -> Option<Class> {
        match (self.used(), self.const_only()) {
            (Some(_), _) => Some(Class::Extra),
            (None, Some(_)) => Some(Class::ConstOnly),
            (None, None) => None,
        }
    }

    fn finding(&self, key: &Key, class: Class) -> Finding {
        let item = match class {
            Class::Extra => self.used(),
            Class::Unknown => self.unknown(),
            Class::ConstOnly => self.const_only(),
            Class::Miss => self
                .const_only()
                .or(self.first(|item| item.status == Status::Used)),
            Class::Unlisted => None,
        };
        let shown = item.or(self.items.first().copied());
        let note = match (class, item) {
            (Class::Unknown, Some(item)) => item.reason.clone(),
            (Class::Miss, Some(item)) if item.const_only => Some("listed const only".into()),
            (Class::Miss, Some(item)) => {
                let domains: Vec<_> = item.domains.iter().map(Domain::as_str).collect();
                Some(format!("listed used in {} only", domains.join(", ")))
            }
            _ => None,
        };
        Finding {
            package: key.0,
            class,
            file: key.1.clone(),
            line: key.2,
            path: shown.map_or_else(|| key.3.clone(), |item| item.path.clone()),
            note,
        }
    }
}

fn unlisted(key: &Key, function: &TruthFunction) -> Finding {
    let mut path = function.namespace.join("::");
    path.push_str("::");
    path.push_str(&function.name);
    Finding {
        package: key.0,
        class: Class::Unlisted,
        file: key.1.clone(),
        line: key.2,
        path,
        note: None,
    }
}

fn list_keys<'a>(items: &'a [Item], project: &Project) -> BTreeMap<Key, Group<'a>> {
    let mut listed: BTreeMap<Key, Group<'a>> = BTreeMap::new();
    for item in items.iter().filter(|item| item.kind.is_function()) {
        let is_member = project
            .packages
            .get(item.package)
            .is_none_or(|package| package.is_member);
        if is_member || is_std(&item.file, project) {
            continue;
        }
        let key = (
            item.package,
            portable(&item.file),
            item.line,
            item_name(&item.path),
        );
        listed
            .entry(key)
            .or_insert_with(|| Group { items: Vec::new() })
            .items
            .push(item);
    }
    listed
}

/// The last segment of a definition path, as debug info spells it.
fn item_name(path: &str) -> String {
    let name = path.rsplit("::").next().unwrap_or(path);
    name.strip_prefix("r#").unwrap_or(name).to_owned()
}

fn live_keys<'a>(
    truth: &'a [TruthFunction],
    listed: &BTreeMap<Key, Group<'_>>,
    project: &Project,
) -> (BTreeMap<Key, &'a TruthFunction>, LeftOut) {
    let owners = Owners::new(project);
    let (mut live, mut left_out) = (BTreeMap::new(), LeftOut::default());
    for function in truth {
        if is_std(&function.file, project) {
            left_out.std += 1;
            continue;
        }
        let file = portable(&function.file);
        let key = |package| (package, file.clone(), function.line, function.name.clone());
        let Some(package) = owners.of(function, |package| listed.contains_key(&key(package)))
        else {
            left_out.unattributed += 1;
            continue;
        };
        if project.packages[package].is_member {
            left_out.workspace += 1;
        } else {
            live.insert(key(package), function);
        }
    }
    (live, left_out)
}

/// The listed key that is the live key, or the derive that it stands in.
fn counterpart<'l, 'a>(
    key: &Key,
    listed: &'l BTreeMap<Key, Group<'a>>,
    with_code: &BTreeMap<Key, &TruthFunction>,
) -> Option<(&'l Key, &'l Group<'a>)> {
    if let Some(exact) = listed.get_key_value(key) {
        return Some(exact);
    }
    let (package, file, line, name) = key;
    (line.saturating_sub(DERIVE_REACH)..*line)
        .rev()
        .find_map(|line| listed.get_key_value(&(*package, file.clone(), line, name.clone())))
        .filter(|(above, group)| {
            !with_code.contains_key(above)
                && group.items.iter().any(|item| item.origin == Origin::Derive)
        })
}
