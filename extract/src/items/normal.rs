//! One form for all that the formatter makes the same.
//!
//! rustfmt changes more than layout. What it does with its default settings, and on what both
//! sides of a comparison therefore agree first: commas before a closing delimiter (not that of
//! `(x,)`, which is a tuple), braces around the one expression of a match arm or closure,
//! parentheses in parentheses, `;` after a last `return`, empty statements, derives in one list or
//! several, `extern` without its ABI, empty generics, the order of neighbouring `use`s in a block,
//! a leading `|`, and the indentation of documentation. Everything else is a token and counts.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, Meta, Stmt};

use super::{open_close, uses};

pub(super) fn item(item: &mut syn::Item) {
    Normal.visit_item_mut(item);
}

pub(super) fn member(item: &mut syn::ImplItem) {
    Normal.visit_impl_item_mut(item);
}

pub(super) fn provided(method: &mut syn::TraitItem) {
    Normal.visit_trait_item_mut(method);
}

pub(super) fn attribute(attr: &mut Attribute) {
    Normal.visit_attribute_mut(attr);
}

struct Normal;

impl VisitMut for Normal {
    fn visit_attribute_mut(&mut self, attr: &mut Attribute) {
        visit_mut::visit_attribute_mut(self, attr);
        let Meta::NameValue(meta) = &mut attr.meta else {
            return;
        };
        if meta.path.is_ident("doc")
            && let Expr::Lit(literal) = &mut meta.value
            && let syn::Lit::Str(text) = &literal.lit
        {
            let words: Vec<String> = text.value().lines().map(doc_line).collect();
            literal.lit = syn::Lit::Str(syn::LitStr::new(words.join("\n").trim(), text.span()));
        }
    }

    fn visit_item_struct_mut(&mut self, item: &mut syn::ItemStruct) {
        merge_derives(&mut item.attrs);
        visit_mut::visit_item_struct_mut(self, item);
    }

    fn visit_item_enum_mut(&mut self, item: &mut syn::ItemEnum) {
        merge_derives(&mut item.attrs);
        visit_mut::visit_item_enum_mut(self, item);
    }

    fn visit_item_union_mut(&mut self, item: &mut syn::ItemUnion) {
        merge_derives(&mut item.attrs);
        visit_mut::visit_item_union_mut(self, item);
    }

    fn visit_abi_mut(&mut self, abi: &mut syn::Abi) {
        if abi.name.is_none() {
            abi.name = Some(syn::LitStr::new("C", proc_macro2::Span::call_site()));
        }
    }

    fn visit_generics_mut(&mut self, generics: &mut syn::Generics) {
        visit_mut::visit_generics_mut(self, generics);
        if generics.params.is_empty() {
            generics.lt_token = None;
            generics.gt_token = None;
        }
        generics.params.pop_punct();
        let empty = |clause: &syn::WhereClause| clause.predicates.is_empty();
        if generics.where_clause.as_ref().is_some_and(empty) {
            generics.where_clause = None;
        }
        if let Some(clause) = &mut generics.where_clause {
            clause.predicates.pop_punct();
        }
    }

    fn visit_angle_bracketed_generic_arguments_mut(
        &mut self,
        arguments: &mut syn::AngleBracketedGenericArguments,
    ) {
        visit_mut::visit_angle_bracketed_generic_arguments_mut(self, arguments);
        arguments.args.pop_punct();
    }

    fn visit_pat_mut(&mut self, pat: &mut syn::Pat) {
        visit_mut::visit_pat_mut(self, pat);
        if let syn::Pat::Or(or) = pat {
            or.leading_vert = None;
            if or.cases.len() == 1
                && let Some(only) = or.cases.pop()
            {
                *pat = only.into_value();
            }
        }
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        visit_mut::visit_arm_mut(self, arm);
        unwrap_block(&mut arm.body);
        arm.comma = Some(syn::token::Comma::default());
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut syn::ExprClosure) {
        visit_mut::visit_expr_closure_mut(self, closure);
        closure.inputs.pop_punct();
        // After `-> T` the braces must be there.
        if matches!(closure.output, syn::ReturnType::Default) {
            unwrap_block(&mut closure.body);
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        while let Expr::Paren(outer) = expr
            && outer.attrs.is_empty()
            && matches!(&*outer.expr, Expr::Paren(inner) if inner.attrs.is_empty())
        {
            let inner = std::mem::replace(&mut *outer.expr, nothing());
            *expr = inner;
        }
    }

    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        visit_mut::visit_block_mut(self, block);
        let is_empty = |stmt: &Stmt| matches!(stmt, Stmt::Expr(Expr::Verbatim(tokens), _) if tokens.is_empty());
        block.stmts.retain(|stmt| !is_empty(stmt));
        if let Some(Stmt::Expr(Expr::Return(_) | Expr::Break(_) | Expr::Continue(_), semi)) =
            block.stmts.last_mut()
        {
            semi.get_or_insert_default();
        }
        sort_uses(&mut block.stmts);
    }
}

