//! SigV4 against vectors of AWS's own signer (`fixtures/sigv4`), each spoiled in every part, and tables of the rest.
//!
//! The vectors come from `tests/clients/sigv4-vectors`; a request that no official signer makes is signed here.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "the helpers of a test may panic")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use local_sts::secret::SecretAccessKey;
use local_sts::sigv4::{
    self, Explanation, Form, MOST_SIGNED_HEADERS, Parameter, Parts, PayloadHash, Rejection, ScopeDateFault,
    ScopeFaults, Scoped, ServiceFault, SigningKey, Style, Verified, WINDOW_SECONDS,
};
use local_sts::time::{Moment, Timestamp};
use proptest::prelude::*;

use crate::support::{NOW, encode, hex, no_scene, throw};
use sha2::Sha256;

// --- The vectors as they are -----------------------------------------------------------------------------------------

#[test]
fn what_the_official_signer_signed_is_verified_step_by_step() {
    let vectors = vectors();
    assert!(vectors.len() > 50, "the fixtures are there");
    for vector in &vectors {
        check(vector);
    }
}

/// Panics at the first step that differs from the vector.
#[track_caller]
fn check(vector: &Vector) {
    let request = &vector.request;
    request.with_parts(|parts| {
        let claim = sigv4::parse(&parts).expect("the syntax").expect("a signature");
        let unverified = claim.in_time(&vector.moment()).expect("in time");
        let scope = unverified.scope();
        let said = [
            ("form", if unverified.is_presigned() { "query" } else { "header" }.to_owned()),
            ("key", unverified.access_key_id().to_owned()),
            ("region", scope.region.to_owned()),
            ("service", scope.service.to_owned()),
            ("signed-at", unverified.signed_at().basic().to_string()),
            ("signed-headers", unverified.signed_headers().as_str().to_owned()),
            ("token", unverified.session_token().unwrap_or_default().to_owned()),
        ];
        for (name, said) in said {
            assert_eq!(said, vector.expect(name), "{}: {name}", vector.name);
        }
        let scoped = unverified.scoped_to(vector.expect("service"), |_| true).expect("the scope");
        let explanation = scoped.explain(&vector.payload(), vector.style());
        let canonical = redacted(&vector.canonical, vector.expect("token"));
        assert_eq!(explanation.canonical_request, canonical, "{}: canonical request", vector.name);
        assert_eq!(explanation.string_to_sign, vector.to_sign, "{}: string to sign", vector.name);
        let verified = scoped.verify(&vector.payload(), vector.style(), &vector.key());
        assert!(verified.is_ok(), "{}: signature", vector.name);
    });
}

#[test]
fn what_does_not_matter_may_change() {
    for vector in vectors() {
        // Header order, blanks around values, and headers that nobody signed.
        let mut request = vector.request.clone();
        request.headers.sort_by(|(one, _), (other, _)| other.cmp(one));
        for (_, value) in &mut request.headers {
            *value = [b" ", value.as_slice(), b"\t "].concat();
        }
        request.headers.push(("x-forwarded-for".to_owned(), b"192.0.2.1".to_vec()));
        assert_eq!(vector.judge(&request), "Verified", "{}: headers", vector.name);
        // The order of the query, and how it is escaped.
        let mut request = vector.request.clone();
        let mut pairs: Vec<String> = request.query.split('&').map(escaped_in_full).collect();
        pairs.reverse();
        request.query = pairs.join("&&");
        assert_eq!(vector.judge(&request), "Verified", "{}: query", vector.name);
        // The order of the signed headers, where the list itself is not signed.
        if vector.form() == Form::Header {
            let list = vector.expect("signed-headers");
            let reversed: Vec<String> = list.split(';').rev().map(str::to_uppercase).collect();
            let request = vector.request.in_authorization(list, &reversed.join(";;"));
            assert_eq!(vector.judge(&request), "Verified", "{}: signed headers", vector.name);
        }
    }
}

// --- The vectors spoiled ---------------------------------------------------------------------------------------------

#[test]
fn every_spoiled_vector_is_refused_for_what_was_spoiled() {
    let mut count = 0;
    for vector in vectors() {
        let mut spoils = Vec::new();
        spoil_line_and_body(&vector, &mut spoils);
        spoil_query(&vector, &mut spoils);
        spoil_headers(&vector, &mut spoils);
        spoil_list(&vector, &mut spoils);
        spoil_credential(&vector, &mut spoils);
        spoil_signature(&vector, &mut spoils);
        for (what, request, kind) in spoils {
            assert_eq!(vector.judge(&request), kind, "{}: {what}", vector.name);
            count += 1;
        }
    }
    assert!(count > 2000, "{count} spoiled requests");
}

