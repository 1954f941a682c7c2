//! Which items a path means that stands in an advisory.
//!
//! Such a path is written by hand and from outside: `smallvec::SmallVec::grow` names what a user
//! of the crate would write, not the module the method stands in, nor the trait it is of. So an
//! item matches when it is of the crate that the path begins with, has the path's last segment,
//! and the segments between are a subsequence of its definition path; of a method in an impl,
//! of its type's path followed by its trait's. Type arguments are not compared.
//!
//! A path may also name a type or a trait: then it means their functions, too. Matching too much is safe here (more is asked about), matching nothing is said.

use crate::model::{Item, ItemKind, Package, Project, UnitKind};
use crate::query::segments;

/// Items of `package`, or of a dependency that the path begins with, that the path means;
/// indices into `items`, sorted. Empty: nothing that is compiled has such a path.
#[must_use]
pub fn matching(project: &Project, items: &[Item], package: usize, path: &str) -> Vec<usize> {
    let wanted = plain(path);
    let Some((krate, rest)) = wanted.split_first() else {
        return Vec::new();
    };
    let Some((name, between)) = rest.split_last() else {
        return Vec::new();
    };
    let packages = packages(project, package, krate);
    let of_crate = || {
        let items = items.iter().enumerate();
        items
            .filter(|(_, item)| packages.contains(&item.package))
            .map(|(index, item)| (index, item, words(&item.path)))
            .filter(|(_, item, words)| !in_build_script(project, item.package, words))
    };
    let mut found: Vec<usize> = of_crate()
        .filter(|(_, _, words)| {
            let own = words.split_last();
            own.is_some_and(|(last, before)| last == name && is_subsequence(between, before))
        })
        .map(|(index, ..)| index)
        .collect();
    let holds_functions = |&index: &usize| {
        matches!(
            items[index].kind,
            ItemKind::Struct
                | ItemKind::Enum
                | ItemKind::Union
                | ItemKind::TypeAlias
                | ItemKind::Trait
        )
    };
    if found.iter().any(holds_functions) {
        let inside = of_crate().filter(|(_, item, words)| {
            let own = words.split_last();
            item.kind.is_function()
                && own
                    .is_some_and(|(_, before)| is_subsequence(rest, before.get(1..).unwrap_or(&[])))
        });
        found.extend(inside.map(|(index, ..)| index));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a listed path means a definition path of the same crate, or a type or trait that it is
/// a function of.
#[must_use]
pub fn means(listed: &str, path: &str) -> bool {
    let wanted = plain(listed);
    let words = words(path);
    let (Some((_, rest)), Some((last, before))) = (wanted.split_first(), words.split_last()) else {
        return false;
    };
    let Some((name, between)) = rest.split_last() else {
        return false;
    };
    let inside = is_subsequence(rest, before.get(1..).unwrap_or(&[]));
    (last == name && is_subsequence(between, before)) || inside
}

/// Functions of the package and of what it depends on that have the path's last segment: what
/// may have been meant by a path that matches nothing. The package's own come first.
#[must_use]
pub fn namesakes(project: &Project, items: &[Item], package: usize, path: &str) -> Vec<usize> {
    let wanted = plain(path);
    let Some(name) = wanted.last() else {
        return Vec::new();
    };
    let near = |item: &Item| {
        let dependencies = project.packages.get(package).map(|p| &p.dependencies);
        item.package == package || dependencies.is_some_and(|all| all.contains(&item.package))
    };
    let mut found: Vec<usize> = (0..items.len())
        .filter(|&index| items[index].kind.is_function() && near(&items[index]))
        .filter(|&index| words(&items[index].path).last() == Some(name))
        .collect();
    found.sort_by_key(|&index| (items[index].package != package, index));
    found
}

/// `a::Trait::method` of `<Type as a::Trait<X>>::method`.
#[must_use]
pub fn of_trait(path: &str) -> Option<String> {
    let own = segments(path);
    let (head, rest) = own.split_first()?;
    let (_, trait_) = head_of_impl(head)?;
    let trait_ = trait_?.split('<').next()?;
    Some(format!("{trait_}::{}", rest.join("::")))
}

/// The package itself, when the path begins with its name or its library's; else what it
/// depends on under that name.
fn packages(project: &Project, package: usize, krate: &str) -> Vec<usize> {
    let own = |package: usize| {
        let named = |p: &Package| p.name.replace('-', "_") == krate;
        let mut units = project.units.iter();
        project.packages.get(package).is_some_and(named)
            || units.any(|unit| {
                unit.package == package
                    && unit.kind != UnitKind::BuildScript
                    && unit.crate_name == krate
            })
    };
    if own(package) {
        return vec![package];
    }
    let users = project.units.iter().filter(|unit| unit.package == package);
    let renamed = users.flat_map(|unit| &unit.dependencies).filter_map(|one| {
        let unit = project.units.get(one.unit)?;
        (one.extern_name == krate).then_some(unit.package)
    });
    let dependencies = project.packages.get(package).map(|p| &p.dependencies);
    let dependencies = dependencies.into_iter().flatten().copied();
    let mut found: Vec<usize> = dependencies
        .filter(|&one| own(one))
        .chain(renamed)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// A build script's functions are not the library's.
fn in_build_script(project: &Project, package: usize, words: &[&str]) -> bool {
    project.units.iter().any(|unit| {
        unit.package == package
            && unit.kind == UnitKind::BuildScript
            && words.first() == Some(&unit.crate_name.as_str())
    })
}

/// The segments of a listed path without type arguments: of `a::B<C>::d` and of `a::B::<C>::d`
/// the same three.
fn plain(path: &str) -> Vec<&str> {
    let names = segments(path).into_iter().map(|segment| {
        // `a::<B>::c` may mean a type or arguments; as a constraint it could only hide something.
        segment.split('<').next().unwrap_or(segment)
    });
    names.filter(|name| !name.is_empty()).collect()
}

/// The segments of a definition path; an impl's head as its type's followed by its trait's.
fn words(path: &str) -> Vec<&str> {
    let own = segments(path);
    let head = own
        .split_first()
        .and_then(|(head, rest)| Some((head_of_impl(head)?, rest)));
    let Some(((type_, trait_), rest)) = head else {
        return own;
    };
    let name = |text| {
        let text: &str = text;
        let text = text.trim_start_matches(['&', '*', '[']);
        let text = text.trim_start_matches("mut ").trim_start_matches("dyn ");
        segments(text.split('<').next().unwrap_or(text))
    };
    let mut words = name(type_);
    words.extend(trait_.map(name).unwrap_or_default());
    words.extend(rest);
    words
}

/// Type and trait of `<Type as Trait>`; the type may hold another such head.
fn head_of_impl(segment: &str) -> Option<(&str, Option<&str>)> {
    let inner = segment.strip_prefix('<')?.strip_suffix('>')?;
    let mut depth = 0_u32;
    for (at, c) in inner.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && inner[at..].starts_with(" as ") => {
                return Some((&inner[..at], Some(&inner[at + 4..])));
            }
            _ => {}
        }
    }
    Some((inner, None))
}

fn is_subsequence(wanted: &[&str], of: &[&str]) -> bool {
    let mut of = of.iter();
    wanted.iter().all(|one| of.any(|other| other == one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Domains, Status, UnitDependency};
    use crate::sample::Sample;

    /// The paths of the sample's crate `a-b` (library `a_b`) that `path` means.
    fn check(path: &str, expected: &[&str]) {
        let mut sample = Sample::new();
        let package = sample.library("a-b", "1.0.0", 0, Domains::RUN);
        sample.unit(package, UnitKind::BuildScript, Domains::BUILD);
        let inner = sample.library("inner", "1.0.0", package, Domains::RUN);
        sample.analysis.project.units[1].dependencies = vec![UnitDependency {
            unit: 3,
            extern_name: "renamed".to_owned(),
        }];
        for path in [
            "a_b::imp::Map::grow",
            "<a_b::imp::Map<T> as a_b::imp::Table<K, V>>::reserve",
            "<u8 as a_b::imp::Table<a_b::Key>>::reserve",
            "a_b::imp::Table::reserve",
            "<[T]>::grow",
            "a_b::grow",
            "build_script_build::grow",
            "a_b::io::read::all",
        ] {
            sample.function(package, path, Status::Unused);
        }
        sample.function(inner, "inner::deep::run", Status::Unused);
        let map = sample.function(package, "a_b::imp::Map", Status::Unused);
        sample.item(map).kind = ItemKind::Struct;
        let analysis = &sample.analysis;
        let found = matching(&analysis.project, &analysis.items, package, path);
        let found: Vec<&str> = found
            .iter()
            .map(|&index| analysis.items[index].path.as_str())
            .collect();
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn a_method_goes_by_its_type_through_reexports() {
        check("a_b::Map::grow", &["a_b::imp::Map::grow"]);
        check("a_b::imp::Map::grow", &["a_b::imp::Map::grow"]);
        check("a_b::Map<K,V>::grow", &["a_b::imp::Map::grow"]);
        check("a_b::other::Map::grow", &[]);
        check("a_b::Map::shrink", &[]);
        let all = ["a_b::imp::Map::grow", "<[T]>::grow", "a_b::grow"];
        check("a_b::grow", &all);
    }

    #[test]
    fn a_trait_method_goes_by_type_trait_or_both() {
        let of_map = "<a_b::imp::Map<T> as a_b::imp::Table<K, V>>::reserve";
        let of_u8 = "<u8 as a_b::imp::Table<a_b::Key>>::reserve";
        check("a_b::Map::reserve", &[of_map]);
        check("a_b::Map::Table::reserve", &[of_map]);
        check(
            "a_b::Table::reserve",
            &[of_map, of_u8, "a_b::imp::Table::reserve"],
        );
        check("a_b::Key::reserve", &[]);
        assert_eq!(of_trait(of_u8).as_deref(), Some("a_b::imp::Table::reserve"));
        assert_eq!(of_trait("a_b::imp::Table::reserve"), None);
    }

    #[test]
    fn a_type_means_its_functions_and_a_module_nothing() {
        check(
            "a_b::Map",
            &[
                "a_b::imp::Map::grow",
                "<a_b::imp::Map<T> as a_b::imp::Table<K, V>>::reserve",
                "a_b::imp::Map",
            ],
        );
        check("a_b::io", &[]);
        check("a_b::io::write", &[]);
    }

    #[test]
    fn another_crate_must_be_a_dependency() {
        check("inner::run", &["inner::deep::run"]);
        check("renamed::run", &["inner::deep::run"]);
        check("app::run", &[]);
        check("run", &[]);
        check("", &[]);
    }

    #[test]
    fn heads_of_impls_nest() {
        assert_eq!(
            words("<<a::B as c::D<X>>::E as f::G>::h"),
            ["f", "G", "h"],
            "a projection names no type"
        );
        assert_eq!(
            words("<&mut a::B<C> as d::E>::f"),
            ["a", "B", "d", "E", "f"]
        );
        assert_eq!(words("a::B::f"), ["a", "B", "f"]);
    }
}
