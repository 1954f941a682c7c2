//! Rules as functions.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use semver::Version;
use syn::DeriveInput;

use super::builtin::{builtin, function, ident};
use super::grammar::{Expr, Rule, Type};

/// Has no `Rule::all_rules`.
const LAST_UNLISTED: Version = Version::new(2, 5, 7);
/// Checks how deep the stack is somewhere behind this one.
const LAST_UNCHECKED: Version = Version::new(2, 9, 0);

/// Rules that give up what was pushed before: around these, the state is restored.
const MOVES_STACK: [&str; 3] = ["DROP", "POP", "POP_ALL"];

pub(super) struct Writer<'a> {
    rules: &'a [Rule],
    by_name: BTreeMap<&'a str, &'a Expr>,
    /// Names that are rules of pest.
    builtins: BTreeSet<&'a str>,
    /// Something is pushed or popped somewhere.
    has_stack: bool,
    version: &'a Version,
}

/// How an expression of a rule is written.
#[derive(Clone, Copy)]
struct Mode {
    /// Nothing is skipped between parts.
    is_atomic: bool,
    /// Texts side by side become one, and what ends at a text is skipped at once.
    is_simplified: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(rules: &'a [Rule], version: &'a Version) -> Self {
        let by_name: BTreeMap<_, _> = rules.iter().map(|r| (r.name.as_str(), &r.expr)).collect();
        let mut named = BTreeSet::new();
        let mut has_push = false;
        for rule in rules {
            names(&rule.expr, &mut named, &mut has_push);
        }
        let has_stack = has_push || MOVES_STACK.iter().any(|name| named.contains(name));
        Self {
            builtins: named
                .into_iter()
                .filter(|name| !by_name.contains_key(name))
                .collect(),
            rules,
            by_name,
            has_stack,
            version,
        }
    }