/// What was done, to what it led, and the kind of rejection it must meet.
type Spoil = (String, Request, &'static str);

fn spoil_line_and_body(vector: &Vector, spoils: &mut Vec<Spoil>) {
    let good = &vector.request;
    spoils.push(("method".to_owned(), Request { method: "PATCH".to_owned(), ..good.clone() }, "Mismatch"));
    let path = format!("{}x", good.path);
    spoils.push(("path".to_owned(), Request { path, ..good.clone() }, "Mismatch"));
    let body = [good.body.as_slice(), b"x"].concat();
    let kind = if vector.expect("payload") == "unsigned" { "Verified" } else { "Mismatch" };
    spoils.push(("body".to_owned(), Request { body, ..good.clone() }, kind));
}

fn spoil_query(vector: &Vector, spoils: &mut Vec<Spoil>) {
    let good = &vector.request;
    let pairs: Vec<&str> = good.query.split('&').filter(|pair| !pair.is_empty()).collect();
    let mut push = |what: String, pairs: &[String], kind| {
        spoils.push((what, Request { query: pairs.join("&"), ..good.clone() }, kind));
    };
    let owned = |pairs: &[&str]| pairs.iter().map(|pair| (*pair).to_owned()).collect::<Vec<_>>();
    push("a pair more".to_owned(), &[owned(&pairs), vec!["zz-more=1".to_owned()]].concat(), "Mismatch");
    for (at, pair) in pairs.iter().enumerate() {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let with = |new: String| {
            let mut changed = owned(&pairs);
            *changed.get_mut(at).unwrap() = new;
            changed
        };
        let without = [owned(pairs.get(..at).unwrap()), owned(pairs.get(at + 1..).unwrap())].concat();
        let [changed, lost, twice] = match name {
            _ if vector.form() == Form::Header => ["Mismatch", "Mismatch", "Mismatch"],
            "X-Amz-Algorithm" => ["UnsupportedAlgorithm", "Unsigned", "Repeated"],
            "X-Amz-Credential" => ["WrongScope", "MissingParameters", "Repeated"],
            "X-Amz-Date" => ["BadDate", "MissingParameters", "Repeated"],
            "X-Amz-SignedHeaders" if value.ends_with("host") => ["HostNotSigned", "MissingParameters", "Repeated"],
            "X-Amz-SignedHeaders" | "X-Amz-Signature" => ["Mismatch", "MissingParameters", "Repeated"],
            "X-Amz-Expires" | "X-Amz-Security-Token" => ["Mismatch", "Mismatch", "Repeated"],
            _ => ["Mismatch", "Mismatch", "Mismatch"],
        };
        push(format!("{name} changed"), &with(format!("{name}={value}x")), changed);
        push(format!("{name} lost"), &without, lost);
        push(format!("{name} twice"), &with(format!("{pair}&{pair}")), twice);
        let renamed = if changed == "Mismatch" && lost == "Mismatch" { "Mismatch" } else { lost };
        push(format!("{name} renamed"), &with(format!("y{name}={value}")), renamed);
    }
    if vector.form() == Form::Query {
        let pairs = with_value(&pairs, "X-Amz-Date", "20260115T120001Z");
        push("a later date".to_owned(), &pairs, "Mismatch");
    }
}

fn spoil_headers(vector: &Vector, spoils: &mut Vec<Spoil>) {
    let good = &vector.request;
    let signed: Vec<&str> = vector.expect("signed-headers").split(';').collect();
    for name in signed {
        let with = |change: &dyn Fn(&[u8]) -> Vec<u8>| {
            let mut request = good.clone();
            let (_, value) = request.headers.iter_mut().find(|(other, _)| other == name).unwrap();
            *value = change(value);
            request
        };
        let dated = name == "x-amz-date" && vector.form() == Form::Header;
        let changed = if dated { "BadDate" } else { "Mismatch" };
        spoils.push((format!("{name} changed"), with(&|value| [value, b"x"].concat()), changed));
        if dated {
            spoils.push(("a later date".to_owned(), with(&|_| b"20260115T120001Z".to_vec()), "Mismatch"));
        }
        let mut twice = good.clone();
        twice.headers.push((name.to_owned(), good.header_value(name).unwrap()));
        spoils.push((format!("{name} twice"), twice, "Mismatch"));
        let mut lost = good.clone();
        lost.headers.retain(|(other, _)| other != name);
        let mut renamed = good.clone();
        for (other, _) in renamed.headers.iter_mut().filter(|(other, _)| other == name) {
            *other = format!("{name}-renamed");
        }
        // A header that is signed and empty may get lost: an absent one is an empty one.
        let kind = match () {
            () if dated => "MissingParameters",
            () if vector.canonical.contains(&format!("\n{name}:\n")) => "Verified",
            () => "Mismatch",
        };
        spoils.push((format!("{name} lost"), lost, kind));
        spoils.push((format!("{name} renamed"), renamed, kind));
        let values: Vec<&(String, Vec<u8>)> = good.headers.iter().filter(|(other, _)| other == name).collect();
        if values.len() > 1 && values.first() != values.last() {
            let mut reversed = good.clone();
            reversed.headers.reverse();
            spoils.push((format!("{name} in another order"), reversed, "Mismatch"));
        }
    }
}

fn spoil_list(vector: &Vector, spoils: &mut Vec<Spoil>) {
    let list = vector.expect("signed-headers");
    let mut push = |what: String, new: &str, kind| spoils.push((what, vector.with_list(new), kind));
    push("a signed header more".to_owned(), &format!("{list};x-spoil"), "Mismatch");
    for lost in list.split(';') {
        let rest: Vec<&str> = list.split(';').filter(|name| *name != lost).collect();
        let kind = match vector.form() {
            Form::Query if rest.is_empty() => "MissingParameters",
            _ if lost == "host" => "HostNotSigned",
            _ => "Mismatch",
        };
        push(format!("{lost} not signed"), &rest.join(";"), kind);
    }
    let new = format!("{list};a b");
    push("no token".to_owned(), &new, if vector.form() == Form::Query { "BadSignedHeader" } else { "NotKeyValue" });
}

fn spoil_credential(vector: &Vector, spoils: &mut Vec<Spoil>) {
    let (key, region, service) = (vector.expect("key"), vector.expect("region"), vector.expect("service"));
    let of = |key: &str, rest: &str| format!("{key}/{rest}");
    let good = format!("20260115/{region}/{service}/aws4_request");
    let mut push = |what: &str, credential: &str, kind| {
        spoils.push((format!("credential: {what}"), vector.with_credential(credential), kind));
    };
    push("another day", &of(key, &good.replace("20260115", "20260114")), "WrongScope");
    push("another region", &of(key, &good.replace(region, "us-west-2")), "WrongScope");
    push("another service", &of(key, &good.replace(&format!("/{service}/"), "/ec2/")), "WrongScope");
    push("another terminator", &of(key, &good.replace("aws4_", "aws5_")), "WrongScope");
    push("four parts", &of(key, &good.replace("/aws4_request", "")), "CredentialShape");
    push("six parts", &of(key, &format!("more/{good}")), "CredentialShape");
    // The HMAC does not cover the key id of the header form: whose key it is, is the caller's to look up.
    let kind = if vector.form() == Form::Query { "Mismatch" } else { "Verified" };
    push("another key", &of("AKIAOTHEROTHEROTHER0", &good), kind);
}

fn spoil_signature(vector: &Vector, spoils: &mut Vec<Spoil>) {
    let good = vector.expect("signature");
    let mut push = |what: String, signature: &str, kind| {
        spoils.push((format!("signature: {what}"), vector.request.everywhere(good, signature), kind));
    };
    for at in 0..64 {
        let mut spoiled = good.to_owned();
        let other = if good.get(at..=at) == Some("0") { "1" } else { "0" };
        spoiled.replace_range(at..=at, other);
        push(format!("nibble {at}"), &spoiled, "Mismatch");
    }
    push("in capitals".to_owned(), &good.to_uppercase(), "Mismatch");
    push("cut".to_owned(), good.get(..63).unwrap(), "Mismatch");
    push("lengthened".to_owned(), &format!("{good}0"), "Mismatch");
    push("empty".to_owned(), "", "MissingParameters");
}

#[test]
fn a_key_of_another_secret_day_region_or_service_does_not_verify() {
    for vector in vectors() {
        let (secret, region, service) = (vector.expect("secret"), vector.expect("region"), vector.expect("service"));
        for (secret, date, region, service) in [
            (&format!("{secret}x")[..], "20260115", region, service),
            (secret, "20260116", region, service),
            (secret, "20260115", "us-west-2", service),
            (secret, "20260115", region, "ec2"),
        ] {
            let key = SigningKey::derive(&SecretAccessKey::new(secret.to_owned()), date, region, service);
            let kind = vector.verdict_by(&key, &vector.request).err().as_ref().map(kind);
            assert_eq!(kind, Some("Mismatch"), "{}: {date} {region} {service}", vector.name);
        }
        let key = SigningKey::from_bytes(*vector.key().expose());
        assert_eq!(vector.verdict_by(&key, &vector.request), Ok(()), "{}: a key handed over as bytes", vector.name);
    }
}

// --- The syntax of the header form -----------------------------------------------------------------------------------

#[track_caller]
fn check_header(authorization: &str, rejection: Rejection) {
    let request = Request::dated().header("authorization", authorization);
    assert_eq!(request.parse_at(NOW), Err(rejection), "{authorization}");
}

#[track_caller]
fn check_good_header(authorization: &str) {
    let request = Request::dated().header("authorization", authorization);
    assert_eq!(request.parse_at(NOW), Ok(()), "{authorization}");
}

fn missing(missing: &[Parameter], header: &str) -> Rejection {
    Rejection::MissingParameters { missing: missing.to_vec(), form: Form::Header, header: header.into() }
}

fn not_key_value(piece: &str, header: &str) -> Rejection {
    Rejection::NotKeyValue { piece: piece.into(), header: header.into() }
}

fn shape(got: &str) -> Rejection {
    Rejection::CredentialShape { got: got.into() }
}

fn algorithm(got: &str) -> Rejection {
    Rejection::UnsupportedAlgorithm { got: got.into(), form: Form::Header }
}

#[test]
fn pieces_of_the_header_are_cut_at_commas_and_blanks() {
    for header in [
        "AWS4-HMAC-SHA256 Credential=K/20260115/r/s/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=K/20260115/r/s/aws4_request,SignedHeaders=host,Signature=0",
        "AWS4-HMAC-SHA256\tSignature=0 SignedHeaders=host ,, Credential=K/20260115/r/s/aws4_request,",
        "  AWS4-HMAC-SHA256   Credential=K/20260115/r/s/aws4_request Other=1 SignedHeaders=host Signature=a=b  ",
        "AWS4-HMAC-SHA256 Credential=K/20260115/r/s/aws4_request//,SignedHeaders=Host;;,Signature=0",
    ] {
        check_good_header(header);
    }
}

#[test]
fn a_piece_without_an_equal_sign_is_named_before_anything_is_missed() {
    let spaced = "AWS4-HMAC-SHA256 Credential= K/20260115/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0";
    check_header(spaced, not_key_value("K/20260115/us-east-1/sts/aws4_request", spaced));
    let bare = "AWS4-HMAC-SHA256 Signature=b,    Credential,    SignedHeaders";
    check_header(bare, not_key_value("Credential", bare));
    check_header("Bearer abcdef", not_key_value("abcdef", "Bearer abcdef"));
}

#[test]
fn all_missing_parameters_are_named_at_once() {
    use Parameter::{Credential, Date, Signature, SignedHeaders};
    let all = [Credential, Signature, SignedHeaders];
    check_header("AWS4-HMAC-SHA256", missing(&all, "AWS4-HMAC-SHA256"));
    check_header("AWS4-HMAC-SHA256 Foo=Bar", missing(&all, "AWS4-HMAC-SHA256 Foo=Bar"));
    check_header("Basic dXNlcjpwYXNz=", missing(&all, "Basic dXNlcjpwYXNz="));
    let header = "AWS4-HMAC-SHA256 credential=K/d/r/s/t, Credential=, SignedHeaders=host, Signature=0";
    check_header(header, missing(&[Credential], header));
    let header = "AWS4-HMAC-SHA256 Credential=K/d/r/s/t, Signature=";
    check_header(header, missing(&[Signature, SignedHeaders], header));

    let header = "AWS4-HMAC-SHA256 Signature=0";
    let undated = Request::get("/").header("authorization", header).header("x-amz-date", " ");
    assert_eq!(undated.parse_at(NOW), Err(missing(&[Credential, SignedHeaders, Date], header)));
}

#[test]
fn an_empty_list_of_signed_headers_is_a_list_without_host() {
    check_header("AWS4-HMAC-SHA256 Credential=K/d/r/s/t, SignedHeaders=, Signature=0", Rejection::HostNotSigned);
    check_header("AWS4-HMAC-SHA256 Credential=K/d/r/s/t, SignedHeaders=x-host, Signature=0", Rejection::HostNotSigned);
}

#[test]
fn a_repeated_parameter_is_refused() {
    let form = Form::Header;
    for (header, parameter) in [
        ("AWS4-HMAC-SHA256 Credential=a, Credential=a, SignedHeaders=host, Signature=0", Parameter::Credential),
        ("AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, SignedHeaders=, Signature=0", Parameter::SignedHeaders),
        ("AWS4-HMAC-SHA256 Signature=0, Signature=1", Parameter::Signature),
    ] {
        check_header(header, Rejection::Repeated { parameter: Some(parameter), form });
    }
    let two = Request::get("/").header("authorization", "AWS4-HMAC-SHA256").header("authorization", "AWS4-HMAC-SHA256");
    assert_eq!(two.parse_at(NOW), Err(Rejection::Repeated { parameter: None, form }));
}

#[test]
fn the_algorithm_is_looked_at_before_the_credential() {
    check_header("AWS4-HMAC-SHA25 Credential=K, SignedHeaders=host, Signature=0", algorithm("AWS4-HMAC-SHA25"));
    check_header("aws4-hmac-sha256 Credential=K, SignedHeaders=host, Signature=0", algorithm("aws4-hmac-sha256"));
    let text = "AWS4-ECDSA-P256-SHA256 Credential=K/20260115/sts/aws4_request, SignedHeaders=host, Signature=0";
    check_header(text, algorithm("AWS4-ECDSA-P256-SHA256"));
}

#[test]
fn a_credential_of_other_than_five_parts_is_refused() {
    for credential in
        ["K", "K/20260115/us-east-1/sts", "K/20260115/us-east-1/sts/", "K/x/20260115/us-east-1/sts/aws4_request"]
    {
        let header = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0");
        check_header(&header, shape(credential));
    }
}

#[test]
fn too_many_signed_headers_are_refused() {
    let list = |count: usize| (1..count).fold("host".to_owned(), |list, at| format!("{list};h{at}"));
    let header = |count| {
        format!("AWS4-HMAC-SHA256 Credential=K/20260115/r/s/aws4_request, SignedHeaders={}, Signature=0", list(count))
    };
    check_good_header(&header(MOST_SIGNED_HEADERS));
    let count = MOST_SIGNED_HEADERS + 1;
    check_header(&header(count), Rejection::TooManySignedHeaders { count });
}

#[test]
fn a_header_that_is_no_utf8_is_refused_as_one_that_has_no_pairs() {
    let mut request = Request::dated();
    request.headers.push(("authorization".to_owned(), b"AWS4-HMAC-SHA256 Credential=\xff".to_vec()));
    let header = "AWS4-HMAC-SHA256 Credential=\u{fffd}";
    assert_eq!(request.parse_at(NOW), Err(not_key_value("Credential=\u{fffd}", header)));
}

// --- Which form, and the syntax of the query form --------------------------------------------------------------------

#[test]
fn a_request_without_a_signature_claims_nothing() {
    for request in [
        Request::get("/"),
        Request::get("/?Action=GetCallerIdentity&X-Amz-Signature=0&X-Amz-Credential=K"),
        Request::get("/?AWSAccessKeyId=K&Signature=0&SignatureVersion=2"),
        Request::get("/?x-amz-algorithm=AWS4-HMAC-SHA256"),
        Request::get("/").header("authorization", "").header("authorization", "  "),
    ] {
        request.with_parts(|parts| assert!(sigv4::parse(&parts).expect("no fault").is_none(), "{request:?}"));
    }
}

#[test]
fn a_request_signed_in_both_ways_is_refused_before_anything_else() {
    for query in ["X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm", "X-Amz-Algorithm=other&X-Amz-Algorithm=x"] {
        let request = Request::get(&format!("/?{query}")).header("authorization", "Bearer x");
        assert_eq!(request.parse_at(NOW), Err(Rejection::BothForms), "{query}");
    }
}

#[test]
fn missing_and_repeated_query_parameters_are_named() {
    use Parameter::{Algorithm, Credential, Date, Expires, SecurityToken, Signature, SignedHeaders};
    let form = Form::Query;
    let missing = |missing: &[Parameter]| {
        Err(Rejection::MissingParameters { missing: missing.to_vec(), form, header: Box::default() })
    };
    let repeated = |parameter| Err(Rejection::Repeated { parameter: Some(parameter), form });
    for (query, expected) in [
        ("X-Amz-Algorithm", missing(&[Algorithm, Credential, Signature, SignedHeaders, Date])),
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256", missing(&[Credential, Signature, SignedHeaders, Date])),
        (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=K&X-Amz-Signature=&X-Amz-SignedHeaders=&X-Amz-Date=x",
            missing(&[Signature, SignedHeaders]),
        ),
        (
            "X-Amz-Algorithm=AWS4-HMAC-SHA512&X-Amz-Algorithm=x",
            Err(Rejection::UnsupportedAlgorithm { got: "AWS4-HMAC-SHA512".into(), form }),
        ),
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=1&X-Amz-Expires=1", repeated(Expires)),
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Security-Token=1&X-Amz-Security-Token", repeated(SecurityToken)),
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Algorithm=AWS4-HMAC-SHA256", repeated(Algorithm)),
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=1&X%2DAmz-Dat%65=2", repeated(Date)),
    ] {
        assert_eq!(Request::get(&format!("/?{query}")).parse_at(NOW), expected, "{query}");
    }
}

#[test]
fn a_presigned_request_says_how_long_it_wants_to_live_and_is_not_heard() {
    for expires in ["60", "604800", "0", "-1", "1e3", ""] {
        let request = Request::get(&format!(
            "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=K/20260115/us-east-1/sts/aws4_request\
             &X-Amz-Signature=0&X-Amz-SignedHeaders=host&X-Amz-Date={STAMP}&X-Amz-Expires={expires}"
        ));
        request.with_parts(|parts| {
            let claim = sigv4::parse(&parts).expect("syntax").expect("signed");
            assert!(claim.clone().in_time(&at(NOW + WINDOW_SECONDS)).is_ok(), "{expires}");
            let late = claim.in_time(&at(NOW + WINDOW_SECONDS + 1)).err();
            assert_eq!(late.as_ref().map(kind), Some("Expired"), "{expires}");
        });
    }
}

// --- Dates and the window --------------------------------------------------------------------------------------------

#[track_caller]
fn check_window(moment: Moment, expected: Result<(), &str>) {
    let request = Request::dated().signed();
    let verdict = request.judge(&moment, "sts", &PayloadHash::of(b""), Style::Standard, &demo_key());
    assert_eq!(verdict.as_ref().map_err(kind), expected.as_ref().map(|()| &()).map_err(|kind| *kind), "{moment:?}");
}

#[test]
fn a_signature_is_good_for_fifteen_minutes_either_way_and_no_second_more() {
    assert_eq!(WINDOW_SECONDS, 900);
    check_window(at(NOW), Ok(()));
    check_window(at(NOW + 900), Ok(()));
    check_window(at(NOW + 901), Err("Expired"));
    check_window(at(NOW - 900), Ok(()));
    check_window(at(NOW - 901), Err("NotYetCurrent"));
}

#[test]
fn the_present_is_taken_in_whole_seconds() {
    let moment = |millis| Moment::unsteered(Timestamp::from_millis(millis));
    check_window(moment((NOW + 900) * 1000 + 999), Ok(()));
    let steered = Moment { now: Timestamp::from_seconds(0), ..moment((NOW + 900) * 1000 + 999) };
    check_window(steered, Ok(()));
    let steered = Moment { machine: steered.now, now: steered.machine };
    check_window(steered, Ok(()));
    check_window(moment((NOW - 900) * 1000 - 1), Err("NotYetCurrent"));
}

#[test]
fn a_steered_clock_lets_both_the_machines_and_the_services_time_sign() {
    let steered =
        |machine, now| Moment { machine: Timestamp::from_seconds(machine), now: Timestamp::from_seconds(now) };
    check_window(steered(NOW, NOW + 86_400), Ok(()));
    check_window(steered(NOW + 86_400, NOW), Ok(()));
    check_window(steered(NOW + 86_400, NOW - 900), Ok(()));
    check_window(steered(NOW + 86_400, NOW - 901), Err("Expired"));
    check_window(steered(NOW - 901, NOW + 901), Err("NotYetCurrent"));
}

#[test]
fn an_expired_signature_tells_the_two_instants() {
    let request = Request::dated().header("authorization", HEADER);
    let signed_at = Timestamp::from_seconds(NOW);
    let now = Timestamp::from_seconds(NOW + 1000);
    assert_eq!(
        request.parse_at(NOW + 1000),
        Err(Rejection::Expired { signed_at, now, window_seconds: WINDOW_SECONDS })
    );
    let now = Timestamp::from_seconds(NOW - 1000);
    assert_eq!(
        request.parse_at(NOW - 1000),
        Err(Rejection::NotYetCurrent { signed_at, now, window_seconds: WINDOW_SECONDS })
    );
}

#[test]
fn the_window_is_looked_at_before_host_algorithm_and_credential() {
    let request = Request::dated();
    let request = request.header("authorization", "AWS5 Credential=K, SignedHeaders=, Signature=0");
    assert_eq!(request.parse_at(NOW + 901).as_ref().map_err(kind), Err("Expired"));
    assert_eq!(request.parse_at(NOW).as_ref().map_err(kind), Err("HostNotSigned"));
}

#[test]
fn a_date_in_no_known_form_is_refused() {
    for (name, date) in [
        ("x-amz-date", "2026-01-15T12:00:00Z"),
        ("x-amz-date", "Thu, 15 Jan 2026 12:00:00 GMT"),
        ("x-amz-date", "20260115"),
        ("date", "15 Jan 2026"),
        ("date", "1768478400"),
    ] {
        let request = Request::get("/").header(name, date).header("authorization", HEADER);
        assert_eq!(request.parse_at(NOW), Err(Rejection::BadDate { got: date.into() }), "{name}: {date}");
    }
}

#[test]
fn the_date_header_stands_in_for_an_absent_amz_date() {
    for date in ["Thu, 15 Jan 2026 12:00:00 GMT", "Thu, 15 Jan 2026 12:00:00 -0000", STAMP] {
        let good = Request::get("/").header("date", date).signed();
        assert_eq!(good.judge_demo(), "Verified", "{date}");
        let mut later = good;
        later.set_header("date", "Thu, 15 Jan 2026 12:00:01 GMT");
        assert_eq!(later.judge_demo(), "Mismatch", "{date}");
    }
    let both = Request::get("/").header("date", "nonsense").header("x-amz-date", STAMP).signed();
    assert_eq!(both.judge_demo(), "Verified");
}

#[test]
fn the_first_of_several_dates_decides() {
    let request = Request::dated().header("x-amz-date", "20260115T120001Z").header("authorization", HEADER);
    request.with_parts(|parts| {
        let claim = sigv4::parse(&parts).expect("syntax").expect("signed");
        assert_eq!(claim.signed_at(), Timestamp::from_seconds(NOW));
    });
}

#[test]
fn an_unsigned_date_is_covered_all_the_same() {
    let mut request = Request::dated().signed_as("host");
    assert_eq!(request.judge_demo(), "Verified");
    request.set_header("x-amz-date", "20260115T120001Z");
    assert_eq!(request.judge_demo(), "Mismatch");
}

// --- The scope -------------------------------------------------------------------------------------------------------

#[track_caller]
fn check_scope(scope: &str, faults: ScopeFaults) {
    let header = format!("AWS4-HMAC-SHA256 Credential=K/{scope}, SignedHeaders=host, Signature=0");
    let request = Request::dated().header("authorization", &header);
    request.with_parts(|parts| {
        let unverified = sigv4::parse(&parts).expect("syntax").expect("signed").in_time(&at(NOW)).expect("in time");
        let expected = (faults != ScopeFaults::default()).then(|| Rejection::WrongScope(Box::new(faults)));
        let rejection = unverified.scoped_to("sts", |region| region == "us-east-1").err();
        assert_eq!(rejection, expected, "{scope}");
    });
}

#[test]
fn all_faults_of_a_scope_are_told_at_once() {
    let region = Some("mars-1".into());
    let service = Some(ServiceFault { got: "ec2".into(), want: "sts".into() });
    let terminator = Some("aws5_request".into());
    let date = Some(ScopeDateFault { got: "20260116".into(), signed_at: Timestamp::from_seconds(NOW) });
    let none = ScopeFaults::default;
    check_scope("20260115/us-east-1/sts/aws4_request", none());
    check_scope("20260115/mars-1/sts/aws4_request", ScopeFaults { region: region.clone(), ..none() });
    check_scope("20260115/us-east-1/ec2/aws4_request", ScopeFaults { service: service.clone(), ..none() });
    let text = "20260115/mars-1/ec2/aws4_request";
    check_scope(text, ScopeFaults { region: region.clone(), service: service.clone(), ..none() });
    check_scope("20260115/us-east-1/sts/aws5_request", ScopeFaults { terminator: terminator.clone(), ..none() });
    check_scope("20260116/us-east-1/sts/aws4_request", ScopeFaults { date: date.clone(), ..none() });
    check_scope("20260116/mars-1/ec2/aws5_request", ScopeFaults { region, service, terminator, date });
}

#[test]
fn a_scope_is_compared_letter_by_letter() {
    for scope in [
        "20260115/US-EAST-1/sts/aws4_request",
        "20260115/us-east-1/STS/aws4_request",
        "20260115/us-east-1/sts/AWS4_REQUEST",
        "20260115T/us-east-1/sts/aws4_request",
        "//sts/aws4_request",
    ] {
        let header = format!("AWS4-HMAC-SHA256 Credential=K/{scope}, SignedHeaders=host, Signature=0");
        let request = Request::dated().header("authorization", &header);
        assert_eq!(request.judge_demo(), "WrongScope", "{scope}");
    }
}

// --- Headers and tokens ----------------------------------------------------------------------------------------------

#[test]
fn a_header_value_may_be_any_bytes() {
    let mut request = Request::dated();
    request.headers.push(("x-bytes".to_owned(), b"\xff\xfe caf\xe9 \x80".to_vec()));
    let mut request = request.signed_as("host;x-amz-date;x-bytes");
    assert_eq!(request.judge_demo(), "Verified");
    request.headers.retain(|(name, _)| name != "x-bytes");
    request.headers.push(("x-bytes".to_owned(), b"\xff\xfe caf\xe8 \x80".to_vec()));
    assert_eq!(request.judge_demo(), "Mismatch");
}

#[test]
fn blanks_of_every_kind_fold_into_one() {
    let request = Request::dated().header("x-note", "a b c").signed();
    for value in ["a b c", "\ta \t b  c ", "a\tb\tc", "a\r\n b\nc"] {
        let mut spelled = request.clone();
        spelled.set_header("x-note", value);
        assert_eq!(spelled.judge_demo(), "Verified", "{value:?}");
    }
    for value in ["ab c", "a b  c d", "a\u{a0}b c"] {
        let mut spelled = request.clone();
        spelled.set_header("x-note", value);
        assert_eq!(spelled.judge_demo(), "Mismatch", "{value:?}");
    }
}

#[test]
fn a_listed_header_that_is_absent_is_an_empty_one() {
    let request = Request::dated().signed_as("host;x-absent;x-amz-date");
    assert_eq!(request.judge_demo(), "Verified");
    assert_eq!(request.clone().header("x-absent", " ").judge_demo(), "Verified");
    assert_eq!(request.header("x-absent", "a").judge_demo(), "Mismatch");
}

#[test]
fn host_may_be_listed_by_its_http2_name() {
    let mut request = Request::dated().signed_as(":authority;x-amz-date");
    assert_eq!(request.judge_demo(), "Verified");
    request.set_header("host", "elsewhere.example");
    assert_eq!(request.judge_demo(), "Mismatch");
}

#[test]
fn among_many_headers_each_is_found_in_wire_order() {
    let many =
        (0..3000).fold(Request::dated(), |request, at| request.header(&format!("h{:02}", at % 150), &at.to_string()));
    let list: Vec<String> =
        (0..150).map(|at| format!("h{at:02}")).chain(["host".to_owned(), "x-amz-date".to_owned()]).collect();
    let request = many.signed_as(&list.join(";"));
    assert_eq!(request.judge_demo(), "Verified");
    let explained = request.explained();
    assert!(explained.contains("\nh07:7,157,307,457,607,"), "{explained}");
}

#[test]
fn only_a_presigned_request_leaves_its_signature_parameter_out() {
    let mut request = Request::get("/?X-Amz-Signature=1").header("x-amz-date", STAMP).signed();
    assert_eq!(request.judge_demo(), "Verified");
    request.query = "X-Amz-Signature=2".to_owned();
    assert_eq!(request.judge_demo(), "Mismatch");
}

#[test]
fn a_token_comes_from_the_header_or_when_presigned_from_the_query() {
    let headers = |tokens: &[&str]| {
        tokens
            .iter()
            .fold(Request::get("/?X-Amz-Security-Token=query").header("x-amz-date", STAMP), |request, token| {
                request.header("x-amz-security-token", token)
            })
    };
    let token_of = |request: Request| {
        request.with_parts(|parts| {
            let claim = sigv4::parse(&parts).expect("syntax").expect("signed");
            claim.in_time(&at(NOW)).expect("in time").session_token().map(str::to_owned)
        })
    };
    let header_form = |tokens: &[&str]| token_of(headers(tokens).header("authorization", HEADER));
    assert_eq!(header_form(&[]), None);
    assert_eq!(header_form(&[""]), None);
    assert_eq!(header_form(&["one"]).as_deref(), Some("one"));
    assert_eq!(header_form(&["one", " one "]).as_deref(), Some("one"));
    assert_eq!(header_form(&["one", "two", "three"]).as_deref(), Some("one,two,three"));
    let presigned = |list: &str, query_token: &str| {
        let query = format!(
            "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=K/20260115/us-east-1/sts/aws4_request\
             &X-Amz-Signature=0&X-Amz-SignedHeaders={list}&X-Amz-Date={STAMP}{query_token}"
        );
        token_of(Request::get(&query).header("x-amz-security-token", "header"))
    };
    assert_eq!(presigned("host", "&X-Amz-Security-Token=a%2Bb").as_deref(), Some("a+b"));
    assert_eq!(presigned("host", ""), None);
    assert_eq!(presigned("host", "&X-Amz-Security-Token="), None);
    assert_eq!(presigned("host;x-amz-security-token", "&X-Amz-Security-Token=q").as_deref(), Some("header"));
}

#[test]
fn amz_headers_that_nobody_signed_are_told() {
    let request = Request::get("/")
        .header("x-amz-date", STAMP)
        .header("x-amz-security-token", "t")
        .header("x-amzn-trace-id", "1")
        .header("x-amz-acl", "private")
        .header("authorization", HEADER);
    request.with_parts(|parts| {
        let unverified = sigv4::parse(&parts).expect("syntax").expect("signed").in_time(&at(NOW)).expect("in time");
        assert_eq!(unverified.unsigned_amz_headers(), ["x-amz-security-token", "x-amz-acl"]);
    });
}

#[test]
fn line_feeds_cannot_make_two_requests_alike() {
    // What an attacker would want: the lines of another request inside one part of this one.
    let request = Request::dated().header("x-note", "a\nx-other:b").signed();
    let explained = request.explained();
    assert!(explained.contains("\nx-note:a x-other:b\n"), "{explained}");
    let mut request = request;
    request.method = "GET\n/\n".to_owned();
    assert!(request.explained().starts_with("GET%0A/%0A\n/\n\n"), "{}", request.explained());
    request.path = "/a\nb".to_owned();
    request.query = "a=\n".to_owned();
    assert!(request.explained().contains("\n/a%0Ab\na=%0A\n"), "{}", request.explained());
    request.with_parts(|parts| {
        let scoped = scoped(&parts, &at(NOW), "sts").expect("scoped");
        let explained = scoped.explain(&PayloadHash::Literal("UNSIGNED-PAYLOAD"), Style::S3).canonical_request;
        assert!(explained.contains("\n/a%0Ab\na=%0A\n"), "{explained}");
    });
}

// --- What a refusal shows --------------------------------------------------------------------------------------------

#[test]
fn a_mismatch_explains_itself_without_tokens() {
    for vector in vectors() {
        let request = vector.request.everywhere(vector.expect("signature"), &"0".repeat(64));
        let rejection = vector.request_verdict(&request).expect_err("a spoiled signature");
        let Rejection::Mismatch(explanation) = &rejection else { panic!("{rejection:?}") };
        assert_eq!(explanation.canonical_request, redacted(&vector.canonical, vector.expect("token")));
        assert_eq!(explanation.string_to_sign, vector.to_sign);
        let token = vector.expect("token");
        assert!(token.is_empty() || !format!("{rejection:?}").contains(token), "{}", vector.name);
    }
}

#[test]
fn assertions_in_a_query_and_proofs_in_headers_are_not_shown() {
    let request = Request::get("/?SAMLAssertion=s3cr3t&WebIdentityToken=s3cr3t&TokenCode=s3cr3t&Other=shown")
        .header("x-amz-date", STAMP)
        .header("cookie", "s3cr3t");
    let explained = request.signed().explained();
    assert!(explained.contains("Other=shown") && !explained.contains("s3cr3t"), "{explained}");
    let part = "SAMLAssertion=(redacted)&TokenCode=(redacted)&WebIdentityToken=(redacted)";
    assert!(explained.contains(part), "{explained}");
    assert!(explained.contains("\ncookie:(redacted)\n"), "{explained}");
}

#[test]
fn no_stage_prints_a_token() {
    let request =
        Request::get("/?a=hidden").header("x-amz-date", STAMP).header("x-amz-security-token", "hidden").signed();
    request.with_parts(|parts| {
        let claim = sigv4::parse(&parts).expect("syntax").expect("signed");
        let mut printed = format!("{parts:?} {claim:?}");
        let scoped = claim.in_time(&at(NOW)).expect("in time").scoped_to("sts", |_| true).expect("scope");
        write!(printed, "{scoped:?}").expect("a string");
        let verified = scoped.verify(&PayloadHash::of(b""), Style::Standard, &demo_key()).expect("verified");
        write!(printed, "{verified:?} {:?}", demo_key()).expect("a string");
        assert!(!printed.contains("hidden"), "{printed}");
    });
}

#[test]
fn a_verified_request_says_what_was_verified() {
    let request = Request::dated().header("x-amz-security-token", "t").signed();
    request.with_parts(|parts| {
        let scoped = scoped(&parts, &at(NOW), "sts").expect("scoped");
        let verified: Verified<'_> =
            scoped.verify(&PayloadHash::of(b""), Style::Standard, &demo_key()).expect("verified");
        assert_eq!((verified.scope().region, verified.scope().service), ("us-east-1", "sts"));
        assert_eq!(verified.session_token(), Some("t"));
        assert_eq!(verified.signed_at(), Timestamp::from_seconds(NOW));
        assert_eq!(
            verified.signed_headers().names().collect::<Vec<_>>(),
            ["host", "x-amz-date", "x-amz-security-token"]
        );
        assert_eq!((verified.form(), verified.is_presigned()), (Form::Header, false));
    });
}

#[test]
fn a_literal_payload_stands_where_the_hash_would() {
    let request = Request::dated().signed();
    let judge = |payload: &PayloadHash<'_>| {
        let verdict = request.judge(&at(NOW), "sts", payload, Style::Standard, &demo_key());
        verdict.err().as_ref().map_or("Verified", kind)
    };
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(judge(&PayloadHash::Literal(empty)), "Verified");
    assert_eq!(judge(&PayloadHash::Literal("UNSIGNED-PAYLOAD")), "Mismatch");
}

