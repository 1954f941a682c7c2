//! The findings as `JUnit` XML, which most CI services show: a test case a finding. A denied one
//! is a failure, an ignored one is skipped, a warning passes with its text as output.
//!
//! A case is named after rule, crate and item, without figures, so that a service sees that it
//! is the same one in another run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use crate::report::text::sanitize;

use super::finding::Finding;
use super::text::{basis, details, in_repository, sum};
use super::{CheckReport, Render};

/// Items of a new crate that are named.
const ITEMS: usize = 100;

pub struct Junit;

impl Render for Junit {
    fn render(&self, report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
        let mut names = BTreeMap::new();
        let mut cases: Vec<String> = report
            .findings
            .iter()
            .map(|finding| case(report, finding, &mut names))
            .collect();
        if cases.is_empty() {
            // A suite without a case looks like one that did not run.
            cases.push(format!(
                "    <testcase classname=\"whittle\" name=\"check\">\n{}    </testcase>\n",
                element("system-out", "", &sum(report))
            ));
        }
        let counts = format!(
            "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"",
            cases.len(),
            report.counts.denied,
            report.counts.ignored
        );
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(out, "<testsuites name=\"cargo whittle check\" {counts}>")?;
        writeln!(out, "  <testsuite name=\"cargo whittle check\" {counts}>")?;
        for case in cases {
            out.write_all(case.as_bytes())?;
        }
        let sentences = basis(report);
        let sentences: Vec<_> = sentences.iter().map(|line| sanitize(line)).collect();
        writeln!(
            out,
            "    <system-out>{}</system-out>",
            escape(&sentences.join("\n"))
        )?;
        writeln!(out, "  </testsuite>\n</testsuites>")
    }
}

fn case(report: &CheckReport, finding: &Finding, names: &mut BTreeMap<String, u32>) -> String {
    let mut text = format!(
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\">\n",
        escape(&format!("whittle.{}", finding.rule)),
        escape(&name(finding, names)),
        escape(&sanitize(&in_repository(report, &finding.location.file))),
        finding.location.line,
    );
    let mut lines = vec![finding.message.clone()];
    lines.extend(details(finding, ITEMS));
    lines.push(format!("help: {}", finding.help));
    let lines: Vec<_> = lines.iter().map(|line| sanitize(line)).collect();
    let body = lines.join("\n");
    let message = |text: &str| format!(" message=\"{}\"", escape(&sanitize(text)));
    text += &match &finding.ignored {
        Some(ignored) => element("skipped", &message(&ignored.reason), ""),
        None if finding.is_denied() => {
            let kind = format!(" type=\"{}\"", finding.rule);
            element("failure", &(message(&finding.message) + &kind), &body)
        }
        None => element("system-out", "", &body),
    };
    text + "    </testcase>\n"
}

/// Rule, crate and item; numbered where several findings share them.
fn name(finding: &Finding, names: &mut BTreeMap<String, u32>) -> String {
    let item = finding.item.as_ref().map(|item| item.path.as_str());
    let parts = [Some(finding.rule.id()), finding.krate.as_deref(), item];
    let parts: Vec<_> = parts.into_iter().flatten().map(sanitize).collect();
    let name = parts.join(" ");
    let number = names.entry(name.clone()).or_insert(0);
    *number += 1;
    match number {
        1 => name,
        number => format!("{name} ({number})"),
    }
}

fn element(name: &str, attributes: &str, text: &str) -> String {
    format!("      <{name}{attributes}>{}</{name}>\n", escape(text))
}

