//! The findings as annotations of GitHub Actions: workflow commands, a line each, which the
//! runner shows at the line of the pull request that they name.
//!
//! The runner acts on every line of a step's output that begins with `::` (and, of old, on
//! `##[` anywhere in another line). So nothing from the analyzed tree stands in a line of its
//! own: it is data of a command, with `%`, carriage returns and line feeds escaped, and in its
//! properties `:` and `,` too.
//!
//! GitHub shows ten errors and ten warnings of a step beside the code, and all of them in the log.

use std::io::{self, Write};

use crate::report::text::{cut, sanitize};

use super::finding::Finding;
use super::text::{details, in_repository, sum};
use super::{CheckReport, Render};

/// Items of a new crate that are named.
const ITEMS: usize = 10;
/// Characters of one line of a message.
const WIDTH: usize = 500;

pub struct Github;

impl Render for Github {
    fn render(&self, report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
        for finding in &report.findings {
            let command = match () {
                () if finding.is_denied() => "error",
                () if finding.is_warning() => "warning",
                // Somebody gave a reason: nobody has to look at it again.
                () => continue,
            };
            annotation(command, report, finding, out)?;
        }
        writeln!(out, "cargo whittle check {}", sum(report))
    }
}

fn annotation(
    command: &str,
    report: &CheckReport,
    finding: &Finding,
    out: &mut dyn Write,
) -> io::Result<()> {
    let file = in_repository(report, &finding.location.file);
    let mut lines = vec![finding.message.clone()];
    lines.extend(details(finding, ITEMS));
    lines.push(format!("help: {}", finding.help));
    let lines: Vec<String> = lines
        .iter()
        .map(|line| sanitize(&cut(line, WIDTH)).into_owned())
        .collect();
    writeln!(
        out,
        "::{command} file={},line={},title={}::{}",
        property(&sanitize(&file)),
        finding.location.line.max(1),
        property(&format!("cargo whittle: {}", finding.rule)),
        data(&lines.join("\n"))
    )
}

/// What stands behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::gate::tests::{hostile, report};

    fn text(report: &CheckReport) -> String {
        let mut out = Vec::new();
        Github.render(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Command, properties and message.
    type Parsed = (String, Vec<(String, String)>, String);

    /// What the runner makes of a line, after its `ActionCommand.TryParseV2`.
    fn parse(line: &str) -> Option<Parsed> {
        let rest = line.trim_start().strip_prefix("::")?;
        let (head, data) = rest.split_once("::")?;
        let (command, properties) = head.split_once(' ').unwrap_or((head, ""));
        let back = |text: &str| {
            let text = text.replace("%0D", "\r").replace("%0A", "\n");
            let text = text.replace("%3A", ":").replace("%2C", ",");
            text.replace("%25", "%")
        };
        let properties = properties.split(',').filter_map(|one| {
            let (key, value) = one.split_once('=')?;
            Some((key.to_owned(), back(value)))
        });
        let data = data.replace("%0D", "\r").replace("%0A", "\n");
        Some((
            command.to_owned(),
            properties.collect(),
            data.replace("%25", "%"),
        ))
    }

    #[test]
    fn a_command_a_finding() {
        expect![[r#"
            ::error file=Cargo.toml,line=9,title=cargo whittle%3A new-item::now reaches `bytes_util::scan`%0Ain bytes-util-2.7.4/src/lib.rs:1%0Athrough app::main > <finder::Finder as finder::Search>::find%0Ahelp: avoid the call, or accept it with `cargo whittle baseline --update`
            ::warning file=Cargo.toml,line=9,title=cargo whittle%3A new-crate::`kinds 0.1.2` is new%0Areaches kinds::Kind\u{202e} (run)%0Athrough app::main > <finder::Finder as finder::Search>::find%0Ahelp: avoid the call, or accept it with `cargo whittle baseline --update`
            cargo whittle check failed: 1 denied, 1 warning, 1 ignored
        "#]].assert_eq(&text(&report()));
    }

    #[test]
    fn the_file_is_named_from_the_root_of_the_repository() {
        let mut report = report();
        report.workspace = "tools/a:b,c".to_owned();
        let text = text(&report);
        assert!(
            text.starts_with("::error file=tools/a%3Ab%2Cc/Cargo.toml,line=9,"),
            "{text}"
        );
    }

    #[test]
    fn hostile_names_command_nothing() {
        let text = text(&hostile());
        let mut commands = Vec::new();
        for line in text.lines() {
            assert!(!line.contains(['\r', '\u{1b}']), "{line}");
            match parse(line) {
                Some((command, properties, message)) => {
                    let keys: Vec<&str> = properties.iter().map(|(key, _)| key.as_str()).collect();
                    assert_eq!(keys, ["file", "line", "title"], "{line}");
                    assert!(message.contains("::set-output"), "{message}");
                    commands.push(command);
                }
                None => assert!(
                    line.starts_with("cargo whittle check ") && !line.contains("##["),
                    "{line}"
                ),
            }
        }
        assert_eq!(commands, ["error", "warning"]);
        expect![[r#"
            ::error file=a\u{a}%3A%3Aerror%3A%3Ab/x\u{d}\u{a}%3A%3Aset-output name=a%3A%3Ab%250A##[add-mask]c\u{1b}[2J￾</failure>]]>&"'|`*_<img src=//e>@all [a](https%3A//e) #1/Cargo.toml,line=9,title=cargo whittle%3A new-item::x\u{d}\u{a}::set-output name=a::b%250A##[add-mask]c\u{1b}[2J￾</failure>]]>&"'|`*_<img src=//e>@all [a](https://e) #1%0Ain x\u{d}\u{a}::set-output name=a::b%250A##[add-mask]c\u{1b}[2J￾</failure>]]>&"'|`*_<img src=//e>@all [a](https://e) #1%0Athrough x\u{d}\u{a}::set-output name=a::b%250A##[add-mask]c\u{1b}[2J￾</failure>]]>&"'|`*_<img src=//e>@all [a](https://e) #1 > <finder::Finder as finder::Search>::find%0Ahelp: x\u{d}\u{a}::set-output name=a::b%250A##[add-mask]c\u{1b}[2J￾</failure>]]>&"'|`*_<img src=//e>@all [a](https://e) #1
            ::warning file=a\u{a}%3A%3Aerror%3A%3Ab/x\u{d}\u{a}%3A%3Aset-output name=a%3A%3Ab%250A##[add-mask]c\u{1b}[2J￾</failure>]]>&"'|`*_<img src=//e>@all [a](https%3A//e) #1/Cargo.toml,line=9,title=cargo whittle%3A new-crate::x\u{d}\u{a}::set-output name=a::b%250A##[add-mask]c\u{1b}[2J￾</failure>]]>&"'|`*_<img src=//e>@all [a](https://e) #1%0Areaches x\u{d}\u{a}::set-output name=a::b%250A##[add-mask]c\u{1b}[2J￾</failure>]]>&"'|`*_<img src=//e>@all [a](https://e) #1 (run)%0Athrough x\u{d}\u{a}::set-output name=a::b%250A##[add-mask]c\u{1b}[2J￾</failure>]]>&"'|`*_<img src=//e>@all [a](https://e) #1 > <finder::Finder as finder::Search>::find%0Ahelp: x\u{d}\u{a}::set-output name=a::b%250A##[add-mask]c\u{1b}[2J￾</failure>]]>&"'|`*_<img src=//e>@all [a](https://e) #1
            cargo whittle check failed: 1 denied, 1 warning, 1 ignored
        "#]].assert_eq(&text);
    }
}
