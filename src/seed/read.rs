//! Fetches the text of seed files.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::fault::{Faults, Place, SeedErrors};
use super::{Source, tree};

/// The texts of `paths`, or what is wrong with every one that cannot be had.
pub fn read_files(paths: &[PathBuf]) -> Result<Vec<Source>, SeedErrors> {
    let mut sources = Vec::new();
    let mut faults = Faults::default();
    for path in paths {
        let name = path.display().to_string();
        match read(path).and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other)) {
            Ok(text) => sources.push(Source { name, text }),
            Err(error) => {
                let (problem, advice) = explain(&error);
                faults.push(&Place::whole(&name), problem, advice);
            }
        }
    }
    faults.into_result(&[])?;
    Ok(sources)
}

/// One byte more than is allowed, so that the parser sees that it is too much.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(tree::MAX_TEXT as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn explain(error: &io::Error) -> (String, &'static str) {
    let (problem, advice) = match error.kind() {
        ErrorKind::NotFound => {
            ("there is no such file", "look at the path; a relative one begins at the working directory")
        }
        ErrorKind::PermissionDenied => ("this file may not be read", "let the user that runs the server read it"),
        ErrorKind::IsADirectory => {
            ("this is a directory", "name the file itself; several seeds are read in their order")
        }
        ErrorKind::Other => ("this is not UTF-8 text", "save it as UTF-8"),
        _ => return (format!("this file cannot be read: {error}"), "look at the file and its disk"),
    };
    (problem.to_owned(), advice)
}
