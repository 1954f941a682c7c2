//! The build script of `dep`: generates a used and an unused function.

fn main() {
    let path = std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap()).join("generated.rs");
    std::fs::write(
        path,
        "pub fn generated() -> u32 { 10 }\npub fn generated_unused() {}\n",
    )
    .unwrap();
}
