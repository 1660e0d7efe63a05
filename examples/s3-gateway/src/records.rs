//! What S3 knows of buckets and objects beside their bytes: owners, bucket policies, tags, uploads under way.
//!
//! Kept in `.gateway` beside the buckets, a small file each. s3s-fs keeps the bytes.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::path::check_bucket_name;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The tags of an object.
pub type Tags = BTreeMap<String, String>;

/// The records of one directory.
#[derive(Debug)]
pub struct Records {
    root: PathBuf,
    default_owner: String,
}

/// A bucket that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The account that owns it.
    pub owner: String,
    /// Its policy, as it was put.
    pub policy: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Owner {
    owner: String,
}

/// An upload in parts: what it was begun for, which no later call can change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The key that it will have.
    pub key: String,
    /// The tags that it will have.
    pub tags: Tags,
}

impl Records {
    /// The records of `root`, whose buckets belong to `default_owner` if nothing else is recorded.
    pub fn open(root: &Path, default_owner: &str) -> io::Result<Self> {
        let root = root.canonicalize()?;
        fs::create_dir_all(root.join(OURS))?;
        Ok(Self { root, default_owner: default_owner.to_owned() })
    }

    /// What is known of a bucket, if it is there.
    pub fn bucket(&self, name: &str) -> io::Result<Option<Bucket>> {
        // ATTACK: `..` and `.gateway` are directories too; a copy may name them as its source.
        if !check_bucket_name(name) || !self.root.join(name).is_dir() {
            return Ok(None);
        }
        let owner: Option<Owner> = read(&self.of_bucket(name).join("owner.json"))?;
        let policy = text(&self.of_bucket(name).join("policy.json"))?;
        Ok(Some(Bucket { owner: owner.map_or_else(|| self.default_owner.clone(), |owner| owner.owner), policy }))
    }

    /// Records who owns a bucket, before it is there.
    pub fn claim(&self, name: &str, owner: &str) -> io::Result<()> {
        // Nothing of a bucket that had the name before is passed on.
        self.forget(name)?;
        write(&self.of_bucket(name).join("owner.json"), &Owner { owner: owner.to_owned() })
    }

    /// Forgets a bucket that is gone.
    pub fn forget(&self, name: &str) -> io::Result<()> {
        absent_is_fine(fs::remove_dir_all(self.of_bucket(name)))
    }

