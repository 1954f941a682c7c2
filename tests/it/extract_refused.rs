//! What `cargo whittle extract` refuses: each row is a dependency, the package that uses it, and
//! the reasons that the tool must give. It exits with 1 and touches nothing.

use std::fs;

use camino::Utf8Path;
use serde_json::Value;

use crate::extract::Case;

/// What differs from a small package that uses a small dependency.
#[derive(Default)]
struct Row {
    name: &'static str,
    /// The dependency's `src/lib.rs`.
    dep: &'static str,
    /// The package's.
    app: &'static str,
    /// Of the dependency.
    license: &'static str,
    /// Where they are not 2021.
    dep_edition: &'static str,
    app_edition: &'static str,
    /// At the end of the manifests.
    dep_toml: &'static str,
    app_toml: &'static str,
    /// Further files: path and text.
    files: &'static [(&'static str, &'static str)],
    arguments: &'static [&'static str],
    reasons: &'static [&'static str],
    /// Part of what the first refusal is about.
    what: &'static str,
}

const LICENSE: &str = include_str!("../../fixtures/extract/all-targets/before/dep/LICENSE");
/// Advice is by what is refused, not by figures.
const LIMITS: &str = "\n[package.metadata.whittle.advise]\nmax-percent = 100\n";
const PLAIN: &str = "pub fn f() -> u32 {\n    1\n}\n";
const USER: &str = "pub fn g() -> u32 {\n    dep::f()\n}\n";

fn manifest(name: &str, edition: &str) -> String {
    let name = format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
    name + &format!("edition = \"{edition}\"\nlicense = \"MIT\"\n")
}

fn write(folder: &Utf8Path, row: &Row) {
    let or = |text: &'static str, plain: &'static str| if text.is_empty() { plain } else { text };
    let dependency = "\n[dependencies]\ndep = { path = \"../dep\" }\n";
    let license = format!("license = \"{}\"", or(row.license, "MIT"));
    let dep = manifest("dep", or(row.dep_edition, "2021")).replace("license = \"MIT\"", &license);
    let mut files: Vec<(&str, String)> = vec![
        ("dep/LICENSE", LICENSE.into()),
        ("dep/Cargo.toml", dep + row.dep_toml),
        ("dep/src/lib.rs", or(row.dep, PLAIN).into()),
        (
            "app/Cargo.toml",
            manifest("app", or(row.app_edition, "2021"))
                + dependency
                + row.app_toml
                + LIMITS
                + "\n[workspace]\n",
        ),
        ("app/src/lib.rs", or(row.app, USER).into()),
    ];
    files.extend(row.files.iter().map(|(path, text)| (*path, (*text).into())));
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The workspace of a row, with a lock file.
fn made(row: &Row) -> Case {
    let work = Utf8Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("extract/rows")
        .join(row.name);
    let _ = fs::remove_dir_all(&work);
    write(&work, row);
    let case = Case::at(row.name, work);
    case.has(0, &case.cargo(&["generate-lockfile", "--offline"]));
    case
}

fn check(row: &Row) {
    let case = made(row);
    let before = case.tree();
    let mut words = vec!["--apply", "--format", "json"];
    words.extend(row.arguments);
    let output = case.extract(&words);
    case.has(1, &output);
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let refusals = plan["plan"]["refusals"].as_array().unwrap();
    let mut reasons: Vec<&str> = refusals
        .iter()
        .map(|it| it["reason"].as_str().unwrap())
        .collect();
    reasons.dedup();
    assert_eq!(reasons, row.reasons, "{}: {refusals:#?}", row.name);
    let what = refusals[0]["what"].as_str().unwrap();
    assert!(what.contains(row.what), "{}: {what}", row.name);
    assert!(case.tree() == before, "{}: something changed", row.name);
    advice(row, &case);
}

/// Advice asks the same code: it does not say `extract`, and names every reason that it can know.
fn advice(row: &Row, case: &Case) {
    if row
        .arguments
        .iter()
        .any(|word| !word.starts_with("--") && *word != "never")
    {
        // Paths are asked of `extract` alone.
        return;
    }
    let mut words = vec!["advise", "dep", "--format", "json"];
    words.extend(row.arguments);
    let output = case.command(&words).output().unwrap();
    case.has(0, &output);
    let advice: Value = serde_json::from_slice(&output.stdout).unwrap();
    let advice = &advice["dependencies"][0];
    let name = row.name;
    if row.reasons == ["nothing-named"] {
        assert_eq!(advice["verdict"], "unused", "{name}");
        return;
    }
    if [
        "edition-lint",
        "other-features",
        "root-in-root",
        "tests-differ",
    ]
    .contains(&row.reasons[0])
    {
        // That takes a build, or a look at the tests: advice makes none, and says so.
        assert_eq!(advice["verdict"], "extract", "{name}: {advice:#}");
        return;
    }
    assert_eq!(advice["verdict"], "keep", "{name}: {advice:#}");
    let given = advice["reasons_to_keep"].as_array().unwrap();
    let given: Vec<&str> = given.iter().filter_map(|it| it["id"].as_str()).collect();
    for reason in row.reasons {
        let reason = match *reason {
            "proc-macro-crate" => "proc-macro",
            "native-library" => "links",
            other => other,
        };
        assert!(
            given.contains(&reason),
            "{name}: {reason} is not among {given:?}"
        );
    }
}

/// What is not refused is advised.
#[test]
fn plain() {
    let case = made(&Row {
        name: "plain",
        ..Row::default()
    });
    let output = case.command(&["advise", "dep"]).output().unwrap();
    case.has(0, &output);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("extract\n  advice    Own what is used of it"),
        "{text}"
    );
    case.has(0, &case.extract(&[]));
}

