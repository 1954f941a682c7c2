//! `format!` and what is built on it.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Token};

use super::interp::{Flow, Interp};
use super::value::{HOLE, Value};

/// Positional and named arguments behind a format string.
struct Args {
    text: Expr,
    positional: Vec<Expr>,
    named: Vec<(String, Expr)>,
}

fn parse(input: ParseStream<'_>) -> syn::Result<Args> {
    let text = input.parse()?;
    let mut args = Args {
        text,
        positional: Vec::new(),
        named: Vec::new(),
    };
    while input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
        if input.peek(syn::Ident) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
            let name: syn::Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            args.named.push((name.to_string(), input.parse()?));
        } else {
            args.positional.push(input.parse()?);
        }
    }
    Ok(args)
}

impl Interp<'_> {
    /// The text a `format!`-like macro makes of its tokens; empty ones give an empty text.
    pub(super) fn format(&mut self, tokens: TokenStream) -> Flow<String> {
        if tokens.is_empty() {
            return Ok(String::new());
        }
        self.spend(1 + tokens.to_string().len() / 64)?;
        let Ok(args) = parse.parse2(tokens) else {
            return self.give_up("a format string's arguments");
        };
        let text = self.format_string(&args.text)?;
        let mut values = Vec::new();
        for expr in &args.positional {
            values.push(self.eval(expr, None)?);
        }
        let mut named = Vec::new();
        for (name, expr) in &args.named {
            named.push((name.clone(), self.eval(expr, None)?));
        }
        let made = self.fill(&text, &values, &named)?;
        self.allocate(made.len())?;
        Ok(made)
    }

    /// `"…"`, also inside of `concat!` or behind a macro's parameter.
    fn format_string(&mut self, expr: &Expr) -> Flow<String> {
        match self.eval(expr, None)?.deref() {
            Value::Str(text) => Ok(text.to_string()),
            _ => self.give_up("a format string"),
        }
    }

    fn fill(&mut self, text: &str, values: &[Value], named: &[(String, Value)]) -> Flow<String> {
        let mut out = String::new();
        let mut rest = text;
        let mut next = 0;
        while let Some(at) = rest.find(['{', '}']) {
            out.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                out.push_str(brace);
                rest = after;
                continue;
            }
            let Some(end) = rest.find('}').filter(|_| brace == "{") else {
                return self.give_up("a format string");
            };
            let (name, style) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
            rest = &rest[end + 1..];
            let name = name.trim();
            let value = if name.is_empty() {
                next += 1;
                values.get(next - 1).cloned()
            } else if let Ok(index) = name.parse::<usize>() {
                values.get(index).cloned()
            } else {
                self.named(name, named)?
            };
            let Some(value) = value else {
                return self.give_up("a format string");
            };
            let shown = self.styled(&value, style)?;
            out.push_str(&shown);
        }
        out.push_str(rest);
        Ok(out)
    }

    fn named(&mut self, name: &str, named: &[(String, Value)]) -> Flow<Option<Value>> {
        if let Some((_, value)) = named.iter().find(|(known, _)| known == name) {
            return Ok(Some(value.clone()));
        }
        if let Some(cell) = self.scope.find(name) {
            return Ok(cell.try_borrow().ok().map(|value| value.clone()));
        }
        self.named_constant(name).transpose()
    }

    /// Width, fill, alignment, sign and base, as far as scripts use them.
    fn styled(&mut self, value: &Value, style: &str) -> Flow<String> {
        let style = style.trim_end();
        let kind = style.trim_start_matches(|c: char| !c.is_ascii_alphabetic() && c != '?');
        let layout = &style[..style.len() - kind.len()];
        let plain = value.clone().deref();
        let mut shown = match (kind, &plain) {
            (_, Value::Unknown(_)) => return Ok(HOLE.to_string()),
            ("", _) => self.display(value, "Display")?,
            ("?", _) => self.display(value, "Debug")?,
            ("x", Value::Int(int)) => format!("{int:x}"),
            ("X", Value::Int(int)) => format!("{int:X}"),
            ("b", Value::Int(int)) => format!("{int:b}"),
            ("o", Value::Int(int)) => format!("{int:o}"),
            _ => return self.give_up("a format style"),
        };
        if layout.is_empty() {
            return Ok(shown);
        }
        let mut layout: Vec<char> = layout.chars().collect();
        let mut fill = ' ';
        let mut align = if matches!(plain, Value::Int(_)) {
            '>'
        } else {
            '<'
        };
        if layout.len() > 1 && "<>^".contains(layout[1]) {
            (fill, align) = (layout[0], layout[1]);
            layout.drain(..2);
        } else if let Some(&first) = layout.first().filter(|c| "<>^".contains(**c)) {
            align = first;
            layout.remove(0);
        }
        if layout.first() == Some(&'#') {
            let prefix = match kind {
                "x" | "X" => "0x",
                "b" => "0b",
                "?" => return Ok(HOLE.to_string()),
                _ => "",
            };
            shown.insert_str(0, prefix);
            layout.remove(0);
        }
        if layout.first() == Some(&'0') {
            fill = '0';
            align = '>';
        }
        let width: String = layout.into_iter().collect();
        let Ok(width) = width.parse::<usize>() else {
            return self.give_up("a format style");
        };
        if width > 10_000 {
            return self.give_up("a format width");
        }
        while shown.chars().count() < width {
            match align {
                '<' => shown.push(fill),
                _ => shown.insert(0, fill),
            }
        }
        Ok(shown)
    }
}

/// A value as text; parts that are not known are holes.
pub(super) fn plain(value: &Value, debug: bool) -> String {
    let list = |values: &[Value], open: &str, close: &str| {
        let shown: Vec<String> = values.iter().map(|value| plain(value, true)).collect();
        format!("{open}{}{close}", shown.join(", "))
    };
    match value {
        Value::Unit => "()".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Char(c) if debug => format!("{c:?}"),
        Value::Char(c) => c.to_string(),
        Value::Str(text) | Value::Path(text) if debug => {
            let shown = format!("{text:?}").replace("\\u{10fffe}", "\u{10FFFE}");
            shown.replace("\\u{10ffff}", "\u{10FFFF}")
        }
        Value::Str(text) | Value::Path(text) => text.to_string(),
        Value::List(values) if debug => list(values, "[", "]"),
        Value::Tuple(values) if debug => list(values, "(", ")"),
        Value::Variant(variant) if debug && variant.fields.is_empty() => variant.name.clone(),
        Value::Variant(variant) if debug => {
            list(&variant.fields, &format!("{}(", variant.name), ")")
        }
        Value::Struct(structure) if structure.ty == "Version" => {
            let part = |name: &str| structure.fields.get(name).map(|v| plain(v, false));
            let parts = ["major", "minor", "patch"].map(|name| part(name).unwrap_or_default());
            parts.join(".")
        }
        _ => HOLE.to_string(),
    }
}
