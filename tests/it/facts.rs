//! Facts of dependencies (`Analysis::facts`): what mentions what, as the texts at both places.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_whittle::model::{Analysis, Domains};
use cargo_whittle::options::{ExecPolicy, Options, Selection, Understand};
use expect_test::{Expect, expect};
use whittle_extract::request::{Facts, How, Naming, Place};

fn fixture(name: &str) -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

fn understood(folder: &Utf8Path, threads: usize) -> Analysis {
    let options = Options {
        selection: Selection {
            manifest_path: Some(folder.join("Cargo.toml")),
            ..Selection::default()
        },
        exec: ExecPolicy::Never,
        domains: Domains(15),
        threads: std::num::NonZeroUsize::new(threads),
        no_cache: true,
        understand: Understand::Direct { at_most: 1000 },
        ..Options::default()
    };
    cargo_whittle::analyze(&options, &|_| {}).unwrap()
}

/// The files of facts, read.
struct Texts<'a> {
    facts: &'a Facts,
    texts: Vec<String>,
}

impl<'a> Texts<'a> {
    fn of(facts: &'a Facts) -> Self {
        let read = |path: &Utf8PathBuf| std::fs::read_to_string(path).unwrap();
        Self {
            facts,
            texts: facts.files.iter().map(read).collect(),
        }
    }

    fn rest(&self, place: Place) -> &str {
        &self.texts[place.file as usize][place.offset as usize..]
    }

    /// `main.rs:3 name`
    fn show(&self, place: Place) -> String {
        let text = &self.texts[place.file as usize];
        let line = text[..place.offset as usize].matches('\n').count() + 1;
        let name = self.facts.files[place.file as usize].file_name().unwrap();
        let rest = self.rest(place);
        let len = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len())
            .max(1);
        format!("{name}:{line} {}", &rest[..len])
    }
}