// --- Anything at all -------------------------------------------------------------------------------------------------

#[test]
fn nothing_that_a_hostile_client_sends_makes_the_engine_panic() {
    let headers = prop::collection::vec((header_name(), odd_bytes()), 0..60);
    let strategy = ("\\PC{0,8}", odd_text(), odd_text(), headers, "([a-zA-Z:; -]{1,4}|host;){0,40}");
    throw("cluttered heads", 256, strategy, no_scene, |(), (method, path, query, headers, list)| {
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential=K/20260115/r/s/aws4_request, SignedHeaders=host;{list}, Signature=0");
        let mut request = Request { method, path, query, headers, body: Vec::new() };
        request.run_to_the_end();
        request.headers.push(("x-amz-date".to_owned(), STAMP.into()));
        request.headers.push(("authorization".to_owned(), authorization.into()));
        request.run_to_the_end();
        let credential =
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=K/20260115/r/s/aws4_request&X-Amz-Signature=0";
        request.query = format!("{}&{credential}&X-Amz-Date={STAMP}&X-Amz-SignedHeaders=host;{list}", request.query);
        request.headers.retain(|(name, _)| name != "authorization");
        request.run_to_the_end();
        Ok(())
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_a_query_never_matters(pairs in prop::collection::vec("[a-c%+=.2A-]{0,5}", 0..12)) {
        let canonical = |pairs: &[String]| {
            let target = format!("/?{}", pairs.join("&"));
            Request::get(&target).header("x-amz-date", STAMP).signed().explained()
        };
        let mut reversed = pairs.clone();
        reversed.reverse();
        prop_assert_eq!(canonical(&pairs), canonical(&reversed));
    }
}

fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,60}",
        "(%[0-9a-fA-F]{0,2}|[/.&=+?;]|\\PC){0,60}",
        "(X-Amz-(Algorithm|Credential|Signature|Date|SignedHeaders|Expires|Security-Token)=[A-Z0-9/;%-]{0,20}&){0,9}",
    ]
}