/// What does not build is not compared, and nobody is told that it was.
#[test]
fn tests_that_do_not_build() {
    let case = made(&Row {
        name: "tests_that_do_not_build",
        app: "pub fn g() -> u32 {\n    dep::f()\n}\n\n\
              pub fn never<T>() {\n    const { assert!(size_of::<T>() == 0) }\n}\n\n\
              #[test]\nfn t() {\n    never::<u8>();\n}\n",
        ..Row::default()
    });
    let done = case.extract(&["--apply"]);
    case.has(0, &done);
    let said = String::from_utf8_lossy(&done.stderr);
    let sentence = "its tests do not build, as they did not before: nothing was compared";
    assert!(said.contains(sentence), "{said}");
}

macro_rules! refused {
    ($($name:ident { $($field:ident: $value:expr,)* })*) => {
        $(
            #[test]
            fn $name() {
                check(&Row { name: stringify!($name), $($field: $value,)* ..Row::default() });
            }
        )*

        /// The names of all.
        pub(crate) const ROWS: &[&str] = &[$(stringify!($name)),*];
    };
}

refused! {
    path_not_found {
        arguments: &["dep::ff"],
        reasons: &["path-not-found"],
        what: "`dep::f`",
    }
    nothing_named {
        app: "pub fn g() -> u32 {\n    1\n}\n",
        reasons: &["nothing-named"],
    }
    already_owned {
        files: &[("app/src/whittled/dep/mod.rs", "")],
        reasons: &["already-owned"],
    }
    license_unclear {
        license: "see the website",
        reasons: &["license-unclear"],
    }
    license_text_of_another {
        license: "Apache-2.0 AND MIT",
        reasons: &["license-text-missing"],
        what: "Apache-2.0",
    }
    license_exception_unknown {
        license: "GPL-2.0-only WITH Classpath-exception-2.0",
        reasons: &["license-unclear"],
    }
    public_api {
        dep: "pub struct S;\npub fn f() -> S {\n    S\n}\n",
        app: "pub fn g() -> dep::S {\n    dep::f()\n}\n",
        reasons: &["public-api"],
        what: "S",
    }
    reexported {
        app: "pub use dep::f;\n",
        reasons: &["public-api", "reexported"],
    }
    shared_types {
        dep: "pub struct S;\npub fn f() -> S {\n    S\n}\n",
        app: "pub fn g() {\n    between::take(dep::f());\n}\n",
        app_toml: "between = { path = \"../between\" }\n",
        files: &[
            (
                "between/Cargo.toml",
                "[package]\nname = \"between\"\nversion = \"1.0.0\"\nedition = \"2021\"\n\
                 license = \"MIT\"\n\n[dependencies]\ndep = { path = \"../dep\" }\n",
            ),
            ("between/src/lib.rs", "pub fn take(_: dep::S) {}\n"),
        ],
        reasons: &["shared-types"],
    }
    shared_state {
        dep: "use std::sync::atomic::{AtomicU32, Ordering};\n\n\
              static COUNT: AtomicU32 = AtomicU32::new(0);\n\n\
              pub fn f() -> u32 {\n    COUNT.fetch_add(1, Ordering::Relaxed)\n}\n",
        app: "pub fn g() -> u32 {\n    dep::f() + between::f()\n}\n",
        app_toml: "between = { path = \"../between\" }\n",
        files: &[
            (
                "between/Cargo.toml",
                "[package]\nname = \"between\"\nversion = \"1.0.0\"\nedition = \"2021\"\n\
                 license = \"MIT\"\n\n[dependencies]\ndep = { path = \"../dep\" }\n",
            ),
            ("between/src/lib.rs", "pub fn f() -> u32 {\n    dep::f()\n}\n"),
        ],
        reasons: &["shared-state"],
        what: "COUNT",
    }
    state_in_targets {
        dep: "use std::sync::atomic::{AtomicU32, Ordering};\n\n\
              static COUNT: AtomicU32 = AtomicU32::new(0);\n\n\
              pub fn f() -> u32 {\n    COUNT.fetch_add(1, Ordering::Relaxed)\n}\n",
        files: &[("app/src/main.rs", "fn main() {\n    dep::f();\n    app::g();\n}\n")],
        reasons: &["state-in-targets"],
        what: "COUNT",
    }
    root_in_root {
        files: &[
            ("app/tests/util.rs", "pub fn g() -> u32 {\n    dep::f()\n}\n"),
            (
                "app/tests/all.rs",
                "mod util;\n\n#[test]\nfn one() {\n    assert_eq!(util::g(), 1);\n}\n",
            ),
        ],
        reasons: &["root-in-root"],
        what: "util.rs",
    }
    exported_macro {
        app: "#[macro_export]\nmacro_rules! m {\n    () => {\n        dep::f()\n    };\n}\n\n\
              pub fn g() -> u32 {\n    m!()\n}\n",
        reasons: &["exported-macro", "generated-site"],
        what: "`dep` in `m!`",
    }
    proc_macro_crate {
        dep: "extern crate proc_macro;\n\n#[proc_macro]\n\
              pub fn f(_: proc_macro::TokenStream) -> proc_macro::TokenStream {\n    \
              \"1\".parse().unwrap()\n}\n",
        dep_toml: "[lib]\nproc-macro = true\n",
        app: "pub fn g() -> u32 {\n    dep::f!()\n}\n",
        reasons: &["proc-macro-crate"],
    }
    native_library {
        dep_toml: "links = \"thing\"\nbuild = \"build.rs\"\n",
        files: &[("dep/build.rs", "fn main() {}\n")],
        reasons: &["native-library"],
        what: "thing",
    }
    foreign_functions {
        dep: "extern \"C\" {\n    fn abs(n: i32) -> i32;\n}\n\n\
              pub fn f() -> u32 {\n    unsafe { abs(-1) as u32 }\n}\n",
        reasons: &["foreign-functions"],
        what: "abs",
    }
    exported_symbol {
        dep: "#[no_mangle]\npub extern \"C\" fn f() -> u32 {\n    1\n}\n",
        reasons: &["exported-symbol"],
    }
    inline_assembly {
        dep: "pub fn f() -> u32 {\n    unsafe { core::arch::asm!(\"nop\") };\n    1\n}\n",
        reasons: &["inline-assembly"],
        what: "`asm!`",
    }
    unsafe_forbidden {
        dep: "pub fn f() -> u32 {\n    unsafe { *[1].as_ptr() }\n}\n",
        app: "#![forbid(unsafe_code)]\n\npub fn g() -> u32 {\n    dep::f()\n}\n",
        reasons: &["unsafe-forbidden"],
        what: "f",
    }
    host_no_std {
        dep: "pub fn f() -> u32 {\n    std::env::args().count() as u32\n}\n",
        app: "#![no_std]\n\npub fn g() -> u32 {\n    dep::f()\n}\n",
        reasons: &["host-no-std"],
    }
    build_script_output {
        dep: "include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));\n",
        dep_toml: "build = \"build.rs\"\n",
        files: &[(
            "dep/build.rs",
            "fn main() {\n    let out = std::env::var(\"OUT_DIR\").unwrap();\n    \
             std::fs::write(out + \"/made.rs\", \"pub fn f() -> u32 { 1 }\").unwrap();\n}\n",
        )],
        reasons: &["build-script-output"],
    }
    other_features {
        dep: "/// One.\npub fn f() -> u32 {\n    1\n}\n\n/// More.\n#[cfg(feature = \"more\")]\npub fn more() -> u32 {\n    2\n}\n",
        dep_toml: "\n[features]\nmore = []\n",
        app: "pub fn g() -> u32 {\n    dep::f()\n}\n\n#[cfg(feature = \"more\")]\npub fn more() -> u32 {\n    dep::more()\n}\n",
        app_toml: "\n[features]\nmore = [\"dep/more\"]\n",
        reasons: &["other-features"],
        what: "with `--all-features`",
    }
    build_script_variable {
        dep: "pub fn f() -> u32 {\n    env!(\"MADE\").len() as u32\n}\n",
        dep_toml: "build = \"build.rs\"\n",
        files: &[("dep/build.rs", "fn main() {\n    println!(\"cargo:rustc-env=MADE=1\");\n}\n")],
        reasons: &["build-script-variable"],
        what: "MADE",
    }
    dependency_clash {
        dep: "pub fn f() -> u32 {\n    helper::two()\n}\n",
        dep_toml: "\n[dependencies]\nhelper = { path = \"../two\" }\n",
        app: "pub fn g() -> u32 {\n    dep::f() + helper::one()\n}\n",
        app_toml: "helper = { path = \"../one\" }\n",
        files: &[
            (
                "one/Cargo.toml",
                "[package]\nname = \"helper\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
            ),
            ("one/src/lib.rs", "pub fn one() -> u32 {\n    1\n}\n"),
            (
                "two/Cargo.toml",
                "[package]\nname = \"helper\"\nversion = \"2.0.0\"\nedition = \"2021\"\n",
            ),
            ("two/src/lib.rs", "pub fn two() -> u32 {\n    2\n}\n"),
        ],
        reasons: &["dependency-clash"],
        what: "`helper` 2.0.0",
    }
    edition_arrays {
        dep_edition: "2018",
        dep: "pub fn f() -> u32 {\n    [1, 2].into_iter().map(|n| n.clone()).sum()\n}\n",
        reasons: &["edition-lint"],
        what: "array_into_iter",
    }
    edition_captures {
        dep_edition: "2018",
        dep: "pub struct D(pub u32);\n\nimpl Drop for D {\n    fn drop(&mut self) {}\n}\n\n\
              pub fn f() -> u32 {\n    let both = (D(1), D(2));\n    \
              let first = move || both.0.0;\n    first()\n}\n",
        reasons: &["edition-lint"],
        what: "rust_2021_incompatible_closure_captures",
    }
    edition_temporaries {
        dep: "struct D(u32);\n\nimpl Drop for D {\n    fn drop(&mut self) {}\n}\n\n\
              impl D {\n    fn get(&self) -> Option<u32> {\n        Some(self.0)\n    }\n}\n\n\
              pub fn f() -> u32 {\n    let mut n = 0;\n    if let Some(m) = D(1).get() {\n        \
              n = m;\n    } else {\n        n += 1;\n    }\n    n\n}\n",
        app_edition: "2024",
        reasons: &["edition-lint"],
        what: "if_let_rescope",
    }
    edition_newer {
        dep_edition: "2024",
        reasons: &["edition-newer"],
    }
    old_parameters {
        dep_edition: "2015",
        dep: "pub trait T {\n    fn t(u32) -> u32;\n}\n\npub fn f() -> u32 {\n    1\n}\n",
        reasons: &["unreadable"],
    }
    manifest_folder {
        dep: "pub fn f() -> u32 {\n    env!(\"CARGO_MANIFEST_DIR\").len() as u32\n}\n",
        reasons: &["manifest-folder"],
    }
    doc_example {
        app: "/// Calls it.\n///\n/// ```\n/// use dep::f;\n/// assert_eq!(f(), app::g());\n/// ```\n\
              pub fn g() -> u32 {\n    dep::f()\n}\n",
        reasons: &["doc-example"],
    }
    name_taken {
        app: "pub mod whittled {}\n\npub fn g() -> u32 {\n    dep::f()\n}\n",
        reasons: &["name-taken"],
    }
    tests_without_examples {
        app: "pub fn g() -> u32 {\n    dep::f()\n}\n\n\
              #[test]\nfn t() {\n    assert!(include_str!(\"../Cargo.toml\").contains(\"dep =\"));\n}\n",
        files: &[("app/examples/broken.rs", "fn main() {\n    nothing();\n}\n")],
        reasons: &["tests-differ"],
        what: "t: FAILED, before ok",
    }
    documentation_without_examples {
        app: "/// ```\n/// let manifest = std::fs::read_to_string(\"Cargo.toml\").unwrap();\n\
              /// assert!(manifest.contains(\"dep =\"));\n/// ```\n\
              pub fn g() -> u32 {\n    dep::f()\n}\n",
        files: &[("app/examples/broken.rs", "fn main() {\n    nothing();\n}\n")],
        reasons: &["tests-differ"],
        what: "src/lib.rs - g: FAILED, before ok",
    }
    never {
        arguments: &["--exec", "never"],
        reasons: &["execution-denied"],
    }
}

/// The tree of a repository has to be as it was committed, unless one allows it.
#[test]
fn dirty_tree() {
    let case = made(&Row {
        name: "dirty_tree",
        ..Row::default()
    });
    case.git("app", &["init", "-q", "."]);
    fs::write(case.app().join(".gitignore"), "/target\n").unwrap();
    case.git("app", &["add", "-A"]);
    case.git("app", &["commit", "-q", "-m", "all"]);
    let plan = || {
        let output = case.command(&["extract", "dep", "--format", "json"]);
        let output = { output }.output().unwrap();
        let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), plan["plan"]["refusals"].clone())
    };
    assert_eq!(plan(), (Some(0), Value::Array(Vec::new())));
    fs::write(case.app().join("src/lib.rs"), USER.replace("g()", "h()")).unwrap();
    let (code, refusals) = plan();
    assert_eq!(code, Some(1));
    assert_eq!(refusals[0]["reason"], "dirty-tree");
    assert_eq!(refusals[0]["what"], "`src/lib.rs`");
}
