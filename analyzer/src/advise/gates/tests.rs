//! Text of a crate, and what of it a feature takes along.

use super::*;

fn of(text: &str) -> Result<Gates, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = Utf8Path::from_path(folder.path()).unwrap().join("lib.rs");
    fs::write(&file, text).unwrap();
    gates(&[file], "x", |_| false)
}

fn lines(text: &str) -> (Vec<(u32, u32)>, Vec<u32>) {
    let gates = of(text).unwrap();
    let spans = gates.spans.iter().map(|it| (it.first, it.last)).collect();
    (spans, gates.within.iter().map(|it| it.1).collect())
}

#[test]
fn whole_items_go() {
    let text = "#[cfg(feature = \"x\")]\nfn f() {\n}\nmod m {\n  #[cfg(all(unix, feature = \
                \"x\"))]\n  pub struct S;\n}\n#[cfg(feature = \"y\")]\nfn g() {}\n";
    assert_eq!(lines(text), (vec![(1, 3), (5, 6)], vec![]));
}

#[test]
fn what_changes_something_that_stays_is_within() {
    let field = "pub struct S {\n  #[cfg(feature = \"x\")]\n  a: u8,\n}\n";
    assert_eq!(lines(field), (vec![], vec![2]));
    let body = "fn f() -> bool {\n  cfg!(feature = \"x\")\n}\n";
    assert_eq!(lines(body), (vec![], vec![2]));
    let other = "#[cfg(not(feature = \"x\"))]\nfn f() {}\n";
    assert_eq!(lines(other), (vec![], vec![1]));
    let either = "#[cfg(any(feature = \"x\", unix))]\nfn f() {}\n";
    assert_eq!(lines(either), (vec![], vec![1]));
    let chosen = "cfg_if::cfg_if! {\n  if #[cfg(feature = \"x\")] { fn f() {} }\n}\n";
    assert_eq!(lines(chosen), (vec![], vec![2]));
}

#[test]
fn inert_attributes_are_nothing() {
    let text = "#![cfg_attr(not(feature = \"x\"), no_std)]\n#[cfg_attr(feature = \"x\", \
                inline)]\nfn f() {}\n";
    assert_eq!(lines(text), (vec![], vec![]));
    let derive = "#[cfg_attr(feature = \"x\", derive(Debug))]\nstruct S;\n";
    assert_eq!(lines(derive), (vec![], vec![1]));
}

#[test]
fn impls_and_exports_are_named() {
    let text = "#[cfg(feature = \"x\")]\nimpl other::Named for &m::S {}\n#[cfg(feature = \
                \"x\")]\npub use other::{Derive, deep::*};\n";
    let gates = of(text).unwrap();
    assert_eq!(gates.impls[0].of_trait, ["other", "Named"]);
    assert_eq!(gates.impls[0].for_type, "S");
    let exports: Vec<String> = gates
        .exports
        .iter()
        .map(|(a, b)| format!("{a} {b}"))
        .collect();
    assert_eq!(exports, ["other Derive", "other *"]);
}

#[test]
fn a_module_is_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    };
    let lib = write("lib.rs", "#[cfg(feature = \"x\")]\nmod m;\n");
    let one = write("m/mod.rs", "mod n;\nimpl Clone for S {}");
    let two = write("m/n.rs", "");
    let found = gates(&[lib.clone(), one.clone(), two.clone()], "x", |_| false).unwrap();
    let files: Vec<&Utf8PathBuf> = found.spans.iter().map(|it| &it.file).collect();
    assert_eq!(files, [&lib, &one, &two]);
    assert_eq!(found.impls.len(), 1);
    assert!(gates(&[lib], "x", |_| false).is_err());
}

#[test]
fn what_is_settled_ends_the_search() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let first = folder.join("a.rs");
    fs::write(&first, "#[cfg(feature = \"x\")]\nfn f() {}\n").unwrap();
    // It would be an error.
    let second = folder.join("b.rs");
    fs::write(&second, "#[cfg(feature = \"x\")] fn").unwrap();
    let files = [first.clone(), second];
    let line = |spans: &[Gated]| spans.iter().any(|it| it.file == first && it.first == 1);
    assert!(
        gates(&files, "x", |_| false)
            .unwrap_err()
            .starts_with(files[1].as_str())
    );
    assert!(
        gates(&files, "x", line)
            .unwrap_err()
            .starts_with(first.as_str())
    );
}
