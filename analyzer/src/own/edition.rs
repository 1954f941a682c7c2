//! What the edition of the package that takes the copy would make of upstream's text.
//!
//! A newer edition reads some of the same text in another way, and not all of that fails to
//! compile: `array.into_iter()`, what closures capture, when temporaries are dropped. The compiler
//! has a lint for each such case, meant for those who migrate. They are asked of the dependency as
//! it is, in its own edition; what they say counts where the text is kept.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use whittle_extract::edit::{Edit, Span, Why};
use whittle_extract::manifest::{Dependency, Kind, declared};
use whittle_extract::plan::PlannedFile;
use whittle_extract::record::Mode;
use whittle_extract::refuse::{Reason, Refusal};
use whittle_extract::request::FileIndex;
use whittle_extract::rewrite::DYN;
use whittle_extract::slice::SlicedFile;

use super::check::{Checked, Said, Spot, read_of};
use super::extraction::Extraction;
use super::scratch::Scratch;
use crate::cargo::code::Builds;
use crate::cut::same_file;
use crate::error::Result;

/// The groups of lints, by the edition that reads otherwise than the one before.
const GROUPS: [(u16, &str); 3] = [
    (2018, "rust-2018-compatibility"),
    (2021, "rust-2021-compatibility"),
    (2024, "rust-2024-compatibility"),
];

/// Says of a type that it is a trait; suggests `dyn`.
const TRAITS: &str = "bare_trait_objects";
/// Members of the groups that say nothing about meaning. Paths are rewritten (and refused where
/// they are not plain), and so are keywords, fragments of macros, `...` and names of traits: what
/// was missed of them does not compile. Others only warn in the newer edition.
const WITHOUT_MEANING: [&str; 10] = [
    "absolute_paths_not_starting_with_crate",
    TRAITS,
    "edition_2024_expr_fragment_specifier",
    "ellipsis_inclusive_range_patterns",
    "keyword_idents",
    "keyword_idents_2018",
    "keyword_idents_2024",
    "rust_2021_incompatible_or_patterns",
    "static_mut_refs",
    "unsafe_op_in_unsafe_fn",
];

/// What the lints say of the dependency; `None` when the editions are the same, or the copy keeps
/// its own.
///
/// # Errors
/// When cargo cannot be started or not be confined.
pub(super) fn lints(
    builds: &Builds,
    scratch: &mut Scratch,
    extraction: &Extraction<'_>,
) -> Result<Option<Checked>> {
    let (from, to) = (
        extraction.gathered.upstream.edition,
        extraction.host.edition,
    );
    if extraction.asked.mode == Mode::Crate || from >= to {
        return Ok(None);
    }
    let groups = GROUPS
        .iter()
        .filter(|(edition, _)| (from + 1..=to).contains(edition));
    let forced: Vec<&str> = groups
        .flat_map(|(_, group)| ["--force-warn", *group])
        .collect();
    let upstream = extraction.upstream();
    let package = format!("{}@{}", upstream.name, upstream.version);
    // Cargo takes no features for a package that is not a member: those of the members' defaults.
    let words = [
        "rustc",
        "--profile=check",
        "--lib",
        "--message-format=json",
        "-p",
        &package,
    ];
    let manifest = extraction.below_root(&extraction.host.folder.join("Cargo.toml"));
    let text = scratch.read(&manifest)?;
    let gathered = &extraction.gathered;
    let dependency = gathered.known_to(extraction.analysis, extraction.host.package);
    if let Some(text) = promoted(&String::from_utf8_lossy(&text), &dependency) {
        scratch.set(&BTreeMap::from([(manifest, Some(text.into_bytes()))]))?;
    }
    let built = builds.run(&words, &[], &forced);
    scratch.set(&BTreeMap::new())?;
    // A path dependency was copied, too.
    let folder = &upstream.manifest_dir;
    let folder = scratch.place(folder).unwrap_or_else(|| folder.clone());
    Ok(Some(read_of(&built?, scratch.root(), &folder)))
}

/// The manifest with a dependency of tests or build scripts as one of everything: cargo has no
/// features for a package that it is asked to build for nobody's sake, and panics. `None` where
/// there is nothing to change.
fn promoted(manifest: &str, dependency: &Dependency<'_>) -> Option<String> {
    let found = declared(manifest, dependency).ok()?;
    if found.is_empty() || found.iter().any(|it| it.section.kind == Kind::Normal) {
        return None;
    }
    let mut root: toml::Table = manifest.parse().ok()?;
    let mut entries = toml::Table::new();
    for one in found {
        let table = match &one.section.target {
            Some(target) => root.get("target")?.get(target)?.as_table()?,
            None => &root,
        };
        let name = one.section.kind.table();
        let section = table.get(name);
        let section = section.or_else(|| table.get(&name.replace('-', "_")))?;
        entries.insert(one.key.clone(), section.get(&one.key)?.clone());
    }
    let normal = root
        .entry(Kind::Normal.table())
        .or_insert_with(|| toml::Value::Table(toml::Table::new()));
    normal.as_table_mut()?.extend(entries);
    toml::to_string(&root).ok()
}

/// What has to be written before names of traits, by file.
pub(super) fn said(lints: &Checked, extraction: &Extraction<'_>) -> Vec<SlicedFile> {
    let folder = &extraction.upstream().manifest_dir;
    let files = &extraction.gathered.facts.files;
    let mut out: BTreeMap<FileIndex, BTreeSet<Edit>> = BTreeMap::new();
    let said = lints.warnings().filter(|said| said.code == TRAITS);
    for (spot, text) in said.flat_map(|said| &said.suggested) {
        let path = folder.join(&spot.file);
        let index = files.iter().position(|file| same_file(file, &path));
        let Some(file) = index.and_then(|index| FileIndex::try_from(index).ok()) else {
            continue;
        };
        // The text before which it is put may be written, too.
        let text = if text.starts_with(DYN) { DYN } else { text };
        let range = Span::new(spot.start, spot.start);
        out.entry(file).or_default().insert(Edit {
            range,
            text: text.to_owned(),
            why: Why::Edition,
        });
    }
    let files = out.into_iter();
    files
        .map(|(file, edits)| SlicedFile {
            file,
            edits: edits.into_iter().collect(),
        })
        .collect()
}

