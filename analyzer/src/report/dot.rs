//! The graph of crates in the language of Graphviz: how much of each crate is reached, and how
//! much each uses of those it depends on.
//!
//! Names stand in quoted strings only. In those, Graphviz reads `\"`, sequences such as `\N` and
//! `\l`, and HTML entities: all three are escaped, so that a name is drawn as it is.

use std::io::{self, Write};

use crate::measure::{Counts, Use};
use crate::model::Domain;

use super::graph::{CrateGraph, GraphEdge, GraphNode, Reached};
use super::sentences::preamble;
use super::text::{percent, plural, sanitize, thousands};

/// Pale to strong, by the share of functions used; black text is readable on all of them.
const SHADES: [&str; 5] = ["#f1f6fc", "#d3e4f5", "#a9cdec", "#7ab3e0", "#4f97d0"];
/// For what is not a share: no function reached, unknown, nothing used.
const OTHER: &str = "#eeeeee";
const UNKNOWN: &str = "#fff3c4";
const NOTHING: &str = "#ffffff";

/// Writes the graph.
///
/// # Errors
/// Those of `out`.
pub fn write(graph: &CrateGraph, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "digraph \"cargo-whittle\" {{")?;
    writeln!(
        out,
        "  graph [rankdir=LR, labelloc=t, labeljust=l, fontname=\"sans-serif\", fontsize=12, \
         ranksep=1, label=\"{}\"];",
        caption(graph)
    )?;
    writeln!(
        out,
        "  node [shape=box, style=\"filled,rounded\", fillcolor=\"{OTHER}\", \
         fontname=\"sans-serif\", fontsize=11];"
    )?;
    writeln!(
        out,
        "  edge [color=\"#555555\", fontname=\"sans-serif\", fontsize=9];"
    )?;
    for node in &graph.nodes {
        writeln!(out, "  \"{}\" [{}];", escape(&node.id), style(node))?;
    }
    for edge in &graph.edges {
        let [from, to] = [edge.from, edge.to].map(|end| escape(&graph.nodes[end].id));
        writeln!(out, "  \"{from}\" -> \"{to}\" [{}];", weight(*edge))?;
    }
    writeln!(out, "}}")
}

/// What the figures are relative to, line by line.
fn caption(graph: &CrateGraph) -> String {
    let mut lines = preamble(&graph.report).to_vec();
    for (domain, totals) in &graph.report.totals {
        let functions = totals.figures.functions;
        lines.push(format!(
            "{}: {}, {}",
            domain.as_str(),
            plural(totals.crates, "crate", "crates"),
            share(functions)
        ));
    }
    if graph.hidden > 0 {
        let hidden = plural(graph.hidden, "deeper crate", "deeper crates");
        lines.push(format!("{hidden} not drawn"));
    }
    lines.push("edges: functions, consts and statics that the user leads to itself".to_owned());
    lines
        .iter()
        .map(|line| escape(line) + "\\l")
        .collect::<String>()
}

fn style(node: &GraphNode) -> String {
    let name = escape(&format!("{} {}", node.name, node.version));
    let Some(reached) = node.reached else {
        let color = if node.member {
            ", fillcolor=\"#333333\", fontcolor=\"#ffffff\""
        } else {
            ""
        };
        return format!("label=\"{name}\"{color}");
    };
    let fill = match reached.uses {
        Use::Functions => shade(reached.functions),
        Use::Other => OTHER,
        Use::Unknown => UNKNOWN,
        Use::Nothing => NOTHING,
    };
    let outline = match reached.uses {
        Use::Nothing => ", style=\"filled,rounded,dashed\"",
        Use::Unknown => ", style=\"filled,rounded,bold\"",
        _ if reached.functions.unknown > 0 => ", style=\"filled,rounded,bold\", color=\"#b8860b\"",
        _ => "",
    };
    let lines = labels(&reached).into_iter().filter(|line| !line.is_empty());
    let lines = lines.map(|line| escape(&line));
    let lines: Vec<String> = [name].into_iter().chain(lines).collect();
    format!(
        "label=\"{}\", fillcolor=\"{fill}\"{outline}",
        lines.join("\\n")
    )
}

