//! Method calls: the script's own methods first, then std's by the kind of the receiver.

use syn::Expr;

use super::interp::{Flow, Interp};
use super::items::type_name;
use super::json::reads_json;
use super::value::{Doubt, Place, Value};

impl Interp<'_> {
    pub(super) fn method_call(
        &mut self,
        call: &syn::ExprMethodCall,
        hint: Option<&syn::Type>,
    ) -> Flow {
        let name = call.method.to_string();
        let turbofish = call.turbofish.as_ref().and_then(|fish| {
            fish.args.iter().find_map(|arg| match arg {
                syn::GenericArgument::Type(ty) => Some(ty.clone()),
                _ => None,
            })
        });
        let place = if matches!(name.as_str(), "unwrap" | "expect") && reads_json(&call.receiver) {
            Place::new(self.eval(&call.receiver, hint)?)
        } else {
            self.receiver(&call.receiver)?
        };
        let args = self.all(call.args.iter())?;
        let line = call.method.span().start().line;
        if line > 0 {
            self.line = line;
        }
        self.dispatch(&place, &name, args, turbofish.as_ref().or(hint))
    }

    fn receiver(&mut self, expr: &Expr) -> Flow<Place> {
        let place = self.place(expr)?;
        if place.get().is_none() {
            return self.give_up("a method's receiver");
        }
        Ok(place)
    }

    pub(super) fn method_on(&mut self, value: Value, name: &str, args: Vec<Value>) -> Flow {
        self.dispatch(&Place::new(value), name, args, None)
    }

    /// `Trait::method(value, …)`.
    pub(super) fn method_value(&mut self, receiver: Value, name: &str, args: Vec<Value>) -> Flow {
        match receiver {
            Value::Ref(place) => self.dispatch(&place, name, args, None),
            value => self.method_on(value, name, args),
        }
    }

    pub(super) fn dispatch(
        &mut self,
        place: &Place,
        name: &str,
        args: Vec<Value>,
        hint: Option<&syn::Type>,
    ) -> Flow {
        self.spend(1)?;
        let resolved = place.resolve();
        let Some(value) = resolved.get() else {
            return self.give_up(format!("`{name}`"));
        };
        if let Some(ty) = value.type_name()
            && let Some(method) = self.own_method(ty, name)
        {
            return self.call_method(&method, &resolved, value, args);
        }
        let is_handle = matches!(&value, Value::Struct(_));
        let shows_itself = value
            .type_name()
            .is_some_and(|ty| self.own_method(ty, "fmt").is_some());
        // What is the same for everything.
        match name {
            "borrow" | "as_ref" | "as_deref" | "by_ref" | "borrow_mut" | "as_mut"
            | "as_deref_mut" | "get_mut"
                if matches!(place_kind(place), Some(Value::Shared(_))) =>
            {
                return Ok(Value::Ref(resolved));
            }
            "lock" | "write" | "read" if matches!(place_kind(place), Some(Value::Shared(_))) => {
                return Ok(Value::ok(Value::Ref(resolved)));
            }
            "clone" | "to_owned" | "cloned" | "copied"
                if !matches!(
                    value,
                    Value::Variant(_) | Value::Iter(_) | Value::Unknown(_)
                ) =>
            {
                return Ok(if let Some(shared @ Value::Shared(_)) = place_kind(place) {
                    shared
                } else {
                    value
                });
            }
            "into" | "try_into" if name == "into" => return self.convert(value, hint),
            "borrow" | "as_ref" | "by_ref" | "borrow_mut" | "as_mut" | "to_vec" | "into_vec"
            | "as_slice" | "into_boxed_slice" | "into_inner" | "as_mut_slice"
                if !matches!(value, Value::Variant(_)) =>
            {
                let by_place = matches!(name, "by_ref" | "borrow_mut" | "as_mut" | "as_mut_slice");
                return Ok(if by_place {
                    Value::Ref(resolved)
                } else {
                    value
                });
            }
            "eq" | "ne" if args.len() == 1 => {
                let equal = self.equals(&value, &args[0])?;
                return Ok(Value::Bool(equal == (name == "eq")));
            }
            "cmp" | "partial_cmp" if args.len() == 1 => {
                return match value.compare(&args[0]) {
                    Some(order) if name == "cmp" => Ok(Value::ordering(order)),
                    Some(order) => Ok(Value::some(Value::ordering(order))),
                    None => self.unknown_of(&value, name),
                };
            }
            "max" | "min" if args.len() == 1 => {
                return match value.compare(&args[0]) {
                    Some(order) if order.is_ge() == (name == "max") => Ok(value),
                    Some(_) => Ok(args[0].clone().deref()),
                    None => self.unknown_of(&value, name),
                };
            }
            "fmt" if args.len() == 1 => {
                let text = self.display(&value, "Display")?;
                if let Value::Ref(target) = &args[0] {
                    return self.write_to(&target.clone(), &text);
                }
            }
            "load" if matches!(place_kind(place), Some(Value::Shared(_))) => return Ok(value),
            "store" | "set" if matches!(place_kind(place), Some(Value::Shared(_))) => {
                resolved.change(|here| *here = args.into_iter().next().unwrap_or(Value::Unit));
                return Ok(Value::Unit);
            }
            "to_string" if !matches!(value, Value::Unknown(_)) && (!is_handle || shows_itself) => {
                return self.display(&value, "Display").map(Value::str);
            }
            "write_all" | "write_str" | "write"
                if args.len() == 1 && !matches!(value, Value::Unknown(_)) =>
            {
                let text = match args[0].clone().deref() {
                    Value::Str(text) => text.to_string(),
                    _ => super::value::HOLE.to_string(),
                };
                return self.write_to(&resolved, &text);
            }
            "write_fmt" if args.len() == 1 => {
                let text = super::format::plain(&args[0], false);
                return self.write_to(&resolved, &text);
            }
            "flush" | "sync_all" => return Ok(Value::ok(Value::Unit)),
            _ => {}
        }
        match &value {
            Value::Unknown(doubt) => self.unknown_method(doubt, name, args),
            Value::Str(_) | Value::Path(_) => self.text_method(&resolved, &value, name, args, hint),
            Value::Variant(variant) => {
                let variant = variant.clone();
                self.option_method(&resolved, &variant, name, args, hint)
            }
            Value::List(_) => self.list_method(&resolved, name, args, hint),
            Value::Map(_) => self.map_method(&resolved, name, args, hint),
            Value::Iter(_) => self.iter_method(&resolved, name, args, hint),
            Value::Int(int) => self.int_method(*int, name, &args),
            Value::Char(c) => self.char_method(*c, name),
            Value::Bool(flag) => match (name, args.first()) {
                ("then", Some(function)) if *flag => {
                    self.apply(function, Vec::new()).map(Value::some)
                }
                ("then_some", Some(value)) if *flag => Ok(Value::some(value.clone())),
                ("then" | "then_some", _) => Ok(Value::none()),
                _ => self.give_up(format!("`{name}`")),
            },
            Value::Struct(structure) => {
                let structure = structure.clone();
                self.struct_method(&resolved, &structure, name, args)
            }
            _ => self.give_up(format!("method `{name}`")),
        }
    }

    fn call_method(
        &mut self,
        method: &std::rc::Rc<super::items::Function>,
        place: &Place,
        value: Value,
        mut args: Vec<Value>,
    ) -> Flow {
        let by_ref = match method.sig.inputs.first() {
            Some(syn::FnArg::Receiver(receiver)) => {
                receiver.reference.is_some() && receiver.mutability.is_some()
            }
            _ => return self.give_up("a method"),
        };
        let ty = value.type_name().map(str::to_owned);
        args.insert(
            0,
            if by_ref {
                Value::Ref(place.clone())
            } else {
                value
            },
        );
        let self_ty = method.self_ty.clone().or(ty);
        self.call_as(method, args, self_ty)
    }

    /// `into()`: only what changes the kind of a value.
    fn convert(&mut self, value: Value, hint: Option<&syn::Type>) -> Flow {
        Ok(match (hint.and_then(type_name).as_deref(), value) {
            (Some("PathBuf" | "Path"), Value::Str(text)) => Value::Path(text),
            (Some("String" | "OsString"), Value::Path(text)) => Value::Str(text),
            (_, value) => value,
        })
    }

    fn struct_method(
        &mut self,
        place: &Place,
        structure: &std::rc::Rc<super::value::Struct>,
        name: &str,
        args: Vec<Value>,
    ) -> Flow {
        let field = |name: &str| structure.fields.get(name).cloned();
        match structure.ty.as_str() {
            "Command" => self.command_method(place, structure, name, &args),
            "Child" => self.child_method(structure, name),
            "ExitStatus" => match name {
                "success" => Ok(field("success").unwrap_or(Value::Unit)),
                _ => Ok(Value::Unknown(Doubt::new(
                    "exit code",
                    "an exit code",
                    false,
                ))),
            },
            "Metadata" | "DirEntry" => {
                let path = field("path").unwrap_or(Value::Unit);
                match name {
                    "path" => Ok(path),
                    "file_name" => {
                        let name = self.method_on(path, "file_name", Vec::new())?;
                        self.method_on(name, "unwrap", Vec::new())
                    }
                    "is_file" | "is_dir" | "exists" => self.exists(&path, name),
                    "file_type" | "metadata" => {
                        Ok(Value::ok(Value::structure("Metadata", [("path", path)])))
                    }
                    _ => Ok(Value::Unknown(Doubt::new(
                        "metadata",
                        "a file's metadata",
                        true,
                    ))),
                }
            }
            "Reader" => {
                let text = field("text").unwrap_or(Value::Unit);
                match name {
                    "read_to_string" | "read_to_end" => {
                        if let Some(Value::Ref(target)) = args.first() {
                            target.change(|here| *here = text);
                        }
                        Ok(Value::ok(Value::Int(0)))
                    }
                    "lines" => {
                        let lines = self.method_on(text, "lines", Vec::new())?;
                        match self.try_elements(lines)? {
                            Ok(lines) => {
                                Ok(Value::iter(lines.into_iter().map(Value::ok).collect()))
                            }
                            Err(doubt) => Ok(Value::Unknown(doubt)),
                        }
                    }
                    _ => self.unknown_of(
                        &Value::Unknown(Doubt::new("reader", "a file's content", true)),
                        name,
                    ),
                }
            }
            "OpenOptions" => match name {
                "open" => {
                    let path = args.first().cloned().unwrap_or(Value::Unit).deref();
                    self.start_file(&path, "")?;
                    Ok(Value::ok(Value::structure("File", [("path", path)])))
                }
                _ => Ok(Value::Ref(place.clone())),
            },
            "File" | "stdout" | "stderr" | "stdin" => Ok(match name {
                "lock" | "by_ref" => Value::Ref(place.clone()),
                _ => return self.give_up(format!("`{name}` of a file")),
            }),
            _ => self.helper_method(place, structure, name, args),
        }
    }
}

/// What stands in a place itself, before references are followed.
fn place_kind(place: &Place) -> Option<Value> {
    if !place.way.is_empty() {
        let root = place.cell.try_borrow().ok()?;
        let mut value: &Value = &root;
        for step in &place.way {
            value = super::value::part(value, step)?;
        }
        return Some(value.clone());
    }
    place.cell.try_borrow().ok().map(|value| value.clone())
}
