//! The findings as GitHub renders them: for a job's summary or a comment in a pull request.
//!
//! A comment takes 65,536 characters. So the text ends before, at the end of a row, and says how
//! many findings it does not show.

use std::io::{self, Write};

use crate::report::markdown::escape;
use crate::report::text::{cut, plural, sanitize};

use super::finding::Finding;
use super::text::{basis, details, in_repository, sum};
use super::{CheckReport, Render};

/// Bytes of the whole text, which has at least one character for each.
const LIMIT: usize = 60_000;
/// Of these, for the sentence on what is not shown.
const HIDDEN: usize = 200;
/// Items of a new crate that are named.
const ITEMS: usize = 5;
/// Characters of one line of a cell, or of a sentence.
const WIDTH: usize = 300;

pub struct Markdown;

impl Render for Markdown {
    fn render(&self, report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(text(report).as_bytes())
    }
}

fn text(report: &CheckReport) -> String {
    let mut text = format!("## cargo whittle check {}\n", sum(report));
    let tail = tail(report);
    let mut room = LIMIT.saturating_sub(text.len() + tail.len() + HIDDEN);
    let denied = report.findings.iter().filter(|one| one.is_denied());
    let warned = report.findings.iter().filter(|one| one.is_warning());
    let ignored = report.findings.iter().filter(|one| one.ignored.is_some());
    let sections = [
        ("Denied", "what to do", denied.collect::<Vec<_>>()),
        ("Warnings", "what to do", warned.collect()),
        ("Ignored", "why", ignored.collect()),
    ];
    let mut hidden = 0;
    for (title, last, findings) in sections {
        let head = format!(
            "\n### {title} ({})\n\n| rule | finding | where | {last} |\n| :-- | :-- | :-- | :-- |\n",
            findings.len()
        );
        let mut left = findings.iter().map(|finding| row(report, finding));
        let mut part = String::new();
        while let Some(row) = left.next() {
            let before = if part.is_empty() { head.len() } else { 0 };
            // Once one did not fit, the next one is not shown in its place.
            if hidden > 0 || before + row.len() > room {
                hidden += 1 + left.count() as u64;
                break;
            }
            if part.is_empty() {
                part.push_str(&head);
            }
            part.push_str(&row);
            room -= before + row.len();
        }
        text.push_str(&part);
    }
    if hidden > 0 {
        let hidden = plural(hidden, "finding is", "findings are");
        text = text
            + "\n**"
            + &hidden
            + " not shown here**: the text would be too long. `--format json` has all.\n";
    }
    text + &tail
}

/// One row, in one line.
fn row(report: &CheckReport, finding: &Finding) -> String {
    let mut lines = vec![match (&finding.krate, &finding.crate_version) {
        (Some(name), Some(version))
            if finding.item.is_none() && !finding.message.contains(name.as_str()) =>
        {
            format!("{}: {name} {version}", finding.message)
        }
        _ => finding.message.clone(),
    }];
    lines.extend(details(finding, ITEMS));
    let lines: Vec<String> = lines.iter().map(|line| safe(line)).collect();
    let place = format!(
        "{}:{}",
        in_repository(report, &finding.location.file),
        finding.location.line
    );
    let last = match &finding.ignored {
        None => finding.help.clone(),
        Some(ignored) => {
            let owner = ignored.owner.as_ref().map(|owner| format!(", {owner}"));
            let until = ignored.expires.as_ref().map(|day| format!(", until {day}"));
            let [owner, until] = [owner, until].map(Option::unwrap_or_default);
            format!("{}{owner}{until}", ignored.reason)
        }
    };
    format!(
        "| {} | {} | {} | {} |\n",
        safe(finding.rule.id()),
        lines.join("<br>"),
        safe(&place),
        safe(&last)
    )
}

/// What the answer is relative to.
fn tail(report: &CheckReport) -> String {
    let sentences = basis(report);
    let shown = sentences.iter().take(20).map(|line| safe(line));
    let mut lines: Vec<String> = shown.collect();
    if let Some(more @ 1..) = sentences.len().checked_sub(lines.len()) {
        lines.push(format!("{more} more notes"));
    }
    format!("\n{}\n", lines.join("  \n"))
}