fn odd_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "(AWS4-HMAC-SHA256 |Credential=|Signature=|SignedHeaders=|host|;|,| |/|[a-z0-9]){0,20}"
            .prop_map(String::into_bytes),
    ]
}

fn header_name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("authorization".to_owned()),
        Just("x-amz-date".to_owned()),
        Just("date".to_owned()),
        Just("host".to_owned()),
        Just("x-amz-security-token".to_owned()),
        "[a-z-]{1,4}",
    ]
}

// --- The bench -------------------------------------------------------------------------------------------------------

/// The instant at which everything here is signed.
const STAMP: &str = "20260115T120000Z";
const HEADER: &str =
    "AWS4-HMAC-SHA256 Credential=K/20260115/us-east-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=0";

fn at(seconds: i64) -> Moment {
    Moment::unsteered(Timestamp::from_seconds(seconds))
}

fn demo_key() -> SigningKey {
    SigningKey::derive(&SecretAccessKey::new("madeUp".to_owned()), "20260115", "us-east-1", "sts")
}

fn scoped<'a>(parts: &Parts<'a>, moment: &Moment, service: &str) -> Result<Scoped<'a>, Rejection> {
    sigv4::parse(parts)?
        .expect("signed")
        .in_time(moment)?
        .scoped_to(service, |region| ["us-east-1", "eu-central-1"].contains(&region))
}

