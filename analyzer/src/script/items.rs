//! What a build script defines: its modules with their functions, constants, types, imports
//! and macros, and the methods of its types.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::cfg::{Cfgs, is_on};
use super::files::Tree;
use super::rules::Rules;

pub(super) struct Function {
    pub(super) sig: syn::Signature,
    pub(super) body: syn::Block,
    pub(super) module: usize,
    pub(super) self_ty: Option<String>,
}

/// What a name in a module means.
#[derive(Default)]
pub(super) struct Module {
    pub(super) parent: Option<usize>,
    pub(super) children: BTreeMap<String, usize>,
    pub(super) functions: BTreeMap<String, Rc<Function>>,
    pub(super) consts: BTreeMap<String, Rc<(syn::Type, syn::Expr)>>,
    pub(super) types: BTreeMap<String, TypeKind>,
    /// Name here, full path.
    pub(super) imports: BTreeMap<String, Vec<String>>,
    pub(super) globs: Vec<Vec<String>>,
}

#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "a few a script")]
pub(super) enum TypeKind {
    Struct,
    /// A struct without named fields: how many.
    Tuple(usize),
    /// Names, and how many unnamed fields.
    Enum(Vec<(String, usize)>),
    Alias(syn::Type),
}

#[derive(Default)]
pub(super) struct Program {
    pub(super) modules: Vec<Module>,
    /// By type and name; a trait's also as `Trait::name`.
    pub(super) methods: BTreeMap<(String, String), Rc<Function>>,
    pub(super) macros: BTreeMap<String, Rc<Rules>>,
    /// What was met and is not understood: it matters only if it is used.
    pub(super) odd: Vec<String>,
}

pub(super) struct Reader<'a> {
    pub(super) tree: &'a Tree,
    pub(super) cfgs: &'a Cfgs,
    pub(super) program: Program,
}

impl<'a> Reader<'a> {
    /// The root module from its file.
    pub(super) fn read(tree: &'a Tree, cfgs: &'a Cfgs, root: &str) -> Result<Program, String> {
        let mut reader = Self {
            tree,
            cfgs,
            program: Program::default(),
        };
        reader.program.modules.push(Module::default());
        let file = tree.parse(root)?;
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
        reader.items(&file.items, 0, folder, 0)?;
        Ok(reader.program)
    }

    fn items(
        &mut self,
        items: &[syn::Item],
        module: usize,
        folder: &str,
        depth: usize,
    ) -> Result<(), String> {
        if depth > 32 {
            return Err("modules nested too deep".to_owned());
        }
        for item in items {
            if let syn::Item::Mod(inner) = item {
                if is_on(&inner.attrs, self.cfgs) {
                    self.module(inner, module, folder, depth)?;
                }
            } else if let syn::Item::Macro(call) = item
                && call.mac.path.is_ident("include")
                && let Ok(file) = syn::parse2::<syn::LitStr>(call.mac.tokens.clone())
            {
                let file = self.tree.parse(&join(folder, &file.value()))?;
                self.items(&file.items, module, folder, depth + 1)?;
            } else {
                add_item(&mut self.program, self.cfgs, item, module);
            }
        }
        Ok(())
    }

    fn module(
        &mut self,
        item: &syn::ItemMod,
        parent: usize,
        folder: &str,
        depth: usize,
    ) -> Result<(), String> {
        let name = item.ident.to_string();
        let index = self.program.modules.len();
        if index > 256 {
            return Err("too many modules".to_owned());
        }
        self.program.modules.push(Module {
            parent: Some(parent),
            ..Module::default()
        });
        self.program.modules[parent]
            .children
            .insert(name.clone(), index);
        let below = join(folder, &name);
        if let Some((_, items)) = &item.content {
            return self.items(items, index, &below, depth + 1);
        }
        let candidates = match path_attribute(&item.attrs) {
            Some(path) => vec![join(folder, &path)],
            None => vec![format!("{below}.rs"), format!("{below}/mod.rs")],
        };
        let found = candidates.iter().find(|path| self.tree.is_file(path));
        let Some(path) = found else {
            return Err(format!("the file of module `{name}` is not in the package"));
        };
        let file = self.tree.parse(path)?;
        let inside = if path.ends_with("/mod.rs") || path_attribute(&item.attrs).is_some() {
            path.rsplit_once('/').map_or("", |(folder, _)| folder)
        } else {
            &below
        };
        self.items(&file.items, index, inside, depth + 1)
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

fn path_attribute(attrs: &[syn::Attribute]) -> Option<String> {
    attrs.iter().find_map(|attr| {
        let syn::Meta::NameValue(pair) = &attr.meta else {
            return None;
        };
        match &pair.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) if pair.path.is_ident("path") => Some(text.value()),
            _ => None,
        }
    })
}

