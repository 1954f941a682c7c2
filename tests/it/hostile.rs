//! Hostile build scripts and macros (`fixtures/hostile-tree`) under every policy, judged by what
//! is seen outside: files that must not change, listeners that nobody may reach, processes,
//! bytes on disk. Each attack is seen to succeed under `trust` first; only then does it mean
//! something that it does not under `sandbox`.
//!
//! `tests/bench/hostile` runs this and prints the table.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use crate::fixtures::{configuration, root};
use crate::same_answer::copy;

/// Low enough to be passed fast, high enough for a compiler.
const LIMITS: &str = "[limits]\nseconds = 12\nexpansion-seconds = 3\nmemory-mb = 1000\n\
                      disk-mb = 120\nprocesses = 150\n";
const PROCESSES: usize = 500;
/// Enough for a clean build of the fixture on a slow machine.
const PATIENT: &str = "[limits]\nseconds = 600\n";

/// How the tool is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    Trust,
    Sandbox,
    /// As where namespaces are not to be had.
    SandboxWithoutNamespaces,
    Never,
}

impl Policy {
    fn args(self) -> [&'static str; 2] {
        match self {
            Self::Trust => ["--exec", "trust"],
            Self::Sandbox | Self::SandboxWithoutNamespaces => ["--exec", "sandbox"],
            Self::Never => ["--exec", "never"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Trust => "trust",
            Self::Sandbox => "sandbox",
            Self::SandboxWithoutNamespaces => "sandbox, no namespaces",
            Self::Never => "never",
        }
    }
}

/// A copy of the fixture, and everything that may be attacked.
struct Scene {
    workspace: Utf8PathBuf,
    /// Stands for the user's home: outside of the workspace.
    home: Utf8PathBuf,
    tcp: TcpListener,
    udp: UdpSocket,
    unix: UnixListener,
    round: usize,
    rows: Vec<(String, Policy, bool)>,
}

/// One run of the tool.
struct Run {
    output: Output,
    took: Duration,
    /// Most processes with the mark that were there at once, and those left at the end.
    most: usize,
    left: Vec<u32>,
}

impl Scene {
    fn new(name: &str) -> Self {
        let place = Utf8Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("hostile")
            .join(name);
        let _ = fs::remove_dir_all(&place);
        let (workspace, home) = (place.join("tree"), place.join("home"));
        copy(&root().join("hostile-tree"), &workspace);
        fs::create_dir_all(&home).unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        // The name of a socket is short: not below the target folder.
        let socket = std::env::temp_dir().join(format!("whittle-{name}-{}", std::process::id()));
        let _ = fs::remove_file(&socket);
        let unix = UnixListener::bind(&socket).unwrap();
        tcp.set_nonblocking(true).unwrap();
        udp.set_nonblocking(true).unwrap();
        unix.set_nonblocking(true).unwrap();
        Self {
            workspace,
            home,
            tcp,
            udp,
            unix,
            round: 0,
            rows: Vec::new(),
        }
    }

    fn socket(&self) -> String {
        let address = self.unix.local_addr().unwrap();
        address.as_pathname().unwrap().to_str().unwrap().to_owned()
    }

    fn command(&self, policy: Policy, limits: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"));
        command
            .args([
                "list",
                "--manifest-path",
                self.workspace.join("Cargo.toml").as_str(),
            ])
            .args(policy.args())
            .env("XDG_CONFIG_HOME", configuration(limits))
            .env("PLANTED_TOKEN", format!("variable{}", self.round))
            // An answer from the cache would run nothing.
            .env("WHITTLE_NO_CACHE", "1")
            .env_remove("CARGO_TARGET_DIR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if policy == Policy::SandboxWithoutNamespaces {
            command.env("WHITTLE_TEST_SANDBOX_WITHOUT", "namespaces");
        }
        command
    }

    fn target(&self, policy: Policy) -> Utf8PathBuf {
        let whittle = self.workspace.join("target/whittle");
        match policy {
            Policy::Trust => whittle.join("build"),
            _ => whittle.join("sandbox/build"),
        }
    }

    /// Compiles everything, so that limits are for the attacks alone.
    fn warm_up(&self, policy: Policy) {
        fs::write(self.workspace.join("attack.txt"), "").unwrap();
        let output = self.command(policy, PATIENT).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            text.contains("made_by_the_script"),
            "{}\n{text}",
            said(&output)
        );
        assert!(text.contains("made_by_the_derive"), "{}", said(&output));
    }

