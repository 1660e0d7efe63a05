//! TLS on the aws listener: the certificate that clients are shown, and the key behind it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::verify_server_name;
use rustls::crypto::ring as cryptography;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error as TlsError, RootCertStore, ServerConfig};

use super::files;
use crate::config::TlsFiles;

/// How to speak TLS, and as whom.
#[derive(Debug)]
pub struct Tls {
    /// HTTP/1.1 alone is offered by the listener: AWS's STS takes no other either.
    pub config: ServerConfig,
    chain: Vec<CertificateDer<'static>>,
    file: PathBuf,
}

impl Tls {
    /// Reads certificate and key, or says in which file what is wrong.
    pub fn read(named: &TlsFiles) -> Result<Self, String> {
        let wrong_certificate = |what: &str| format!("--tls-cert {}: {what}", named.certificate.display());
        let wrong_key = |what: &str| format!("--tls-key {}: {what}", named.key.display());
        let chain = files::read(&named.certificate)
            .map_err(|error| error.to_string())
            .and_then(|pem| certificates(&pem))
            .map_err(|what| wrong_certificate(&what))?;
        let key = files::read(&named.key)
            .map_err(|error| error.to_string())
            .and_then(|pem| private_key(&pem))
            .map_err(|what| wrong_key(&what))?;
        files::warn_if_open(&named.key, "the key");
        let provider = Arc::new(cryptography::default_provider());
        let key = provider.key_provider.load_private_key(key).map_err(|_| {
            wrong_key("it is no key that can be used here: RSA of 2048 to 4096 bits, P-256, P-384 and Ed25519 can")
        })?;
        let certified = CertifiedKey::new(chain.clone(), key);
        match certified.keys_match() {
            Err(TlsError::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => {
                let certificate = named.certificate.display();
                return Err(wrong_key(&format!("it is not the key of the first certificate in {certificate}")));
            }
            Err(TlsError::InvalidCertificate(_)) => {
                return Err(wrong_certificate("its first certificate cannot be read"));
            }
            _ => {}
        }
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        Ok(Self { config, chain, file: named.certificate.clone() })
    }

    /// How to reach a listener there, by a name that the certificate is for, if there is one.
    pub fn url(&self, address: SocketAddr) -> String {
        let ip = address.ip();
        if self.is_for(&ip.to_string()) || ip.is_unspecified() {
            return format!("https://{address}");
        }
        if ip.is_loopback() && self.is_for("localhost") {
            return format!("https://localhost:{}", address.port());
        }
        let file = self.file.display();
        tracing::warn!("the certificate in {file} is not for {ip}: clients have to call this by a name that it is for");
        format!("https://{address}")
    }

    /// The file that makes clients trust this, where it ends in an authority that vouches for itself.
    pub fn bundle(&self) -> Option<PathBuf> {
        let last = self.chain.last()?;
        let mut roots = RootCertStore::empty();
        roots.add(last.clone()).ok()?;
        let subject = roots.roots.first()?.subject.to_vec();
        // Who signed stands in a certificate before whom it is for, in the same bytes if they are one.
        let named = last.windows(subject.len().max(1)).filter(|part| *part == subject).count();
        (named > 1).then(|| fs::canonicalize(&self.file).unwrap_or_else(|_| self.file.clone()))
    }

    /// The file with the certificate.
    pub fn file(&self) -> &Path {
        &self.file
    }

    fn is_for(&self, host: &str) -> bool {
        let certificate = self.chain.first().and_then(|first| ParsedCertificate::try_from(first).ok());
        let name = ServerName::try_from(host).ok();
        certificate.zip(name).is_some_and(|(certificate, name)| verify_server_name(&certificate, &name).is_ok())
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| no_pem(&error))?;
    if chain.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(chain) }
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    // PKCS #8 says it in the name of the section, the older forms say it in a line below.
    if pem.windows(9).any(|word| word == b"ENCRYPTED") {
        return Err("it is locked by a passphrase: `openssl pkey -in FILE -out FILE` unlocks it".to_owned());
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        PemError::NoItemsFound => "there is no private key in it".to_owned(),
        error => no_pem(&error),
    })
}

fn no_pem(error: &PemError) -> String {
    format!("it is no PEM: {error}")
}
