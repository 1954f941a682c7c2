//! The files for CI services: every script in them is run in a repository made for it, with the
//! environment that the service would give and stand-ins for what needs the service.

mod expression;
mod foreign;
mod others;
mod runner;

use std::fs;
use std::process::Command;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use yaml_rust2::Yaml;

use runner::{Runner, Step, load, steps};

const ACTIONS: [&str; 2] = ["action.yml", ".github/actions/comment/action.yml"];
const FORK: &str = "someone/app";
const REPOSITORY: &str = "owner/app";

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A workspace with a history: rules and a baseline are committed, then the code reaches more.
struct Checkout {
    folder: tempfile::TempDir,
    /// The first commit, which the baseline is of.
    base: String,
}

const BEFORE: &str = "fn main() { dep::one(); }\n";
const AFTER: &str = "fn main() { dep::one(); dep::two(); }\n";

impl Checkout {
    fn new(main: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut checkout = Self {
            folder,
            base: String::new(),
        };
        for (file, text) in [
            (
                "Cargo.toml",
                "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
                 [dependencies]\ndep = { path = \"dep\" }\n\n[workspace]\nexclude = [\"dep\"]\n\n\
                 [workspace.metadata.whittle.rules]\nnew-item = \"deny\"\nnew-direct = \"deny\"\n",
            ),
            (
                "Cargo.lock",
                "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n\
                 dependencies = [\n \"dep\",\n]\n\n[[package]]\nname = \"dep\"\nversion = \"1.0.0\"\n",
            ),
            ("src/main.rs", BEFORE),
            (
                "dep/Cargo.toml",
                "[package]\nname = \"dep\"\nversion = \"1.0.0\"\nedition = \"2024\"\n",
            ),
            (
                "dep/src/lib.rs",
                "pub fn one() {}\npub fn two() {}\npub fn three() {}\n",
            ),
            (".gitignore", "target\n"),
        ] {
            checkout.file(file, text);
        }
        checkout.git(&["init", "--quiet"]);
        checkout.file("whittle.lock", checkout.baseline());
        checkout.commit();
        let base = checkout.git(&["rev-parse", "HEAD"]);
        base.trim().clone_into(&mut checkout.base);
        checkout.file("src/main.rs", main);
        if main != BEFORE {
            checkout.commit();
        }
        checkout
    }

    /// The same one for every checkout: it knows no folder.
    fn baseline(&self) -> &'static str {
        static BASELINE: OnceLock<String> = OnceLock::new();
        BASELINE.get_or_init(|| {
            let output = self.whittle(&["baseline"]);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{errors}");
            fs::read_to_string(self.path().join("whittle.lock")).unwrap()
        })
    }

    fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).unwrap()
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(arguments)
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn commit(&self) {
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--message", "change"]);
    }

    fn whittle(&self, arguments: &[&str]) -> std::process::Output {
        Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
            .arg("whittle")
            .args(arguments)
            .current_dir(self.path())
            .output()
            .unwrap()
    }
}

/// A machine with `gh`, which writes down what it is called with, and the tool, which refuses to
/// start where a token is.
fn machine(checkout: &Checkout) -> Runner {
    let mut runner = Runner::new(checkout.path());
    runner.program(
        "gh",
        r#"[[ "$GH_TOKEN" == secret ]]
           printf '%s\n' "$*" >>"$CALLS/gh"
           for argument in "$@"; do
               case "$argument" in
                   body=@* | sarif=@*) cp -- "${argument#*=@}" "$CALLS/${argument%%=*}" ;;
               esac
           done
           case "$*" in
               *--paginate*comments*) printf '%s' "${COMMENTS:-}" ;;
               *state=open*) printf '%s' "${PULLS:-}" ;;
               'run download'*) cp -r -- "$ARTIFACT_FOLDER" "${@: -1}" ;;
           esac"#,
    );
    let tool = env!("CARGO_BIN_EXE_cargo-whittle");
    runner.program(
        "cargo-whittle-here",
        &format!("env >\"$CALLS/environment\"\nexec '{tool}' \"$@\""),
    );
    let program = runner.path().join("bin/cargo-whittle-here");
    runner
        .set("inputs.program", program.as_str())
        .set("inputs.html", "false")
        .set("github.event_name", "push")
        .set("github.repository", REPOSITORY)
        .set("github.sha", &"a".repeat(40))
        .set("github.ref", "refs/heads/main");
    runner
}