    /// Runs the tool while `attack` is what the tree does. `{pid}` is the tool's process id.
    fn run(&mut self, policy: Policy, attack: &str, mark: Option<&str>) -> Run {
        let file = self.workspace.join("attack.txt");
        // Cargo compares times: the file must be newer than what was made of the last one.
        std::thread::sleep(Duration::from_millis(20));
        fs::write(&file, attack).unwrap();
        let begin = Instant::now();
        // One expansion is bounded under `trust` too, where the attack must be seen to succeed.
        let limits = if policy == Policy::Trust {
            PATIENT
        } else {
            LIMITS
        };
        let mut child = self.command(policy, limits).spawn().unwrap();
        // Long before cargo looks at it: the tool asks cargo other things first.
        fs::write(&file, attack.replace("{pid}", &child.id().to_string())).unwrap();
        let mut most = 0;
        if let Some(mark) = mark {
            while child.try_wait().unwrap().is_none() {
                most = most.max(processes(mark).len());
                assert!(begin.elapsed() < Duration::from_mins(2), "{attack}");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let output = child.wait_with_output().unwrap();
        let took = begin.elapsed();
        let left = mark.map(processes).unwrap_or_default();
        Run {
            output,
            took,
            most,
            left,
        }
    }

    /// Notes whether the attack was contained; every run but that of a killed tool must answer.
    fn note(&mut self, place: &str, attack: &str, policy: Policy, contained: bool) {
        self.rows
            .push((format!("{place}: {attack}"), policy, contained));
    }

    /// Everything that is over in a moment, at once.
    fn quick(&mut self, place: &str, policy: Policy) -> Run {
        self.round += 1;
        let round = self.round;
        let home = self.home.clone();
        let (key, canary, mode) = (home.join("key"), home.join("canary"), home.join("mode"));
        fs::write(&key, format!("key{round}key")).unwrap();
        let _ = fs::remove_file(&canary);
        fs::write(&mode, "").unwrap();
        fs::set_permissions(&mode, fs::Permissions::from_mode(0o600)).unwrap();
        self.drain();
        let (tcp, udp) = (
            self.tcp.local_addr().unwrap().port(),
            self.udp.local_addr().unwrap().port(),
        );
        let attacks = [
            format!("{place} read {key}"),
            format!("{place} variable PLANTED_TOKEN"),
            format!("{place} write {canary}"),
            format!("{place} mode {mode}"),
            format!("{place} tcp {tcp}"),
            format!("{place} udp {udp}"),
            format!("{place} unix {}", self.socket()),
        ];
        let run = self.run(policy, &attacks.join("\n"), None);
        let stolen = self.stolen(policy, &run);
        let (tcp, udp, unix) = self.drain();
        let changed = fs::metadata(&mode).unwrap().mode() & 0o777 != 0o600;
        for (what, done) in [
            ("read a key", stolen.contains(&format!("key{round}key"))),
            (
                "read a variable",
                stolen.contains(&format!("variable{round}")),
            ),
            ("write to the home folder", canary.exists()),
            ("change a file's mode", changed),
            ("TCP", tcp),
            ("UDP", udp),
            ("unix socket", unix),
        ] {
            self.note(place, what, policy, !done);
        }
        answers(&run, policy);
        run
    }

    /// What of the planted words came out, in the answer or on disk.
    fn stolen(&self, policy: Policy, run: &Run) -> BTreeSet<String> {
        let mut texts = vec![String::from_utf8_lossy(&run.output.stdout).into_owned()];
        for file in files(&self.target(policy)) {
            if file.file_name() == Some("made.rs") {
                texts.push(fs::read_to_string(file).unwrap());
            }
        }
        let words = [
            format!("key{0}key", self.round),
            format!("variable{}", self.round),
        ];
        let came_out = |word: &String| {
            texts
                .iter()
                .any(|text| text.contains(&format!("got_{word}")))
        };
        words.into_iter().filter(came_out).collect()
    }

    /// Whether somebody came: TCP, UDP, unix.
    fn drain(&self) -> (bool, bool, bool) {
        let mut came = (false, false, false);
        let none = |why: &std::io::Error| assert_eq!(why.kind(), ErrorKind::WouldBlock);
        while self.tcp.accept().inspect_err(none).is_ok() {
            came.0 = true;
        }
        while self.udp.recv(&mut [0; 8]).inspect_err(none).is_ok() {
            came.1 = true;
        }
        while self.unix.accept().inspect_err(none).is_ok() {
            came.2 = true;
        }
        came
    }

    fn fork(&mut self, policy: Policy) {
        self.round += 1;
        // A length nobody else sleeps.
        let mark = format!("20.{}{:03}", std::process::id(), self.round);
        let attack = format!("script fork {PROCESSES} {mark}");
        let run = self.run(policy, &attack, Some(&mark));
        for &pid in &run.left {
            let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        }
        let contained = run.most < PROCESSES && run.left.is_empty();
        self.note("script", "fork past the limit", policy, contained);
        answers(&run, policy);
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            stopped(&run, policy, contained, "processes");
        }
        // The kernel's own limit holds for other users: there is no more than that to stop.
    }

    fn sleep(&mut self, place: &str, policy: Policy) {
        let file = self.home.join("slept");
        let _ = fs::remove_file(&file);
        self.forget_done(policy);
        // A script leaves a file when it wakes up. A macro in the sandbox cannot, so there the
        // clock is the witness, far beyond what the analysis itself takes.
        let seconds = if place == "server" { 40 } else { 25 };
        let run = self.run(policy, &format!("{place} sleep {seconds} {file}"), None);
        let slept = place == "server" && run.took >= Duration::from_secs(seconds);
        let contained = !slept && !file.exists() && !self.done(policy);
        self.note(place, "sleep past the limit", policy, contained);
        answers(&run, policy);
    }

    fn fill(&mut self, what: &str, attack: &str, policy: Policy, words: &str) {
        self.forget_done(policy);
        let run = self.run(policy, attack, None);
        let contained = !self.done(policy);
        self.note("script", what, policy, contained);
        answers(&run, policy);
        stopped(&run, policy, contained, words);
        for file in files(&self.target(policy)) {
            if file
                .file_name()
                .is_some_and(|name| name.starts_with("part"))
            {
                fs::remove_file(file).unwrap();
            }
        }
    }

    fn forget_done(&self, policy: Policy) {
        for file in files(&self.target(policy)) {
            if file.file_name() == Some("done") {
                fs::remove_file(file).unwrap();
            }
        }
    }

    fn done(&self, policy: Policy) -> bool {
        let files = files(&self.target(policy));
        files.iter().any(|file| file.file_name() == Some("done"))
    }

    fn signal(&mut self, place: &str, policy: Policy) {
        let run = self.run(policy, &format!("{place} signal {{pid}}"), None);
        let killed = run.output.status.code().is_none();
        self.note(place, "signal to the tool", policy, !killed);
        if !killed {
            answers(&run, policy);
        }
    }

    fn everything(&mut self, policy: Policy) -> Run {
        if policy != Policy::Never {
            self.warm_up(policy);
        }
        let run = self.quick("script", policy);
        self.quick("compiler", policy);
        self.quick("server", policy);
        self.fork(policy);
        self.sleep("script", policy);
        self.sleep("server", policy);
        self.fill(
            "write past the limit",
            "script disk 600",
            policy,
            "MB written",
        );
        self.fill(
            "memory past the limit",
            "script memory 2000",
            policy,
            "memory",
        );
        self.signal("script", policy);
        self.signal("server", policy);
        run
    }

    fn of(&self, policy: Policy) -> impl Iterator<Item = (&str, bool)> {
        let rows = self.rows.iter().filter(move |(_, of, _)| *of == policy);
        rows.map(|(attack, _, contained)| (attack.as_str(), *contained))
    }

    fn print(&self) {
        println!("{:<36}  {:<24}  contained", "attack", "policy");
        for (attack, policy, contained) in &self.rows {
            let contained = if *contained { "yes" } else { "no" };
            println!("{attack:<36}  {:<24}  {contained}", policy.name());
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.socket());
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Whatever was attempted, there is an answer that names the policy.
fn answers(run: &Run, policy: Policy) {
    let text = String::from_utf8_lossy(&run.output.stdout);
    let [_, name] = policy.args();
    assert_eq!(run.output.status.code(), Some(0), "{}", said(&run.output));
    let first = text.lines().next().unwrap_or_default();
    assert!(first.contains(&format!("\"policy\":\"{name}\"")), "{first}");
    assert!(text.contains("\"dep::S::new\""), "{text}");
}

/// In the sandbox the report says what was stopped.
fn stopped(run: &Run, policy: Policy, contained: bool, words: &str) {
    if contained && matches!(policy, Policy::Sandbox | Policy::SandboxWithoutNamespaces) {
        let notes = said(&run.output);
        assert!(
            notes.contains("stopped at more than") && notes.contains(words),
            "{notes}"
        );
    }
}

pub(crate) fn files(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut pending = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
            if entry.file_type().unwrap().is_dir() {
                pending.push(entry.into_path());
            } else {
                found.push(entry.into_path());
            }
        }
    }
    found
}

/// Processes with the word in their command line, as the machine sees them. Not this one's
/// children that wait to be collected: those have no command line any more.
fn processes(mark: &str) -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|word| word == mark.as_bytes())
    })
    .collect()
}