/// What is reached, and of what kind the crate is.
fn labels(reached: &Reached) -> [String; 3] {
    let figures = match reached.uses {
        Use::Nothing => "nothing used".to_owned(),
        Use::Other => "no function reached".to_owned(),
        Use::Functions | Use::Unknown => share(reached.functions),
    };
    let mut kind = match reached.domain {
        Domain::Run => String::new(),
        domain => format!("in {}", domain.as_str()),
    };
    for (is, word) in [
        (reached.proc_macro, "proc macro"),
        (reached.build_script, "build script"),
    ] {
        if is {
            let comma = if kind.is_empty() { "" } else { ", " };
            kind = format!("{kind}{comma}{word}");
        }
    }
    let verdict = reached
        .verdict
        .map(|it| format!("verdict: {}", it.as_str()));
    [figures, kind, verdict.unwrap_or_default()]
}

fn share(functions: Counts) -> String {
    if functions.total == 0 {
        return "no functions".to_owned();
    }
    let unknown = match functions.unknown {
        0 => String::new(),
        unknown => format!(", {} unknown", thousands(unknown)),
    };
    format!(
        "{} of {} functions ({}){unknown}",
        thousands(functions.used),
        thousands(functions.total),
        percent(functions)
    )
}

fn shade(functions: Counts) -> &'static str {
    // What is reached of a crate without functions of its own are derived ones.
    let per_mille = functions.per_mille().unwrap_or(1000);
    let step = usize::try_from(per_mille * SHADES.len() as u64 / 1001).unwrap_or(0);
    SHADES[step.min(SHADES.len() - 1)]
}

/// Twice the items, half a point more: a crate may be used a thousand times as much as another.
fn weight(edge: GraphEdge) -> String {
    let Some(doublings) = edge.items.checked_ilog2() else {
        return "style=dashed, penwidth=0.5, weight=1".to_owned();
    };
    let halves = doublings + 2;
    format!(
        "label=\"{}\", penwidth={}.{}, weight={}",
        thousands(edge.items),
        halves / 2,
        halves % 2 * 5,
        doublings + 2
    )
}

