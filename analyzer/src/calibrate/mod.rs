//! How far to trust the numbers: the list compared with a linked executable.
//!
//! `build` compiles the selected bin without optimization and with full debug info, `dwarf` and
//! `unit` read which functions have code in it (the truth), `compare` joins them with the
//! analysis, where `place` says whose a function is, `tally` holds the figures, `render` prints.
//! This compiles and runs code of the analysed tree (build scripts and proc macros), which the
//! rest of the tool need not do; [`NOTICE`] says so to the user.

pub mod build;
pub mod compare;
pub mod dwarf;
mod place;
pub mod render;
pub mod tally;
#[cfg(test)]
mod tests;
mod unit;

use camino::Utf8PathBuf;

use crate::error::{Error, Result};
use crate::model::{Analysis, Project, UnitKind};
use crate::options::{Options, Selection};
pub use tally::Calibration;

/// What to tell the user before [`calibrate`] starts to build.
pub const NOTICE: &str =
    "calibrate compiles the selected bin, which runs its build scripts and proc macros";

/// A comparison and what it was made with.
#[derive(Debug)]
pub struct Run {
    pub bin: String,
    pub executable: Utf8PathBuf,
    pub calibration: Calibration,
}

/// Narrows a selection to bins, before the analysis: a lib's public items would be roots that no
/// executable has. Without `--bin`, every bin is selected, and [`only_bin`] wants there to be one.
///
/// # Errors
/// Another profile than `dev` is asked for: the executable must not be optimized.
pub fn restrict(selection: &mut Selection) -> Result<()> {
    let profile = selection.profile.as_deref();
    if selection.release || profile.is_some_and(|profile| profile != "dev") {
        let message = "calibrate compares the dev profile: drop `--release` and `--profile`";
        return Err(Error::Usage(message.into()));
    }
    *selection = Selection {
        lib: false,
        bins: selection.bin.is_empty(),
        examples: false,
        example: Vec::new(),
        tests: false,
        test: Vec::new(),
        benches: false,
        bench: Vec::new(),
        all_targets: false,
        ..std::mem::take(selection)
    };
    Ok(())
}

/// The one bin that the analysis started from, by its crate name.
///
/// # Errors
/// There is none, there are several, or there are other roots beside it.
pub fn only_bin(project: &Project) -> Result<&str> {
    let roots = || {
        project
            .roots
            .iter()
            .filter_map(|&root| project.units.get(root))
    };
    let mut bins: Vec<&str> = roots()
        .filter(|unit| unit.kind == UnitKind::Bin && !unit.test_harness)
        .map(|unit| unit.crate_name.as_str())
        .collect();
    bins.sort_unstable();
    bins.dedup();
    match bins.as_slice() {
        [bin] if roots().count() == 1 => Ok(bin),
        [] => Err(Error::NoRoots(
            "the selection has no bin to compare with".into(),
        )),
        [_] => Err(Error::Usage(
            "calibrate compares one bin and no other target".into(),
        )),
        _ => {
            let names = bins.join(", ");
            Err(Error::Usage(format!(
                "calibrate compares one bin: name one of {names} with `--bin`"
            )))
        }
    }
}

/// Builds the bin that `analysis` started from and compares its functions with the items.
///
/// # Errors
/// Those of [`only_bin`], [`build::build_executable`] and [`dwarf::live_functions`].
pub fn calibrate(analysis: &Analysis, options: &Options) -> Result<Run> {
    let bin = only_bin(&analysis.project)?;
    let executable = build::build_executable(&analysis.project, bin, options)?;
    let truth = dwarf::live_functions(&executable)?;
    let calibration = compare::compare(&truth, &analysis.items, &analysis.project);
    Ok(Run {
        bin: bin.to_owned(),
        executable,
        calibration,
    })
}
