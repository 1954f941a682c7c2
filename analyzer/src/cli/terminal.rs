//! What is known about the terminal, found out once.

use std::io::{self, IsTerminal};

/// How to talk to whoever reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Color stdout unless `--color` says otherwise.
    pub color_out: bool,
    /// The same for stderr.
    pub color_err: bool,
    /// Stderr is a terminal on which a line can be rewritten.
    pub progress: bool,
    /// The output goes to GitHub's runner, which acts on some lines of it.
    pub github: bool,
}

impl Terminal {
    /// Looks at the standard streams and at the variables that cargo and other programs heed:
    /// `CARGO_TERM_COLOR`, `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, `TERM`.
    #[must_use]
    pub fn detect() -> Self {
        let never = anstream::ColorChoice::Never;
        let choice = std::env::var("CARGO_TERM_COLOR").ok();
        let color = |auto: bool| match choice.as_deref() {
            Some("always") => true,
            Some("never") => false,
            _ => auto,
        };
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            color_out: color(anstream::AutoStream::choice(&io::stdout()) != never),
            color_err: color(anstream::AutoStream::choice(&io::stderr()) != never),
            progress: io::stderr().is_terminal() && !dumb,
            github: std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
        }
    }
}