#[test]
fn nothing_hostile_gets_out() {
    let mut scene = Scene::new("all");
    scene.everything(Policy::Trust);
    let escaped = scene.of(Policy::Trust).filter(|(_, contained)| *contained);
    let not_seen: Vec<&str> = escaped.map(|(attack, _)| attack).collect();
    assert_eq!(
        not_seen, [""; 0],
        "the witness does not see these succeed under trust"
    );
    for policy in [Policy::Sandbox, Policy::SandboxWithoutNamespaces] {
        let run = scene.everything(policy);
        let notes = said(&run.output);
        assert!(
            notes.contains("denied to the build script of dep"),
            "{notes}"
        );
        assert!(notes.contains("ermission denied"), "{notes}");
    }
    scene.everything(Policy::Never);
    scene.print();
    for policy in [
        Policy::Sandbox,
        Policy::SandboxWithoutNamespaces,
        Policy::Never,
    ] {
        let got_out: Vec<&str> = scene
            .of(policy)
            .filter(|(_, contained)| !contained)
            .map(|(attack, _)| attack)
            .collect();
        assert_eq!(got_out, [""; 0], "{}", policy.name());
        assert_eq!(scene.of(policy).count(), scene.of(Policy::Trust).count());
    }
}

#[test]
fn without_the_means_nothing_is_started() {
    let scene = Scene::new("without");
    let canary = scene.home.join("canary");
    let attack = format!("script write {canary}\ncompiler write {canary}\nserver write {canary}\n");
    fs::write(scene.workspace.join("attack.txt"), attack).unwrap();
    for part in ["landlock", "seccomp"] {
        let mut command = scene.command(Policy::Sandbox, PATIENT);
        command.env("WHITTLE_TEST_SANDBOX_WITHOUT", part);
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("\"policy\":\"never\""), "{}", said(&output));
        assert!(
            text.contains("\"dep::S::new\"") && !text.contains("made_by_the"),
            "{text}"
        );
        let named = said(&output)
            .to_lowercase()
            .contains(&format!("{part} is missing"));
        assert!(named, "{}", said(&output));
        // Cargo was not started for the step, not even in vain: it would have made its folder.
        assert!(!canary.exists() && !scene.workspace.join("target/whittle/sandbox").exists());
        assert!(!scene.workspace.join("target/whittle/build").exists());
    }
}

