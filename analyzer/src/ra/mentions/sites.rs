//! Where the members' text names a dependency's crate.
//!
//! Takes the syntax of every module of a member that depends on it. A name counts when it stands
//! first in a path, or in an import, and the module's scope says that it is the crate and nothing
//! else of that name. In code that this build leaves out, in doc tests and in strings of
//! attributes there is no scope to ask: there the text decides.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use ra_ap_base_db::Crate;
use ra_ap_cfg::{CfgExpr, CfgOptions};
use ra_ap_hir_def::nameres::{ModuleData, crate_def_map};
use ra_ap_hir_def::resolver::{HasResolver, Resolver};
use ra_ap_hir_def::{Lookup, ModuleDefId, ModuleId};
use ra_ap_hir_expand::mod_path::{ModPath, PathKind};
use ra_ap_hir_expand::name::Name;
use ra_ap_hir_expand::{EditionedFileId, HirFileId};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_intern::Symbol;
use ra_ap_span::FileId;
use ra_ap_syntax::ast::{self, AstNode, AstToken, HasAttrs, IsString};
use ra_ap_syntax::{NodeOrToken, SyntaxKind, SyntaxNode, SyntaxToken, T, TextRange, TextSize};
use rustc_hash::FxHashSet;
use whittle_extract::request::Naming;

use super::Understanding;

/// One place, by the file's raw number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) file: u32,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) how: Naming,
    pub(super) package: usize,
    /// Raw numbers of files.
    pub(super) roots: Vec<u32>,
}

/// Every place in members that names `package`, whose crates are `crates`.
pub(super) fn of_package(on: &Understanding<'_>, package: usize, crates: &[Crate]) -> Vec<Found> {
    let project = &on.analysis.project;
    let db = &on.database.db;
    let mut sites: BTreeMap<(u32, u32, u32, usize), Naming> = BTreeMap::new();
    let roots = roots(on);
    let mut done = FxHashSet::default();
    for (unit, &krate) in project.units.iter().zip(&on.database.unit_crates) {
        if !project.packages[unit.package].is_member {
            continue;
        }
        let names = unit.dependencies.iter();
        let names: BTreeSet<&str> = names
            .filter(|dependency| project.units[dependency.unit].package == package)
            .map(|dependency| dependency.extern_name.as_str())
            .collect();
        for name in names {
            if !done.insert((krate, name)) {
                continue;
            }
            let mut found = Vec::new();
            for name in spellings(db, krate, name, crates) {
                let paths = &on.database.paths;
                Reader::new(db, krate, &name, crates, paths).read(&mut found);
            }
            for (file, range, how) in found {
                let key = (file, range.start().into(), range.end().into(), unit.package);
                let entry = sites.entry(key).or_insert(how);
                // Left out of one target and part of another: what is resolved is known better.
                if *entry == Naming::LeftOut {
                    *entry = how;
                }
            }
        }
    }
    let sites = sites.into_iter();
    sites
        .map(|((file, start, end, package), how)| Found {
            file,
            start,
            end,
            how,
            package,
            roots: of_file(&roots, package, file),
        })
        .collect()
}

/// Root files of the targets of a package that load a file.
type Roots = BTreeMap<(usize, u32), BTreeSet<u32>>;

fn roots(on: &Understanding<'_>) -> Roots {
    let project = &on.analysis.project;
    let db = &on.database.db;
    let mut roots = Roots::new();
    for (unit, &krate) in project.units.iter().zip(&on.database.unit_crates) {
        if !project.packages[unit.package].is_member {
            continue;
        }
        let def_map = crate_def_map(db, krate);
        let root = def_map[def_map.root_module_id()].origin.file_id();
        let Some(root) = root.map(|root| root.file_id(db).index()) else {
            continue;
        };
        for file in files(db, krate) {
            roots.entry((unit.package, file)).or_default().insert(root);
        }
    }
    roots
}

fn of_file(roots: &Roots, package: usize, file: u32) -> Vec<u32> {
    let roots = roots.get(&(package, file));
    roots.into_iter().flatten().copied().collect()
}

fn files(db: &ra_ap_ide_db::RootDatabase, krate: Crate) -> BTreeSet<u32> {
    let modules = crate_def_map(db, krate).modules();
    modules
        .filter_map(|(_, module)| Some(module.origin.file_id()?.file_id(db).index()))
        .collect()
}