/// The name of a rejection's variant.
fn kind(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::BothForms => "BothForms",
        Rejection::NotKeyValue { .. } => "NotKeyValue",
        Rejection::Repeated { .. } => "Repeated",
        Rejection::MissingParameters { .. } => "MissingParameters",
        Rejection::BadDate { .. } => "BadDate",
        Rejection::TooManySignedHeaders { .. } => "TooManySignedHeaders",
        Rejection::BadSignedHeader { .. } => "BadSignedHeader",
        Rejection::Expired { .. } => "Expired",
        Rejection::NotYetCurrent { .. } => "NotYetCurrent",
        Rejection::PresignNotYet { .. } => "PresignNotYet",
        Rejection::PresignExpired { .. } => "PresignExpired",
        Rejection::PresignTooLong { .. } => "PresignTooLong",
        Rejection::BadExpires { .. } => "BadExpires",
        Rejection::StringToSignShape => "StringToSignShape",
        Rejection::HostNotSigned => "HostNotSigned",
        Rejection::UnsupportedAlgorithm { .. } => "UnsupportedAlgorithm",
        Rejection::CredentialShape { .. } => "CredentialShape",
        Rejection::WrongScope(_) => "WrongScope",
        Rejection::Mismatch(_) => "Mismatch",
    }
}

