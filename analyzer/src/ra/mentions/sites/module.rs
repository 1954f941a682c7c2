//! One module's syntax: what its scope says of the name.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use ra_ap_hir_def::ModuleDefId;
use ra_ap_hir_def::item_scope::ImportOrExternCrate;
use ra_ap_hir_def::resolver::Resolver;
use ra_ap_hir_expand::mod_path::{ModPath, PathKind};
use ra_ap_hir_expand::name::Name;
use ra_ap_intern::Symbol;
use ra_ap_syntax::ast::{self, AstNode, AstToken, IsString};
use ra_ap_syntax::{NodeOrToken, SyntaxKind, SyntaxNode, SyntaxToken, TextRange};
use whittle_extract::request::Naming;

use super::spelled::{
    before_path, called, calls, in_tokens, is_absolute, lines, part, plain, words,
};
use super::{Reader, Sites};

/// How a module knows the crate by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Through {
    /// Every module does.
    Nothing,
    /// `use dep::{self}`: paths that begin with it follow when it is changed, and it would be idle
    /// if they were changed, too.
    Import,
}

/// The code of `macro_rules!` may end up in a module that has no such import.
fn in_definition(token: &SyntaxToken) -> bool {
    let mut around = token.parent_ancestors();
    around
        .any(|node| ast::MacroRules::can_cast(node.kind()) || ast::MacroDef::can_cast(node.kind()))
}

/// One module.
pub(super) struct InModule<'a, 'b> {
    pub(super) reader: &'a Reader<'a>,
    pub(super) file: u32,
    pub(super) resolver: Resolver<'a>,
    /// Where files of modules declared here are.
    pub(super) folder: Utf8PathBuf,
    pub(super) out: &'b mut Sites,
}

impl InModule<'_, '_> {
    fn push(&mut self, range: TextRange, how: Naming) {
        self.out.named.push((self.file, range, how));
    }

    pub(super) fn node(&mut self, node: &SyntaxNode) {
        if self.reader.is_left_out(node) {
            self.left_out(node);
            return;
        }
        let is_tokens = |node: &SyntaxNode| node.kind() == SyntaxKind::TOKEN_TREE;
        if is_tokens(node) && !node.parent().is_some_and(|around| is_tokens(&around)) {
            self.branches(node);
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
        let range = token.text_range();
        let Some(parent) = token.parent() else { return };
        if parent.kind() == SyntaxKind::TOKEN_TREE {
            let absolute = is_absolute(token);
            if let Some(how) = in_tokens(token)
                && let Some(through) = self.leads_to_it(absolute, false)
                && (absolute || through == Through::Nothing || in_definition(token))
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
            if self.leads_to_it(absolute, true).is_some() {
                let alone = whole.qualifier().is_none()
                    && tree.use_tree_list().is_none()
                    && tree.star_token().is_none();
                let how = if alone { Naming::Import } else { Naming::Path };
                self.push(range, how);
            }
            return;
        }
        if whole.qualifier().is_some()
            && let Some(through) = self.leads_to_it(absolute, false)
            && (absolute || through == Through::Nothing)
        {
            self.push(range, Naming::Path);
        }
    }

    /// Whether the name, first in a path, is the crate, and how it comes to be.
    fn leads_to_it(&self, absolute: bool, in_use: bool) -> Option<Through> {
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
        let found = found?;
        let ModuleDefId::ModuleId(module) = found.def else {
            return None;
        };
        let is_it = self.reader.crates.contains(&module.krate(self.reader.db))
            && module.def_map(self.reader.db).root_module_id() == module;
        let through = match found.import {
            Some(ImportOrExternCrate::Import(_) | ImportOrExternCrate::Glob(_)) => Through::Import,
            Some(ImportOrExternCrate::ExternCrate(_)) | None => Through::Nothing,
        };
        is_it.then_some(through)
    }

    /// Strings of attributes other than docs and conditions: `"dep::path"`, `crate = "dep"`.
    fn string(&mut self, token: &SyntaxToken) {
        let attribute = token.parent_ancestors().find_map(ast::Attr::cast);
        let Some(attribute) = attribute else { return };
        let head = head_of(&attribute);
        if ["doc", "deprecated", "path", "cfg"].contains(&head.as_str()) {
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
        // `cfg_attr(feature = "dep", …)` names a feature.
        let alone = text == name && head != "cfg_attr";
        let is_path = alone || before_path(text, name).next().is_some();
        if !is_path || self.leads_to_it(false, false).is_none() {
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

    /// Of a macro's arguments that say `cfg` some may be left out.
    fn branches(&mut self, node: &SyntaxNode) {
        let tokens = node.descendants_with_tokens();
        let tokens: Vec<SyntaxToken> = tokens.filter_map(NodeOrToken::into_token).collect();
        if tokens.iter().any(|token| token.text() == "cfg") {
            self.out.calls.extend(tokens.iter().filter_map(called));
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
        self.out.calls.extend(calls(text).map(str::to_owned));
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

/// The first word of an attribute; conditions have no path of their own in the tree.
fn head_of(attribute: &ast::Attr) -> String {
    let tokens = attribute.syntax().descendants_with_tokens();
    let mut tokens = tokens.filter_map(NodeOrToken::into_token);
    let word = tokens.find(|token| !token.kind().is_trivia() && !token.kind().is_punct());
    word.map_or_else(String::new, |token| token.text().to_owned())
}
