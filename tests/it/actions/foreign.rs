//! The action that comments on pull requests from forks: it has a token, and what it is given was
//! written by a stranger.

use std::fs;

use super::runner::{Runner, Step};
use super::{ACTIONS, BEFORE, Checkout, code, machine, root, step};

/// A workflow that follows the one that looked at a stranger's code.
fn following(checkout: &Checkout, text: &str) -> Runner {
    let mut runner = machine(checkout);
    let artifact = runner.path().join("artifact");
    fs::create_dir(&artifact).unwrap();
    fs::write(artifact.join("check.md"), text).unwrap();
    runner
        .environment
        .insert("ARTIFACT_FOLDER".to_owned(), artifact.into_string());
    runner
        .environment
        .insert("PULLS".to_owned(), "7\n".to_owned());
    runner
        .set("inputs.token", "secret")
        .set("github.event_name", "workflow_run")
        .set("github.event.workflow_run.event", "pull_request")
        .set("github.event.workflow_run.id", "99")
        .set(
            "github.event.workflow_run.head_repository.owner.login",
            "someone",
        )
        .set("github.event.workflow_run.head_branch", "a;b$(c)")
        .set("github.event.workflow_run.head_sha", &"b".repeat(40));
    runner
}

#[test]
fn a_comment_for_a_stranger_is_only_text() {
    let checkout = Checkout::new(BEFORE);
    let text = "## failed\n| a | b |\n<img src=x> @all [here](https://evil.example) [r]: x #12#13 www.e.example\n\
                ![i](//x) \u{1b}[2J &#64;\n";
    let mut runner = following(&checkout, text);
    let done = runner.run(&root().join(ACTIONS[1]));
    assert_eq!(code(&done, "Comment").0, 0, "{done:?}");
    let calls = runner.call("gh").unwrap();
    assert!(
        calls.contains("--raw-field head=someone:a;b$(c) "),
        "{calls}"
    );
    assert!(
        calls.contains("run download 99 --repo owner/app --name cargo-whittle "),
        "{calls}"
    );
    assert!(
        calls.contains("POST repos/owner/app/issues/7/comments"),
        "{calls}"
    );
    expect_test::expect![[r#"
        <!-- cargo-whittle -->
        > Reported by a run on the code of this pull request, which could have written anything.

        ## failed
        | a | b |
        &lt;img src=x> &#64;all [here] (https:&#47;/evil.example) [r] : x &#35;12&#35;13 www&#46;e.example
        ![i] (//x) [2J &#64;
    "#]].assert_eq(&runner.call("body").unwrap());
}

#[test]
fn what_a_stranger_may_not_do() {
    let checkout = Checkout::new(BEFORE);
    let action = root().join(ACTIONS[1]);
    // Not the event that this is for.
    for (name, value) in [
        ("github.event_name", "pull_request"),
        ("github.event.workflow_run.event", "push"),
        ("github.event.workflow_run.head_sha", "x\" or true"),
    ] {
        let mut runner = following(&checkout, "text");
        runner.set(name, value);
        let done = runner.run(&action);
        assert_eq!(code(&done, "Find the pull request").0, 2, "{name}");
        assert_eq!(step(&done, "Comment"), &Step::Skipped);
    }
    // The pull request is closed, or has moved on.
    let mut runner = following(&checkout, "text");
    runner.environment.insert("PULLS".to_owned(), String::new());
    let done = runner.run(&action);
    assert_eq!(step(&done, "Comment"), &Step::Skipped);
    // A link to a file of the machine is not read.
    let mut runner = following(&checkout, "text");
    let file = runner.path().join("artifact/check.md");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", &file).unwrap();
    let done = runner.run(&action);
    assert_eq!(code(&done, "Comment").0, 2, "{done:?}");
    assert_eq!(runner.call("body"), None);
    // Endless text is cut.
    let mut runner = following(&checkout, &"@<|x ".repeat(100_000));
    let done = runner.run(&action);
    assert_eq!(code(&done, "Comment").0, 0, "{done:?}");
    assert!(runner.call("body").unwrap().chars().count() < 65_536);
}