/// The crate's name, and the names that `extern crate name as other;` at the root gives it
/// everywhere in the crate.
fn spellings(db: &dyn HirDatabase, krate: Crate, name: &str, crates: &[Crate]) -> Vec<String> {
    let mut all = vec![name.to_owned()];
    let def_map = crate_def_map(db, krate);
    let scope = &def_map[def_map.root_module_id()].scope;
    for id in scope.extern_crate_decls() {
        let node = ra_ap_hir_def::src::HasSource::source(id.lookup(db), db).value;
        let renamed = node.rename().and_then(|rename| ast::HasName::name(&rename));
        let renamed = renamed.map(|name| name.text().to_string());
        let is_it = node.name_ref().is_some_and(|own| own.text() == name);
        if let (true, Some(renamed)) = (is_it, renamed) {
            all.push(renamed);
        }
    }
    let _ = crates;
    all
}

/// Reads one crate for one name.
struct Reader<'a> {
    db: &'a dyn HirDatabase,
    krate: Crate,
    name: &'a str,
    crates: &'a [Crate],
    cfgs: &'a CfgOptions,
    is_2015: bool,
    paths: &'a [Utf8PathBuf],
}

type Sites = Vec<(u32, TextRange, Naming)>;

impl<'a> Reader<'a> {
    fn new(
        db: &'a dyn HirDatabase,
        krate: Crate,
        name: &'a str,
        crates: &'a [Crate],
        paths: &'a [Utf8PathBuf],
    ) -> Self {
        Self {
            db,
            paths,
            krate,
            name,
            crates,
            cfgs: krate.cfg_options(db),
            is_2015: !crate_def_map(db, krate).edition().at_least_2018(),
        }
    }

    fn read(&self, out: &mut Sites) {
        for (id, data) in crate_def_map(self.db, self.krate).modules() {
            self.module(id, data, out);
        }
    }

    fn module(&self, id: ModuleId, data: &ModuleData, out: &mut Sites) {
        let source = data.origin.definition_source(self.db);
        // What a macro makes of tokens is looked at where the tokens stand.
        let HirFileId::FileId(file) = source.file_id else {
            return;
        };
        let root = source.value.node();
        let mut module = InModule {
            reader: self,
            file: file.file_id(self.db).index(),
            resolver: id.resolver(self.db),
            folder: self.folder(id),
            out,
        };
        if root.kind() == SyntaxKind::SOURCE_FILE {
            module.node(&root);
        } else {
            let items = root
                .children()
                .filter(|node| node.kind() != SyntaxKind::ATTR);
            for node in items {
                module.node(&node);
            }
        }
    }

    /// The folder in which the files of a module's children are.
    fn folder(&self, id: ModuleId) -> Utf8PathBuf {
        let mut inline = Vec::new();
        let mut current = id;
        loop {
            let data = &current.def_map(self.db)[current];
            if let Some(file) = data.origin.file_id() {
                let file = file.file_id(self.db).index() as usize;
                let path = self.paths.get(file).cloned().unwrap_or_default();
                let is_root = data.parent.is_none();
                let mut folder = children_of(&path, is_root);
                folder.extend(inline.iter().rev());
                return folder;
            }
            let Some(parent) = data.parent else {
                return Utf8PathBuf::new();
            };
            if let Some(name) = current.name(self.db) {
                inline.push(name.as_str().to_owned());
            }
            current = parent;
        }
    }

    /// A file that this build leaves out, and those that it declares in turn.
    fn file_left_out(&self, path: &Utf8Path, out: &mut Sites, depth: u32) -> bool {
        let Some(file) = self.paths.iter().position(|one| one == path) else {
            return false;
        };
        if depth > 16 {
            return true;
        }
        let Ok(file) = u32::try_from(file) else {
            return false;
        };
        let id = EditionedFileId::new(
            self.db,
            FileId::from_raw(file),
            crate_def_map(self.db, self.krate).edition(),
        );
        let tree = id.parse(self.db).tree();
        let folder = children_of(path, false);
        self.text_left_out(tree.syntax(), file, &folder, out, depth);
        true
    }

    /// By its text.
    fn text_left_out(
        &self,
        node: &SyntaxNode,
        file: u32,
        folder: &Utf8Path,
        out: &mut Sites,
        depth: u32,
    ) {
        let tokens = node
            .descendants_with_tokens()
            .filter_map(NodeOrToken::into_token);
        for token in tokens {
            if token.kind() == SyntaxKind::IDENT
                && plain(token.text()) == self.name
                && (in_tokens(&token).is_some() || in_import(&token))
            {
                out.push((file, token.text_range(), Naming::LeftOut));
            }
        }
        let modules = node.descendants().filter_map(ast::Module::cast);
        for module in modules.filter(|module| module.item_list().is_none()) {
            let Some(name) = ast::HasName::name(&module) else {
                continue;
            };
            let name = plain(name.text()).to_owned();
            let beside = folder.join(format!("{name}.rs"));
            let below = folder.join(&name).join("mod.rs");
            for path in [beside, below] {
                if self.file_left_out(&path, out, depth + 1) {
                    break;
                }
            }
        }
    }

