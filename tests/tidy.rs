//! The rules of the house, held against the source: who may import whom, and what belongs in one room only.
//!
//! The table of rooms is read from `docs/ARCHITECTURE.md`, so the map cannot lie.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on shall stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Files of the shell that are no rooms.
const OUTSIDE: [&str; 2] = ["lib.rs", "main.rs"];

struct Source {
    path: String,
    room: String,
    /// Comments, texts and unit tests are blanked out.
    code: String,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    let source = |file: PathBuf| {
        let path = file.strip_prefix(root().join("src")).unwrap().to_str().unwrap().to_owned();
        let room = path.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&file).unwrap();
        let production = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        Source { path, room, code: blank(production), text }
    };
    files.into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs")).map(source).collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() { collect(&entry, files) } else { files.push(entry) }
    }
}

/// Replaces comments and the insides of texts by nothing; lines stay where they are.
fn blank(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if let Some(inside) = rest.strip_prefix("r#\"") {
            let end = inside.find("\"#").map_or(inside.len(), |end| end + 2);
            rest = &inside[end..];
        } else if let Some(inside) = rest.strip_prefix("r\"") {
            let end = inside.find('"').map_or(inside.len(), |end| end + 1);
            rest = &inside[end..];
        } else if first == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|letter| {
                let closes = letter == '"' && !escaped;
                escaped = letter == '\\' && !escaped;
                closes
            });
            rest = end.map_or("", |end| &rest[end + 2..]);
        } else if let Some(quote) = ["'\"'", "b'\"'", "'\\\"'"].iter().find(|quote| rest.starts_with(**quote)) {
            rest = &rest[quote.len()..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// The rooms of the map, and what each may use.
fn map() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let (_, rooms) = text.split_once("## Rooms").unwrap();
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<String>>();
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let room = names(cells.first()?).pop_first()?;
        Some((room, names(cells.get(2).copied().unwrap_or_default())))
    };
    rooms
        .lines()
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with("| `"))
        .filter_map(row)
        .collect()
}

/// The rooms that `code` names by `crate::`, grouped imports included.
fn imports(code: &str) -> BTreeSet<String> {
    let word = |text: &str| {
        text.chars()
            .take_while(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || *letter == '_')
            .collect::<String>()
    };
    let mut found = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(group) => {
                let group = group.split('}').next().unwrap_or_default();
                found.extend(group.split(',').map(|part| word(part.trim())));
            }
            None => {
                found.insert(word(after));
            }
        }
    }
    found.remove("");
    found
}

#[test]
fn every_room_is_on_the_map_and_every_room_of_the_map_exists() {
    let here: BTreeSet<String> = sources()
        .into_iter()
        .filter(|source| !OUTSIDE.contains(&source.path.as_str()))
        .map(|source| source.room)
        .collect();
    let drawn: BTreeSet<String> = map().into_keys().collect();
    assert_eq!(here, drawn);
}

