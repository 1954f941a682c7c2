//! Every function of every dependency with its status: `cargo whittle list`.
//!
//! Takes an [`Analysis`] and a [`Filter`], writes JSON lines (the contract other programs
//! read: keys, their order and their meaning are fixed), one JSON document, or a table.

use std::io::{self, Write};

use serde::Serialize;

use crate::model::{Analysis, Domain, Item, ItemKind, Origin, Status};
use crate::query;
use crate::report::header::Header;
use crate::report::paint::{BAD, FAINT, GOOD, POOR, Paint};
use crate::report::text::{json_safe, sanitize};

/// Value of `format` in the header line.
pub const FORMAT: &str = "whittle-items";
/// Value of `version` in the header line.
pub const VERSION: u32 = 1;

/// How the list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A header line, then one object a line.
    JsonLines,
    /// The header with the objects as `items`.
    Json,
    Table(Paint),
}

/// Which items are listed; an empty list of statuses or kinds lets every one through.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// `name` or `name@version`.
    pub crates: Vec<String>,
    pub statuses: Vec<Status>,
    /// Without any: functions, methods and associated functions.
    pub kinds: Vec<ItemKind>,
}

/// One item; the order of the fields is the order of the keys.
#[derive(Debug, Serialize)]
struct Row<'a> {
    #[serde(rename = "crate")]
    krate: &'a str,
    crate_version: &'a str,
    path: &'a str,
    kind: ItemKind,
    file: &'a str,
    line: u32,
    call_file: Option<&'a str>,
    call_line: Option<u32>,
    status: Status,
    reason: Option<&'a str>,
    direct: bool,
    domain: Vec<Domain>,
    origin: Origin,
    const_only: bool,
    #[serde(rename = "unsafe")]
    is_unsafe: bool,
    lines: u32,
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    header: Header,
    items: Vec<Row<'a>>,
}

/// Writes the items that pass the filter, in the order of the analysis.
///
/// # Errors
/// Those of `out`. Whether the crates of the filter exist is for [`unknown_crate`] to say.
pub fn write(
    analysis: &Analysis,
    filter: &Filter,
    format: Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    let header = Header::new(FORMAT, VERSION, analysis);
    let rows = analysis
        .items
        .iter()
        .filter(|item| filter.lets(analysis, item));
    let rows = rows.filter_map(|item| row(analysis, item));
    match format {
        Format::JsonLines => {
            writeln!(out, "{}", json_safe(serde_json::to_string(&header)?))?;
            for row in rows {
                writeln!(out, "{}", json_safe(serde_json::to_string(&row)?))?;
            }
            Ok(())
        }
        Format::Json => {
            let document = Document {
                header,
                items: rows.collect(),
            };
            writeln!(
                out,
                "{}",
                json_safe(serde_json::to_string_pretty(&document)?)
            )
        }
        Format::Table(paint) => table(&rows.collect::<Vec<_>>(), paint, out),
    }
}

/// The first crate of the filter that is not a dependency: a typing mistake must not look like
/// a crate without functions.
#[must_use]
pub fn unknown_crate<'a>(analysis: &Analysis, filter: &'a Filter) -> Option<&'a str> {
    let known = |spec: &String| {
        analysis
            .project
            .packages
            .iter()
            .any(|p| query::names_package(spec, p))
    };
    filter
        .crates
        .iter()
        .find(|spec| !known(spec))
        .map(String::as_str)
}

impl Filter {
    fn lets(&self, analysis: &Analysis, item: &Item) -> bool {
        let Some(package) = analysis.project.packages.get(item.package) else {
            return false;
        };
        let kind = if self.kinds.is_empty() {
            item.kind.is_function()
        } else {
            self.kinds.contains(&item.kind)
        };
        let status = self.statuses.is_empty() || self.statuses.contains(&item.status);
        let mut crates = self.crates.iter();
        let named = self.crates.is_empty() || crates.any(|c| query::names_package(c, package));
        kind && status && named
    }
}

