//! What is reached now and was not when the baseline was accepted.
//!
//! Takes the surface and the [`Lock`], gives [`News`]. A dependency is compared with the one of
//! the same name, version and source; what is left over, with one of the same name (an update).
//! An item that its counterpart does not have is new, whatever another version of the crate has.

use std::collections::BTreeMap;

use semver::Version;

use crate::error::{Error, Result};
use crate::model::Domains;
use crate::surface::{Dependency, DependencyId, Surface, SurfaceItem, source_name};

use super::lock::{Lock, LockCrate, LockItem};

/// The differences, in the order of the surface.
#[derive(Debug, Default)]
pub(super) struct News<'a> {
    pub(super) crates: Vec<NewCrate<'a>>,
    pub(super) sources: Vec<(&'a Dependency, &'a DependencyId)>,
    pub(super) items: Vec<NewItem<'a>>,
    pub(super) gone: Gone,
}

#[derive(Debug)]
pub(super) struct NewCrate<'a> {
    pub(super) dependency: &'a Dependency,
}

#[derive(Debug)]
pub(super) struct NewItem<'a> {
    pub(super) dependency: &'a Dependency,
    pub(super) item: &'a SurfaceItem,
    /// Its counterpart has another version.
    pub(super) updated_from: Option<&'a str>,
    /// The workspace's code names it, and did not.
    pub(super) direct: bool,
    /// Where it was not used.
    pub(super) used: Domains,
    /// Of these, where it was unknown.
    pub(super) was_unknown: Domains,
    /// Where it was neither used nor unknown and is unknown now.
    pub(super) unknown: Domains,
}

/// What the baseline has and the tree has no more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) items: u64,
    /// `name version` of whole crates.
    pub(super) crates: Vec<String>,
    /// Line of the first in the file.
    pub(super) line: Option<u32>,
}

/// # Errors
/// [`Error::Baseline`] when the baseline was made of something else: then nothing is compared.
pub(super) fn comparable(now: &Lock, lock: &Lock, file: &str) -> Result<()> {
    let text = |lock: &Lock, name: &str| {
        let values = lock.scope.iter().filter(|(one, _)| one == name);
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        values.join(", ")
    };
    let mut names: Vec<&str> = now.scope.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    let different = names.into_iter().filter_map(|name| {
        let (here, there) = (text(now, name), text(lock, name));
        let name = if name == "root" { "roots" } else { name };
        (here != there).then(|| format!("{name} `{there}`, here `{here}`"))
    });
    let different: Vec<String> = different.collect();
    if different.is_empty() {
        return Ok(());
    }
    Err(Error::Baseline {
        file: file.to_owned(),
        why: format!("it was made with {}", different.join("; ")),
        help: "check with what it was made with, or accept what is reached now with `cargo whittle baseline --update`".to_owned(),
    })
}

pub(super) fn compare<'a>(surface: &'a Surface, lock: &'a Lock) -> News<'a> {
    let pairs = pair(surface, lock);
    let mut news = News::default();
    let mut met = vec![false; lock.crates.len()];
    for (dependency, before) in surface.dependencies.iter().zip(pairs) {
        let Some(before) = before else {
            news.crates.push(NewCrate { dependency });
            continue;
        };
        met[before] = true;
        let before = &lock.crates[before];
        if before.id.source != dependency.id.source {
            news.sources.push((dependency, &before.id));
        }
        compare_items(dependency, before, &mut news);
    }
    for (one, _) in lock.crates.iter().zip(met).filter(|(_, met)| !met) {
        let name = format!("{} {}", one.id.name, one.id.version);
        news.gone.crates.push(name);
        news.gone.items += one.items.len() as u64;
        news.gone.line.get_or_insert(one.line);
    }
    news
}

fn compare_items<'a>(dependency: &'a Dependency, before: &'a LockCrate, news: &mut News<'a>) {
    let version = before.id.version.as_str();
    let updated_from = (version != dependency.id.version).then_some(version);
    let none = LockItem::default();
    let mut kept = 0;
    for item in &dependency.items {
        let known = before.items.get(&item.key);
        kept += u64::from(known.is_some());
        let known = known.unwrap_or(&none);
        let used = item.used.without(known.used);
        let unknown = item.unknown.without(known.used).without(known.unknown);
        let direct = item.direct && item.is_used() && known.named.is_none();
        if direct || !used.is_empty() || !unknown.is_empty() {
            news.items.push(NewItem {
                dependency,
                item,
                updated_from,
                direct,
                used,
                was_unknown: used & known.unknown,
                unknown,
            });
        }
    }
    let gone = before.items.len() as u64 - kept;
    if gone > 0 {
        news.gone.items += gone;
        news.gone.line.get_or_insert(before.line);
    }
}

