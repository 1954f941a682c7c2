//! Runs the [models](crate::models) of proc macros inside rust-analyzer.
//!
//! Takes the tokens that rust-analyzer would hand to a compiled macro, gives the expansion's.
//! A model sees tokens of `proc_macro2`, whose spans say nothing but a place in a text that was
//! parsed. So a text with one word for each token of the input is parsed first, and each token
//! gets the span of its own word: where a span comes out again, its place in that text is the
//! number of the token it came from. What the model made itself has no place there, and gets
//! the span of the macro's call, as with the real macro.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, TokenStream, TokenTree};
use ra_ap_base_db::{Env, ProcMacroLoadingError, SourceDatabase};
use ra_ap_hir_expand::proc_macro::{
    ProcMacro, ProcMacroExpander, ProcMacroExpansionError, ProcMacroKind, ProcMacroLoadResult,
};
use ra_ap_hir_expand::tt;
use ra_ap_intern::Symbol;
use ra_ap_span::Span;

use crate::model::{Project, Source, Unit};
use crate::models::{self, Call, Crate, Kind, Model, Refusal, declared};
use crate::script::Tree;

/// Whether a call was refused, anywhere.
pub(crate) type Refused = Arc<AtomicBool>;

/// The models of one proc-macro crate's macros; an error when there is none. Macros of the crate
/// that are not modelled refuse every call.
pub(crate) fn load(project: &Project, unit: &Unit, refused: &Refused) -> ProcMacroLoadResult {
    let package = &project.packages[unit.package];
    if package.source != Source::Registry {
        return Err(ProcMacroLoadingError::Disabled);
    }
    let (Ok(version), Ok(rustc)) = (package.version.parse(), project.toolchain.version.parse())
    else {
        return Err(ProcMacroLoadingError::Disabled);
    };
    let dependencies = package.dependencies.iter().filter_map(|&one| {
        let package = &project.packages[one];
        Some((package.name.clone(), package.version.parse().ok()?))
    });
    let krate = Crate {
        package: package.name.clone(),
        version,
        features: unit.features.clone(),
        rustc,
        dependencies: dependencies.collect(),
    };
    let folders: Arc<BTreeSet<String>> = Arc::new(
        project
            .packages
            .iter()
            .map(|package| package.manifest_dir.to_string())
            .collect(),
    );
    let mut macros: Vec<(String, Kind, Option<Model>)> = models::of(&krate)
        .map(|(name, kind, model)| (name.to_owned(), kind, Some(model)))
        .collect();
    if macros.is_empty() {
        return Err(ProcMacroLoadingError::Disabled);
    }
    let text = std::fs::read_to_string(&unit.root_file).ok();
    for (name, kind) in text.and_then(|text| declared(&text)).unwrap_or_default() {
        if macros.iter().all(|(known, ..)| *known != name) {
            macros.push((name, kind, None));
        }
    }
    let macros = macros.into_iter().map(|(name, kind, model)| ProcMacro {
        name: Symbol::intern(&name),
        kind: match kind {
            Kind::Derive => ProcMacroKind::CustomDerive,
            Kind::Attribute => ProcMacroKind::Attr,
            Kind::Bang => ProcMacroKind::Bang,
        },
        expander: Arc::new(Expander {
            name,
            model,
            krate: krate.clone(),
            folders: Arc::clone(&folders),
            refused: Arc::clone(refused),
        }),
        disabled: false,
    });
    Ok(macros.collect())
}

#[derive(Debug)]
struct Expander {
    name: String,
    model: Option<Model>,
    krate: Crate,
    /// Those of all packages: a build script may set the variable that says which one it is.
    folders: Arc<BTreeSet<String>>,
    refused: Refused,
}

impl Expander {
    /// A file of the package that calls the macro, within what scripts may read of it.
    fn file(&self, env: &Env, path: &str) -> Option<String> {
        let folder = env.get("CARGO_MANIFEST_DIR")?;
        if !self.folders.contains(&folder) {
            return None;
        }
        Tree::new(&folder).read(path).ok()?
    }
}

