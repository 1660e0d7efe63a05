//! What a proof demands of the session of its bearer, whoever vouches.

/// Texts as they stand in the proof: whether they are good enough for a session is not decided here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// Who stands behind the session.
    pub source_identity: Option<String>,
    /// Key and value of each tag.
    pub tags: Vec<(String, String)>,
    /// The tags that are handed on.
    pub transitive: Vec<String>,
}