#[test]
fn rooms_use_only_what_the_map_allows() {
    let map = map();
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !OUTSIDE.contains(&source.path.as_str())) {
        for used in imports(&source.code) {
            // Macros are exported at the root; `$crate` in them is judged where they are defined.
            let is_room = map.contains_key(&used);
            if is_room && used != source.room && !map[&source.room].contains(&used) {
                wrong.push(format!("src/{} uses `{used}`, which `{}` may not", source.path, source.room));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_map_names_nothing_that_is_not_used() {
    let (sources, mut unused) = (sources(), Vec::new());
    for (room, allowed) in map() {
        let used: BTreeSet<String> =
            sources.iter().filter(|source| source.room == room).flat_map(|source| imports(&source.code)).collect();
        unused.extend(allowed.difference(&used).map(|other| format!("`{room}` does not use `{other}`")));
    }
    assert!(unused.is_empty(), "{}", unused.join("\n"));
}

/// What may stand in some places only: the word, where, and why.
const KEPT: [(&str, &[&str], &str); 16] = [
    ("actix_web", &["server/"], "the framework stays in the door"),
    ("async fn", &["server/", "client/"], "the core is synchronous"),
    ("TcpStream", &["server/", "client/transport.rs"], "the network has its doors"),
    ("hyper::", &["client/"], "only the client asks others"),
    ("sled::", &["store/"], "the engine is behind its seam"),
    ("flush_async", &[], "it hangs under concurrent awaits"),
    ("SystemTime::now", &["env.rs"], "time comes in through env"),
    ("Instant::now", &["env.rs", "env/"], "time comes in through env"),
    ("ureq::", &["env/"], "the network is reached through env"),
    ("rustls::", &["env/", "server/tls.rs"], "the network is reached through env, and served by the door"),
    ("ring::", &["env/certificates.rs", "federation/"], "proofs are computed where they are judged"),
    // ring wants a source for paddings that draw from one; the padding that is used does not.
    ("rand::", &["env.rs", "federation/signing.rs", "federation/saml/sign.rs"], "chance comes in through env"),
    (
        "ct_eq",
        &["secret.rs", "sigv4/verify.rs"],
        "secrets are compared in constant time, in one place each for texts and signatures",
    ),
    (".expose() ==", &[], "secrets are compared by `is_same_as`, in constant time"),
    ("println!", &["main.rs", "seed/meaning.rs"], "answers go through the door, troubles to the log"),
    (
        ".expose()",
        &[
            "secret.rs",
            "sigv4/",
            "federation/",
            "sessions/",
            "store/records/stored.rs",
            "sts/credentials.rs",
            "testing/credentials.rs",
            "seed/digest.rs",
            "seed/export.rs",
            "seed/passwords.rs",
            "server/console.rs",
            "validator/secrets.rs",
            "validator/signing_keys.rs",
            "server/client.rs",
            "identities/access_keys.rs",
            "federation/signing.rs",
            "client/",
        ],
        "secrets are used where they are computed with, and handed out in one place",
    ),
];

#[test]
fn what_belongs_in_one_place_stands_there_only() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (word, places, why) in KEPT {
            if has_word(&source.code, word) && !places.iter().any(|place| source.path.starts_with(place)) {
                wrong.push(format!("src/{} has {word}: {why}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether `word` stands in `code` and is not the end of a longer name.
fn has_word(code: &str, word: &str) -> bool {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(word).any(|(at, _)| !word.starts_with(is_name) || !code[..at].ends_with(is_name))
}

/// The table of attacks in `docs/security.md` cannot name what is not tried.
#[test]
fn every_attack_of_the_threat_model_is_held_by_a_test() {
    let text = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let (_, attacks) = text.split_once("## Attacks tried").unwrap();
    let named: BTreeSet<&str> = attacks
        .lines()
        .filter_map(|line| line.strip_suffix(" |")?.rsplit_once(" | "))
        .flat_map(|(_, held_by)| held_by.split('`').skip(1).step_by(2))
        .collect();
    let mut files = vec![root().join("tests/tidy.rs")];
    collect(&root().join("src"), &mut files);
    collect(&root().join("tests/suite"), &mut files);
    let code: String = files.into_iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
    let is_test = |name: &&&str| {
        let declared = format!("fn {name}(");
        code.match_indices(&declared).any(|(at, _)| code[..at].trim_end().ends_with("#[test]"))
    };
    let gone: Vec<&&str> = named.iter().filter(|name| !is_test(name)).collect();
    assert!(gone.is_empty() && named.len() > 100, "{} names, of which these are no tests: {gone:?}", named.len());
}

#[test]
fn every_file_says_what_it_is_for() {
    let mute: Vec<String> =
        sources().into_iter().filter(|source| !source.text.starts_with("//! ")).map(|source| source.path).collect();
    assert!(mute.is_empty(), "{mute:?}");
}

#[test]
fn lints_are_silenced_with_a_reason_or_not_at_all() {
    let sources = sources();
    let silent = sources.iter().filter(|source| source.code.contains("#[allow(") || source.code.contains("#![allow("));
    let silent: Vec<&str> = silent.map(|source| source.path.as_str()).collect();
    assert!(silent.is_empty(), "use #[expect(.., reason = ..)]: {silent:?}");
}

/// Images are built of what their Dockerfile copies, so a file that is compiled in must be among it.
#[test]
fn images_are_built_of_all_that_is_compiled_in() {
    let mut outside = BTreeSet::new();
    for source in sources() {
        let named = source.text.split("include_str!(\"").skip(1).filter_map(|rest| rest.split('"').next());
        let place = root().join("src").join(&source.path);
        let places = named.map(|file| place.parent().unwrap().join(file).canonicalize().unwrap());
        let directories = places.map(|file| file.parent().unwrap().strip_prefix(root()).unwrap().to_owned());
        outside.extend(directories.filter(|directory| !directory.starts_with("src")));
    }
    let ignored = fs::read_to_string(root().join(".dockerignore")).unwrap();
    for directory in &outside {
        let directory = directory.display();
        assert!(ignored.lines().any(|line| line == format!("!{directory}")), ".dockerignore: {directory}");
        for image in ["Dockerfile", "examples/s3-gateway/Dockerfile"] {
            let text = fs::read_to_string(root().join(image)).unwrap();
            assert!(text.contains(&format!("COPY {directory} {directory}\n")), "{image}: {directory}");
        }
    }
    assert!(!outside.is_empty());
}

/// The documents for people, by their paths from the root.
fn documents() -> Vec<(PathBuf, String)> {
    let mut files = vec![root().join("README.md")];
    for directory in ["docs", "benches", "examples", "fixtures"] {
        collect(&root().join(directory), &mut files);
    }
    files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|kind| kind == "md"))
        .filter(|file| !file.iter().any(|part| part == "target"))
        .map(|file| (file.clone(), fs::read_to_string(file).unwrap()))
        .collect()
}

/// How a heading is called in an address.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars()
        .filter(|letter| letter.is_alphanumeric() || "-_ ".contains(*letter))
        .collect::<String>()
        .replace(' ', "-")
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let mut astray = Vec::new();
    for (file, text) in documents() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            if !link.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-#".contains(letter)) {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { file.clone() } else { file.parent().unwrap().join(path) };
            let has_heading = |text: String| text.lines().any(|line| line.starts_with('#') && anchor(line) == heading);
            let leads = target.exists() && (heading.is_empty() || fs::read_to_string(&target).is_ok_and(has_heading));
            if !leads {
                astray.push(format!("{}: {link}", file.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(astray.is_empty(), "{}", astray.join("\n"));
}

/// The page that shows how an action is added quotes the files that it names.
#[test]
fn what_the_page_on_adding_an_action_quotes_is_so() {
    let page = fs::read_to_string(root().join("docs/adding-an-action.md")).unwrap();
    let mut said = String::new();
    let mut quotes = 0;
    for (at, part) in page.split("```").enumerate() {
        let Some(quote) = part.strip_prefix("rust\n").filter(|_| at % 2 == 1) else {
            said.push_str(part);
            continue;
        };
        let named =
            said.split("](../").skip(1).filter_map(|rest| rest.split_once(')')).map(|(path, _)| root().join(path));
        let stands = named.filter(|path| path.is_file()).any(|path| fs::read_to_string(path).unwrap().contains(quote));
        assert!(stands, "no file that is named before has this:\n{quote}");
        quotes += 1;
    }
    assert!(quotes > 4);
}
