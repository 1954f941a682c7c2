//! Methods of `Option`, `Result`, lists and maps.

use std::cmp::Ordering;
use std::rc::Rc;

use super::interp::{Exit, Flow, Interp};
use super::json::is_json;
use super::value::{Doubt, Place, Step, Value, Variant};

impl Interp<'_> {
    pub(super) fn option_method(
        &mut self,
        place: &Place,
        variant: &Variant,
        name: &str,
        args: Vec<Value>,
        hint: Option<&syn::Type>,
    ) -> Flow {
        if is_json(variant) {
            return self.json_method(place, variant, name, &args);
        }
        if variant.ty == "Ordering" {
            return self.ordering_method(variant, name, &args);
        }
        let (is_there, is_option) = match (variant.name.as_str(), variant.ty.as_str()) {
            ("Some", _) => (true, true),
            ("Ok", _) => (true, false),
            ("None", _) => (false, true),
            ("Err" | "Failure", _) => (false, false),
            _ => return self.other_variant(place, variant, name, args),
        };
        let content = variant.fields.first().cloned().unwrap_or(Value::Unit);
        let whole = Value::Variant(Rc::new(variant.clone()));
        let arg = args.first().cloned().unwrap_or(Value::Unit);
        let same = |value: Value| {
            if is_option {
                Value::some(value)
            } else {
                Value::ok(value)
            }
        };
        Ok(match (name, is_there) {
            ("unwrap" | "expect" | "unwrap_unchecked", true) => content,
            ("unwrap" | "expect" | "unwrap_unchecked", false) => return Err(Exit::Fails),
            ("unwrap_err" | "expect_err", false) => content,
            ("unwrap_err" | "expect_err", true) => return Err(Exit::Fails),
            ("is_some" | "is_ok", there) => Value::Bool(there),
            ("is_none" | "is_err", there) => Value::Bool(!there),
            ("is_some_and" | "is_ok_and", true) => self.apply(&arg, vec![content])?,
            ("is_some_and" | "is_ok_and", false) => Value::Bool(false),
            ("is_none_or", true) => self.apply(&arg, vec![content])?,
            ("is_none_or", false) => Value::Bool(true),
            ("ok", true) => Value::some(content),
            ("ok", false) => match &content {
                Value::Variant(error) if error.ty == "VarError" => {
                    Value::variant("OptionalText", "None", Vec::new())
                }
                _ => Value::none(),
            },
            ("err", true) => Value::none(),
            ("err", false) => Value::some(content),
            ("unwrap_or" | "unwrap_or_else" | "unwrap_or_default", true) => content,
            ("unwrap_or", false) => arg,
            ("unwrap_or_else", false) if is_option => self.apply(&arg, Vec::new())?,
            ("unwrap_or_else", false) => self.apply(&arg, vec![content])?,
            ("unwrap_or_default", false) if variant.ty == "OptionalText" => Value::str(""),
            ("unwrap_or_default", false) => match (&content, hint) {
                (Value::Variant(error), _) if error.ty == "VarError" => Value::str(""),
                (_, Some(hint)) => {
                    return self.native(
                        &["Default".into(), "default".into()],
                        Vec::new(),
                        Some(hint),
                    );
                }
                _ => Value::Unknown(Doubt::new(
                    format!("default {}", self.line),
                    "a default value",
                    false,
                )),
            },
            ("map", true) => same(self.apply(&arg, vec![content])?),
            ("map", false) => whole,
            ("map_err" | "or_else" | "or" | "with_context" | "context", true) => whole,
            ("with_context" | "context", false) => Value::err(Value::str("error")),
            ("map_err", false) => Value::err(self.apply(&arg, vec![content])?),
            ("or", false) => arg,
            ("or_else", false) if is_option => self.apply(&arg, Vec::new())?,
            ("or_else", false) => self.apply(&arg, vec![content])?,
            ("and_then", true) => self.apply(&arg, vec![content])?,
            ("and_then" | "and", false) => whole,
            ("and", true) => arg,
            ("map_or" | "map_or_else", true) => match args.get(1) {
                Some(function) => self.apply(function, vec![content])?,
                None => return self.give_up(format!("`{name}`")),
            },
            ("map_or", false) => arg,
            ("map_or_else", false) if is_option => self.apply(&arg, Vec::new())?,
            ("map_or_else", false) => self.apply(&arg, vec![content])?,
            ("filter", true) => {
                let keep = self.apply(&arg, vec![content])?;
                if self.truth(keep)? {
                    whole
                } else {
                    Value::none()
                }
            }
            ("filter", false) => whole,
            ("ok_or" | "ok_or_else", true) => Value::ok(content),
            ("ok_or", false) => Value::err(arg),
            ("ok_or_else", false) => Value::err(self.apply(&arg, Vec::new())?),
            ("flatten", true) => content,
            ("flatten", false) => whole,
            ("zip", true) => match arg.deref() {
                Value::Variant(other) if other.name == "Some" => {
                    Value::some(Value::tuple(vec![content, other.fields[0].clone()]))
                }
                _ => Value::none(),
            },
            ("inspect" | "inspect_err", _) => whole,
            ("as_ref" | "as_deref" | "clone" | "cloned" | "copied" | "by_ref" | "to_owned", _) => {
                whole
            }
            ("as_mut" | "as_deref_mut" | "iter_mut", true) => {
                same(Value::Ref(place.step(Step::Index(0))))
            }
            ("as_mut" | "as_deref_mut", false) => whole,
            ("take", _) => place
                .change(|here| std::mem::replace(here, Value::none()))
                .unwrap_or(whole),
            ("replace" | "insert", _) => {
                place.change(|here| *here = Value::some(arg));
                whole
            }
            ("get_or_insert_with" | "get_or_insert", _) => {
                if !is_there {
                    let value = if name == "get_or_insert" {
                        arg
                    } else {
                        self.apply(&arg, Vec::new())?
                    };
                    place.change(|here| *here = Value::some(value));
                }
                Value::Ref(place.step(Step::Index(0)))
            }
            ("into_iter" | "iter", true) => Value::iter(vec![content]),
            ("into_iter" | "iter", false) => Value::iter(Vec::new()),
            ("kind" | "to_string" | "raw_os_error", _) => {
                Value::Unknown(Doubt::new("error", "an error's details", false))
            }
            // It came of something unknown, and is no option but perhaps an iterator.
            _ if matches!(variant.ty.as_str(), "Success" | "Failure") => {
                let doubt = content.doubt().unwrap_or_else(|| {
                    Doubt::new(format!("{name} {}", self.line), "what this gives", true)
                });
                return self.unknown_call(&doubt.about(name), &args);
            }
            _ => return self.give_up(format!("`{name}` of an option or result")),
        })
    }

    fn ordering_method(&mut self, variant: &Variant, name: &str, args: &[Value]) -> Flow {
        let ordering = match variant.name.as_str() {
            "Less" => Ordering::Less,
            "Equal" => Ordering::Equal,
            _ => Ordering::Greater,
        };
        Ok(match name {
            "reverse" => Value::ordering(ordering.reverse()),
            "is_eq" => Value::Bool(ordering.is_eq()),
            "is_lt" => Value::Bool(ordering.is_lt()),
            "is_gt" => Value::Bool(ordering.is_gt()),
            "is_le" => Value::Bool(ordering.is_le()),
            "is_ge" => Value::Bool(ordering.is_ge()),
            "then" if ordering.is_ne() => Value::ordering(ordering),
            "then" => args.first().cloned().unwrap_or(Value::Unit),
            "then_with" if ordering.is_ne() => Value::ordering(ordering),
            "then_with" => {
                let function = args.first().cloned().unwrap_or(Value::Unit);
                return self.apply(&function, Vec::new());
            }
            _ => return self.give_up(format!("`{name}` of an ordering")),
        })
    }

    /// Errors of the models, and variants of the script's own that derive something.
    fn other_variant(
        &mut self,
        place: &Place,
        variant: &Variant,
        name: &str,
        args: Vec<Value>,
    ) -> Flow {
        let whole = Value::Variant(Rc::new(variant.clone()));
        match name {
            "clone" | "cloned" | "to_owned" | "into" | "as_ref" | "borrow" | "by_ref" => Ok(whole),
            "as_mut" | "borrow_mut" => Ok(Value::Ref(place.clone())),
            "kind" => Ok(whole),
            "to_string" | "description" => self.display(&whole, "Display").map(Value::str),
            "raw_os_error" => Ok(Value::none()),
            _ => self.give_up(format!(
                "method `{name}` of `{}` with {} arguments",
                variant.ty,
                args.len()
            )),
        }
    }

    pub(super) fn list_method(
        &mut self,
        place: &Place,
        name: &str,
        args: Vec<Value>,
        hint: Option<&syn::Type>,
    ) -> Flow {
        let Some(Value::List(list)) = place.get() else {
            return self.give_up("a list");
        };
        let arg = args.first().cloned().unwrap_or(Value::Unit);
        let len = list.len();
        let at = |value: &Value| match value.clone().deref() {
            Value::Int(at) => usize::try_from(at).ok(),
            _ => None,
        };
        match name {
            "push" | "push_back" => {
                self.allocate(32)?;
                drop(list);
                place.change(|here| {
                    if let Value::List(list) = here {
                        Rc::make_mut(list).push(arg);
                    }
                });
                return Ok(Value::Unit);
            }
            "len" => return Ok(Value::Int(len as i128)),
            "is_empty" => return Ok(Value::Bool(len == 0)),
            "first" | "front" => return Ok(Value::option(list.first().cloned())),
            "last" | "back" if args.is_empty() => return Ok(Value::option(list.last().cloned())),
            "get" => {
                return match at(&arg) {
                    Some(at) => Ok(Value::option(list.get(at).cloned())),
                    None => self.give_up("`get`"),
                };
            }
            "get_mut" | "last_mut" | "first_mut" => {
                let index = match name {
                    "get_mut" => at(&arg),
                    "last_mut" => len.checked_sub(1),
                    _ => Some(0),
                };
                let found = index.filter(|&index| index < len);
                return Ok(Value::option(
                    found.map(|i| Value::Ref(place.step(Step::Index(i)))),
                ));
            }
            "contains" => {
                for one in list.iter() {
                    if self.equals(one, &arg)? {
                        return Ok(Value::Bool(true));
                    }
                }
                return Ok(Value::Bool(false));
            }
            "starts_with" => {
                let Value::List(wanted) = arg.deref() else {
                    return self.give_up("`starts_with`");
                };
                let equal = wanted.len() <= len
                    && wanted
                        .iter()
                        .zip(list.iter())
                        .all(|(a, b)| a.compare(b) == Some(Ordering::Equal));
                return Ok(Value::Bool(equal));
            }
            "join" | "concat" => return self.join_list(&list, &arg),
            "iter_mut" => {
                let refs = (0..len).map(|index| Value::Ref(place.step(Step::Index(index))));
                return Ok(Value::iter(refs.collect()));
            }
            "split_first" => {
                return Ok(match list.split_first() {
                    Some((first, rest)) => Value::some(Value::tuple(vec![
                        first.clone(),
                        Value::list(rest.to_vec()),
                    ])),
                    None => Value::none(),
                });
            }
            "windows" | "chunks" => {
                let Some(size) = at(&arg).filter(|size| *size > 0) else {
                    return self.give_up(format!("`{name}`"));
                };
                self.allocate(len.saturating_mul(size).saturating_mul(16))?;
                let parts: Vec<Value> = if name == "chunks" {
                    list.chunks(size)
                        .map(|part| Value::list(part.to_vec()))
                        .collect()
                } else {
                    list.windows(size)
                        .map(|part| Value::list(part.to_vec()))
                        .collect()
                };
                return Ok(Value::iter(parts));
            }
            _ => {}
        }
        if let Some(changed) = self.changed_list(&list, name, &args)? {
            let (values, result) = changed;
            drop(list);
            place.change(|here| *here = Value::list(values));
            return Ok(result);
        }
        let iter = Place::new(Value::iter(list.to_vec()));
        if matches!(name, "iter" | "into_iter") {
            return Ok(iter.get().unwrap_or(Value::Unit));
        }
        self.iter_method(&iter, name, args, hint)
    }

    /// Methods that change a list: what it is then, and what they return.
    fn changed_list(
        &mut self,
        list: &[Value],
        name: &str,
        args: &[Value],
    ) -> Flow<Option<(Vec<Value>, Value)>> {
        let mut values = list.to_vec();
        let arg = args.first().cloned().unwrap_or(Value::Unit);
        let index = match arg.clone().deref() {
            Value::Int(at) => usize::try_from(at).ok().filter(|at| *at <= values.len()),
            _ => None,
        };
        self.spend(1 + list.len() / 8)?;
        let result = match name {
            "pop" | "pop_back" => Value::option(values.pop()),
            "pop_front" if values.is_empty() => Value::none(),
            "pop_front" => Value::some(values.remove(0)),
            "push_front" => {
                values.insert(0, arg);
                Value::Unit
            }
            "remove" | "swap_remove" => match index.filter(|at| *at < values.len()) {
                Some(at) => values.remove(at),
                None => return Err(Exit::Fails),
            },
            "insert" => match (index, args.get(1)) {
                (Some(at), Some(value)) => {
                    values.insert(at, value.clone());
                    Value::Unit
                }
                _ => return Err(Exit::Fails),
            },
            "extend" | "append" | "extend_from_slice" => {
                let more = self.elements(arg.clone())?;
                self.allocate(more.len() * 32)?;
                values.extend(more);
                if let (Value::Ref(other), "append") = (&arg, name) {
                    other.change(|here| *here = Value::list(Vec::new()));
                }
                Value::Unit
            }
            "clear" => {
                values.clear();
                Value::Unit
            }
            "truncate" => {
                values.truncate(index.unwrap_or(usize::MAX));
                Value::Unit
            }
            "reverse" => {
                values.reverse();
                Value::Unit
            }
            "reserve" | "shrink_to_fit" => Value::Unit,
            "drain" => {
                let all = std::mem::take(&mut values);
                match arg.deref() {
                    Value::Iter(range) if matches!(*range, super::value::Iter::Range(0, None)) => {
                        Value::iter(all)
                    }
                    _ => return self.give_up("`drain`"),
                }
            }
            "retain" => {
                let mut kept = Vec::new();
                for value in values {
                    let keep = self.apply(&arg, vec![value.clone()])?;
                    if self.truth(keep)? {
                        kept.push(value);
                    }
                }
                values = kept;
                Value::Unit
            }
            "dedup" => {
                values.dedup_by(|a, b| a.compare(b) == Some(Ordering::Equal));
                Value::Unit
            }
            "swap" => match (index, args.get(1)) {
                (Some(a), Some(Value::Int(b))) => {
                    let b = usize::try_from(*b).unwrap_or(usize::MAX);
                    if a >= values.len() || b >= values.len() {
                        return Err(Exit::Fails);
                    }
                    values.swap(a, b);
                    Value::Unit
                }
                _ => return self.give_up("`swap`"),
            },
            "sort"
            | "sort_unstable"
            | "sort_by"
            | "sort_unstable_by"
            | "sort_by_key"
            | "sort_unstable_by_key"
            | "sort_by_cached_key" => {
                values = self.sorted(values, name, &arg)?;
                Value::Unit
            }
            _ => return Ok(None),
        };
        Ok(Some((values, result)))
    }

    /// Insertion by halves: the order may be the script's own function.
    fn sorted(&mut self, values: Vec<Value>, name: &str, by: &Value) -> Flow<Vec<Value>> {
        let mut keyed: Vec<(Value, Value)> = Vec::new();
        let is_key = name.contains("key");
        let is_by = name.ends_with("_by");
        for value in values {
            let key = if is_key {
                self.apply(by, vec![value.clone()])?
            } else {
                value.clone()
            };
            let (mut low, mut high) = (0, keyed.len());
            while low < high {
                let middle = usize::midpoint(low, high);
                let order = if is_by {
                    match self
                        .apply(by, vec![key.clone(), keyed[middle].0.clone()])?
                        .deref()
                    {
                        Value::Variant(v) if v.name == "Less" => Some(Ordering::Less),
                        Value::Variant(v) if v.name == "Equal" => Some(Ordering::Equal),
                        Value::Variant(v) if v.name == "Greater" => Some(Ordering::Greater),
                        _ => None,
                    }
                } else {
                    key.compare(&keyed[middle].0)
                };
                match order {
                    Some(Ordering::Less) => high = middle,
                    Some(_) => low = middle + 1,
                    None => return self.give_up("a sort"),
                }
            }
            keyed.insert(low, (key, value));
        }
        Ok(keyed.into_iter().map(|(_, value)| value).collect())
    }

    fn join_list(&mut self, list: &[Value], by: &Value) -> Flow {
        let by = match by.clone().deref() {
            Value::Unit => String::new(),
            by => super::format::plain(&by, false),
        };
        if list.iter().any(|value| matches!(value, Value::List(_))) {
            let mut all = Vec::new();
            for value in list {
                all.extend(self.elements(value.clone())?);
            }
            return Ok(Value::list(all));
        }
        let parts: Vec<String> = list
            .iter()
            .map(|v| super::format::plain(&v.clone().deref(), false))
            .collect();
        let joined = parts.join(&by);
        self.allocate(joined.len())?;
        Ok(Value::str(joined))
    }

    pub(super) fn map_method(
        &mut self,
        place: &Place,
        name: &str,
        args: Vec<Value>,
        hint: Option<&syn::Type>,
    ) -> Flow {
        let Some(Value::Map(map)) = place.get() else {
            return self.give_up("a map");
        };
        let key = args.first().cloned().unwrap_or(Value::Unit).deref();
        if let Some(doubt) = key.doubt()
            && !args.is_empty()
            && !matches!(name, "extend" | "retain")
        {
            place.change(|here| *here = Value::Unknown(doubt.about("map")));
            return Ok(Value::Unknown(doubt.about("entry")));
        }
        let at = map
            .iter()
            .position(|(k, _)| k.compare(&key) == Some(Ordering::Equal));
        self.spend(1 + map.len() / 32)?;
        let is_set = map.iter().all(|(_, value)| matches!(value, Value::Unit));
        Ok(match name {
            "get" if is_set && at.is_some() => Value::some(key),
            "get" => Value::option(at.map(|at| map[at].1.clone())),
            "get_mut" => Value::option(at.map(|at| Value::Ref(place.step(Step::Entry(at))))),
            "contains_key" | "contains" => Value::Bool(at.is_some()),
            "len" => Value::Int(map.len() as i128),
            "is_empty" => Value::Bool(map.is_empty()),
            "insert" => {
                self.allocate(64)?;
                let value = args.get(1).cloned().unwrap_or(Value::Unit);
                let old = at.map(|at| map[at].1.clone());
                drop(map);
                place.change(|here| put(here, key, value));
                if args.len() == 1 {
                    Value::Bool(old.is_none())
                } else {
                    Value::option(old)
                }
            }
            "remove" => {
                let mut entries = map.to_vec();
                let old = at.map(|at| entries.remove(at).1);
                place.change(|here| *here = Value::Map(Rc::new(entries)));
                if is_set {
                    Value::Bool(old.is_some())
                } else {
                    Value::option(old)
                }
            }
            "clear" => {
                place.change(|here| *here = Value::Map(Rc::new(Vec::new())));
                Value::Unit
            }
            "entry" => {
                Value::structure("Entry", [("map", Value::Ref(place.clone())), ("key", key)])
            }
            "extend" => {
                for element in self.elements(args.into_iter().next().unwrap_or(Value::Unit))? {
                    let (key, value) = match element {
                        Value::Tuple(pair) if pair.len() == 2 => (pair[0].clone(), pair[1].clone()),
                        key => (key, Value::Unit),
                    };
                    place.change(|here| put(here, key, value));
                }
                Value::Unit
            }
            "keys" | "into_keys" => Value::iter(map.iter().map(|(k, _)| k.clone()).collect()),
            "values" | "into_values" => Value::iter(map.iter().map(|(_, v)| v.clone()).collect()),
            "values_mut" => {
                let refs = (0..map.len()).map(|at| Value::Ref(place.step(Step::Entry(at))));
                Value::iter(refs.collect())
            }
            "iter_mut" => {
                let refs = map.iter().enumerate().map(|(at, (k, _))| {
                    Value::tuple(vec![k.clone(), Value::Ref(place.step(Step::Entry(at)))])
                });
                Value::iter(refs.collect())
            }
            _ => {
                let iter = Place::new(Value::iter(entries(&map, is_set)));
                if matches!(name, "iter" | "into_iter" | "drain") {
                    return Ok(iter.get().unwrap_or(Value::Unit));
                }
                return self.iter_method(&iter, name, args, hint);
            }
        })
    }
}

pub(super) fn entries(map: &[(Value, Value)], is_set: bool) -> Vec<Value> {
    let entry = |(k, v): &(Value, Value)| {
        if is_set {
            k.clone()
        } else {
            Value::tuple(vec![k.clone(), v.clone()])
        }
    };
    map.iter().map(entry).collect()
}

/// Puts an entry at its place in the order.
pub(super) fn put(map: &mut Value, key: Value, value: Value) {
    if let Value::Map(entries) = map {
        let entries = Rc::make_mut(entries);
        let found = entries.binary_search_by(|(k, _)| k.compare(&key).unwrap_or(Ordering::Less));
        match found {
            Ok(at) => entries[at].1 = value,
            Err(at) => entries.insert(at, (key, value)),
        }
    }
}
