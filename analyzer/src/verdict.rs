//! The verdict on a direct dependency, in one word, from the figures that it follows from.
//!
//! Takes the evidence of an analysis and, where the text was looked at, what owning would mean;
//! gives a [`Verdict`]. In this order: what the workspace wants to keep is kept; what is not used
//! goes; what std has is taken from std; what is small enough is owned; what is left may lose
//! features. Without a look at the text `extract` means that nothing speaks against it yet: the
//! closure that has to be copied is larger than what is reached, and `cargo whittle advise` says by
//! how much.

use serde::Serialize;

use crate::advise::evidence::Evidence;
use crate::advise::obstacle::Obstacle;
use crate::measure::Use;

/// What is advised to do with a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Remove it: nothing of it is used in what was analyzed.
    Unused,
    /// Switch features off that only bring in what is not used.
    Trim,
    /// The standard library has what is used of it.
    Std,
    /// Own what is used of it.
    Extract,
    /// Leave it as it is.
    Keep,
}

impl Verdict {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unused => "unused",
            Self::Trim => "trim",
            Self::Std => "std",
            Self::Extract => "extract",
            Self::Keep => "keep",
        }
    }
}

/// The verdict that follows from the evidence.
///
/// `closure` is what speaks against owning what has to be copied; `None` when that was not looked
/// at. `can_trim`: there are features to switch off.
#[must_use]
pub fn verdict(evidence: &Evidence, closure: Option<&[Obstacle]>, can_trim: bool) -> Verdict {
    if evidence.is_wanted() {
        return Verdict::Keep;
    }
    if evidence.uses == Use::Nothing {
        return Verdict::Unused;
    }
    if evidence
        .std
        .as_ref()
        .is_some_and(|std| std.too_early.is_none())
    {
        return Verdict::Std;
    }
    if evidence.obstacles.is_empty() && closure.is_none_or(<[Obstacle]>::is_empty) {
        return Verdict::Extract;
    }
    if can_trim {
        return Verdict::Trim;
    }
    Verdict::Keep
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advise::evidence::Grounds;
    use crate::advise::settings::Settings;
    use crate::measure::measure;
    use crate::model::{Domains, Status};
    use crate::sample::Sample;

    /// A dependency with so many functions, so many of them used.
    fn sample(name: &str, used: u32, unused: u32) -> (Sample, usize) {
        let mut sample = Sample::new();
        let package = sample.library(name, "1.0.0", 0, Domains::RUN);
        for number in 0..used + unused {
            let status = if number < used {
                Status::Used
            } else {
                Status::Unused
            };
            sample.function(package, &format!("{name}::f{number}"), status);
        }
        (sample, package)
    }

    fn of(sample: &Sample, package: usize, settings: &Settings) -> (Verdict, Vec<String>) {
        let measures = measure(&sample.analysis);
        let grounds = Grounds::new(&sample.analysis, &measures, settings);
        let evidence = grounds.evidence(package).unwrap();
        let reasons = evidence.obstacles.iter().map(ToString::to_string);
        (verdict(&evidence, None, false), reasons.collect())
    }

    fn plain(sample: &Sample, package: usize) -> (Verdict, Vec<String>) {
        of(sample, package, &Settings::default())
    }

    #[test]
    fn little_of_it_is_used() {
        let (sample, package) = sample("small", 1, 9);
        assert_eq!(plain(&sample, package), (Verdict::Extract, Vec::new()));
    }

    #[test]
    fn nothing_of_it_is_used() {
        let (mut sample, package) = sample("idle", 0, 9);
        assert_eq!(plain(&sample, package).0, Verdict::Unused);
        sample.analysis.package_used[package] = Domains::RUN;
        assert_eq!(plain(&sample, package).0, Verdict::Extract);
    }

    #[test]
    fn what_is_unknown_is_not_unused() {
        let (mut sample, package) = sample("opaque", 0, 9);
        sample.function(package, "opaque::g", Status::Unknown);
        let (verdict, reasons) = plain(&sample, package);
        assert_eq!(verdict, Verdict::Keep);
        assert_eq!(reasons, ["what is used of it is not known"]);
    }

    #[test]
    fn limits_are_the_workspaces() {
        let (sample, package) = sample("half", 10, 10);
        let (verdict, reasons) = plain(&sample, package);
        assert_eq!(verdict, Verdict::Keep);
        assert_eq!(
            reasons,
            ["50 % of its functions are reached, more than max-percent = 20"]
        );
        let settings = Settings {
            max_per_mille: 500,
            max_lines: 99,
            ..Settings::default()
        };
        assert_eq!(
            of(&sample, package, &settings).1,
            ["100 lines would be yours, more than max-lines = 99"]
        );
    }

    #[test]
    fn what_others_use_stays() {
        let (mut sample, package) = sample("shared", 1, 9);
        let other = sample.library("other", "1.0.0", 0, Domains::RUN);
        sample.depend(other, package);
        let (verdict, reasons) = plain(&sample, package);
        assert_eq!(verdict, Verdict::Keep);
        assert_eq!(
            reasons,
            ["nothing would leave the tree: also used by other"]
        );
    }

    #[test]
    fn what_only_passes_on_is_kept() {
        let (mut sample, facade) = sample("facade", 0, 0);
        sample.analysis.package_used[facade] = Domains::RUN;
        assert_eq!(plain(&sample, facade).0, Verdict::Extract);
        let inner = sample.library("inner", "1.0.0", facade, Domains::RUN);
        sample.function(inner, "inner::f", Status::Used);
        let (verdict, reasons) = plain(&sample, facade);
        assert_eq!(verdict, Verdict::Keep);
        assert_eq!(
            reasons,
            ["no function of its own is used; it passes on what is in inner, which would stay"]
        );
    }

    #[test]
    fn critical_crates_are_kept_unless_the_workspace_knows_better() {
        let (sample, package) = sample("sha2", 1, 9);
        let (verdict, reasons) = plain(&sample, package);
        assert_eq!(verdict, Verdict::Keep);
        assert!(reasons[0].starts_with("cryptography: "), "{reasons:?}");
        let text = "[workspace.metadata.whittle.advise]\n\
                    not-critical = [{ crate = \"sha2\", reason = \"names of files\" }]";
        let settings = Settings::read("Cargo.toml", text).unwrap();
        assert_eq!(of(&sample, package, &settings).0, Verdict::Extract);
    }

    #[test]
    fn std_has_it() {
        let (mut sample, package) = sample("num_cpus", 1, 1);
        sample.item(0).path = "num_cpus::get".to_owned();
        sample.item(0).direct = true;
        assert_eq!(plain(&sample, package).0, Verdict::Std);
        sample.analysis.project.packages[0].manifest.rust_version = Some("1.58".to_owned());
        assert_eq!(plain(&sample, package).0, Verdict::Keep);
    }

    #[test]
    fn what_is_wanted_is_kept_whatever_the_figures() {
        let (sample, package) = sample("idle", 0, 1);
        let text = "[package.metadata.whittle.advise]\n\
                    keep = [{ crate = \"idle\", reason = \"other platforms\" }]";
        let settings = Settings::read("Cargo.toml", text).unwrap();
        assert_eq!(of(&sample, package, &settings).0, Verdict::Keep);
    }
}
