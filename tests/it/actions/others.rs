//! The GitLab job and the pre-commit hook.

use std::fs;
use std::process::Command;

use camino::Utf8Path;

use super::runner::load;
use super::{AFTER, BEFORE, Checkout, machine, root};

#[test]
fn the_gitlab_job_runs() {
    let checkout = Checkout::new(AFTER);
    let runner = machine(&checkout);
    runner.program("rustup", "true");
    let path = format!(
        "{}/bin:{}:{}",
        runner.path(),
        tool_folder(),
        std::env::var("PATH").unwrap()
    );
    let job = load(&root().join("docs/ci/gitlab.yml"))["whittle"].clone();
    let script = |part: &str| {
        let lines = job[part].as_vec().unwrap().iter();
        let lines: Vec<&str> = lines.map(|line| line.as_str().unwrap()).collect();
        lines.join("\n")
    };
    let run = |script: &str, base: &str| {
        Command::new("sh")
            .args(["-e", "-c", script])
            .current_dir(checkout.path())
            .env("PATH", &path)
            .env("CI_MERGE_REQUEST_DIFF_BASE_SHA", base)
            .env("WHITTLE_SOURCES", "")
            .env("CARGO_NET_OFFLINE", "true")
            .output()
            .unwrap()
    };
    let whole = format!("{}\n{}", script("before_script"), script("script"));
    let output = run(&whole, &checkout.base);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("dep::two"), "{text}");
    let junit = fs::read_to_string(checkout.path().join("whittle/junit.xml")).unwrap();
    assert!(junit.contains("<failure"), "{junit}");
    let reports = job["artifacts"]["reports"]["junit"].as_str();
    assert_eq!(reports, Some("whittle/junit.xml"));
}

/// Where `cargo whittle` is found.
fn tool_folder() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_BIN_EXE_cargo-whittle"))
        .parent()
        .unwrap()
}

#[test]
fn the_pre_commit_hook_runs() {
    let hooks = load(&root().join(".pre-commit-hooks.yaml"));
    let hook = &hooks[0];
    for key in ["id", "name", "entry", "language", "files"] {
        assert!(hook[key].as_str().is_some(), "{key}");
    }
    // Any other language would have pre-commit fetch and install something.
    assert_eq!(hook["language"].as_str(), Some("system"));
    assert_eq!(hook["pass_filenames"].as_bool(), Some(false));
    for (main, wanted) in [(BEFORE, 0), (AFTER, 1)] {
        let checkout = Checkout::new(main);
        let mut words = hook["entry"].as_str().unwrap().split(' ');
        let path = format!("{}:{}", tool_folder(), std::env::var("PATH").unwrap());
        let output = Command::new(words.next().unwrap())
            .args(words)
            .current_dir(checkout.path())
            .env("PATH", path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(wanted), "{main}");
    }
}
