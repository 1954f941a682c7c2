//! A workspace over three hundred days and more than thirty commits, as a repository: dependencies
//! come, grow, are upgraded, shrink and go; rules and baseline change with them, and one request
//! loosens its own gate. The gate fails where it should and names what is new; the trend has the
//! figures of each commit; the difference of the upgrade is what changed of what is reached; every
//! format is valid; the same bytes come out again.
//!
//! One test, because all of it is one history: every tree is analyzed once, and once more from
//! git's objects.

mod formats;
mod repository;
mod steps;
mod xml;

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

use serde_json::Value;

use crate::fixtures::stdout;
use crate::trend::{of_record, of_report};
use repository::Repository;
use steps::{Step, UPGRADE, steps};

/// What `check` denies, in words that are sorted: the rule, and the item, or the crate with the
/// items that come with it.
fn denied(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.filter(|one| one["level"] == "deny" && one["ignored"].is_null());
    let mut words: Vec<String> = findings.map(name).collect();
    words.sort();
    words
}

fn name(finding: &Value) -> String {
    let rule = finding["rule"].as_str().unwrap();
    let subject = finding["item"]["path"].as_str();
    let Some(subject) = subject.or_else(|| finding["crate"].as_str()) else {
        return rule.to_owned();
    };
    let items = finding["items"].as_array().unwrap().iter();
    let items: Vec<&str> = items.map(|item| item["path"].as_str().unwrap()).collect();
    if items.is_empty() {
        format!("{rule} {subject}")
    } else {
        format!("{rule} {subject}: {}", items.join(", "))
    }
}

