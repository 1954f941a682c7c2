fn main() {
    let mut o = cargo_whittle::options::Options::default();
    o.selection.manifest_path = std::env::args().nth(1).map(Into::into);
    if let Some(n) = std::env::args().nth(2) { o.threads = n.parse().ok(); }
    match cargo_whittle::analyze(&o, &|s| eprintln!("{s}")) {
        Ok(a) => {
            for g in a.gaps.iter().take(60) { eprintln!("gap {g:?}"); }
            eprintln!("gaps {} nodes {} bodies {} items {}", a.gaps.len(), a.nodes.len(), a.bodies, a.items.len());
            for n in &a.project.notices { eprintln!("notice {n}"); }
            for i in a.items.iter().filter(|i| i.kind.is_function()) {
                let p=&a.project.packages[i.package];
                println!("{}", serde_json::json!({"crate": p.name, "crate_version": p.version, "path": i.path, "file": i.file, "line": i.line, "status": i.status, "reason": i.reason, "direct": i.direct,"domain": i.domains.iter().collect::<Vec<_>>(), "origin": i.origin, "const_only": i.const_only, "lines": i.lines, "kind": i.kind, "call_file": i.call_site.as_ref().map(|c| &c.0), "call_line": i.call_site.as_ref().map(|c| c.1), "unsafe": i.is_unsafe}));
            }
        }
        Err(e) => { eprintln!("error: {e}\n  help: {}", e.remedy()); std::process::exit(2) }
    }
}