    /// Whether an item or statement is left out of this build.
    fn is_left_out(&self, node: &SyntaxNode) -> bool {
        let Some(node) = ast::AnyHasAttrs::cast(node.clone()) else {
            return false;
        };
        node.attrs().any(|attribute| match attribute.meta() {
            Some(ast::Meta::CfgMeta(meta)) => meta.cfg_predicate().is_some_and(|predicate| {
                self.cfgs.check(&CfgExpr::parse_from_ast(predicate)) == Some(false)
            }),
            _ => false,
        })
    }
}

struct InModule<'a, 'b> {
    reader: &'a Reader<'a>,
    file: u32,
    resolver: Resolver<'a>,
    /// Where files of modules declared here are.
    folder: Utf8PathBuf,
    out: &'b mut Sites,
}

impl InModule<'_, '_> {
    fn push(&mut self, range: TextRange, how: Naming) {
        self.out.push((self.file, range, how));
    }

    fn node(&mut self, node: &SyntaxNode) {
        if self.reader.is_left_out(node) {
            self.left_out(node);
            return;
        }
        for child in node.children_with_tokens() {
            match child {
                NodeOrToken::Node(child) => {
                    let own_module = ast::Module::cast(child.clone())
                        .is_some_and(|module| module.item_list().is_some());
                    if own_module && !self.reader.is_left_out(&child) {
                        // A module of its own; its attributes stand here.
                        for attribute in
                            child.children().filter(|it| ast::Attr::can_cast(it.kind()))
                        {
                            self.node(&attribute);
                        }
                    } else {
                        self.node(&child);
                    }
                }
                NodeOrToken::Token(token) => self.token(&token),
            }
        }
    }

    fn token(&mut self, token: &SyntaxToken) {
        let name = self.reader.name;
        match token.kind() {
            SyntaxKind::IDENT if plain(token.text()) == name => self.ident(token),
            SyntaxKind::STRING => self.string(token),
            SyntaxKind::COMMENT => self.comment(token),
            _ => {}
        }
    }

    fn ident(&mut self, token: &SyntaxToken) {
        let range = word(token);
        let Some(parent) = token.parent() else { return };
        if parent.kind() == SyntaxKind::TOKEN_TREE {
            if let Some(how) = in_tokens(token)
                && self.is_it(is_absolute(token), false)
            {
                self.push(range, how);
            }
            return;
        }
        let Some(parent) = parent.parent() else {
            return;
        };
        if ast::ExternCrate::can_cast(parent.kind()) {
            self.push(range, Naming::ExternCrate);
            return;
        }
        let Some(segment) = ast::PathSegment::cast(parent) else {
            return;
        };
        let path = segment.parent_path();
        if path.qualifier().is_some() || segment.type_anchor().is_some() {
            return;
        }
        let absolute = segment.coloncolon_token().is_some();
        let whole = path.top_path();
        let tree = whole.syntax().parent().and_then(ast::UseTree::cast);
        if let Some(tree) = tree {
            let outer = tree
                .syntax()
                .ancestors()
                .skip(1)
                .filter_map(ast::UseTree::cast);
            let mut absolute = absolute;
            for tree in outer {
                if tree.path().is_some() {
                    return;
                }
                absolute |= tree.coloncolon_token().is_some();
            }
            if self.is_it(absolute, true) {
                let alone = whole.qualifier().is_none()
                    && tree.use_tree_list().is_none()
                    && tree.star_token().is_none();
                let how = if alone { Naming::Import } else { Naming::Path };
                self.push(range, how);
            }
            return;
        }
        if whole.qualifier().is_some() && self.is_it(absolute, false) {
            self.push(range, Naming::Path);
        }
    }

    /// Whether the name, first in a path, is the crate.
    fn is_it(&self, absolute: bool, in_use: bool) -> bool {
        let name = Name::new_symbol_root(Symbol::intern(self.reader.name));
        let from_root = self.reader.is_2015 && (absolute || in_use);
        let kinds: &[PathKind] = match (from_root, absolute) {
            (true, _) => &[PathKind::Crate, PathKind::Abs],
            (false, true) => &[PathKind::Abs],
            (false, false) => &[PathKind::Plain],
        };
        let found = kinds.iter().find_map(|&kind| {
            let path = ModPath::from_segments(kind, [name.clone()]);
            let found = self
                .resolver
                .resolve_module_path_in_items(self.reader.db, &path);
            found.types
        });
        matches!(found.map(|item| item.def), Some(ModuleDefId::ModuleId(module))
            if self.reader.crates.contains(&module.krate(self.reader.db))
                && module.def_map(self.reader.db).root_module_id() == module)
    }

