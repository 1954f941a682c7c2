//! All formats of one report: what people read, and that nothing raw gets through.

use expect_test::expect;

use super::table;
use crate::advisories::tests::{advisory, open, probe, sample};
use crate::advisories::{Format, Stamp, assess, write};
use crate::report::paint::Paint;

#[test]
fn the_table_reads_well_and_holds_no_escape() {
    let mut sample = sample();
    probe(&mut sample, 1, &[], &[]);
    let plain = "[versions]\npatched = [\">= 2.0.0\"]\n[affected.functions]\n";
    let of = |id: &str, more: &str, title: &str| {
        advisory(id, "dep", more).replace("Something is wrong", title)
    };
    let database = open(&[
        (
            "dep/RUSTSEC-2026-0001.md",
            &of("RUSTSEC-2026-0001", &format!("{plain}\"dep::used\" = []"), "Overflow\u{1b}]0;x\u{7}\u{202e}"),
        ),
        (
            "dep/RUSTSEC-2026-0002.md",
            &of("RUSTSEC-2026-0002", &format!("informational = \"unsound\"\n{plain}\"dep::idle\" = []"), "Unsound"),
        ),
        (
            "dep/RUSTSEC-2026-0003.md",
            &of("RUSTSEC-2026-0003", "aliases = [\"CVE-2026-3\"]\n[versions]\npatched = []\n[affected]\nos = [\"windows\"]", "Race"),
        ),
        ("far/x.md", "\u{1b}[2J"),
    ])
    .unwrap();
    let report = assess(&sample.analysis, &[], &database, false).unwrap();
    let mut out = Vec::new();
    table(&report, &sample.analysis, Paint::default(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    expect![[r#"
        REACHED  RUSTSEC-2026-0001 in dep 1.0.0
          Overflow\u{1b}]0;x\u{7}\u{202e}
          `dep::used` is reached
            main      app::main  src/main.rs:3
            call      dep::used  src/main.rs:4
          Update dep to >=2.0.0.

        UNKNOWN  RUSTSEC-2026-0003 in dep 1.0.0  (CVE-2026-3)
          Race
          the advisory says: only on windows; the analyzed target is not one of these, and the verdict does
          not depend on it
          the advisory lists no functions; 1 of 3 functions of the crate are reached
          No patched version of dep is known: replace it.

        NOT REACHED  RUSTSEC-2026-0002 in dep 1.0.0  (informational: unsound)
          Unsound
          1 listed path and what they call within the crate: found, none of it reached

        3 advisories, the newest of 2026-03-04
        app@0.1.0 bin app: domains run, build, macro, features default, x86_64-unknown-linux-gnu, profile
        dev
        not read: crates/far/x.md: it does not begin with a block of TOML
        not read: none of these is about a package of this tree
        3 advisories here (1 informational): 1 reached, 0 reached indirectly, 1 unknown, 1 not reached
    "#]].assert_eq(&text);
    for format in [
        Format::Json,
        Format::OpenVex,
        Format::CycloneDx,
        Format::Sarif,
    ] {
        let mut out = Vec::new();
        write(&report, &sample.analysis, format, Stamp(0), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let raw = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!text.contains(raw), "{format:?}");
        assert!(
            text.contains("Overflow\\u001b]0;x\\u0007\\u202e"),
            "{format:?}: {text}"
        );
    }
}
