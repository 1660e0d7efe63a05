//! Session tokens: the session itself, sealed by AES-256-GCM-SIV under a key of the ring.
//!
//! `head | ring key id | nonce | sealed session | tag`, in base64. The head is the one by which real tokens
//! are recognised; it and the access key id are associated data, so a token opens for its own key id only.
//! <https://www.rfc-editor.org/rfc/rfc8452>

use std::sync::Arc;

use aes_gcm_siv::Nonce;
use aes_gcm_siv::aead::AeadInOut;
use base64::Engine as _;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use base64::engine::GeneralPurpose;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use base64::engine::Simd;
use base64::engine::general_purpose::PAD;
use postcard::ser_flavors::Size;
use zeroize::Zeroizing;

use super::carried::Carried;
use super::envelope::{NONCE, OPEN_PART, TAG, Unopened, unseal};
use super::key_ring::KeyRing;
use super::session::{Session, Subject};
use crate::ids::AccessKeyId;
use crate::ids::region::TokenVersion;
use crate::sigv4::DerivedKeys;

/// A session token as clients carry it. As good as a password together with its keys: it does not print.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("SessionToken(..)")]
pub struct SessionToken(Box<str>);

/// A session whose token was ours, untampered, and bound to the access key id it came with.
#[derive(Clone, Debug)]
pub struct OpenedToken(Arc<Opened>);

#[derive(Debug)]
struct Opened {
    session: Session,
    version: TokenVersion,
    ring_key: u32,
    derived: DerivedKeys,
}

const HEAD: usize = 9;
/// AWS: the longest token that is issued, in characters.
const ROOM: usize = 4096;
/// More bytes than a session has without what it carries.
const PLAIN_ROOM: usize = 600;
/// A token longer than this is not looked at.
const LONGEST: usize = 16 * 1024;

/// The fastest way there is on this machine: tokens are long.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static BASE64: std::sync::LazyLock<Simd> = std::sync::LazyLock::new(|| Simd::standard(PAD));
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static BASE64: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, PAD);

impl TokenVersion {
    const ALL: [Self; 2] = [Self::V2, Self::V1];

    fn head(self) -> [u8; HEAD] {
        match self {
            Self::V1 => *b"\x17\x0A\x06er/aws",
            Self::V2 => *b"!\x0A\x09origin",
        }
    }

    /// Characters of a token that carries nothing but the session.
    /// AWS: measured lengths, aws-behaviour 17.5; a federated user's was seen with a policy only.
    fn plain_length(self, subject: &Subject) -> usize {
        match (self, subject) {
            (Self::V1, Subject::Role { .. }) => 352,
            (Self::V2, Subject::Role { .. }) => 752,
            (Self::V1, _) => 288,
            (Self::V2, _) => 688,
        }
    }
}

impl SessionToken {
    /// Seals `session` for `access_key_id` in a token of at least `least` characters. None only if the ring is empty.
    pub fn seal(
        session: &Session,
        access_key_id: &AccessKeyId,
        ring: &KeyRing,
        version: TokenVersion,
        least: usize,
        nonce: [u8; NONCE],
    ) -> Option<Self> {
        let key = ring.newest()?;
        let carried = if session.carried.is_empty() {
            Vec::new()
        } else {
            postcard::to_extend(&session.carried, Vec::with_capacity(PLAIN_ROOM)).ok()?
        };
        let carried_room = room(&session.carried, carried.len());
        // A buffer that had to grow would leave the secret behind.
        let mut open_part = Vec::with_capacity(PLAIN_ROOM.max(least) + carried_room);
        open_part.extend(version.head());
        open_part.extend(key.id.to_be_bytes());
        open_part.extend(nonce);
        let mut bytes = Zeroizing::new(postcard::to_extend(session, open_part).ok()?);
        let plain = bytes.len().max(version.plain_length(&session.subject) / 4 * 3 - TAG);
        bytes.resize(plain, 0);
        bytes.extend(&carried);
        // AWS: a token's length is always a multiple of four without padding characters.
        let whole = (plain + carried_room + TAG).max(least.div_ceil(4) * 3).next_multiple_of(3) - TAG;
        bytes.resize(whole, 0);
        let (open_part, sealed) = bytes.split_at_mut_checked(HEAD + OPEN_PART)?;
        let associated = [&*open_part, access_key_id.as_str().as_bytes()].concat();
        let tag = key.session_tokens.encrypt_inout_detached(&Nonce::from(nonce), &associated, sealed.into()).ok()?;
        // Nothing in it is secret any more, so it need not be wiped.
        let mut bytes = std::mem::take(&mut *bytes);
        bytes.extend(tag);
        Some(Self(BASE64.encode(bytes).into()))
    }

