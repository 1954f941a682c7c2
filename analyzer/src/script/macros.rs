//! Macro calls: std's by their meaning, the script's own by expansion.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

use super::cfg::{Condition, has};
use super::interp::{Exit, Flow, Interp};
use super::value::{Doubt, HOLE, Value};

/// Characters of a macro call's arguments.
const MAX_MACRO: usize = 16 << 10;

fn list(tokens: &TokenStream) -> Option<Vec<Expr>> {
    let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
    Some(parser.parse2(tokens.clone()).ok()?.into_iter().collect())
}

impl Interp<'_> {
    pub(super) fn macro_call(&mut self, mac: &syn::Macro) -> Flow {
        let Some(last) = mac.path.segments.last() else {
            return self.give_up("a macro");
        };
        let name = last.ident.to_string();
        self.line = last.ident.span().start().line.max(1);
        let tokens = &mac.tokens;
        if let Some(rules) = self.program.macros.get(&name).cloned() {
            // Expansion may double: what is given to it is bounded first.
            if tokens.to_string().len() > MAX_MACRO {
                return self.give_up("a macro's arguments are too long");
            }
            let Some(expanded) = rules.expand(tokens) else {
                return self.give_up(format!("macro `{name}`"));
            };
            self.spend(1 + expanded.to_string().len() / 8)?;
            return self.expansion(expanded);
        }
        match name.as_str() {
            "println" | "print" => {
                let mut text = self.format(tokens.clone())?;
                if name == "println" {
                    text.push('\n');
                }
                self.allocate(text.len())?;
                self.effects.stdout.push_str(&text);
                Ok(Value::Unit)
            }
            "eprintln" | "eprint" | "dbg" => Ok(Value::Unit),
            "format" | "format_args" => self.format(tokens.clone()).map(Value::str),
            "write" | "writeln" => self.write_macro(tokens, name == "writeln"),
            "panic" | "unreachable" | "todo" | "unimplemented" | "compile_error" | "bail" => {
                Err(Exit::Fails)
            }
            "assert" | "debug_assert" => self.assert(tokens),
            "assert_eq" | "assert_ne" | "debug_assert_eq" => {
                self.assert_equal(tokens, name != "assert_ne")
            }
            "cfg" => match Condition::read(tokens.clone()) {
                Some(condition) => {
                    let input = self.input;
                    Ok(Value::Bool(condition.holds(&|flag| has(&input.cfgs, flag))))
                }
                None => self.give_up("a condition"),
            },
            "env" | "option_env" => self.env_macro(tokens, name == "env"),
            "concat" | "stringify" => self.concat(tokens, name == "stringify"),
            "include_str" | "include_bytes" => self.include(tokens),
            "vec" => self.vec(tokens),
            "matches" => self.matches_macro(tokens),
            "line" | "column" => Ok(Value::Int(0)),
            "file" | "module_path" => Ok(Value::str("build.rs")),
            "cfg_aliases" => self.cfg_aliases(tokens),
            _ => self.opaque(&format!("macro `{name}`")),
        }
    }

    /// What a macro of the script's stands for: an expression or statements.
    fn expansion(&mut self, tokens: TokenStream) -> Flow {
        if let Ok(expr) = syn::parse2::<Expr>(tokens.clone()) {
            return self.eval(&expr, None);
        }
        match syn::Block::parse_within.parse2(tokens) {
            Ok(stmts) => {
                // Names that it defines are seen by what follows.
                let mut last = Value::Unit;
                for statement in &stmts {
                    let block = syn::Block {
                        brace_token: syn::token::Brace::default(),
                        stmts: vec![statement.clone()],
                    };
                    last = match statement {
                        syn::Stmt::Local(_) => {
                            return self.give_up("a macro that defines variables");
                        }
                        _ => self.block(&block, None)?,
                    };
                }
                Ok(last)
            }
            Err(_) => self.give_up("a macro's expansion"),
        }
    }

    fn write_macro(&mut self, tokens: &TokenStream, line: bool) -> Flow {
        let Some((target, rest)) = split_first(tokens) else {
            return self.give_up("`write!`");
        };
        let target = self.place(&target)?;
        let mut text = self.format(rest)?;
        if line {
            text.push('\n');
        }
        self.write_to(&target, &text)
    }

    fn assert(&mut self, tokens: &TokenStream) -> Flow {
        let Some((condition, _)) = split_first(tokens) else {
            return self.give_up("an assertion");
        };
        match self.eval(&condition, None)?.deref() {
            Value::Bool(true) => Ok(Value::Unit),
            Value::Bool(false) => Err(Exit::Fails),
            Value::Unknown(doubt) if self.oracle.suppose(&doubt, true) => Ok(Value::Unit),
            _ => Err(Exit::Fails),
        }
    }

    fn assert_equal(&mut self, tokens: &TokenStream, wanted: bool) -> Flow {
        let parts = split_first(tokens).and_then(|(a, rest)| Some((a, split_first(&rest)?.0)));
        let Some((a, b)) = parts else {
            return self.give_up("an assertion");
        };
        let (a, b) = (self.eval(&a, None)?.deref(), self.eval(&b, None)?.deref());
        match a.compare(&b) {
            Some(order) if order.is_eq() == wanted => Ok(Value::Unit),
            None if a.doubt().or_else(|| b.doubt()).is_some() => Ok(Value::Unit),
            _ => Err(Exit::Fails),
        }
    }

    fn env_macro(&mut self, tokens: &TokenStream, required: bool) -> Flow {
        let Some((name, _)) = split_first(tokens) else {
            return self.give_up("`env!`");
        };
        let name = self.eval(&name, None)?.deref();
        let Some(name) = name.text() else {
            return self.give_up("`env!`");
        };
        if self.inherited(name).is_some() {
            return self.give_up("`env!` of a variable that is not known");
        }
        // `env!` is of the script's compilation: what cargo sets only for its run is not there.
        let run_only = [
            "OUT_DIR",
            "TARGET",
            "HOST",
            "CARGO_CFG_",
            "CARGO_FEATURE_",
            "RUSTC",
        ];
        let value = if run_only.iter().any(|prefix| name.starts_with(prefix)) {
            None
        } else {
            self.variable(name)
        };
        match (value, required) {
            (Some(value), true) => Ok(Value::str(value)),
            (value, false) => Ok(Value::option(value.map(Value::str))),
            (None, true) => self.give_up("`env!` of a variable that is not set"),
        }
    }

    fn concat(&mut self, tokens: &TokenStream, verbatim: bool) -> Flow {
        if verbatim {
            let text = match unwrap(tokens.clone()) {
                tokens if tokens.clone().into_iter().count() <= 1 => tokens.to_string(),
                _ => HOLE.to_string(),
            };
            return Ok(Value::str(text));
        }
        let Some(parts) = list(tokens) else {
            return self.give_up("`concat!`");
        };
        let mut text = String::new();
        for part in &parts {
            let value = self.eval(part, None)?;
            text.push_str(&super::format::plain(&value.deref(), false));
        }
        self.allocate(text.len())?;
        Ok(Value::str(text))
    }

    /// Relative to the script, which stands in the package's folder or below.
    fn include(&mut self, tokens: &TokenStream) -> Flow {
        let path = self.eval_tokens(tokens.clone())?.deref();
        let Some(path) = path.text() else {
            return self.give_up("`include_str!`");
        };
        let folder = self.input.script.rsplit_once('/').map(|(folder, _)| folder);
        let path = match folder {
            Some(folder) if !path.starts_with('/') => format!("{folder}/{path}"),
            _ => path.to_owned(),
        };
        match self.tree.read(&path) {
            Ok(Some(text)) => {
                self.allocate(text.len())?;
                Ok(Value::str(text))
            }
            _ => Ok(Value::Unknown(Doubt::new(
                format!("include {path}"),
                "an included file is not read",
                true,
            ))),
        }
    }

    fn vec(&mut self, tokens: &TokenStream) -> Flow {
        if let Some(exprs) = list(tokens) {
            return self.all(exprs.iter()).map(Value::list);
        }
        let wrapped = TokenTree::Group(proc_macro2::Group::new(Delimiter::Bracket, tokens.clone()));
        self.eval_tokens(wrapped.to_token_stream())
    }

    fn matches_macro(&mut self, tokens: &TokenStream) -> Flow {
        let parser = |input: ParseStream<'_>| {
            let value = Expr::parse(input)?;
            input.parse::<Token![,]>()?;
            let pattern = syn::Pat::parse_multi_with_leading_vert(input)?;
            let guard = match input.parse::<Option<Token![if]>>()? {
                Some(_) => Some(Expr::parse(input)?),
                None => None,
            };
            input.parse::<Option<Token![,]>>()?;
            Ok((value, pattern, guard))
        };
        let Ok((value, pattern, guard)) = parser.parse2(tokens.clone()) else {
            return self.give_up("`matches!`");
        };
        let value = self.eval(&value, None)?;
        self.scoped(|interp| {
            let holds = interp.matches(&pattern, &value)?
                && match &guard {
                    Some(guard) => interp.condition(guard)?,
                    None => true,
                };
            Ok(Value::Bool(holds))
        })
    }
}

/// The first expression, and what follows its comma.
fn split_first(tokens: &TokenStream) -> Option<(Expr, TokenStream)> {
    let parser = |input: ParseStream<'_>| {
        let first = Expr::parse(input)?;
        input.parse::<Option<Token![,]>>()?;
        Ok((first, TokenStream::parse(input)?))
    };
    parser.parse2(tokens.clone()).ok()
}

fn unwrap(tokens: TokenStream) -> TokenStream {
    let mut all = tokens.clone().into_iter();
    match (all.next(), all.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => {
            group.stream()
        }
        _ => tokens,
    }
}
