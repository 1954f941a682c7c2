//! Conditions within what is kept: on statements, fields, arms, in the arguments of macros.
//!
//! Takes an item, gives edits and the code under conditions that the build at hand leaves out. In
//! syntax, what is under a condition that does not hold goes with its comma; in the tokens of a
//! macro's call nobody knows what a condition is about, so there it is replaced by one that always
//! or never holds.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta};

use super::attrs;
use super::tokens::is_punct;
use super::{Build, Decision, Predicate, Presence, conditions, presence, split};
use crate::edit::{Edit, Span, Why};
use crate::pieces::{Node, Places};

/// What is to be done about the conditions in some code.
#[derive(Default)]
pub(crate) struct Within {
    pub(crate) edits: Vec<Edit>,
    /// Code for other targets.
    pub(crate) elsewhere: Vec<TokenStream>,
    /// Its conditions.
    pub(crate) conditions: Vec<String>,
}

/// All of `node` but the condition on itself.
pub(crate) fn node(text: &str, places: Places, build: Build, node: &Node) -> Within {
    let mut walk = Walk::new(text, places, build);
    match node {
        Node::Item(item) => walk.item(item),
        Node::Associated(item) => visit::visit_impl_item(&mut walk, item),
        Node::Provided(item) => visit::visit_trait_item(&mut walk, item),
    }
    if let Node::Associated(item) = node
        && let syn::ImplItem::Verbatim(tokens) = &**item
    {
        walk.tokens(tokens.clone());
    }
    walk.out
}

/// Attributes of a file.
pub(crate) fn attributes(text: &str, places: Places, build: Build, attrs: &[Attribute]) -> Within {
    let mut walk = Walk::new(text, places, build);
    for attr in attrs {
        walk.visit_attribute(attr);
    }
    walk.out
}

