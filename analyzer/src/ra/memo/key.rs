//! What kept expansions depend on: everything that is loaded but the members' own files.

use super::own::Sides;
use crate::cache::{Digest, Hasher, program, tree};
use crate::model::{Project, Unit};
use crate::models::READERS;

/// Units that are no members' and depend on none, as `Project::units`.
pub(super) fn closed_units(project: &Project) -> Vec<bool> {
    let mut closed: Vec<bool> = Vec::with_capacity(project.units.len());
    // Dependencies come first.
    for unit in &project.units {
        let is_own = project.packages[unit.package].is_member;
        let mut dependencies = unit.dependencies.iter();
        let all = dependencies.all(|one| closed.get(one.unit).copied().unwrap_or(false));
        closed.push(!is_own && all);
    }
    closed
}

/// `contents`: of the loaded files, path and text. `None` when it can't be told.
pub(crate) fn key(project: &Project, contents: &[Digest], sides: &Sides) -> Option<Digest> {
    let closed = closed_units(project);
    let mut hasher = Hasher::default();
    program(&mut hasher);
    hasher.text("expansions");
    hasher.bytes(&postcard::to_stdvec(&project.toolchain).ok()?);
    hasher.text(&format!("{:?}", (&project.std_src.root, project.exec)));
    let mut digests: Vec<Digest> = Vec::with_capacity(closed.len());
    for (unit, reads_files) in project.units.iter().zip(read_files(project)) {
        digests.push(unit_digest(project, unit, &digests, reads_files)?);
    }
    let mut all: Vec<Digest> = (closed.iter().zip(digests))
        .filter_map(|(&closed, digest)| closed.then_some(digest))
        .collect();
    all.sort_unstable();
    all.dedup();
    for digest in &all {
        hasher.bytes(&digest.0);
    }

    for (content, own) in contents.iter().zip(&sides.own) {
        if !own {
            hasher.bytes(&content.0);
        }
    }
    Some(hasher.finish())
}

/// For each unit whether a model may read files for it: a macro may be handed on by others.
fn read_files(project: &Project) -> Vec<bool> {
    let mut read: Vec<bool> = Vec::with_capacity(project.units.len());
    for unit in &project.units {
        let is_reader = |unit: usize| {
            let package = project.units[unit].package;
            READERS.contains(&project.packages[package].name.as_str())
        };
        let mut dependencies = unit.dependencies.iter().map(|one| one.unit);
        let reads = dependencies.any(|one| is_reader(one) || read.get(one) == Some(&true));
        read.push(reads);
    }
    read
}

/// A unit with all that it is compiled with, but for which domains it is needed in.
fn unit_digest(
    project: &Project,
    unit: &Unit,
    dependencies: &[Digest],
    reads_files: bool,
) -> Option<Digest> {
    let mut hasher = Hasher::default();
    hasher.text(&format!(
        "{:?}",
        (
            unit.kind,
            &unit.crate_name,
            unit.test_harness,
            &unit.root_file,
            &unit.edition,
            &unit.cfgs,
            &unit.env,
            &unit.proc_macro_dylib,
        )
    ));
    let package = &project.packages[unit.package];
    hasher.text(&format!(
        "{:?}",
        (&package.name, &package.version, &package.manifest_dir)
    ));
    hasher.bytes(&postcard::to_stdvec(&unit.build_output).ok()?);
    let dylib = unit.proc_macro_dylib.as_ref();
    let facts = dylib.and_then(|path| path.metadata().ok());
    let facts = facts.map(|facts| (facts.len(), facts.modified().ok()));
    hasher.text(&format!("{facts:?}"));
    for one in &unit.dependencies {
        hasher.text(&one.extern_name);
        hasher.bytes(&dependencies.get(one.unit)?.0);
    }
    if reads_files && !package.is_member {
        hasher.text(&format!("{:?}", tree(&package.manifest_dir)));
    }
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use ra_ap_vfs::FileId;

    use super::{Sides, key};
    use crate::cache::Digest;
    use crate::model::{Project, UnitDependency, UnitKind};
    use crate::options::ExecPolicy;
    use crate::ra::files::{Files, LoadedFile};
    use crate::sample::small;

    fn key_of(project: &Project, own: &str, other: &str) -> Digest {
        let file = |path: &str, text: &str| LoadedFile::new(path, text);
        let files = Files {
            notices: Vec::new(),
            loaded: vec![
                file("/registry/finder-1.11.0/src/lib.rs", other),
                file("/sample/src/main.rs", own),
            ],
            universe: FileId::from_raw(0),
            hashbrown: FileId::from_raw(0),
        };
        let sides = Sides::of(project, &files);
        key(project, &files.digests(), &sides).unwrap()
    }

    /// The sample, its binary with the first library that is no member's.
    fn project() -> (Project, usize) {
        let mut project = small().project;
        let is_other = |package: usize| !project.packages[package].is_member;
        let mut units = project.units.iter().enumerate();
        let found = units.find(|(_, unit)| unit.kind == UnitKind::Lib && is_other(unit.package));
        let other = found.map(|(index, _)| index).unwrap();
        // Dependencies come first.
        project.units.swap(0, other);
        project.units[other].dependencies.push(UnitDependency {
            unit: 0,
            extern_name: "finder".into(),
        });
        (project, other)
    }

    #[test]
    fn what_is_the_members_own_is_not_in_the_key() {
        let (mut project, bin) = project();
        let before = key_of(&project, "fn main() {}", "pub fn find() {}");
        assert_eq!(
            key_of(&project, "fn main() { a() }", "pub fn find() {}"),
            before
        );
        project.units[bin].cfgs.push("own".to_owned());
        project.units[bin].edition = "2024".to_owned();
        assert_eq!(key_of(&project, "", "pub fn find() {}"), before);
    }

    type Change = fn(&mut Project);

    #[test]
    fn everything_else_is() {
        let before = key_of(&project().0, "", "pub fn find() {}");
        assert_ne!(key_of(&project().0, "", "pub fn find() { }"), before);
        let changes: [(&str, Change); 12] = [
            ("std", |it| it.std_src.root = "/other".into()),
            ("toolchain", |it| it.toolchain.version.push('1')),
            ("target", |it| it.toolchain.target.push('1')),
            ("std's cfgs", |it| it.toolchain.std_cfgs.push("a".into())),
            ("policy", |it| it.exec = ExecPolicy::Never),
            ("a feature", |it| it.units[0].cfgs.push("a".into())),
            ("an edition", |it| it.units[0].edition = "2024".into()),
            ("a variable", |it| {
                it.units[0].env.insert("A".into(), "b".into());
            }),
            ("a version", |it| {
                let package = it.units[0].package;
                it.packages[package].version.push('1');
            }),
            ("a root", |it| it.units[0].root_file = "/a.rs".into()),
            ("a macro", |it| {
                it.units[0].proc_macro_dylib = Some("/a.so".into());
            }),
            ("one more", |it| {
                let mut unit = it.units[0].clone();
                unit.crate_name = "another".into();
                it.units.push(unit);
            }),
        ];
        for (what, change) in changes {
            let (mut project, _) = project();
            change(&mut project);
            assert_ne!(key_of(&project, "", "pub fn find() {}"), before, "{what}");
        }
    }
}
