//! The command line: parses, calls, prints, and maps the result to an exit code.
//!
//! [`run`] takes the arguments, the analysis as a function, and where to write, so that tests
//! run the whole tool in-process on an analysis made by hand. Only the result goes to `out`;
//! progress, notes and errors go to `err`. A reader that goes away (broken pipe) is no error.

mod advise;
mod advisories;
mod allow;
mod args;
mod baseline;
mod calibrate;
mod check;
mod clean;
mod completions;
mod diff;
mod extract;
mod init;
mod list;
mod man;
mod output;
mod outputs;
mod record;
mod report;
mod review;
mod sbom;
mod session;
mod sync;
mod terminal;
#[cfg(test)]
mod tests;
mod trend;
mod try_out;
mod user_config;
mod verify;
mod why;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Write};

use clap::{Parser, Subcommand};

use crate::error::{Error, Outcome};
use crate::model::Analysis;
use crate::options::{ExecPolicy, Options};
use crate::report::text::sanitize;

use args::{AnalysisArgs, OutputArgs};
use session::{Failure, Session};
pub use terminal::Terminal;
use user_config::UserConfig;

/// What analyzes: [`crate::analyze`], or a stand-in in tests. The callback takes what it is
/// doing, for the progress line.
pub type Analyzer<'a> = dyn Fn(&Options, &dyn Fn(&str)) -> crate::error::Result<Analysis> + 'a;

const EXAMPLES: &str = "\
Examples:
  cargo whittle                             what the workspace here reaches in its dependencies
  cargo whittle --sort weight --depth 1     direct dependencies, the heaviest first
  cargo whittle --format markdown           the same for a pull request
  cargo whittle list --status used --crate regex
                                            every function of regex that is reached
  cargo whittle why aho-corasick            a shortest chain of calls from main to the crate
  cargo whittle why Regex::is_match         … or to a function
  cargo whittle advise                      what to do with each direct dependency, and why
  cargo whittle try regex --use Regex::new  what a new dependency would bring
  cargo whittle advisories --db ../advisory-db
                                            which RustSec advisories matter here
  cargo whittle check --base origin/main    what a pull request newly reaches, and the limits
  cargo whittle record --range v1.0..HEAD   the figures of past commits, for `cargo whittle trend`
  cargo whittle calibrate --bin rg          compare with the functions in the linked executable

