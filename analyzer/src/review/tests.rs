//! Reviews of a hand-made analysis, and the file they are noted in.

use super::*;
use crate::model::{Domains, EdgeKind, Fingerprint};
use crate::report::budget::LIMIT;
use crate::sample::{Sample, small};

fn by() -> Reviewer {
    Reviewer {
        name: "Ada".to_owned(),
        date: "2026-01-02".to_owned(),
    }
}

fn position(analysis: &Analysis, name: &str) -> usize {
    packages(analysis, name)[0]
}

fn names(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|one| one.path.as_str()).collect()
}

#[test]
fn functions_stand_behind_those_that_call_them() {
    let mut sample = Sample::new();
    let dep = sample.library("dep", "1.0.0", 0, Domains::RUN);
    let items = ["dep::last", "dep::inner", "dep::entry", "dep::other"];
    let items = items.map(|path| sample.function(dep, path, Status::Used));
    sample.function(dep, "dep::perhaps", Status::Unknown);
    sample.function(dep, "dep::idle", Status::Unused);
    let main = sample.free_node(None, "app::main", Some("/sample/src/main.rs"), 1);
    let [last, inner, entry, other] = items.map(|item| sample.node(item));
    for (from, to) in [(main, entry), (main, other), (entry, inner), (inner, last)] {
        sample.edge(from, to, EdgeKind::Call, 7);
    }
    sample.analysis.roots = vec![(main, crate::model::Domain::Run, "main".into())];
    let records = Records::default();
    let of = |order| review(&sample.analysis, dep, &records, order);
    let calls = of(Order::Calls);
    assert_eq!(
        names(&calls.functions),
        [
            "dep::entry",
            "dep::inner",
            "dep::last",
            "dep::other",
            "dep::perhaps"
        ]
    );
    let via = calls.functions[1].via.as_ref().unwrap();
    assert_eq!(
        (via.caller.as_deref(), via.line),
        (Some("dep::entry"), Some(7))
    );
    assert_eq!(calls.summary.unknown, 1);
    assert_eq!(
        (calls.not_looked_at.functions, calls.not_looked_at.lines),
        (1, 10)
    );
    let files = of(Order::Files);
    assert_eq!(names(&files.functions)[..2], ["dep::last", "dep::inner"]);
}

#[test]
fn what_has_other_tokens_is_open_again() {
    let mut analysis = small();
    let finder = position(&analysis, "finder");
    let mut records = Records::default();
    let noted = done(
        &analysis,
        finder,
        &["Finder::new".to_owned()],
        &by(),
        &mut records,
    );
    assert_eq!((noted.noted, noted.unknown.len()), (1, 0));
    let first = review(&analysis, finder, &records, Order::Calls);
    assert_eq!((first.summary.reviewed, first.summary.changed), (1, 0));
    let item = analysis.items.iter_mut();
    let mut item = item.filter(|one| one.path == "finder::Finder::new");
    item.next().unwrap().fingerprint = Fingerprint([7; 16]);
    let second = review(&analysis, finder, &records, Order::Calls);
    assert_eq!((second.summary.reviewed, second.summary.changed), (0, 1));
    let unknown = done(
        &analysis,
        finder,
        &["nothing".to_owned()],
        &by(),
        &mut records,
    );
    assert_eq!(unknown.unknown, ["nothing"]);
}

#[test]
fn a_file_of_reviews_survives_a_merge() {
    let analysis = small();
    let finder = position(&analysis, "finder");
    let noted = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut records = Records::default();
        done(&analysis, finder, &names, &by(), &mut records);
        records.text()
    };
    let (one, other, both) = (
        noted(&["Finder::new"]),
        noted(&["Finder::find"]),
        noted(&["Finder::new", "Finder::find"]),
    );
    let union = format!("{one}{other}");
    assert_eq!(Records::parse(&union).unwrap().text(), both);
    assert_eq!(Records::parse(&both).unwrap().text(), both);
    for (text, why) in [
        ("", "missing"),
        ("# nothing\n", "missing"),
        ("whittle-reviews 2\n", "does not know"),
        ("whittle-reviews 1\n<<<<<<< a\n", "merge"),
        ("whittle-reviews 1\na\tb\n", "seven fields"),
        (
            "whittle-reviews 1\na\tfunction\tp\t00\t1\t2026-01-01\tx\n",
            "seven fields",
        ),
    ] {
        let found = Records::parse(text).unwrap_err();
        assert!(found.contains(why), "{text:?}: {found}");
    }
}

#[test]
fn days_are_days() {
    for (text, yes) in [
        ("2026-11-25", true),
        ("2026-13-25", false),
        ("2026-11-32", false),
        ("26-11-25", false),
        ("2026-11-2x", false),
        ("2026é11-2", false),
    ] {
        assert_eq!(is_date(text), yes, "{text}");
    }
}

#[test]
fn names_of_a_hostile_crate_stay_in_their_places() {
    let mut sample = Sample::new();
    let dep = sample.library("de\"p]\n", "1.0.0", 0, Domains::RUN);
    for number in 0..2000 {
        let path = format!("dep::a\"\"\"\n\\`|<b>@all{number}");
        sample.function(dep, &path, Status::Used);
    }
    let mut records = Records::default();
    done(&sample.analysis, dep, &[], &by(), &mut records);
    assert_eq!(Records::parse(&records.text()).unwrap(), records);
    let review = review(&sample.analysis, dep, &records, Order::Files);
    assert_eq!(review.summary.reviewed, 2000);
    let mut text = Vec::new();
    vet(&review, CRITERION, None, &mut text).unwrap();
    let note: toml::Table = String::from_utf8(text).unwrap().parse().unwrap();
    let audits = note["audits"].as_table().unwrap();
    assert_eq!(audits.keys().collect::<Vec<_>>(), ["de\"p]\\u{a}"]);
    let mut text = Vec::new();
    markdown(&review, false, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.len() <= LIMIT && text.contains("more not shown here"));
    assert!(!text.contains("\n\\`"), "a name broke its row");
}
