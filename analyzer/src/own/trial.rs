//! The trial: the workspace before, the copy that grows smaller, and everything that has to hold
//! before anything is done.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use whittle_extract::refuse::{Reason, Refusal};

use super::check::{Checked, check};
use super::compare_tests::{self, Tests};
use super::edition;
use super::extraction::{Extraction, Planned};
use super::files::{Files, files};
use super::judge::{first, in_copy, judge, raised};
use super::scratch::Scratch;
use crate::cargo::code::Builds;
use crate::cargo::flags_without_targets;
use crate::error::Result;
use crate::model::UnitKind;
use crate::options::{Options, Selection};

/// What the workspace was before.
pub(super) struct Before {
    pub(super) checked: Checked,
    /// Other sets of features that compiled, and what was said.
    pub(super) more: Vec<(Vec<String>, Checked)>,
    tests: Tests,
    /// What another edition would make of the dependency's text.
    edition: Option<Checked>,
    lock: Vec<u8>,
}

/// A copy of the workspace, and how it is built.
pub(super) struct Trial<'a> {
    pub(super) scratch: Scratch,
    pub(super) builds: Builds,
    selection: &'a Selection,
    /// What cargo is asked to check: what compiles as it is.
    targets: Vec<String>,
    /// What it is asked to test, one set of targets after the other.
    tested: Vec<Vec<&'static str>>,
    progress: &'a dyn Fn(&str),
}

/// What came of it.
pub(super) struct Tried {
    pub(super) planned: Planned,
    pub(super) files: Files,
    /// Tests that gave what they gave before; `None`: they did not build, as before.
    pub(super) tests: Option<usize>,
    /// What was checked and what not, a line each.
    pub(super) notes: Vec<String>,
}

/// It went well, or this stands in the way.
pub(super) type Verdict<T> = std::result::Result<T, Vec<Refusal>>;

impl<'a> Trial<'a> {
    /// Copies the workspace. `options` are those of the analysis, with the policy in effect.
    ///
    /// # Errors
    /// When it cannot be copied, or code may not run.
    pub(super) fn new(
        extraction: &Extraction<'_>,
        options: &'a Options,
        progress: &'a dyn Fn(&str),
    ) -> Result<Self> {
        progress("copying the workspace");
        let scratch = Scratch::new(extraction.analysis, options)?;
        let builds = Builds::new(&scratch.options(options))?;
        Ok(Self {
            scratch,
            builds,
            selection: &options.selection,
            targets: vec!["--all-targets".to_owned()],
            tested: vec![Vec::new()],
            progress,
        })
    }

    pub(super) fn say(&self, what: &str) {
        (self.progress)(what);
    }

    /// All targets, with the features that were asked for.
    pub(super) fn flags(&self) -> Vec<String> {
        self.flags_of(self.selection)
    }

    fn flags_of(&self, selection: &Selection) -> Vec<String> {
        let mut flags = flags_without_targets(selection);
        flags.extend_from_slice(&self.targets);
        flags
    }

    /// The same with all features and with none, as far as that is something else.
    fn more_flags(&self, extraction: &Extraction<'_>) -> Vec<Vec<String>> {
        let selection = self.selection;
        let host = &extraction.analysis.project.packages[extraction.host.package];
        let mut out = Vec::new();
        if host.manifest.features.is_empty() {
            return out;
        }
        let of = |all: bool| {
            self.flags_of(&Selection {
                features: Vec::new(),
                all_features: all,
                no_default_features: !all,
                ..selection.clone()
            })
        };
        if !selection.all_features {
            out.push(of(true));
        }
        if !selection.no_default_features || !selection.features.is_empty() {
            out.push(of(false));
        }
        out
    }

