//! The commands of `identities`: what makes no sense is refused, and changes nothing.

use crate::support::TestWorld;
use local_sts::api::world::{ChangeError, Draft};
use local_sts::identities::IdentityError;
use local_sts::ids::unique_id::Kind;
use local_sts::ids::{AccountId, UniqueId};
use local_sts::secret::SecretAccessKey;
use local_sts::shape::Shape;
use local_sts::store::records::{self, KeyOwner};
use local_sts::time::Timestamp;

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    groups: [{ name: team }]
    policies: [{ name: all, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "*", Resource: "*" }] } }]
    users:
      - { name: alice, groups: [team], accessKeys: [{ id: AKIAALICE, secret: alice-secret }] }
      - { name: bob }
    roles:
      - name: open
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
"#;

const ARN: &str = "arn:aws:iam::123456789012:";

fn account() -> AccountId {
    AccountId::parse("123456789012").unwrap()
}

/// An id of nothing that is there.
fn other(kind: Kind) -> UniqueId {
    UniqueId::mint(kind, account(), [9; 9])
}

type Wrong = fn(&mut Draft) -> Result<(), IdentityError>;

fn alice(draft: &Draft) -> (UniqueId, records::User) {
    let user = draft.identities.user_by_arn(&format!("{ARN}user/alice")).unwrap();
    (user.id.clone(), user.record.clone())
}

fn open(draft: &Draft) -> (UniqueId, records::Role) {
    let role = draft.identities.role_by_arn(&format!("{ARN}role/open")).unwrap();
    (role.id.clone(), role.record.clone())
}

fn key(owner: KeyOwner) -> records::AccessKey {
    let secret = SecretAccessKey::new("another-secret".to_owned());
    records::AccessKey { secret, owner, active: true, created: Timestamp::from_seconds(0) }
}

const WRONG: [(&str, Wrong); 17] = [
    ("the user Alice is there already", |draft| {
        let record = records::User { name: Shape::parse("Alice").unwrap(), ..alice(draft).1 };
        draft.identities.create_user(&mut draft.batch, other(Kind::User), record)
    }),
    ("the user BOB is there already", |draft| {
        let (id, record) = alice(draft);
        let record = records::User { name: Shape::parse("BOB").unwrap(), ..record };
        draft.identities.update_user(&mut draft.batch, &id, record)
    }),
    ("there is no group others", |draft| {
        let (id, mut record) = alice(draft);
        record.groups = vec![Shape::parse("others").unwrap()];
        draft.identities.update_user(&mut draft.batch, &id, record)
    }),
    ("there is no managed policy arn:aws:iam::123456789012:policy/gone", |draft| {
        let (id, mut record) = alice(draft);
        record.permissions.attached = vec![format!("{ARN}policy/gone")];
        draft.identities.update_user(&mut draft.batch, &id, record)
    }),
    ("there is no user AIDA", |draft| {
        let record = alice(draft).1;
        draft.identities.update_user(&mut draft.batch, &other(Kind::User), record)
    }),
    ("there is no user AIDA", |draft| draft.identities.delete_user(&mut draft.batch, &other(Kind::User))),
    ("the role open is there already", |draft| {
        let record = open(draft).1;
        draft.identities.create_role(&mut draft.batch, other(Kind::Role), record)
    }),
    ("there is no managed policy arn:aws:iam::123456789012:policy/gone", |draft| {
        let (id, mut record) = open(draft);
        record.permissions.boundary = Some(format!("{ARN}policy/gone"));
        draft.identities.update_role(&mut draft.batch, &id, record)
    }),
    ("policy trust: ", |draft| {
        let (id, record) = open(draft);
        draft.identities.update_role(&mut draft.batch, &id, records::Role { trust: "{}".to_owned(), ..record })
    }),
    ("there is no role AROA", |draft| {
        let record = open(draft).1;
        draft.identities.update_role(&mut draft.batch, &other(Kind::Role), record)
    }),
    ("there is no role AROA", |draft| draft.identities.delete_role(&mut draft.batch, &other(Kind::Role))),
    ("there is no policy arn:aws:iam::123456789012:policy/gone", |draft| {
        draft.identities.update_policy(&mut draft.batch, &format!("{ARN}policy/gone"), |it| {
            it.versions[0].document = "{}".to_owned();
        })
    }),
    ("policy arn:aws:iam::123456789012:policy/all: ", |draft| {
        draft.identities.update_policy(&mut draft.batch, &format!("{ARN}policy/all"), |it| {
            it.versions[0].document = "{}".to_owned();
        })
    }),
    ("the access key AKIAALICE is there already", |draft| {
        let owner = KeyOwner::User(alice(draft).0);
        draft.identities.create_access_key(&mut draft.batch, Shape::parse("AKIAALICE").unwrap(), key(owner))
    }),
    ("there is no user AIDA", |draft| {
        let owner = KeyOwner::User(other(Kind::User));
        draft.identities.create_access_key(&mut draft.batch, Shape::parse("AKIAOTHER").unwrap(), key(owner))
    }),
    ("there is no access key AKIAOTHER", |draft| {
        draft.identities.set_access_key_active(&mut draft.batch, &Shape::parse("AKIAOTHER").unwrap(), true)
    }),
    ("there is no access key AKIAOTHER", |draft| {
        draft.identities.delete_access_key(&mut draft.batch, &Shape::parse("AKIAOTHER").unwrap())
    }),
];

#[test]
fn what_makes_no_sense_is_refused() {
    let world = TestWorld::new(SEED);
    for (text, wrong) in WRONG {
        let refused = world.service.world().change(|draft| Ok(wrong(draft)?)).map(|_| ()).unwrap_err();
        assert!(matches!(refused, ChangeError::Identity(_)), "{refused}");
        assert!(refused.to_string().starts_with(text), "{refused}, not {text}");
    }
}
