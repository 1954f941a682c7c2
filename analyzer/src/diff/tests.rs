//! Hand-made analyses, compared, and what a hostile tree can do to a comment.

use super::*;
use crate::model::{Domains, Fingerprint, Power, PowerUse};
use crate::report::budget::LIMIT;
use crate::report::paint::Paint;
use crate::sample::{Sample, small};

fn side(name: &str) -> Side {
    Side {
        name: name.to_owned(),
        commit: None,
    }
}

fn diff(old: &Analysis, new: &Analysis) -> Diff {
    let (from, to) = (side("before"), side("now"));
    let input = |side, analysis| Input { side, analysis };
    compare(input(&from, old), input(&to, new))
}

#[test]
fn an_analysis_does_not_differ_from_itself() {
    let diff = diff(&small(), &small());
    // The sample's files are nowhere: that is said, and is no difference of items.
    assert!(diff.newly_reached.is_empty() && diff.no_longer_reached.is_empty());
    assert_eq!(diff.summary.functions_changed, 0);
    assert!(diff.summary.unreadable > 0);
}

/// A dependency `dep` with one function, as described.
fn one(version: &str, status: Status, fingerprint: u8, power: Option<Power>) -> Analysis {
    let mut sample = Sample::new();
    let package = sample.library("dep", version, 0, Domains::RUN);
    let item = sample.function(package, "dep::f", status);
    sample.item(item).fingerprint = Fingerprint([fingerprint; 16]);
    sample.analysis.powers.extend(power.map(|power| PowerUse {
        item,
        power,
        path: "std::net::connect".to_owned(),
        line: 3,
    }));
    sample.analysis
}

fn check(old: &Analysis, new: &Analysis, expected: &str) {
    let diff = diff(old, new);
    let words = |list: &[Reached]| {
        let words = list
            .iter()
            .map(|one| format!("{:?}>{:?}", one.before, one.now));
        words.collect::<Vec<_>>().join(",")
    };
    let changes = diff.changes.iter().flat_map(|one| &one.functions);
    let changes: Vec<String> = changes
        .map(|one| format!("{:?} {}", one.what, one.new_powers.len()))
        .collect();
    let found = format!(
        "new {} | gone {} | other {} | {}",
        words(&diff.newly_reached),
        words(&diff.no_longer_reached),
        words(&diff.less_or_more_sure),
        changes.join(",")
    );
    assert_eq!(found, expected);
}

#[test]
fn states_change_in_every_way() {
    use Status::{Unknown, Unused, Used};
    let of = |status, fingerprint| one("1.0.0", status, fingerprint, None);
    check(&of(Used, 1), &of(Used, 1), "new  | gone  | other  | ");
    check(
        &of(Used, 1),
        &of(Used, 2),
        "new  | gone  | other  | Changed 0",
    );
    check(&of(Unused, 1), &of(Unused, 2), "new  | gone  | other  | ");
    check(
        &of(Unused, 1),
        &of(Used, 1),
        "new Some(Unused)>Some(Used) | gone  | other  | ",
    );
    check(
        &of(Unused, 1),
        &of(Unknown, 2),
        "new Some(Unused)>Some(Unknown) | gone  | other  | Changed 0",
    );
    check(
        &of(Used, 1),
        &of(Unknown, 1),
        "new  | gone  | other Some(Used)>Some(Unknown) | ",
    );
    check(
        &of(Unknown, 1),
        &of(Unused, 2),
        "new  | gone Some(Unknown)>Some(Unused) | other  | ",
    );
}

#[test]
fn a_power_is_news_even_when_the_text_is_the_same() {
    let of = |power| one("1.0.0", Status::Used, 1, power);
    let net = Some(Power::Net);
    check(&of(None), &of(net), "new  | gone  | other  | SameText 1");
    check(&of(net), &of(net), "new  | gone  | other  | ");
    check(&of(net), &of(None), "new  | gone  | other  | ");
}

#[test]
fn crates_come_and_go_with_what_is_reached_of_them() {
    let mut other = Sample::new();
    let package = other.library("other", "1.0.0", 0, Domains::RUN);
    other.function(package, "other::g", Status::Used);
    let old = one("1.0.0", Status::Used, 1, None);
    let diff = diff(&old, &other.analysis);
    assert_eq!(diff.crates.added[0].name, "other");
    assert_eq!(diff.crates.added[0].functions_reached, 1);
    assert_eq!(diff.crates.removed[0].name, "dep");
    assert_eq!(diff.newly_reached[0].path, "other::g");
    assert_eq!(diff.no_longer_reached[0].path, "dep::f");
}

/// A thousand functions with names and texts that want out of the comment.
fn hostile() -> Diff {
    let mut sample = Sample::new();
    let package = sample.library("dep", "1.0.0", 0, Domains::RUN);
    for number in 0..1000 {
        let path = format!(
            "dep::`]</details>\n@everyone|{number}\u{202e}{}",
            "x".repeat(300)
        );
        sample.function(package, &path, Status::Used);
    }
    let old = one("0.9.0", Status::Used, 1, None);
    let mut diff = diff(&old, &sample.analysis);
    let line = |tag, text: &str| Line {
        tag,
        text: text.to_owned(),
    };
    for change in &mut diff.changes {
        for one in &mut change.functions {
            one.hunks = vec![Hunk {
                old_line: 1,
                new_line: 1,
                lines: vec![
                    line(Tag::Added, "```` </details><script>alert(1)</script>"),
                    line(Tag::Removed, &"y".repeat(5000)),
                    line(Tag::Same, "\u{1b}[31m"),
                ],
            }];
        }
    }
    diff
}

#[test]
fn a_comment_stays_below_the_limit_and_is_cut_between_rows() {
    let diff = hostile();
    let mut text = Vec::new();
    markdown(&diff, true, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.len() <= LIMIT, "{}", text.len());
    assert!(text.len() > LIMIT / 2, "{}", text.len());
    assert!(text.contains("more not shown here"), "no count");
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    // Every fence that opens is closed, and nothing of the tree stands outside of code.
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let ticks: String = line
            .trim_start()
            .chars()
            .take_while(|c| *c == '`')
            .collect();
        match &fence {
            Some(open) if ticks == *open && line.trim() == ticks => fence = None,
            None if ticks.len() >= 3 && line.trim_start().ends_with("diff") => fence = Some(ticks),
            Some(_) => {}
            None => {
                assert!(!line.contains("<script>"), "{line}");
                let outside: String = line.split("``").step_by(2).collect();
                assert!(
                    !outside.contains("</details>") && !outside.contains('@'),
                    "{line}"
                );
            }
        }
    }
    assert_eq!(fence, None);
}

#[test]
fn a_terminal_gets_no_control_characters() {
    let mut text = Vec::new();
    table(&hostile(), true, Paint::default(), &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
}
