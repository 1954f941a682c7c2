//! What is made of values: parts, truth, text, filters.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Budget, Result, fail, refuse};
use crate::script::json::Data;

pub(super) fn step(value: &Data, part: &str) -> Result<Option<Data>> {
    Ok(match value {
        Data::Map(map) => map.get(part).cloned(),
        Data::List(list) => {
            let is_index = part == "0" || !part.starts_with('0');
            part.parse::<usize>()
                .ok()
                .filter(|_| is_index)
                .and_then(|at| list.get(at).cloned())
        }
        Data::Opaque => return refuse("a part of what is not known"),
        _ => None,
    })
}

pub(super) fn truthy(value: &Data) -> Result<bool> {
    Ok(match value {
        Data::Null => false,
        Data::Bool(value) => *value,
        Data::Int(int) => *int != 0,
        Data::Text(text) => !text.is_empty(),
        Data::List(list) => !list.is_empty(),
        Data::Map(map) => !map.is_empty(),
        Data::Opaque => return refuse("a condition on what is not known"),
    })
}

pub(super) fn shown(value: &Data) -> Result<Rc<str>> {
    Ok(match value {
        Data::Null => "".into(),
        Data::Bool(value) => value.to_string().into(),
        Data::Int(int) => int.to_string().into(),
        Data::Text(text) => text.clone(),
        Data::List(_) | Data::Map(_) | Data::Opaque => {
            return refuse("a list or map that is written out");
        }
    })
}

/// The filters that are known.
pub(super) fn filter(
    name: &str,
    value: Data,
    given: &BTreeMap<&str, Data>,
    budget: &mut Budget,
) -> Result<Data> {
    budget.spend(value.size())?;
    let text = |key: &str| match given.get(key) {
        Some(Data::Text(text)) => Ok(text.clone()),
        _ => refuse(format!("the filter `{name}` without `{key}`")),
    };
    let made = match (name, &value) {
        ("safe", _) => value,
        (_, Data::Opaque) => return refuse("a filter of what is not known"),
        ("lower", Data::Text(text)) => Data::Text(text.to_lowercase().into()),
        ("upper", Data::Text(text)) => Data::Text(text.to_uppercase().into()),
        ("trim", Data::Text(text)) => Data::Text(text.trim().into()),
        ("replace", Data::Text(whole)) => {
            let (from, to) = (text("from")?, text("to")?);
            if from.is_empty() {
                return refuse("`replace` of nothing");
            }
            let found = whole.matches(&*from).count();
            budget.allocate(found.saturating_mul(to.len()))?;
            Data::Text(whole.replace(&*from, &to).into())
        }
        ("length", Data::List(list)) => Data::Int(list.len() as i128),
        ("length", Data::Map(map)) => Data::Int(map.len() as i128),
        ("concat", Data::List(list)) => {
            let Some(with) = given.get("with") else {
                return fail("`concat` without `with`");
            };
            let mut all = list.to_vec();
            match with {
                Data::List(more) => all.extend(more.iter().cloned()),
                one => all.push(one.clone()),
            }
            budget.spend(all.len())?;
            budget.allocate(all.len() * size_of::<Data>())?;
            Data::List(Rc::new(all))
        }
        ("map", Data::List(list)) => {
            let path = text("attribute")?;
            let mut all = Vec::new();
            for one in list.iter() {
                let mut found = Some(one.clone());
                for part in path.split('.') {
                    found = match found {
                        Some(value) => step(&value, part)?,
                        None => None,
                    };
                }
                all.extend(found.filter(|found| !matches!(found, Data::Null)));
            }
            budget.allocate(all.len() * size_of::<Data>())?;
            Data::List(Rc::new(all))
        }
        _ => return refuse(format!("the filter `{name}`")),
    };
    if let Data::Text(text) = &made {
        budget.allocate(text.len())?;
    }
    Ok(made)
}