Words:
  used     reached from the roots (main, a library's public items, tests when selected, …)
  unknown  could not be decided, with a reason; never counted as unused
  run      what ships; build and macro run on the developer's machine
  Totals are what the crate contains under the resolved features, cfg and target.

Exit codes:
  0  clean, or yes
  1  findings, or no (`why` of something not reached, an advisory that matters, …)
  2  could not analyze, or bad usage

The tool never uses the network. It writes into its folder below target/, and the file that a
command is for.";

/// Find out what a workspace really reaches in its dependencies
#[derive(Debug, Parser)]
#[command(
    name = "cargo-whittle",
    bin_name = "cargo whittle",
    version,
    about,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    report: report::ReportArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show used and total per crate (what runs without a command)
    Report(report::ReportArgs),
    /// List every function of every dependency with its status
    List(list::ListArgs),
    /// Show a shortest chain of uses from a root to a crate or item
    #[command(after_help = "Exits with 1 when it is not reached or unknown.")]
    Why(why::WhyArgs),
    /// Say what to do with each dependency, and why
    #[command(after_help = advise::AFTER_HELP)]
    Advise(advise::AdviseArgs),
    /// Say what a new dependency would bring, and what of it would be reached
    #[command(after_help = try_out::AFTER_HELP)]
    Try(try_out::TryArgs),
    /// Say which advisories of a local RustSec database matter here
    #[command(after_help = advisories::AFTER_HELP)]
    Advisories(advisories::AdvisoriesArgs),
    /// Hold the workspace to its rules and to what was accepted
    #[command(after_help = check::AFTER_HELP)]
    Check(check::CheckArgs),
    /// Write what is reached now as what is accepted (whittle.lock)
    #[command(after_help = baseline::AFTER_HELP)]
    Baseline(baseline::BaselineArgs),
    /// Add commented rules to the manifest, and write the baseline
    Init(init::InitArgs),
    /// Compare what is reached with another revision or lock file
    #[command(after_help = diff::AFTER_HELP)]
    Diff(diff::DiffArgs),
    /// List what there is to review of a crate, and note what was
    #[command(after_help = review::AFTER_HELP)]
    Review(review::ReviewArgs),
    /// Own what is reached of a dependency instead of depending on it
    #[command(after_help = extract::AFTER_HELP)]
    Extract(extract::ExtractArgs),
    /// Record the figures of a commit, or of many, in the history file
    #[command(after_help = record::AFTER_HELP)]
    Record(record::RecordArgs),
    /// Compare owned code with what it is a copy of, item by item
    #[command(after_help = verify::AFTER_HELP)]
    Verify(verify::VerifyArgs),
    /// Bring owned code to another version of what it is a copy of
    #[command(after_help = sync::AFTER_HELP)]
    Sync(sync::SyncArgs),
    /// Write a bill of materials (CycloneDX) in which owned code is seen
    #[command(after_help = sbom::AFTER_HELP)]
    Sbom(sbom::SbomArgs),
    /// Show how the recorded figures went
    Trend(trend::TrendArgs),
    /// Print what to allow for build scripts and proc macros to run under `--exec never`
    Allow(allow::AllowArgs),
    /// Compare the analysis with a linked executable (compiles and runs the tree's code)
    Calibrate(calibrate::CalibrateArgs),
    /// Remove what the tool keeps below the target folder
    Clean(clean::CleanArgs),
    /// Print the manual page as roff
    Man(man::ManArgs),
    /// Print a completion script
    Completions(completions::CompletionsArgs),
}

impl Cli {
    fn output(&self) -> Option<&OutputArgs> {
        match &self.command {
            None => Some(&self.report.analysis.output),
            Some(Command::Report(args)) => Some(&args.analysis.output),
            Some(Command::List(args)) => Some(&args.analysis.output),
            Some(Command::Why(args)) => Some(&args.analysis.output),
            Some(Command::Advise(args)) => Some(&args.analysis.output),
            Some(Command::Try(args)) => Some(&args.analysis.output),
            Some(Command::Advisories(args)) => Some(&args.analysis.output),
            Some(Command::Check(args)) => Some(&args.analysis.output),
            Some(Command::Baseline(args)) => Some(&args.analysis.output),
            Some(Command::Init(args)) => Some(&args.analysis.output),
            Some(Command::Diff(args)) => Some(&args.analysis.output),
            Some(Command::Review(args)) => Some(&args.analysis.output),
            Some(Command::Extract(args)) => Some(&args.analysis.output),
            Some(Command::Record(args)) => Some(&args.analysis.output),
            Some(Command::Verify(args)) => Some(&args.output),
            Some(Command::Sync(args)) => Some(&args.output),
            Some(Command::Sbom(args)) => Some(&args.analysis.output),
            Some(Command::Trend(args)) => Some(&args.output),
            Some(Command::Allow(args)) => Some(&args.analysis.output),
            Some(Command::Calibrate(args)) => Some(&args.analysis.output),
            Some(Command::Clean(_) | Command::Man(_) | Command::Completions(_)) => None,
        }
    }
}

/// Runs the tool; neither `out` nor `err` is taken for a terminal.
pub fn run(
    args: impl Iterator<Item = OsString>,
    analyze: &Analyzer<'_>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Outcome {
    run_in(Terminal::default(), args, analyze, out, err)
}