/// The event of a pull request whose code is that of `head`.
fn pull_request(runner: &mut Runner, checkout: &Checkout, head: &str) {
    runner
        .set("github.event_name", "pull_request")
        .set("github.event.pull_request.number", "7")
        .set("github.event.pull_request.base.sha", &checkout.base)
        .set("github.event.pull_request.head.repo.full_name", head)
        .set("inputs.token", "secret")
        .set("inputs.comment", "true")
        .set("inputs.sarif", "true");
}

fn step<'a>(done: &'a [(String, Step)], name: &str) -> &'a Step {
    let mut found = done.iter().filter(|(step, _)| step == name);
    &found.next().unwrap_or_else(|| panic!("no step {name}")).1
}

fn code(done: &[(String, Step)], name: &str) -> (i32, String) {
    match step(done, name) {
        Step::Ran { code, output } => (*code, output.clone()),
        other => panic!("{name}: {other:?}"),
    }
}

fn results(runner: &Runner) -> Utf8PathBuf {
    runner.path().join("temp/cargo-whittle-results")
}

#[test]
fn scripts_are_sound_and_take_no_expression() {
    let mut count = 0;
    for file in ACTIONS {
        for step in steps(&load(&root().join(file))) {
            let Some(script) = step["run"].as_str() else {
                continue;
            };
            count += 1;
            let name = step["name"].as_str().unwrap();
            // The runner puts an expression into the script as text: what a branch is called
            // would be run.
            assert!(!script.contains("${{"), "{file}: {name}");
            assert_eq!(step["shell"].as_str(), Some("bash"), "{file}: {name}");
            let output = Command::new("bash")
                .args(["-n", "-c", script])
                .output()
                .unwrap();
            assert!(output.status.success(), "{file}: {name}");
        }
    }
    assert!(count > 6, "only {count} scripts");
}

/// Every `uses`, wherever it stands.
fn uses(yaml: &Yaml, found: &mut Vec<String>) {
    match yaml {
        Yaml::Hash(map) => {
            for (key, value) in map {
                match (key.as_str(), value.as_str()) {
                    (Some("uses"), Some(action)) => found.push(action.to_owned()),
                    _ => uses(value, found),
                }
            }
        }
        Yaml::Array(list) => list.iter().for_each(|value| uses(value, found)),
        _ => {}
    }
}

#[test]
fn other_actions_are_pinned_to_commits() {
    let mut found = Vec::new();
    for file in [
        "action.yml",
        ".github/actions/comment/action.yml",
        "docs/ci/github.yml",
        "docs/ci/github-comment.yml",
    ] {
        uses(&load(&root().join(file)), &mut found);
    }
    assert!(found.len() > 3, "{found:?}");
    for action in found {
        let (_, commit) = action.split_once('@').unwrap();
        let hex = commit
            .bytes()
            .all(|byte| b"0123456789abcdef".contains(&byte));
        assert!(commit.len() == 40 && hex, "{action}");
    }
}

#[test]
fn a_clean_push_leaves_results_and_says_nothing() {
    let checkout = Checkout::new(BEFORE);
    let mut runner = machine(&checkout);
    let done = runner.run(&root().join("action.yml"));
    assert_eq!(code(&done, "Check").0, 0, "{done:?}");
    assert_eq!(code(&done, "Result").0, 0);
    for name in ["Comment", "Upload to code scanning"] {
        assert_eq!(step(&done, name), &Step::Skipped);
    }
    assert_eq!(runner.call("gh"), None);
    assert!(
        runner
            .summary()
            .starts_with("## cargo whittle check passed"),
        "{}",
        runner.summary()
    );
    let Step::Uses { with, .. } = step(&done, "Keep the results") else {
        panic!("{done:?}");
    };
    assert_eq!(with["path"], results(&runner).as_str());
    for file in ["check.json", "check.sarif"] {
        let text = fs::read_to_string(results(&runner).join(file)).unwrap();
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{file}");
    }
}