/// For each dependency the crate of the baseline that it is compared with, each at most once.
fn pair(surface: &Surface, lock: &Lock) -> Vec<Option<usize>> {
    let place = |id: &DependencyId| lock.crates.binary_search_by(|one| one.id.cmp(id)).ok();
    let mut pairs: Vec<Option<usize>> = surface
        .dependencies
        .iter()
        .map(|one| place(&one.id))
        .collect();
    let mut free: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, one) in lock.crates.iter().enumerate() {
        if !pairs.contains(&Some(index)) {
            free.entry(&one.id.name).or_default().push(index);
        }
    }
    // Compatible versions first, then whatever is left, both from the lowest on.
    for compatible in [true, false] {
        for (dependency, pair) in surface.dependencies.iter().zip(&mut pairs) {
            let id = &dependency.id;
            let Some(left) = free.get_mut(id.name.as_str()).filter(|_| pair.is_none()) else {
                continue;
            };
            let fits = |&index: &usize| {
                let other = &lock.crates[index].id;
                !compatible
                    || other.source == id.source && series(&other.version) == series(&id.version)
            };
            if let Some(at) = left.iter().position(fits) {
                *pair = Some(left.remove(at));
            }
        }
    }
    pairs
}

/// What cargo takes for compatible: the first number that is not 0, and those before.
fn series(version: &str) -> Option<(u64, u64, u64)> {
    let version = version.parse::<Version>().ok()?;
    Some(match (version.major, version.minor, version.patch) {
        (0, 0, patch) => (0, 0, patch),
        (0, minor, _) => (0, minor, 0),
        (major, ..) => (major, 0, 0),
    })
}

