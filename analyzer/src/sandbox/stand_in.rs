//! A C compiler that does not generate code: C code is no part of the answer, and most of what a
//! build of it costs.
//!
//! Build scripts in the sandbox find this program as `CC` and `CXX` ([`Compilers`]). A plain
//! compilation of one of the package's own C or C++ files to an object (`-c … -o x.o`) is only
//! checked by the real compiler, and answered with an object that holds nothing but a mark.
//! Everything else goes to the real compiler as it is: questions about it, preprocessing, files
//! that the script made itself (probes), what writes more files than the object, links.
//!
//! That is sound as long as nobody needs the code. Whoever does is found out: a link through
//! this program that is given a marked object is noted, and any other fails for want of symbols.
//! In both cases the caller runs the step again without a stand-in.

#![cfg_attr(
    not(target_os = "linux"),
    allow(
        dead_code,
        unused_imports,
        reason = "there is no sandbox to play a role in"
    )
)]

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::own_program;
use super::run::own_folder;

/// Set for build scripts: the folder for notes.
const NOTES: &str = "WHITTLE_STAND_IN";
/// Stands in every object that was not compiled.
const MARK: &[u8] = b"cargo-whittle made no code";
/// Names of notes: an object was answered, one was wanted after all.
const MADE: &str = "made";
const WANTED: &str = "wanted";
/// What a marked object is compiled from.
const EMPTY: &str =
    "__asm__(\".section .comment\\n.ascii \\\"cargo-whittle made no code\\\"\\n.text\");\n";
/// The stand-ins by the names that they are started with, and the real ones.
const COMPILERS: [(&str, &str, &str); 2] =
    [("whittle-cc", "CC", "cc"), ("whittle-c++", "CXX", "c++")];

/// The stand-ins as a run has them.
pub(crate) struct Compilers {
    tools: PathBuf,
    notes: PathBuf,
}

impl Compilers {
    /// `tool` is the tool's own folder, `build` the step's. `None` where they cannot be had: the
    /// user chose compilers, or this is no program that can play them.
    pub(crate) fn new(tool: &Path, build: &Path) -> io::Result<Option<Self>> {
        let Some(program) = own_program() else {
            return Ok(None);
        };
        if !cfg!(unix) || env::vars_os().any(|(name, _)| chooses_compiler(&name)) {
            return Ok(None);
        }
        let tools = own_folder(tool, &["sandbox", "tools"])?;
        for (name, _, _) in COMPILERS {
            link(program, &tools.join(name))?;
        }
        let notes = own_folder(build, &["whittle-notes"])?;
        Ok(Some(Self { tools, notes }))
    }

    /// Where the stand-ins are: to be read by the code inside.
    pub(crate) fn folder(&self) -> &Path {
        &self.tools
    }

    pub(crate) fn offer(&self, command: &mut Command) {
        for (name, variable, _) in COMPILERS {
            command.env(variable, self.tools.join(name));
        }
        command.env(NOTES, &self.notes);
    }

    /// Whether an object was answered in this folder, now or in an earlier run.
    pub(crate) fn were_used(&self) -> bool {
        self.notes.join(MADE).exists()
    }

    /// Whether somebody wanted the code of one.
    pub(crate) fn were_not_enough(&self) -> bool {
        self.notes.join(WANTED).exists()
    }
}

