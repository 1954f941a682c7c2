//! The plain [`Project`] as a rust-analyzer database.

use camino::Utf8PathBuf;
use ra_ap_base_db::{Crate, CrateBuilderId, CrateGraphBuilder, SourceRoot};
use ra_ap_hir_expand::proc_macro::ProcMacrosBuilder;
use ra_ap_ide_db::{ChangeWithProcMacros, RootDatabase};
use ra_ap_vfs::{FileId, VfsPath, file_set::FileSet};
use rustc_hash::FxHashMap;

use super::crate_graph::{Graph, tag_of};
use super::files::{Files, LoadedFile};
use super::macro_server::MacroServer;
use super::memo::own::Sides;
use crate::error::{Error, Result};
use crate::model::Project;

/// A loaded database and the way back from its crates to the project.
pub(crate) struct Database {
    pub(crate) db: RootDatabase,
    /// The crate of each unit, indexed as `Project::units`.
    pub(crate) unit_crates: Vec<Crate>,
    /// A crate without content that depends on every other one: trait lookups made in its name
    /// see every impl of the tree, whichever crate the call stands in.
    pub(crate) universe: Crate,
    /// Absolute path of each file, indexed by its raw id.
    pub(crate) paths: Vec<Utf8PathBuf>,
    /// Bytes of source that are loaded.
    pub(crate) text: usize,
    pub(crate) notices: Vec<String>,
    /// Proc macros run in this process's child as long as it is held.
    pub(crate) macro_server: MacroServer,
}

/// Every crate of `project` with its files.
pub(crate) fn load(project: &Project, files: Files, sides: &Sides) -> Result<Database> {
    let mut server = MacroServer::start(project);
    let mut graph = Graph::new(project, &files.loaded)?;
    graph.add_std(files.hashbrown)?;
    graph.add_units()?;
    let universe = graph.add_universe(files.universe);

    let proc_macros = graph.proc_macros(&mut server);
    let paths = files.loaded.iter().map(|file| file.path.clone()).collect();
    let text = files.loaded.iter().map(|file| file.text().len()).sum();
    let Graph {
        builder,
        unit_ids,
        notices,
        ..
    } = graph;
    let said = files.notices;
    let db = fill(files.loaded, sides, builder, proc_macros);
    let by_tag = crates_by_tag(&db);
    let find = |id: CrateBuilderId| {
        by_tag
            .get(&tag_of(id))
            .copied()
            .ok_or_else(|| Error::Load("a crate was lost while the graph was built".into()))
    };
    Ok(Database {
        unit_crates: unit_ids.iter().map(|&id| find(id)).collect::<Result<_>>()?,
        universe: find(universe)?,
        db,
        paths,
        text,
        notices: [said, notices, server.take_notices()].concat(),
        macro_server: server,
    })
}

/// Hands files, graph and proc macros to a new database.
///
/// `#[path]` and `include!` may name a file of another package or of a build script's `OUT_DIR`,
/// and rust-analyzer only finds files of the same root: so there is one root with all of them,
/// and one without the members' own files, for the code of the others.
fn fill(
    files: Vec<LoadedFile>,
    sides: &Sides,
    mut graph: CrateGraphBuilder,
    proc_macros: ProcMacrosBuilder,
) -> RootDatabase {
    graph.shrink_to_fit();
    let mut db = RootDatabase::new(None);
    db.enable_proc_attr_macros();
    let mut change = ChangeWithProcMacros::default();
    let (mut all, mut others) = (FileSet::default(), FileSet::default());
    for ((index, file), own) in (0u32..).zip(files).zip(&sides.own) {
        let Some(text) = file.text else { continue };
        let id = FileId::from_raw(index);
        let path = VfsPath::new_real_path(file.path.into_string());
        if !own && sides.mixed.is_none() {
            others.insert(id, path.clone());
        }
        all.insert(id, path);
        change.change_file(id, Some(text));
    }
    // A file that is in both belongs to the latter.
    change.set_roots([all, others].map(SourceRoot::new_library).into());
    change.set_crate_graph(graph);
    change.set_proc_macros(proc_macros);
    // Once: queries do not note what they read (vendor/salsa), so none would be asked again.
    db.apply_change(change);
    db
}

fn crates_by_tag(db: &RootDatabase) -> FxHashMap<String, Crate> {
    ra_ap_base_db::all_crates(db)
        .iter()
        .filter_map(|&krate| Some((krate.extra_data(db).version.clone()?, krate)))
        .collect()
}
