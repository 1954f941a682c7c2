//! Methods of maps and sets, which are kept sorted.

use std::cmp::Ordering;
use std::rc::Rc;

use super::interp::{Flow, Interp};
use super::value::{Place, Step, Value};

impl Interp<'_> {
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
