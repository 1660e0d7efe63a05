//! Kinds of things, and the word for each.

/// Declares such a kind: `Kind { One "one", Two "two", }` gives an enumeration, all of it in this order, the word of each
/// and the one of a word.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$one_doc:meta])* $one:ident $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$one_doc])* $one,)+ }

        impl $name {
            /// Every one there is.
            pub const ALL: &'static [Self] = &[$(Self::$one),+];

            /// The word for it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$one => $word,)+ }
            }

            /// The one of this word.
            pub fn named(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$one),)+ _ => None }
            }
        }
    };
}
