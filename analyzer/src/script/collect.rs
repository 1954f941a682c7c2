//! What an iterator is collected into.

use std::rc::Rc;

use super::interp::{Flow, Interp};
use super::items::type_name;
use super::value::Value;

impl Interp<'_> {
    pub(super) fn collect(&mut self, over: Value, into: Option<&str>) -> Flow {
        let elements = self.elements(over)?;
        self.collect_hinted(elements, into, None)
    }

    pub(super) fn collect_hinted(
        &mut self,
        elements: Vec<Value>,
        into: Option<&str>,
        hint: Option<&syn::Type>,
    ) -> Flow {
        match into {
            Some("Result" | "Option") => {
                let mut inner = Vec::new();
                for element in elements {
                    if !self.is_variant("Ok", &element)? && !self.is_variant("Some", &element)? {
                        return Ok(element);
                    }
                    inner.push(match element.deref() {
                        Value::Variant(v) => v.fields.first().cloned().unwrap_or(Value::Unit),
                        other => other,
                    });
                }
                let content = hint.and_then(first_argument);
                let name = content.as_ref().and_then(type_name);
                let collected = self.collect_hinted(inner, name.as_deref(), None)?;
                Ok(if into == Some("Result") {
                    Value::ok(collected)
                } else {
                    Value::some(collected)
                })
            }
            Some("HashMap" | "BTreeMap" | "HashSet" | "BTreeSet" | "IndexMap") => {
                let is_set = into.is_some_and(|name| name.ends_with("Set"));
                let mut map = Value::Map(Rc::new(Vec::new()));
                for element in elements {
                    let element = element.deref();
                    if element.doubt().is_some() {
                        return self.unknown_of(&element, "map");
                    }
                    match element {
                        Value::Tuple(pair) if pair.len() == 2 && !is_set => {
                            super::maps::put(&mut map, pair[0].clone(), pair[1].clone());
                        }
                        key => super::maps::put(&mut map, key, Value::Unit),
                    }
                }
                Ok(map)
            }
            Some("String" | "PathBuf" | "OsString") => {
                let text: String = elements
                    .iter()
                    .map(|e| super::format::plain(&e.clone().deref(), false))
                    .collect();
                self.allocate(text.len())?;
                Ok(if into == Some("PathBuf") {
                    let parts: Vec<String> = elements
                        .iter()
                        .map(|e| super::format::plain(e, false))
                        .collect();
                    Value::path(parts.join("/"))
                } else {
                    Value::str(text)
                })
            }
            Some(_) => Ok(Value::list(elements)),
            None if !elements.is_empty()
                && elements.iter().all(|e| matches!(e, Value::Char(_))) =>
            {
                Ok(Value::str(
                    elements
                        .iter()
                        .map(|e| super::format::plain(e, false))
                        .collect::<String>(),
                ))
            }
            None => Ok(Value::list(elements)),
        }
    }
}

fn first_argument(ty: &syn::Type) -> Option<syn::Type> {
    let syn::Type::Path(path) = ty else {
        return None;
    };
    let syn::PathArguments::AngleBracketed(args) = &path.path.segments.last()?.arguments else {
        return None;
    };
    args.args.iter().find_map(|arg| match arg {
        syn::GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    })
}
