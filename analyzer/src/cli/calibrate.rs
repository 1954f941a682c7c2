//! `cargo whittle calibrate`.

use clap::{Args, ValueEnum};

use crate::calibrate::{self, render};
use crate::error::{Error, Outcome};
use crate::options::ExecPolicy;
use crate::report::text::json_safe;

use super::args::{AnalysisArgs, Exec};
use super::{Failure, Session};

#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// How to print the comparison
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Exit with 1 when the recall is below this many percent
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    min_recall: Option<f64>,
    /// Exit with 1 when the precision is below this many percent
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    min_precision: Option<f64>,
    /// Judge the answer of another policy; the build runs the tree's code all the same
    #[arg(long, value_enum, value_name = "POLICY")]
    analyze_with: Option<Exec>,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').parse::<f64>();
    match number {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("not a number from 0 to 100".to_owned()),
    }
}

pub(super) fn run(args: &CalibrateArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let mut options = super::options(&args.analysis)?;
    // The command itself asks for it where nobody else asked for something.
    options.exec = super::asked_for(&args.analysis)?.unwrap_or(ExecPolicy::Trust);
    if options.exec != ExecPolicy::Trust {
        return Err(forbidden(options.exec.as_str()).into());
    }
    calibrate::restrict(&mut options.selection)?;
    session.note(calibrate::NOTICE);
    let mut judged = options.clone();
    if let Some(exec) = args.analyze_with {
        judged.exec = exec.into();
    }
    let analysis = session.analyze(&judged)?;
    session.notes(&analysis);
    if analysis.project.tightened {
        return Err(forbidden(analysis.project.exec.as_str()).into());
    }
    let run = session.progress(|progress| {
        progress.say("building and comparing");
        calibrate::calibrate(&analysis, &options)
    })?;
    let text = match args.format {
        Format::Table => render::table(&run, &analysis.project),
        Format::Json => json_safe(render::json(&run, &analysis.project)?),
    };
    writeln!(session.out, "{}", text.trim_end())?;
    let totals = &run.calibration.totals;
    let missed =
        below(args.min_recall, totals.recall()) || below(args.min_precision, totals.precision());
    Ok(if missed {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

fn forbidden(policy: &str) -> Error {
    Error::Usage(format!(
        "calibrate compiles the tree's code without a sandbox, which `exec = {policy}` forbids"
    ))
}

/// Whether a share (0 to 1) is less than the demanded percentage. What was demanded and could
/// not be measured is not met.
fn below(demanded: Option<f64>, share: Option<f64>) -> bool {
    demanded.is_some_and(|percent| share.is_none_or(|share| share * 100.0 < percent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demands() {
        assert!(!below(None, None));
        assert!(below(Some(99.8), None));
        assert!(below(Some(99.8), Some(0.9979)));
        assert!(!below(Some(99.8), Some(0.998)));
        assert_eq!(percent("99.8%"), Ok(99.8));
        assert!(percent("101").is_err() && percent("NaN").is_err());
    }
}