impl ProcMacroExpander for Expander {
    fn expand(
        &self,
        _db: &dyn SourceDatabase,
        subtree: &tt::TopSubtree,
        attrs: Option<&tt::TopSubtree>,
        env: &Env,
        _def_site: Span,
        call_site: Span,
        _mixed_site: Span,
        _current_dir: String,
    ) -> Result<tt::TopSubtree, ProcMacroExpansionError> {
        let expand = || {
            let model = self.model.ok_or_else(|| {
                Refusal::new(format!("`{}` of {}", self.name, self.krate.package))
            })?;
            let count =
                subtree.token_trees().len() + attrs.map_or(0, |attrs| attrs.token_trees().len());
            let mut spans = Spans::new(count)?;
            let item = spans.stream(subtree.token_trees().iter())?;
            let arguments = match attrs {
                Some(attrs) => spans.stream(attrs.token_trees().iter())?,
                None => TokenStream::new(),
            };
            let made = model(&Call {
                krate: &self.krate,
                arguments,
                item,
                environment: &|name| env.get(name),
                files: &|path| self.file(env, path),
            })?;
            let mut out = tt::TopSubtreeBuilder::new(tt::Delimiter::invisible_spanned(call_site));
            spans.write(made, call_site, &mut out);
            Ok::<_, Refusal>(out.build())
        };
        // A model must not take the analysis down: what panics is not modelled.
        let result = catch_unwind(AssertUnwindSafe(expand));
        // Else the places of all texts ever parsed stay in memory.
        proc_macro2::extra::invalidate_current_thread_spans();
        if !matches!(result, Ok(Ok(_))) {
            self.refused.store(true, Ordering::Relaxed);
        }
        match result {
            Ok(Ok(tokens)) => Ok(tokens),
            Ok(Err(Refusal(why))) => Err(ProcMacroExpansionError::System(format!(
                "not modelled: {why}"
            ))),
            Err(_) => Err(ProcMacroExpansionError::System(format!(
                "not modelled: the model of `{}` failed",
                self.name
            ))),
        }
    }

    fn eq_dyn(&self, other: &dyn ProcMacroExpander) -> bool {
        let other: &dyn std::any::Any = other;
        other
            .downcast_ref::<Self>()
            .is_some_and(|other| self.name == other.name && self.krate == other.krate)
    }
}

/// One word of the text behind the spans: two letters, because the delimiters of a group get
/// the first and the last character of the group's span.
const WORD: &str = "aa ";
/// `$crate` is one identifier to rust-analyzer and none to `proc_macro2`.
const DOLLAR_CRATE: &str = "__whittle_dollar_crate";

/// Spans of rust-analyzer by the number of the token they came from.
struct Spans {
    words: Vec<proc_macro2::Span>,
    /// A leaf's span, or those of a group's delimiters.
    spans: Vec<(Span, Span)>,
}

impl Spans {
    fn new(count: usize) -> Result<Self, Refusal> {
        let text: TokenStream = WORD
            .repeat(count)
            .parse()
            .map_err(|_| Refusal::new("too many tokens"))?;
        Ok(Self {
            words: text.into_iter().map(|word| word.span()).collect(),
            spans: Vec::with_capacity(count),
        })
    }

    fn next(&mut self, open: Span, close: Span) -> proc_macro2::Span {
        let word = self.words[self.spans.len()];
        self.spans.push((open, close));
        word
    }

    fn stream(&mut self, tokens: tt::TtIter<'_>) -> Result<TokenStream, Refusal> {
        tokens.map(|token| self.token(token)).collect()
    }