/// What stands in lines that hold `needle`.
fn check(name: &str, needle: &str, expected: Expect) {
    let analysis = understood(&fixture(name), 2);
    let facts = &analysis.facts[0];
    let texts = Texts::of(facts);
    let mut out = String::new();
    let holds = |place: Place| {
        let text = &texts.texts[place.file as usize];
        let at = place.offset as usize;
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        text[start..end].contains(needle)
    };
    for mention in &facts.mentions {
        if holds(mention.from) {
            writeln!(
                out,
                "{:?}: {} -> {}",
                mention.how,
                texts.show(mention.from),
                texts.show(mention.to)
            )
            .unwrap();
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn a_generic_call_selects_the_impls_that_its_bounds_ask_for() {
    check(
        "generics-bounds",
        "fn nested",
        expect![[r#"
        Impl: lib.rs:46 nested -> lib.rs:33 impl
        Impl: lib.rs:46 nested -> lib.rs:36 impl
        Name: lib.rs:46 Length -> lib.rs:3 Length
        Name: lib.rs:46 Label -> lib.rs:8 Label
        Name: lib.rs:46 text -> lib.rs:47 text
        Name: lib.rs:46 value -> lib.rs:3 Length
        Name: lib.rs:46 value -> lib.rs:4 length
    "#]],
    );
    check(
        "generics-bounds",
        "dep::where_clause",
        expect![[r#"
        Name: main.rs:11 dep -> lib.rs:48 where_clause
        Name: main.rs:11 Left -> lib.rs:12 Left
        Name: main.rs:11 vec -> lib.rs:12 Left
    "#]],
    );
}

#[test]
fn names_go_by_the_imports_that_brought_them() {
    check(
        "reexports",
        "imported_by_glob_of_glob();",
        expect![[r#"
        Import: main.rs:17 imported_by_glob_of_glob -> lib.rs:18 *
        Import: main.rs:17 imported_by_glob_of_glob -> lib.rs:22 *
        Name: main.rs:17 imported_by_glob_of_glob -> lib.rs:27 imported_by_glob_of_glob
    "#]],
    );
    check(
        "reexports",
        "Alias::make",
        expect![[r#"
        Name: lib.rs:34 Made -> lib.rs:32 Made
        Import: main.rs:18 Alias -> lib.rs:19 Made
        Name: main.rs:18 Alias -> lib.rs:32 Made
        Impl: main.rs:18 Alias -> lib.rs:33 impl
        Name: main.rs:18 Alias -> lib.rs:34 make
    "#]],
    );
}

const FIXTURES: [&str; 12] = [
    "async-await",
    "autoderef",
    "cfg-features",
    "dispatch-dyn",
    "edition-2015",
    "formatting",
    "generics-assoc",
    "iterators",
    "macro-rules",
    "operators",
    "reexports",
    "try-conversions",
];

/// What a definition, a macro's call or an attribute begins with.
fn is_definition(texts: &Texts<'_>, place: Place) -> bool {
    let rest = texts.rest(place);
    let word: String = rest
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':' || *c == '!')
        .collect();
    !word.is_empty() || rest.starts_with(['*', '(', '#', '&', '[', '<'])
}

#[test]
fn places_are_what_they_should_be() {
    for name in FIXTURES {
        let analysis = understood(&fixture(name), 2);
        assert!(!analysis.facts.is_empty(), "{name}");
        for facts in &analysis.facts {
            invariants(name, &analysis, facts);
        }
    }
}

fn invariants(name: &str, analysis: &Analysis, facts: &Facts) {
    let texts = Texts::of(facts);
    let package = &analysis.project.packages[facts.package];
    let own = &facts.files[..facts.own as usize];
    assert!(
        own.iter()
            .all(|file| file.starts_with(&package.manifest_dir)),
        "{name}: {own:?}"
    );
    let root = &facts.modules[0];
    assert!(root.path.is_empty() && root.declared.is_none(), "{name}");
    for module in &facts.modules[1..] {
        let rest = texts.rest(module.declared.unwrap());
        let last = module.path.last().unwrap();
        assert!(
            rest.starts_with(last.as_str()),
            "{name}: {}",
            module.path.join("::")
        );
    }
    for mention in &facts.mentions {
        let shown = texts.show(mention.to);
        assert!(mention.to.file < facts.own, "{name}: {shown}");
        assert!(is_definition(&texts, mention.to), "{name}: {shown}");
        if mention.how == How::Impl && !texts.rest(mention.to).starts_with("impl") {
            // Made by a macro or a derive.
            let rest = texts.rest(mention.to);
            let call = rest.find(['!', ')', ']', ',']);
            assert!(call.is_some(), "{name}: {shown}");
        }
    }
    let impls: BTreeSet<Place> = facts.impls.iter().map(|one| one.at).collect();
    for one in &facts.impls {
        for need in one.of.iter().flat_map(|of| &of.needs) {
            assert!(impls.contains(need), "{name}: {}", texts.show(*need));
        }
    }
    let names: BTreeSet<&str> = analysis
        .project
        .units
        .iter()
        .flat_map(|unit| &unit.dependencies)
        .filter(|dependency| analysis.project.units[dependency.unit].package == facts.package)
        .map(|dependency| dependency.extern_name.as_str())
        .collect();
    for site in &facts.sites {
        let text = &texts.texts[site.file as usize];
        let spelled = &text[site.range.start as usize..site.range.end as usize];
        let is_name = names.contains(spelled) || site.how == Naming::Generated;
        assert!(is_name, "{name}: {spelled}");
        assert!(!site.roots.is_empty(), "{name}");
        assert!(analysis.project.packages[site.package].is_member, "{name}");
    }
    assert!(
        facts.mentions.is_sorted() && facts.foreign.is_sorted(),
        "{name}"
    );
    assert!(
        facts.sites.is_sorted() && facts.reached.is_sorted(),
        "{name}"
    );
}

#[test]
fn the_same_facts_for_any_number_of_threads() {
    for name in ["generics-bounds", "macro-rules"] {
        let facts = |threads| understood(&fixture(name), threads).facts;
        assert_eq!(facts(1), facts(3), "{name}");
    }
}
