//! Files as a script sees them: the package's are read, `OUT_DIR` is a map in memory, and
//! everything else does not exist.

use super::interp::{Flow, Interp};
use super::value::{Doubt, HOLE, Place, Value};

/// All files that a script may write, together.
const MAX_WRITTEN: usize = 64 << 20;

impl Interp<'_> {
    /// Absolute path below `OUT_DIR`, if it is one.
    fn in_out_dir(&self, path: &str) -> Option<String> {
        let full = self.tree.absolute(path);
        let below = full.strip_prefix(&*self.input.out_dir)?;
        (below.is_empty() || below.starts_with('/')).then_some(full)
    }

    fn known_path(path: &Value) -> Option<String> {
        path.clone().deref().text().map(str::to_owned)
    }

    pub(super) fn file_function(&mut self, of: &str, name: &str, args: &[Value]) -> Flow {
        let path = args.first().cloned().unwrap_or(Value::Unit).deref();
        match (of, name) {
            ("fs", "read_to_string" | "read") => {
                let text = self.read_file(&path)?;
                Ok(text)
            }
            ("File", "open") => {
                let read = self.read_file(&path)?;
                self.map_ok(read, |text| Value::structure("Reader", [("text", text)]))
            }
            ("File", "create" | "create_new") => {
                self.start_file(&path, "")?;
                Ok(Value::ok(Value::structure("File", [("path", path)])))
            }
            ("OpenOptions", "new") => Ok(Value::structure("OpenOptions", [])),
            ("File", "options") => Ok(Value::structure("OpenOptions", [])),
            ("fs", "write") => {
                let text = match args.get(1).cloned().map(Value::deref) {
                    Some(Value::Str(text)) => text.to_string(),
                    _ => HOLE.to_string(),
                };
                self.start_file(&path, &text)?;
                Ok(Value::ok(Value::Unit))
            }
            ("fs", "copy" | "rename" | "hard_link") => {
                let to = args.get(1).cloned().unwrap_or(Value::Unit).deref();
                match self.read_file(&path)? {
                    Value::Variant(variant) if variant.name == "Ok" => {
                        let text = match variant.fields.first() {
                            Some(Value::Str(text)) => text.to_string(),
                            _ => HOLE.to_string(),
                        };
                        self.start_file(&to, &text)?;
                        Ok(Value::ok(Value::Int(0)))
                    }
                    other => {
                        self.start_file(&to, &HOLE.to_string())?;
                        Ok(other)
                    }
                }
            }
            ("fs", "create_dir" | "create_dir_all") => {
                if let Some(full) = Self::known_path(&path).and_then(|p| self.in_out_dir(&p)) {
                    self.effects.folders.insert(full);
                }
                Ok(Value::ok(Value::Unit))
            }
            ("fs", "remove_file" | "remove_dir_all" | "remove_dir") => {
                match Self::known_path(&path).and_then(|p| self.in_out_dir(&p)) {
                    Some(full) => {
                        let below = format!("{full}/");
                        let gone = |path: &str| path == full || path.starts_with(&below);
                        self.effects.files.retain(|path, _| !gone(path));
                        self.effects.folders.retain(|path| !gone(path));
                        Ok(Value::ok(Value::Unit))
                    }
                    None => Ok(Value::ok(Value::Unit)),
                }
            }
            ("fs", "metadata" | "symlink_metadata") => {
                let exists = self.exists(&path, "exists")?;
                match exists {
                    Value::Bool(true) => {
                        Ok(Value::ok(Value::structure("Metadata", [("path", path)])))
                    }
                    Value::Bool(false) => Ok(Value::error("NotFound")),
                    other => Ok(other),
                }
            }
            ("fs", "exists") => {
                let exists = self.exists(&path, "exists")?;
                Ok(match exists {
                    Value::Bool(_) => Value::ok(exists),
                    other => other,
                })
            }
            ("fs", "canonicalize") => Ok(match Self::known_path(&path) {
                Some(text) => Value::ok(Value::path(self.tree.absolute(&text))),
                None => path,
            }),
            ("fs", "read_dir") => self.read_dir(&path),
            _ => {
                self.effects
                    .vague_files
                    .push((None, format!("`{of}::{name}` (line {})", self.line)));
                Ok(Value::Unknown(Doubt::new(
                    format!("{of}::{name} {}", self.line),
                    format!("`{of}::{name}` is not known"),
                    true,
                )))
            }
        }
    }

    fn map_ok(&mut self, value: Value, make: impl Fn(Value) -> Value) -> Flow {
        Ok(match value {
            Value::Variant(v) if v.name == "Ok" => {
                Value::ok(make(v.fields.first().cloned().unwrap_or(Value::Unit)))
            }
            Value::Unknown(doubt) => Value::ok(make(Value::Unknown(doubt.about("text")))),
            other => other,
        })
    }

    /// The text of a file, as a `Result`.
    pub(super) fn read_file(&mut self, path: &Value) -> Flow {
        let Some(text) = Self::known_path(path) else {
            return self.unknown_file(path);
        };
        if let Some(full) = self.in_out_dir(&text) {
            return Ok(match self.effects.files.get(&full) {
                Some(text) => Value::ok(Value::str(text.as_str())),
                None => Value::error("NotFound"),
            });
        }
        match self.tree.read(&text) {
            Ok(Some(text)) => {
                self.allocate(text.len())?;
                Ok(Value::ok(Value::str(text)))
            }
            Ok(None) => Ok(Value::error("NotFound")),
            Err(why) => Ok(Value::Unknown(Doubt::new(
                format!("file {text}"),
                format!("{why}, and not read"),
                true,
            ))),
        }
    }

    fn unknown_file(&mut self, path: &Value) -> Flow {
        let doubt = path
            .doubt()
            .unwrap_or_else(|| Doubt::new("file", "a file's path is not known", true));
        Ok(Value::Unknown(Doubt {
            likely: true,
            ..doubt.about("file")
        }))
    }

    pub(super) fn exists(&mut self, path: &Value, what: &str) -> Flow {
        let Some(text) = Self::known_path(path) else {
            return self.unknown_file(path);
        };
        if let Some(full) = self.in_out_dir(&text) {
            let below = format!("{full}/");
            let is_file = self.effects.files.contains_key(&full);
            let is_dir = full == self.input.out_dir
                || self.effects.folders.contains(&full)
                || self.effects.files.keys().any(|p| p.starts_with(&below));
            return Ok(Value::Bool(match what {
                "is_file" => is_file,
                "is_dir" => is_dir,
                _ => is_file || is_dir,
            }));
        }
        if !self.tree.is_own(&text) {
            return Ok(Value::Unknown(Doubt::new(
                format!("{what} {text}"),
                "a file outside of the package is asked for",
                false,
            )));
        }
        Ok(Value::Bool(match what {
            "is_file" => self.tree.is_file(&text),
            "is_dir" => self.tree.is_dir(&text),
            _ => self.tree.is_file(&text) || self.tree.is_dir(&text),
        }))
    }

    pub(super) fn read_dir(&mut self, path: &Value) -> Flow {
        let listed = Self::known_path(path).and_then(|text| {
            let names = self.tree.list(&text)?;
            let base = text.trim_end_matches('/').to_owned();
            let entry = move |name: String| {
                let path = Value::path(format!("{base}/{name}"));
                Value::ok(Value::structure("DirEntry", [("path", path)]))
            };
            Some(names.into_iter().map(entry).collect::<Vec<_>>())
        });
        match listed {
            // The system gives them in an order of its own.
            Some(entries) => Ok(Value::ok(Value::iter(entries))),
            None => self.unknown_file(path),
        }
    }

    /// A new file with this text. Outside of `OUT_DIR` nothing is kept.
    pub(super) fn start_file(&mut self, path: &Value, text: &str) -> Flow<()> {
        let Some(name) = Self::known_path(path) else {
            let why = format!("a file's name is not known (line {})", self.line);
            self.effects.vague_files.push((None, why));
            return Ok(());
        };
        if let Some(full) = self.in_out_dir(&name) {
            self.effects.files.insert(full.clone(), String::new());
            self.append(&full, text)?;
        }
        Ok(())
    }

    fn append(&mut self, full: &str, text: &str) -> Flow<()> {
        self.allocate(text.len())?;
        let total: usize = self.effects.files.values().map(String::len).sum();
        if total + text.len() > MAX_WRITTEN {
            return self.give_up("it writes too much");
        }
        self.effects
            .files
            .entry(full.to_owned())
            .or_default()
            .push_str(text);
        Ok(())
    }

    /// Writes to a file, a buffer, standard output or a child's input.
    pub(super) fn write_to(&mut self, target: &Place, text: &str) -> Flow {
        let ok = || Ok(Value::ok(Value::Unit));
        match target.get() {
            Some(Value::Struct(s)) if s.ty == "File" => {
                let path = s.fields.get("path").cloned().unwrap_or(Value::Unit);
                if let Some(full) = Self::known_path(&path).and_then(|p| self.in_out_dir(&p)) {
                    self.append(&full, text)?;
                }
                ok()
            }
            Some(Value::Struct(s)) if s.ty == "stdout" => {
                self.allocate(text.len())?;
                self.effects.stdout.push_str(text);
                ok()
            }
            Some(Value::Struct(s)) if s.ty == "stderr" => ok(),
            Some(Value::Str(_) | Value::List(_)) => {
                self.allocate(text.len())?;
                target.change(|here| match here {
                    Value::Str(old) => std::rc::Rc::make_mut(old).push_str(text),
                    Value::List(list) if list.is_empty() => *here = Value::str(text),
                    other => *other = Value::str(HOLE.to_string()),
                });
                ok()
            }
            Some(Value::Unknown(doubt)) => {
                // It may be a file of the output or standard output.
                let at = format!("{} (line {})", doubt.reason, self.line);
                self.effects.vague_files.push((None, at));
                Ok(Value::Unknown(doubt.about("written")))
            }
            _ => self.give_up("something is written to"),
        }
    }
}
