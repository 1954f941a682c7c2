//! Iterators: lists that are taken from the front. Adapters work at once, unless the iterator
//! has no end.

use std::cmp::Ordering;
use std::rc::Rc;

use super::interp::{Flow, Interp};
use super::items::type_name;
use super::value::{Doubt, Iter, Place, Value};

impl Interp<'_> {
    /// The place of an iterator over a value.
    pub(super) fn iterator(&mut self, over: Value) -> Flow<Place> {
        if let Value::Ref(place) = &over
            && matches!(place.get(), Some(Value::Iter(_)))
        {
            return Ok(place.clone());
        }
        let refs = matches!(over, Value::Ref(_));
        let name = if refs { "iter_mut" } else { "into_iter" };
        let value = match over.clone().deref() {
            iter @ Value::Iter(_) => iter,
            Value::List(list) if !refs => Value::iter(list.to_vec()),
            Value::List(_) | Value::Map(_) | Value::Variant(_) => {
                self.method_value(over, name, Vec::new())?
            }
            Value::Struct(s) if s.ty == "Reader" => return self.give_up("a reader's elements"),
            _ => return self.give_up("something that is iterated over"),
        };
        Ok(Place::new(value))
    }

    pub(super) fn next(&mut self, place: &Place) -> Flow<Option<Value>> {
        self.spend(1)?;
        let next = place.change(|here| match here {
            Value::Iter(iter) => Ok(match Rc::make_mut(iter) {
                Iter::List(list, at) => {
                    let value = list.get(*at).cloned();
                    *at += 1;
                    value
                }
                Iter::Range(from, to) => {
                    if to.is_some_and(|to| *from >= to) {
                        None
                    } else {
                        *from += 1;
                        Some(Value::Int(*from - 1))
                    }
                }
                Iter::Cycle(list, at) if list.is_empty() => {
                    *at = 0;
                    None
                }
                Iter::Cycle(list, at) => {
                    let value = list[*at % list.len()].clone();
                    *at += 1;
                    Some(value)
                }
                Iter::Repeat(value) => Some(value.clone()),
            }),
            _ => Err(()),
        });
        match next {
            Some(Ok(value)) => Ok(value),
            _ => self.give_up("an iterator"),
        }
    }

    /// All elements of something that ends.
    pub(super) fn elements(&mut self, over: Value) -> Flow<Vec<Value>> {
        match self.try_elements(over)? {
            Ok(elements) => Ok(elements),
            Err(_) => self.give_up("elements that are not known"),
        }
    }

    pub(super) fn try_elements(&mut self, over: Value) -> Flow<Result<Vec<Value>, Doubt>> {
        if let Value::Unknown(doubt) = over.clone().deref() {
            return Ok(Err(doubt));
        }
        let place = self.iterator(over)?;
        if let Some(Value::Iter(iter)) = place.get()
            && is_endless(&iter)
        {
            return self.give_up("an iterator without end");
        }
        let mut elements = Vec::new();
        while let Some(element) = self.next(&place)? {
            self.allocate(16)?;
            elements.push(element);
        }
        Ok(Ok(elements))
    }

    pub(super) fn iter_method(
        &mut self,
        place: &Place,
        name: &str,
        args: Vec<Value>,
        hint: Option<&syn::Type>,
    ) -> Flow {
        let arg = args.first().cloned().unwrap_or(Value::Unit);
        let Some(Value::Iter(iter)) = place.get() else {
            return self.give_up("an iterator");
        };
        match name {
            "next" => {
                // The default of a text is known.
                let texts = matches!(&*iter, Iter::List(list, _) if matches!(list.first(), Some(Value::Str(_))));
                drop(iter);
                return Ok(match self.next(place)? {
                    Some(value) => Value::some(value),
                    None if texts => Value::variant("OptionalText", "None", Vec::new()),
                    None => Value::none(),
                });
            }
            "iter" | "into_iter" | "by_ref" | "fuse" | "cloned" | "copied" | "lines" => {
                return Ok(if name == "by_ref" {
                    Value::Ref(place.clone())
                } else {
                    Value::Iter(iter)
                });
            }
            "clone" => return Ok(Value::Iter(iter)),
            "contains" => {
                return match (&*iter, arg.deref()) {
                    (Iter::Range(from, to), Value::Int(int)) => {
                        Ok(Value::Bool(int >= *from && to.is_none_or(|to| int < to)))
                    }
                    _ => self.give_up("`contains`"),
                };
            }
            "cycle" => {
                let all = self.elements(Value::Iter(iter))?;
                return Ok(Value::Iter(Rc::new(Iter::Cycle(all, 0))));
            }
            "zip" => {
                drop(iter);
                let other = self.iterator(arg)?;
                let endless =
                    |place: &Place| matches!(place.get(), Some(Value::Iter(i)) if is_endless(&i));
                if endless(place) && endless(&other) {
                    return self.give_up("an iterator without end");
                }
                let mut pairs = Vec::new();
                while let Some(a) = self.next(place)? {
                    let Some(b) = self.next(&other)? else { break };
                    self.allocate(48)?;
                    pairs.push(Value::tuple(vec![a, b]));
                }
                return Ok(Value::iter(pairs));
            }
            "take" | "nth" | "skip" | "step_by" => {
                let Value::Int(count) = arg.deref() else {
                    return self.give_up(format!("`{name}`"));
                };
                let count = usize::try_from(count).unwrap_or(0);
                drop(iter);
                return self.counted(place, name, count);
            }
            "take_while" | "skip_while" | "find" | "find_map" | "position" | "any" | "all"
            | "map_while" => {
                drop(iter);
                return self.search(place, name, &arg);
            }
            _ => {}
        }
        let elements = self.elements(Value::Iter(iter))?;
        if let Value::Iter(_) = place.get().unwrap_or(Value::Unit) {
            place.change(|here| *here = Value::iter(Vec::new()));
        }
        match name {
            "collect" => {
                let name = hint.and_then(type_name);
                self.collect_hinted(elements, name.as_deref(), hint)
            }
            "last" => Ok(Value::option(elements.last().cloned())),
            "count" | "len" => Ok(Value::Int(elements.len() as i128)),
            "rev" => Ok(Value::iter(elements.into_iter().rev().collect())),
            "next_back" => {
                let mut elements = elements;
                let last = elements.pop();
                place.change(|here| *here = Value::iter(elements));
                Ok(Value::option(last))
            }
            "peekable" | "as_str" => Ok(Value::iter(elements)),
            "peek" => {
                let first = elements.first().cloned();
                place.change(|here| *here = Value::iter(elements));
                Ok(Value::option(first))
            }
            "enumerate" => {
                let pair = |(at, value)| Value::tuple(vec![Value::Int(at as i128), value]);
                Ok(Value::iter(
                    elements.into_iter().enumerate().map(pair).collect(),
                ))
            }
            "chain" => {
                let more = self.elements(arg)?;
                Ok(Value::iter(elements.into_iter().chain(more).collect()))
            }
            "sum" | "product" => {
                let mut total = i128::from(name == "product");
                for element in elements {
                    match element.deref() {
                        Value::Int(int) if name == "sum" => total = total.saturating_add(int),
                        Value::Int(int) => total = total.saturating_mul(int),
                        _ => return self.give_up(format!("`{name}`")),
                    }
                }
                Ok(Value::Int(total))
            }
            "max" | "min" | "max_by_key" | "min_by_key" => self.extreme(elements, name, &arg),
            "unzip" => {
                let (mut a, mut b) = (Vec::new(), Vec::new());
                for element in elements {
                    let Value::Tuple(pair) = element.deref() else {
                        return self.give_up("`unzip`");
                    };
                    a.push(pair[0].clone());
                    b.push(pair[1].clone());
                }
                Ok(Value::tuple(vec![Value::list(a), Value::list(b)]))
            }
            "to_string" | "to_uppercase" | "display" => {
                let text: String = elements
                    .iter()
                    .map(|e| super::format::plain(e, false))
                    .collect();
                Ok(Value::str(text))
            }
            _ => self.adapt(elements, name, args),
        }
    }

    fn counted(&mut self, place: &Place, name: &str, count: usize) -> Flow {
        if name == "take" {
            let mut taken = Vec::new();
            while taken.len() < count {
                let Some(value) = self.next(place)? else {
                    break;
                };
                taken.push(value);
            }
            return Ok(Value::iter(taken));
        }
        if name == "step_by" {
            let all = self.elements(place.get().unwrap_or(Value::Unit))?;
            return Ok(Value::iter(all.into_iter().step_by(count.max(1)).collect()));
        }
        for _ in 0..count {
            if self.next(place)?.is_none() {
                break;
            }
        }
        if name == "nth" {
            return self.next(place).map(Value::option);
        }
        Ok(place.get().unwrap_or(Value::Unit))
    }

    /// Consumers that stop early.
    fn search(&mut self, place: &Place, name: &str, function: &Value) -> Flow {
        let mut taken = Vec::new();
        let mut at = 0;
        while let Some(value) = self.next(place)? {
            let answer = self.apply(function, vec![value.clone()])?;
            if matches!(name, "find_map" | "map_while") {
                let there = self.is_variant("Some", &answer)?;
                let content = match answer.deref() {
                    Value::Variant(v) => v.fields.first().cloned().unwrap_or(Value::Unit),
                    other => other,
                };
                match (name, there) {
                    ("find_map", true) => return Ok(Value::some(content)),
                    ("map_while", true) => taken.push(content),
                    ("map_while", false) => break,
                    _ => {}
                }
                continue;
            }
            let holds = self.truth(answer)?;
            match (name, holds) {
                ("find", true) => return Ok(Value::some(value)),
                ("position", true) => return Ok(Value::some(Value::Int(at))),
                ("any", true) => return Ok(Value::Bool(true)),
                ("all", false) => return Ok(Value::Bool(false)),
                ("take_while", true) => taken.push(value),
                ("take_while", false) => break,
                ("skip_while", false) => {
                    taken.push(value);
                    taken.extend(self.elements(place.get().unwrap_or(Value::Unit))?);
                    break;
                }
                _ => {}
            }
            at += 1;
        }
        Ok(match name {
            "find" | "find_map" | "position" => Value::none(),
            "any" => Value::Bool(false),
            "all" => Value::Bool(true),
            _ => Value::iter(taken),
        })
    }

    fn extreme(&mut self, elements: Vec<Value>, name: &str, key: &Value) -> Flow {
        let mut best: Option<(Value, Value)> = None;
        for element in elements {
            let by = if name.ends_with("key") {
                self.apply(key, vec![element.clone()])?
            } else {
                element.clone()
            };
            let better = match &best {
                None => true,
                Some((known, _)) => match by.compare(known) {
                    Some(Ordering::Less) => name.starts_with("min"),
                    Some(_) => name.starts_with("max"),
                    None => return self.give_up(format!("`{name}`")),
                },
            };
            if better {
                best = Some((by, element));
            }
        }
        Ok(Value::option(best.map(|(_, element)| element)))
    }

    /// Adapters with a function.
    fn adapt(&mut self, elements: Vec<Value>, name: &str, args: Vec<Value>) -> Flow {
        let Some(function) = args.last().cloned() else {
            if name == "flatten" {
                return self.flattened(elements);
            }
            return self.give_up(format!("`{name}` of an iterator"));
        };
        let mut out = Vec::new();
        if name == "fold" || name == "try_fold" {
            let mut state = args.first().cloned().unwrap_or(Value::Unit);
            if name == "try_fold" {
                return self.give_up("`try_fold`");
            }
            for element in elements {
                state = self.apply(&function, vec![state, element])?;
            }
            return Ok(state);
        }
        for element in elements {
            let value = self.apply(&function, vec![element.clone()])?;
            match name {
                "map" => out.push(value),
                "for_each" | "inspect" => {
                    if name == "inspect" {
                        out.push(element);
                    }
                }
                "try_for_each" => {
                    if !self.is_variant("Ok", &value)? {
                        return Ok(value);
                    }
                }
                "filter" => {
                    if self.truth(value)? {
                        out.push(element);
                    }
                }
                "filter_map" => {
                    if self.is_variant("Some", &value)? {
                        out.push(match value.deref() {
                            Value::Variant(v) => v.fields.first().cloned().unwrap_or(Value::Unit),
                            other => other,
                        });
                    }
                }
                "flat_map" => match self.try_elements(value)? {
                    Ok(more) => out.extend(more),
                    Err(doubt) => return Ok(Value::Unknown(doubt.about("flattened"))),
                },
                _ => return self.give_up(format!("`{name}` of an iterator")),
            }
        }
        Ok(match name {
            "for_each" => Value::Unit,
            "try_for_each" => Value::ok(Value::Unit),
            _ => Value::iter(out),
        })
    }

    fn flattened(&mut self, elements: Vec<Value>) -> Flow {
        let mut out = Vec::new();
        for element in elements {
            match self.try_elements(element)? {
                Ok(more) => out.extend(more),
                Err(doubt) => return Ok(Value::Unknown(doubt.about("flattened"))),
            }
        }
        Ok(Value::iter(out))
    }
}

fn is_endless(iter: &Iter) -> bool {
    match iter {
        Iter::Range(_, None) | Iter::Repeat(_) => true,
        Iter::Cycle(list, _) => !list.is_empty(),
        _ => false,
    }
}
