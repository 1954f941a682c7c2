//! The command line, run in-process on a made-up analysis.

use std::cell::RefCell;

use expect_test::{Expect, expect};

use super::*;
use crate::model::Domains;
use crate::options::ExecPolicy;
use crate::sample::small;

struct Ran {
    code: u8,
    out: String,
    err: String,
    /// What the analysis was asked for, if it was.
    options: Option<Options>,
}

fn whittle_in(
    terminal: Terminal,
    line: &str,
    analysis: fn() -> crate::error::Result<Analysis>,
) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let asked = RefCell::new(None);
    let analyze = |options: &Options, progress: &dyn Fn(&str)| {
        *asked.borrow_mut() = Some(options.clone());
        progress("walking");
        analysis()
    };
    let args = ["cargo-whittle"]
        .into_iter()
        .chain(line.split_whitespace())
        .map(OsString::from);
    let outcome = run_in(terminal, args, &analyze, &mut out, &mut err);
    Ran {
        code: outcome.code(),
        out: String::from_utf8(out).unwrap(),
        err: String::from_utf8(err).unwrap(),
        options: asked.into_inner(),
    }
}

fn whittle(line: &str) -> Ran {
    whittle_in(Terminal::default(), line, || Ok(small()))
}

fn options(line: &str) -> Options {
    let ran = whittle(line);
    ran.options.unwrap_or_else(|| panic!("{line}: {}", ran.err))
}

fn check_error(line: &str, expected: &Expect) {
    let ran = whittle(line);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    expected.assert_eq(&ran.err);
}

#[test]
fn without_a_command_it_reports() {
    let report = whittle("report");
    assert_eq!(report.code, 0);
    assert!(report.out.contains("run: what ships"), "{}", report.out);
    assert_eq!(report.err, "");
    for line in ["", "whittle", "whittle report", "--sort used --color never"] {
        assert_eq!(whittle(line).out, report.out, "{line}");
    }
}

#[test]
fn formats() {
    let json: serde_json::Value = serde_json::from_str(&whittle("--format json").out).unwrap();
    assert_eq!(json["format"], "whittle-report");
    assert!(
        whittle("report --format markdown")
            .out
            .contains("| crate |")
    );
    assert!(
        whittle("list")
            .out
            .starts_with("{\"format\":\"whittle-items\",\"version\":1,")
    );
    let json: serde_json::Value = serde_json::from_str(&whittle("list --format json").out).unwrap();
    assert_eq!(json["items"][0]["crate"], "finder");
    let json: serde_json::Value =
        serde_json::from_str(&whittle("why finder --format json").out).unwrap();
    assert_eq!(json["format"], "whittle-why");
}

#[test]
fn list_filters() {
    let lines = |line: &str| {
        whittle(&format!("list --format table {line}"))
            .out
            .lines()
            .count()
            - 1
    };
    assert_eq!(lines(""), 16);
    assert_eq!(lines("--crate parse"), 4);
    assert_eq!(lines("--crate parse@2.0.0,idle"), 3);
    assert_eq!(lines("--status used --crate finder"), 3);
    assert_eq!(lines("--kind type"), 1);
    assert_eq!(lines("--kind all"), 17);
    assert_eq!(lines("--kind method,associated_function"), 3);
}

#[test]
fn why_exits_with_one_for_no() {
    assert_eq!(whittle("why finder").code, 0);
    assert_eq!(whittle("why idle").code, 1);
    assert_eq!(whittle("why table::lookup").code, 1);
    assert_eq!(whittle("why find_all --format json").code, 1);
}

