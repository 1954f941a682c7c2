//! The fixtures with one function more.

use super::place::Place;

#[test]
fn fixtures_give_the_same() {
    let names = [
        "drop-glue",
        "generics-assoc",
        "library-roots",
        "macro-rules",
    ];
    let mut known = 0;
    for name in names {
        let place = Place::of_fixture(name);
        let (_, none) = place.analysis("2");
        assert_eq!(none, 0, "{name}");
        let Some(root) = ["tree/src/main.rs", "tree/src/lib.rs"]
            .into_iter()
            .find(|file| place.base.join(file).is_file())
        else {
            panic!("{name}");
        };
        place.write(
            root,
            &(place.read(root) + "\n#[allow(dead_code)] pub fn one_more() {}\n"),
        );
        known += place.check(name);
    }
    assert!(known > 100, "{known}");
}