#[cfg(unix)]
fn link(program: &Path, place: &Path) -> io::Result<()> {
    if fs::read_link(place).is_ok_and(|to| to == program) {
        return Ok(());
    }
    // Runs side by side make the same link: each puts its own in place at once.
    let own = place.with_extension(std::process::id().to_string());
    let _ = fs::remove_file(&own);
    std::os::unix::fs::symlink(program, &own)?;
    fs::rename(&own, place)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// `CC`, `TARGET_CXX`, `CC_x86_64-unknown-linux-gnu`, …
fn chooses_compiler(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let base = name
        .trim_start_matches("HOST_")
        .trim_start_matches("TARGET_");
    ["CC", "CXX", "CROSS_COMPILE"].contains(&base)
        || base.starts_with("CC_")
        || base.starts_with("CXX_")
}

/// Plays a compiler when this program was started as one.
#[cfg(target_os = "linux")]
pub(super) fn enter(mut args: impl Iterator<Item = OsString>) -> Option<u8> {
    let notes = PathBuf::from(env::var_os(NOTES)?);
    let name = PathBuf::from(args.next()?);
    let own = COMPILERS
        .iter()
        .find(|(own, ..)| name.file_name() == Some(OsStr::new(own)))?;
    let args: Vec<OsString> = args.collect();
    Some(compile(own.2, &args, &notes))
}

#[cfg(target_os = "linux")]
fn compile(real: &str, args: &[OsString], notes: &Path) -> u8 {
    use std::os::unix::process::CommandExt;

    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let out = env::var_os("OUT_DIR").map(PathBuf::from);
    if let (Some(package), Some(out), Some(plain)) = (package, out, Plain::of(args))
        && is_own(&plain.source, &package, &out)
    {
        let mut check = Command::new(real);
        match check.arg("-fsyntax-only").args(args).status() {
            // What does not compile is told by the real compiler, below.
            Ok(status) if status.success() && answer(&plain.object, notes).is_ok() => return 0,
            _ => {}
        }
    } else if args.iter().any(|arg| is_marked(Path::new(arg))) {
        // Nobody is left to tell when this fails; then the link fails as well.
        let _ = fs::write(notes.join(WANTED), "");
    }
    let why = Command::new(real).args(args).exec();
    eprintln!("`{real}`: {why}");
    super::linux::SETUP_FAILED
}

/// A compilation of one file to one object.
struct Plain {
    source: PathBuf,
    object: PathBuf,
}

impl Plain {
    fn of(args: &[OsString]) -> Option<Self> {
        let (mut source, mut object, mut compiles) = (None, None, false);
        let mut words = args.iter();
        while let Some(word) = words.next() {
            let text = word.to_str()?;
            match text {
                "-c" => compiles = true,
                "-o" if object.is_none() => object = Some(PathBuf::from(words.next()?)),
                // Options whose value is a word of its own, and no source.
                "-I" | "-isystem" | "-iquote" | "-idirafter" | "-include" | "-imacros" | "-D"
                | "-U" | "-target" | "-arch" => {
                    words.next()?;
                }
                // Something else is wanted than code, or more files than one.
                "-E" | "-S" | "-" => return None,
                _ if [
                    "-M",
                    "-o",
                    "-x",
                    "-save",
                    "-gsplit",
                    "-fsyntax",
                    "-dump",
                    "-print",
                    "-fprofile",
                    "-ftest-cov",
                    "--coverage",
                    "-Wp,",
                    "@",
                    "-fmodule",
                    "-emit",
                    "-dM",
                ]
                .iter()
                .any(|start| text.starts_with(start)) =>
                {
                    return None;
                }
                _ if text.starts_with('-') => {}
                _ if source.is_none() => source = Some(PathBuf::from(word)),
                _ => return None,
            }
        }
        let (source, object) = (source?, object?);
        let of = |path: &Path, all: &[&str]| {
            let extension = path.extension().and_then(OsStr::to_str);
            extension.is_some_and(|it| all.contains(&it))
        };
        let is_plain = compiles
            && of(&source, &["c", "cc", "cpp", "cxx"])
            && of(&object, &["o"])
            // Build systems try the compiler out in there.
            && !object.iter().any(|part| part == "CMakeFiles");
        is_plain.then_some(Self { source, object })
    }
}

/// A file that came with the package. What a script made is mostly a question to the compiler.
fn is_own(source: &Path, package: &Path, out: &Path) -> bool {
    match (
        source.canonicalize(),
        package.canonicalize(),
        out.canonicalize(),
    ) {
        (Ok(source), Ok(package), Ok(out)) => {
            source.starts_with(package) && !source.starts_with(out)
        }
        _ => false,
    }
}

/// Makes the object that is answered. Compiled like any other, so that archivers take it.
fn answer(object: &Path, notes: &Path) -> io::Result<()> {
    use std::io::Write;
    use std::process::Stdio;

    let mut compiler = Command::new("cc")
        .args(["-x", "c", "-c", "-", "-o"])
        .arg(object)
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = compiler.stdin.take() {
        input.write_all(EMPTY.as_bytes())?;
    }
    if !compiler.wait()?.success() {
        return Err(io::ErrorKind::Other.into());
    }
    fs::write(notes.join(MADE), "")
}

/// Whether the file holds the mark: an object that was answered, or a library of such.
fn is_marked(file: &Path) -> bool {
    let is_object = matches!(
        file.extension().and_then(OsStr::to_str),
        Some("o" | "a" | "lo" | "obj" | "so")
    );
    is_object
        && fs::read(file).is_ok_and(|bytes| bytes.windows(MARK.len()).any(|part| part == MARK))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(line: &str) -> bool {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        Plain::of(&args).is_some()
    }

    #[test]
    fn only_plain_compilations_are_answered() {
        for line in [
            "-O0 -ffunction-sections -fPIC -g -m64 -I include -Wall -DA=1 -o /out/x.o -c src/x.c",
            "-std=c++17 -c a.cpp -o a.o",
            "-isystem /a -D X -c a.cc -o a.o -Wno-unused",
        ] {
            assert!(plain(line), "{line}");
        }
        for line in [
            "--version",
            "-dumpmachine",
            "-E a.c",
            "-E -c a.c -o a.o",
            "-c a.c",
            "-c a.c -o a",
            "-c a.S -o a.o",
            "-c a.c b.c -o a.o",
            "-c - -o a.o",
            "-x c -c a -o a.o",
            "-c a.c -o a.o -MMD -MF a.d",
            "-c a.c -o a.o @flags",
            "-c a.c -o CMakeFiles/try.dir/a.c.o",
            "a.o -o program",
            "-shared a.o -o a.so",
        ] {
            assert!(!plain(line), "{line}");
        }
    }

    #[test]
    fn compilers_of_the_users_choice() {
        for name in [
            "CC",
            "CXX",
            "HOST_CC",
            "TARGET_CXX",
            "CC_x86_64-unknown-linux-gnu",
        ] {
            assert!(chooses_compiler(OsStr::new(name)), "{name}");
        }
        for name in ["CFLAGS", "CARGO", "AR", "CCACHE_DIR", "OUT_DIR"] {
            assert!(!chooses_compiler(OsStr::new(name)), "{name}");
        }
    }
}