    /// Whether a bucket holds no object.
    pub fn is_empty(&self, bucket: &str) -> io::Result<bool> {
        let mut directories = vec![self.root.join(bucket)];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory)? {
                let entry = entry?;
                if !entry.file_type()?.is_dir() {
                    return Ok(false);
                }
                directories.push(entry.path());
            }
        }
        Ok(true)
    }

    /// Keeps the policy of a bucket, or takes it away.
    pub fn set_policy(&self, bucket: &str, policy: Option<&str>) -> io::Result<()> {
        let path = self.of_bucket(bucket).join("policy.json");
        match policy {
            Some(policy) => replace(&path, policy.as_bytes()),
            None => absent_is_fine(fs::remove_file(path)),
        }
    }

    /// Whether an object is there.
    pub fn has_object(&self, bucket: &str, key: &str) -> bool {
        can_be_stored(key) && self.root.join(bucket).join(key).is_file()
    }

    /// How many bytes an object has.
    pub fn size(&self, bucket: &str, key: &str) -> io::Result<u64> {
        Ok(fs::metadata(self.root.join(bucket).join(key))?.len())
    }

    /// Whether an object can be put there: a directory cannot hold `a` and `a/b` at once.
    pub fn has_room(&self, name: &str, key: &str) -> bool {
        let bucket = self.root.join(name);
        let path = bucket.join(key);
        let above = path.ancestors().skip(1).take_while(|above| *above != bucket);
        has_name(name, key, "")
            && can_be_stored(key)
            && !path.is_dir()
            && above.into_iter().all(|above| !above.is_file())
    }

    /// Takes away the directories above an object that is gone, as far as they are empty.
    pub fn prune(&self, bucket: &str, key: &str) {
        let bucket = self.root.join(bucket);
        let path = bucket.join(key);
        for above in path.ancestors().skip(1).take_while(|above| *above != bucket) {
            if fs::remove_dir(above).is_err() {
                return;
            }
        }
    }

    /// The tags of an object.
    pub fn tags(&self, bucket: &str, key: &str) -> io::Result<Tags> {
        Ok(read(&self.of_object(bucket, key))?.unwrap_or_default())
    }

    /// Sets the tags of an object.
    pub fn set_tags(&self, bucket: &str, key: &str, tags: &Tags) -> io::Result<()> {
        let path = self.of_object(bucket, key);
        if tags.is_empty() { absent_is_fine(fs::remove_file(path)) } else { write(&path, tags) }
    }

    /// Remembers what an upload is for.
    pub fn begin_upload(&self, bucket: &str, id: &str, upload: &Upload) -> io::Result<()> {
        write(&self.of_upload(bucket, id), upload)
    }

    /// What an upload of this bucket and key is for; `None` if there is none.
    pub fn upload(&self, bucket: &str, key: &str, id: &str) -> io::Result<Option<Upload>> {
        let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let upload: Option<Upload> = if plain { read(&self.of_upload(bucket, id))? } else { None };
        Ok(upload.filter(|upload| upload.key == key))
    }

    /// Forgets an upload that is over.
    pub fn end_upload(&self, bucket: &str, id: &str) -> io::Result<()> {
        absent_is_fine(fs::remove_file(self.of_upload(bucket, id)))
    }

    fn of_bucket(&self, name: &str) -> PathBuf {
        self.root.join(OURS).join(name)
    }

    fn of_object(&self, bucket: &str, key: &str) -> PathBuf {
        // A key may be longer than the name of a file.
        self.of_bucket(bucket).join("tags").join(URL_SAFE_NO_PAD.encode(Sha256::digest(key)))
    }

    fn of_upload(&self, bucket: &str, id: &str) -> PathBuf {
        self.of_bucket(bucket).join("uploads").join(id)
    }
}

/// No bucket can have this name.
const OURS: &str = ".gateway";

/// Whether a key is the one name of a file, and of no other: paths have more than one spelling, policies judge by one.
// ATTACK: `public/../secret`, `secret//x` and `secret/x/` are other keys than `secret/x`, and the same file.
pub fn can_be_stored(key: &str) -> bool {
    let fine = |part: &str| !matches!(part, "" | "." | "..") && part.len() <= LONGEST_NAME;
    !key.contains('\0') && key.split('/').all(fine)
}

/// Whether an upload in parts can begin.
pub fn has_name_for_upload(bucket: &str, key: &str) -> bool {
    has_name(bucket, key, ".upload-00000000-0000-0000-0000-000000000000")
}

/// Whether there is room for the name that s3s-fs gives to the file of an object's headers.
fn has_name(bucket: &str, key: &str, upload: &str) -> bool {
    let encoded = |text: &str| (text.len() * 4).div_ceil(3);
    let name = ".bucket-.object-.metadata.json".len() + encoded(bucket) + encoded(key) + upload.len();
    name <= LONGEST_NAME
}

/// The longest name of a file.
const LONGEST_NAME: usize = 255;

fn text(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    let text = text(path)?;
    text.map(|text| serde_json::from_str(&text).map_err(io::Error::from)).transpose()
}

fn write(path: &Path, value: &impl Serialize) -> io::Result<()> {
    replace(path, &serde_json::to_vec(value)?)
}

/// Writes a file whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent)?;
    let new = parent.join(format!(".{}.new", uuid::Uuid::new_v4().simple()));
    let mut file = fs::File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(new, path)
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_stored_only_if_it_has_one_spelling() {
        for key in ["a", "a/b", ".a", "a..b/...", "a b", "é"] {
            assert!(can_be_stored(key), "{key}");
        }
        for key in ["", "/", "a/", "/a", "a//b", ".", "..", "a/./b", "a/../b", "../b", "a\0b"] {
            assert!(!can_be_stored(key), "{key}");
        }
        assert!(!can_be_stored(&"x".repeat(256)));
    }
}