/// `registry`, for a message.
pub(super) fn source_words(id: &DependencyId) -> &'static str {
    match source_name(&id.source) {
        "path" => "a folder",
        "git" => "a git repository",
        _ => "a registry",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Analysis, Status};
    use crate::sample::{Sample, small};

    fn news(before: &Analysis, after: &Analysis) -> String {
        use std::fmt::Write;
        let lock = Lock::of(&Surface::new(before));
        let surface = Surface::new(after);
        let news = compare(&surface, &lock);
        let mut text = String::new();
        for one in &news.crates {
            let _ = writeln!(text, "crate {}", one.dependency.id.name);
        }
        for (one, before) in &news.sources {
            let _ = writeln!(text, "{} from {}", one.id.name, source_words(before));
        }
        for one in &news.items {
            let words = |set: Domains| {
                set.iter()
                    .map(crate::model::Domain::as_str)
                    .collect::<Vec<_>>()
            };
            let _ = writeln!(
                text,
                "{} direct {} used {:?} ({:?} was unknown) unknown {:?} from {:?}",
                one.item.path,
                one.direct,
                words(one.used),
                words(one.was_unknown),
                words(one.unknown),
                one.updated_from,
            );
        }
        let _ = write!(text, "gone {} {:?}", news.gone.items, news.gone.crates);
        text
    }

    fn change(edit: impl Fn(&mut Analysis)) -> String {
        let mut after = small();
        edit(&mut after);
        news(&small(), &after)
    }

    fn item<'a>(analysis: &'a mut Analysis, path: &str) -> &'a mut crate::model::Item {
        analysis
            .items
            .iter_mut()
            .find(|item| item.path == path)
            .unwrap()
    }

    #[test]
    fn nothing_changed() {
        assert_eq!(news(&small(), &small()), "gone 0 []");
    }

    #[test]
    fn reached_now() {
        let text = change(|analysis| {
            let item = item(analysis, "bytes_util::rescan");
            item.status = Status::Used;
            item.domains = Domains::RUN;
        });
        assert_eq!(
            text,
            "bytes_util::rescan direct false used [\"run\"] ([] was unknown) unknown [] from None\ngone 0 []"
        );
    }

    #[test]
    fn unknown_before() {
        let text = change(|analysis| {
            let item = item(analysis, "bytes_util::table::lookup");
            item.status = Status::Used;
            item.domains = Domains::RUN;
            item.unknown_in = Domains::NONE;
        });
        assert!(
            text.contains("lookup direct false used [\"run\"] ([\"run\"] was unknown)"),
            "{text}"
        );
    }

    #[test]
    fn unknown_now() {
        let text = change(|analysis| {
            let item = item(analysis, "bytes_util::rescan");
            item.status = Status::Unknown;
            item.unknown_in = Domains::RUN;
        });
        assert!(
            text.contains("used [] ([] was unknown) unknown [\"run\"]"),
            "{text}"
        );
        // What was used and is unknown now is nothing new.
        let text = change(|analysis| {
            let item = item(analysis, "bytes_util::scan");
            item.status = Status::Unknown;
            item.domains = Domains::NONE;
            item.unknown_in = Domains::RUN;
        });
        assert_eq!(text, "gone 0 []");
    }

    #[test]
    fn in_another_domain() {
        let text = change(|analysis| {
            let item = item(analysis, "build_script_build::main");
            item.domains = Domains::BUILD | Domains::RUN;
        });
        assert!(
            text.starts_with("build_script_build::main direct false used [\"run\"]"),
            "{text}"
        );
    }

    #[test]
    fn named_now() {
        let text = change(|analysis| {
            item(analysis, "<finder::Finder as finder::Search>::find").direct = true;
        });
        assert!(text.contains("::find direct true used []"), "{text}");
    }

    #[test]
    fn an_update_keeps_what_it_keeps() {
        let text = change(|analysis| {
            let finder = &mut analysis.project.packages[1];
            finder.version = "1.12.0".to_owned();
            let item = item(analysis, "finder::Finder::find_all");
            item.status = Status::Used;
            item.domains = Domains::RUN;
        });
        assert_eq!(
            text,
            "finder::Finder::find_all direct false used [\"run\"] ([] was unknown) unknown [] from Some(\"1.11.0\")\ngone 0 []"
        );
    }

    /// What `parse 2.0.0` reaches says nothing about `parse 1.0.0`.
    #[test]
    fn versions_are_compared_each_with_its_own() {
        let text = change(|analysis| {
            let print = analysis
                .items
                .iter_mut()
                .filter(|item| item.path == "parse::print");
            for item in print.take(1) {
                item.status = Status::Used;
                item.domains = Domains::BUILD;
            }
        });
        assert!(
            text.starts_with("parse::print direct false used [\"build\"]"),
            "{text}"
        );
        let mut two = Sample::new();
        let old = two.library("a", "1.0.0", 0, Domains::RUN);
        two.function(old, "a::f", Status::Used);
        let one = Surface::new(&two.analysis);
        let new = two.library("a", "2.0.0", 0, Domains::RUN);
        two.function(new, "a::f", Status::Used);
        let both = Surface::new(&two.analysis);
        let lock = Lock::of(&one);
        let news = compare(&both, &lock);
        assert_eq!(news.crates.len(), 1);
        assert_eq!(news.crates[0].dependency.id.version, "2.0.0");
    }

    #[test]
    fn a_source_that_changed_and_a_crate_that_left() {
        let text = change(|analysis| {
            analysis.project.packages[1].source = crate::model::Source::Git;
            let idle = analysis
                .project
                .packages
                .iter_mut()
                .find(|p| p.name == "parse");
            idle.unwrap().name = "parse-other".to_owned();
        });
        assert_eq!(
            text,
            "crate parse-other\nfinder from a registry\ngone 1 [\"parse 1.0.0\"]"
        );
    }

    #[test]
    fn other_figures_are_not_compared() {
        let mut other = small();
        other.project.exec = crate::options::ExecPolicy::Never;
        other.project.toolchain.version = "1.96.0".to_owned();
        let (now, before) = (
            Lock::of(&Surface::new(&other)),
            Lock::of(&Surface::new(&small())),
        );
        let error = comparable(&now, &before, "whittle.lock")
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "`whittle.lock` cannot be compared with: it was made with policy `trust`, here `never`; toolchain `1.95.0`, here `1.96.0`"
        );
        assert!(comparable(&before, &before, "whittle.lock").is_ok());
    }
}