/// A request that can be changed.
#[derive(Clone, Debug)]
struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Request {
    fn get(target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: vec![("host".to_owned(), b"127.0.0.1:4592".to_vec())],
            body: Vec::new(),
        }
    }

    fn dated() -> Self {
        Self::get("/").header("x-amz-date", STAMP)
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    /// Signed for the demo key with all its headers.
    fn signed(&self) -> Self {
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        self.signed_as(&names.join(";"))
    }

    /// Signed for the demo key with these headers, by the engine's own canonical text.
    fn signed_as(&self, list: &str) -> Self {
        let with = |signature: &str| {
            let credential = "AKIADEMO/20260115/us-east-1/sts/aws4_request";
            let header =
                format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={list}, Signature={signature}");
            self.clone().header("authorization", &header)
        };
        let to_sign = with("0").explanation().string_to_sign;
        let mut mac = Hmac::<Sha256>::new_from_slice(demo_key().expose()).expect("any length");
        mac.update(to_sign.as_bytes());
        with(&hex(&mac.finalize().into_bytes()))
    }

    fn set_header(&mut self, name: &str, value: &str) {
        let (_, place) = self.headers.iter_mut().find(|(other, _)| other == name).expect("the header");
        *place = value.as_bytes().to_vec();
    }

    /// The header's values as one, as HTTP joins them.
    fn header_text(&self, name: &str) -> Option<String> {
        self.header_value(name).map(|value| String::from_utf8_lossy(&value).into_owned())
    }

    fn header_value(&self, name: &str) -> Option<Vec<u8>> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    }

    fn with_parts<T>(&self, run: impl FnOnce(Parts<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        run(Parts { method: &self.method, path: &self.path, query: &self.query, headers: &headers })
    }

    /// As far as no key is needed, and without a scope.
    fn parse_at(&self, seconds: i64) -> Result<(), Rejection> {
        self.with_parts(|parts| sigv4::parse(&parts)?.expect("signed").in_time(&at(seconds)).map(|_| ()))
    }

    fn judge(
        &self,
        moment: &Moment,
        service: &str,
        payload: &PayloadHash<'_>,
        style: Style,
        key: &SigningKey,
    ) -> Result<(), Rejection> {
        self.with_parts(|parts| scoped(&parts, moment, service)?.verify(payload, style, key).map(|_| ()))
    }

    fn judge_demo(&self) -> &'static str {
        let verdict = self.judge(&at(NOW), "sts", &PayloadHash::of(&self.body), Style::Standard, &demo_key());
        verdict.err().as_ref().map_or("Verified", kind)
    }

    fn explanation(&self) -> Explanation {
        self.with_parts(|parts| {
            let scoped = scoped(&parts, &at(NOW), "sts").expect("scoped");
            scoped.explain(&PayloadHash::of(&self.body), Style::Standard)
        })
    }

    fn explained(&self) -> String {
        self.explanation().canonical_request
    }

    /// Through every stage that lets it pass; only a panic would be a fault.
    fn run_to_the_end(&self) {
        self.with_parts(|parts| {
            let Ok(Some(claim)) = sigv4::parse(&parts) else { return };
            let Ok(unverified) = claim.in_time(&at(NOW)) else { return };
            let _ = unverified.unsigned_amz_headers();
            let Ok(scoped) = unverified.scoped_to("s", |_| true) else { return };
            for style in [Style::Standard, Style::S3] {
                let verdict = scoped.clone().verify(&PayloadHash::Literal("UNSIGNED-PAYLOAD"), style, &demo_key());
                assert!(matches!(verdict, Err(Rejection::Mismatch(_))));
            }
        });
    }

    /// With a text replaced in the `Authorization` header.
    fn in_authorization(&self, old: &str, new: &str) -> Self {
        let mut request = self.clone();
        let header = self.header_text("authorization").expect("the header form");
        assert!(header.contains(old), "{header} has {old}");
        request.set_header("authorization", &header.replacen(old, new, 1));
        request
    }

    /// With a text replaced in the `Authorization` header or in the query.
    fn everywhere(&self, old: &str, new: &str) -> Self {
        if self.header_text("authorization").is_some() {
            return self.in_authorization(old, new);
        }
        assert!(self.query.contains(old), "{} has {old}", self.query);
        Self { query: self.query.replacen(old, new, 1), ..self.clone() }
    }
}

