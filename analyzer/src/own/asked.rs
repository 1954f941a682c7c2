//! What a user asks for.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use whittle_extract::record::Mode;
use whittle_extract::rewrite::Allow;

/// An extraction as it was asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// `name` or `name@version`.
    pub(crate) dependency: String,
    /// Empty: what the package uses.
    pub(crate) paths: Vec<String>,
    pub(crate) mode: Mode,
    /// Folder of all copies: of the package for modules, of the workspace for crates.
    pub(crate) into: Option<Utf8PathBuf>,
    pub(crate) allow: BTreeSet<Allow>,
    pub(crate) allow_dirty: bool,
    /// Text of the licence, where the package does not hold it.
    pub(crate) license_file: Option<Utf8PathBuf>,
}
