//! One walk along one path of a build script: state, bounds, and calls of its own functions.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Input;
use super::files::Tree;
use super::items::{Function, Program, add_item, type_name};
use super::oracle::Oracle;
use super::scope::Scope;
use super::value::{Closure, Doubt, Place, Value};

/// How an expression ends other than with a value.
pub(super) enum Exit {
    Break(Option<String>, Value),
    Continue(Option<String>),
    Return(Value),
    /// This path is no successful build.
    Fails,
    /// `process::exit(0)`.
    Ends,
    /// Not understood, and it may matter.
    GivesUp(String),
}

pub(super) type Flow<T = Value> = Result<T, Exit>;

/// What a path did.
#[derive(Default)]
pub(super) struct Effects {
    pub(super) stdout: String,
    /// Below `OUT_DIR`, by absolute path.
    pub(super) files: BTreeMap<String, String>,
    pub(super) folders: BTreeSet<String>,
    /// Files whose text or name is not known, and why.
    pub(super) vague_files: Vec<(Option<String>, String)>,
    /// Anything may have been told to cargo.
    pub(super) any: Option<String>,
    /// What is worth telling: variables read that cargo does not set.
    pub(super) notes: BTreeSet<String>,
}

const MAX_STEPS: usize = 4_000_000;
const MAX_BYTES: usize = 160 << 20;
/// What a value that may hold another one costs: bounds how deep values nest, which are
/// taken down recursively.
pub(super) const NODE: usize = 400;
const MAX_CALLS: usize = 200;
const MAX_NESTING: usize = 4_000;

pub(super) struct Interp<'a> {
    pub(super) input: &'a Input,
    pub(super) tree: &'a Tree,
    pub(super) program: Program,
    pub(super) oracle: Oracle,
    pub(super) effects: Effects,
    pub(super) scope: Scope,
    pub(super) module: usize,
    pub(super) self_ty: Option<String>,
    pub(super) line: usize,
    /// Shared by all paths.
    pub(super) steps: &'a mut usize,
    pub(super) bytes: &'a mut usize,
    calls: usize,
    nesting: usize,
    consts: BTreeMap<(usize, String), Value>,
}

impl<'a> Interp<'a> {
    pub(super) fn new(
        input: &'a Input,
        tree: &'a Tree,
        program: Program,
        oracle: Oracle,
        spent: (&'a mut usize, &'a mut usize),
    ) -> Self {
        Self {
            input,
            tree,
            program,
            oracle,
            effects: Effects::default(),
            scope: Scope::default(),
            module: 0,
            self_ty: None,
            line: 0,
            steps: spent.0,
            bytes: spent.1,
            calls: 0,
            nesting: 0,
            consts: BTreeMap::new(),
        }
    }

    /// Runs `main`; whether the path is a successful build.
    pub(super) fn run(&mut self) -> Result<bool, String> {
        let main = self.program.modules[0].functions.get("main").cloned();
        let main = main.or_else(|| match self.lookup_import("main") {
            Some(Value::Func(function)) => Some(function),
            _ => None,
        });
        let Some(main) = main else {
            return Err("it has no `main` that is understood".to_owned());
        };
        match self.call(&main, Vec::new()) {
            Ok(Value::Variant(v)) if v.name == "Err" || v.name == "Failure" => Ok(false),
            Ok(_) | Err(Exit::Ends | Exit::Return(_)) => Ok(true),
            Err(Exit::Fails) => Ok(false),
            Err(Exit::GivesUp(why)) => Err(why),
            Err(Exit::Break(..) | Exit::Continue(_)) => Err("a loop control without loop".into()),
        }
    }

    fn lookup_import(&mut self, name: &str) -> Option<Value> {
        let path = self.program.modules[0].imports.get(name)?.clone();
        self.own_function(&path).map(Value::Func)
    }

    pub(super) fn spend(&mut self, steps: usize) -> Flow<()> {
        *self.steps += steps;
        if *self.steps > MAX_STEPS {
            return self.give_up("it takes too many steps");
        }
        Ok(())
    }

