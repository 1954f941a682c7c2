//! The bin of the calibration tests: calls some of what `dep` has.

dep::make_in_caller!();
use dep::Shape as _;
fn own() -> u32 {
    dep::used()
}
fn main() {
    let shape: Box<dyn dep::Shape> = Box::new(dep::Square(dep::VALUE));
    let multi = dep::Multi(3).clone();
    let square = dep::Square(1).clone();
    let sum = own()
        + dep::inlined(own())
        + shape.provided()
        + dep::with_nested()
        + dep::from_macro()
        + in_caller()
        + dep::generated()
        + square.area();
    println!("{sum} {} {multi:?} {}", dep::generic(5), square.0);
    // Never polled, so `awaited` is never called.
    let _ = std::pin::pin!(dep::asynchronous());
    dep::prunes();
    dep::r#try();
}
