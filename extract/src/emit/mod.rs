//! From edits to files: what is laid into the package that owns a copy from now on.
//!
//! Takes the upstream texts with their edits, where they come from and under which licence they
//! may be copied; gives the files with a header each, the texts of the licences, and the
//! [`Record`] that goes beside them. Nothing is decided here: the same input makes the same bytes.

mod header;
mod list;

use camino::{Utf8Path, Utf8PathBuf};

use crate::ParseError;
use crate::edit::{self, Edit, Overlap};
use crate::items::{self, before_code, sha256};
use crate::license::{self, Grant, Refused};
use crate::record::{Asset, Copy, FILE_NAME, File, License, Origin, Record, Taken, is_safe};

pub use list::{with_module, without_module};

/// Everything that a copy is made of.
#[derive(Debug, Clone)]
pub struct Emission<'a> {
    /// Version of the tool.
    pub tool: &'a str,
    /// Makes the copy again: `cargo whittle extract dep --apply`. Names no folder of this machine.
    pub command: &'a str,
    pub origin: Origin,
    pub copy: Copy,
    /// Of the package that gets the copy, for files that declare a licence of their own.
    pub host_license: Option<&'a str>,
    pub grant: &'a Grant,
    /// What [`Grant::files`] means.
    pub texts: &'a [license::Text],
    pub sources: Vec<Source<'a>>,
    pub assets: Vec<Included<'a>>,
}

/// A source file, as it was and what changes.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// Relative to the folder of the copy; see [`place`].
    pub path: Utf8PathBuf,
    /// Within the package of the origin.
    pub upstream: Utf8PathBuf,
    /// `dep::sync`; the root is `dep`.
    pub module: String,
    pub text: &'a str,
    pub edits: Vec<Edit>,
}

/// A file that sources include.
#[derive(Debug, Clone)]
pub struct Included<'a> {
    pub path: Utf8PathBuf,
    pub upstream: Utf8PathBuf,
    pub bytes: &'a [u8],
}

/// The files of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// Sorted by path, relative to the folder of the copy; [`FILE_NAME`] is not among them.
    pub files: Vec<NewFile>,
    /// Without what was changed in the host, which only the whole extraction knows. Print it to
    /// [`FILE_NAME`].
    pub record: Record,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    pub path: Utf8PathBuf,
    pub bytes: Vec<u8>,
}

/// Why a copy cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    #[error("{file}: {why}")]
    Edits { file: Utf8PathBuf, why: Overlap },
    #[error("{file}, as it would be: {why}")]
    Syntax { file: Utf8PathBuf, why: ParseError },
    #[error("{file} declares a licence of its own: {why}")]
    License { file: Utf8PathBuf, why: Refused },
    #[error("`{0}` is no path within the folder of the copy")]
    Path(Utf8PathBuf),
    #[error("two files would be written to `{0}`")]
    Twice(Utf8PathBuf),
}

/// Where a file of the dependency goes within the folder of a module copy: the root file becomes
/// `mod.rs`, the others keep their path from its folder. `None` for files elsewhere.
#[must_use]
pub fn place(root: &Utf8Path, upstream: &Utf8Path) -> Option<Utf8PathBuf> {
    if upstream == root {
        return Some("mod.rs".into());
    }
    let folder = root.parent().unwrap_or(Utf8Path::new(""));
    let path = upstream.strip_prefix(folder).ok()?;
    is_safe(path).then(|| path.to_owned())
}

