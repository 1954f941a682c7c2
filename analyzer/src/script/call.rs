//! What a path means, and calls of functions by path.

use std::rc::Rc;

use super::interp::{Flow, Interp};
use super::items::{Function, TypeKind, type_name};
use super::value::{Doubt, Value};

impl Interp<'_> {
    pub(super) fn path(&mut self, path: &syn::ExprPath, _hint: Option<&syn::Type>) -> Flow {
        let names = self.names(path);
        if let [name] = names.as_slice() {
            if let Some(cell) = self.scope.find(name) {
                let value = cell.try_borrow().ok().map(|value| value.clone());
                return value.map_or_else(|| self.give_up("a variable"), Ok);
            }
            if name == "None" {
                return Ok(Value::none());
            }
        }
        let full = self.expand(&names);
        if let Some(value) = self.own_value(&full)? {
            return Ok(value);
        }
        self.native_value(&full)
    }

    fn names(&self, path: &syn::ExprPath) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        if let Some(qself) = &path.qself
            && let Some(name) = type_name(&qself.ty)
        {
            // `<T as Trait>::name`, `<T>::name`
            names.push(name);
            names.extend(
                path.path
                    .segments
                    .iter()
                    .skip(qself.position)
                    .map(|s| s.ident.to_string()),
            );
        } else {
            names.extend(path.path.segments.iter().map(|s| s.ident.to_string()));
        }
        if names.first().is_some_and(|name| name == "Self")
            && let Some(ty) = &self.self_ty
        {
            names[0].clone_from(ty);
        }
        names
    }

    /// The full path that imports make of a path.
    pub(super) fn expand(&self, names: &[String]) -> Vec<String> {
        let mut names = names.to_vec();
        for _ in 0..8 {
            let Some(first) = names.first().cloned() else {
                break;
            };
            let module = &self.program.modules[self.module];
            let Some(import) = module.imports.get(&first) else {
                break;
            };
            if import.first() == Some(&first) && import.len() == 1 {
                break;
            }
            let mut full = import.clone();
            full.extend(names.drain(1..));
            if full == names || full.first() == Some(&first) {
                names = full;
                break;
            }
            names = full;
        }
        names
    }

    /// The module that a path's beginning names, and the rest.
    fn module_of<'p>(&self, path: &'p [String]) -> Option<(usize, &'p [String])> {
        let mut module = self.module;
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                module = 0;
                rest = &path[1..];
            }
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|name| name == "super") {
                    module = self.program.modules[module].parent?;
                    rest = &rest[1..];
                }
            }
            _ => {}
        }
        while rest.len() > 1 {
            match self.program.modules[module].children.get(&rest[0]) {
                Some(&child) => {
                    module = child;
                    rest = &rest[1..];
                }
                // Edition 2015: imports start at the root.
                None => match self.program.modules[0].children.get(&rest[0]) {
                    Some(&child) if std::ptr::eq(rest, path) => {
                        module = child;
                        rest = &rest[1..];
                    }
                    _ => break,
                },
            }
        }
        Some((module, rest))
    }

    pub(super) fn own_function(&self, path: &[String]) -> Option<Rc<Function>> {
        let (module, rest) = self.module_of(path)?;
        match rest {
            [name] => {
                let found = self.program.modules[module].functions.get(name);
                found.cloned().or_else(|| self.through_globs(module, name))
            }
            [ty, name] => self.own_method(&self.alias(module, ty), name),
            _ => None,
        }
    }

    fn through_globs(&self, module: usize, name: &str) -> Option<Rc<Function>> {
        let mut at = Some(module);
        while let Some(module) = at {
            for glob in &self.program.modules[module].globs {
                let mut path = glob.clone();
                path.push(name.to_owned());
                if let Some((module, [name])) = self.module_of(&path)
                    && let Some(found) = self.program.modules[module].functions.get(name)
                {
                    return Some(Rc::clone(found));
                }
            }
            at = self.program.modules[module].parent.filter(|_| false);
        }
        None
    }

    fn alias(&self, module: usize, ty: &str) -> String {
        match self.program.modules[module].types.get(ty) {
            Some(TypeKind::Alias(to)) => type_name(to).unwrap_or_else(|| ty.to_owned()),
            _ => ty.to_owned(),
        }
    }

    /// A value the script defines: function, constant, variant, unit struct, constructor.
    fn own_value(&mut self, path: &[String]) -> Flow<Option<Value>> {
        if let Some(function) = self.own_function(path) {
            return Ok(Some(Value::Func(function)));
        }
        let Some((module, rest)) = self.module_of(path) else {
            return Ok(None);
        };
        let rest = rest.to_vec();
        match rest.as_slice() {
            [name] => {
                if let Some(value) = self.constant(module, name) {
                    return value.map(Some);
                }
                if let Some(value) = self.named_constant(name) {
                    return value.map(Some);
                }
                if let Some(ty) = self.type_kind(module, name)
                    && let TypeKind::Tuple(0) = ty
                {
                    return Ok(Some(Value::variant(name, name, Vec::new())));
                }
                if let Some(TypeKind::Tuple(_)) = self.type_kind(module, name) {
                    return Ok(Some(Value::Native(name.as_str().into())));
                }
                // Variants behind `use Enum::*`.
                Ok(self.own_variant(name))
            }
            [ty, name] => {
                let ty = self.alias(module, ty);
                if let Some(value) = self.constant(module, &format!("{ty}::{name}")) {
                    return value.map(Some);
                }
                match self.type_kind(module, &ty) {
                    Some(TypeKind::Enum(variants)) => {
                        let found = variants.iter().find(|(variant, _)| variant == name);
                        Ok(found.map(|(variant, fields)| match fields {
                            0 => Value::variant(&ty, variant, Vec::new()),
                            // Taken as a function.
                            _ => Value::Native(format!("{ty}::{variant}").into()),
                        }))
                    }
                    _ => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }

    fn type_kind(&self, module: usize, name: &str) -> Option<TypeKind> {
        let modules = &self.program.modules;
        let here = modules.get(module)?.types.get(name);
        here.or_else(|| modules.iter().find_map(|m| m.types.get(name)))
            .cloned()
    }

    /// A variant that a `use Enum::…` brings in.
    fn own_variant(&self, name: &str) -> Option<Value> {
        let module = &self.program.modules[self.module];
        let enums = module.globs.iter().filter_map(|glob| glob.last());
        for ty in enums {
            if let Some(TypeKind::Enum(variants)) = self.type_kind(self.module, ty)
                && variants.iter().any(|(v, fields)| v == name && *fields == 0)
            {
                return Some(Value::variant(ty, name, Vec::new()));
            }
        }
        None
    }

    pub(super) fn is_own_variant(&self, name: &str) -> bool {
        self.own_variant(name).is_some()
            || self.expand(&[name.to_owned()]).len() > 1
                && self.program.modules.iter().any(|module| {
                    module.types.values().any(|kind| {
                        matches!(kind, TypeKind::Enum(all) if all.iter().any(|(v, _)| v == name))
                    })
                })
    }

    /// A constant by its name, here or through an import.
    pub(super) fn named_constant(&mut self, name: &str) -> Option<Flow> {
        if let Some(value) = self.constant(self.module, name) {
            return Some(value);
        }
        let full = self.expand(&[name.to_owned()]);
        if full.len() > 1 {
            let (module, rest) = self.module_of(&full)?;
            let [name] = rest else { return None };
            return self.constant(module, &name.clone());
        }
        let globs = self.program.modules[self.module].globs.clone();
        for mut glob in globs {
            glob.push(name.to_owned());
            if let Some((module, [name])) = self.module_of(&glob)
                && let Some(value) = self.constant(module, &name.clone())
            {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn call_expr(&mut self, call: &syn::ExprCall, hint: Option<&syn::Type>) -> Flow {
        if let syn::Expr::Path(path) = &*call.func {
            let names = self.names(path);
            let is_local = matches!(names.as_slice(), [name] if self.scope.find(name).is_some());
            if !is_local {
                let args = self.all(call.args.iter())?;
                let line = path.path.segments[0].ident.span().start().line;
                self.line = line.max(1);
                return self.call_path(&names, args, hint);
            }
        }
        let callee = self.eval(&call.func, None)?;
        let args = self.all(call.args.iter())?;
        self.apply(&callee, args)
    }

    pub(super) fn call_path(
        &mut self,
        names: &[String],
        args: Vec<Value>,
        hint: Option<&syn::Type>,
    ) -> Flow {
        if let ([name], [arg]) = (names, args.as_slice()) {
            match name.as_str() {
                "Some" => return Ok(Value::some(arg.clone())),
                "Ok" => return Ok(Value::ok(arg.clone())),
                "Err" => return Ok(Value::err(arg.clone())),
                _ => {}
            }
        }
        let full = self.expand(names);
        if let Some(function) = self.own_function(&full) {
            let self_ty = match full.as_slice() {
                [.., ty, _] if function.self_ty.is_none() && ty.starts_with(char::is_uppercase) => {
                    Some(ty.clone())
                }
                _ => function.self_ty.clone(),
            };
            return self.call_as(&function, args, self_ty);
        }
        if let Some((module, rest)) = self.module_of(&full) {
            match rest {
                [ty] if matches!(self.type_kind(module, ty), Some(TypeKind::Tuple(_))) => {
                    return Ok(Value::variant(ty, ty, args));
                }
                [ty, name] => {
                    let ty = self.alias(module, ty);
                    if let Some(TypeKind::Enum(all)) = self.type_kind(module, &ty)
                        && all.iter().any(|(variant, _)| variant == name)
                    {
                        return Ok(Value::variant(&ty, name, args));
                    }
                }
                [name] => {
                    if let Some(ty) = self.enum_of(name) {
                        return Ok(Value::variant(&ty, name, args));
                    }
                }
                _ => {}
            }
        }
        self.native(&full, args, hint)
    }

    /// The enum whose variant a bare name is, when it is imported.
    fn enum_of(&self, name: &str) -> Option<String> {
        let module = &self.program.modules[self.module];
        let is_imported = |ty: &str| {
            module
                .globs
                .iter()
                .any(|glob| glob.last().is_some_and(|last| last == ty))
                || module
                    .imports
                    .get(name)
                    .is_some_and(|path| path.contains(&ty.to_owned()))
        };
        self.program.modules.iter().find_map(|module| {
            module.types.iter().find_map(|(ty, kind)| match kind {
                TypeKind::Enum(all) if all.iter().any(|(v, _)| v == name) && is_imported(ty) => {
                    Some(ty.clone())
                }
                _ => None,
            })
        })
    }

    pub(super) fn struct_literal(&mut self, literal: &syn::ExprStruct) -> Flow {
        let mut name = literal
            .path
            .segments
            .last()
            .map(|segment| segment.ident.to_string())
            .unwrap_or_default();
        if name == "Self"
            && let Some(ty) = &self.self_ty
        {
            name.clone_from(ty);
        }
        let mut fields = std::collections::BTreeMap::new();
        if let Some(rest) = &literal.rest {
            match self.eval(rest, None)?.deref() {
                Value::Struct(structure) => fields = structure.fields.clone(),
                _ => return self.give_up("a struct"),
            }
        }
        for field in &literal.fields {
            if !super::cfg::is_on(&field.attrs, &self.input.cfgs) {
                continue;
            }
            let value = self.eval(&field.expr, None)?;
            match &field.member {
                syn::Member::Named(name) => fields.insert(name.to_string(), value),
                syn::Member::Unnamed(_) => return self.give_up("a struct"),
            };
        }
        Ok(Value::Struct(Rc::new(super::value::Struct {
            ty: name,
            fields,
        })))
    }

    /// Something is called of which nothing is known: it may do anything a script may do.
    pub(super) fn opaque(&mut self, what: &str) -> Flow {
        let reason = format!("{what} is not understood");
        let at = format!("{reason} (line {})", self.line);
        self.effects.any.get_or_insert_with(|| at.clone());
        self.effects.vague_files.push((None, at));
        let key = format!("{what} at line {}", self.line);
        Ok(Value::Unknown(Doubt::new(key, reason, true)))
    }
}
