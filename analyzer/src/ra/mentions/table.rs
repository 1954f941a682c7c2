//! Rust-analyzer's terms to places in files: the facts as plain data.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use camino::Utf8PathBuf;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::ModuleId;
use ra_ap_hir_def::nameres::{ModuleOrigin, crate_def_map};
use rustc_hash::FxHashMap;
use whittle_extract::edit::Span;
use whittle_extract::request::{
    Exposure, Facts, FileIndex, Foreign, Gap, How, Impl, ImplOf, Mention, Module, Place, Site,
    Unresolved,
};

use super::closure::Ground;
use super::names::macro_id_spot;
use super::places::{Def, Spot};
use super::walk::{Out, Shared};
use super::{Asked, Understanding, exposed, sites};
use crate::model::{Status, UnitKind};
use crate::ra::items::Definition;
use crate::ra::path;

pub(super) struct Table<'a> {
    on: &'a Understanding<'a>,
    asked: &'a Asked,
    shared: &'a Shared<'a>,
    mentions: BTreeSet<(Spot, Spot, How)>,
    foreign: BTreeSet<(Spot, String)>,
    unresolved: BTreeSet<(Spot, String)>,
    /// In members' code.
    doubtful: BTreeSet<String>,
    gaps: BTreeSet<(Option<Spot>, String)>,
    /// Where members' code names the crate: file, offset, package.
    named: BTreeSet<(u32, u32, usize)>,
    spots: FxHashMap<Def, Option<Spot>>,
}

impl<'a> Table<'a> {
    pub(super) fn new(on: &'a Understanding<'a>, asked: &'a Asked, shared: &'a Shared<'a>) -> Self {
        Self {
            on,
            asked,
            shared,
            mentions: BTreeSet::new(),
            foreign: BTreeSet::new(),
            unresolved: BTreeSet::new(),
            doubtful: BTreeSet::new(),
            gaps: asked.gaps.iter().map(|gap| (None, gap.clone())).collect(),
            named: BTreeSet::new(),
            spots: FxHashMap::default(),
        }
    }

    /// What a member's crate mentions.
    pub(super) fn members(&mut self, krate: Crate, outs: &[Out]) {
        let package = self.on.package_of(krate);
        for out in outs {
            self.take(out);
            let unresolved = out.unresolved.iter();
            self.doubtful
                .extend(unresolved.map(|(_, name)| name.clone()));
            for &(at, of) in &out.named {
                if let (Some(package), true) = (package, self.shared.wanted.contains(&of)) {
                    self.named.insert((at.file, at.offset, package));
                }
            }
        }
    }

    /// What the dependency mentions.
    pub(super) fn own(&mut self, outs: &[Out]) {
        for out in outs {
            self.take(out);
            self.foreign.extend(out.foreign.iter().cloned());
            self.unresolved.extend(out.unresolved.iter().cloned());
            for (at, what) in &out.gaps {
                let line = self.line(*at);
                self.gaps.insert((Some(*at), format!("{what}, at {line}")));
            }
        }
    }

    fn take(&mut self, out: &Out) {
        let db = &self.on.database.db;
        for &(from, def, how) in &out.mentions {
            if !self.shared.wanted.contains(&def.krate(db)) {
                continue;
            }
            let to = *self.spots.entry(def).or_insert_with(|| def.spot(db));
            if let Some(to) = to
                && to != from
            {
                self.mentions.insert((from, to, how));
            }
        }
        for &(from, id) in &out.macros {
            let to = macro_id_spot(db, id);
            if to != from {
                self.mentions.insert((from, to, How::Macro));
            }
        }
    }

    fn line(&self, at: Spot) -> String {
        let database = self.on.database;
        let file = ra_ap_span::FileId::from_raw(at.file);
        let line = crate::ra::span::line(&database.db, file, at.offset.into());
        let path = database.paths.get(at.file as usize);
        format!(
            "{}:{line}",
            path.map(|path| path.as_str()).unwrap_or_default()
        )
    }