/// One item, also one that stands in a body: its name is then known in the whole module.
pub(super) fn add_item(program: &mut Program, cfgs: &Cfgs, item: &syn::Item, module: usize) {
    if !is_on(attributes(item), cfgs) {
        return;
    }
    let here = &mut program.modules[module];
    match item {
        syn::Item::Fn(function) => {
            let made = Function {
                sig: function.sig.clone(),
                body: (*function.block).clone(),
                module,
                self_ty: None,
            };
            here.functions
                .insert(function.sig.ident.to_string(), Rc::new(made));
        }
        syn::Item::Const(item) => {
            let value = Rc::new(((*item.ty).clone(), (*item.expr).clone()));
            here.consts.insert(item.ident.to_string(), value);
        }
        syn::Item::Static(item) if matches!(item.mutability, syn::StaticMutability::None) => {
            let value = Rc::new(((*item.ty).clone(), (*item.expr).clone()));
            here.consts.insert(item.ident.to_string(), value);
        }
        syn::Item::Struct(item) => {
            let kind = match &item.fields {
                syn::Fields::Named(_) => TypeKind::Struct,
                fields => TypeKind::Tuple(fields.len()),
            };
            here.types.insert(item.ident.to_string(), kind);
        }
        syn::Item::Enum(item) => {
            let variants = item.variants.iter();
            let variants = variants.map(|v| (v.ident.to_string(), v.fields.len()));
            let kind = TypeKind::Enum(variants.collect());
            here.types.insert(item.ident.to_string(), kind);
        }
        syn::Item::Type(item) => {
            here.types
                .insert(item.ident.to_string(), TypeKind::Alias((*item.ty).clone()));
        }
        syn::Item::Use(item) => import(&item.tree, &mut Vec::new(), here, 0),
        syn::Item::ExternCrate(item) => {
            if let Some((_, rename)) = &item.rename {
                let path = vec![String::new(), item.ident.to_string()];
                here.imports.insert(rename.to_string(), path);
            }
        }
        syn::Item::Macro(item) => {
            if let Some(name) = &item.ident {
                match Rules::parse(item.mac.tokens.clone()) {
                    Some(rules) => {
                        program.macros.insert(name.to_string(), Rc::new(rules));
                    }
                    None => program.odd.push(format!("macro `{name}`")),
                }
            } else {
                program.odd.push("a macro call between items".to_owned());
            }
        }
        syn::Item::Impl(item) => add_impl(program, cfgs, item, module),
        syn::Item::Trait(item) => add_trait(program, cfgs, item, module),
        _ => {}
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::ExternCrate(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        _ => &[],
    }
}

fn import(tree: &syn::UseTree, path: &mut Vec<String>, module: &mut Module, depth: usize) {
    if depth > 32 {
        return;
    }
    match tree {
        syn::UseTree::Path(tree) => {
            path.push(tree.ident.to_string());
            import(&tree.tree, path, module, depth + 1);
            path.pop();
        }
        syn::UseTree::Name(name) if name.ident == "self" => {
            if let Some(last) = path.last() {
                module.imports.insert(last.clone(), path.clone());
            }
        }
        syn::UseTree::Name(name) => {
            let name = name.ident.to_string();
            let full = path.iter().cloned().chain([name.clone()]).collect();
            module.imports.insert(name, full);
        }
        syn::UseTree::Rename(tree) => {
            let mut full = path.clone();
            if tree.ident != "self" {
                full.push(tree.ident.to_string());
            }
            module.imports.insert(tree.rename.to_string(), full);
        }
        syn::UseTree::Glob(_) => module.globs.push(path.clone()),
        syn::UseTree::Group(group) => {
            for tree in &group.items {
                import(tree, path, module, depth + 1);
            }
        }
    }
}

/// The last name of a type's path.
pub(super) fn type_name(ty: &syn::Type) -> Option<String> {
    match ty {
        syn::Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        syn::Type::Reference(reference) => type_name(&reference.elem),
        syn::Type::Paren(inner) => type_name(&inner.elem),
        syn::Type::Group(inner) => type_name(&inner.elem),
        _ => None,
    }
}

fn add_impl(program: &mut Program, cfgs: &Cfgs, item: &syn::ItemImpl, module: usize) {
    let Some(name) = type_name(&item.self_ty) else {
        return;
    };
    let of = item.trait_.as_ref().map(|(_, path, _)| path);
    let of = of.and_then(|path| path.segments.last().map(|s| s.ident.to_string()));
    for inner in &item.items {
        match inner {
            syn::ImplItem::Fn(function) if is_on(&function.attrs, cfgs) => {
                let made = Rc::new(Function {
                    sig: function.sig.clone(),
                    body: function.block.clone(),
                    module,
                    self_ty: Some(name.clone()),
                });
                let method = function.sig.ident.to_string();
                if let Some(of) = &of {
                    let key = (name.clone(), format!("{of}::{method}"));
                    program.methods.insert(key, Rc::clone(&made));
                    // `From` may be implemented several times: which one depends on types.
                    if of == "From" || of == "TryFrom" {
                        let seen = program.methods.get(&(name.clone(), method.clone()));
                        if seen.is_some() {
                            program.odd.push(format!("several `From` of `{name}`"));
                            program.methods.remove(&(name.clone(), method));
                            continue;
                        }
                    }
                }
                program
                    .methods
                    .entry((name.clone(), method))
                    .or_insert(made);
            }
            syn::ImplItem::Const(constant) if is_on(&constant.attrs, cfgs) => {
                let value = Rc::new((constant.ty.clone(), constant.expr.clone()));
                let key = format!("{name}::{}", constant.ident);
                program.modules[module].consts.insert(key, value);
            }
            _ => {}
        }
    }
}

/// Default methods, as methods of the trait's own name.
fn add_trait(program: &mut Program, cfgs: &Cfgs, item: &syn::ItemTrait, module: usize) {
    for inner in &item.items {
        if let syn::TraitItem::Fn(function) = inner
            && is_on(&function.attrs, cfgs)
            && let Some(body) = &function.default
        {
            let made = Function {
                sig: function.sig.clone(),
                body: body.clone(),
                module,
                self_ty: None,
            };
            let key = ("dyn".to_owned(), function.sig.ident.to_string());
            program.methods.insert(key, Rc::new(made));
        }
    }
}