pub(super) struct Walk<'a> {
    text: &'a str,
    places: Places,
    build: Build<'a>,
    pub(super) out: Within,
    /// Within code for other targets.
    pub(super) elsewhere: bool,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str, places: Places, build: Build<'a>) -> Self {
        Self {
            text,
            places,
            build,
            out: Within::default(),
            elsewhere: false,
        }
    }

    fn item(&mut self, item: &Item) {
        visit::visit_item(self, item);
        if let Item::Verbatim(tokens) = item {
            self.tokens(tokens.clone());
        }
    }

    /// Deletes `node` if its conditions say so, else goes on with `visit`.
    fn gate<N: ToTokens>(
        &mut self,
        node: &N,
        attrs: &[Attribute],
        listed: bool,
        visit: impl FnOnce(&mut Self),
    ) {
        let found = conditions(attrs);
        if found.is_empty() {
            return visit(self);
        }
        let span = self.places.of(node);
        match presence(&found, self.build) {
            Presence::Gone => {
                let span = if listed { self.with_comma(span) } else { span };
                self.edit(self.whole_line(span), "");
            }
            Presence::Elsewhere if !self.elsewhere => {
                self.out.elsewhere.push(node.to_token_stream());
                self.note(&found);
                self.elsewhere = true;
                visit(self);
                self.elsewhere = false;
            }
            _ => visit(self),
        }
    }

    pub(super) fn note(&mut self, conditions: &[Predicate]) {
        for condition in conditions {
            if let Decision::Open(rest) = condition.decide(self.build)
                && !rest.holds(self.build)
            {
                self.out.conditions.push(rest.source());
            }
        }
    }

    fn edit(&mut self, range: Span, text: &str) {
        self.out.edits.push(Edit {
            range,
            text: text.to_owned(),
            why: Why::Cfg,
        });
    }

    fn slice(&self, from: u32, to: u32) -> &'a str {
        let text: &'a str = self.text;
        text.get(from as usize..to as usize).unwrap_or_default()
    }

    fn with_comma(&self, span: Span) -> Span {
        let rest = self.slice(span.end, self.len());
        let space = rest.len() - rest.trim_start().len();
        if rest[space..].starts_with(',') {
            let more = u32::try_from(space + 1).unwrap_or(0);
            return Span::new(span.start, span.end + more);
        }
        span
    }

    fn len(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }

    /// The line too, if nothing else is on it; else the space that follows.
    fn whole_line(&self, span: Span) -> Span {
        let before = self.slice(0, span.start);
        let indent = before.len() - before.trim_end_matches([' ', '\t']).len();
        let alone = before.len() == indent || before[..before.len() - indent].ends_with('\n');
        let after = self.slice(span.end, self.len());
        let space = after.len() - after.trim_start_matches([' ', '\t', '\r']).len();
        let byte = |length: usize| u32::try_from(length).unwrap_or(0);
        match after.as_bytes().get(space) {
            Some(b'\n') if alone => {
                Span::new(span.start - byte(indent), span.end + byte(space + 1))
            }
            Some(b'\n') | None => span,
            Some(_) => Span::new(span.start, span.end + byte(space)),
        }
    }

    /// Replaces a condition by what is left of it.
    pub(super) fn predicate(&mut self, tokens: TokenStream) -> Option<Decision> {
        let range = self.places.of(&tokens);
        let predicate = Predicate::parse(tokens)?;
        let decision = predicate.decide(self.build);
        let text = match &decision {
            Decision::Yes => "all()".to_owned(),
            Decision::No => "any()".to_owned(),
            Decision::Open(rest) => rest.source(),
        };
        let same = match &decision {
            Decision::Yes => predicate == Predicate::All(Vec::new()),
            Decision::No => predicate == Predicate::Any(Vec::new()),
            Decision::Open(rest) => *rest == predicate,
        };
        if !same && !range.is_empty() {
            self.edit(range, &text);
        }
        Some(decision)
    }

    /// `cfg` that holds is not needed, nor `cfg_attr` that does not; what `cfg_attr` brings when
    /// it holds is an attribute of its own.
    fn attribute(&mut self, attr: &Attribute) {
        let Meta::List(list) = &attr.meta else {
            return;
        };
        if list.path.is_ident("cfg") {
            let Some(predicate) = Predicate::parse(list.tokens.clone()) else {
                return;
            };
            match predicate.decide(self.build) {
                Decision::Yes => self.delete_attribute(attr),
                // What it stands on is gone, or it is the file's own.
                Decision::No => {}
                Decision::Open(_) => {
                    self.predicate(list.tokens.clone());
                }
            }
        } else if list.path.is_ident("cfg_attr") {
            let whole = self.places.of(&attr.meta);
            match self.resolve(&attr.meta) {
                Resolved::Unchanged => {}
                Resolved::To(parts) if parts.is_empty() => self.delete_attribute(attr),
                Resolved::To(parts) => {
                    let inner = matches!(attr.style, syn::AttrStyle::Inner(_));
                    let between = if inner { "] #![" } else { "] #[" };
                    self.only(whole, &parts, between);
                }
            }
        }
    }

    fn delete_attribute(&mut self, attr: &Attribute) {
        let span = self.whole_line(self.places.of(attr));
        self.edit(span, "");
    }

    /// Leaves of `whole` only `parts`.
    fn only(&mut self, whole: Span, parts: &[Span], between: &str) {
        let mut at = whole.start;
        for (index, part) in parts.iter().enumerate() {
            let gap = Span::new(at, part.start);
            self.edit(gap, if index == 0 { "" } else { between });
            at = part.end;
        }
        self.edit(Span::new(at, whole.end), "");
    }

    fn resolve(&mut self, meta: &Meta) -> Resolved {
        let Meta::List(list) = meta else {
            return Resolved::Unchanged;
        };
        if list.path.is_ident("cfg") {
            let decision = Predicate::parse(list.tokens.clone()).map(|one| one.decide(self.build));
            return match decision {
                Some(Decision::Yes) => Resolved::To(Vec::new()),
                Some(Decision::Open(_)) => {
                    self.predicate(list.tokens.clone());
                    Resolved::Unchanged
                }
                _ => Resolved::Unchanged,
            };
        }
        if !list.path.is_ident("cfg_attr") {
            return Resolved::Unchanged;
        }
        let parts = split(list.tokens.clone());
        let Some((when, then)) = parts.split_first() else {
            return Resolved::Unchanged;
        };
        let Some(predicate) = Predicate::parse(when.clone()) else {
            return Resolved::Unchanged;
        };
        match predicate.decide(self.build) {
            Decision::No => Resolved::To(Vec::new()),
            Decision::Yes => {
                let mut out = Vec::new();
                for part in then {
                    match syn::parse2::<Meta>(part.clone()).map(|meta| self.resolve(&meta)) {
                        Ok(Resolved::To(parts)) => out.extend(parts),
                        _ => out.push(self.places.of(part)),
                    }
                }
                Resolved::To(out)
            }
            // Conditions within it are left: they hold or not, wherever they stand.
            Decision::Open(_) => {
                self.predicate(when.clone());
                Resolved::Unchanged
            }
        }
    }
}