    /// Strings of attributes other than docs: `"dep::path"`, `crate = "dep"`.
    fn string(&mut self, token: &SyntaxToken) {
        let attribute = token.parent_ancestors().find_map(ast::Attr::cast);
        let Some(attribute) = attribute else { return };
        let of_docs = attribute.path().is_some_and(|path| {
            ["doc", "cfg", "cfg_attr", "deprecated", "path"]
                .iter()
                .any(|name| path.syntax().text() == *name)
        });
        if of_docs {
            return;
        }
        let Some(string) = ast::String::cast(token.clone()) else {
            return;
        };
        let Some(inner) = string.text_range_between_quotes() else {
            return;
        };
        let offset = inner.start() - token.text_range().start();
        let end = inner.end() - token.text_range().start();
        let text = &token.text()[usize::from(offset)..usize::from(end)];
        let name = self.reader.name;
        let is_path = text == name || before_path(text, name).next().is_some();
        if !is_path || !self.is_it(false, false) {
            return;
        }
        let found: Vec<usize> = if text == name {
            vec![0]
        } else {
            before_path(text, name).collect()
        };
        for at in found {
            self.push(part(inner.start(), at, name.len()), Naming::AttributeText);
        }
    }

    /// Doc tests.
    fn comment(&mut self, token: &SyntaxToken) {
        let is_doc = ast::Comment::cast(token.clone()).is_some_and(|comment| comment.is_doc());
        if !is_doc {
            return;
        }
        let name = self.reader.name;
        let text = token.text();
        let mut found: BTreeSet<usize> = BTreeSet::new();
        for (line_at, line) in lines(text) {
            let body = line.trim_start_matches(['/', '!', '*', ' ', '#']);
            let is_use = body.starts_with("use ") || body.starts_with("extern crate ");
            let at = line_at + (line.len() - body.len());
            if is_use {
                found.extend(words(body, name).take(1).map(|one| at + one));
            }
        }
        for at in found {
            let start = token.text_range().start();
            self.push(part(start, at, name.len()), Naming::LeftOut);
        }
    }

    fn left_out(&mut self, node: &SyntaxNode) {
        let (file, folder) = (self.file, self.folder.clone());
        self.reader.text_left_out(node, file, &folder, self.out, 0);
    }
}

/// Where the files of a file's modules are.
fn children_of(path: &Utf8Path, is_root: bool) -> Utf8PathBuf {
    let parent = path.parent().unwrap_or(path);
    match path.file_stem() {
        Some(stem) if !is_root && stem != "mod" => parent.join(stem),
        _ => parent.to_owned(),
    }
}

/// Names of the crate that macros of others make: those of `named` (file, offset) that start a
/// call which has no name of ours in it.
pub(super) fn generated(
    on: &Understanding<'_>,
    sites: &[Found],
    named: &BTreeSet<(u32, u32, usize)>,
) -> Vec<Found> {
    let db = &on.database.db;
    let roots = roots(on);
    let mut found = Vec::new();
    for &(file, offset, package) in named {
        let id = EditionedFileId::new(db, FileId::from_raw(file), ra_ap_span::Edition::LATEST);
        let tree = id.parse(db).tree();
        let Some(token) = tree.syntax().token_at_offset(offset.into()).right_biased() else {
            continue;
        };
        let call = token
            .parent_ancestors()
            .filter_map(ast::MacroCall::cast)
            .find(|call| {
                let path = call.path();
                path.is_some_and(|path| u32::from(path.syntax().text_range().start()) == offset)
            });
        let attribute = token.parent_ancestors().find_map(ast::Attr::cast);
        let range = if let Some(call) = call {
            let whole = call.syntax().text_range();
            let named_inside = sites
                .iter()
                .any(|site| site.file == file && whole.contains(site.start.into()));
            if named_inside {
                continue;
            }
            call.path()
                .map_or(token.text_range(), |path| path.syntax().text_range())
        } else if attribute.is_some() {
            token.text_range()
        } else {
            continue;
        };
        found.push(Found {
            file,
            start: range.start().into(),
            end: range.end().into(),
            how: Naming::Generated,
            package,
            roots: of_file(&roots, package, file),
        });
    }
    found
}

