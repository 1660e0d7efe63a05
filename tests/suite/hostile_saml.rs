//! Signed Responses and metadata that somebody took apart and put together again: whatever becomes of them, nobody
//! stumbles, and what is believed is what was signed, the whole of it and nothing else.
//!
//! Changes are made in the tree, so that most of what comes out is well-formed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local_sts::federation::saml::sign::{Sealing, encrypt};
use local_sts::federation::saml::{DecryptionKey, Encryption, Metadata, Rejection, Rules, VerifiedAssertion};
use local_sts::idp::saml::defects::Defect;
use local_sts::idp::saml::mint::Order;
use local_sts::idp::saml::shapes::ALL;
use proptest::prelude::*;

use crate::support::saml::*;
use crate::support::xml::{Change, Node, change, changes};
use crate::support::{no_scene, throw};

/// Everything that anybody reads of an assertion.
fn told(verified: &VerifiedAssertion) -> String {
    let names = [verified.issuer(), verified.subject(), verified.subject_type(), verified.recipient()];
    format!("{names:?} {:?} {:?} {:?}", verified.session_ends(), verified.one_time_use(), verified.attributes())
}

/// A Response for mallory, who may be nothing at all; what others vouch for it is in `defect`.
fn of_mallory(order: Order, defect: Option<Defect>) -> Order {
    let chance = "arn:aws:iam::444455556666:role/admin".to_owned();
    Order {
        subject: "mallory".to_owned(),
        session_name: Some("mallory".to_owned()),
        roles: vec![(chance, PROVIDER.to_owned())],
        defect,
        ..order
    }
}

const OTHER_CHANCE: [u8; 32] = *b"thirty-two letters of another on";

/// A document with the readings that may come of it.
struct Start {
    tree: Node,
    /// Where pieces of other documents are taken from.
    donors: Vec<Node>,
    readings: Vec<String>,
}

struct Scene {
    starts: Vec<Start>,
    metadata: Metadata,
    keys: [DecryptionKey; 1],
}

impl Scene {
    fn new() -> Self {
        let metadata = Metadata::parse(&demo_metadata()).unwrap();
        let mut scene = Self { starts: Vec::new(), metadata, keys: [private_key("provider")] };
        for shape in &ALL {
            for (signs, sealed) in [(false, false), (true, false), (true, true)] {
                let encrypt_for = sealed.then(|| (certificate("provider"), Sealing::Aes128Gcm));
                let order = Order { sign_response: Some(signs), encrypt_for, ..shaped(shape) };
                let order = order
                    .attribute("PrincipalTag:Team", &["blue"])
                    .attribute("urn:oid:2.5.4.3", &["Alice", "A."])
                    .attribute("urn:three.words of it", &["one line\nand another", "two\n\nand two"]);
                let donors = [None, Some(Defect::Unsigned), Some(Defect::SignedByStranger)];
                let donors =
                    donors.map(|defect| of_mallory(order.clone(), defect).mint_xml(now(), OTHER_CHANCE).unwrap());
                let xml = order.mint_xml(now(), CHANCE).unwrap();
                // One of the donors is as good as the document itself, and may stand in its place as a whole.
                let readings =
                    [&xml, &donors[0]].map(|xml| scene.told(xml).unwrap_or_else(|why| panic!("{why}: {xml}")));
                assert!(scene.told(&donors[1]).is_err() && scene.told(&donors[2]).is_err());
                let donors = donors.iter().map(|xml| Node::parse(xml)).collect();
                scene.starts.push(Start { tree: Node::parse(&xml), donors, readings: readings.to_vec() });
                assert_eq!(scene.starts.last().unwrap().tree.to_string(), xml);
            }
        }
        scene
    }

    fn judge(&self, xml: &str) -> Result<VerifiedAssertion, Rejection> {
        let provider = provider(&self.metadata, &self.keys, Encryption::Allowed);
        provider.verify(&STANDARD.encode(xml), Rules::default(), now())
    }

    fn told(&self, xml: &str) -> Result<String, Rejection> {
        self.judge(xml).map(|verified| told(&verified))
    }
}

static SCENE: LazyLock<Scene> = LazyLock::new(Scene::new);

