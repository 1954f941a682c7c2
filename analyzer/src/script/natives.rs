//! Functions of std, by path: environment, files, texts, containers.

use super::interp::{Exit, Flow, Interp};
use super::value::{Doubt, HOLE, Iter, Place, Value};

/// Variables that cargo takes from whoever calls it: not the script's environment.
const NOT_NOTED: [&str; 4] = [
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_STAGE",
    "RUSTC_BOOTSTRAP",
];

impl Interp<'_> {
    /// A variable of the script's environment: what cargo sets; all others are unset, as in a
    /// clean environment, and noted.
    pub(super) fn variable(&mut self, name: &str) -> Option<String> {
        if let Some(value) = self.input.env.get(name) {
            return Some(value.clone());
        }
        if !name.starts_with("CARGO_") && !NOT_NOTED.contains(&name) {
            self.effects.notes.insert(name.to_owned());
        }
        None
    }

    /// A variable that may be set, to what is not known.
    pub(super) fn inherited(&self, name: &str) -> Option<Value> {
        // What scripts of other packages told this one is not handed on.
        let told = name.starts_with("DEP_");
        let is_it =
            told || (self.input.inherited.contains(name) && !self.input.env.contains_key(name));
        let doubt = || Doubt::new(format!("env {name}"), format!("what `{name}` is"), told);
        is_it.then(|| Value::Unknown(doubt()))
    }

    fn env_var(&mut self, name: &Value) -> Flow {
        if let Some(text) = name.text() {
            let text = text.to_owned();
            if let Some(value) = self.inherited(&text) {
                return Ok(value);
            }
            return Ok(match self.variable(&text) {
                Some(value) => Value::ok(Value::str(value)),
                None => Value::err(Value::variant("VarError", "NotPresent", Vec::new())),
            });
        }
        let doubt = name
            .doubt()
            .unwrap_or_else(|| Doubt::new("env", "a variable", false));
        let doubt = doubt.about("variable");
        Ok(Value::Unknown(Doubt {
            likely: false,
            ..doubt
        }))
    }

    /// A path as a value, not called.
    pub(super) fn native_value(&mut self, path: &[String]) -> Flow {
        let tail: Vec<&str> = path.iter().rev().take(2).map(String::as_str).collect();
        let max = |bits: u32| Value::Int((1i128 << bits) - 1);
        Ok(match (tail.get(1).copied().unwrap_or_default(), tail[0]) {
            (_, "None") => Value::none(),
            (_, "MAIN_SEPARATOR_STR") => Value::str("/"),
            (_, "MAIN_SEPARATOR") => Value::Char('/'),
            ("u8", "MAX") => max(8),
            ("u16", "MAX") => max(16),
            ("u32", "MAX") => max(32),
            ("u64" | "usize", "MAX") => max(64),
            ("i32", "MAX") => max(31),
            ("i64" | "isize", "MAX") => max(63),
            ("Ordering", name @ ("Less" | "Equal" | "Greater")) => {
                Value::variant("Ordering", name, Vec::new())
            }
            (ty, name)
                if name.starts_with(char::is_uppercase) && ty.starts_with(char::is_uppercase) =>
            {
                Value::variant(ty, name, Vec::new())
            }
            ("consts", name) => {
                let text = match name {
                    "OS" => std::env::consts::OS,
                    "ARCH" => std::env::consts::ARCH,
                    "FAMILY" => std::env::consts::FAMILY,
                    "EXE_SUFFIX" => std::env::consts::EXE_SUFFIX,
                    "EXE_EXTENSION" => std::env::consts::EXE_EXTENSION,
                    _ => return self.give_up("a constant of std"),
                };
                Value::str(text)
            }
            _ => Value::Native(path.join("::").into()),
        })
    }

    pub(super) fn native(
        &mut self,
        path: &[String],
        args: Vec<Value>,
        hint: Option<&syn::Type>,
    ) -> Flow {
        self.spend(1)?;
        let name = path.last().map_or("", String::as_str);
        let of = path.iter().rev().nth(1).map_or("", String::as_str);
        let first = args.first().cloned().map(Value::deref);
        let unit = Value::Unit;
        let one = first.as_ref().unwrap_or(&unit);
        if let Some(value) = self.helper(path, &args)? {
            return Ok(value);
        }
        if let Some(value) = self.data_helper(path, &args, hint)? {
            return Ok(value);
        }
        match (of, name) {
            ("Option" | "Result", "Some" | "Ok" | "Err") => Ok(Value::variant(of, name, args)),
            ("env", "var" | "var_os") => {
                let value = self.env_var(one)?;
                if name == "var" {
                    return Ok(value);
                }
                self.method_on(value, "ok", Vec::new())
            }
            ("env", "vars" | "vars_os") => {
                self.effects.notes.insert("all variables".to_owned());
                if !self.input.inherited.is_empty() {
                    let doubt = Doubt::new("env", "all variables", false);
                    return Ok(Value::Unknown(doubt));
                }
                let pairs = self.input.env.iter();
                let pair = |(k, v): (&String, &String)| {
                    Value::tuple(vec![Value::str(k.as_str()), Value::str(v.as_str())])
                };
                Ok(Value::iter(pairs.map(pair).collect()))
            }
            ("env", "current_dir") => Ok(Value::ok(Value::path(self.tree.root.clone()))),
            ("env", "args" | "args_os") => Ok(Value::iter(vec![Value::str("build-script-build")])),
            ("env", "set_var" | "remove_var" | "set_current_dir") => {
                self.give_up("a changed environment")
            }
            ("process", "exit") => Err(match one {
                Value::Int(0) => Exit::Ends,
                _ => Exit::Fails,
            }),
            ("process", "abort") => Err(Exit::Fails),
            ("io", "stdout" | "stderr" | "stdin") => Ok(Value::structure(name, [])),
            ("io", "copy") => self.copy_stream(&args),
            ("fs" | "File" | "OpenOptions" | "tokio", _) => self.file_function(of, name, &args),
            ("Command", "new") => Ok(Value::structure(
                "Command",
                [
                    ("program", one.clone()),
                    ("args", Value::list(Vec::new())),
                    ("env", Value::list(Vec::new())),
                    ("folder", Value::list(Vec::new())),
                ],
            )),
            ("Stdio", _) => Ok(Value::variant("Stdio", name, Vec::new())),
            ("Path" | "PathBuf", "new" | "from") => Ok(match one {
                Value::Str(text) => Value::Path(text.clone()),
                Value::Unit => Value::path(""),
                other => other.clone(),
            }),
            ("String" | "OsString", "new" | "with_capacity") | ("String", "default") => {
                Ok(Value::str(""))
            }
            ("Vec" | "VecDeque" | "BinaryHeap", "new" | "with_capacity" | "default") => {
                Ok(Value::list(Vec::new()))
            }
            (
                "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet" | "IndexMap",
                "new" | "with_capacity" | "default",
            ) => Ok(Value::Map(std::rc::Rc::new(Vec::new()))),
            (
                "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet" | "VecDeque" | "Vec",
                "from" | "from_iter",
            ) => {
                let iter = self.method_on(one.clone(), "into_iter", Vec::new())?;
                self.collect(iter, Some(of))
            }
            (
                "RefCell" | "Cell" | "Mutex" | "RwLock" | "AtomicBool" | "AtomicUsize"
                | "AtomicU32",
                "new",
            ) => Ok(Value::Shared(Place::new(one.clone()).cell)),
            (
                "Box" | "Rc" | "Arc" | "Cow" | "BufWriter" | "LineWriter" | "BufReader" | "Cursor"
                | "Wrapping",
                _,
            ) if args.len() == 1 => Ok(args[0].clone()),
            ("str" | "String", "from_utf8" | "from_utf8_lossy" | "from_utf8_unchecked") => {
                let lossy = name != "from_utf8";
                Ok(match one {
                    Value::Unknown(doubt) => Value::Unknown(doubt.about("text")),
                    text if lossy => text.clone(),
                    text => Value::ok(text.clone()),
                })
            }
            (
                "String" | "OsString" | "OsStr" | "str",
                "from" | "new" | "from_str" | "to_string",
            ) => self.method_on(one.clone(), "to_string", Vec::new()),
            ("iter", "once") => Ok(Value::iter(vec![one.clone()])),
            ("iter", "empty") => Ok(Value::iter(Vec::new())),
            ("iter", "repeat") => Ok(Value::Iter(std::rc::Rc::new(Iter::Repeat(one.clone())))),
            ("cmp", "max" | "min") if args.len() == 2 => {
                let other = args[1].clone();
                self.method_on(one.clone(), name, vec![other])
            }
            ("mem", "take" | "replace") => self.take_value(&args),
            ("mem", "drop" | "forget") | ("", "drop") | ("thread", "sleep") => Ok(Value::Unit),
            ("panic", "catch_unwind") | ("thread", "spawn") => {
                self.give_up("threads and unwinding")
            }
            (_, "default") if args.is_empty() && (of == "Default" || of.is_empty()) => {
                self.default_of(hint)
            }
            ("char", "from") => self.cast(one.clone(), "char"),
            ("char", "from_digit" | "from_u32") => match one {
                Value::Int(int) if name == "from_u32" => {
                    let c = u32::try_from(*int).ok().and_then(char::from_u32);
                    Ok(Value::option(c.map(Value::Char)))
                }
                _ => self.give_up("a function of std"),
            },
            ("u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64", "from") => {
                self.cast(one.clone(), of)
            }
            ("u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64", "from_str") => {
                let ty = syn::parse_str::<syn::Type>(of).ok();
                self.dispatch(&Place::new(one.clone()), "parse", Vec::new(), ty.as_ref())
            }
            ("u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64", "from_str_radix") => {
                let Some(Value::Int(base @ 2..=36)) = args.get(1) else {
                    return self.give_up("a number's base");
                };
                let base = u32::try_from(*base).unwrap_or(10);
                match one.text() {
                    Some(text) => Ok(match i128::from_str_radix(text, base) {
                        Ok(value) => Value::ok(Value::Int(value)),
                        Err(_) => Value::error("ParseIntError"),
                    }),
                    None => self.unknown_of(one, "number"),
                }
            }
            _ => self.native_rest(path, of, name, args),
        }
    }

    /// `T::method(value)`, constructors of std's types, and what is not known.
    fn native_rest(&mut self, path: &[String], of: &str, name: &str, args: Vec<Value>) -> Flow {
        let root = path.first().map_or("", String::as_str);
        let is_std = matches!(root, "std" | "core" | "alloc")
            || path.len() == 2 && root.starts_with(char::is_uppercase)
            || matches!(
                root,
                "str" | "char" | "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64"
            );
        if is_std && !args.is_empty() {
            // A method by its path: `Iterator::next`, `str::len`, `ToString::to_string`.
            let mut args = args;
            let receiver = args.remove(0);
            return self.method_value(receiver, name, args);
        }
        if is_std && name.starts_with(char::is_uppercase) {
            return Ok(Value::variant(of, name, args));
        }
        if is_std {
            let what = format!("`{}`", path.join("::"));
            return Ok(Value::Unknown(Doubt::new(
                format!("{what} at line {}", self.line),
                format!("{what} is not known"),
                true,
            )));
        }
        if let Some(doubt) = args.iter().find_map(Value::doubt)
            && path.len() == 1
        {
            return Ok(Value::Unknown(doubt.about(name)));
        }
        let value = self.opaque(&format!("`{}`", path.join("::")))?;
        if let Value::Unknown(doubt) = &value {
            let doubt = doubt.clone();
            return self.unknown_call(&doubt, &args);
        }
        Ok(value)
    }

    fn default_of(&mut self, hint: Option<&syn::Type>) -> Flow {
        let name = Self::hint_name(hint).unwrap_or_default();
        Ok(match name.as_str() {
            "String" | "OsString" => Value::str(""),
            "PathBuf" => Value::path(""),
            "Vec" | "VecDeque" => Value::list(Vec::new()),
            "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet" => {
                Value::Map(std::rc::Rc::new(Vec::new()))
            }
            "bool" => Value::Bool(false),
            "Option" => Value::none(),
            "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" | "i8" | "i16" => Value::Int(0),
            _ => return self.give_up("a default value"),
        })
    }

    fn take_value(&mut self, args: &[Value]) -> Flow {
        let Some(Value::Ref(place)) = args.first() else {
            return self.give_up("`mem::take`");
        };
        let empty = match (args.get(1), place.get()) {
            (Some(value), _) => value.clone(),
            (None, Some(Value::Str(_))) => Value::str(""),
            (None, Some(Value::List(_))) => Value::list(Vec::new()),
            (None, Some(Value::Variant(v))) if v.ty == "Option" => Value::none(),
            (None, Some(Value::Map(_))) => Value::Map(std::rc::Rc::new(Vec::new())),
            _ => return self.give_up("`mem::take`"),
        };
        match place.change(|here| std::mem::replace(here, empty)) {
            Some(value) => Ok(value),
            None => self.give_up("`mem::take`"),
        }
    }

    fn copy_stream(&mut self, args: &[Value]) -> Flow {
        let text = match args.first().cloned().map(Value::deref) {
            Some(Value::Struct(s)) => s.fields.get("text").cloned().unwrap_or(Value::Unit),
            _ => Value::Unit,
        };
        let text = match text {
            Value::Str(text) => text.to_string(),
            _ => HOLE.to_string(),
        };
        if let Some(Value::Ref(place)) = args.get(1) {
            self.write_to(&place.clone(), &text)?;
        }
        Ok(Value::ok(Value::Int(0)))
    }

    /// A doubt about what is made of a value that is not fully known.
    pub(super) fn unknown_of(&mut self, value: &Value, what: &str) -> Flow {
        match value.doubt() {
            Some(doubt) => Ok(Value::Unknown(doubt.about(what))),
            None => self.give_up(format!("`{what}`")),
        }
    }
}
