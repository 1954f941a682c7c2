//! What is reached, in the format of coverage tools (LCOV trace files), so that their viewers
//! show it in the sources of dependencies.
//!
//! A file holds functions (`FN`, `FNDA`) and the lines in them (`DA`), 1 when reached and 0
//! when not: reached from the roots, not executed. A line outside of functions has no entry.
//! Neither has an unknown function or line, because the format has no third value: viewers show
//! it like a comment, neither as covered nor as missed. What is left out is counted and told.
//!
//! The lines are those of `annotate.rs`, over all analyzed domains: reached in any of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};

use crate::annotate::{SourceFile, annotate, status_in_any};
use crate::model::{Analysis, Domain, Origin, Status};

use super::text::{plural, sanitize};

/// A prefix of paths and what to write for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remap {
    pub from: Utf8PathBuf,
    pub to: Utf8PathBuf,
}

/// `FROM=TO`, as rustc's `--remap-path-prefix` takes it.
impl std::str::FromStr for Remap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once('=') {
            Some((from, to)) if !from.is_empty() => Ok(Self {
                from: from.into(),
                to: to.into(),
            }),
            _ => Err("it must be FROM=TO".to_owned()),
        }
    }
}

/// What has no place in a trace file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut {
    pub unknown_functions: u64,
    /// Files that a build script or macro made and that are not on the disk: viewers stop there.
    pub missing_files: u64,
    /// Files with a control character in their path, which would be read as a record.
    pub unwritable_files: u64,
}

impl LeftOut {
    /// For the reader, a sentence each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.unknown_functions > 0 {
            notes.push(format!(
                "{} neither covered nor missed here: the format has no word for unknown",
                match self.unknown_functions {
                    1 => "1 unknown function is".to_owned(),
                    more => plural(more, "", "unknown functions are"),
                }
            ));
        }
        for (number, why) in [
            (self.missing_files, "not on the disk"),
            (
                self.unwritable_files,
                "whose path has a character that the format cannot hold",
            ),
        ] {
            if number > 0 {
                let files = plural(number, "source file", "source files");
                notes.push(format!("left out: {files} {why}"));
            }
        }
        notes
    }
}

/// Writes the functions of dependencies, file by file. `on_disk` says whether a file is there.
///
/// # Errors
/// Those of `out`.
pub fn write(
    analysis: &Analysis,
    remaps: &[Remap],
    on_disk: &dyn Fn(&Utf8Path) -> bool,
    out: &mut dyn Write,
) -> io::Result<LeftOut> {
    let mut left_out = LeftOut::default();
    let name = test_name(analysis);
    let files = annotate(analysis, analysis.options_domains);
    // Functions of std's macros stand in std.
    let in_std = |file: &Utf8Path| file.starts_with(&analysis.project.std_src.root);
    for source in files.iter().filter(|source| !in_std(source.file)) {
        let functions = functions(analysis, source);
        if functions.is_empty() {
            continue;
        }
        let path = remapped(source.file, remaps);
        if sanitize(path.as_str()) != path.as_str() {
            left_out.unwritable_files += 1;
        } else if !on_disk(source.file) {
            left_out.missing_files += 1;
        } else {
            let unknown = functions
                .values()
                .filter(|&&status| status == Status::Unknown);
            left_out.unknown_functions += unknown.count() as u64;
            record(&name, &path, &functions, source, out)?;
        }
    }
    Ok(left_out)
}

/// By line and path. Two items of one line and path are one function, compiled twice.
type Functions<'a> = BTreeMap<(u32, &'a str), Status>;

fn functions<'a>(analysis: &'a Analysis, source: &SourceFile<'_>) -> Functions<'a> {
    let mut functions = Functions::new();
    for start in source.starts.iter().filter(|start| !start.is_call) {
        let Some(item) = analysis.items.get(start.item) else {
            continue;
        };
        let shown = item.kind.is_function() && item.counted && item.origin != Origin::Derive;
        let status = status_in_any(item, analysis.options_domains);
        if let Some(status) = status.filter(|_| shown) {
            let key = (start.line, item.path.as_str());
            // Used before unknown before unused, which is their order.
            let best = functions.entry(key).or_insert(status);
            *best = status.min(*best);
        }
    }
    functions
}

fn record(
    name: &str,
    path: &Utf8Path,
    functions: &Functions<'_>,
    source: &SourceFile<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "TN:{name}\nSF:{path}")?;
    let functions = named(functions);
    for (line, name, _) in &functions {
        writeln!(out, "FN:{line},{name}")?;
    }
    for (_, name, reached) in &functions {
        writeln!(out, "FNDA:{},{name}", u8::from(*reached))?;
    }
    let hit = functions.iter().filter(|(.., reached)| *reached).count();
    writeln!(out, "FNF:{}\nFNH:{hit}", functions.len())?;

    let lines = source.lines();
    let lines: Vec<(u32, bool)> = lines
        .filter_map(|(line, status)| Some((line, reached(status)?)))
        .collect();
    for (line, reached) in &lines {
        writeln!(out, "DA:{line},{}", u8::from(*reached))?;
    }
    let hit = lines.iter().filter(|(_, reached)| *reached).count();
    writeln!(out, "LF:{}\nLH:{hit}\nend_of_record", lines.len())
}

