//! Tests of the marker parser and of the comparison.

use super::*;

fn markers(text: &str) -> Vec<Marker> {
    let (mut markers, mut wrong) = (Vec::new(), Vec::new());
    parse(Utf8Path::new("/f/lib.rs"), text, &mut markers, &mut wrong);
    assert_eq!(wrong, [""; 0]);
    markers
}

fn row(line: u32, path: &str, status: &str) -> Listed {
    let domains = if status == "used" {
        vec!["run".to_owned()]
    } else {
        Vec::new()
    };
    let (file, path, status) = ("/f/lib.rs".into(), path.into(), status.into());
    Listed {
        file,
        line,
        path,
        status,
        domains,
        origin: "source".into(),
        ..Listed::default()
    }
}

#[test]
fn parses_plain_markers() {
    let found = markers(
        "fn a() {} //~ used: by main\n\npub fn b() {} //~ used[run,build]: both\n    fn $x() {} //~ const: y",
    );
    let short: Vec<_> = found
        .iter()
        .map(|m| (m.line, m.name.as_str(), m.expectation, m.domain.len()))
        .collect();
    assert_eq!(
        short,
        [
            (1, "a", Expectation::Used, 0),
            (3, "b", Expectation::Used, 2),
            (4, "", Expectation::Const, 0)
        ]
    );
    assert_eq!(found[0].why, "by main");
}

#[test]
fn parses_entries() {
    let found = markers("#[derive(Clone, Debug)] //~ derive: +Clone::clone -Debug::fmt -- why not");
    let short: Vec<_> = found
        .iter()
        .map(|m| (m.name.as_str(), m.expectation))
        .collect();
    assert_eq!(
        short,
        [
            ("Clone::clone", Expectation::Used),
            ("Debug::fmt", Expectation::Unused)
        ]
    );
    assert!(
        found
            .iter()
            .all(|m| m.origin == Some("derive") && m.why == "why not")
    );
}

#[test]
fn reports_malformed_markers() {
    for text in [
        "//~ used",
        "//~ used:  ",
        "//~ maybe: x",
        "//~ used[ship]: x",
        "//~ each: +a",
        "//~ derive: a -- x",
    ] {
        let (mut found, mut wrong) = (Vec::new(), Vec::new());
        parse(Utf8Path::new("f"), text, &mut found, &mut wrong);
        assert_eq!((found.len(), wrong.len()), (0, 1), "{text}");
    }
}

#[test]
fn agrees_and_disagrees() {
    let wanted = markers(
        "fn a() {} //~ used: x\nfn b() {} //~ unused: x\nfn c() {} //~ none: x\nfn d(); //~ decl: x",
    );
    assert_eq!(
        check(&wanted, &[row(1, "k::a", "used"), row(2, "k::b", "unused")]),
        [""; 0]
    );
    let wrong = check(
        &wanted,
        &[
            row(2, "k::b", "used"),
            row(3, "k::c", "unused"),
            row(9, "k::e", "used"),
        ],
    );
    assert_eq!(
        wrong.len(),
        4,
        "a missing, b used, c listed, e unmarked: {wrong:#?}"
    );
}

#[test]
fn tells_unknown_from_unused() {
    let wanted = markers("fn a() {} //~ reached: x\nfn b() {} //~ unknown: not expanded");
    let mut rows = [row(1, "k::a", "unknown"), row(2, "k::b", "unknown")];
    assert_eq!(check(&wanted, &rows).len(), 1, "b has no reason yet");
    rows[1].reason = Some("macro not expanded".into());
    assert_eq!(check(&wanted, &rows), [""; 0]);
    rows[0].status = "unused".into();
    assert_eq!(check(&wanted, &rows).len(), 1);
}

#[test]
fn compares_domains_and_compile_time() {
    let wanted = markers("fn a() {} //~ used[build,macro]: x\nfn b() {} //~ const: x");
    let mut rows = [row(1, "k::a", "used"), row(2, "k::b", "used")];
    assert_eq!(check(&wanted, &rows).len(), 2);
    rows[0].domains = vec!["macro".into(), "build".into()];
    rows[1].const_only = true;
    assert_eq!(check(&wanted, &rows), [""; 0]);
}

#[test]
fn matches_entries_by_trait() {
    let wanted = markers("#[derive(Debug)] //~ derive: +Debug::fmt -- x");
    let mut debug = row(1, "<k::T as core::fmt::Debug>::fmt", "used");
    debug.origin = "derive".into();
    let mut helper = row(
        1,
        "<k::T as core::cmp::Eq>::assert_receiver_is_total_eq",
        "unused",
    );
    helper.origin = "derive".into();
    assert_eq!(check(&wanted, &[debug.clone(), helper]), [""; 0]);
    debug.path = "<k::Debugger as core::fmt::Display>::fmt".into();
    assert_eq!(
        check(&wanted, &[debug]).len(),
        2,
        "the wanted one is missing, this one unmarked"
    );
}

#[test]
fn leaves_generated_files_alone() {
    let mut made = row(1, "k::made", "used");
    made.file = "/t/debug/build/k-0123456789abcdef/out/made.rs".into();
    assert_eq!(check(&[], &[made.clone()]), [""; 0]);
    made.file = "/target/out/k/src/lib.rs".into();
    assert_eq!(check(&[], &[made]).len(), 1);
}

#[test]
fn names_the_function_of_a_line() {
    for (line, name) in [
        ("pub fn a() {}", "a"),
        ("unsafe extern \"C\" fn b(f: fn (u32)) {}", "b"),
        ("fn r#try() {}", "try"),
        ("#[derive(Debug)]", ""),
        ("    fn $name() {}", ""),
        ("pub fn c<F: Fn (u32)>(often fn_x: F) {}", "c"),
    ] {
        assert_eq!(function_name(line), name, "{line}");
    }
}

/// Every marker of every fixture is well formed.
#[test]
fn fixtures_are_well_formed() {
    let fixtures = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut count = 0;
    for entry in fixtures.read_dir_utf8().expect("fixtures") {
        let entry = entry.expect("entry");
        if !entry.path().join("Cargo.toml").is_file() {
            continue;
        }
        let (markers, wrong) = load(entry.path()).expect("readable sources");
        assert_eq!(wrong, [""; 0]);
        count += markers.len();
        flags(entry.path()).expect("a root manifest");
    }
    assert!(count > 600, "{count} markers");
}
