//! Rules of the repository itself: module heads, where rust-analyzer may be named, no traces of
//! the machine it was written on, documents and fixtures that exist and are named.

use std::env;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file of the repository, relative to it, with its text; sorted. What builds leave
/// behind and hidden folders other than `.ci` are left out.
fn texts(below: &str) -> Vec<(Utf8PathBuf, String)> {
    let mut pending = vec![root().join(below)];
    let mut found = Vec::new();
    while let Some(dir) = pending.pop() {
        for entry in dir.read_dir_utf8().expect("a folder of the repository") {
            let entry = entry.expect("a readable entry");
            let (path, name) = (entry.path(), entry.file_name());
            let kind = entry.file_type().expect("a file type");
            if kind.is_dir() {
                if name != "target" && (!name.starts_with('.') || name == ".ci") {
                    pending.push(path.to_owned());
                }
            } else if let Ok(text) = fs::read_to_string(path) {
                let path = path.strip_prefix(root()).expect("below the root");
                found.push((path.to_owned(), text));
            }
        }
    }
    found.sort();
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// The Rust sources of the product. What a test compiles or reads as data is not among them.
fn sources() -> Vec<(Utf8PathBuf, String)> {
    let mut all = texts("analyzer");
    all.extend(texts("extract"));
    all.retain(|(path, _)| path.extension() == Some("rs"));
    all.retain(|(path, _)| path.components().all(|part| part.as_str() != "testdata"));
    assert!(all.len() > 50, "only {} sources", all.len());
    all
}

fn none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n{}", wrong.join("\n"));
}

#[test]
fn every_source_says_what_it_is() {
    let has_head = |text: &str| text.lines().take(3).any(|line| line.starts_with("//!"));
    let wrong: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| !has_head(text))
        .map(|(path, _)| path.into_string())
        .collect();
    none(&wrong, "no `//!` head in the first three lines");
}

#[test]
fn one_folder_names_rust_analyzer() {
    let wrong: Vec<String> = sources()
        .into_iter()
        .filter(|(path, _)| !path.starts_with("analyzer/src/ra"))
        .filter(|(_, text)| text.lines().any(names_rust_analyzer))
        .map(|(path, _)| path.into_string())
        .collect();
    none(&wrong, "`ra_ap_` outside of analyzer/src/ra");
}

/// In code; comments may say where it is.
fn names_rust_analyzer(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.contains("ra_ap_")
}

#[test]
fn no_file_knows_the_machine() {
    let places = machine_places();
    assert!(!places.is_empty(), "nothing to look for");
    let mut wrong = Vec::new();
    for (path, text) in texts("") {
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(place) = places.iter().find(|place| mentions(line, place)) {
                wrong.push(format!("{path}:{number}: {place}"));
            }
        }
    }
    none(&wrong, "a path of this machine");
}

/// The checkout, the folder it lies in, and the user's home. The top of the file system and the
/// folder for temporary files are the same everywhere.
fn machine_places() -> Vec<String> {
    let home = env::home_dir().and_then(|home| Utf8PathBuf::try_from(home).ok());
    let temporary = env::temp_dir();
    [
        Some(root().to_owned()),
        root().parent().map(Utf8Path::to_owned),
        home,
    ]
    .into_iter()
    .flatten()
    .filter(|place| place.parent().is_some() && place.as_std_path() != temporary)
    .map(|place| place.as_str().trim_end_matches('/').to_owned())
    .collect()
}

/// Whether the line holds `place` as a whole path, or the start of one.
fn mentions(line: &str, place: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + place.len()..].chars().next();
        !before.is_some_and(|c| inside(c) || c == '/') && !after.is_some_and(inside)
    })
}

#[test]
fn paths_are_found_as_wholes() {
    assert!(mentions("see `/home/x/a.rs`", "/home/x"));
    assert!(mentions("/home/x", "/home/x"));
    assert!(!mentions("/home/xy/a.rs", "/home/x"));
    assert!(!mentions("src/home/x", "/home/x"));
    assert!(!mentions("//home/x", "/home/x"));
}

#[test]
fn every_fixture_is_described() {
    let readme = read("fixtures/README.md");
    let named = |name: &str| {
        readme
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .any(|word| word == name)
    };
    let mut count = 0;
    let mut wrong = Vec::new();
    for entry in root().join("fixtures").read_dir_utf8().expect("fixtures") {
        let entry = entry.expect("a readable entry");
        if entry.path().join("Cargo.toml").is_file() {
            count += 1;
            if !named(entry.file_name()) {
                wrong.push(entry.file_name().to_owned());
            }
        }
    }
    assert!(count > 50, "only {count} fixtures");
    wrong.sort();
    none(&wrong, "not in fixtures/README.md");
}

#[test]
fn documents_name_files_that_exist() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for document in documents() {
        let folder = Utf8Path::new(&document)
            .parent()
            .unwrap_or(Utf8Path::new(""))
            .to_owned();
        for link in links(&read(&document)) {
            count += 1;
            if !root().join(&folder).join(&link).exists() {
                wrong.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(count > 5, "only {count} links");
    none(&wrong, "links to nothing");
}

fn documents() -> Vec<String> {
    let mut all: Vec<String> = texts("docs")
        .into_iter()
        .map(|(path, _)| path.into_string())
        .collect();
    all.retain(|path| Utf8Path::new(path).extension() == Some("md"));
    all.extend(["README.md", "CHANGELOG.md", "fixtures/README.md"].map(str::to_owned));
    all
}

/// Targets of Markdown links into the repository, without their anchors.
fn links(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| !link.contains("://") && !link.starts_with('#'))
        .map(|link| link.split('#').next().unwrap_or(link).to_owned())
        .collect()
}

#[test]
fn architecture_names_every_source() {
    let text = read("docs/ARCHITECTURE.md");
    let wrong: Vec<String> = sources()
        .into_iter()
        .filter(|(path, _)| {
            let name = path.file_name().unwrap_or_default();
            // By its name, or with the folder it stands in.
            let named = text.contains(&format!("`{name}`")) || text.contains(&format!("/{name}`"));
            name != "mod.rs" && name != "tests.rs" && !named
        })
        .map(|(path, _)| path.into_string())
        .collect();
    none(&wrong, "not in docs/ARCHITECTURE.md");
}

/// Rust-analyzer's crates change without notice between versions, and so does what they stand
/// on: a resolver must not be free to choose.
#[test]
fn rust_analyzer_is_pinned_exactly() {
    let manifest: toml::Table = read("Cargo.toml").parse().expect("TOML");
    let dependencies = manifest["dependencies"].as_table().expect("a table");
    let pinned = |name: &str| {
        ["ra_ap_", "ra-ap-", "salsa"]
            .iter()
            .any(|start| name.starts_with(start))
    };
    let mut count = 0;
    let mut wrong = Vec::new();
    for (name, value) in dependencies.iter().filter(|(name, _)| pinned(name)) {
        count += 1;
        let version = value.as_str().or_else(|| value.get("version")?.as_str());
        if !version.is_some_and(|version| version.starts_with('=')) {
            wrong.push(name.clone());
        }
    }
    assert!(count > 10, "only {count} of them");
    none(&wrong, "not pinned with `=`");
}