#[test]
fn a_pull_request_that_reaches_more_is_told_so() {
    let checkout = Checkout::new(AFTER);
    let mut runner = machine(&checkout);
    pull_request(&mut runner, &checkout, REPOSITORY);
    let done = runner.run(&root().join("action.yml"));
    let (check, output) = code(&done, "Check");
    // The step itself goes on to the reports; the last one fails.
    assert_eq!(check, 0, "{output}");
    assert!(
        output.contains("::error file=src/main.rs,line=1,")
            || output.contains("::error file=Cargo.toml"),
        "{output}"
    );
    assert!(output.contains("dep::two"), "{output}");
    assert_eq!(code(&done, "Result").0, 1);
    assert_eq!(runner.contexts["steps.check.outputs.exit-code"], "1");
    let seen = runner.call("environment").unwrap();
    assert!(!seen.contains("secret"), "{seen}");

    assert_eq!(code(&done, "Comment").0, 0, "{done:?}");
    let body = runner.call("body").unwrap();
    assert!(
        body.starts_with("<!-- cargo-whittle -->\n## cargo whittle check failed"),
        "{body}"
    );
    let calls = runner.call("gh").unwrap();
    assert!(
        calls.contains("--method POST repos/owner/app/issues/7/comments"),
        "{calls}"
    );
    assert!(calls.contains("--raw-field commit_sha=aaaa"), "{calls}");
    // GitHub takes it packed, in base64.
    assert!(runner.call("sarif").unwrap().starts_with("H4sI"));

    // The next run replaces its own comment.
    runner
        .environment
        .insert("COMMENTS".to_owned(), "31\n32\n".to_owned());
    let done = runner.run(&root().join("action.yml"));
    assert_eq!(code(&done, "Comment").0, 0, "{done:?}");
    let calls = runner.call("gh").unwrap();
    assert!(
        calls.contains("--method PATCH repos/owner/app/issues/comments/31 "),
        "{calls}"
    );
}

#[test]
fn the_code_of_a_stranger_meets_no_token() {
    let checkout = Checkout::new(AFTER);
    let mut runner = machine(&checkout);
    pull_request(&mut runner, &checkout, FORK);
    let done = runner.run(&root().join("action.yml"));
    assert_eq!(code(&done, "Result").0, 1, "{done:?}");
    for name in ["Comment", "Upload to code scanning"] {
        assert_eq!(step(&done, name), &Step::Skipped);
    }
    assert_eq!(runner.call("gh"), None);

    for event in ["pull_request_target", "workflow_run", "issue_comment"] {
        let mut runner = machine(&checkout);
        pull_request(&mut runner, &checkout, REPOSITORY);
        runner.set("github.event_name", event);
        let done = runner.run(&root().join("action.yml"));
        if event != "issue_comment" {
            assert_eq!(step(&done, "Check"), &Step::Skipped, "{event}");
            assert_eq!(code(&done, "Result").0, 2, "{event}");
        }
        assert_eq!(runner.call("gh"), None, "{event}");
    }
}

#[test]
fn inputs_are_data() {
    let checkout = Checkout::new(BEFORE);
    let trap = checkout.path().join("trapped");
    let command = format!("$(touch {trap})`touch {trap}`;touch {trap}\"'");
    for input in [
        "inputs.program",
        "inputs.base",
        "inputs.args",
        "github.event.pull_request.base.sha",
    ] {
        let mut runner = machine(&checkout);
        runner.set(input, &command);
        let done = runner.run(&root().join("action.yml"));
        assert_eq!(code(&done, "Result").0, 2, "{input}: {done:?}");
        assert!(!trap.exists(), "{input}");
    }
}

#[test]
fn arguments_stand_one_a_line() {
    let checkout = Checkout::new(AFTER);
    let mut runner = machine(&checkout);
    runner
        .set("inputs.args", "--exec=never\n\n--bin=app\n")
        .set("inputs.base", "none");
    let done = runner.run(&root().join("action.yml"));
    // The baseline is of another policy, and that is no comparison.
    let (_, output) = code(&done, "Check");
    assert_eq!(code(&done, "Result").0, 2, "{output}");
}

#[test]
fn without_a_program_the_sources_are_compiled() {
    let checkout = Checkout::new(BEFORE);
    let mut runner = machine(&checkout);
    let tool = env!("CARGO_BIN_EXE_cargo-whittle");
    let cargo = env!("CARGO");
    runner.program(
        "cargo",
        &format!(
            "[[ \"$1\" == install ]] || exec '{cargo}' \"$@\"
             printf '%s\\n' \"$*\" >>\"$CALLS/cargo\"
             mkdir -p \"${{@: -1}}/bin\"
             ln -s '{tool}' \"${{@: -1}}/bin/cargo-whittle\""
        ),
    );
    runner.set("inputs.program", "");
    let done = runner.run(&root().join("action.yml"));
    assert_eq!(code(&done, "Result").0, 0, "{done:?}");
    let call = runner.call("cargo").unwrap();
    let wanted = format!("install --locked --path {} --root ", root());
    assert!(
        call.starts_with(&wanted) && call.lines().count() == 1,
        "{call}"
    );
}
