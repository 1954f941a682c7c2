//! The formats of `check`: what is printed, and what is written beside it in the same run.

use std::io::{self, Write};
use std::str::FromStr;

use camino::Utf8PathBuf;
use clap::ValueEnum;

use crate::gate::{CheckReport, Render, files};
use crate::gate::{
    github::Github, json::Json, junit::Junit, markdown::Markdown, sarif::Sarif, table::Table,
};
use crate::report::paint::Paint;

use super::{Failure, Session};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs: see docs/check.schema.json
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For other CI services: `JUnit` XML
    Junit,
    /// For the summary of a job, or a comment in a pull request
    Markdown,
}

impl Format {
    fn render(self, report: &CheckReport, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Table => Table { paint }.render(report, out),
            Self::Json => Json.render(report, out),
            Self::Github => Github.render(report, out),
            Self::Sarif => Sarif.render(report, out),
            Self::Junit => Junit.render(report, out),
            Self::Markdown => Markdown.render(report, out),
        }
    }

    /// Says itself what the reader should know about the run.
    fn has_notices(self) -> bool {
        !matches!(self, Self::Github | Self::Sarif)
    }
}

/// `FORMAT=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    format: Format,
    file: Utf8PathBuf,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = text.split_once('=').ok_or("it must be FORMAT=FILE")?;
        if file.is_empty() {
            return Err("it names no file".to_owned());
        }
        Ok(Self {
            format: Format::from_str(format, false)?,
            file: file.into(),
        })
    }
}

/// Writes the files, then prints. Under GitHub Actions annotations are what is printed unless
/// something else is asked for.
pub(super) fn write(
    report: &CheckReport,
    format: Option<Format>,
    outputs: &[Output],
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    for output in outputs {
        let mut text = Vec::new();
        output.format.render(report, Paint::default(), &mut text)?;
        files::write(&output.file, &String::from_utf8_lossy(&text))?;
    }
    let automatic = if session.github {
        Format::Github
    } else {
        Format::Table
    };
    let format = format.unwrap_or(automatic);
    if !format.has_notices() {
        for notice in report
            .notices
            .iter()
            .cloned()
            .chain(report.execution.notes())
        {
            session.note(&notice);
        }
    }
    format.render(report, session.paint, session.out)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_names_format_and_file() {
        let output: Output = "sarif=a=b".parse().unwrap();
        assert_eq!(output.format, Format::Sarif);
        assert_eq!(output.file, "a=b");
        for bad in ["sarif", "sarif=", "yaml=x", "=x"] {
            assert!(bad.parse::<Output>().is_err(), "{bad}");
        }
    }
}
