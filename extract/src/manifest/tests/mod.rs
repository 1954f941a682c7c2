//! Manifests before and after, as text.

mod add;
mod package;
mod remove;

use camino::Utf8Path;

use super::*;

/// The lines that differ, with a line around them; what stays is left out.
fn changes(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (
        before.split_inclusive('\n').collect(),
        after.split_inclusive('\n').collect(),
    );
    // Longest common subsequence: manifests of tests are short.
    let mut table = vec![vec![0; new.len() + 1]; old.len() + 1];
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            table[i][j] = if a == b {
                table[i + 1][j + 1] + 1
            } else {
                table[i + 1][j].max(table[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = String::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || table[i + 1][j] >= table[i][j + 1]) {
            out.extend(["-", old[i].trim_end(), "\n"]);
            i += 1;
        } else {
            out.extend(["+", new[j].trim_end(), "\n"]);
            j += 1;
        }
    }
    out
}

const NAMES: &[&str] = &["dep"];

fn dependency(names: &[String]) -> Dependency<'_> {
    Dependency {
        package: "dep",
        names: names.to_vec(),
    }
}

fn names() -> Vec<String> {
    NAMES.iter().map(|&name| name.to_owned()).collect()
}

fn normal() -> Section {
    Section {
        kind: Kind::Normal,
        target: None,
    }
}

fn wants(version: &str, features: &[&str]) -> Requirement {
    Requirement {
        version: Some(version.to_owned()),
        default_features: true,
        features: features.iter().map(|&it| it.to_owned()).collect(),
        ..Requirement::default()
    }
}

#[test]
fn folders_of_path_dependencies() {
    let text = "[dependencies]\na = { path = \"../a\" }\nb = \"1\"\n[target.x.dev-dependencies.c]\npath = \"c\"\n[workspace.dependencies]\nd.path = \"d\"\n[patch.crates-io]\ne = { path = \"/e\" }\n";
    assert_eq!(paths(text).unwrap(), ["../a", "c", "d", "/e"]);
}

#[test]
fn what_is_declared() {
    let text = "[dependencies]\ndep = { path = \"../dep\", optional = true }\n[target.x.dev-dependencies]\ndep.workspace = true\n";
    let names = names();
    let found = declared(text, &dependency(&names)).unwrap();
    assert_eq!(found.len(), 2);
    assert!(found[0].optional && found[0].path.as_deref() == Some(Utf8Path::new("../dep")));
    assert!(found[1].inherited && found[1].section.target.as_deref() == Some("x"));
    assert!(matches!(
        declared("[dependencies\n", &dependency(&names)),
        Err(ManifestError::Syntax(why)) if why.starts_with("line 1: ")
    ));
}