    /// Benches want a nightly compiler more often than not, and examples what their author has.
    fn without_what_never_compiled(
        &mut self,
        extraction: &Extraction<'_>,
    ) -> Result<Option<(Checked, &'static [&'static str])>> {
        let project = &extraction.analysis.project;
        let selected = project.roots.iter().map(|&root| project.units[root].kind);
        let kinds: BTreeSet<UnitKind> = selected.collect();
        let is_library = kinds.contains(&UnitKind::Lib) || kinds.contains(&UnitKind::ProcMacro);
        let all = [
            (is_library, "--lib"),
            (true, "--bins"),
            (true, "--tests"),
            (kinds.contains(&UnitKind::Example), "--examples"),
            (kinds.contains(&UnitKind::Bench), "--benches"),
        ];
        let all = all.into_iter().filter(|(is_there, _)| *is_there);
        let all: Vec<&str> = all.map(|(_, flag)| flag).collect();
        for left_out in [&["benches"][..], &["examples"], &["benches", "examples"]] {
            let is_out = |flag: &str| left_out.contains(&flag.trim_start_matches('-'));
            let rest = all.iter().filter(|flag| !is_out(flag));
            let rest: Vec<String> = rest.map(|&flag| flag.to_owned()).collect();
            if rest.len() + left_out.len() != all.len() {
                // Not all of these are there.
                continue;
            }
            self.targets = rest;
            let checked = check(&self.builds, self.scratch.root(), &self.flags())?;
            if checked.success {
                if is_out("--examples") {
                    // Cargo builds them with the tests, unless it is told what to test; and runs
                    // those of the documentation only where it is told nothing, or only that.
                    self.tested = vec![vec!["--tests"]];
                    self.tested.extend(is_library.then(|| vec!["--doc"]));
                }
                return Ok(Some((checked, left_out)));
            }
        }
        Ok(None)
    }

    fn run_tests(&self) -> Result<Tests> {
        let flags = flags_without_targets(self.selection);
        compare_tests::run(&self.builds, &flags, &self.tested)
    }

    /// How the workspace is before anything changes.
    ///
    /// # Errors
    /// When cargo cannot be run. The inner one when it does not build as it is.
    pub(super) fn before(&mut self, extraction: &Extraction<'_>) -> Result<Verdict<Before>> {
        self.say("checking the package as it is");
        let lock = self.scratch.read("Cargo.lock".into())?;
        let mut checked = check(&self.builds, self.scratch.root(), &self.flags())?;
        if !checked.success {
            let why = first(&checked);
            let Some((less, left_out)) = self.without_what_never_compiled(extraction)? else {
                let what = format!("`{}` as it is ({why})", extraction.host.name);
                return Ok(Err(vec![Refusal::new(Reason::DoesNotCompile, what)]));
            };
            let what = left_out.join(" and ");
            let note = format!("neither checked nor built for the tests: {what}");
            let note = format!("{note}, which do not compile as they are ({why})");
            self.scratch.notes.push(note);
            checked = less;
        }
        let mut more = Vec::new();
        for flags in self.more_flags(extraction) {
            let checked = check(&self.builds, self.scratch.root(), &flags)?;
            if checked.success {
                more.push((flags, checked));
            }
        }
        let edition = edition::lints(&self.builds, &mut self.scratch, extraction)?;
        self.say("running the package's tests as they are");
        let tests = self.run_tests()?;
        Ok(Ok(Before {
            checked,
            more,
            tests,
            edition,
            lock,
        }))
    }

    /// Makes the copy as small as the compiler allows, and holds it to all that was before.
    ///
    /// # Errors
    /// When cargo cannot be run, or a file not be read.
    pub(super) fn run(
        &mut self,
        extraction: &mut Extraction<'_>,
        before: &Before,
    ) -> Result<Verdict<Tried>> {
        if let Some(lints) = &before.edition {
            extraction.said = edition::said(lints, extraction);
        }
        let shrunk = match super::prune::shrink(self, extraction, before)? {
            Ok(shrunk) => shrunk,
            Err(refusals) => return Ok(Err(refusals)),
        };
        let mut notes = self.scratch.notes.clone();
        let planned = shrunk.planned;
        if let Some(lints) = &before.edition {
            let plan = &planned.plan;
            let refusals = edition::judge(lints, &plan.name, &plan.files, extraction.host.edition);
            if !refusals.is_empty() {
                return Ok(Err(refusals));
            }
        }
        let mut files = match self.hold(extraction, before, &planned, shrunk.allows)? {
            Ok(files) => files,
            Err(refusals) => return Ok(Err(refusals)),
        };
        self.say("running the package's tests with the copy");
        let tests = match self.tests(before)? {
            Ok(tests) => tests,
            Err(refusals) => return Ok(Err(refusals)),
        };
        if let Err(refusals) = self.other_targets(extraction, &planned, &mut notes)? {
            return Ok(Err(refusals));
        }
        let lock = self.scratch.read("Cargo.lock".into())?;
        files.finish(&lock, &before.lock);
        Ok(Ok(Tried {
            planned,
            files,
            tests: tests.built.then(|| tests.count()),
            notes,
        }))
    }

    /// The final files: with every set of features the copy raises what its declaration allows by
    /// name, and nothing else is said that was not said before.
    fn hold(
        &mut self,
        extraction: &Extraction<'_>,
        before: &Before,
        planned: &Planned,
        mut allows: BTreeSet<String>,
    ) -> Result<Verdict<Files>> {
        loop {
            let files = match files(extraction, planned, &allows)? {
                Ok(files) => files,
                Err(refusal) => return Ok(Err(vec![refusal])),
            };
            self.say("checking the package with the copy");
            if let Err(refusal) = self.lay(&files)? {
                return Ok(Err(vec![refusal]));
            }
            let mut wrong = Wrong::default();
            let mut lints = BTreeSet::new();
            let own = self.flags();
            let more = before.more.iter();
            let more = more.map(|(flags, checked)| (flags, checked, shown(flags)));
            for (flags, old, with) in
                std::iter::once((&own, &before.checked, String::new())).chain(more)
            {
                let checked = check(&self.builds, self.scratch.root(), flags)?;
                lints.extend(raised(&checked, &files));
                wrong.add(judge(&checked, old, &files), &with);
            }
            let known = allows.len();
            allows.extend(lints);
            if allows.len() == known {
                let wrong = wrong.refusals();
                return Ok(if wrong.is_empty() {
                    Ok(files)
                } else {
                    Err(wrong)
                });
            }
        }
    }

    /// Puts files into the scratch copy, with a lock file that fits.
    ///
    /// # Errors
    /// When a file cannot be written; the inner one when the dependencies cannot be resolved.
    pub(super) fn lay(&mut self, files: &Files) -> Result<std::result::Result<(), Refusal>> {
        let all = files.after.iter();
        let all: BTreeMap<Utf8PathBuf, Option<Vec<u8>>> = all
            .map(|(path, bytes)| (path.clone(), Some(bytes.clone())))
            .collect();
        self.scratch.set(&all)?;
        Ok(self.builds.fit_lock_file().map_err(|why| {
            let what = format!("the workspace with the copy ({why})");
            Refusal::new(Reason::Unresolved, what)
        }))
    }

    fn tests(&self, before: &Before) -> Result<Verdict<Tests>> {
        let mut tests = self.run_tests()?;
        if !tests.differences(&before.tests).is_empty() {
            // Those that go by chance get a second one.
            tests = self.run_tests()?;
        }
        let differences = tests.differences(&before.tests);
        if differences.is_empty() {
            return Ok(Ok(tests));
        }
        let refusals = differences.into_iter().take(10).map(|what| {
            let what = format!("the copy ({what})");
            Refusal::new(Reason::TestsDiffer, what)
        });
        Ok(Err(refusals.collect()))
    }

    /// Checks other targets whose std is installed, when code for them comes along.
    fn other_targets(
        &self,
        extraction: &Extraction<'_>,
        planned: &Planned,
        notes: &mut Vec<String>,
    ) -> Result<Verdict<()>> {
        let unchecked = &planned.plan.slice.unchecked;
        if unchecked.is_empty() {
            return Ok(Ok(()));
        }
        let own = self.selection.target.as_deref();
        let own = own.unwrap_or_else(|| self.builds.host());
        let mut others = self.builds.installed_targets();
        others.retain(|target| target != own);
        let mut any = false;
        for target in others {
            self.say(&format!("checking for {target}"));
            let flags = flags_without_targets(&Selection {
                target: Some(target.clone()),
                ..self.selection.clone()
            });
            let checked = check(&self.builds, self.scratch.root(), &flags)?;
            if let Some(error) = checked.errors().find(|said| in_copy(said, extraction)) {
                let what = format!("`{}` for {target} ({})", planned.plan.name, error.message);
                return Ok(Err(vec![Refusal::new(Reason::DoesNotCompile, what)]));
            }
            any |= checked.success;
            notes.push(if checked.success {
                format!("checked for {target}, too")
            } else {
                format!("not checked for {target}: {}", first(&checked))
            });
        }
        if !any {
            let targets: Vec<&str> = unchecked.iter().map(String::as_str).collect();
            let targets = targets.join(", ");
            notes.push(format!("code for other targets is not checked: {targets}"));
        }
        Ok(Ok(()))
    }
}