/// A directory of `fixtures/sigv4`.
struct Vector {
    name: String,
    request: Request,
    canonical: String,
    to_sign: String,
    expect: BTreeMap<String, String>,
}

fn vectors() -> Vec<Vector> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sigv4");
    let mut vectors: Vec<Vector> = fs::read_dir(&directory)
        .expect("fixtures/sigv4")
        .map(|entry| Vector::read(&entry.expect("an entry").path()))
        .collect();
    vectors.sort_by(|one, other| one.name.cmp(&other.name));
    vectors
}

impl Vector {
    fn read(directory: &Path) -> Self {
        let read =
            |file: &str| fs::read_to_string(directory.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let expect = read("expect.txt");
        let expect = expect.lines().map(|line| line.split_once(": ").expect("name: value"));
        Self {
            name: directory.file_name().expect("a name").to_string_lossy().into_owned(),
            request: request(&read("request.http")),
            canonical: read("canonical.txt"),
            to_sign: read("to-sign.txt"),
            expect: expect.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        }
    }

    /// What the vector expects; empty if it does not say.
    fn expect(&self, name: &str) -> &str {
        self.expect.get(name).map(String::as_str).unwrap_or_default()
    }

    fn form(&self) -> Form {
        if self.expect("form") == "query" { Form::Query } else { Form::Header }
    }

    fn style(&self) -> Style {
        if self.expect("style") == "s3" { Style::S3 } else { Style::Standard }
    }

    fn payload(&self) -> PayloadHash<'static> {
        self.payload_of(&self.request)
    }

