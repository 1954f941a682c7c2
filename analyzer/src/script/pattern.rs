//! Patterns: whether a value matches, and what it binds.

use syn::{Expr, Pat};

use super::interp::{Flow, Interp};
use super::value::{Doubt, Step, Value, shorten};

impl Interp<'_> {
    /// Binds a pattern that always matches.
    pub(super) fn bind(&mut self, pattern: &Pat, value: Value) -> Flow<()> {
        if let Value::Unknown(doubt) = &value {
            self.bind_unknown(pattern, doubt);
            return Ok(());
        }
        if self.matches(pattern, &value)? {
            Ok(())
        } else {
            self.give_up("a pattern that does not match")
        }
    }

    /// The value that patterns are held against: a place where they bind by `ref mut`.
    pub(super) fn scrutinee(
        &mut self,
        expr: &Expr,
        patterns: &[&Pat],
        hint: Option<&syn::Type>,
    ) -> Flow {
        if patterns.iter().any(|pattern| writes(pattern, 0)) {
            return Ok(Value::Ref(self.place(expr)?));
        }
        self.eval(expr, hint)
    }

    fn bind_unknown(&mut self, pattern: &Pat, doubt: &Doubt) {
        match pattern {
            Pat::Ident(ident) => {
                let name = ident.ident.to_string();
                self.scope.bind(&name, Value::Unknown(doubt.clone()));
            }
            Pat::Tuple(tuple) => {
                for (index, part) in tuple.elems.iter().enumerate() {
                    self.bind_unknown(part, &doubt.about(&index.to_string()));
                }
            }
            Pat::TupleStruct(tuple) => {
                for (index, part) in tuple.elems.iter().enumerate() {
                    self.bind_unknown(part, &doubt.about(&index.to_string()));
                }
            }
            Pat::Struct(pattern) => {
                for field in &pattern.fields {
                    self.bind_unknown(&field.pat, &doubt.about("field"));
                }
            }
            Pat::Slice(slice) => {
                for (index, part) in slice.elems.iter().enumerate() {
                    self.bind_unknown(part, &doubt.about(&index.to_string()));
                }
            }
            Pat::Reference(inner) => self.bind_unknown(&inner.pat, doubt),
            Pat::Paren(inner) => self.bind_unknown(&inner.pat, doubt),
            Pat::Type(inner) => self.bind_unknown(&inner.pat, doubt),
            Pat::Or(inner) => {
                for case in &inner.cases {
                    self.bind_unknown(case, doubt);
                }
            }
            _ => {}
        }
    }

    /// Whether `value` matches; binds as it goes.
    pub(super) fn matches(&mut self, pattern: &Pat, value: &Value) -> Flow<bool> {
        self.spend(1)?;
        self.nested(|interp| interp.matches_inner(pattern, value))
    }

    fn matches_inner(&mut self, pattern: &Pat, value: &Value) -> Flow<bool> {
        match pattern {
            Pat::Wild(_) | Pat::Rest(_) => Ok(true),
            Pat::Paren(inner) => self.matches(&inner.pat, value),
            Pat::Type(inner) => self.matches(&inner.pat, value),
            Pat::Reference(inner) => self.matches(&inner.pat, &value.clone().deref()),
            Pat::Ident(ident) => self.matches_ident(ident, value),
            Pat::Or(or) => {
                for case in &or.cases {
                    if self.matches(case, value)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Pat::Tuple(tuple) => {
                let parts: Vec<&Pat> = tuple.elems.iter().collect();
                self.matches_parts(&parts, value, "tuple")
            }
            Pat::Slice(slice) => {
                let parts: Vec<&Pat> = slice.elems.iter().collect();
                self.matches_parts(&parts, value, "slice")
            }
            Pat::TupleStruct(tuple) => {
                let Some(name) = tuple.path.segments.last().map(|s| s.ident.to_string()) else {
                    return Ok(false);
                };
                let parts: Vec<&Pat> = tuple.elems.iter().collect();
                if !self.is_variant(&name, value)? {
                    return Ok(false);
                }
                self.matches_parts(&parts, value, &name)
            }
            Pat::Path(path) => self.matches_path(path, value),
            Pat::Struct(pattern) => self.matches_struct(pattern, value),
            Pat::Lit(lit) => {
                let wanted = self.literal(&lit.lit)?;
                self.equals(value, &wanted)
            }
            Pat::Range(range) => self.matches_range(range, value),
            Pat::Const(_) | Pat::Macro(_) => self.give_up("a pattern"),
            _ => self.give_up("a pattern of a kind that is not read"),
        }
    }

    fn matches_ident(&mut self, ident: &syn::PatIdent, value: &Value) -> Flow<bool> {
        let name = ident.ident.to_string();
        // A name in upper case is a constant or a variant, if there is one.
        if ident.subpat.is_none() && name.starts_with(char::is_uppercase) {
            if matches!(name.as_str(), "None" | "Less" | "Equal" | "Greater")
                || self.is_own_variant(&name)
            {
                return self.is_variant(&name, value);
            }
            if let Some(constant) = self.named_constant(&name) {
                let constant = constant?;
                return self.equals(value, &constant);
            }
        }
        if let Some((_, inner)) = &ident.subpat
            && !self.matches(inner, value)?
        {
            return Ok(false);
        }
        self.scope.bind(&name, value.clone());
        Ok(true)
    }

    fn matches_path(&mut self, path: &syn::ExprPath, value: &Value) -> Flow<bool> {
        let known = self.path(path, None)?.deref();
        match &known {
            Value::Native(path) => {
                let name = path.rsplit("::").next().unwrap_or_default().to_owned();
                self.is_variant(&name, value)
            }
            Value::Variant(variant) if variant.fields.is_empty() => {
                self.is_variant(&variant.name, value)
            }
            _ => self.equals(value, &known),
        }
    }

    fn matches_struct(&mut self, pattern: &syn::PatStruct, value: &Value) -> Flow<bool> {
        let plain = value.clone().deref();
        if let Value::Unknown(doubt) = &plain {
            let name = pattern.path.segments.last().map(|s| s.ident.to_string());
            let key = doubt.about(&format!("is {}", name.unwrap_or_default()));
            for field in &pattern.fields {
                self.bind_unknown(&field.pat, &doubt.about("field"));
            }
            return Ok(self.decide(&key, false));
        }
        let Value::Struct(structure) = &plain else {
            return Ok(false);
        };
        let name = pattern.path.segments.last().map(|s| s.ident.to_string());
        if name.as_deref() != Some(&structure.ty) && name.as_deref() != Some("Self") {
            return Ok(false);
        }
        for field in &pattern.fields {
            let syn::Member::Named(member) = &field.member else {
                return self.give_up("a pattern");
            };
            let step = Step::Field(member.to_string());
            let part = self.part_of(value, &plain, step)?;
            if !self.matches(&field.pat, &part)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A part of what is matched: by reference if the whole is one.
    fn part_of(&self, value: &Value, plain: &Value, step: Step) -> Flow {
        if let Value::Ref(place) = value {
            return Ok(Value::Ref(place.resolve().step(step)));
        }
        match super::value::part(plain, &step) {
            Some(part) => Ok(part.clone()),
            None => self.give_up("a pattern's field"),
        }
    }

    fn matches_parts(&mut self, parts: &[&Pat], value: &Value, kind: &str) -> Flow<bool> {
        let plain = value.clone().deref();
        let have = match &plain {
            Value::Tuple(list) | Value::List(list) => list.len(),
            Value::Variant(variant) if variant.name == "Failure" => 1,
            Value::Variant(variant) => variant.fields.len(),
            Value::Unit => 0,
            Value::Unknown(doubt) => {
                let fits = kind != "slice"
                    || self.decide(&doubt.about(&format!("has {}", parts.len())), false);
                if fits {
                    for (index, part) in parts.iter().enumerate() {
                        let part_doubt = Value::Unknown(doubt.about(&index.to_string()));
                        if !self.matches(part, &part_doubt)? {
                            return Ok(false);
                        }
                    }
                }
                return Ok(fits);
            }
            _ => return Ok(false),
        };
        let is_rest = |part: &&&Pat| match part {
            Pat::Rest(_) => true,
            Pat::Ident(ident) => {
                matches!(&ident.subpat, Some((_, inner)) if matches!(**inner, Pat::Rest(_)))
            }
            _ => false,
        };
        let rest = parts.iter().position(|part| is_rest(&part));
        let fixed = parts.len() - usize::from(rest.is_some());
        if have < fixed || (rest.is_none() && have != fixed) {
            return Ok(false);
        }
        for (index, part) in parts.iter().enumerate() {
            let at = match rest {
                Some(rest) if index == rest => {
                    if let Pat::Ident(ident) = part {
                        let Value::List(list) = &plain else {
                            return self.give_up("a rest pattern");
                        };
                        let middle = list[index..have - (fixed - index)].to_vec();
                        self.scope
                            .bind(&ident.ident.to_string(), Value::list(middle));
                    }
                    continue;
                }
                Some(rest) if index > rest => have - (parts.len() - index),
                _ => index,
            };
            let inner = self.part_of(value, &plain, Step::Index(at))?;
            if !self.matches(part, &inner)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a value is this variant.
    pub(super) fn is_variant(&mut self, name: &str, value: &Value) -> Flow<bool> {
        Ok(match value.clone().deref() {
            Value::Variant(variant) if variant.name == "Failure" => {
                matches!(name, "Err" | "None")
            }
            Value::Variant(variant) => {
                variant.name == name || (name == "Self" && variant.ty == variant.name)
            }
            Value::Unknown(doubt) => {
                let there = doubt.about("is there");
                match name {
                    "Ok" | "Some" => self.decide(&there, doubt.likely),
                    "Err" | "None" => !self.decide(&there, doubt.likely),
                    name => self.decide(&doubt.about(&format!("is {name}")), false),
                }
            }
            _ => false,
        })
    }

    /// Equality; what is not known is decided.
    pub(super) fn equals(&mut self, a: &Value, b: &Value) -> Flow<bool> {
        let (a, b) = (a.clone().deref(), b.clone().deref());
        if let Some(ordering) = a.compare(&b) {
            return Ok(ordering.is_eq());
        }
        // Compared with a variant: the same question as in a match.
        if let (Value::Unknown(_), Value::Variant(variant)) = (&a, &b) {
            return if !self.is_variant(&variant.name, &a)? {
                Ok(false)
            } else if variant.fields.is_empty() {
                Ok(true)
            } else {
                self.decide_equal(&a, &b)
            };
        }
        if let (Value::Variant(x), Value::Variant(y)) = (&a, &b)
            && x.name != y.name
        {
            return Ok(false);
        }
        self.decide_equal(&a, &b)
    }

    fn decide_equal(&mut self, a: &Value, b: &Value) -> Flow<bool> {
        let Some(doubt) = a.doubt().or_else(|| b.doubt()) else {
            return self.give_up("a comparison");
        };
        let shown = |value: &Value| super::format::plain(value, true);
        let key = doubt.about(&format!(
            "equals {} {}",
            shorten(&shown(a)),
            shorten(&shown(b))
        ));
        Ok(self.decide(&key, false))
    }

    fn matches_range(&mut self, range: &syn::PatRange, value: &Value) -> Flow<bool> {
        let plain = value.clone().deref();
        if let Value::Unknown(doubt) = &plain {
            let key = doubt.about(&format!("range {}", self.line));
            return Ok(self.decide(&key, false));
        }
        if let Some(start) = &range.start {
            let start = self.eval(start, None)?;
            if plain.compare(&start).is_none_or(std::cmp::Ordering::is_lt) {
                return Ok(false);
            }
        }
        if let Some(end) = &range.end {
            let end = self.eval(end, None)?;
            let closed = matches!(range.limits, syn::RangeLimits::Closed(_));
            return Ok(plain
                .compare(&end)
                .is_some_and(|order| order.is_lt() || (closed && order.is_eq())));
        }
        Ok(true)
    }
}

/// Whether a pattern binds by `ref mut`.
fn writes(pattern: &Pat, depth: usize) -> bool {
    if depth > 64 {
        return false;
    }
    let any = |parts: &syn::punctuated::Punctuated<Pat, syn::Token![,]>| {
        parts.iter().any(|part| writes(part, depth + 1))
    };
    match pattern {
        Pat::Ident(ident) => ident.by_ref.is_some() && ident.mutability.is_some(),
        Pat::Tuple(tuple) => any(&tuple.elems),
        Pat::TupleStruct(tuple) => any(&tuple.elems),
        Pat::Slice(slice) => any(&slice.elems),
        Pat::Struct(pattern) => pattern.fields.iter().any(|f| writes(&f.pat, depth + 1)),
        Pat::Paren(inner) => writes(&inner.pat, depth + 1),
        _ => false,
    }
}
