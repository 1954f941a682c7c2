//! The HTML report: of a tree whose every name is hostile, of a large one, and of a fixture.
//!
//! With `WHITTLE_PAGES=<folder>` the pages are left there, for `tests/bench/html` to look at
//! them in a browser.

mod pages;

use std::env;
use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_whittle::model::{Analysis, Domain, Domains};
use cargo_whittle::report::data::OwnedReport;
use cargo_whittle::report::html::{self, Options};
use cargo_whittle::trend::{self, Question};
use serde_json::Value;

use crate::fixtures::root;
use pages::{EVIL, hostile, large};

/// Where pages are to be left, else a folder for a moment.
struct Place {
    folder: Utf8PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

fn place() -> Place {
    if let Ok(folder) = env::var("WHITTLE_PAGES") {
        fs::create_dir_all(&folder).unwrap();
        return Place {
            folder: folder.into(),
            _temporary: None,
        };
    }
    let temporary = tempfile::tempdir().unwrap();
    Place {
        folder: Utf8Path::from_path(temporary.path()).unwrap().to_owned(),
        _temporary: Some(temporary),
    }
}

fn owned(name: &str) -> OwnedReport {
    OwnedReport {
        name: name.to_owned(),
        version: "0.4.3".to_owned(),
        package: name.to_owned(),
        folder: "src/whittled/hex".to_owned(),
        license: "MIT".to_owned(),
        items: 13,
        functions: 10,
        acknowledged: 1,
    }
}

fn write(analysis: &Analysis, options: &Options, file: &Utf8Path) -> String {
    let mut out = Vec::new();
    html::write(analysis, options, &mut out).unwrap();
    fs::write(file, &out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The page without its blocks of data, and the blocks.
fn split(html: &str) -> (String, Vec<Value>) {
    let mut rest = html;
    let (mut shell, mut blocks) = (String::new(), Vec::new());
    while let Some((before, block)) = rest.split_once("<script type=\"application/json\" id=\"") {
        shell += before;
        let (_, block) = block.split_once("\">").unwrap();
        let (json, after) = block.split_once("</script>").unwrap();
        blocks.push(serde_json::from_str(json).unwrap());
        rest = after;
    }
    (shell + rest, blocks)
}

#[test]
fn nothing_hostile_leaves_its_block() {
    let place = place();
    let analysis = hostile(&place.folder.join("hostile"));
    let options = Options {
        trends: vec![trend::data::build(&pages::history(), &Question::default())],
        sources: html::Sources::All,
        owned: vec![owned(EVIL)],
        ..Options::default()
    };
    let html = write(&analysis, &options, &place.folder.join("hostile.html"));
    let (shell, blocks) = split(&html);
    // Every block is whole: nothing in it ended it.
    assert_eq!(shell.matches("<script").count(), 1);
    assert_eq!(shell.matches("</script").count(), 1);
    assert_eq!(shell.matches("<!--").count(), 0);
    assert!(!shell.contains("<img") && !shell.contains("<script>alert"));
    let title =
        "<title>cargo whittle: app&quot;&gt;&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;";
    assert!(shell.contains(title));
    // Nothing acts on whoever looks at the file as text.
    let acts = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    assert!(!html.contains(acts));
    // And nothing was lost on the way.
    let whole: String = blocks.iter().map(Value::to_string).collect();
    let evil = serde_json::to_string(EVIL).unwrap();
    let evil = evil.trim_matches('"');
    assert!(whole.matches(evil).count() > 8, "only some are left");
}

#[test]
fn a_large_tree_is_one_page() {
    let place = place();
    let analysis = large(&place.folder.join("large"), 500);
    let options = Options::default();
    let html = write(&analysis, &options, &place.folder.join("large.html"));
    let (_, blocks) = split(&html);
    let report = &blocks[0]["report"];
    assert_eq!(report["crates"].as_array().unwrap().len(), 500);
    let crates = &blocks[2..502];
    let texts = crates
        .iter()
        .flat_map(|krate| krate["files"].as_array().unwrap());
    let (with, without): (Vec<&Value>, Vec<&Value>) =
        texts.partition(|file| file["text"].is_string());
    assert!(
        with.len() > 500 && without.len() > 100,
        "{} {}",
        with.len(),
        without.len()
    );
    // The marks of the page add up to the figures of the report.
    for (krate, block) in report["crates"].as_array().unwrap().iter().zip(crates) {
        let files = block["files"].as_array().unwrap().iter();
        let marks = files.map(|file| used_lines(&file["marks"]["run"]));
        assert_eq!(marks.sum::<u64>(), krate["domains"]["run"]["lines"]["used"]);
    }
    assert!(html.len() < 24_000_000, "{} bytes", html.len());
}

fn used_lines(marks: &Value) -> u64 {
    let numbers: Vec<u64> = marks
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_u64().unwrap())
        .collect();
    let used = numbers.chunks(3).filter(|mark| mark[2] == 0);
    used.map(|mark| mark[1] - mark[0] + 1).sum()
}

/// The command itself: bytes, a file, a depth, and a history that cannot be read.
#[test]
fn of_a_fixture() {
    let place = place();
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
            .args([
                "whittle",
                "report",
                "--format",
                "html",
                "--exec",
                "never",
                "--manifest-path",
            ])
            .arg(root().join("macro-rules/Cargo.toml"))
            .args(arguments)
            .output()
            .unwrap()
    };
    let printed = run(&["--threads", "1"]);
    assert!(printed.status.success(), "{printed:?}");
    let file = place.folder.join("fixture.html");
    let written = run(&["--threads", "2", "--output", file.as_str()]);
    assert!(written.status.success() && written.stdout.is_empty());
    assert!(fs::read(&file).unwrap() == printed.stdout, "the same bytes");
    let (_, blocks) = split(&String::from_utf8(printed.stdout).unwrap());
    let files = blocks[2]["files"].as_array().unwrap();
    let text = files[0]["text"].as_str().unwrap();
    assert_eq!(
        text,
        fs::read_to_string(root().join("macro-rules/dep/src/lib.rs")).unwrap()
    );
    let history = place.folder.join("history.jsonl");
    fs::write(&history, "no record\n").unwrap();
    let wrong = run(&["--history", history.as_str()]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    assert!(wrong.stdout.is_empty());
}

#[test]
fn domains_of_the_page_are_those_analyzed() {
    let place = place();
    let mut analysis = hostile(&place.folder.join("domains"));
    analysis.options_domains = Domains::of(Domain::Run);
    let mut out = Vec::new();
    html::write(&analysis, &Options::default(), &mut out).unwrap();
    let (_, blocks) = split(&String::from_utf8(out).unwrap());
    assert_eq!(blocks[0]["report"]["domains"], serde_json::json!(["run"]));
    assert_eq!(blocks[0]["more"][0]["entry"].as_array().unwrap().len(), 1);
}