/// Without the marker of a raw identifier.
fn plain(text: &str) -> &str {
    text.strip_prefix("r#").unwrap_or(text)
}

/// The range of a token, as it is spelled.
fn word(token: &SyntaxToken) -> TextRange {
    token.text_range()
}

fn part(start: TextSize, at: usize, len: usize) -> TextRange {
    let at = TextSize::try_from(at).unwrap_or_default();
    let len = TextSize::try_from(len).unwrap_or_default();
    TextRange::at(start + at, len)
}

/// Tokens but space and comments, before or after one.
fn neighbour(token: &SyntaxToken, next: bool) -> Option<SyntaxToken> {
    let mut current = token.clone();
    loop {
        current = if next {
            current.next_token()?
        } else {
            current.prev_token()?
        };
        if !current.kind().is_trivia() {
            return Some(current);
        }
    }
}

fn is_colons(token: Option<&SyntaxToken>) -> bool {
    token.is_some_and(|token| matches!(token.kind(), T![::] | T![:]))
}

/// `::name` with nothing before it.
fn is_absolute(token: &SyntaxToken) -> bool {
    let mut before = neighbour(token, false);
    let mut any = false;
    while is_colons(before.as_ref()) {
        any = true;
        before = before.and_then(|token| neighbour(&token, false));
    }
    any && !before.is_some_and(|token| is_name(&token))
}

fn is_name(token: &SyntaxToken) -> bool {
    matches!(
        token.kind(),
        SyntaxKind::IDENT | T![crate] | T![self] | T![super] | T![Self] | T![>]
    )
}

/// How an identifier among the arguments of a macro may name a crate: before `::`, behind none
/// that belongs to a path; or in an import.
fn in_tokens(token: &SyntaxToken) -> Option<Naming> {
    let before = neighbour(token, false);
    if before
        .as_ref()
        .is_some_and(|before| before.kind() == T![crate])
        && let Some(before) = before.as_ref()
        && neighbour(before, false).is_some_and(|token| token.text() == "extern")
    {
        return Some(Naming::ExternCrate);
    }
    if before.as_ref().is_some_and(|token| token.kind() == T![.]) {
        return None;
    }
    if is_colons(before.as_ref()) && !is_absolute(token) {
        // `x: dep::T` is one colon.
        let double = before.as_ref().is_some_and(|one| {
            one.kind() == T![::]
                || neighbour(one, false)
                    .is_some_and(|other| other.kind() == T![:] && touches(&other, one))
        });
        if double {
            return None;
        }
    }
    let after = neighbour(token, true);
    let double = after.as_ref().is_some_and(|one| {
        one.kind() == T![::]
            || one.kind() == T![:] && one.next_token().is_some_and(|other| other.kind() == T![:])
    });
    if double {
        return Some(Naming::Path);
    }
    before
        .is_some_and(|token| token.text() == "use")
        .then_some(Naming::Import)
}

fn touches(left: &SyntaxToken, right: &SyntaxToken) -> bool {
    left.text_range().end() == right.text_range().start()
}

/// First in an import or an `extern crate`.
fn in_import(token: &SyntaxToken) -> bool {
    let parents: Vec<SyntaxNode> = token.parent_ancestors().take(4).collect();
    if parents
        .iter()
        .any(|node| ast::ExternCrate::can_cast(node.kind()))
    {
        return parents
            .first()
            .is_some_and(|node| ast::NameRef::can_cast(node.kind()));
    }
    let Some(segment) = parents
        .iter()
        .find_map(|node| ast::PathSegment::cast(node.clone()))
    else {
        return false;
    };
    let path = segment.parent_path();
    let tree = path
        .top_path()
        .syntax()
        .parent()
        .and_then(ast::UseTree::cast);
    tree.is_some_and(|tree| {
        path.qualifier().is_none()
            && tree
                .syntax()
                .ancestors()
                .skip(1)
                .filter_map(ast::UseTree::cast)
                .all(|outer| outer.path().is_none())
    })
}

/// Where `name` stands as a word of its own.
fn words<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let (before, after) = (&text[..at], &text[at + name.len()..]);
            !before.ends_with(is_word) && !after.starts_with(is_word)
        })
}

/// Where `name::` stands first in a path.
fn before_path<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    words(text, name).filter(move |&at| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        let inner = before.strip_suffix("::").is_some_and(|before| {
            before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '>')
        });
        after.trim_start().starts_with("::") && !inner
    })
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    })
}