/// What came of all that was tried.
#[derive(Default)]
struct Tally(BTreeMap<&'static str, u32>);

impl Tally {
    fn count(&mut self, outcome: &Result<String, Rejection>) {
        let name = match outcome {
            Ok(_) => "believed",
            Err(Rejection::NotAResponse(_)) => "no response",
            Err(Rejection::BadSignature(_)) => "bad signature",
            Err(Rejection::Unsigned) => "unsigned",
            Err(_) => "other",
        };
        *self.0.entry(name).or_default() += 1;
    }

    /// A test in which everything is refused for its form would show nothing.
    #[track_caller]
    fn check(&self, least: u32) {
        for name in ["believed", "no response", "bad signature"] {
            assert!(self.0.get(name).is_some_and(|count| *count >= least), "{name}: {:?}", self.0);
        }
    }
}

fn check_believed(outcome: &Result<String, Rejection>, start: &Start, xml: &str) -> Result<(), TestCaseError> {
    match outcome {
        Ok(told) => prop_assert!(start.readings.contains(told), "{told}\n{xml}"),
        Err(why) => prop_assert!(!why.to_string().is_empty()),
    }
    Ok(())
}

#[test]
fn whatever_is_done_to_a_response_nothing_is_believed_but_what_was_signed() {
    let tally = RefCell::new(Tally::default());
    let strategy = (0..SCENE.starts.len(), changes(1..5));
    throw("SAML Responses", 1200, strategy, no_scene, |(), (start, changes): (usize, Vec<Change>)| {
        let start = &SCENE.starts[start];
        let xml = change(&start.tree, &start.donors, &changes);
        let outcome = SCENE.told(&xml);
        tally.borrow_mut().count(&outcome);
        check_believed(&outcome, start, &xml)
    });
    tally.into_inner().check(20);
}

/// Anybody can encrypt for a provider: what is within must hold by itself.
#[test]
fn whatever_is_done_before_it_is_encrypted_nothing_is_believed_but_what_was_signed() {
    let tally = RefCell::new(Tally::default());
    let owner = certificate("provider");
    // Those whose Response is not signed: what is done to the others breaks that signature.
    let plain: Vec<&Start> = SCENE.starts.iter().step_by(3).collect();
    let strategy = (0..plain.len(), changes(1..4));
    throw("encrypted assertions", 300, strategy, no_scene, |(), (start, changes): (usize, Vec<Change>)| {
        let start = plain[start];
        let Some(xml) = encrypt(&change(&start.tree, &start.donors, &changes), &owner, Sealing::Aes256Cbc, CHANCE)
        else {
            return Ok(());
        };
        let outcome = SCENE.told(&xml);
        tally.borrow_mut().count(&outcome);
        check_believed(&outcome, start, &xml)
    });
    tally.into_inner().check(3);
}

/// Text that was never a document, or one with letters changed anywhere.
#[test]
fn letters_out_of_place_make_nobody_stumble() {
    let edit = (any::<prop::sample::Index>(), 0..40_usize, "[<>&;\"'=/!?:# a-c\\-\\[\\]\u{0}\u{fffd}é]{0,6}");
    let strategy = (0..SCENE.starts.len(), prop::collection::vec(edit, 0..4), any::<bool>());
    throw("letters of SAML documents", 700, strategy, no_scene, |(), (start, edits, base64)| {
        let start = &SCENE.starts[start];
        let xml = start.tree.to_string();
        let mut text = if base64 { STANDARD.encode(&xml) } else { xml };
        for (at, length, put) in edits {
            let at = floor(&text, at.index(text.len() + 1));
            let end = floor(&text, (at + length).min(text.len()));
            text.replace_range(at..end, &put);
        }
        let provider = provider(&SCENE.metadata, &SCENE.keys, Encryption::Allowed);
        let encoded = if base64 { text.clone() } else { STANDARD.encode(&text) };
        let outcome = provider.verify(&encoded, Rules::default(), now()).map(|verified| told(&verified));
        check_believed(&outcome, start, &text)
    });
}

/// The start of the letter at or before this place.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// What happens to metadata never makes a stranger of another document vouch.
#[test]
fn whatever_is_done_to_metadata_no_stranger_vouches() {
    // Not those that name the key of the stranger for something else.
    let names = ["okta", "entra", "keycloak", "google", "ping", "simplesamlphp", "no-use"];
    let documents: Vec<Node> = names.map(|name| Node::parse(&fixture(&format!("metadata/{name}.xml")))).into();
    let (taken, refused) = (RefCell::new(0_u32), RefCell::new(0_u32));
    let strategy = (0..documents.len(), 0..documents.len(), changes(1..4));
    throw(
        "metadata of SAML providers",
        500,
        strategy,
        no_scene,
        |(), (document, donor, changes): (usize, usize, Vec<Change>)| {
            let text = change(&documents[document], &documents[donor..=donor], &changes);
            let Ok(metadata) = Metadata::parse(&text) else {
                *refused.borrow_mut() += 1;
                return Ok(());
            };
            *taken.borrow_mut() += 1;
            let provider = provider(&metadata, &[], Encryption::Allowed);
            for issuer in metadata.entity_ids().take(2) {
                let order = Order { issuer: issuer.to_owned(), defect: Some(Defect::SignedByStranger), ..order() };
                let verdict = provider.verify(&order.mint(now(), CHANCE).unwrap(), Rules::default(), now());
                // A name that begins or ends with blanks is nobody's: those of an Issuer are not counted.
                let refused = matches!(verdict, Err(Rejection::BadSignature(_) | Rejection::UnknownIssuer(_)));
                prop_assert!(refused, "{issuer}: {text}");
            }
            Ok(())
        },
    );
    assert!(taken.into_inner() >= 25 && refused.into_inner() >= 25);
}