    /// The text, for the one answer that hands it out.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its characters: `SessionTokenSize`.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// How much of AWS's room for tokens it fills, in percent: `SessionTokenUtilization`, and `PackedPolicySize`.
    /// AWS: fits every captured pair, aws-behaviour 17.5.
    pub fn utilization(&self) -> usize {
        self.0.len() * 100 / ROOM
    }
}

/// Opens a token that came with `access_key_id`, or finds it among those that `ring` opened lately.
pub fn open(token: &str, access_key_id: &str, ring: &KeyRing) -> Result<OpenedToken, Unopened> {
    if token.len() > LONGEST {
        return Err(Unopened::Foreign);
    }
    ring.lately.find(token, access_key_id).map_or_else(
        || {
            let opened = read(token, access_key_id, ring)?;
            ring.lately.keep(token, access_key_id, &opened);
            Ok(opened)
        },
        Ok,
    )
}

fn read(token: &str, access_key_id: &str, ring: &KeyRing) -> Result<OpenedToken, Unopened> {
    let mut bytes = Zeroizing::new(BASE64.decode(token).map_err(|_| Unopened::Foreign)?);
    let begins_so = |version: &TokenVersion| bytes.starts_with(&version.head());
    let version = TokenVersion::ALL.into_iter().find(begins_so).ok_or(Unopened::Foreign)?;
    let (ring_key, sealed) = unseal(&mut bytes, HEAD, access_key_id.as_bytes(), ring, |key| &key.session_tokens)?;
    let sealed_length = sealed.len();
    // INVARIANT: what the ring sealed is a session; anything else is as bad as a changed one.
    let (mut session, rest): (Session, _) = postcard::take_from_bytes(sealed).map_err(|_| Unopened::NotBound)?;
    let plain = version.plain_length(&session.subject) / 4 * 3 - TAG - HEAD - OPEN_PART;
    let read = sealed_length - rest.len();
    let carried = rest.get(plain.saturating_sub(read)..).unwrap_or_default();
    // What is carried ends in zeros, and may be nothing but them.
    if carried.iter().any(|byte| *byte != 0) {
        session.carried = postcard::take_from_bytes(carried).map_err(|_| Unopened::NotBound)?.0;
    }
    Ok(OpenedToken(Arc::new(Opened { session, version, ring_key, derived: DerivedKeys::default() })))
}

impl OpenedToken {
    /// What the token carries.
    pub fn session(&self) -> &Session {
        &self.0.session
    }

    /// Its format.
    pub fn version(&self) -> TokenVersion {
        self.0.version
    }

    /// The key that sealed it.
    pub(super) fn ring_key(&self) -> u32 {
        self.0.ring_key
    }

    /// Signing keys derived from its secret.
    pub fn derived(&self) -> &DerivedKeys {
        &self.0.derived
    }
}