fn row<'a>(analysis: &'a Analysis, item: &'a Item) -> Option<Row<'a>> {
    let package = analysis.project.packages.get(item.package)?;
    Some(Row {
        krate: &package.name,
        crate_version: &package.version,
        path: &item.path,
        kind: item.kind,
        file: item.file.as_str(),
        line: item.line,
        call_file: item.call_site.as_ref().map(|(file, _)| file.as_str()),
        call_line: item.call_site.as_ref().map(|&(_, line)| line),
        status: item.status,
        reason: item.reason.as_deref(),
        direct: item.direct,
        domain: item.domains.iter().collect(),
        origin: item.origin,
        const_only: item.const_only,
        is_unsafe: item.is_unsafe,
        lines: item.lines,
    })
}

/// A line an item: direct, status, crate, path, and why it is unknown.
fn table(rows: &[Row], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let name = |row: &Row| format!("{} {}", sanitize(row.krate), sanitize(row.crate_version));
    let width = rows
        .iter()
        .map(|row| name(row).chars().count())
        .max()
        .unwrap_or(0);
    for row in rows {
        let (status, style) = match row.status {
            Status::Used => ("used   ", GOOD),
            Status::Unknown => ("unknown", POOR),
            Status::Unused => ("unused ", BAD),
        };
        let direct = if row.direct { '*' } else { ' ' };
        let status = paint.paint(style, status);
        write!(
            out,
            "{direct} {status}  {:<width$}  {}",
            name(row),
            sanitize(row.path)
        )?;
        let domains: Vec<&str> = row.domain.iter().map(|domain| domain.as_str()).collect();
        let details = row
            .reason
            .map_or_else(|| domains.join(", "), |why| sanitize(why).into());
        if details.is_empty() {
            writeln!(out)?;
        } else {
            writeln!(out, "  {}", paint.paint(FAINT, &format!("({details})")))?;
        }
    }
    let count = |status| rows.iter().filter(|row| row.status == status).count();
    let (used, unknown) = (count(Status::Used), count(Status::Unknown));
    let all = rows.len();
    writeln!(
        out,
        "{all} items: {used} used, {unknown} unknown, {} unused",
        all - used - unknown
    )
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::sample::small;

    fn check(filter: &Filter, format: Format, expected: &Expect) {
        let mut out = Vec::new();
        write(&small(), filter, format, &mut out).unwrap();
        expected.assert_eq(&String::from_utf8(out).unwrap());
    }

    fn of_crate(name: &str) -> Filter {
        Filter {
            crates: vec![name.to_owned()],
            ..Filter::default()
        }
    }

    #[test]
    fn json_lines() {
        check(
            &of_crate("finder"),
            Format::JsonLines,
            &expect![[r#"
            {"format":"whittle-items","version":1,"roots":["app@0.1.0 bin app"],"domains":["run","build","macro"],"features":"default","target":"x86_64-unknown-linux-gnu","profile":"dev","policy":"trust"}
            {"crate":"finder","crate_version":"1.11.0","path":"finder::Finder::new","kind":"associated_function","file":"/registry/finder-1.11.0/src/lib.rs","line":1,"call_file":null,"call_line":null,"status":"used","reason":null,"direct":true,"domain":["run"],"origin":"source","const_only":false,"unsafe":false,"lines":10}
            {"crate":"finder","crate_version":"1.11.0","path":"<finder::Finder as finder::Search>::find","kind":"method","file":"/registry/finder-1.11.0/src/lib.rs","line":21,"call_file":null,"call_line":null,"status":"used","reason":null,"direct":false,"domain":["run"],"origin":"source","const_only":false,"unsafe":false,"lines":10}
            {"crate":"finder","crate_version":"1.11.0","path":"finder::Finder::find_all","kind":"function","file":"/registry/finder-1.11.0/src/lib.rs","line":41,"call_file":null,"call_line":null,"status":"unused","reason":null,"direct":false,"domain":[],"origin":"source","const_only":false,"unsafe":false,"lines":10}
            {"crate":"finder","crate_version":"1.11.0","path":"<finder::Finder as core::fmt::Debug>::fmt","kind":"method","file":"/registry/finder-1.11.0/src/lib.rs","line":61,"call_file":null,"call_line":null,"status":"unused","reason":null,"direct":false,"domain":[],"origin":"derive","const_only":false,"unsafe":false,"lines":10}
            {"crate":"finder","crate_version":"1.11.0","path":"finder::limits::max_u8","kind":"function","file":"/registry/finder-1.11.0/src/lib.rs","line":81,"call_file":"/registry/finder-1.11.0/src/limits.rs","call_line":7,"status":"unused","reason":null,"direct":false,"domain":[],"origin":"macro","const_only":false,"unsafe":false,"lines":10}
            {"crate":"finder","crate_version":"1.11.0","path":"build_script_build::main","kind":"function","file":"/registry/finder-1.11.0/src/lib.rs","line":101,"call_file":null,"call_line":null,"status":"used","reason":null,"direct":false,"domain":["build"],"origin":"source","const_only":false,"unsafe":false,"lines":10}
        "#]],
        );
    }

    #[test]
    fn json() {
        let filter = Filter {
            statuses: vec![Status::Unknown],
            ..Filter::default()
        };
        check(
            &filter,
            Format::Json,
            &expect![[r#"
            {
              "format": "whittle-items",
              "version": 1,
              "roots": [
                "app@0.1.0 bin app"
              ],
              "domains": [
                "run",
                "build",
                "macro"
              ],
              "features": "default",
              "target": "x86_64-unknown-linux-gnu",
              "profile": "dev",
              "policy": "trust",
              "items": [
                {
                  "crate": "bytes-util",
                  "crate_version": "2.7.4",
                  "path": "bytes_util::table::lookup",
                  "kind": "function",
                  "file": "/registry/bytes-util-2.7.4/src/lib.rs",
                  "line": 41,
                  "call_file": null,
                  "call_line": null,
                  "status": "unknown",
                  "reason": "macro not expanded",
                  "direct": false,
                  "domain": [],
                  "origin": "source",
                  "const_only": false,
                  "unsafe": false,
                  "lines": 10
                }
              ]
            }
        "#]],
        );
    }

    #[test]
    fn table() {
        check(
            &Filter::default(),
            Format::Table(Paint::default()),
            &expect![[r#"
            * used     finder 1.11.0     finder::Finder::new  (run)
              used     finder 1.11.0     <finder::Finder as finder::Search>::find  (run)
              unused   finder 1.11.0     finder::Finder::find_all
              unused   finder 1.11.0     <finder::Finder as core::fmt::Debug>::fmt
              unused   finder 1.11.0     finder::limits::max_u8
              used     finder 1.11.0     build_script_build::main  (build)
              used     bytes-util 2.7.4  bytes_util::scan  (run)
              unused   bytes-util 2.7.4  bytes_util::rescan
              unknown  bytes-util 2.7.4  bytes_util::table::lookup  (macro not expanded)
              unused   idle 0.3.0        idle::sleep
              unused   kinds 0.1.2       kinds::Kind::new
              used     codegen 1.0.9     codegen::derive_thing  (macro)
              used     parse 1.0.0       parse::parse  (build)
              unused   parse 1.0.0       parse::print
              used     parse 2.0.0       parse::parse  (macro)
              unused   parse 2.0.0       parse::print
            16 items: 7 used, 1 unknown, 8 unused
        "#]],
        );
    }

    #[test]
    fn other_kinds_only_when_asked() {
        let filter = Filter {
            kinds: vec![ItemKind::Struct],
            ..of_crate("finder@1.11.0")
        };
        check(
            &filter,
            Format::Table(Paint::default()),
            &expect![[r#"
            * used     finder 1.11.0  finder::Finder  (run)
            1 items: 1 used, 0 unknown, 0 unused
        "#]],
        );
    }

    #[test]
    fn a_crate_that_is_not_there_is_named() {
        assert_eq!(unknown_crate(&small(), &of_crate("bytes_util")), None);
        assert_eq!(
            unknown_crate(&small(), &of_crate("finder@2.0.0")),
            Some("finder@2.0.0")
        );
    }
}