    pub(super) fn write(&self, input: &DeriveInput) -> TokenStream {
        let name = &input.ident;
        let (generics, arguments, bounds) = input.generics.split_for_impl();
        let rules: Vec<Ident> = self.rules.iter().map(|rule| ident(&rule.name)).collect();
        let eoi = self.builtins.contains("EOI").then(|| ident("EOI"));
        let variants: Vec<&Ident> = eoi.iter().chain(&rules).collect();
        let functions = self.rules.iter().map(|rule| self.rule(rule));
        let builtins = self.builtins.iter().map(|name| builtin(name));
        let skip = self.skip();
        let all_rules = (*self.version > LAST_UNLISTED).then(|| {
            quote! {
                impl Rule {
                    pub fn all_rules() -> &'static [Rule] { &[#(Rule::#rules),*] }
                }
            }
        });
        quote! {
            #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
            pub enum Rule { #(#variants),* }
            #all_rules
            impl #generics ::pest::Parser<Rule> for #name #arguments #bounds {
                fn parse<'i>(rule: Rule, input: &'i str) -> ::core::result::Result<
                    ::pest::iterators::Pairs<'i, Rule>,
                    ::pest::error::Error<Rule>
                > {
                    mod rules {
                        pub mod hidden {
                            use super::super::Rule;
                            #skip
                        }
                        pub mod visible {
                            use super::super::Rule;
                            #(#functions)*
                            #(#builtins)*
                        }
                        pub use self::visible::*;
                    }
                    ::pest::state(input, |state| match rule {
                        #(Rule::#variants => rules::#variants(state)),*
                    })
                }
            }
        }
    }

    /// What may stand between the parts of a rule.
    fn skip(&self) -> TokenStream {
        let whitespace = self.by_name.contains_key("WHITESPACE");
        let comment = self.by_name.contains_key("COMMENT");
        let blanks = quote!(state.repeat(|state| super::visible::WHITESPACE(state)));
        let body = match (whitespace, comment) {
            (false, false) => quote!(Ok(state)),
            (true, false) => blanks,
            (false, true) => quote!(state.repeat(|state| super::visible::COMMENT(state))),
            (true, true) => quote! {
                state.sequence(|state| {
                    #blanks.and_then(|state| {
                        state.repeat(|state| state.sequence(|state| {
                            super::visible::COMMENT(state).and_then(|state| #blanks)
                        }))
                    })
                })
            },
        };
        let body = if whitespace || comment {
            quote! {
                if state.atomicity() == ::pest::Atomicity::NonAtomic { #body } else { Ok(state) }
            }
        } else {
            body
        };
        function(&ident("skip"), &body)
    }

    fn rule(&self, rule: &Rule) -> TokenStream {
        let name = ident(&rule.name);
        let is_blank = matches!(rule.name.as_str(), "WHITESPACE" | "COMMENT");
        let is_atomic = matches!(rule.ty, Type::Atomic | Type::CompoundAtomic);
        let mode = Mode {
            is_atomic: is_atomic || is_blank,
            is_simplified: rule.ty == Type::Atomic,
        };
        let mut body = self.expr(&rule.expr, mode);
        if is_blank && !is_atomic {
            body = quote!(state.atomic(::pest::Atomicity::Atomic, |state| #body));
        }
        let body = match rule.ty {
            Type::Normal => quote!(state.rule(Rule::#name, |state| #body)),
            Type::Silent => body,
            Type::Atomic => quote! {
                state.rule(Rule::#name, |state| {
                    state.atomic(::pest::Atomicity::Atomic, |state| #body)
                })
            },
            Type::CompoundAtomic => quote! {
                state.atomic(::pest::Atomicity::CompoundAtomic, |state| {
                    state.rule(Rule::#name, |state| #body)
                })
            },
            Type::NonAtomic => quote! {
                state.atomic(::pest::Atomicity::NonAtomic, |state| {
                    state.rule(Rule::#name, |state| #body)
                })
            },
        };
        let may_recurse = matches!(rule.expr, Expr::Ident(_) | Expr::Choice(_));
        if may_recurse && !is_blank && *self.version > LAST_UNCHECKED {
            let body = quote!(let state = state.check_stack_limit()?; #body);
            return function(&name, &body);
        }
        function(&name, &body)
    }

    fn expr(&self, expr: &Expr, mode: Mode) -> TokenStream {
        let inner = |expr: &Expr| self.expr(expr, mode);
        match expr {
            Expr::Str(text) => quote!(state.match_string(#text)),
            Expr::Insens(text) => quote!(state.match_insensitive(#text)),
            Expr::Range(from, to) => quote!(state.match_range(#from..#to)),
            Expr::Ident(name) => {
                let name = ident(name);
                quote!(self::#name(state))
            }
            Expr::PeekSlice(from, to) => {
                let to = match to {
                    Some(to) => quote!(::core::option::Option::Some(#to)),
                    None => quote!(::core::option::Option::None),
                };
                quote!(state.stack_match_peek_slice(#from, #to, ::pest::MatchDir::BottomToTop))
            }
            Expr::PosPred(of) => {
                let of = inner(of);
                quote!(state.lookahead(true, |state| #of))
            }
            Expr::NegPred(of) => {
                let of = inner(of);
                quote!(state.lookahead(false, |state| #of))
            }
            Expr::Seq(parts) if mode.is_simplified && one_text(parts) => inner(&parts[0]),
            Expr::Seq(parts) => {
                let parts: Vec<TokenStream> = parts.iter().map(inner).collect();
                sequence(&parts, mode)
            }
            Expr::Choice(parts) => self.choice(parts, mode),
            Expr::Opt(of) => {
                let of = self.restored(inner(of));
                quote!(state.optional(|state| #of))
            }
            Expr::Rep(of) => match self.skipped(of, mode) {
                Some(skipped) => skipped,
                None => repeat(&self.restored(inner(of)), mode),
            },
            Expr::Times(of, min, max) => self.times(of, *min, *max, mode),
            Expr::Push(of) => {
                let of = inner(of);
                quote!(state.stack_push(|state| #of))
            }
        }
    }

    /// Later versions turn `a ~ b | a` of atomic rules into `a ~ b?`.
    fn choice(&self, parts: &[Expr], mode: Mode) -> TokenStream {
        let mut code = parts
            .iter()
            .map(|part| self.restored(self.expr(part, mode)));
        let first = code.next();
        let choice = quote!(#first #(.or_else(|state| { #code }))*);
        let has_common_start = |pair: &[Expr]| {
            let is_sequence = matches!(pair[0], Expr::Seq(_)) || matches!(pair[1], Expr::Seq(_));
            is_sequence && start(&pair[0]) == start(&pair[1])
        };
        if mode.is_atomic && parts.windows(2).any(has_common_start) {
            return quote!(state.optional(|state| Ok(state)).and_then(|state| { #choice }));
        }
        choice
    }

    /// `e+`, `e{2}`, `e{1,}`, `e{,3}`: as often as said and no oftener than tells them apart.
    fn times(&self, of: &Expr, min: u32, max: Option<u32>, mode: Mode) -> TokenStream {
        let code = self.expr(of, mode);
        let is_text = mode.is_simplified && one_text(std::slice::from_ref(of));
        match (min, max) {
            (1, Some(1)) => code,
            // Two texts become one.
            (_, Some(max)) if max == min && is_text => code,
            (_, Some(max)) if max == min => sequence(&[code], mode),
            (0, Some(1)) => quote!(state.optional(|state| #code)),
            (_, Some(_)) => {
                let code = self.restored(code);
                sequence(&[quote!(state.optional(|state| #code))], mode)
            }
            (0, None) => repeat(&self.restored(code), mode),
            (_, None) => sequence(&[repeat(&self.restored(code), mode)], mode),
        }
    }

    /// `(!"x" ~ ANY)*` of an atomic rule skips to the text. Later versions see through names.
    fn skipped(&self, of: &Expr, mode: Mode) -> Option<TokenStream> {
        let Expr::Seq(parts) = of else { return None };
        let [Expr::NegPred(end), Expr::Ident(any)] = parts.as_slice() else {
            return None;
        };
        if !mode.is_simplified || any != "ANY" {
            return None;
        }
        let skips = quote!(state.skip_until(&[]));
        match self.texts(end, 0)? {
            Texts::Own => Some(skips),
            Texts::Named => {
                let plain = repeat(&self.restored(self.expr(of, mode)), mode);
                Some(quote!(#skips.and_then(|state| #plain)))
            }
        }
    }

    fn texts(&self, end: &Expr, depth: usize) -> Option<Texts> {
        // pest itself would not end.
        if depth > 64 {
            return None;
        }
        match end {
            Expr::Str(_) => Some(Texts::Own),
            Expr::Ident(name) => {
                self.texts(self.by_name.get(name.as_str())?, depth + 1)?;
                Some(Texts::Named)
            }
            Expr::Choice(parts) => {
                let mut all = Texts::Own;
                for part in parts {
                    if let Texts::Named = self.texts(part, depth + 1)? {
                        all = Texts::Named;
                    }
                }
                Some(all)
            }
            _ => None,
        }
    }

    /// Where parts may push or pop, what failed is undone.
    fn restored(&self, made: TokenStream) -> TokenStream {
        if self.has_stack {
            quote!(state.restore_on_err(|state| #made))
        } else {
            made
        }
    }
}

/// Where the texts stand that something ends at.
enum Texts {
    Own,
    Named,
}

/// The names an expression calls, and whether it pushes.
fn names<'a>(expr: &'a Expr, out: &mut BTreeSet<&'a str>, has_push: &mut bool) {
    match expr {
        Expr::Str(_) | Expr::Insens(_) | Expr::Range(..) | Expr::PeekSlice(..) => {}
        Expr::Ident(name) => {
            out.insert(name);
        }
        Expr::PosPred(of) | Expr::NegPred(of) | Expr::Opt(of) | Expr::Rep(of) => {
            names(of, out, has_push);
        }
        Expr::Times(of, ..) => names(of, out, has_push),
        Expr::Push(of) => {
            *has_push = true;
            names(of, out, has_push);
        }
        Expr::Seq(parts) | Expr::Choice(parts) => {
            for part in parts {
                names(part, out, has_push);
            }
        }
    }
}

/// What an expression begins with.
fn start(expr: &Expr) -> &Expr {
    match expr {
        Expr::Seq(parts) => &parts[0],
        expr => expr,
    }
}

/// All of one kind of text: pest makes one of them.
fn one_text(parts: &[Expr]) -> bool {
    parts.iter().all(|part| matches!(part, Expr::Str(_)))
        || parts.iter().all(|part| matches!(part, Expr::Insens(_)))
}

fn sequence(parts: &[TokenStream], mode: Mode) -> TokenStream {
    let (first, others) = (&parts[0], &parts[1..]);
    // What is skipped stands between parts; one part stands for several here.
    let skip = (!mode.is_atomic).then(|| quote!(.and_then(|state| super::hidden::skip(state))));
    quote! {
        state.sequence(|state| { #first #skip #(#skip .and_then(|state| { #others }))* })
    }
}

fn repeat(of: &TokenStream, mode: Mode) -> TokenStream {
    if mode.is_atomic {
        return quote!(state.repeat(|state| #of));
    }
    quote! {
        state.sequence(|state| state.optional(|state| {
            state.repeat(|state| state.sequence(|state| {
                super::hidden::skip(state).and_then(|state| #of)
            }))
        }))
    }
}