    fn token(&mut self, token: tt::TtElement<'_>) -> Result<TokenTree, Refusal> {
        Ok(match token {
            tt::TtElement::Leaf(tt::Leaf::Ident(ident)) => {
                let span = self.next(ident.span, ident.span);
                let text = ident.sym.as_str();
                TokenTree::Ident(match text {
                    "$crate" => Ident::new(DOLLAR_CRATE, span),
                    _ if ident.is_raw.yes() => Ident::new_raw(text, span),
                    _ => Ident::new(text, span),
                })
            }
            tt::TtElement::Leaf(tt::Leaf::Punct(punct)) => {
                let joint = punct.spacing == tt::Spacing::Joint || punct.char == '\'';
                let mut made = Punct::new(
                    punct.char,
                    if joint {
                        Spacing::Joint
                    } else {
                        Spacing::Alone
                    },
                );
                made.set_span(self.next(punct.span, punct.span));
                TokenTree::Punct(made)
            }
            tt::TtElement::Leaf(tt::Leaf::Literal(literal)) => {
                let mut made: Literal = literal
                    .to_string()
                    .parse()
                    .map_err(|_| Refusal::new("a literal that is none"))?;
                made.set_span(self.next(literal.span, literal.span));
                TokenTree::Literal(made)
            }
            tt::TtElement::Subtree(subtree, inner) => {
                let span = self.next(subtree.delimiter.open, subtree.delimiter.close);
                let delimiter = match subtree.delimiter.kind {
                    tt::DelimiterKind::Parenthesis => Delimiter::Parenthesis,
                    tt::DelimiterKind::Brace => Delimiter::Brace,
                    tt::DelimiterKind::Bracket => Delimiter::Bracket,
                    tt::DelimiterKind::Invisible => Delimiter::None,
                };
                let mut group = Group::new(delimiter, self.stream(inner)?);
                group.set_span(span);
                TokenTree::Group(group)
            }
        })
    }

    /// The spans of the token that `span` came from, or the call's when a model made it.
    fn back(&self, span: proc_macro2::Span, call_site: Span) -> (Span, Span) {
        let place = span.byte_range();
        if place.is_empty() {
            return (call_site, call_site);
        }
        self.spans
            .get(place.start / WORD.len())
            .copied()
            .unwrap_or((call_site, call_site))
    }

    fn write(&self, tokens: TokenStream, call_site: Span, out: &mut tt::TopSubtreeBuilder) {
        for token in tokens {
            let (open, close) = self.back(token.span(), call_site);
            match token {
                TokenTree::Ident(ident) if ident == DOLLAR_CRATE => {
                    out.push(tt::Leaf::Ident(tt::Ident {
                        sym: Symbol::intern("$crate"),
                        span: open,
                        is_raw: tt::IdentIsRaw::No,
                    }));
                }
                TokenTree::Ident(ident) => {
                    out.push(tt::Leaf::Ident(tt::Ident::new(&ident.to_string(), open)));
                }
                TokenTree::Punct(punct) => out.push(tt::Leaf::Punct(tt::Punct {
                    char: punct.as_char(),
                    spacing: match punct.spacing() {
                        Spacing::Joint => tt::Spacing::Joint,
                        Spacing::Alone => tt::Spacing::Alone,
                    },
                    span: open,
                })),
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let digits = text.strip_prefix('-').unwrap_or(&text);
                    if digits.len() < text.len() {
                        out.push(tt::Leaf::Punct(tt::Punct {
                            char: '-',
                            spacing: tt::Spacing::Alone,
                            span: open,
                        }));
                    }
                    out.push(tt::Leaf::Literal(tt::token_to_literal(digits, open)));
                }
                TokenTree::Group(group) => {
                    let kind = match group.delimiter() {
                        Delimiter::Parenthesis => tt::DelimiterKind::Parenthesis,
                        Delimiter::Brace => tt::DelimiterKind::Brace,
                        Delimiter::Bracket => tt::DelimiterKind::Bracket,
                        Delimiter::None => tt::DelimiterKind::Invisible,
                    };
                    out.open(kind, open);
                    self.write(group.stream(), call_site, out);
                    out.close(close);
                }
            }
        }
    }
}
