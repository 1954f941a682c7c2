//! The page's data, on analyses made by hand. What a browser makes of it is checked by
//! `tests/bench/html`.

use std::collections::BTreeMap;
use std::fs;

use camino::Utf8Path;
use expect_test::expect;
use serde_json::{Value, json};

use super::*;
use crate::history::file::History;
use crate::history::sample::{gap, record};
use crate::model::{Domain, Status};
use crate::sample::{Sample, small};
use crate::trend::{self, Question};
use crate::witness::Chains as Witnesses;

fn page(analysis: &Analysis, options: &Options) -> String {
    let mut out = Vec::new();
    write(analysis, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The data of a page by the names of the blocks.
fn blocks(html: &str) -> BTreeMap<String, Value> {
    let start = r#"<script type="application/json" id=""#;
    let block = |part: &str| {
        let (id, rest) = part.split_once("\">").unwrap();
        let (json, _) = rest.split_once("</script>").unwrap();
        (id.to_owned(), serde_json::from_str(json).unwrap())
    };
    html.split(start).skip(1).map(block).collect()
}

fn data(analysis: &Analysis) -> BTreeMap<String, Value> {
    blocks(&page(analysis, &Options::default()))
}

#[test]
fn a_block_a_crate() {
    let blocks = data(&small());
    let names: Vec<&str> = blocks.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "chains-0", "crate-0", "crate-1", "crate-2", "crate-3", "crate-4", "crate-5",
            "crate-6", "files", "report"
        ]
    );
    let report = &blocks["report"]["report"];
    assert_eq!(report["crates"][1]["name"], "bytes-util");
    assert_eq!(blocks["report"]["more"][1]["through"], 0);
    expect![[r#"
        {"items":[["bytes_util::scan",0,0,1,10,12,2,0,[1,0,1],null,null,[4,-1,-1]],["bytes_util::rescan",0,0,21,10,8,1,0,[0,0,1],null,null,[]],["bytes_util::table::lookup",0,0,41,10,8,0,0,[0,1,1],"macro not expanded",null,[]]],"files":[{"id":0,"marks":{"run":[1,10,0,21,30,2,41,50,1]},"foreign":[],"text":null,"missing":"this file cannot be shown: No such file or directory (os error 2)"}]}"#]]
    .assert_eq(&raw_block(&page(&small(), &Options::default()), "crate-1"));
}

#[test]
fn owned_code_is_listed_and_its_names_are_data() {
    let options = Options {
        owned: ["hex", "</script><b>"]
            .map(|name| OwnedReport {
                name: name.to_owned(),
                version: "0.4.3".to_owned(),
                package: "app".to_owned(),
                folder: "src/whittled/hex".to_owned(),
                license: "MIT".to_owned(),
                items: 13,
                functions: 10,
                acknowledged: 0,
            })
            .into(),
        notices: vec!["one more".to_owned()],
        ..Options::default()
    };
    let html = page(&small(), &options);
    assert!(!html.contains("<b>"));
    let report = &blocks(&html)["report"];
    let owned = report["report"]["owned"].as_array().unwrap();
    assert_eq!(owned.len(), 2);
    assert_eq!(owned[0]["items"], 13);
    assert_eq!(owned[1]["name"], "</script><b>");
    let notices = report["report"]["notices"].as_array().unwrap();
    assert!(notices.contains(&json!("one more")));
}

fn raw_block(html: &str, id: &str) -> String {
    let (_, rest) = html.split_once(&format!("id=\"{id}\">")).unwrap();
    rest.split_once("</script>").unwrap().0.to_owned()
}

/// The chain on the page is the one that `why` finds.
#[test]
fn chains_are_those_of_why() {
    let analysis = small();
    let blocks = data(&analysis);
    let witnesses = Witnesses::new(&analysis);
    let mut compared = 0;
    let mut own = BTreeMap::new();
    for (number, item) in analysis.items.iter().enumerate() {
        let at = own.entry(item.package).or_insert(0);
        let row = &blocks[&format!("crate-{}", item.package - 1)]["items"][*at];
        *at += 1;
        assert_eq!(row[0], item.path);
        let last = row[11].as_array().unwrap().iter();
        let last = last.filter_map(Value::as_i64).find(|&step| step >= 0);
        let chain = witnesses.to_item(number);
        let Some(chain) = chain.filter(|_| item.status == Status::Used) else {
            assert_eq!(last, None, "{}", item.path);
            continue;
        };
        let labels: Vec<&str> = chain.steps.iter().map(|step| step.label.as_str()).collect();
        assert_eq!(walk(&blocks, last.unwrap()), labels);
        compared += 1;
    }
    assert!(compared > 5, "only {compared}");
}

/// Labels from the root to a step.
fn walk(blocks: &BTreeMap<String, Value>, last: i64) -> Vec<&str> {
    let mut labels = Vec::new();
    let mut next = last;
    while next >= 0 {
        let number = usize::try_from(next).unwrap();
        let piece = &blocks[&format!("chains-{}", number / chains::STEPS_IN_PIECE)];
        let step = &piece[number % chains::STEPS_IN_PIECE];
        labels.push(step[3].as_str().unwrap());
        let before = step[0].as_i64().unwrap();
        assert!(before < next, "the step before comes first");
        next = before;
    }
    labels.reverse();
    labels
}

/// What is deeper than asked for is not on the page, and neither are links to it.
#[test]
fn depth_leaves_crates_out() {
    let options = Options {
        depth: Some(1),
        ..Options::default()
    };
    let blocks = blocks(&page(&small(), &options));
    let report = &blocks["report"]["report"];
    assert_eq!(report["crates_hidden"], 3);
    let names = report["crates"].as_array().unwrap().iter();
    let names: Vec<&Value> = names.map(|krate| &krate["name"]).collect();
    assert_eq!(names, ["finder", "idle", "kinds", "codegen"]);
    assert_eq!(blocks["crate-3"]["items"][0][0], "codegen::derive_thing");
    assert!(!blocks.contains_key("crate-4"));
    let hidden = json!([-1, "bytes-util-2.7.4/src/lib.rs"]);
    let files = blocks["files"].as_array().unwrap();
    assert!(files.contains(&hidden), "{files:?}");
}

#[test]
fn sources_of_what_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let mut sample = Sample::new();
    let dep = sample.library("dep", "1.0.0", 0, Domains::RUN);
    sample.analysis.project.packages[dep].manifest_dir = folder.to_owned();
    for (name, status) in [
        ("a.rs", Status::Used),
        ("b.rs", Status::Unused),
        ("c.rs", Status::Unknown),
    ] {
        let item = sample.function(dep, "dep::f", status);
        sample.item(item).file = folder.join(name);
        fs::write(folder.join(name), format!("// {name} </script>\n")).unwrap();
    }
    let texts = |sources: Sources| {
        let options = Options {
            sources,
            ..Options::default()
        };
        let blocks = blocks(&page(&sample.analysis, &options));
        let files = blocks["crate-0"]["files"].as_array().unwrap().iter();
        let text = |file: &Value| (file["text"].clone(), file["missing"].clone());
        files.map(text).collect::<Vec<_>>()
    };
    let text = |name: &str| (json!(format!("// {name} </script>\n")), Value::Null);
    let left_out = |why: &str| (Value::Null, json!(why));
    assert_eq!(
        texts(Sources::Reached),
        [
            text("a.rs"),
            left_out("nothing of this file is reached"),
            text("c.rs")
        ]
    );
    assert_eq!(texts(Sources::All), ["a.rs", "b.rs", "c.rs"].map(text));
    let none = left_out("sources were left out of this page");
    assert_eq!(texts(Sources::None), [none.clone(), none.clone(), none]);
}

#[test]
fn the_trend_is_in_the_page_when_there_is_a_history() {
    let mut history = History::default();
    let records = [
        record('a', &[], 10),
        gap('b', &['a'], "no sources"),
        record('c', &['b'], 12),
    ];
    for record in records {
        history.add(record).unwrap();
    }
    let question = Question {
        domain: Domain::Run,
        ..Question::default()
    };
    let trend = trend::data::build(&history, &question);
    assert!(!trend.points.is_empty());
    let options = Options {
        trends: vec![trend.clone()],
        ..Options::default()
    };
    let blocks = blocks(&page(&small(), &options));
    let shown = &blocks["trend"]["trends"][0];
    assert_eq!(*shown, serde_json::to_value(&trend).unwrap());
    assert_eq!(blocks["trend"]["titles"]["functions"], "functions reached");
    assert!(!data(&small()).contains_key("trend"));
}

/// One style and one script, both named by the policy, and nothing that leads elsewhere.
#[test]
fn the_page_is_complete_in_itself() {
    let html = page(&small(), &Options::default());
    assert_eq!(html.matches("<style").count(), 1);
    assert_eq!(html.matches("<script").count(), blocks(&html).len() + 1);
    for word in ["://", " src=", "url(", "@import", "onclick", "onerror"] {
        assert!(!html.contains(word), "{word}");
    }
    assert!(html.contains("default-src 'none'; style-src 'sha256-"));
    assert_eq!(html, page(&small(), &Options::default()));
}
