//! Keys of SSH, signing certificates, credentials of single services: whoever looks for them before a deletion finds none.

use super::{admin, arn, by, call, done, elements, nobody, selma, world};
use crate::support::{Call, check, refused};

const LISTS: [(&str, &str); 3] = [
    ("ListSSHPublicKeys", "SSHPublicKeys"),
    ("ListSigningCertificates", "Certificates"),
    ("ListServiceSpecificCredentials", "ServiceSpecificCredentials"),
];

#[test]
fn nobody_has_any() {
    let world = world();
    for (action, list) in LISTS {
        for params in [&[("UserName", "Selma")][..], &[("UserName", "SELMA"), ("MaxItems", "1")], &[]] {
            let answer = done(&world, action, params);
            assert_eq!(elements(&answer, &format!("{action}Result")), ["IsTruncated", list], "{action}");
            assert!(answer.body().contains(&format!("<{list}/>")), "{action}: {}", answer.body());
        }
    }
}

#[test]
fn they_are_refused_as_other_lists_of_a_user_are() {
    let world = world();
    let session = Call::assume_role(&arn("role/worker"), "night");
    let session = session.by(&admin()).send(&world).keys();
    let unnamed = "Must specify userName when calling with non-User credentials";
    for (action, _) in LISTS {
        let ghost = call(action, &[("UserName", "ghost")]);
        check(&world, action, &ghost, refused(404, "NoSuchEntity", "The user with name ghost cannot be found."));
        let marked = call(action, &[("UserName", "Selma"), ("Marker", "begin")]);
        check(&world, action, &marked, refused(400, "ValidationError", "Invalid Marker."));
        check(&world, action, &by(&session, action, &[]), refused(400, "ValidationError", unnamed));
        let denied = format!(
            "User: {} is not authorized to perform: iam:{action} on resource: user Selma because no identity-based policy \
             allows the iam:{action} action",
            arn("user/nobody"),
        );
        let denied_call = by(&nobody(), action, &[("UserName", "Selma")]);
        check(&world, action, &denied_call, refused(403, "AccessDenied", &denied));
        assert_eq!(by(&selma(), action, &[]).send(&world).status(), 403, "{action}: her policy has other actions");
    }
}

#[test]
fn all_users_is_one_of_four_words() {
    let world = world();
    for word in ["true", "false", "1", "0"] {
        done(&world, "ListServiceSpecificCredentials", &[("AllUsers", word)]);
    }
    for word in ["True", "TRUE", "", "null", " true"] {
        let answer = call("ListServiceSpecificCredentials", &[("AllUsers", word)]).send(&world);
        let refusal = (answer.status(), answer.text("Code"));
        assert_eq!(refusal, (400, Some("MalformedInput".to_owned())), "iam-s-bool-forms: {word:?}");
    }
    let all = by(&nobody(), "ListServiceSpecificCredentials", &[("AllUsers", "true")]).send(&world);
    assert!(all.text("Message").unwrap().contains(&format!("on resource: {} because", arn("user/"))));
}