/// Makes the history, with a check, a record and a report at each commit. Gives the reports'
/// figures by commit.
fn live(repository: &mut Repository, steps: &[Step]) -> BTreeMap<String, Figures> {
    let mut figures = BTreeMap::new();
    let mut wrong = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let place = format!("{number} `{}`", step.title);
        (step.edit)(repository);
        repository.commit(step.title);
        wrong.extend(judged(repository, &place, &[], step.code, step.denied));
        if let Some((code, denied)) = step.base {
            let base = ["--base", "HEAD~1"];
            wrong.extend(judged(repository, &place, &base, code, denied));
        }
        let report = repository.json(0, &["report"]);
        figures.insert(repository.commits[number].clone(), of_report(&report));
        let history = repository.dir.with_file_name("at-each-commit.jsonl");
        repository.whittle(0, &["record", "--file", history.as_str()]);
        if step.title == UPGRADE {
            formats::check(repository);
            formats::report(repository);
            upgrade(repository);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    figures
}

type Figures = BTreeMap<String, Value>;

/// What is wrong with what a check says.
fn judged(
    repository: &Repository,
    place: &str,
    arguments: &[&str],
    code: i32,
    expected: &[&str],
) -> Option<String> {
    let arguments = [&["check", "--format", "json"], arguments].concat();
    let output = repository.run(&arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let names = found["findings"].as_array().map(|_| denied(&found));
    // What cannot be judged is not answered at all.
    let as_expected = match code {
        2 => output.stdout.is_empty() && said.contains("baseline --update"),
        _ => names.as_deref().is_some_and(|names| names == expected),
    };
    let right = output.status.code() == Some(code) && as_expected;
    (!right).then(|| {
        let was = output.status.code();
        let why =
            format!("{place} {arguments:?}: {was:?} {names:#?}, not {code} {expected:#?}\n{said}");
        eprintln!("{why}");
        why
    })
}

/// Exactly what changed of what is reached, and not what changed besides.
fn upgrade(repository: &Repository) {
    let diff = repository.json(0, &["diff", "HEAD~1", "HEAD"]);
    let all = |list: &Value| -> Vec<String> {
        let one = |it: &Value| {
            let what = it["what"].as_str().unwrap_or("reached");
            format!("{what} {}", it["path"].as_str().unwrap())
        };
        list.as_array().unwrap().iter().map(one).collect()
    };
    let updated = diff["crates"]["updated"].as_array().unwrap();
    assert_eq!(updated.len(), 1);
    assert_eq!(
        [&updated[0]["name"], &updated[0]["from"], &updated[0]["to"]],
        ["shapes", "1.1.0", "2.0.0"]
    );
    let changes = diff["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(
        all(&changes[0]["functions"]),
        [
            "changed shapes::area",
            "changed shapes::edge",
            "new shapes::round"
        ]
    );
    assert_eq!(all(&changes[0]["others"]), Vec::<String>::new());
    // `volume` changed and `depth` went, which nothing reaches.
    assert_eq!(changes[0]["elsewhere"]["functions_changed"], 1);
    assert_eq!(changes[0]["elsewhere"]["functions_removed"], 1);
    assert_eq!(all(&diff["newly_reached"]), ["reached shapes::round"]);
    assert_eq!(all(&diff["no_longer_reached"]), Vec::<String>::new());
    let markdown = repository.whittle(0, &["diff", "HEAD~1", "HEAD", "--format", "markdown"]);
    assert!(markdown.contains("`shapes::edge`") && !markdown.contains("shapes::volume"));
    assert!(markdown.chars().count() < 65_000);
}

/// The whole past again, from git's objects, and what the trend makes of it.
fn past(repository: &Repository, steps: &[Step], figures: &BTreeMap<String, Figures>) {
    repository.whittle(0, &["record", "--range", "main"]);
    let recorded = repository.read("app/whittle-history.jsonl");
    let at_each = fs::read_to_string(repository.dir.with_file_name("at-each-commit.jsonl"));
    let records: Vec<Value> = recorded
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(records.len(), steps.len());
    for (number, record) in records.iter().enumerate() {
        let commit = record["commit"].as_str().unwrap();
        assert_eq!(commit, repository.commits[number]);
        assert_eq!(record["time"].to_string(), Repository::day(number));
        assert_eq!(
            of_record(record),
            figures[commit],
            "{}",
            steps[number].title
        );
    }
    assert_eq!(at_each.unwrap(), recorded, "recorded then and now");

    let trend = repository.json(0, &["trend"]);
    formats::valid("trend", &trend);
    let points = trend["points"].as_array().unwrap();
    assert_eq!(points.len(), steps.len());
    for (number, point) in points.iter().enumerate() {
        let total = &figures[&repository.commits[number]]["total"];
        for metric in ["functions", "lines", "unsafe"] {
            assert_eq!(
                point["values"][metric], total[metric][0],
                "{number} {metric}"
            );
        }
    }
    // Everything was measured alike.
    assert_eq!(trend["segments"].as_array().unwrap().len(), 1);
    let svg = repository.whittle(0, &["trend", "--format", "svg"]);
    assert_eq!(xml::wrong(&svg, false), None);
    let table = repository.whittle(0, &["trend", "--crate", "shapes", "--last", "40"]);
    assert!(
        table.contains(&repository.commits[steps.len() - 3][..7]),
        "{table}"
    );
}

/// Other threads, another folder, no cache: the same bytes but for the folder's name.
fn again(repository: &Repository) {
    // The page draws the history; the copy has none.
    let page = repository.whittle(0, &["report", "--format", "html"]);
    assert_eq!(xml::wrong(&page, true), None);
    assert!(page.contains(&repository.commits[3][..12]), "no trend");
    fs::remove_file(repository.app().join("whittle-history.jsonl")).unwrap();
    let elsewhere = repository.dir.with_file_name("else").join("where");
    fs::create_dir_all(&elsewhere).unwrap();
    let copy = elsewhere.join("repository");
    repository.git(&["clone", "--quiet", repository.dir.as_str(), copy.as_str()]);
    for folder in [&repository.dir, &copy] {
        let git = ["-C", folder.as_str(), "checkout", "--quiet"];
        let upgrade = format!(":/{UPGRADE}");
        repository.git(&[&git[..], &["--detach", upgrade.as_str()]].concat());
    }
    let run = |folder: &camino::Utf8Path, threads: &str, arguments: &[&str]| {
        let mut command = repository.command(&folder.join("app"), arguments);
        if !threads.is_empty() {
            command.args(["-j", threads]).env("WHITTLE_NO_CACHE", "1");
        }
        let text = stdout(&command.output().unwrap());
        text.replace(folder.as_str(), "<folder>")
    };
    let here = repository.dir.as_path();
    for arguments in [
        &["report", "--format", "json"][..],
        &["report", "--format", "html"],
        &["report", "--format", "lcov"],
        &["report", "--format", "dot"],
        &["check", "--format", "json"],
        &["check", "--format", "sarif"],
    ] {
        let once = run(here, "", arguments);
        assert_eq!(run(here, "", arguments), once, "{arguments:?} again");
        let threads = if arguments[0] == "check" { "1" } else { "3" };
        if ["json", "sarif"].contains(&arguments[2]) {
            assert_eq!(
                run(here, threads, arguments),
                once,
                "{arguments:?} {threads}"
            );
        }
        assert_eq!(run(&copy, "", arguments), once, "{arguments:?} elsewhere");
    }
    let diff = ["diff", "HEAD~1", "HEAD", "--format", "json"];
    assert_eq!(
        run(&copy, "", &diff),
        run(here, "", &diff),
        "diff elsewhere"
    );
    repository.git(&["checkout", "--quiet", "main"]);
}

#[test]
fn a_year_of_a_workspace() {
    let steps = steps();
    assert!(steps.len() >= 30, "{}", steps.len());
    let start = Instant::now();
    let seconds = || start.elapsed().as_secs();
    let mut repository = Repository::new();
    let figures = live(&mut repository, &steps);
    let lived = seconds();
    past(&repository, &steps, &figures);
    let recorded = seconds();
    again(&repository);
    let done = seconds();
    eprintln!(
        "{} commits: checked {lived} s, recorded {recorded} s, again {done} s",
        steps.len()
    );
}