    pub(super) fn finish(self, ground: &Ground) -> Facts {
        let db = &self.on.database.db;
        let modules = modules(db, self.asked.krate);
        let impls: Vec<(Spot, &super::impls::Row)> = ground
            .rows
            .iter()
            .filter(|(krate, _)| *krate == self.asked.krate)
            .flat_map(|(_, rows)| rows)
            .filter_map(|row| Some((Def::Impl(row.id).spot(db)?, row)))
            .collect();
        let reached = self.reached();
        let (mut sites, mut doubtful) =
            sites::of_package(self.on, self.asked.package, &self.asked.crates);
        doubtful.extend(self.doubtful.iter().cloned());
        sites.extend(sites::generated(self.on, &sites, &self.named));
        let shown = exposed::of_package(self.on, self.asked);
        let mut definitions = reached.clone();
        definitions.extend(shown.iter().filter_map(|one| one.def.spot(db)));
        let files = Files::number(&self, &modules, &impls, &definitions, &sites);
        let place = |spot: Spot| files.place(spot);
        let mut facts = Facts {
            package: self.asked.package,
            modules: modules
                .iter()
                .filter_map(|module| {
                    Some(Module {
                        file: *files.index.get(&module.file)?,
                        path: module.path.clone(),
                        declared: module.declared.and_then(place),
                    })
                })
                .collect(),
            mentions: self
                .mentions
                .iter()
                .filter_map(|&(from, to, how)| {
                    Some(Mention {
                        from: place(from)?,
                        to: place(to)?,
                        how,
                    })
                })
                .collect(),
            foreign: self
                .foreign
                .iter()
                .filter_map(|(from, krate)| {
                    Some(Foreign {
                        from: place(*from)?,
                        krate: krate.clone(),
                    })
                })
                .collect(),
            impls: self.impls(&impls, &reached, &files),
            sites: sites.iter().filter_map(|site| files.site(site)).collect(),
            exposed: self.exposed(&shown, &files),
            reached: reached.iter().filter_map(|&spot| place(spot)).collect(),
            unresolved: self
                .unresolved
                .iter()
                .filter_map(|(from, name)| {
                    Some(Unresolved {
                        from: place(*from)?,
                        name: name.clone(),
                    })
                })
                .collect(),
            doubtful,
            gaps: self
                .gaps
                .iter()
                .map(|(at, what)| Gap {
                    at: at.and_then(place),
                    what: what.clone(),
                })
                .collect(),
            own: files.own,
            files: files.paths.clone(),
        };
        facts.mentions.sort_unstable();
        facts.mentions.dedup();
        facts.sites.sort();
        facts.foreign.sort();
        facts.foreign.dedup();
        facts.unresolved.sort();
        facts.unresolved.dedup();
        facts.reached.sort_unstable();
        facts.reached.dedup();
        facts.gaps.sort();
        facts.gaps.dedup();
        facts
    }

    /// Functions of the crate that are used or unknown.
    fn reached(&self) -> BTreeSet<Spot> {
        let db = &self.on.database.db;
        let mut found = BTreeSet::new();
        #[expect(clippy::iter_over_hash_type, reason = "goes into a sorted set")]
        for (&def, &item) in self.on.order {
            let Definition::Function(id) = def else {
                continue;
            };
            let def = Def::Function(id);
            let is_reached = self.on.analysis.items[item].status != Status::Unused;
            if is_reached && self.asked.crates.contains(&def.krate(db)) {
                found.extend(def.spot(db));
            }
        }
        found
    }

    fn exposed(&self, shown: &[exposed::Exposed], files: &Files) -> Vec<Exposure> {
        let database = self.on.database;
        let db = &database.db;
        let found: BTreeSet<Exposure> = shown
            .iter()
            .filter_map(|one| {
                let spot = one.def.spot(db).or_else(|| self.root(one.def))?;
                let at = one.at.or_else(|| self.root_of(one.by))?;
                let line = crate::ra::span::line(
                    db,
                    ra_ap_span::FileId::from_raw(at.file),
                    at.offset.into(),
                );
                Some(Exposure {
                    definition: files.place(spot)?,
                    by: one.by,
                    path: one.path.clone(),
                    file: database.paths.get(at.file as usize)?.clone(),
                    line,
                })
            })
            .collect();
        found.into_iter().collect()
    }

    /// A crate as a whole is at the start of its root file.
    fn root(&self, def: Def) -> Option<Spot> {
        let Def::Module(id) = def else { return None };
        let db = &self.on.database.db;
        let file = id.def_map(db)[id].origin.file_id()?;
        Some(Spot {
            file: file.file_id(db).index(),
            offset: 0,
        })
    }

    /// Where a library starts, for what it exports by a `use`.
    fn root_of(&self, package: usize) -> Option<Spot> {
        let units = self.on.analysis.project.units.iter();
        let (_, &krate) = units
            .zip(&self.on.database.unit_crates)
            .find(|(unit, _)| unit.package == package && unit.kind == UnitKind::Lib)?;
        let root = crate_def_map(&self.on.database.db, krate).root_module_id();
        self.root(Def::Module(root))
    }