    fn payload_of(&self, request: &Request) -> PayloadHash<'static> {
        if self.expect("payload") == "unsigned" {
            PayloadHash::Literal("UNSIGNED-PAYLOAD")
        } else {
            PayloadHash::of(&request.body)
        }
    }

    fn moment(&self) -> Moment {
        Moment::unsteered(Timestamp::parse_basic(self.expect("signed-at")).expect("a date"))
    }

    fn key(&self) -> SigningKey {
        let secret = SecretAccessKey::new(self.expect("secret").to_owned());
        SigningKey::derive(&secret, "20260115", self.expect("region"), self.expect("service"))
    }

    fn verdict_by(&self, key: &SigningKey, request: &Request) -> Result<(), Rejection> {
        request.judge(&self.moment(), self.expect("service"), &self.payload_of(request), self.style(), key)
    }

    fn request_verdict(&self, request: &Request) -> Result<(), Rejection> {
        self.verdict_by(&self.key(), request)
    }

    /// What becomes of this request with the vector's key.
    fn judge(&self, request: &Request) -> &'static str {
        if request.with_parts(|parts| matches!(sigv4::parse(&parts), Ok(None))) {
            return "Unsigned";
        }
        self.request_verdict(request).err().as_ref().map_or("Verified", kind)
    }

    fn with_list(&self, list: &str) -> Request {
        match self.form() {
            Form::Header => {
                let (old, new) = (self.expect("signed-headers"), list);
                self.request.in_authorization(&format!("SignedHeaders={old}"), &format!("SignedHeaders={new}"))
            }
            Form::Query => self.with_parameter("X-Amz-SignedHeaders", &list.replace(';', "%3B").replace(' ', "%20")),
        }
    }

    fn with_credential(&self, credential: &str) -> Request {
        match self.form() {
            Form::Header => {
                let (key, region, service) = (self.expect("key"), self.expect("region"), self.expect("service"));
                let old = format!("{key}/20260115/{region}/{service}/aws4_request");
                self.request.in_authorization(&old, credential)
            }
            Form::Query => self.with_parameter("X-Amz-Credential", &credential.replace('/', "%2F")),
        }
    }

    fn with_parameter(&self, name: &str, value: &str) -> Request {
        let pairs: Vec<&str> = self.request.query.split('&').collect();
        Request { query: with_value(&pairs, name, value).join("&"), ..self.request.clone() }
    }
}

fn with_value(pairs: &[&str], name: &str, value: &str) -> Vec<String> {
    let prefix = format!("{name}=");
    let changed = |pair: &&str| if pair.starts_with(&prefix) { format!("{prefix}{value}") } else { (*pair).to_owned() };
    pairs.iter().map(changed).collect()
}

/// Reads `METHOD target HTTP/1.1`, `name:value` lines, an empty line and the body.
fn request(text: &str) -> Request {
    let (head, body) = text.split_once("\n\n").expect("an empty line");
    let mut lines = head.split('\n');
    let mut words = lines.next().expect("a request line").split(' ');
    let (method, target) = (words.next().expect("a method"), words.next().expect("a target"));
    let mut request = Request::get(target);
    method.clone_into(&mut request.method);
    body.as_bytes().clone_into(&mut request.body);
    request.headers = lines
        .map(|line| line.split_once(':').expect("name:value"))
        .map(|(name, value)| (name.to_lowercase(), value.as_bytes().to_vec()))
        .collect();
    request
}

/// A canonical request as the engine shows it.
fn redacted(canonical: &str, token: &str) -> String {
    if token.is_empty() {
        return canonical.to_owned();
    }
    canonical.replace(token, "(redacted)").replace(&encode(token), "(redacted)")
}

/// A pair of a query with every byte escaped, in small letters, that is no escape yet.
fn escaped_in_full(pair: &str) -> String {
    let full = |text: &str| {
        let mut out = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = if first == '%' { 3 } else { first.len_utf8() };
            let (head, tail) = rest.split_at(length);
            match first {
                '%' => out += head,
                '+' => out += "%20",
                _ => head.bytes().for_each(|byte| write!(out, "%{byte:02x}").expect("a string")),
            }
            rest = tail;
        }
        out
    };
    match pair.split_once('=') {
        Some((name, value)) => format!("{}={}", full(name), full(value)),
        None => full(pair),
    }
}
