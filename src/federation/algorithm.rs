//! The six algorithms of tokens that AWS takes and makes, and the keys that they need.
//!
//! <https://www.rfc-editor.org/rfc/rfc7518#section-3>

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// ECDSA over P-384 with SHA-384.
    Es384,
    /// ECDSA over P-521 with SHA-512.
    Es512,
}

/// What a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA.
    Rsa,
    /// The curve P-256.
    P256,
    /// The curve P-384.
    P384,
    /// The curve P-521.
    P521,
}

impl Algorithm {
    /// Every one of them.
    pub const ALL: [Self; 6] = [Self::Rs256, Self::Rs384, Self::Rs512, Self::Es256, Self::Es384, Self::Es512];

    /// The algorithm of this very name.
    ///
    /// ATTACK: a list of what is taken, so that `none`, `nOnE` and `HS256` are as unknown as `RS257`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// As headers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
        }
    }

    /// What keys make such signatures.
    pub fn kind(self) -> KeyKind {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 => KeyKind::Rsa,
            Self::Es256 => KeyKind::P256,
            Self::Es384 => KeyKind::P384,
            Self::Es512 => KeyKind::P521,
        }
    }
}

impl KeyKind {
    const CURVES: [(Self, &'static str); 3] = [(Self::P256, "P-256"), (Self::P384, "P-384"), (Self::P521, "P-521")];

    /// The curve of this very name.
    pub(super) fn of_curve(name: &str) -> Option<Self> {
        Self::CURVES.into_iter().find(|(_, known)| *known == name).map(|(kind, _)| kind)
    }

    /// What key sets call the curve; none of RSA.
    pub(super) fn curve(self) -> Option<&'static str> {
        Self::CURVES.into_iter().find(|(kind, _)| *kind == self).map(|(_, name)| name)
    }
}