/// Writes the copy.
///
/// # Errors
/// When edits overlap, what comes out is no Rust, a path leads elsewhere, or a file is under a
/// licence of its own that forbids it.
pub fn emit(emission: &Emission<'_>) -> Result<Emitted, EmitError> {
    let mut files = Vec::new();
    let mut recorded = Vec::new();
    for source in &emission.sources {
        let (file, text) = copied(emission, source)?;
        files.push(NewFile {
            path: file.path.clone(),
            bytes: text.into_bytes(),
        });
        recorded.push(file);
    }
    let mut assets = Vec::new();
    for one in &emission.assets {
        files.push(NewFile {
            path: one.path.clone(),
            bytes: one.bytes.to_vec(),
        });
        assets.push(Asset {
            path: one.path.clone(),
            upstream: Some(one.upstream.clone()),
            sha256: sha256(one.bytes),
        });
    }
    let license = license(emission, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    check_paths(&files)?;
    let mut record = Record {
        tool: emission.tool.to_owned(),
        command: emission.command.to_owned(),
        origin: emission.origin.clone(),
        copy: emission.copy.clone(),
        license,
        files: recorded,
        assets,
        host: Vec::new(),
        acknowledged: Vec::new(),
    };
    record.sort();
    Ok(Emitted { files, record })
}

/// One source file with its header, and what is recorded of it.
fn copied(emission: &Emission<'_>, source: &Source<'_>) -> Result<(File, String), EmitError> {
    let file = || source.upstream.clone();
    let edits =
        edit::settle(&source.edits).map_err(|why| EmitError::Edits { file: file(), why })?;
    let body =
        edit::apply(source.text, &edits).map_err(|why| EmitError::Edits { file: file(), why })?;
    let items = items::items(&body, &source.module)
        .map_err(|why| EmitError::Syntax { file: file(), why })?;
    let items: Vec<Taken> = items
        .into_iter()
        .map(|item| Taken {
            path: item.path,
            kind: item.kind,
            hash: item.hash,
        })
        .collect();
    let declared = license::declared_in(source.text)
        .filter(|declared| *declared != emission.grant.expression)
        .map(|declared| license::judge_file(&declared, emission.host_license))
        .transpose()
        .map_err(|why| EmitError::License { file: file(), why })?
        .filter(|chosen| *chosen != emission.grant.chosen);
    let file = File {
        path: source.path.clone(),
        upstream: source.upstream.clone(),
        module: source.module.clone(),
        sha256: sha256(source.text.as_bytes()),
        license: declared,
        items,
        edits,
    };
    let text = with_header(&header::header(emission, &file, source.text, &body), &body);
    Ok((file, text))
}

/// The header goes on top: line comments may stand before `//!` and `#![…]`. Only a shebang must
/// come first; a byte order mark is left out.
fn with_header(header: &str, body: &str) -> String {
    let (before, code) = body.split_at(before_code(body));
    let before = before.trim_start_matches('\u{feff}');
    let code = code.trim_start_matches(['\n', '\r', ' ']);
    let end = if code.contains("\r\n") { "\r\n" } else { "\n" };
    let header = header.replace('\n', end);
    format!("{before}{header}{end}{code}")
}

/// The texts beside the copy. Names that are taken get the number of the text.
fn license(emission: &Emission<'_>, files: &mut Vec<NewFile>) -> License {
    let grant = emission.grant;
    let mut beside = Vec::new();
    for (number, &index) in grant.files.iter().enumerate() {
        let Some(text) = emission.texts.get(index) else {
            continue;
        };
        let name = Utf8Path::new(&text.path);
        let name = name.file_name().unwrap_or("LICENSE");
        let mut path = Utf8PathBuf::from(if is_safe(Utf8Path::new(name)) {
            name
        } else {
            "LICENSE"
        });
        if files.iter().any(|file| file.path == path) {
            path = format!("{path}.{number}").into();
        }
        files.push(NewFile {
            path: path.clone(),
            bytes: text.text.clone().into_bytes(),
        });
        beside.push(Asset {
            path,
            upstream: (!text.supplied).then(|| text.path.clone().into()),
            sha256: sha256(text.text.as_bytes()),
        });
    }
    License {
        expression: grant.expression.clone(),
        chosen: grant.chosen.clone(),
        copyright: grant.copyright.clone(),
        files: beside,
    }
}

/// No path leads out of the folder, and no two are the same, also where case makes no difference.
fn check_paths(files: &[NewFile]) -> Result<(), EmitError> {
    let mut seen = std::collections::BTreeSet::from([FILE_NAME.to_owned()]);
    for file in files {
        if !is_safe(&file.path) {
            return Err(EmitError::Path(file.path.clone()));
        }
        if !seen.insert(file.path.as_str().to_lowercase()) {
            return Err(EmitError::Twice(file.path.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
