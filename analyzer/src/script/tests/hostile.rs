//! Scripts that would never end.

use super::*;

/// Only that it ends, and says so.
#[track_caller]
fn gives_up(script: &str, expected: &str) {
    let reading = read_script(script, &[]);
    let why = reading.gave_up.unwrap_or_default();
    assert!(why.contains(expected), "{why}");
}

#[test]
fn hostile_loops() {
    gives_up("fn main() { loop {} }", "too many steps");
    gives_up(
        "fn main() { let mut n = 0; while n < 10 { n = n * 1; } }",
        "too many steps",
    );
    gives_up("fn main() { for _ in 0.. {} }", "too many steps");
}

#[test]
fn hostile_memory() {
    gives_up(
        "fn main() { let mut s = String::from(\"x\"); loop { let t = s.clone(); s.push_str(&t); } }",
        "too much memory",
    );
    gives_up(
        "fn main() { let s = \"x\".repeat(1000000); let _ = s.repeat(1000000); }",
        "too much memory",
    );
    gives_up(
        "fn main() { let mut v = vec![1]; loop { v = vec![v]; } }",
        "too much memory",
    );
    gives_up(
        "fn main() { let mut v = None; loop { v = Some(v); } }",
        "too much memory",
    );
}

#[test]
fn hostile_recursion() {
    gives_up(
        "fn f(n: u64) -> u64 { f(n + 1) } fn main() { f(0); }",
        "nested too deep",
    );
    gives_up(
        "macro_rules! m { ($($x:tt)*) => { m!($($x)* $($x)* 1) } } fn main() { m!(1) }",
        "too long",
    );
    let deep = format!("fn main() {{ {}1{} }}", "(".repeat(3000), ")".repeat(3000));
    gives_up(&deep, "nested too deep");
    gives_up(
        "#[path = \"build.rs\"] mod again; fn main() {}",
        "nested too deep",
    );
}

#[test]
fn no_more_ways_than_can_be_gone() {
    let probes: Vec<String> = (0..40)
        .map(|n| {
            format!(
                "if autocfg::new().probe_path(\"p{n}\") {{ println!(\"cargo:rustc-cfg=c{n}\"); }}"
            )
        })
        .collect();
    let probes = probes.concat();
    let reading = read_script(&format!("fn main() {{ {probes} }}"), &[]);
    assert_eq!(
        reading.gave_up.as_deref(),
        Some("it has too many ways to go")
    );
    assert!(reading.cfgs_maybe.iter().all(|guess| guess.on));
    assert_eq!(reading.cfgs_maybe.len(), 40);
}