/// For the inside of a quoted string.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in sanitize(text).chars() {
        match c {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '&' => escaped.push_str("&amp;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::model::{Analysis, Domains, Status};
    use crate::report::graph::build;
    use crate::sample::{Sample, small};

    fn dot(analysis: &Analysis, depth: Option<u32>) -> String {
        let mut out = Vec::new();
        write(
            &build(
                analysis,
                depth,
                &crate::advise::settings::Settings::default(),
            ),
            &mut out,
        )
        .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn crates_with_what_is_used_of_them() {
        expect![[r##"
            digraph "cargo-whittle" {
              graph [rankdir=LR, labelloc=t, labeljust=l, fontname="sans-serif", fontsize=12, ranksep=1, label="app@0.1.0 bin app: features default, x86_64-unknown-linux-gnu, profile dev\lrustc 1.95.0 (59807616e 2026-04-14), std sources from rust-src; build scripts and proc macros executed as cargo does (trust)\lrun: 4 crates, 3 of 9 functions (33.3%), 1 unknown\lbuild: 2 crates, 2 of 3 functions (66.6%)\lmacro: 2 crates, 2 of 3 functions (66.6%)\ledges: functions, consts and statics that the user leads to itself\l"];
              node [shape=box, style="filled,rounded", fillcolor="#eeeeee", fontname="sans-serif", fontsize=11];
              edge [color="#555555", fontname="sans-serif", fontsize=9];
              "app@0.1.0" [label="app 0.1.0", fillcolor="#333333", fontcolor="#ffffff"];
              "finder@1.11.0" [label="finder 1.11.0\n2 of 4 functions (50.0%)\nbuild script\nverdict: keep", fillcolor="#a9cdec"];
              "bytes-util@2.7.4" [label="bytes-util 2.7.4\n1 of 3 functions (33.3%), 1 unknown", fillcolor="#d3e4f5", style="filled,rounded,bold", color="#b8860b"];
              "idle@0.3.0" [label="idle 0.3.0\nnothing used\nverdict: unused", fillcolor="#ffffff", style="filled,rounded,dashed"];
              "kinds@0.1.2" [label="kinds 0.1.2\nno function reached\nverdict: extract", fillcolor="#eeeeee"];
              "codegen@1.0.9" [label="codegen 1.0.9\n1 of 1 functions (100%)\nin macro, proc macro\nverdict: keep", fillcolor="#4f97d0"];
              "parse@1.0.0" [label="parse 1.0.0\n1 of 2 functions (50.0%)\nin build", fillcolor="#a9cdec"];
              "parse@2.0.0" [label="parse 2.0.0\n1 of 2 functions (50.0%)\nin macro", fillcolor="#a9cdec"];
              "app@0.1.0" -> "finder@1.11.0" [label="2", penwidth=1.5, weight=3];
              "app@0.1.0" -> "idle@0.3.0" [style=dashed, penwidth=0.5, weight=1];
              "app@0.1.0" -> "kinds@0.1.2" [style=dashed, penwidth=0.5, weight=1];
              "app@0.1.0" -> "codegen@1.0.9" [style=dashed, penwidth=0.5, weight=1];
              "finder@1.11.0" -> "bytes-util@2.7.4" [label="1", penwidth=1.0, weight=2];
              "finder@1.11.0" -> "parse@1.0.0" [label="1", penwidth=1.0, weight=2];
              "codegen@1.0.9" -> "parse@2.0.0" [label="1", penwidth=1.0, weight=2];
            }
        "##]].assert_eq(&dot(&small(), None));
    }

    #[test]
    fn deeper_crates_are_counted() {
        let text = dot(&small(), Some(1));
        assert!(text.contains("\\l3 deeper crates not drawn\\l"), "{text}");
        assert!(!text.contains("bytes-util"), "{text}");
    }

    #[test]
    fn names_cannot_leave_their_strings() {
        let mut sample = Sample::new();
        let bad = "a\"]; x -> y [label=\"\\N\\";
        let lib = sample.library(bad, "1.0.0-&lt;\n\u{202e}", 0, Domains::RUN);
        sample.function(lib, "a::f", Status::Used);
        let text = dot(&sample.analysis, None);
        let line = text
            .lines()
            .find(|line| line.starts_with("  \"a\\"))
            .unwrap();
        expect![[r##"  "a\"]; x -> y [label=\"\\N\\@1.0.0-&amp;lt;\\u{a}\\u{202e}" [label="a\"]; x -> y [label=\"\\N\\ 1.0.0-&amp;lt;\\u{a}\\u{202e}\n1 of 1 functions (100%)\nverdict: keep", fillcolor="#4f97d0"];"##]]
        .assert_eq(line);
        // Two versions that differ in their source only are two nodes.
        let lib = sample.library(bad, "1.0.0-&lt;\n\u{202e}", 0, Domains::RUN);
        sample.function(lib, "a::f", Status::Used);
        let text = dot(&sample.analysis, None);
        assert_eq!(
            text.lines()
                .filter(|line| line.contains(" [label=\"a\\"))
                .count(),
            2
        );
        assert!(text.contains("#2\" [label"), "{text}");
    }

    #[test]
    fn thickness_grows_with_every_doubling() {
        let widths = [0, 1, 2, 4, 1000].map(|items| {
            let edge = GraphEdge {
                from: 0,
                to: 1,
                items,
            };
            weight(edge)
        });
        expect![[r#"
            style=dashed, penwidth=0.5, weight=1
            label="1", penwidth=1.0, weight=2
            label="2", penwidth=1.5, weight=3
            label="4", penwidth=2.0, weight=4
            label="1,000", penwidth=5.5, weight=11"#]]
        .assert_eq(&widths.join("\n"));
    }

    #[test]
    fn shades_reach_from_nothing_to_all() {
        let of = |used| {
            shade(Counts {
                used,
                unknown: 0,
                unused: 1000 - used,
                total: 1000,
            })
        };
        assert_eq!(of(0), SHADES[0]);
        assert_eq!(of(500), SHADES[2]);
        assert_eq!(of(1000), SHADES[4]);
    }
}