#[test]
fn the_tree_can_only_tighten() {
    let scene = Scene::new("tighten");
    let manifest = scene.workspace.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let policy = |exec: &str, asked: Policy| {
        let more = format!("{text}\n[workspace.metadata.whittle]\nexec = \"{exec}\"\n");
        fs::write(&manifest, more).unwrap();
        let output = scene.command(asked, PATIENT).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let first = text.lines().next().unwrap_or_default().to_owned();
        let policy = first.split("\"policy\":\"").nth(1).unwrap_or_default();
        (policy.trim_end_matches("\"}").to_owned(), said(&output))
    };
    assert_eq!(policy("never", Policy::Sandbox).0, "never");
    assert_eq!(policy("never", Policy::Trust).0, "never");
    assert_eq!(policy("sandbox", Policy::Trust).0, "sandbox");
    let (effective, notes) = policy("trust", Policy::Sandbox);
    assert_eq!(effective, "sandbox");
    assert!(notes.contains("is ignored"), "{notes}");
    assert_eq!(policy("always", Policy::Trust).0, "never");
}

#[test]
fn the_sandbox_changes_no_answer() {
    for fixture in [
        "build-script",
        "macro-proc",
        "member-proc-macro",
        "macro-derives",
    ] {
        let place = Utf8Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("same")
            .join(fixture);
        let _ = fs::remove_dir_all(&place);
        copy(&root().join(fixture), &place);
        let list = |exec: &str| {
            let output = Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
                .args(["list", "--manifest-path", place.join("Cargo.toml").as_str()])
                .args(["--exec", exec])
                .env("XDG_CONFIG_HOME", configuration(PATIENT))
                // An answer from the cache would run nothing.
                .env("WHITTLE_NO_CACHE", "1")
                .env_remove("CARGO_TARGET_DIR")
                .output()
                .unwrap();
            assert_eq!(said(&output), "", "{fixture}");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(text.contains(&format!("\"policy\":\"{exec}\"")), "{text}");
            let text = text.replace(&format!("\"policy\":\"{exec}\""), "");
            text.replace("/whittle/sandbox/build/", "/whittle/build/")
        };
        assert_eq!(list("sandbox"), list("trust"), "{fixture}");
    }
}
