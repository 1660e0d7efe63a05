//! TLS to issuers: the authorities that everybody knows, those of one's own, and thumbprints where neither vouches.
//!
//! AWS: thumbprints are asked only where its own store of authorities does not vouch (federation A1).
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html>

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

use crate::hex;

/// The authorities that vouch for certificates.
#[derive(Clone, Debug)]
pub struct Authorities {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

/// No authority vouches for a certificate, and nobody knows its thumbprint either.
#[derive(Clone, Debug, derive_more::Display)]
#[display("nobody knows the thumbprint {_0}")]
pub(super) struct UnknownThumbprint(pub(super) String);

impl Authorities {
    /// Those that browsers know, and those of `bundle`, a PEM file's bytes.
    pub fn with(bundle: Option<&[u8]>) -> Result<Self, String> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(bundle) = bundle {
            let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bundle).collect();
            let certificates = certificates.map_err(|error| format!("it is no PEM: {error}"))?;
            if certificates.is_empty() {
                return Err("there is no certificate in it".to_owned());
            }
            for certificate in certificates {
                roots.add(certificate).map_err(|error| format!("a certificate in it is of no use: {error}"))?;
            }
        }
        Ok(Self { roots: Arc::new(roots), provider: Arc::new(ring::default_provider()) })
    }

    /// How to talk to a host whose certificate may also be known by a thumbprint.
    pub(super) fn client(&self, thumbprints: &[String]) -> Result<ClientConfig, Error> {
        let verifier = Verifier {
            roots: Arc::clone(&self.roots),
            algorithms: self.provider.signature_verification_algorithms,
            thumbprints: thumbprints.to_vec(),
        };
        let builder =
            ClientConfig::builder_with_provider(Arc::clone(&self.provider)).with_safe_default_protocol_versions()?;
        let verified = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        Ok(verified.with_no_client_auth())
    }
}

/// Judges certificates as rustls does, and asks the thumbprints where that ends in an unknown authority.
#[derive(Debug)]
struct Verifier {
    roots: Arc<RootCertStore>,
    algorithms: WebPkiSupportedAlgorithms,
    thumbprints: Vec<String>,
}

impl Verifier {
    fn chain(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        roots: &RootCertStore,
        now: UnixTime,
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(leaf)?;
        verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, self.algorithms.all)
    }

    /// The last certificate that a server shows is the one by whose thumbprint AWS knows it. It stands for an authority;
    /// one that stands alone for itself.
    fn by_thumbprint(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let found = thumbprint(intermediates.last().unwrap_or(leaf));
        if !self.thumbprints.contains(&found) {
            let unknown = OtherError(Arc::new(UnknownThumbprint(found)));
            return Err(Error::InvalidCertificate(CertificateError::Other(unknown)));
        }
        let Some(top) = intermediates.last() else { return Ok(()) };
        let mut roots = RootCertStore::empty();
        roots.add(top.clone().into_owned())?;
        self.chain(leaf, intermediates, &roots, now)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.chain(leaf, intermediates, &self.roots, now) {
            Ok(()) => {}
            Err(Error::InvalidCertificate(
                error @ (CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. }),
            )) => return Err(Error::InvalidCertificate(error)),
            Err(_) => self.by_thumbprint(leaf, intermediates, now)?,
        }
        verify_server_name(&ParsedCertificate::try_from(leaf)?, name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// AWS: SHA-1 in hexadecimal, as it was when thumbprints were invented.
fn thumbprint(certificate: &CertificateDer<'_>) -> String {
    hex::text(::ring::digest::digest(&::ring::digest::SHA1_FOR_LEGACY_USE_ONLY, certificate).as_ref())
}

impl std::error::Error for UnknownThumbprint {}