    fn impls(
        &self,
        impls: &[(Spot, &super::impls::Row)],
        reached: &BTreeSet<Spot>,
        files: &Files,
    ) -> Vec<Impl> {
        let db = &self.on.database.db;
        let place = |def: Def| def.spot(db).and_then(|spot| files.place(spot));
        let places = |defs: &mut dyn Iterator<Item = Def>| {
            let found: BTreeSet<Place> = defs.filter_map(place).collect();
            found.into_iter().collect::<Vec<_>>()
        };
        let mut found: Vec<Impl> = impls
            .iter()
            .filter_map(|(spot, row)| {
                let functions = row.functions.iter();
                Some(Impl {
                    at: files.place(*spot)?,
                    of: row.of.as_ref().map(|of| ImplOf {
                        local: of.is_local.then(|| place(Def::Trait(of.trait_))).flatten(),
                        path: of.path.clone(),
                        marker: of.marker,
                        needs: places(&mut of.needs.iter().map(|&id| Def::Impl(id))),
                    }),
                    header: places(&mut row.header.iter().copied()),
                    reached: functions
                        .filter_map(|&id| Def::Function(id).spot(db))
                        .any(|spot| reached.contains(&spot)),
                })
            })
            .collect();
        found.sort_by(|a, b| {
            let key = |one: &Impl| (one.at, one.of.as_ref().map(|of| of.path.clone()));
            key(a).cmp(&key(b))
        });
        found
    }
}

/// A module with a file of its own, by the file's raw number.
struct FileModule {
    file: u32,
    path: Vec<String>,
    declared: Option<Spot>,
}

/// Parents before children, in the order of the text.
fn modules(db: &ra_ap_ide_db::RootDatabase, krate: Crate) -> Vec<FileModule> {
    let def_map = crate_def_map(db, krate);
    let mut found = Vec::new();
    let mut pending: VecDeque<(ModuleId, Vec<String>)> =
        VecDeque::from([(def_map.root_module_id(), Vec::new())]);
    while let Some((id, path)) = pending.pop_front() {
        let data = &def_map[id];
        if let ModuleOrigin::File { .. } | ModuleOrigin::CrateRoot { .. } = data.origin
            && let Some(file) = data.origin.file_id()
        {
            found.push(FileModule {
                file: file.file_id(db).index(),
                path: path.clone(),
                declared: Def::Module(id).spot(db),
            });
        }
        for (name, &child) in &data.children {
            let mut path = path.clone();
            path.push(path::text(name));
            pending.push_back((child, path));
        }
    }
    found
}

/// Files by their numbers in the facts.
struct Files {
    index: BTreeMap<u32, FileIndex>,
    paths: Vec<Utf8PathBuf>,
    own: u32,
}

impl Files {
    fn number(
        table: &Table<'_>,
        modules: &[FileModule],
        impls: &[(Spot, &super::impls::Row)],
        reached: &BTreeSet<Spot>,
        sites: &[sites::Found],
    ) -> Self {
        let database = table.on.database;
        let mut own: BTreeSet<u32> = modules.iter().map(|module| module.file).collect();
        own.extend(impls.iter().map(|(spot, _)| spot.file));
        own.extend(reached.iter().map(|spot| spot.file));
        own.extend(table.mentions.iter().map(|(_, to, _)| to.file));
        let mut others: BTreeSet<u32> = table.mentions.iter().map(|(from, ..)| from.file).collect();
        for site in sites {
            others.insert(site.file);
            others.extend(&site.roots);
        }
        others.retain(|file| !own.contains(file));
        let count = own.len();
        let all = own.into_iter().chain(others);
        let (mut index, mut paths) = (BTreeMap::new(), Vec::new());
        for (number, file) in (0..).zip(all) {
            index.insert(file, number);
            paths.push(
                database
                    .paths
                    .get(file as usize)
                    .cloned()
                    .unwrap_or_default(),
            );
        }
        Self {
            index,
            paths,
            own: u32::try_from(count).unwrap_or(u32::MAX),
        }
    }

    fn site(&self, site: &sites::Found) -> Option<Site> {
        let mut roots: Vec<FileIndex> = site
            .roots
            .iter()
            .filter_map(|file| self.index.get(file).copied())
            .collect();
        roots.sort_unstable();
        Some(Site {
            file: *self.index.get(&site.file)?,
            range: Span::new(site.start, site.end),
            how: site.how,
            package: site.package,
            roots,
        })
    }

    fn place(&self, spot: Spot) -> Option<Place> {
        Some(Place {
            file: *self.index.get(&spot.file)?,
            offset: spot.offset,
        })
    }
}
