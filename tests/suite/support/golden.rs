//! Files that hold what was once found right. `UPDATE=1 cargo test` writes them anew; read the difference then.

use std::fs;
use std::path::Path;

/// `found` is what the file at this place of the repository says.
#[track_caller]
pub fn golden(place: &str, found: &str) {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(place);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(&place, found).unwrap();
    }
    let kept = fs::read_to_string(&place).unwrap_or_default();
    let changed: Vec<String> = (0..found.lines().count().max(kept.lines().count()))
        .map(|at| (kept.lines().nth(at).unwrap_or_default(), found.lines().nth(at).unwrap_or_default()))
        .filter(|(kept, found)| kept != found)
        .map(|(kept, found)| format!("- {kept}\n+ {found}\n"))
        .collect();
    assert!(
        found == kept,
        "{} says otherwise:\n{}UPDATE=1 cargo test writes it anew",
        place.display(),
        changed.concat()
    );
}
