//! A workspace that is not analyzed, only looked at: its folders and members, and which policy is in
//! effect for it.
//!
//! Cargo says where it is; nothing of the tree's is followed.

use camino::{Utf8Path, Utf8PathBuf};

use super::command::Tools;
use super::metadata::{self, Member};
use super::{platforms, policy, toolchain};
use crate::error::{Error, Result};
use crate::options::{ExecPolicy, Options};

/// The tool's own folder of a workspace, with nothing of the tree's followed.
pub(crate) fn own_folder_of(manifest_path: Option<Utf8PathBuf>) -> Result<Utf8PathBuf> {
    Ok(folders_of(manifest_path)?.1)
}

/// The folder of a workspace's root manifest, and the tool's own folder, with nothing of the
/// tree's followed.
pub(crate) fn folders_of(manifest_path: Option<Utf8PathBuf>) -> Result<(Utf8PathBuf, Utf8PathBuf)> {
    let layout = layout_of(manifest_path)?;
    Ok((layout.root, layout.own))
}

/// A workspace that is not analyzed, only looked at, with nothing of the tree's followed.
pub(crate) struct Layout {
    pub(crate) root: Utf8PathBuf,
    /// The tool's own folder.
    pub(crate) own: Utf8PathBuf,
    pub(crate) target: Utf8PathBuf,
    pub(crate) members: Vec<Member>,
    /// Where cargo keeps sources.
    pub(crate) cargo_home: Option<Utf8PathBuf>,
}

/// Root, members and folders of a workspace.
pub(crate) fn layout_of(manifest_path: Option<Utf8PathBuf>) -> Result<Layout> {
    let mut options = Options {
        exec: ExecPolicy::Never,
        ..Options::default()
    };
    options.selection.manifest_path = manifest_path;
    let tools = Tools::find(&options)?;
    let place = metadata::locate(&tools)?;
    let own = own_folder(&place.root, &place.target)?;
    let home = tools.cargo_home();
    Ok(Layout {
        root: place.root,
        own,
        target: place.target,
        members: place.members,
        cargo_home: home.and_then(|home| Utf8PathBuf::from_path_buf(home).ok()),
    })
}

/// The policy that is in effect for a workspace that is not analyzed, and what the user should know
/// of that.
pub(crate) fn policy_of(options: &Options) -> Result<(ExecPolicy, Vec<String>)> {
    let tools = Tools::find(options)?;
    let place = metadata::locate(&tools)?;
    let host = toolchain::host_info(&tools)?.host;
    let platforms = platforms(&host, &host);
    let facts = metadata::facts(&tools, &options.selection, &platforms, &place)?;
    let mut notices = Vec::new();
    let tightened = policy::tightened(options, &facts, &mut notices);
    let (possible, more) = policy::possible(&tightened, &tools);
    notices.extend(more);
    Ok((possible.exec, notices))
}

/// The tool's own folder, which must not be a way out of the tree: a link in its place would
/// have us write wherever its author likes. A target folder that the user names may be anywhere.
pub(super) fn own_folder(workspace: &Utf8Path, target: &Utf8Path) -> Result<Utf8PathBuf> {
    let own = target.join("whittle");
    if !target.starts_with(workspace) {
        return Ok(own);
    }
    let there = [&own, target]
        .into_iter()
        .find(|folder| folder.symlink_metadata().is_ok());
    let Some(there) = there else {
        return Ok(own);
    };
    // Nor may what is in it lead elsewhere.
    let entries = own.read_dir_utf8().into_iter().flatten().flatten();
    let is_link = |entry: &camino::Utf8DirEntry| entry.file_type().is_ok_and(|it| it.is_symlink());
    if let Some(link) = entries.into_iter().find(is_link) {
        return Err(Error::LinkedTarget(link.into_path()));
    }
    let real = there.canonicalize_utf8();
    match (real, workspace.canonicalize_utf8()) {
        (Ok(real), Ok(workspace)) if real.starts_with(&workspace) => Ok(own),
        _ => Err(Error::LinkedTarget(there.to_owned())),
    }
}
