//! The package's own tests, before and after.
//!
//! Cargo runs one program after the other and prints what libtest prints: a block for each, with a
//! line for each test. The order of the blocks is that of the targets, which an extraction does not
//! change. Documentation examples are named by their line, which it may change.

use std::collections::BTreeMap;

use crate::cargo::code::{Builds, Built};
use crate::error::Result;

/// Results by program and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tests {
    /// Whether there were programs to run: nothing follows from the silence of those that did not
    /// build.
    pub(crate) built: bool,
    /// Of all programs together, those without libtest's harness too.
    pub(crate) success: bool,
    /// How often each result came; two examples of one item have the same name.
    pub(crate) results: BTreeMap<(usize, String), Vec<String>>,
}

impl Tests {
    pub(crate) fn count(&self) -> usize {
        self.results.values().map(Vec::len).sum()
    }

    /// What is not as it was before, a line each.
    pub(crate) fn differences(&self, before: &Self) -> Vec<String> {
        let mut out = Vec::new();
        let keys = before.results.keys().chain(self.results.keys());
        let keys: std::collections::BTreeSet<_> = keys.collect();
        for key in keys {
            let (old, new) = (before.results.get(key), self.results.get(key));
            if old != new {
                let word = |results: Option<&Vec<String>>| {
                    results.map_or_else(|| "not there".to_owned(), |it| it.join(", "))
                };
                out.push(format!("{}: {}, before {}", key.1, word(new), word(old)));
            }
        }
        if out.is_empty() && self.success != before.success {
            let word = |success| if success { "succeed" } else { "fail" };
            out.push(format!(
                "the tests {}, before they {}",
                word(self.success),
                word(before.success)
            ));
        }
        out
    }
}

/// `cargo test` with `flags`, of one set of targets after the other; the first is what is built.
///
/// # Errors
/// When cargo cannot be started or not be confined.
pub(crate) fn run(builds: &Builds, flags: &[String], targets: &[Vec<&str>]) -> Result<Tests> {
    let of = |more: &[&str], targets: &[&str]| -> Result<Built> {
        let words = [&["test"], more, targets].concat();
        builds.run(&words, flags, &[])
    };
    let ran: Vec<Built> = targets
        .iter()
        .map(|targets| of(&["--no-fail-fast"], targets))
        .collect::<Result<_>>()?;
    let mut tests = read(&ran);
    if !tests.success && tests.results.is_empty() {
        let first = targets.first().map_or(&[][..], Vec::as_slice);
        tests.built = of(&["--no-run"], first)?.success;
    }
    Ok(tests)
}

fn read(ran: &[Built]) -> Tests {
    let printed: Vec<&str> = ran.iter().map(|built| built.stdout.as_str()).collect();
    Tests {
        built: true,
        success: ran.iter().all(|built| built.success),
        results: results(&printed.join("\n")),
    }
}

fn results(stdout: &str) -> BTreeMap<(usize, String), Vec<String>> {
    let mut out: BTreeMap<(usize, String), Vec<String>> = BTreeMap::new();
    let mut block = 0;
    for line in stdout.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["running", count, "tests" | "test"] = words[..]
            && count.parse::<u32>().is_ok()
        {
            block += 1;
            continue;
        }
        let Some((name, result)) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.rsplit_once(" ... "))
        else {
            continue;
        };
        // `ok`, `FAILED`, `ignored, because …`; times of benches differ.
        let result = result.split([',', ':', ' ']).next().unwrap_or_default();
        if !["ok", "FAILED", "ignored", "bench"].contains(&result) {
            continue;
        }
        let key = (block, without_line(name));
        let results = out.entry(key).or_default();
        results.push(result.to_owned());
        results.sort();
    }
    out
}

/// `src/lib.rs - f (line 12)` without its number.
fn without_line(name: &str) -> String {
    match name.split_once(" (line ") {
        Some((before, rest)) => {
            let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}{}", after.trim_start_matches(')'))
        }
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "
running 3 tests
test a ... ok
test m::b - should panic ... ok
test c ... ignored, takes long

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s


running 1 test
test a ... FAILED
noise: test x ... ok
test what ... happened

running 2 tests
test src/lib.rs - f (line 3) ... ok
test src/lib.rs - f (line 9) - compile fail ... ok
";

    fn tests(stdout: &str) -> Tests {
        read(&[ran(stdout)])
    }

    fn ran(stdout: &str) -> Built {
        Built {
            success: !stdout.contains("FAILED"),
            stdout: stdout.to_owned(),
            stderr: String::new(),
            stopped: None,
        }
    }

    #[test]
    fn programs_are_told_apart_and_lines_are_not() {
        let before = tests(BEFORE);
        assert_eq!(before.count(), 6);
        assert_eq!(before.results[&(1, "a".to_owned())], ["ok"]);
        assert_eq!(before.results[&(2, "a".to_owned())], ["FAILED"]);
        let moved = tests(
            &BEFORE
                .replace("line 3", "line 4")
                .replace("line 9", "line 10"),
        );
        assert!(moved.differences(&before).is_empty());
    }

    #[test]
    fn several_runs_are_one_after_the_other() {
        let one = |name: &str| ran(&format!("running 1 test\ntest {name} ... ok\n"));
        let tests = read(&[one("a"), one("b")]);
        let keys: Vec<(usize, &str)> = tests.results.keys().map(|it| (it.0, &*it.1)).collect();
        assert_eq!(keys, [(1, "a"), (2, "b")]);
        assert!(tests.success);
        assert!(!read(&[one("a"), ran("FAILED")]).success);
    }

    #[test]
    fn every_difference_is_named() {
        let before = tests(BEFORE);
        let after = BEFORE.replace(
            "m::b - should panic ... ok",
            "m::b - should panic ... FAILED",
        );
        let after = tests(&after.replace("test c ... ignored, takes long\n", ""));
        assert_eq!(
            after.differences(&before),
            [
                "c: not there, before ignored",
                "m::b - should panic: FAILED, before ok"
            ]
        );
        let other = Tests {
            success: !before.success,
            ..before.clone()
        };
        assert_eq!(
            other.differences(&before),
            ["the tests succeed, before they fail"]
        );
    }
}