/// Runs the tool with what is known about the terminal.
pub fn run_in(
    terminal: Terminal,
    args: impl Iterator<Item = OsString>,
    analyze: &Analyzer<'_>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Outcome {
    let cli = match Cli::try_parse_from(without_cargo(args)) {
        Ok(cli) => cli,
        Err(message) => return print_message(&message, terminal, out, err),
    };
    let mut session = Session::new(&cli, terminal, analyze, out, err);
    let outcome = command(&cli, &mut session).and_then(|outcome| {
        session.out.flush()?;
        Ok(outcome)
    });
    outcome.unwrap_or_else(|failure| session.fail(&failure))
}

/// `cargo whittle …` starts the program with `whittle` as its first argument.
fn without_cargo(args: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    args.enumerate()
        .filter(|(index, arg)| *index != 1 || arg != "whittle")
        .map(|(_, arg)| arg)
}

fn command(cli: &Cli, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    match &cli.command {
        None => report::run(&cli.report, session),
        Some(Command::Report(args)) => report::run(args, session),
        Some(Command::List(args)) => list::run(args, session),
        Some(Command::Why(args)) => why::run(args, session),
        Some(Command::Advise(args)) => advise::run(args, session),
        Some(Command::Try(args)) => try_out::run(args, session),
        Some(Command::Advisories(args)) => advisories::run(args, session),
        Some(Command::Check(args)) => check::run(args, session),
        Some(Command::Baseline(args)) => baseline::run(args, session),
        Some(Command::Init(args)) => init::run(args, session),
        Some(Command::Diff(args)) => diff::run(args, session),
        Some(Command::Review(args)) => review::run(args, session),
        Some(Command::Extract(args)) => extract::run(args, session),
        Some(Command::Record(args)) => record::run(args, session),
        Some(Command::Verify(args)) => verify::run(args, session),
        Some(Command::Sync(args)) => sync::run(args, session),
        Some(Command::Sbom(args)) => sbom::run(args, session),
        Some(Command::Trend(args)) => trend::run(args, session),
        Some(Command::Allow(args)) => allow::run(args, session),
        Some(Command::Calibrate(args)) => calibrate::run(args, session),
        Some(Command::Clean(args)) => clean::run(args, session),
        Some(Command::Man(args)) => man::run(args, session),
        Some(Command::Completions(args)) => completions::run(args, session),
    }
}

/// Help and version go to `out`, usage errors to `err`.
fn print_message<'a>(
    message: &clap::Error,
    terminal: Terminal,
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
) -> Outcome {
    let text = message.render();
    let (to, color, outcome) = if message.use_stderr() {
        (err, terminal.color_err, Outcome::Failed)
    } else {
        (out, terminal.color_out, Outcome::Clean)
    };
    let painted = text.ansi().to_string();
    let plain = text.to_string();
    // It repeats what was typed, of which nothing may act on the terminal but clap's own colors.
    let lines: Vec<_> = plain.lines().map(sanitize).collect();
    let is_harmless = |line: &str| matches!(sanitize(line), Cow::Borrowed(_));
    let written = if color && without_colors(&painted).lines().all(is_harmless) {
        write!(to, "{painted}")
    } else {
        writeln!(to, "{}", lines.join("\n").trim_end_matches('\n'))
    };
    match written.and_then(|()| to.flush()) {
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => Outcome::Failed,
        _ => outcome,
    }
}

/// The text without sequences that only choose a color.
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        match rest.strip_prefix('m') {
            Some(rest) => plain.push_str(rest),
            None => plain.extend(["\u{1b}[", part]),
        }
    }
    plain
}

/// What the command line asks for, and where it is silent the user's own configuration.
fn options(args: &AnalysisArgs) -> Result<Options, Error> {
    let config = UserConfig::load()?;
    let mut options = args.options();
    options.allow.extend(config.allow);
    Ok(Options {
        exec: args.exec().or(config.exec).unwrap_or(options.exec),
        limits: config.limits,
        ..options
    })
}

/// The policy that the user named, if any: on the command line, else in the configuration.
fn asked_for(args: &AnalysisArgs) -> Result<Option<ExecPolicy>, Error> {
    Ok(args.exec().or(UserConfig::load()?.exec))
}
