//! Characters that a terminal acts on, or that mislead a reader, come from names, paths and
//! messages of the tree and never leave the tool as they are: every command, every format.

use std::fs;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};

use crate::fixtures::configuration;

/// What the tool writes out instead of writing it: see `report/text.rs`.
pub(crate) fn misleads(text: &str) -> bool {
    let odd = |c: char| {
        c.is_control() && c != '\n'
            || matches!(
                c,
                '\u{ad}'
                    | '\u{61c}'
                    | '\u{180e}'
                    | '\u{200b}'..='\u{200f}'
                    | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}'
                    | '\u{feff}'
                    | '\u{fff9}'..='\u{fffb}'
                    | '\u{e0000}'..='\u{e007f}'
            )
    };
    text.chars().any(odd)
}

/// Clears the screen, sets the title, reverses the reading order, hides, starts a line.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;evil\u{7}\u{202e}\u{200b}\u{9b}31m";

/// As a TOML or Rust string.
fn quoted(text: &str) -> String {
    let escaped: Vec<String> = text
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if c.is_control() || !c.is_ascii() => format!("\\u{{{:x}}}", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    format!("\"{}\"", escaped.concat())
}

/// TOML's escapes have no braces.
fn toml(text: &str) -> String {
    let escaped: Vec<String> = text
        .chars()
        .map(|c| match c {
            c if c.is_control() || !c.is_ascii() => format!("\\u{:04x}", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    format!("\"{}\"", escaped.concat())
}

fn write(dir: &Utf8Path, file: &str, text: &str) {
    let path = dir.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Every place where such characters can stand, in a workspace that still loads.
fn scene(dir: &Utf8Path) {
    let folder = format!("d{EVIL}\nep");
    let source = format!("l{EVIL}\nib.rs");
    write(
        dir,
        "Cargo.toml",
        &format!(
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\ndescription = {evil}\nauthors = [{evil}]\nlicense = {evil}\nrepository = {evil}\n[dependencies]\ndep = {{ path = {folder} }}\nmac = {{ path = \"mac\" }}\n[workspace]\nexclude = [{folder}, \"mac\"]\n[workspace.metadata.whittle]\nexec = {evil}\n",
            evil = toml(EVIL),
            folder = toml(&folder),
        ),
    );
    write(
        dir,
        "src/main.rs",
        &format!(
            "#[derive(mac::Loud)]\nstruct S;\nmac::missing!({evil});\n#[export_name = {evil}]\npub extern \"C\" fn exported() {{}}\n#[path = {evil}]\nmod gone;\ncompile_error!({evil});\nfn main() {{ dep::reached(); dep::nothing!(); exported(); S; include!({evil}); }}\n",
            evil = quoted(EVIL),
        ),
    );
    write(
        dir,
        &format!("{folder}/Cargo.toml"),
        &format!(
            "[package]\nname = \"dep\"\nversion = \"0.2.0\"\nedition = \"2021\"\nlicense = {evil}\nlinks = {evil}\nbuild = {build}\n[lib]\npath = {source}\n",
            evil = toml(EVIL),
            build = toml(&format!("b{EVIL}/build.rs")),
            source = toml(&source),
        ),
    );
    write(
        dir,
        &format!("{folder}/b{EVIL}/build.rs"),
        &format!(
            "fn main() {{\n    println!(\"cargo:warning={{}}\", {evil});\n    println!(\"cargo:rustc-cfg={{}}\", std::env::var({evil}).unwrap_or_default());\n    println!(\"cargo:rustc-env=NAME={{}}\", {evil});\n    eprintln!(\"Permission denied {{}}\", {evil});\n    panic!(\"{{}}\", {evil});\n}}\n",
            evil = quoted(EVIL),
        ),
    );
    write(
        dir,
        &format!("{folder}/{source}"),
        &format!(
            "pub fn reached() {{ Box::<dyn Tr>::from(Box::new(1)).m(); hidden!({evil}) }}\npub trait Tr {{ fn m(&self); }}\nimpl Tr for u8 {{ fn m(&self) {{ unresolved({evil}) }} }}\n#[doc = {evil}]\n#[path = {evil}]\npub mod gone;\npub fn other() {{ include_str!({evil}); }}\n",
            evil = quoted(EVIL),
        ),
    );
    write(
        dir,
        "mac/Cargo.toml",
        "[package]\nname = \"mac\"\nversion = \"0.3.0\"\nedition = \"2021\"\n[lib]\nproc-macro = true\n",
    );
    write(
        dir,
        "mac/src/lib.rs",
        &format!(
            "use proc_macro::TokenStream;\n#[proc_macro_derive(Loud)]\npub fn loud(_: TokenStream) -> TokenStream {{ eprintln!(\"Permission denied {{}}\", {evil}); panic!(\"{{}}\", {evil}) }}\n#[proc_macro]\npub fn missing(_: TokenStream) -> TokenStream {{ {evil}.parse().unwrap() }}\n",
            evil = quoted(EVIL),
        ),
    );
    write(
        dir,
        ".cargo/config.toml",
        &format!(
            "[build]\nrustc = {evil}\n[alias]\n{evil} = \"run\"\n[target.{evil}]\nlinker = {evil}\n",
            evil = toml(EVIL)
        ),
    );
    write(dir, "rust-toolchain", EVIL);
    let advisory = format!(
        "```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\npackage = \"dep\"\ndate = \"2026-01-02\"\naliases = [{evil}]\nkeywords = [{evil}]\n\n[affected]\nos = [\"linux\"]\n\n[affected.functions]\n\"dep::reached\" = [\"*\"]\n\"dep::{name}\" = [\"*\"]\n\n[versions]\npatched = []\n```\n\n# Title {EVIL}\n\nText {EVIL}.\n",
        evil = toml("CVE-2026-0001"),
        name = toml(EVIL).trim_matches('"'),
    );
    write(dir, "db/crates/dep/RUSTSEC-2026-0001.md", &advisory);
    write(
        dir,
        &format!("db/crates/other/RUSTSEC-2026-{EVIL}.md"),
        EVIL,
    );
}

fn run(dir: &Utf8Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
        .args(args)
        .args(["--manifest-path", dir.join("Cargo.toml").as_str()])
        .env("XDG_CONFIG_HOME", configuration(""))
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap()
}

/// What is wrong with the streams.
fn judge(dir: &Utf8Path, args: &[&str]) -> Option<String> {
    let output = run(dir, args);
    let texts =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    if texts.iter().any(|text| misleads(text)) {
        return Some(format!("{args:?}: {texts:?}"));
    }
    let is_broken = output.status.code().is_none_or(|code| code > 2);
    is_broken.then(|| format!("{args:?}: {:?} {texts:?}", output.status))
}

#[test]
fn nothing_of_the_tree_reaches_a_terminal_raw() {
    let folder = tempfile::tempdir().unwrap();
    let dir = Utf8Path::from_path(folder.path()).unwrap();
    let dir: Utf8PathBuf = dir.canonicalize_utf8().unwrap();
    scene(&dir);
    let lock = Command::new("cargo")
        .args(["generate-lockfile", "--offline", "--manifest-path"])
        .arg(dir.join("Cargo.toml"))
        .current_dir("/")
        .env_remove("RUSTUP_TOOLCHAIN")
        .output()
        .unwrap();
    assert!(
        lock.status.success(),
        "{}",
        String::from_utf8_lossy(&lock.stderr)
    );
    let db = dir.join("db");
    let calls: [&[&str]; 16] = [
        &["report"],
        &["report", "--format", "markdown"],
        &["report", "--format", "json"],
        &["list"],
        &["list", "--format", "table"],
        &["why", "dep"],
        &["why", "dep::reached"],
        &["why", "dep::reached", "--format", "json"],
        &["why", EVIL],
        &["report", "-p", EVIL],
        &["allow"],
        &["advisories", "--db", db.as_str()],
        &["advisories", "--db", db.as_str(), "--format", "json"],
        &["advisories", "--db", db.as_str(), "--format", "openvex"],
        &["advisories", "--db", db.as_str(), "--format", "cyclonedx"],
        &["advisories", "--db", db.as_str(), "--format", "sarif"],
    ];
    let mut wrong: Vec<String> = Vec::new();
    // Its own policy is no policy, so nothing is run; without it everything is.
    for call in calls {
        wrong.extend(judge(&dir, call));
    }
    let answered = run(&dir, &["report"]);
    let said = String::from_utf8_lossy(&answered.stdout).into_owned();
    assert_eq!(
        answered.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&answered.stderr)
    );
    assert!(
        said.contains(r"\u{1b}[2J"),
        "written out, not left out:\n{said}"
    );
    let manifest = fs::read_to_string(dir.join("Cargo.toml")).unwrap();
    let own = manifest.find("[workspace.metadata").unwrap();
    fs::write(dir.join("Cargo.toml"), &manifest[..own]).unwrap();
    for exec in ["sandbox", "trust"] {
        // Under `trust` cargo obeys what the tree configures, and fails.
        if exec == "trust" {
            fs::remove_dir_all(dir.join(".cargo")).unwrap();
            fs::remove_file(dir.join("rust-toolchain")).unwrap();
        }
        for call in [calls[0], calls[3], calls[15]] {
            wrong.extend(judge(&dir, &[call, &["--exec", exec][..]].concat()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