/// Bytes that a token has more for what its session carries, which packed comes to `packed`.
/// AWS: measured with a short name and a policy of one statement, aws-behaviour 17.5; and of web identities, where it
/// comes to what was recorded of subjects, tags and source identities of any length (B-156).
fn room(carried: &Carried, packed: usize) -> usize {
    let usual = match (carried.source_identity.is_some(), carried.policies.is_some()) {
        (false, false) => 0,
        (true, false) => 36,
        (false, true) => 66,
        (true, true) => 93,
    };
    let Some(vouched) = &carried.vouched else { return packed.max(usual) };
    let said = postcard::serialize_with_flavor(vouched, Size::default()).unwrap_or_default();
    let issuer = vouched.issuer().map_or(0, |issuer| issuer.len() + 18);
    packed.saturating_sub(said).max(usual) + said + issuer
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::super::carried::{Carried, SessionPolicies, SessionTag, Vouched};
    use super::super::key_ring::ring;
    use super::super::session::SessionId;
    use super::*;
    use crate::federation::context::ContextValue;
    use crate::ids::tags::Tag;
    use crate::ids::unique_id::Kind;
    use crate::ids::{AccountId, UniqueId};
    use crate::secret::SecretAccessKey;
    use crate::shape::Shape;
    use crate::time::Timestamp;

    fn session(session_name: &str) -> Session {
        let account = AccountId::parse("123456789012").unwrap();
        Session {
            id: SessionId([1; 16]),
            secret: SecretAccessKey::new("s".repeat(40)),
            account,
            global: false,
            subject: Subject::Role {
                role: UniqueId::mint(Kind::Role, account, [3; 9]),
                session_name: Shape::parse(session_name).unwrap(),
            },
            generation: 0,
            issued: Timestamp::from_seconds(1_768_478_400),
            expires: Timestamp::from_seconds(1_768_482_000),
            second_factor: None,
            carried: Carried::default(),
        }
    }

    fn key(text: &str) -> AccessKeyId {
        AccessKeyId::parse(text).unwrap()
    }

    fn sealed(version: TokenVersion, session_name: &str) -> SessionToken {
        SessionToken::seal(&session(session_name), &key("ASIAONE"), &ring(1), version, 0, [9; 12]).unwrap()
    }

    #[test]
    fn a_token_opens_for_its_own_key_id_only() {
        let token = sealed(TokenVersion::V2, "ci");
        let opened = open(token.as_str(), "ASIAONE", &ring(1)).unwrap();
        assert_eq!(opened.session().id, SessionId([1; 16]));
        assert_eq!(open(token.as_str(), "ASIATWO", &ring(1)).unwrap_err(), Unopened::NotBound);
    }

    #[test]
    fn a_token_that_was_opened_before_opens_as_before() {
        let (ring, token) = (ring(1), sealed(TokenVersion::V2, "ci"));
        for _ in 0..2 {
            assert_eq!(open(token.as_str(), "ASIAONE", &ring).unwrap().session().id, SessionId([1; 16]));
            assert_eq!(open(token.as_str(), "ASIATWO", &ring).unwrap_err(), Unopened::NotBound);
        }
        let mut changed = token.as_str().to_owned();
        changed.replace_range(100..101, if changed.as_bytes()[100] == b'A' { "B" } else { "A" });
        assert_eq!(open(&changed, "ASIAONE", &ring).unwrap_err(), Unopened::NotBound);
        assert_eq!(open(token.as_str(), "ASIAONE", &KeyRing::default()).unwrap_err(), Unopened::RetiredKey);
    }

    #[test]
    fn tokens_have_the_length_and_head_of_real_ones() {
        for (version, length, packed, head) in
            [(TokenVersion::V1, 352, 8, "FwoGZXIvYXdz"), (TokenVersion::V2, 752, 18, "IQoJb3JpZ2lu")]
        {
            for name in ["ci", &"n".repeat(64)] {
                let token = sealed(version, name);
                assert_eq!((token.size(), token.utilization()), (length, packed));
                assert!(token.as_str().starts_with(head));
                assert!(open(token.as_str(), "ASIAONE", &ring(1)).is_ok());
            }
        }
    }

    fn tag(number: usize) -> SessionTag {
        let key = Shape::parse(&format!("key{number}")).unwrap();
        let value = Shape::parse(&"v".repeat(number)).unwrap();
        SessionTag { tag: Tag { key, value }, transitive: number.is_multiple_of(2) }
    }

    #[test]
    fn what_a_session_carries_comes_back_and_adds_to_the_length() {
        for (version, plain) in [(TokenVersion::V1, 352), (TokenVersion::V2, 752)] {
            for count in [1, 3, 50] {
                let carried = Carried {
                    tags: (0..count).map(tag).collect(),
                    source_identity: Shape::parse("alice@example.com").ok(),
                    policies: SessionPolicies::pack(Some("{\"Version\":\"2012-10-17\"}"), vec!["arn".to_owned()]),
                    vouched: Some(Vouched::new(
                        "accounts.google.com".to_owned(),
                        vec![("accounts.google.com:amr".to_owned(), ContextValue::Many(vec!["mfa".to_owned()]))],
                    )),
                };
                for name in ["ci", &"n".repeat(64)] {
                    let session = Session { carried: carried.clone(), ..session(name) };
                    let token = SessionToken::seal(&session, &key("ASIAONE"), &ring(1), version, 0, [9; 12]).unwrap();
                    assert!(token.size() > plain && !token.as_str().contains('='), "{}", token.size());
                    assert_eq!(open(token.as_str(), "ASIAONE", &ring(1)).unwrap().session().carried, carried);
                }
            }
        }
    }

    /// Recorded of a provider whose name has 57 letters.
    #[test]
    fn tokens_of_web_identities_are_as_full_as_real_ones() {
        let issuer = "i".repeat(57);
        let full = |subject: &str, source_identity: Option<&str>, tag: Option<(&str, &str)>| {
            let said = [("aud", "client-a"), ("sub", subject)];
            let said = said.map(|(key, value)| (format!("{issuer}:{key}"), ContextValue::One(value.to_owned())));
            let tag =
                tag.map(|(key, value)| Tag { key: Shape::parse(key).unwrap(), value: Shape::parse(value).unwrap() });
            let carried = Carried {
                tags: tag.into_iter().map(|tag| SessionTag { tag, transitive: true }).collect(),
                source_identity: source_identity.map(|name| Shape::parse(name).unwrap()),
                policies: None,
                vouched: Some(Vouched::new(format!("arn:aws:iam::123456789012:oidc-provider/{issuer}"), said.to_vec())),
            };
            let session = Session { carried, ..session("oidc-probe") };
            SessionToken::seal(&session, &key("ASIAONE"), &ring(1), TokenVersion::V2, 0, [9; 12]).unwrap().utilization()
        };
        for (subject, expect) in [("", 24), ("a", 24), ("123", 25), ("subject-probe", 25), (&"a".repeat(300), 34)] {
            assert_eq!(full(subject, None, None), expect, "{subject}");
        }
        assert_eq!(full("subject-probe", Some("source-probe"), None), 26);
        assert_eq!(full("subject-probe", None, Some(("Team", "engineering"))), 25);
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let token = sealed(TokenVersion::V1, "ci");
        let bytes = STANDARD.decode(token.as_str()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&STANDARD.encode(&changed), "ASIAONE", &ring(1)).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn what_is_no_token_does_not_open() {
        for text in ["", "AAAA", "FwoGZXIvYXdz", &"A".repeat(20_000), "not base64!"] {
            assert_eq!(open(text, "ASIAONE", &ring(1)).unwrap_err(), Unopened::Foreign, "{text:.20}");
        }
        assert_eq!(
            open(sealed(TokenVersion::V2, "ci").as_str(), "ASIAONE", &KeyRing::default()).unwrap_err(),
            Unopened::RetiredKey
        );
    }
}