fn safe(text: &str) -> String {
    escape(&sanitize(&cut(text, WIDTH)))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::gate::finding::Counts;
    use crate::gate::tests::{hostile, report};

    #[test]
    fn a_row_a_finding() {
        expect![[r#"
            ## cargo whittle check failed: 1 denied, 1 warning, 1 ignored

            ### Denied (1)

            | rule | finding | where | what to do |
            | :-- | :-- | :-- | :-- |
            | new-item | now reaches \`bytes\_util::scan\`<br>in bytes-util-2.7.4/src/lib.rs:1<br>through app::main > &lt;finder::Finder as finder::Search>::find | Cargo.toml:9 | avoid the call, or accept it with \`cargo whittle baseline --update\` |

            ### Warnings (1)

            | rule | finding | where | what to do |
            | :-- | :-- | :-- | :-- |
            | new-crate | \`kinds 0.1.2\` is new<br>reaches kinds::Kind\\u{202e} (run)<br>through app::main > &lt;finder::Finder as finder::Search>::find | Cargo.toml:9 | avoid the call, or accept it with \`cargo whittle baseline --update\` |

            ### Ignored (1)

            | rule | finding | where | why |
            | :-- | :-- | :-- | :-- |
            | max-depth | the deepest dependency is 2 steps away, the limit is 1: bytes-util 2.7.4 | Cargo.toml:9 | finder has no other way, platform, until 2027-01-31 |

            app&#64;0.1.0 bin app: features default, x86\_64-unknown-linux-gnu, profile dev, policy trust; rustc 1.95.0 (59807616e 2026-04-14)  
            rules and baseline of origin/main (0123456789ab)  
            compared with whittle.lock: 31 items of 6 crates  
            something to know
        "#]].assert_eq(&text(&report()));
    }

    #[test]
    fn hostile_names_are_no_markup() {
        expect![[r###"
            ## cargo whittle check failed: 1 denied, 1 warning, 1 ignored

            ### Denied (1)

            | rule | finding | where | what to do |
            | :-- | :-- | :-- | :-- |
            | new-item | x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1<br>in x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1<br>through x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1 > &lt;finder::Finder as finder::Search>::find | a\\u{a}::error::b/x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1/Cargo.toml:9 | x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1 |

            ### Warnings (1)

            | rule | finding | where | what to do |
            | :-- | :-- | :-- | :-- |
            | new-crate | x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1<br>reaches x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1 (run)<br>through x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1 > &lt;finder::Finder as finder::Search>::find | a\\u{a}::error::b/x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1/Cargo.toml:9 | x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1 |

            ### Ignored (1)

            | rule | finding | where | why |
            | :-- | :-- | :-- | :-- |
            | max-depth | x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1 | a\\u{a}::error::b/x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1/Cargo.toml:9 | x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1, platform, until 2027-01-31 |

            app&#64;0.1.0 bin app: features default, x86\_64-unknown-linux-gnu, profile dev, policy trust; rustc 1.95.0 (59807616e 2026-04-14)  
            rules and baseline of origin/main (0123456789ab)  
            compared with whittle.lock: 31 items of 6 crates  
            x\\u{d}\\u{a}::set-output name=a::b%0A\#\#\[add-mask\]c\\u{1b}\[2J￾&lt;/failure>\]\]>&amp;"'\|\`\*\_&lt;img src=//e>&#64;all \[a\](https&#58;//e) \#1
        "###]].assert_eq(&text(&hostile()));
    }

    #[test]
    fn nothing_found() {
        let mut report = report();
        report.findings.clear();
        report.counts = Counts::default();
        let text = text(&report);
        assert!(
            text.starts_with("## cargo whittle check passed: 0 denied, 0 warnings\n"),
            "{text}"
        );
        assert!(!text.contains('|'), "{text}");
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut report = report();
        let [denied, warned, ignored] = [0, 1, 2].map(|index| report.findings[index].clone());
        let many = |one: &Finding, number| (0..number).map(|_| one.clone()).collect::<Vec<_>>();
        report.findings = many(&denied, 200);
        report.findings.extend(many(&warned, 300));
        report.findings.extend(many(&ignored, 50));
        let text = text(&report);
        assert!(text.len() <= LIMIT, "{}", text.len());
        assert!(text.len() > LIMIT - 1000, "{}", text.len());
        let rows = text
            .lines()
            .filter(|line| line.starts_with("| new") || line.starts_with("| max"));
        let shown = rows.clone().count();
        assert!(rows.into_iter().all(|row| row.ends_with(" |")), "{text}");
        assert!(shown > 200, "{shown}");
        let hidden = format!("\n**{} findings are not shown here**", 550 - shown);
        assert!(text.contains(&hidden), "{hidden}");
        // The heading counts all of them.
        assert!(text.contains("### Warnings (300)"));
        assert!(!text.contains("### Ignored"));
    }

    #[test]
    fn one_endless_name_is_cut() {
        let mut report = report();
        report.findings[0].message = "a|".repeat(100_000);
        report.findings[0].location.file = "<".repeat(100_000);
        report.notices = vec!["x".repeat(100_000); 50];
        let text = text(&report);
        assert!(text.len() <= LIMIT, "{}", text.len());
        assert!(text.contains("| new-item | a\\|a\\|"), "{text}");
    }
}
