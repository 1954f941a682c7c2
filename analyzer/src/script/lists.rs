//! Methods of lists.

use std::cmp::Ordering;
use std::rc::Rc;

use super::interp::{Exit, Flow, Interp};
use super::value::{Place, Step, Value};

impl Interp<'_> {
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
}
