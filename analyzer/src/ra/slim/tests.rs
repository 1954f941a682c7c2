//! What is cut out, and that std stays what it is.

use super::{Part, std_source};
use crate::model::Project;
use crate::options::{ExecPolicy, Options, Selection};
use crate::ra::files::{self, Ahead, Files};
use crate::ra::items::makers::Makers;
use crate::ra::items::{self, Row};
use crate::ra::memo::own::Sides;
use crate::ra::{database, view};
use expect_test::{Expect, expect};
use ra_ap_hir_ty::attach_db;

fn check(part: Part, text: &str, expect: Expect) {
    let slim = std_source(text, part);
    assert_eq!(text.lines().count(), slim.lines().count(), "{slim}");
    expect.assert_eq(&slim);
}

#[test]
fn documentation_goes_and_lines_stay() {
    check(
        Part::Other,
        "/// Doc.\n#[stable(since = \"1\")]\n#[unstable(feature = \"a\")]\npub fn f() { g(\"/// no\") }\n",
        expect![[r#"


            #[unstable(feature = "a")]
            pub fn f() { g("/// no") }
        "#]],
    );
}

#[test]
fn arguments_and_patterns_of_macros_stay() {
    check(
        Part::Other,
        "make! { /// Doc.\n#[stable] f }\nmacro_rules! m { ($(#[stable])? /// a\n) => {\n/// b\n#[inline] fn f() {} $(#[doc = $d] #[inline] $x)* } }",
        expect![[r#"
            make! { /// Doc.
            #[stable] f }
            macro_rules! m { ($(#[stable])? /// a
            ) => {

             fn f() {} $(#[doc = $d]  $x)* } }"#]],
    );
}

#[test]
fn tests_go() {
    check(
        Part::Other,
        "fn f() {}\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n fn g() {}\n}\n#[cfg(test)]\nmod out;",
        expect![[r#"
            fn f() {}





            #[cfg(test)]
            mod out;"#]],
    );
}

#[test]
fn intrinsics_lose_their_bodies() {
    check(
        Part::Intrinsics,
        "pub unsafe fn f<const N: u8>(a: [u8; { 2 }]) -> u8 {\ng(a)\n}\ntype F = fn(u8);\nfn h();",
        expect![[r#"
            pub unsafe fn f<const N: u8>(a: [u8; { 2 }]) -> u8 {
  
            }
            type F = fn(u8);
            fn h();"#]],
    );
}

/// Every item of std with what is known of it, but what stands in bodies of intrinsics
/// and how many lines an item has, which nobody asks of std.
fn items_of_std(project: &Project, files: Files) -> Vec<String> {
    let sides = Sides::of(project, &files);
    let database = database::load(project, files, &sides).unwrap();
    let db = &database.db;
    let listed = |row: Row| {
        let file = &database.paths[row.standing.place.file.index() as usize];
        let is_intrinsic = file.as_str().contains("/stdarch/");
        if is_intrinsic && row.nested {
            return None;
        }
        let unsafe_blocks = if is_intrinsic { 0 } else { row.unsafe_blocks };
        let (kind, line) = (row.kind, row.standing.place.line);
        let flags = (row.is_unsafe, row.is_public, row.uncalled, row.nested);
        Some(format!(
            "{} {kind:?} {file}:{line} {unsafe_blocks} {flags:?}",
            row.path
        ))
    };
    let all = ra_ap_base_db::all_crates(db);
    let of_std = all.iter().filter(|krate| krate.data(db).origin.is_lang());
    let makers = Makers::default();
    attach_db(db, || {
        of_std
            .flat_map(|&krate| {
                view::of(db, krate);
                items::of_crate(db, krate, &makers).rows
            })
            .filter_map(listed)
            .collect()
    })
}

#[test]
fn std_has_the_same_items() {
    let folder = tempfile::tempdir().unwrap();
    let root = camino::Utf8Path::from_path(folder.path()).unwrap();
    let manifest = root.join("Cargo.toml");
    let text = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    std::fs::write(&manifest, text).unwrap();
    std::fs::write(
        root.join("Cargo.lock"),
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n",
    )
    .unwrap();
    std::fs::create_dir(root.join("src")).unwrap();
    std::fs::write(root.join("src/lib.rs"), "").unwrap();
    let options = Options {
        selection: Selection {
            manifest_path: Some(manifest),
            ..Selection::default()
        },
        exec: ExecPolicy::Never,
        ..Options::default()
    };
    let project = crate::cargo::load_project(&options, &|_| {}).unwrap();
    let bytes = |files: &Files| {
        files
            .loaded
            .iter()
            .map(|file| file.text().len())
            .sum::<usize>()
    };
    let (whole, slim) = (
        files::read_all(&project, &Ahead::default()),
        files::read_all(&project, &Ahead::default()).slim(&project),
    );
    assert!(bytes(&slim) * 3 < bytes(&whole) * 2, "little was cut");
    let (whole, slim) = (items_of_std(&project, whole), items_of_std(&project, slim));
    assert!(whole.len() > 30_000, "{}", whole.len());
    for (before, after) in whole.iter().zip(&slim) {
        assert_eq!(before, after);
    }
    assert_eq!(whole.len(), slim.len());
}