#[test]
fn errors_are_two_lines() {
    check_error(
        "why fnider",
        &expect![[r#"
        error: `fnider` names no crate and no item of the dependency tree
          help: did you mean `finder`, `Finder`?
    "#]],
    );
    check_error(
        "list --crate parse@3.0.0",
        &expect![[r#"
        error: `parse@3.0.0` names no crate and no item of the dependency tree
          help: did you mean `parse@1.0.0`, `parse@2.0.0`?
    "#]],
    );
    let failed = whittle_in(Terminal::default(), "", || {
        Err(Error::Metadata("first\nsecond \x1b[31m\n".to_owned()))
    });
    assert_eq!(failed.code, 2);
    expect![[r#"
        error: cargo could not resolve the workspace: first
            second \u{1b}[31m
          help: make `cargo metadata` succeed in the workspace first
    "#]]
    .assert_eq(&failed.err);
}

#[test]
fn bad_usage_exits_with_two() {
    let lines = [
        "nonsense",
        "--format yaml",
        "--exclude a",
        "--release --profile dev",
        "why",
        "list --kind thing",
        "--bin rg list",
        "-q -v",
        "calibrate --exec never",
        "calibrate --exec sandbox",
        "--allow-exec a@1.0.0",
        "calibrate --min-recall 101",
        "-j 0",
        "man nothing",
    ];
    for line in lines {
        let ran = whittle(line);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{line}");
        assert!(ran.err.starts_with("error: "), "{line}: {}", ran.err);
    }
}

#[test]
fn usage_errors_write_control_characters_out() {
    for color in [false, true] {
        let args = ["cargo-whittle", "--format", "\u{1b}[2J\rx"].map(OsString::from);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let terminal = Terminal {
            color_err: color,
            ..Terminal::default()
        };
        let analyze = |_: &Options, _: &dyn Fn(&str)| Ok(small());
        let outcome = run_in(terminal, args.into_iter(), &analyze, &mut out, &mut err);
        let err = String::from_utf8(err).unwrap();
        assert_eq!(outcome, Outcome::Failed);
        // Clap drops whole escape sequences itself where there is no color.
        assert!(
            err.contains(r"\u{d}x'") && !err.contains(['\u{1b}', '\r']),
            "{err:?}"
        );
    }
    // Colors of its own stay.
    assert_eq!(without_colors("\u{1b}[1;31ma\u{1b}[0m"), "a");
}

#[test]
fn cargo_selection_flags() {
    let given = "--manifest-path a/Cargo.toml -p a --package b --workspace --exclude c --lib --bins \
         --bin d --examples --example e --tests --test f --benches --bench g --all-targets \
         -F h,i --features j --all-features --no-default-features --target k -r --locked \
         --offline --frozen -j 3 --std-src /s --exec never --domain run,dev \
         --no-cache --allow-exec l@1.0.0#0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let Options {
        selection: s,
        exec,
        limits,
        domains,
        std_src,
        threads,
        no_cache,
        probe,
        understand,
        start,
        allow,
        all_macros,
    } = options(given);
    assert!(
        !all_macros
            && probe.is_empty()
            && start.is_empty()
            && understand == crate::options::Understand::Nothing
            && no_cache
    );
    assert_eq!(allow[0].name, "l");
    assert_eq!(s.manifest_path.unwrap(), "a/Cargo.toml");
    assert_eq!(
        (s.packages, s.exclude),
        (vec!["a".into(), "b".into()], vec!["c".into()])
    );
    assert_eq!((s.bin, s.example), (vec!["d".into()], vec!["e".into()]));
    assert_eq!((s.test, s.bench), (vec!["f".into()], vec!["g".into()]));
    assert_eq!(s.features, ["h", "i", "j"]);
    assert_eq!(s.target.as_deref(), Some("k"));
    assert!(s.workspace && s.lib && s.bins && s.examples && s.tests && s.benches);
    assert!(s.all_targets && s.all_features && s.no_default_features && s.release);
    assert!(s.locked && s.offline && s.frozen && s.profile.is_none());
    assert_eq!(
        (exec, domains),
        (ExecPolicy::Never, Domains::RUN | Domains::DEV)
    );
    assert_eq!(limits, crate::sandbox::Limits::default());
    assert_eq!(
        (std_src.unwrap().as_str(), threads.unwrap().get()),
        ("/s", 3)
    );
    assert_eq!(
        options("list --profile bench").selection.profile.as_deref(),
        Some("bench")
    );
}

#[test]
fn defaults_are_those_of_the_library() {
    let given = options("");
    let default = Options::default();
    assert_eq!((given.exec, given.domains), (default.exec, default.domains));
    assert_eq!(options("--tests").domains, default.domains | Domains::DEV);
    assert_eq!(
        options("--example x").domains,
        default.domains | Domains::DEV
    );
    assert_eq!(options("--all-targets --domain run").domains, Domains::RUN);
}

#[test]
fn help_teaches_and_fits() {
    for line in [
        "--help",
        "help why",
        "help list",
        "list --help",
        "calibrate --help",
        "--version",
    ] {
        let help = whittle(line);
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{line}");
        let longest = help.out.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(100), "{line}: {}", help.out);
    }
    let help = whittle("--help").out;
    for word in [
        "Examples:",
        "Exit codes:",
        "why",
        "--manifest-path",
        "--sort",
    ] {
        assert!(help.contains(word), "{word} not in {help}");
    }
}

#[test]
fn man_and_completions() {
    for (line, word) in [
        ("man", ".TH cargo-whittle 1"),
        ("man list", ".TH cargo-whittle-list 1"),
        ("completions bash", "default cargo-whittle\n"),
        ("completions zsh", "#compdef cargo-whittle"),
        ("completions fish", "complete -c cargo-whittle"),
    ] {
        let ran = whittle(line);
        assert_eq!(ran.code, 0, "{line}");
        assert!(ran.out.contains(word), "{line}: {}", ran.out);
        assert!(ran.options.is_none(), "{line}");
    }
}

#[test]
fn color_and_progress() {
    let terminal = Terminal {
        color_out: true,
        color_err: true,
        progress: true,
        github: false,
        ascii: false,
    };
    let run = |line| whittle_in(terminal, line, || Ok(small()));
    assert!(run("").out.contains('\x1b'));
    assert!(!run("--color never").out.contains('\x1b'));
    assert!(whittle("--color always").out.contains('\x1b'));
    assert!(run("").err.contains("walking") && run("").err.ends_with("\x1b[2K"));
    assert_eq!(run("-q").err, "");
    assert_eq!(whittle("-v").err, "walking\n");
    assert!(!run("--format json").out.contains('\x1b'));
}

/// Fails with a kind of error after some bytes.
struct Breaking(usize, io::ErrorKind);

impl Write for Breaking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(self.1.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_broken_pipe_is_no_error() {
    let run_into = |out: &mut dyn Write, line: &str| {
        let args = ["cargo-whittle"]
            .into_iter()
            .chain(line.split_whitespace())
            .map(OsString::from);
        let mut err = Vec::new();
        let outcome = run(args, &|_, _| Ok(small()), out, &mut err);
        (outcome.code(), String::from_utf8(err).unwrap())
    };
    for line in [
        "",
        "list",
        "why idle",
        "--format json",
        "--help",
        "man",
        "completions bash",
    ] {
        let mut pipe = Breaking(20, io::ErrorKind::BrokenPipe);
        assert_eq!(run_into(&mut pipe, line), (0, String::new()), "{line}");
    }
    let mut full = Breaking(20, io::ErrorKind::StorageFull);
    let (code, err) = run_into(&mut full, "list");
    assert_eq!(code, 2);
    assert!(err.starts_with("error: cannot write the output: "), "{err}");
}