    pub(super) fn allocate(&mut self, bytes: usize) -> Flow<()> {
        *self.bytes += bytes;
        if *self.bytes > MAX_BYTES {
            return self.give_up("it takes too much memory");
        }
        Ok(())
    }

    /// Steps and bytes that may still be spent.
    pub(super) fn remaining(&self) -> (usize, usize) {
        (
            MAX_STEPS.saturating_sub(*self.steps),
            MAX_BYTES.saturating_sub(*self.bytes),
        )
    }

    pub(super) fn give_up<T>(&self, why: impl Into<String>) -> Flow<T> {
        Err(Exit::GivesUp(format!(
            "{} (line {})",
            why.into(),
            self.line
        )))
    }

    /// Runs `inner` one level deeper.
    pub(super) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Flow<T>) -> Flow<T> {
        if self.nesting > MAX_NESTING {
            return self.give_up("it is nested too deep");
        }
        self.nesting += 1;
        let done = inner(self);
        self.nesting -= 1;
        done
    }

    /// Which way this path goes.
    pub(super) fn decide(&mut self, doubt: &Doubt, likely: bool) -> bool {
        self.oracle.decide(doubt, likely, self.line)
    }

    /// Runs `inner` with a scope of its own.
    pub(super) fn scoped<T>(&mut self, inner: impl FnOnce(&mut Self) -> Flow<T>) -> Flow<T> {
        let outer = self.scope.clone();
        let done = inner(self);
        self.scope = outer;
        done
    }

    /// Runs `inner` as the body of something that was defined elsewhere.
    fn elsewhere(
        &mut self,
        scope: Scope,
        module: usize,
        self_ty: Option<String>,
        inner: impl FnOnce(&mut Self) -> Flow,
    ) -> Flow {
        if self.calls > MAX_CALLS {
            return self.give_up("its calls are nested too deep");
        }
        self.calls += 1;
        let outer = (
            std::mem::replace(&mut self.scope, scope),
            std::mem::replace(&mut self.module, module),
            std::mem::replace(&mut self.self_ty, self_ty),
        );
        let done = self.nested(inner);
        (self.scope, self.module, self.self_ty) = outer;
        self.calls -= 1;
        match done {
            Err(Exit::Return(value)) => Ok(value),
            done => done,
        }
    }

    pub(super) fn call(&mut self, function: &Rc<Function>, args: Vec<Value>) -> Flow {
        self.call_as(function, args, function.self_ty.clone())
    }

    pub(super) fn call_as(
        &mut self,
        function: &Rc<Function>,
        args: Vec<Value>,
        self_ty: Option<String>,
    ) -> Flow {
        self.spend(1)?;
        if function.sig.inputs.len() != args.len() {
            return self.give_up(format!("call of `{}`", function.sig.ident));
        }
        let function = Rc::clone(function);
        self.elsewhere(Scope::default(), function.module, self_ty, |interp| {
            for (param, value) in function.sig.inputs.iter().zip(args) {
                match param {
                    syn::FnArg::Receiver(_) => interp.scope.bind("self", value),
                    syn::FnArg::Typed(typed) => {
                        interp.bind(&typed.pat, value)?;
                    }
                }
            }
            let hint = match &function.sig.output {
                syn::ReturnType::Type(_, ty) => Some(&**ty),
                syn::ReturnType::Default => None,
            };
            interp.block(&function.body, hint)
        })
    }

    /// Calls whatever can be called.
    pub(super) fn apply(&mut self, callee: &Value, args: Vec<Value>) -> Flow {
        self.spend(1)?;
        match callee.clone().deref() {
            Value::Closure(closure) => self.call_closure(&closure, args),
            Value::Func(function) => self.call(&function, args),
            Value::Native(path) => {
                let path: Vec<String> = path.split("::").map(str::to_owned).collect();
                self.call_path(&path, args, None)
            }
            Value::Unknown(doubt) => self.unknown_call(&doubt, &args),
            other => self.give_up(format!("a call of {}", other.kind())),
        }
    }

    fn call_closure(&mut self, closure: &Rc<Closure>, args: Vec<Value>) -> Flow {
        if closure.params.len() != args.len() {
            return self.give_up("a closure's arguments");
        }
        let closure = Rc::clone(closure);
        let (scope, module) = (closure.scope.clone(), closure.module);
        self.elsewhere(scope, module, closure.self_ty.clone(), |interp| {
            for (pattern, value) in closure.params.iter().zip(args) {
                interp.bind(pattern, value)?;
            }
            interp.eval(&closure.body, None)
        })
    }

    /// Something unknown is given functions: it may call them, or not.
    pub(super) fn unknown_call(&mut self, doubt: &Doubt, args: &[Value]) -> Flow {
        for (index, arg) in args.iter().enumerate() {
            let arity = match arg.clone().deref() {
                Value::Closure(closure) => closure.params.len(),
                Value::Func(function) => function.sig.inputs.len(),
                _ => continue,
            };
            let key = doubt.about(&format!("calls {index} at line {}", self.line));
            if self.decide(&key, doubt.likely) {
                let unknown = Value::Unknown(doubt.about("argument"));
                self.apply(arg, vec![unknown; arity])?;
            }
        }
        self.blur(args, doubt);
        Ok(Value::Unknown(doubt.about(&format!("call {}", self.line))))
    }

    /// Something unknown was given these: what it could write to is unknown from here on.
    pub(super) fn blur(&mut self, args: &[Value], doubt: &Doubt) {
        for arg in args {
            if let Value::Ref(place) = arg {
                place.change(|value| *value = Value::Unknown(doubt.about("written to")));
            }
        }
    }

    /// A statement that defines something inside of a body.
    pub(super) fn local_item(&mut self, item: &syn::Item) -> Flow<()> {
        if matches!(item, syn::Item::Mod(_)) {
            return self.give_up("a module inside of a function");
        }
        let input = self.input;
        add_item(&mut self.program, &input.cfgs, item, self.module);
        Ok(())
    }

    pub(super) fn constant(&mut self, module: usize, name: &str) -> Option<Flow> {
        let definition = self
            .program
            .modules
            .get(module)?
            .consts
            .get(name)
            .cloned()?;
        let key = (module, name.to_owned());
        if let Some(value) = self.consts.get(&key) {
            return Some(Ok(value.clone()));
        }
        let self_ty = name.split_once("::").map(|(ty, _)| ty.to_owned());
        let value = self.elsewhere(Scope::default(), module, self_ty, |interp| {
            interp.eval(&definition.1, Some(&definition.0))
        });
        if let Ok(value) = &value {
            self.consts.insert(key, value.clone());
        }
        Some(value)
    }

    /// A method the script defines for the type of a value.
    pub(super) fn own_method(&self, ty: &str, name: &str) -> Option<Rc<Function>> {
        let methods = &self.program.methods;
        methods
            .get(&(ty.to_owned(), name.to_owned()))
            .or_else(|| {
                let is_own = self
                    .program
                    .modules
                    .iter()
                    .any(|m| m.types.contains_key(ty));
                is_own
                    .then(|| methods.get(&("dyn".to_owned(), name.to_owned())))
                    .flatten()
            })
            .cloned()
    }

    pub(super) fn hint_name(hint: Option<&syn::Type>) -> Option<String> {
        hint.and_then(type_name)
    }

    /// `value` as `Display` shows it, through the script's own impl too.
    pub(super) fn display(&mut self, value: &Value, trait_: &str) -> Flow<String> {
        let value = value.clone().deref();
        if let Some(ty) = value.type_name() {
            let key = (ty.to_owned(), format!("{trait_}::fmt"));
            if let Some(function) = self.program.methods.get(&key).cloned() {
                let buffer = Place::new(Value::str(""));
                let args = vec![value, Value::Ref(buffer.clone())];
                self.nested(|interp| interp.call(&function, args))?;
                return Ok(match buffer.get() {
                    Some(Value::Str(text)) => text.to_string(),
                    _ => super::value::HOLE.to_string(),
                });
            }
        }
        Ok(super::format::plain(&value, trait_ == "Debug"))
    }
}