/// What stands in the way of a plan.
pub(super) fn judge(
    lints: &Checked,
    name: &str,
    files: &[PlannedFile],
    host_edition: u16,
) -> Vec<Refusal> {
    if !lints.success {
        let what = format!(
            "`{name}` (the compiler could not be asked: {})",
            lints.headline
        );
        return vec![Refusal::new(Reason::EditionLint, what)];
    }
    let said = lints.warnings().filter(|said| {
        !WITHOUT_MEANING.contains(&said.code.as_str())
            // Without a place it may be anywhere.
            && (said.spans.is_empty() || said.spans.iter().any(|spot| is_kept(files, spot)))
    });
    said.map(|said| refusal(said, files, host_edition))
        .collect()
}

fn refusal(said: &Said, files: &[PlannedFile], host_edition: u16) -> Refusal {
    let place = said.spans.iter().find(|spot| is_kept(files, spot));
    let place = place.map_or_else(String::new, |spot| format!("{}:{}: ", spot.file, spot.line));
    let what = format!(
        "{place}{} [{}], for edition {host_edition}",
        said.message, said.code
    );
    Refusal::new(Reason::EditionLint, what)
}

/// Whether text of upstream is in the copy.
fn is_kept(files: &[PlannedFile], spot: &Spot) -> bool {
    let file = files
        .iter()
        .find(|file| Utf8Path::new(&file.upstream) == spot.file);
    file.is_some_and(|file| {
        let mut gone = file.edits.iter().filter(|edit| edit.why == Why::NotNeeded);
        !gone.any(|edit| edit.range.contains(spot.start))
    })
}

#[cfg(test)]
mod tests {
    use super::super::check::read;
    use super::*;
    use crate::cargo::code::Built;
    use whittle_extract::edit::{Edit, Span};

    fn checked(success: bool, offsets: &[u32]) -> Checked {
        let lines: Vec<String> = offsets
            .iter()
            .map(|at| {
                let span = format!(
                    r#"{{"file_name":"src/lib.rs","byte_start":{at},"byte_end":{},"line_start":3,"line_end":3,"column_start":1,"column_end":2,"is_primary":true,"text":[],"label":null,"suggested_replacement":null,"suggestion_applicability":null,"expansion":null}}"#,
                    at + 4
                );
                format!(
                    r#"{{"reason":"compiler-message","package_id":"path+file:///d#0.1.0","manifest_path":"/d/Cargo.toml","target":{{"kind":["lib"],"crate_types":["lib"],"name":"d","src_path":"/d/src/lib.rs","edition":"2018","doc":true,"doctest":true,"test":true}},"message":{{"rendered":"","$message_type":"diagnostic","children":[],"level":"warning","message":"reads otherwise {at}","code":{{"code":"array_into_iter","explanation":null}},"spans":[{span}]}}}}"#
                )
            })
            .collect();
        let built = Built {
            success,
            stdout: lines.join("\n"),
            stderr: "error: no such package".to_owned(),
            stopped: None,
        };
        read(&built, "/d".into())
    }

    fn kept() -> [PlannedFile; 1] {
        [PlannedFile {
            file: 0,
            upstream: "src/lib.rs".into(),
            path: "mod.rs".into(),
            module: "dep".to_owned(),
            edits: vec![Edit {
                range: Span::new(10, 20),
                text: String::new(),
                why: Why::NotNeeded,
            }],
        }]
    }

    #[test]
    fn only_what_is_kept_counts() {
        assert_eq!(checked(true, &[12, 30]).said.len(), 2);
        assert_eq!(judge(&checked(true, &[12]), "dep", &kept(), 2021), []);
        let found = judge(&checked(true, &[12, 30]), "dep", &kept(), 2021);
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .what
                .contains("reads otherwise 30 [array_into_iter]")
        );
    }

    #[test]
    fn a_dependency_of_tests_becomes_one_of_everything() {
        let text = "[package]\nname = \"a\"\n[dependencies]\nlog = \"1\"\n\
                    [target.'cfg(unix)'.dev-dependencies]\nid = { package = \"uuid\", version = \"1\" }\n";
        let promoted = |text: &str, package: &str, name: &str| {
            let names = vec![name.to_owned()];
            promoted(text, &Dependency { package, names })
        };
        let after: toml::Table = promoted(text, "uuid", "id").unwrap().parse().unwrap();
        assert_eq!(after["dependencies"]["id"]["version"].as_str(), Some("1"));
        assert_eq!(after["dependencies"]["log"].as_str(), Some("1"));
        assert_eq!(promoted(text, "log", "log"), None);
        assert_eq!(promoted(text, "rand", "rand"), None);
        assert_eq!(promoted("not toml [", "rand", "rand"), None);
        // What it is called is the workspace's affair.
        let inherited = "[build_dependencies]\nid.workspace = true\n";
        let after = promoted(inherited, "uuid", "id").unwrap();
        let after: toml::Table = after.parse().unwrap();
        assert_eq!(
            after["dependencies"]["id"]["workspace"].as_bool(),
            Some(true)
        );
    }

    #[test]
    fn no_answer_is_no_consent() {
        assert_eq!(judge(&checked(false, &[]), "dep", &kept(), 2021).len(), 1);
    }
}
