//! Every format of `check` and `report` at one commit of the story, read back by its own rules.

use std::fs;

use camino::Utf8Path;
use serde_json::Value;

use super::{denied, repository::Repository, xml};
use crate::schema;

/// Fails unless the document is what the schema in docs/ says.
pub(super) fn valid(name: &str, document: &Value) {
    let docs = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let text = fs::read_to_string(docs.join(format!("{name}.schema.json"))).unwrap();
    let rules: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        schema::errors(&rules, document),
        Vec::<String>::new(),
        "{name}"
    );
}

pub(super) fn check(repository: &Repository) {
    let json = repository.json(1, &["check"]);
    valid("check", &json);
    assert_eq!(denied(&json), ["new-item shapes::round"]);
    let finding = &json["findings"][0];
    assert_eq!(finding["through"]["from"], "app::main");
    assert_eq!(finding["item"]["origin"], "shapes-2.0.0/src/lib.rs:15");
    assert!(!json.to_string().contains(repository.dir.as_str()));

    let sarif = repository.json_as(1, &["check"], "sarif");
    if let Some(rules) = schema::sarif() {
        assert_eq!(schema::errors(&rules, &sarif), Vec::<String>::new());
    }
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "new-item");
    let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(place, "app/Cargo.toml");

    let junit = repository.whittle(1, &["check", "--format", "junit"]);
    assert_eq!(xml::wrong(&junit, false), None, "{junit}");
    assert!(
        junit.contains("<failure") && junit.contains("shapes::round"),
        "{junit}"
    );

    let github = repository.whittle(1, &["check", "--format", "github"]);
    let error = github.lines().find(|line| line.starts_with("::error "));
    let error = error.unwrap_or_else(|| panic!("{github}"));
    assert!(error.contains("file=app/Cargo.toml,line=7"), "{error}");
    assert!(error.contains("now reaches `shapes::round`"), "{error}");

    let markdown = repository.whittle(1, &["check", "--format", "markdown"]);
    assert!(
        markdown.len() <= 60_000 && markdown.contains("shapes::round"),
        "{markdown}"
    );
    tables(&markdown);
}

pub(super) fn report(repository: &Repository) {
    let json = repository.json(0, &["report"]);
    valid("report", &json);
    let figures = &json["totals"]["run"]["functions"];

    let badge = repository.json_as(0, &["report"], "badge");
    assert_eq!(badge["schemaVersion"], 1);
    let keys: Vec<&String> = badge.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 4, "{keys:?}");
    let share = |part: &Value| part.as_f64().unwrap() * 100.0 / figures["total"].as_f64().unwrap();
    let message = badge["message"].as_str().unwrap();
    let told: f64 = message.trim_end_matches('%').parse().unwrap();
    assert!((share(&figures["used"]) - told).abs() < 0.1, "{message}");

    lcov(
        &repository.whittle(0, &["report", "--format", "lcov"]),
        figures,
    );
    let dot = repository.whittle(0, &["report", "--format", "dot"]);
    assert!(
        dot.starts_with("digraph ") && dot.trim_end().ends_with('}'),
        "{dot}"
    );
    assert_eq!(dot.matches('{').count(), dot.matches('}').count());
    // app to shapes and text, text to num.
    assert_eq!(dot.matches(" -> ").count(), 3, "{dot}");
    let markdown = repository.whittle(0, &["report", "--format", "markdown"]);
    tables(&markdown);

    let html = repository.whittle(0, &["report", "--format", "html"]);
    assert_eq!(xml::wrong(&html, true), None);
    assert!(!html.contains("src=\"http") && !html.contains("href=\"http"));
    let mut rest = html.as_str();
    let mut blocks = 0;
    while let Some((_, block)) = rest.split_once("<script type=\"application/json\" id=\"") {
        let (json, after) = block
            .split_once("\">")
            .unwrap()
            .1
            .split_once("</script>")
            .unwrap();
        let _: Value = serde_json::from_str(json).unwrap();
        (rest, blocks) = (after, blocks + 1);
    }
    assert!(blocks > 1, "{blocks} blocks of data");
}

/// Records in their order, lines and functions that exist, sums that are right.
fn lcov(text: &str, figures: &Value) {
    let mut functions = [0, 0];
    let mut open: Option<(Vec<String>, [u64; 4], [u64; 4])> = None;
    for line in text.lines() {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        if key == "SF" {
            assert!(open.is_none(), "{line}");
            let source = fs::read_to_string(value).unwrap();
            let lines = source.lines().map(str::to_owned).collect();
            open = Some((lines, [0; 4], [0; 4]));
            continue;
        }
        let Some((lines, counted, said)) = &mut open else {
            assert_eq!(key, "TN", "{line}");
            continue;
        };
        let number = |text: &str| text.parse::<u64>().unwrap();
        let fields: Vec<&str> = value.split(',').collect();
        let exists = |line: u64| assert!((1..=lines.len() as u64).contains(&line), "{line}");
        match key {
            "FN" => exists(number(fields[0])),
            "FNDA" => {
                counted[0] += 1;
                counted[1] += number(fields[0]);
            }
            "DA" => {
                exists(number(fields[0]));
                counted[2] += 1;
                counted[3] += number(fields[1]);
            }
            "FNF" => said[0] = number(value),
            "FNH" => said[1] = number(value),
            "LF" => said[2] = number(value),
            "LH" => said[3] = number(value),
            "end_of_record" => {
                assert_eq!(counted, said);
                functions[0] += said[0];
                functions[1] += said[1];
                open = None;
            }
            _ => panic!("{line}"),
        }
    }
    assert!(open.is_none());
    assert_eq!(
        [&figures["total"], &figures["used"]],
        [functions[0], functions[1]]
    );
}

/// Every row of a table has as many cells as its head.
fn tables(markdown: &str) {
    let mut cells = None;
    for line in markdown.lines() {
        if !line.starts_with('|') {
            cells = None;
            continue;
        }
        let count = line.replace("\\|", "").matches('|').count();
        assert_eq!(*cells.get_or_insert(count), count, "{line}");
    }
}
