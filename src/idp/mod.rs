//! The built-in issuer of tokens and identity provider, and the documents by which others come to trust what they say.
//!
//! `presets` knows what the tokens of well-known platforms look like, `mint` makes tokens of any shape, `defects` spoils
//! them on purpose, `door` is how jobs of GitHub ask, `issuer` has the keys, `documents` shows them, `trust` says what a
//! seed needs for it. `saml` is all of that for assertions. Who may ask is decided elsewhere.

/// Declares what can be wrong with a document on purpose: each defect with its name, and how it is made.
macro_rules! defects {
    ($($variant:ident $name:literal $how:literal,)+) => {
        /// What is wrong on purpose.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
        pub enum Defect {
            $(#[doc = $how] #[serde(rename = $name)] $variant,)+
        }

        impl Defect {
            /// Every defect.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// What it is called on command lines and in fixtures.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// How it is made.
            pub fn how(self) -> &'static str {
                match self { $(Self::$variant => $how),+ }
            }

            /// The defect of this name; if there is none, the names that there are.
            pub fn named(name: &str) -> Result<Self, String> {
                let known = || Self::ALL.iter().map(|defect| defect.name()).collect::<Vec<_>>().join(", ");
                Self::ALL.iter().copied().find(|defect| defect.name() == name).ok_or_else(known)
            }
        }
    };
}

pub mod defects;
pub mod documents;
pub mod door;
pub mod issuer;
pub mod mint;
pub mod presets;
pub mod saml;
pub mod trust;
