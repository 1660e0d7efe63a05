//! What the declarations promise, probed for every operation and every parameter.

use local_sts::api::members::{listing_place, lower_camel};
use local_sts::shape::Measure;
use local_sts::sts;

use crate::support::{Call, Keys, TestWorld};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users: [{ name: alice, accessKeys: [{ id: AKIAALICE, secret: alice-secret }] }]
"#;

#[test]
fn operations_stand_in_alphabetical_order_and_say_what_they_are_for() {
    let entries = sts::CATALOG.entries;
    assert!(entries.is_sorted_by_key(|entry| entry.description.name));
    assert!(entries.iter().all(|entry| entry.description.doc.trim().ends_with('.')));
}

#[test]
fn answers_list_their_members_where_aws_does() {
    for entry in sts::CATALOG.entries {
        let output = entry.description.output;
        assert!(output.is_sorted_by_key(|member| listing_place(&lower_camel(member))), "{}", entry.description.name);
    }
}

/// One step outside each bound is refused with a fault of that very member; a required member may not be absent.
#[test]
fn every_parameter_is_held_to_its_constraints() {
    let world = TestWorld::new(SEED);
    let alice = Keys::new("AKIAALICE", "alice-secret");
    let mut probes = 0;
    for entry in sts::CATALOG.entries {
        for field in entry.description.input {
            let bounds = &field.constraints;
            if bounds.measure == Measure::Entries {
                continue;
            }
            let long = |length: i64| "a".repeat(usize::try_from(length).unwrap());
            let (below, above) = match bounds.measure {
                Measure::Length => (long((bounds.min - 1).max(0)), long(bounds.max + 1)),
                Measure::Value | Measure::Entries => ((bounds.min - 1).to_string(), (bounds.max + 1).to_string()),
            };
            for value in [below, above] {
                let answer = Call::sts(entry.description.name).param(field.name, &value).by(&alice).send(&world);
                let member = format!("'{}' failed to satisfy constraint", lower_camel(field.name));
                assert_eq!(answer.text("Code").as_deref(), Some("ValidationError"), "{}", answer.body());
                assert!(answer.text("Message").unwrap().contains(&member), "{}", answer.body());
                probes += 1;
            }
            let answer = Call::sts(entry.description.name).by(&alice).send(&world);
            let told = answer.body().contains(&format!("Value null at '{}'", lower_camel(field.name)));
            assert_eq!(told, field.required, "{} of {}", field.name, entry.description.name);
        }
    }
    assert!(probes >= 8, "the declarations were probed");
}

#[test]
fn every_unserved_parameter_is_refused_by_name() {
    let world = TestWorld::new(SEED);
    for entry in sts::CATALOG.entries {
        for name in entry.description.unserved {
            for spelling in [(*name).to_owned(), format!("{name}.member.1")] {
                let call =
                    Call::sts(entry.description.name).param(&spelling, "x").by(&Keys::new("AKIAALICE", "alice-secret"));
                assert_eq!(call.send(&world).text("Code").as_deref(), Some("NotImplemented"), "{spelling}");
            }
        }
    }
}