fn reached(status: Status) -> Option<bool> {
    match status {
        Status::Used => Some(true),
        Status::Unused => Some(false),
        Status::Unknown => None,
    }
}

/// Names that readers can tell apart: they cut a name at a comma, and take two functions of one
/// name for one.
fn named(functions: &Functions<'_>) -> Vec<(u32, String, bool)> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let known = functions
        .iter()
        .filter_map(|(&(line, path), &status)| Some((line, path, reached(status)?)));
    known
        .map(|(line, path, reached)| {
            let plain = sanitize(path).replace(',', ";");
            let mut name = plain.clone();
            let mut number = line;
            while !seen.insert(name.clone()) {
                name = format!("{plain} (line {number})");
                number += 1;
            }
            (line, name, reached)
        })
        .collect()
}

/// The last one that fits, as rustc does it.
fn remapped(file: &Utf8Path, remaps: &[Remap]) -> Utf8PathBuf {
    let fitting = remaps
        .iter()
        .rev()
        .find_map(|remap| Some(remap.to.join(file.strip_prefix(&remap.from).ok()?)));
    fitting.unwrap_or_else(|| file.to_owned())
}

/// What the answer is relative to, in the characters that a test's name may have.
fn test_name(analysis: &Analysis) -> String {
    let project = &analysis.project;
    let domains: Vec<&str> = analysis
        .options_domains
        .iter()
        .map(Domain::as_str)
        .collect();
    let name = format!(
        "whittle_{}_{}_{}_{}",
        domains.join("_"),
        project.toolchain.target,
        project.profile,
        project.features
    );
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().take(200).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::model::Domains;
    use crate::sample::{Sample, small};

    fn lcov(analysis: &Analysis, remaps: &[&str]) -> (String, LeftOut) {
        let remaps: Vec<Remap> = remaps.iter().map(|text| text.parse().unwrap()).collect();
        let mut out = Vec::new();
        let left_out = write(analysis, &remaps, &|_| true, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), left_out)
    }

    /// Ten lines each are tiring to read.
    fn shortened(mut analysis: Analysis) -> Analysis {
        for item in &mut analysis.items {
            item.lines = 2;
        }
        analysis
    }

    #[test]
    fn functions_and_lines() {
        let (text, left_out) = lcov(&shortened(small()), &[]);
        expect![[r#"
            TN:whittle_run_build_macro_x86_64_unknown_linux_gnu_dev_default
            SF:/registry/finder-1.11.0/src/lib.rs
            FN:1,finder::Finder::new
            FN:21,<finder::Finder as finder::Search>::find
            FN:41,finder::Finder::find_all
            FN:81,finder::limits::max_u8
            FN:101,build_script_build::main
            FNDA:1,finder::Finder::new
            FNDA:1,<finder::Finder as finder::Search>::find
            FNDA:0,finder::Finder::find_all
            FNDA:0,finder::limits::max_u8
            FNDA:1,build_script_build::main
            FNF:5
            FNH:3
            DA:1,1
            DA:2,1
            DA:21,1
            DA:22,1
            DA:41,0
            DA:42,0
            DA:81,0
            DA:82,0
            DA:101,1
            DA:102,1
            LF:10
            LH:6
            end_of_record
            TN:whittle_run_build_macro_x86_64_unknown_linux_gnu_dev_default
            SF:/registry/bytes-util-2.7.4/src/lib.rs
            FN:1,bytes_util::scan
            FN:21,bytes_util::rescan
            FNDA:1,bytes_util::scan
            FNDA:0,bytes_util::rescan
            FNF:2
            FNH:1
            DA:1,1
            DA:2,1
            DA:21,0
            DA:22,0
            LF:4
            LH:2
            end_of_record
            TN:whittle_run_build_macro_x86_64_unknown_linux_gnu_dev_default
            SF:/registry/idle-0.3.0/src/lib.rs
            FN:1,idle::sleep
            FNDA:0,idle::sleep
            FNF:1
            FNH:0
            DA:1,0
            DA:2,0
            LF:2
            LH:0
            end_of_record
            TN:whittle_run_build_macro_x86_64_unknown_linux_gnu_dev_default
            SF:/registry/kinds-0.1.2/src/lib.rs
            FN:1,kinds::Kind::new
            FNDA:0,kinds::Kind::new
            FNF:1
            FNH:0
            DA:1,0
            DA:2,0
            LF:2
            LH:0
            end_of_record
            TN:whittle_run_build_macro_x86_64_unknown_linux_gnu_dev_default
            SF:/registry/codegen-1.0.9/src/lib.rs
            FN:1,codegen::derive_thing
            FNDA:1,codegen::derive_thing
            FNF:1
            FNH:1
            DA:1,1
            DA:2,1
            LF:2
            LH:2
            end_of_record
            TN:whittle_run_build_macro_x86_64_unknown_linux_gnu_dev_default
            SF:/registry/parse-1.0.0/src/lib.rs
            FN:1,parse::parse
            FN:21,parse::print
            FNDA:1,parse::parse
            FNDA:0,parse::print
            FNF:2
            FNH:1
            DA:1,1
            DA:2,1
            DA:21,0
            DA:22,0
            LF:4
            LH:2
            end_of_record
            TN:whittle_run_build_macro_x86_64_unknown_linux_gnu_dev_default
            SF:/registry/parse-2.0.0/src/lib.rs
            FN:1,parse::parse
            FN:21,parse::print
            FNDA:1,parse::parse
            FNDA:0,parse::print
            FNF:2
            FNH:1
            DA:1,1
            DA:2,1
            DA:21,0
            DA:22,0
            LF:4
            LH:2
            end_of_record
        "#]]
        .assert_eq(&text);
        assert_eq!(left_out.unknown_functions, 1);
        expect!["1 unknown function is neither covered nor missed here: the format has no word for unknown"].assert_eq(&left_out.notes().join("\n"));
    }

    #[test]
    fn an_unknown_line_is_neither_covered_nor_missed() {
        let mut sample = Sample::new();
        let lib = sample.library("lib", "1.0.0", 0, Domains::RUN);
        let outer = sample.function(lib, "lib::outer", Status::Unused);
        let unknown = sample.function(lib, "lib::outer::hazy", Status::Unknown);
        let used = sample.function(lib, "lib::outer::hazy::clear", Status::Used);
        for (item, line, lines) in [(outer, 1, 6), (unknown, 2, 4), (used, 3, 1)] {
            sample.item(item).line = line;
            sample.item(item).lines = lines;
        }
        let (text, _) = lcov(&sample.analysis, &[]);
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("DA:"))
            .collect();
        assert_eq!(lines, ["DA:1,0", "DA:3,1", "DA:6,0"]);
        assert!(!text.contains("hazy\n"), "{text}");
    }

    #[test]
    fn names_that_readers_would_take_for_one_are_told_apart() {
        let mut sample = Sample::new();
        let lib = sample.library("lib", "1.0.0", 0, Domains::RUN);
        sample.function(lib, "<lib::Map<K, V> as lib::A>::f", Status::Used);
        sample.function(lib, "<lib::Map<K, V> as lib::A>::f", Status::Unused);
        sample.function(lib, "<lib::Map<K, W> as lib::A>::f", Status::Unused);
        sample.function(lib, "lib::end\nend_of_record\nTN:x", Status::Used);
        let (text, _) = lcov(&sample.analysis, &[]);
        let functions: Vec<&str> = text.lines().filter(|line| line.starts_with("FN")).collect();
        expect![[r#"
            FN:1,<lib::Map<K; V> as lib::A>::f
            FN:21,<lib::Map<K; V> as lib::A>::f (line 21)
            FN:41,<lib::Map<K; W> as lib::A>::f
            FN:61,lib::end\u{a}end_of_record\u{a}TN:x
            FNDA:1,<lib::Map<K; V> as lib::A>::f
            FNDA:0,<lib::Map<K; V> as lib::A>::f (line 21)
            FNDA:0,<lib::Map<K; W> as lib::A>::f
            FNDA:1,lib::end\u{a}end_of_record\u{a}TN:x
            FNF:4
            FNH:2"#]]
        .assert_eq(&functions.join("\n"));
        assert_eq!(text.matches("end_of_record\n").count(), 1);
    }

    #[test]
    fn paths_are_mapped_and_never_end_a_record() {
        let mut sample = Sample::new();
        let lib = sample.library("lib", "1.0.0", 0, Domains::RUN);
        let bad = sample.function(lib, "lib::bad", Status::Used);
        sample.item(bad).file = "/registry/lib-1.0.0/src/a\nend_of_record".into();
        sample.function(lib, "lib::good", Status::Used);
        let remaps = ["/registry=vendor", "/registry/lib=other", "/nowhere=x"];
        let (text, left_out) = lcov(&sample.analysis, &remaps);
        let files: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("SF:"))
            .collect();
        assert_eq!(files, ["SF:vendor/lib-1.0.0/src/lib.rs"]);
        assert_eq!(left_out.unwritable_files, 1);
        assert_eq!(
            "a=b=c".parse(),
            Ok(Remap {
                from: "a=b".into(),
                to: "c".into()
            })
        );
        assert!("ab".parse::<Remap>().is_err());
    }

    #[test]
    fn what_is_not_compiled_in_the_analyzed_domains_is_not_missed() {
        let mut analysis = small();
        analysis.options_domains = Domains::MACRO;
        let (text, _) = lcov(&analysis, &[]);
        let files: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("SF:"))
            .collect();
        assert_eq!(
            files,
            [
                "SF:/registry/codegen-1.0.9/src/lib.rs",
                "SF:/registry/parse-2.0.0/src/lib.rs"
            ]
        );
    }
}