/// What becomes of an attribute.
enum Resolved {
    /// It stays, perhaps with a simpler condition.
    Unchanged,
    /// These parts of it are the attributes instead.
    To(Vec<Span>),
}

/// The outer attributes that the tokens begin with.
pub(crate) fn leading(tokens: TokenStream) -> Vec<Attribute> {
    let mut out = TokenStream::new();
    let mut tokens = tokens.into_iter();
    while let (Some(hash), Some(TokenTree::Group(group))) = (tokens.next(), tokens.next()) {
        if !is_punct(Some(&hash), '#') {
            break;
        }
        out.extend([hash, TokenTree::Group(group)]);
    }
    syn::parse::Parser::parse2(Attribute::parse_outer, out).unwrap_or_default()
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_attribute(&mut self, attr: &'ast Attribute) {
        self.attribute(attr);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call.path.is_ident("cfg") {
            self.predicate(call.tokens.clone());
        } else {
            self.tokens(call.tokens.clone());
        }
    }

    fn visit_stmt(&mut self, node: &'ast syn::Stmt) {
        self.gate(node, attrs::of_stmt(node), false, |walk| match node {
            // Its conditions are the statement's.
            syn::Stmt::Item(item) => walk.item(item),
            syn::Stmt::Expr(expr, _) => visit::visit_expr(walk, expr),
            _ => visit::visit_stmt(walk, node),
        });
    }

    fn visit_expr(&mut self, node: &'ast syn::Expr) {
        self.gate(node, attrs::of_expr(node), true, |walk| {
            visit::visit_expr(walk, node);
            if let syn::Expr::Verbatim(tokens) = node {
                walk.tokens(tokens.clone());
            }
        });
    }

    fn visit_item(&mut self, node: &'ast Item) {
        self.gate(node, attrs::of_item(node), false, |walk| walk.item(node));
    }

    fn visit_impl_item(&mut self, node: &'ast syn::ImplItem) {
        self.gate(node, attrs::of_impl_item(node), false, |walk| {
            visit::visit_impl_item(walk, node);
            if let syn::ImplItem::Verbatim(tokens) = node {
                walk.tokens(tokens.clone());
            }
        });
    }

    fn visit_trait_item(&mut self, node: &'ast syn::TraitItem) {
        self.gate(node, attrs::of_trait_item(node), false, |walk| {
            visit::visit_trait_item(walk, node);
            if let syn::TraitItem::Verbatim(tokens) = node {
                walk.tokens(tokens.clone());
            }
        });
    }

    fn visit_foreign_item(&mut self, node: &'ast syn::ForeignItem) {
        self.gate(node, attrs::of_foreign_item(node), false, |walk| {
            visit::visit_foreign_item(walk, node);
            if let syn::ForeignItem::Verbatim(tokens) = node {
                walk.tokens(tokens.clone());
            }
        });
    }

    fn visit_field(&mut self, node: &'ast syn::Field) {
        self.gate(node, &node.attrs, true, |walk| {
            visit::visit_field(walk, node);
        });
    }

    fn visit_variant(&mut self, node: &'ast syn::Variant) {
        self.gate(node, &node.attrs, true, |walk| {
            visit::visit_variant(walk, node);
        });
    }

    fn visit_arm(&mut self, node: &'ast syn::Arm) {
        self.gate(node, &node.attrs, true, |walk| visit::visit_arm(walk, node));
    }

    fn visit_field_value(&mut self, node: &'ast syn::FieldValue) {
        self.gate(node, &node.attrs, true, |walk| {
            visit::visit_field_value(walk, node);
        });
    }

    fn visit_field_pat(&mut self, node: &'ast syn::FieldPat) {
        self.gate(node, &node.attrs, true, |walk| {
            visit::visit_field_pat(walk, node);
        });
    }

    fn visit_fn_arg(&mut self, node: &'ast syn::FnArg) {
        self.gate(node, attrs::of_fn_arg(node), true, |walk| {
            visit::visit_fn_arg(walk, node);
        });
    }

    fn visit_bare_fn_arg(&mut self, node: &'ast syn::BareFnArg) {
        self.gate(node, &node.attrs, true, |walk| {
            visit::visit_bare_fn_arg(walk, node);
        });
    }

    fn visit_generic_param(&mut self, node: &'ast syn::GenericParam) {
        self.gate(node, attrs::of_generic_param(node), true, |walk| {
            visit::visit_generic_param(walk, node);
        });
    }
}