/// What stands in the way, each once: with the first set of features that shows it.
#[derive(Default)]
pub(super) struct Wrong(BTreeMap<Refusal, String>);

impl Wrong {
    pub(super) fn add(&mut self, refusals: Vec<Refusal>, with: &str) {
        for refusal in refusals {
            self.0.entry(refusal).or_insert_with(|| with.to_owned());
        }
    }

    pub(super) fn refusals(self) -> Vec<Refusal> {
        let all = self.0.into_iter();
        all.map(|(mut refusal, with)| {
            if !with.is_empty() && refusal.reason == Reason::DoesNotCompile {
                refusal.reason = Reason::OtherFeatures;
            }
            refusal.what += &with;
            refusal
        })
        .collect()
    }
}

/// Which features, where they are not those that were asked for.
pub(super) fn shown(flags: &[String]) -> String {
    let of_features = ["--all-features", "--no-default-features"];
    let mut named = flags.iter().filter(|it| of_features.contains(&it.as_str()));
    named
        .next()
        .map_or_else(String::new, |flag| format!(" (with `{flag}`)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_sets_of_features_show_is_said_once() {
        let refusal = |what: &str| Refusal::new(Reason::DoesNotCompile, what);
        let mut wrong = Wrong::default();
        wrong.add(vec![refusal("`a`")], "");
        let flags = ["--workspace", "--all-features"].map(str::to_owned);
        wrong.add(vec![refusal("`a`"), refusal("`b`")], &shown(&flags));
        let said = wrong.refusals().into_iter();
        let said: Vec<(Reason, String)> = said.map(|it| (it.reason, it.what)).collect();
        let with_all = "`b` (with `--all-features`)".to_owned();
        let expected = [
            (Reason::DoesNotCompile, "`a`".to_owned()),
            (Reason::OtherFeatures, with_all),
        ];
        assert_eq!(said, expected);
    }
}
