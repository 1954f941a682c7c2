//! The program: hands the command line and the standard streams to [`cargo_whittle::cli`] and
//! turns the outcome into an exit code.
//!
//! Works as `cargo whittle …` (cargo then passes `whittle` as the first argument) and as
//! `cargo-whittle …`.

use std::io::{BufWriter, stderr, stdout};
use std::process::ExitCode;

use anstream::AutoStream;
use cargo_whittle::cli::{self, Terminal};

/// An analysis makes and frees many millions of small pieces on all threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The sandbox starts this program again, before anything else may run.
    if let Some(code) = cargo_whittle::sandbox::enter(std::env::args_os()) {
        return ExitCode::from(code);
    }
    // Whether to color is decided in `cli`; these only make the sequences work on Windows.
    let mut out = BufWriter::new(AutoStream::always(stdout()));
    let mut err = AutoStream::always(stderr());
    let outcome = cli::run_in(
        Terminal::detect(),
        std::env::args_os(),
        &|options, progress| cargo_whittle::analyze(options, progress),
        &mut out,
        &mut err,
    );
    ExitCode::from(outcome.code())
}