/// Neighbouring `use`s of a block, leaf by leaf in one order.
fn sort_uses(stmts: &mut Vec<Stmt>) {
    let mut out: Vec<Stmt> = Vec::with_capacity(stmts.len());
    let mut run: Vec<(String, TokenStream)> = Vec::new();
    let flush = |run: &mut Vec<(String, TokenStream)>, out: &mut Vec<Stmt>| {
        run.sort_by(|a, b| a.0.cmp(&b.0));
        let verbatim = |(_, tokens)| Stmt::Item(syn::Item::Verbatim(tokens));
        out.extend(run.drain(..).map(verbatim));
    };
    for stmt in stmts.drain(..) {
        match stmt {
            Stmt::Item(syn::Item::Use(item)) => run.extend(uses::leaves(item)),
            stmt => {
                flush(&mut run, &mut out);
                out.push(stmt);
            }
        }
    }
    flush(&mut run, &mut out);
    *stmts = out;
}

fn nothing() -> Expr {
    Expr::Verbatim(TokenStream::new())
}

/// `{ x }` is `x`: a plain block of one expression and nothing else.
fn unwrap_block(expr: &mut Expr) {
    loop {
        let Expr::Block(block) = expr else {
            return;
        };
        if !block.attrs.is_empty() || block.label.is_some() || block.block.stmts.len() != 1 {
            return;
        }
        match block.block.stmts.pop() {
            Some(Stmt::Expr(inner, None)) => *expr = inner,
            Some(Stmt::Macro(inner)) if inner.semi_token.is_none() => {
                *expr = Expr::Macro(syn::ExprMacro {
                    attrs: inner.attrs,
                    mac: inner.mac,
                });
            }
            // `{ return; }` was `{ return }`, which may stand without braces, too.
            Some(Stmt::Expr(
                inner @ (Expr::Return(_) | Expr::Break(_) | Expr::Continue(_)),
                Some(_),
            )) => *expr = inner,
            Some(other) => {
                block.block.stmts.push(other);
                return;
            }
            None => return,
        }
    }
}

/// Neighbouring `#[derive(…)]`s as one.
fn merge_derives(attrs: &mut Vec<Attribute>) {
    let list = |attr: &Attribute| match &attr.meta {
        Meta::List(list) if attr.path().is_ident("derive") => Some(list.tokens.clone()),
        _ => None,
    };
    let mut out: Vec<Attribute> = Vec::with_capacity(attrs.len());
    for attr in attrs.drain(..) {
        let joined = out.last().and_then(list).zip(list(&attr));
        match (joined, out.last_mut()) {
            (Some((first, second)), Some(kept)) => {
                let first = without_last_comma(first);
                kept.meta = syn::parse_quote!(derive(#first, #second));
            }
            _ => out.push(attr),
        }
    }
    *attrs = out;
}

fn without_last_comma(tokens: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    if tokens.last().is_some_and(is_comma) {
        tokens.pop();
    }
    tokens.into_iter().collect()
}

/// The line without its indentation and without the `*` of block comments.
fn doc_line(line: &str) -> String {
    let line = line.trim();
    let line = line.strip_prefix("* ").unwrap_or(line);
    if line == "*" { "" } else { line.trim() }.to_owned()
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}

/// The signs that the compiler reads as one, the longest first.
const SIGNS: [&str; 24] = [
    "<<=", ">>=", "...", "..=", "::", "->", "=>", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=",
    "*=", "/=", "%=", "^=", "&=", "|=", "<<", ">>", "..",
];

/// Tokens as texts, one after the other, without commas before a closing delimiter.
pub(super) fn flat(tokens: TokenStream) -> Vec<String> {
    let mut out = Vec::new();
    flatten(tokens, &mut out);
    out
}

fn flatten(tokens: TokenStream, out: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Group(group) => {
                let (open, close) = open_close(group.delimiter());
                let before = at.checked_sub(2).and_then(|index| tokens.get(index));
                let mut inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let is_free = group.delimiter() != Delimiter::Parenthesis
                    || inner.iter().filter(|one| is_comma(one)).count() > 1
                    || before.is_some_and(takes_arguments);
                if is_free && inner.last().is_some_and(is_comma) {
                    inner.pop();
                }
                out.push(open.to_owned());
                flatten(inner.into_iter().collect(), out);
                out.push(close.to_owned());
            }
            TokenTree::Punct(_) => {
                let sign = sign(&tokens[at - 1..]);
                at += sign.chars().count() - 1;
                out.push(sign);
            }
            other => out.push(other.to_string()),
        }
    }
}

/// Parentheses after it hold arguments or fields, so that they are no tuple of one.
fn takes_arguments(token: &TokenTree) -> bool {
    const WORDS: [&str; 10] = [
        "return", "in", "match", "if", "while", "break", "else", "mut", "ref", "move",
    ];
    match token {
        TokenTree::Ident(ident) => !WORDS.contains(&ident.to_string().as_str()),
        TokenTree::Punct(punct) => matches!(punct.as_char(), '!' | '>'),
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
        TokenTree::Literal(_) => false,
    }
}

/// The sign that begins here.
fn sign(tokens: &[TokenTree]) -> String {
    let mut run = String::new();
    for token in tokens.iter().take(3) {
        let TokenTree::Punct(punct) = token else {
            break;
        };
        run.push(punct.as_char());
        if punct.spacing() == Spacing::Alone {
            break;
        }
    }
    let known = SIGNS.iter().find(|sign| run.starts_with(**sign));
    known.map_or_else(|| run.chars().take(1).collect(), |sign| (*sign).to_owned())
}
