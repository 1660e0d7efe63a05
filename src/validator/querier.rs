//! Who asks the validator, and what they may ask for.

crate::words! {
    /// What a querier may ask for, by the words of a token file.
    #[derive(Hash)]
    #[repr(u8)]
    Scope {
        /// Who signed this.
        Authenticate "authenticate",
        /// May this credential do that.
        Authorize "authorize",
        /// May this principal do that, without a credential.
        AuthorizeAny "authorize-any",
        /// Whether credentials are alive and identities exist.
        Introspect "introspect",
        /// The same questions as proxies ask them.
        ForwardAuth "forward-auth",
        /// What changes.
        Events "events",
        /// What was computed, to explain a mismatch.
        Debug "debug",
        /// Clock, reset, sessions.
        Admin "admin",
        /// Tokens of the built-in issuer.
        Mint "mint",
        /// Keys that verify signatures, and could make them.
        SigningKey "signing-key",
        /// Secrets themselves.
        Secret "secret",
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u16);

impl Scopes {
    /// These.
    pub fn of(scopes: &[Scope]) -> Self {
        scopes.iter().fold(Self::default(), |set, scope| set.and(*scope))
    }

    /// These and one more.
    #[must_use]
    pub fn and(self, scope: Scope) -> Self {
        Self(self.0 | 1 << scope as u8)
    }

    /// These without one.
    #[must_use]
    pub fn but(self, scope: Scope) -> Self {
        Self(self.0 & !(1 << scope as u8))
    }

    /// These and those.
    #[must_use]
    pub fn with_all(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// All there are.
    pub fn all() -> Self {
        Self::of(Scope::ALL)
    }

    /// Whether this one is among them.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & 1 << scope as u8 != 0
    }

    /// Everything that yields no key, no change and no secret: the word `validator` of a token file.
    pub fn validator() -> Self {
        Self::of(&[Scope::Authenticate, Scope::Authorize, Scope::Introspect, Scope::ForwardAuth, Scope::Events])
    }
}

/// Whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Querier {
    /// What it may ask for.
    pub scopes: Scopes,
    /// The services for which it may have signing keys.
    pub services: Vec<String>,
}

impl Querier {
    /// Any program of this machine.
    // ATTACK: what verifies signatures can make them, and what changes tells of others: neither is for everybody who
    // can reach the port.
    pub fn on_this_machine() -> Self {
        Self::with(Scopes::all().but(Scope::SigningKey).but(Scope::Secret).but(Scope::Events))
    }

    /// Whoever may open our socket or read our directory.
    pub fn of_this_user() -> Self {
        Self::with(Scopes::all().but(Scope::Secret))
    }

    /// Somebody who may do this, with keys for S3 if for any service.
    pub fn with(scopes: Scopes) -> Self {
        Self { scopes, services: vec!["s3".to_owned()] }
    }

    /// Whether it may ask for this.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.has(scope)
    }

    /// Whether it may have keys that sign for this service.
    pub fn may_sign_for(&self, service: &str) -> bool {
        self.may(Scope::SigningKey)
            && !NEVER_SIGNED_FOR.contains(&service)
            && self.services.iter().any(|known| known == service)
    }
}

/// ATTACK: a key for one of these would be the credential itself.
pub const NEVER_SIGNED_FOR: [&str; 2] = ["iam", "sts"];
