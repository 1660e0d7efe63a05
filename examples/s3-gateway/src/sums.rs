//! The checksums of a body: what its headers and trailers tell, and what came.
//!
//! Compared before whoever stores the body sees its end: s3s-fs compares too, but only once the object is replaced.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::{HeaderMap, Method};
use local_sts::sigv4::{Declared, Whole};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};

use crate::arrival::Fault;

/// What a body shall come to, and what it came to so far.
#[derive(Default)]
pub struct Sums {
    hasher: ChecksumHasher,
    /// Names and values that the headers tell.
    told: Vec<(String, String)>,
    md5: Option<(Md5, [u8; 16])>,
}

impl Sums {
    /// The sums of a request with this method, query and headers.
    pub fn of(method: &Method, query: &str, headers: &HeaderMap, declared: &Declared) -> Result<Self, Fault> {
        let mut sums = Self::default();
        for name in declared.trailers() {
            if !sums.expect(name) {
                return Err(Fault::Trailer { name: name.to_owned() });
            }
        }
        if let Some(told) = headers.get("content-md5") {
            let told = STANDARD.decode(told).ok().and_then(|sum| sum.try_into().ok());
            sums.md5 = Some((Md5::new(), told.ok_or(Fault::Md5Form)?));
        }
        // AWS: who completes an upload tells the sum of the whole object, not of the list that is the body.
        let completes = *method == Method::POST && query.contains("uploadId=");
        for (name, length) in HEADERS.iter().filter(|_| !completes) {
            let Some(told) = headers.get(*name) else { continue };
            let told = told.to_str().unwrap_or_default();
            if STANDARD.decode(told).map_or(0, |sum| sum.len()) != *length {
                return Err(Fault::ChecksumForm { name: (*name).to_owned() });
            }
            sums.expect(name);
            sums.told.push(((*name).to_owned(), told.to_owned()));
        }
        Ok(sums)
    }

    /// Begins to compute the sum of this name, if there is one.
    fn expect(&mut self, name: &str) -> bool {
        let hasher = &mut self.hasher;
        match name {
            "x-amz-checksum-crc32" => hasher.crc32 = Some(Crc32::default()),
            "x-amz-checksum-crc32c" => hasher.crc32c = Some(Crc32c::default()),
            "x-amz-checksum-crc64nvme" => hasher.crc64nvme = Some(Crc64Nvme::default()),
            "x-amz-checksum-sha1" => hasher.sha1 = Some(Sha1::default()),
            "x-amz-checksum-sha256" => hasher.sha256 = Some(Sha256::default()),
            _ => return false,
        }
        true
    }

    /// Takes the next bytes of the body, decoded.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        if let Some((md5, _)) = &mut self.md5 {
            md5.update(bytes);
        }
    }

    /// Compares all that was told with what came.
    pub fn compare(self, whole: &Whole) -> Result<(), Fault> {
        if let Some((md5, told)) = self.md5
            && md5.finalize() != told
        {
            return Err(Fault::Md5);
        }
        let came = self.hasher.finalize();
        let in_headers = self.told.iter().map(|(name, told)| (name.as_str(), told.as_str()));
        for (name, told) in in_headers.chain(whole.trailers()) {
            let came = match name {
                "x-amz-checksum-crc32" => &came.checksum_crc32,
                "x-amz-checksum-crc32c" => &came.checksum_crc32c,
                "x-amz-checksum-crc64nvme" => &came.checksum_crc64nvme,
                "x-amz-checksum-sha1" => &came.checksum_sha1,
                _ => &came.checksum_sha256,
            };
            if came.as_deref() != Some(told) {
                return Err(Fault::Checksum { name: name.to_owned() });
            }
        }
        Ok(())
    }
}

/// Headers that tell a sum, and how many bytes it has.
const HEADERS: [(&str, usize); 5] = [
    ("x-amz-checksum-crc32", 4),
    ("x-amz-checksum-crc32c", 4),
    ("x-amz-checksum-crc64nvme", 8),
    ("x-amz-checksum-sha1", 20),
    ("x-amz-checksum-sha256", 32),
];