/// For text and for attributes in double quotes. What XML 1.0 has no character for is written
/// out, as `sanitize` does with control characters.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' => escaped.push(c),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "{}", c.escape_unicode());
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::gate::finding::Counts;
    use crate::gate::tests::{hostile, report};

    fn text(report: &CheckReport) -> String {
        let mut out = Vec::new();
        Junit.render(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_case_a_finding() {
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="cargo whittle check" tests="3" failures="1" errors="0" skipped="1">
              <testsuite name="cargo whittle check" tests="3" failures="1" errors="0" skipped="1">
                <testcase classname="whittle.new-item" name="new-item bytes-util bytes_util::scan" file="Cargo.toml" line="9">
                  <failure message="now reaches `bytes_util::scan`" type="new-item">now reaches `bytes_util::scan`
            in bytes-util-2.7.4/src/lib.rs:1
            through app::main &gt; &lt;finder::Finder as finder::Search&gt;::find
            help: avoid the call, or accept it with `cargo whittle baseline --update`</failure>
                </testcase>
                <testcase classname="whittle.new-crate" name="new-crate kinds" file="Cargo.toml" line="9">
                  <system-out>`kinds 0.1.2` is new
            reaches kinds::Kind\u{202e} (run)
            through app::main &gt; &lt;finder::Finder as finder::Search&gt;::find
            help: avoid the call, or accept it with `cargo whittle baseline --update`</system-out>
                </testcase>
                <testcase classname="whittle.max-depth" name="max-depth bytes-util" file="Cargo.toml" line="9">
                  <skipped message="finder has no other way"></skipped>
                </testcase>
                <system-out>app@0.1.0 bin app: features default, x86_64-unknown-linux-gnu, profile dev, policy trust; rustc 1.95.0 (59807616e 2026-04-14)
            rules and baseline of origin/main (0123456789ab)
            compared with whittle.lock: 31 items of 6 crates
            something to know</system-out>
              </testsuite>
            </testsuites>
        "#]].assert_eq(&text(&report()));
    }

    #[test]
    fn nothing_found_is_a_case_that_passes() {
        let mut report = report();
        report.findings.clear();
        report.counts = Counts::default();
        let text = text(&report);
        assert!(text.contains("tests=\"1\" failures=\"0\""), "{text}");
        assert!(text.contains("passed: 0 denied"), "{text}");
    }

    #[test]
    fn hostile_names_stay_text() {
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="cargo whittle check" tests="3" failures="1" errors="0" skipped="1">
              <testsuite name="cargo whittle check" tests="3" failures="1" errors="0" skipped="1">
                <testcase classname="whittle.new-item" name="new-item x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1 x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1" file="a\u{a}::error::b/x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1/Cargo.toml" line="9">
                  <failure message="x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1" type="new-item">x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1
            in x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1
            through x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1 &gt; &lt;finder::Finder as finder::Search&gt;::find
            help: x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1</failure>
                </testcase>
                <testcase classname="whittle.new-crate" name="new-crate x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1" file="a\u{a}::error::b/x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1/Cargo.toml" line="9">
                  <system-out>x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1
            reaches x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1 (run)
            through x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1 &gt; &lt;finder::Finder as finder::Search&gt;::find
            help: x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1</system-out>
                </testcase>
                <testcase classname="whittle.max-depth" name="max-depth x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1" file="a\u{a}::error::b/x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1/Cargo.toml" line="9">
                  <skipped message="x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1"></skipped>
                </testcase>
                <system-out>app@0.1.0 bin app: features default, x86_64-unknown-linux-gnu, profile dev, policy trust; rustc 1.95.0 (59807616e 2026-04-14)
            rules and baseline of origin/main (0123456789ab)
            compared with whittle.lock: 31 items of 6 crates
            x\u{d}\u{a}::set-output name=a::b%0A##[add-mask]c\u{1b}[2J\u{fffe}&lt;/failure&gt;]]&gt;&amp;&quot;&apos;|`*_&lt;img src=//e&gt;@all [a](https://e) #1</system-out>
              </testsuite>
            </testsuites>
        "#]].assert_eq(&text(&hostile()));
        let bad = "\u{0}\u{b}\u{fffe}\u{ffff}]]>\u{10ffff}\r\t";
        assert_eq!(
            escape(bad),
            "\\u{0}\\u{b}\\u{fffe}\\u{ffff}]]&gt;\u{10ffff}\\u{d}\\u{9}"
        );
    }

    #[test]
    fn cases_of_one_name_are_numbered() {
        let mut report = report();
        let again = report.findings[0].clone();
        report.findings.push(again);
        let text = text(&report);
        assert!(text.contains("bytes_util::scan (2)\""), "{text}");
    }
}
