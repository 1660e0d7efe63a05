//! Simulations: what policies would allow, and which context keys they read.

use super::{ACCOUNT, ALLOW, admin, arn, by, call, done, elements, nobody, texts, world};
use crate::support::{Answer, Call, TestWorld, check, refused};

const OBJECT: &str = "arn:aws:s3:::shelf/book";
const BARE: &str = r#"{"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}}"#;
const ANY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;

fn statement(rest: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"{rest}}}]}}"#
    )
}

fn custom(params: &[(&str, &str)]) -> Call {
    let has_action = params.iter().any(|(name, _)| name.starts_with("ActionNames"));
    let call = call("SimulateCustomPolicy", params);
    if has_action { call } else { call.param("ActionNames.member.1", "s3:GetObject") }
}

fn policy(text: &str) -> (&str, &str) {
    ("PolicyInputList.member.1", text)
}

#[track_caller]
fn decision(world: &TestWorld, id: &str, params: &[(&str, &str)], expect: &str) -> Answer {
    let answer = custom(params).send(world).fine();
    assert_eq!(texts(&answer, "EvalDecision").join(" "), expect, "{id}: {}", answer.body());
    answer
}

#[track_caller]
fn wrong(world: &TestWorld, id: &str, params: &[(&str, &str)], text: &str) {
    check(world, id, &custom(params), refused(400, "InvalidInput", text));
}

#[test]
fn a_user_is_simulated_with_all_that_binds_it() {
    let world = world();
    let managed = arn("policy/bare");
    done(&world, "CreatePolicy", &[("PolicyName", "bare"), ("PolicyDocument", BARE)]);
    done(&world, "AttachUserPolicy", &[("UserName", "nobody"), ("PolicyArn", &managed)]);
    done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "own"), ("PolicyDocument", ALLOW)]);
    let user = arn("user/nobody");
    let simulate = |source: &str, action: &str| {
        let params = [("PolicySourceArn", source), ("ActionNames.member.1", action), ("ResourceArns.member.1", OBJECT)];
        done(&world, "SimulatePrincipalPolicy", &params)
    };
    let put = simulate(&user, "s3:PutObject");
    // iamx-sim-basic, iamx-sim-order
    assert_eq!(texts(&put, "EvalDecision"), ["allowed"]);
    assert_eq!(texts(&put, "SourcePolicyId"), ["bare", "bare"]);
    assert_eq!(texts(&put, "SourcePolicyType"), ["IAM Policy", "IAM Policy"]);
    assert_eq!(texts(&put, "Column"), ["113", "41", "113", "41"]);
    assert!(put.body().contains("<EvalDecisionDetails/>"), "{}", put.body());
    let order = "EvalDecisionDetails MatchedStatements MissingContextValues EvalResourceName EvalDecision EvalActionName \
                 ResourceSpecificResults";
    assert_eq!(elements(&put, "member").join(" "), order);
    let get = simulate(&user, "s3:GetObject");
    // iamx-sim-inline-id, iamx-sim-pos-array
    assert_eq!(texts(&get, "SourcePolicyId")[0], "user_nobody_own");
    assert_eq!(texts(&get, "Column")[1], "38");
    let delete = simulate(&user, "s3:DeleteObject");
    // iamx-sim-implicit
    assert_eq!(texts(&delete, "EvalDecision"), ["implicitDeny"]);
    assert!(delete.body().contains("<MatchedStatements/>") && delete.body().contains("<MissingContextValues/>"));
    // iamx-sim-group
    done(&world, "CreateGroup", &[("GroupName", "crew")]);
    done(&world, "PutGroupPolicy", &[("GroupName", "crew"), ("PolicyName", "all"), ("PolicyDocument", ANY)]);
    let group = simulate(&arn("group/crew"), "s3:ListBucket");
    assert_eq!(
        (texts(&group, "EvalDecision"), texts(&group, "SourcePolicyId")[0].as_str()),
        (vec!["allowed".to_owned()], "group_crew_all")
    );
    done(&world, "AddUserToGroup", &[("GroupName", "crew"), ("UserName", "nobody")]);
    assert_eq!(texts(&simulate(&user, "s3:ListBucket"), "EvalDecision"), ["allowed"]);
    assert_eq!(texts(&simulate(&arn("role/worker"), "s3:ListBucket"), "SourcePolicyId")[0], "AdministratorAccess");
    // What a user and its group have counts once (principal_user_sources).
    done(&world, "AttachGroupPolicy", &[("GroupName", "crew"), ("PolicyArn", &managed)]);
    assert_eq!(texts(&simulate(&user, "s3:PutObject"), "SourcePolicyId"), ["bare", "group_crew_all"].repeat(2));
    // A boundary binds unless another is proposed.
    done(&world, "PutUserPermissionsBoundary", &[("UserName", "nobody"), ("PermissionsBoundary", &managed)]);
    let bound = simulate(&user, "s3:ListBucket");
    assert_eq!(texts(&bound, "EvalDecision"), ["implicitDeny"]);
    assert_eq!(texts(&bound, "AllowedByPermissionsBoundary"), ["false", "false"]);
    let params = [
        ("PolicySourceArn", user.as_str()),
        ("ActionNames.member.1", "ec2:RunInstances"),
        ("PermissionsBoundaryPolicyInputList.member.1", ANY),
    ];
    assert_eq!(texts(&done(&world, "SimulatePrincipalPolicy", &params), "EvalDecision"), ["allowed"]);
    // iam-s-sim-source-path
    assert_eq!(texts(&simulate(&arn("user/elsewhere/nobody"), "s3:PutObject"), "EvalDecision"), ["allowed"]);
}

#[test]
fn whose_policies_are_simulated_must_be_known_here() {
    let world = world();
    let simulate = |source: &str| {
        call("SimulatePrincipalPolicy", &[("PolicySourceArn", source), ("ActionNames.member.1", "s3:GetObject")])
    };
    for odd in
        [arn("root"), format!("arn:aws:sts::{ACCOUNT}:assumed-role/worker/one"), "no-arn-but-long-enough".to_owned()]
    {
        let text = format!("Invalid ARN provided in the request: {odd}");
        check(&world, "iam-s-sim-source-bad", &simulate(&odd), refused(400, "InvalidInput", &text));
        let keys = by(&nobody(), "GetContextKeysForPrincipalPolicy", &[("PolicySourceArn", &odd)]);
        check(&world, "B-811", &simulate(&odd).by(&nobody()), refused(400, "InvalidInput", &text));
        check(&world, "B-811", &keys, refused(400, "InvalidInput", &text));
    }
    let text = "Unable to retrieve specified IAM entity.";
    check(&world, "iam-s-sim-source-missing", &simulate(&arn("user/absent")), refused(404, "NoSuchEntity", text));
    let text = format!(
        "Invalid Policy Source Arn: caller's account {ACCOUNT} does not have access to policies in account 210987654321."
    );
    let foreign = simulate("arn:aws:iam::210987654321:user/bob");
    check(&world, "iam-s-sim-source-foreign", &foreign, refused(400, "InvalidInput", &text));
    let params = [("PolicySourceArn", arn("user/admin")), ("ActionNames.member.1", "s3:GetObject".to_owned())];
    let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(by(&nobody(), "SimulatePrincipalPolicy", &params).send(&world).status(), 403);
    assert_eq!(by(&admin(), "SimulatePrincipalPolicy", &params).send(&world).status(), 200);
}

#[test]
fn proposed_policies_decide() {
    let world = world();
    let star = decision(&world, "iamx-sim-star", &[policy(ALLOW)], "allowed");
    assert!(!star.body().contains("ResourceSpecificResults") && !star.body().contains("EvalDecisionDetails"));
    assert_eq!(
        (texts(&star, "EvalResourceName"), texts(&star, "SourcePolicyId")),
        (vec!["*".to_owned()], vec!["PolicyInputList.1".to_owned()])
    );
    let both = [policy(ALLOW), ("PolicyInputList.member.2", DENY)];
    let deny = decision(&world, "iamx-sim-deny", &both, "explicitDeny");
    assert_eq!(texts(&deny, "SourcePolicyId"), ["PolicyInputList.2"]);
    decision(&world, "iam-s-sim-policy-none", &[], "implicitDeny");
    for odd in ["s3:*", "s3:", "s3:Get Object", "madeup:Action"] {
        let params = [
            policy(r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#),
            ("ActionNames.member.1", odd),
        ];
        let answer = decision(&world, "iam-s-sim-action-wild", &params, "implicitDeny");
        assert_eq!(texts(&answer, "EvalActionName"), [odd]);
    }
    let resources = [
        ("ResourceArns.member.1", OBJECT),
        ("ResourceArns.member.2", "arn:aws:s3:::other/book"),
        ("ResourceArns.member.3", OBJECT),
    ];
    let one = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::shelf/*"}}"#;
    let params = [&[policy(one)], resources.as_slice()].concat();
    let answer = decision(&world, "iam-s-sim-per-action", &params, "implicitDeny");
    assert_eq!(texts(&answer, "EvalResourceName").last().unwrap(), OBJECT);
    assert!(answer.body().contains("<EvalResourceName>arn:aws:s3:::${BucketName}/${KeyName}</EvalResourceName>"));
    assert_eq!(texts(&answer, "EvalResourceDecision"), ["allowed", "implicitDeny", "allowed"]);
    assert_eq!(texts(&answer, "SourcePolicyId").len(), 3);
    let denied = [policy(ANY), ("PermissionsBoundaryPolicyInputList.member.1", DENY)];
    let bound = decision(&world, "iam-s-sim-boundary-type", &denied, "explicitDeny");
    assert_eq!(texts(&bound, "SourcePolicyId"), ["PermissionsBoundaryPolicyInputList.1"]);
    assert_eq!(texts(&bound, "SourcePolicyType"), ["Permissions Boundary Policy"]);
    assert_eq!(texts(&bound, "AllowedByPermissionsBoundary"), ["false"]);
}

#[test]
fn several_actions_come_in_pages() {
    let world = world();
    let actions = ["s3:GetObject", "s3:PutObject", "s3:GetBucketTagging"];
    let base: Vec<(String, &str)> =
        actions.iter().enumerate().map(|(at, action)| (format!("ActionNames.member.{}", at + 1), *action)).collect();
    let base: Vec<(&str, &str)> = base.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let base = [base.as_slice(), &[policy(ALLOW)]].concat();
    let first = custom(&base).param("MaxItems", "2").send(&world).fine();
    assert_eq!(
        (texts(&first, "EvalDecision"), first.text("IsTruncated").as_deref()),
        (vec!["allowed".to_owned(), "implicitDeny".to_owned()], Some("true"))
    );
    let rest = custom(&base).param("Marker", &first.text("Marker").unwrap()).send(&world).fine();
    assert_eq!(
        (texts(&rest, "EvalActionName"), rest.text("IsTruncated").as_deref()),
        (vec!["s3:GetBucketTagging".to_owned()], Some("false"))
    );
    // pagination_changed_actions
    let other = custom(&[policy(ALLOW)]).param("Marker", &first.text("Marker").unwrap()).send(&world).fine();
    assert_eq!((texts(&other, "EvalDecision").len(), other.text("IsTruncated").as_deref()), (0, Some("false")));
    wrong(&world, "iam-s-sim-marker", &[policy(ALLOW), ("Marker", "garbage")], "Invalid marker for pagination.");
}

#[test]
fn what_a_simulation_is_told_must_make_sense() {
    let world = world();
    let action = ("ActionNames.member.1", "GetObject");
    let words = "The action is invalid since it is missing names";
    wrong(&world, "iam-s-sim-action-nocolon", &[policy(ALLOW), action], words);
    for odd in ["nonsense", r#"{"Version":"2013-10-17","Statement":[]}"#] {
        wrong(&world, "iam-s-sim-policy-bad", &[policy(odd)], "Policy input list item 1 has invalid content");
    }
    let boundaries =
        [("PermissionsBoundaryPolicyInputList.member.1", ANY), ("PermissionsBoundaryPolicyInputList.member.2", ANY)];
    let words = "The list of Permissions Boundary policies cannot exceed 1 items.";
    wrong(&world, "iam-s-sim-two-boundaries", &boundaries, words);
    let resource = ("ResourceArns.member.1", "shelf");
    wrong(&world, "iamx-sim-resource", &[resource], "ResourceNames are not in a valid ARN format: shelf.");
    let owner = format!("'{ACCOUNT}' is not a valid as a Resource Owner.");
    wrong(&world, "iam-s-sim-owner", &[("ResourceOwner", ACCOUNT)], &owner);
    let huge = format!(r#"{{"Statement":{{"Effect":"Allow","Action":"s3:{}","Resource":"*"}}}}"#, "a".repeat(120_000));
    let many: Vec<String> = (1..=5).map(|at| format!("arn:aws:s3:::{}{at}", "b".repeat(2000))).collect();
    let too_much = many
        .iter()
        .enumerate()
        .fold(custom(&[policy(&huge)]), |call, (at, arn)| call.param(&format!("ResourceArns.member.{}", at + 1), arn));
    let text = "The policies and resources are too long to be evaluated in one call.";
    check(&world, "too much", &too_much, refused(400, "InvalidInput", text));
}

/// A call whose context holds `letters` letters, and whose policy compares them with these patterns.
fn with_context(patterns: &[String], letters: usize) -> Call {
    let patterns = patterns.iter().map(|pattern| format!("\"{pattern}\"")).collect::<Vec<_>>().join(",");
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{{"StringLike":{{"x:key":[{patterns}]}}}}}}}}"#
    );
    let actions: Vec<String> = (1..=100).map(|at| format!("ActionNames.member.{at}")).collect();
    let call = by(&admin(), "SimulateCustomPolicy", &[policy(&document)])
        .param("ContextEntries.member.1.ContextKeyName", "x:key")
        .param("ContextEntries.member.1.ContextKeyType", "string")
        .param("ContextEntries.member.1.ContextKeyValues.member.1", &"a".repeat(letters));
    actions.iter().fold(call, |call, action| call.param(action, "s3:GetObject"))
}

/// A call about this many actions, none of which a policy with this many keys or statements decides at once.
fn with_actions(document: &str, actions: usize) -> Call {
    let names: Vec<String> = (1..=actions).map(|at| format!("ActionNames.member.{at}")).collect();
    let call = by(&admin(), "SimulateCustomPolicy", &[policy(document)]);
    names.iter().fold(call, |call, name| call.param(name, "s3:GetObject")).param("MaxItems", "1000")
}

#[test]
fn long_answers_come_in_pages() {
    let world = world();
    let statements = vec![r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#; 2_700].join(",");
    let statements = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let keys: String = (0..6_000).map(|at| format!(r#""x:key{at}":"y","#)).collect();
    let keys = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"StringEquals":{{{keys}"x:y":"z"}}}}}}}}"#
    );
    for (document, told) in [(&statements, 2_700), (&keys, 6_001)] {
        let first = with_actions(document, 100).send(&world).fine();
        let results = texts(&first, "EvalActionName").len();
        assert!((10..100).contains(&results), "{results} of 100");
        let lists = texts(&first, "SourcePolicyId").len() + first.body().matches("<member>x:").count();
        assert_eq!(lists, told * results);
        let marker = first.text("Marker").unwrap();
        let rest = with_actions(document, 100).param("Marker", &marker).send(&world).fine();
        assert_eq!(texts(&rest, "EvalActionName").len(), results.min(100 - results));
    }
    let many: Vec<String> = (1..=500).map(|at| format!("ResourceArns.member.{at}")).collect();
    let many = many.iter().fold(with_actions(ALLOW, 100), |call, name| call.param(name, "arn:aws:s3:::b/k"));
    let many = many.send(&world).fine();
    assert_eq!(many.text("IsTruncated").as_deref(), Some("true"));
    let text = "The policies and resources are too long to be evaluated in one call.";
    let resources: Vec<String> = (1..=20).map(|at| format!("ResourceArns.member.{at}")).collect();
    let call = resources.iter().fold(with_actions(&statements, 1), |call, name| call.param(name, "arn:aws:s3:::b/k"));
    check(&world, "too long an answer", &call, refused(400, "InvalidInput", text));
}

#[test]
fn what_a_context_holds_takes_its_time_too() {
    let world = world();
    let text = "The policies and resources are too long to be evaluated in one call.";
    let long = vec!["b".repeat(1_000); 20];
    for (patterns, letters) in [
        (&long, 100_000),
        (&vec!["*${x:key}b".to_owned()], 60_000),
        (&vec!["*".to_owned() + &"a?".repeat(1_000)], 70_000),
    ] {
        let call = with_context(patterns, letters);
        check(&world, "too much", &call, refused(400, "InvalidInput", text));
    }
    let patterns = vec!["*".to_owned() + &"?a".repeat(500); 20];
    let caller = format!("arn:aws:iam::{ACCOUNT}:user/{}/u", "a".repeat(500));
    let by_arn = with_context(&patterns, 1).send(&world);
    assert_eq!(by_arn.text("IsTruncated").as_deref(), Some("false"), "{}", by_arn.body());
    let by_arn = with_context(&patterns, 1).param("CallerArn", &caller).send(&world);
    assert_eq!(by_arn.text("IsTruncated").as_deref(), Some("true"), "{}", by_arn.body());
    let shorter = with_context(&long, 1_000).send(&world);
    assert_eq!(shorter.text("IsTruncated").as_deref(), Some("true"), "{}", shorter.body());
    let short = with_context(&long, 100).send(&world);
    assert_eq!(short.text("IsTruncated").as_deref(), Some("false"), "{}", short.body());
}

#[test]
fn context_entries_have_types() {
    let world = world();
    let name = ("ContextEntries.member.1.ContextKeyName", "stack:test");
    let value = |value| ("ContextEntries.member.1.ContextKeyValues.member.1", value);
    let kind = |kind| ("ContextEntries.member.1.ContextKeyType", kind);
    let text = "1 validation error detected: Value at 'contextEntries.1.member.contextKeyType' failed to satisfy constraint: \
                Member must satisfy enum value set: [binary, ipList, booleanList, ip, boolean, numericList, dateList, \
                numeric, date, stringList, string, binaryList]";
    let call = custom(&[name, value("x"), kind("odd")]);
    check(&world, "iam-s-sim-ctx-type", &call, refused(400, "ValidationError", text));
    let twice = [
        name,
        value("x"),
        kind("string"),
        ("ContextEntries.member.2.ContextKeyName", "STACK:TEST"),
        ("ContextEntries.member.2.ContextKeyValues.member.1", "y"),
        ("ContextEntries.member.2.ContextKeyType", "string"),
    ];
    wrong(&world, "iam-s-sim-ctx-dup", &twice, "Duplicate context key: STACK:TEST.");
    let two = [name, value("x"), ("ContextEntries.member.1.ContextKeyValues.member.2", "y"), kind("string")];
    wrong(&world, "iam-s-sim-ctx-scalar", &two, "Context key string expected a single value, but received 2.");
    for (types, odd, form) in [
        (["numeric", "numericList"], "abc", "numeric format"),
        (["numeric", "numericList"], "NaN", "numeric format"),
        (["numeric", "numericList"], "0x10", "numeric format"),
        (["date", "dateList"], "soon", "DateTime format"),
        (["ip", "ipList"], "here", "IP address"),
        (["binary", "binaryList"], "YQ", "base-64 encoded binary format"),
    ] {
        let text = format!("Invalid context value for key stack:test: expected {form}.");
        for one in types {
            wrong(&world, "iam-s-sim-ctx-numeric", &[name, value(odd), kind(one)], &text);
        }
    }
    for (one, fine) in [
        ("numeric", "1e2"),
        ("numeric", "+1"),
        ("numeric", "01.00"),
        ("boolean", "yes"),
        ("date", "2035"),
        ("ip", "192.0.2.1"),
        ("binary", "YQ=="),
    ] {
        custom(&[name, value(fine), kind(one)]).send(&world).fine();
    }
    wrong(&world, "iam-s-sim-ctx-notype", &[name, value("x")], "Context key stack:test has invalid type null.");
    let text = "Context values for context key stack:test cannot be null or empty.";
    wrong(&world, "iam-s-sim-ctx-novalues", &[name, kind("string")], text);
    wrong(&world, "iam-s-sim-ctx-noname", &[value("x"), kind("string")], "ContextKeyName cannot be null or empty.");
    // An entry in which nothing stands is passed over.
    let gap = [
        ("ContextEntries.member.2.ContextKeyName", "stack:test"),
        ("ContextEntries.member.2.ContextKeyValues.member.1", "y"),
        ("ContextEntries.member.2.ContextKeyType", "string"),
    ];
    custom(&gap).send(&world).fine();
}

#[test]
fn conditions_read_what_is_given_and_the_rest_is_missed() {
    let world = world();
    let wants = statement(r#","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}"#);
    let missing = |answer: &Answer| {
        let (_, list) = answer.body().split_once("<MissingContextValues").unwrap();
        if list.starts_with("/>") {
            Vec::new()
        } else {
            texts_of(list.split_once("</MissingContextValues>").unwrap().0)
        }
    };
    let denied = decision(&world, "absent", &[policy(&wants)], "implicitDeny");
    assert_eq!(missing(&denied), ["aws:PrincipalTag/team"]);
    let given = |value| {
        [
            policy(&wants),
            ("ContextEntries.member.1.ContextKeyName", "aws:principaltag/TEAM"),
            ("ContextEntries.member.1.ContextKeyValues.member.1", value),
            ("ContextEntries.member.1.ContextKeyType", "string"),
        ]
    };
    assert!(missing(&decision(&world, "given", &given("red"), "allowed")).is_empty());
    assert!(missing(&decision(&world, "other", &given("blue"), "implicitDeny")).is_empty());
    let with_arn = [policy(&wants), ("ResourceArns.member.1", OBJECT)];
    let inner = decision(&world, "with an ARN", &with_arn, "implicitDeny");
    assert_eq!(missing(&inner), ["aws:PrincipalTag/team"]);
    assert_eq!(inner.body().matches("<member>aws:PrincipalTag/team</member>").count(), 2);
    let negated = statement(r#","Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"red"}}"#);
    assert!(missing(&decision(&world, "negated", &[policy(&negated)], "allowed")).is_empty());
    let stub = |who: &str| statement(&format!(r#","Condition":{{"StringEquals":{{"aws:userid":"{who}"}}}}"#));
    let own = stub("STUB_PRINCIPAL_FOR_POLICY_SIMULATOR");
    decision(&world, "iam-s-sim-userid", &[policy(&own)], "allowed");
    let other = stub("other");
    assert_eq!(missing(&decision(&world, "userid", &[policy(&other)], "implicitDeny")), ["aws:userid"]);
    let caller = arn("user/Bob");
    decision(&world, "with a caller", &[policy(&stub(&caller)), ("CallerArn", &caller)], "allowed");
    // iam-s-sim-arn-variables
    let key = "arn:aws:kms:eu-west-1:123456789012:key/one";
    let kms = |resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"kms:Decrypt","Resource":"{resource}"}}}}"#
        )
    };
    for (id, resource, value, expect) in [
        ("iam-s-sim-arn-variables", "arn:aws:kms:${aws:PrincipalTag/part}:*:key/one", "eu-west-1", "allowed"),
        ("iam-s-sim-arn-variables", "arn:aws:${aws:PrincipalTag/part}:*:*:key/one", "kms", "allowed"),
        ("iam-s-sim-arn-variables", "${aws:PrincipalTag/part}", key, "allowed"),
        ("iam-s-sim-arn-short-variable", "arn:aws:${aws:PrincipalTag/part}", "kms", "implicitDeny"),
    ] {
        let params = [
            "PolicyInputList.member.1",
            "ActionNames.member.1",
            "ResourceArns.member.1",
            "ContextEntries.member.1.ContextKeyName",
            "ContextEntries.member.1.ContextKeyValues.member.1",
            "ContextEntries.member.1.ContextKeyType",
        ];
        let document = kms(resource);
        let values = [&document, "kms:Decrypt", key, "aws:PrincipalTag/part", value, "string"];
        let params: Vec<(&str, &str)> = params.into_iter().zip(values).collect();
        decision(&world, id, &params, expect);
    }
}

/// What came of it, the statements and the missing keys; the same of each resource.
fn told(answer: &Answer) -> String {
    let part = |text: &str| {
        let find = |begin: &str| -> Vec<String> {
            text.split(begin).skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
        };
        let mut words = find("Decision>");
        words.retain(|word| !word.trim().is_empty());
        words.extend(find("<SourcePolicyId>"));
        let missing = text.split_once("<MissingContextValues>").map(|(_, rest)| rest);
        let missing =
            missing.map_or(Vec::new(), |rest| texts_of(rest.split("</MissingContextValues>").next().unwrap()));
        words.extend((!missing.is_empty()).then(|| format!("{missing:?}")));
        words.join(" ")
    };
    let (outer, inner) = answer.body().split_once("<ResourceSpecificResults>").unwrap_or((answer.body(), ""));
    let resources = inner.split("<EvalResourceName>").map(part).filter(|told| !told.is_empty());
    std::iter::once(part(outer)).chain(resources).collect::<Vec<_>>().join(" | ")
}

#[test]
fn simulations_come_out_as_aws_recorded_them() {
    let world = world();
    let user = arn("user/simulation/hypothetical");
    let when = |condition: &str| statement(&format!(r#","Condition":{{{condition}}}"#));
    let (a, b) = ("arn:aws:s3:::stackd-simulation/a", "arn:aws:s3:::stackd-simulation/b");
    let missing = r#""StringEquals":{"stack:missing":"yes"}"#;
    let elsewhere = when(missing).replace("s3:GetObject", "s3:PutObject");
    let variable = statement("").replace(r#""*"}"#, r#""arn:aws:s3:::stackd-simulation/${stack:key, 'different'}"}"#);
    let two =
        format!(r#"{{"Statement":[{0},{1}]}}"#, plain(&when(missing)), plain(&when(&missing.replace("st", "ST"))));
    let root = arn("root");
    let by_root = format!(
        r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{root}"}},"Action":"s3:GetObject","Resource":"{a}"}}}}"#
    );
    let by_user = by_root.replace(&root, &user);
    let put = ALLOW.replace("Get*", "PutObject");
    let foreign = ("ResourceOwner", "arn:aws:iam::999999999999:root");
    let at = |arn| ("ResourceArns.member.1", arn);
    let boundary = |text| ("PermissionsBoundaryPolicyInputList.member.1", text);
    let (caller, by_root, by_user) =
        (("CallerArn", &*user), ("ResourcePolicy", &*by_root), ("ResourcePolicy", &*by_user));
    let username = when(r#""StringEquals":{"aws:username":"hypothetical"}"#);
    let whole = when(&format!(r#""StringEquals":{{"aws:PrincipalArn":"{user}"}}"#));
    let account = when(&format!(r#""StringEquals":{{"aws:PrincipalAccount":"{ACCOUNT}"}}"#));
    let (group, gone) =
        (arn("group/simulation/hypothetical"), "implicitDeny [\"stack:missing\"] | implicitDeny [\"stack:missing\"]");
    let fictional = arn("user/fictional");
    for (scenario, params, expect) in [
        (
            "custom_single_resource",
            &[policy(ALLOW), at(a)][..],
            "allowed PolicyInputList.1 | allowed PolicyInputList.1",
        ),
        ("missing_relevant", &[policy(&when(missing)), at(a)], gone),
        ("missing_irrelevant_action", &[policy(&elsewhere), at(a)], gone),
        (
            "missing_with_other_allow_relevant",
            &[policy(ALLOW), ("PolicyInputList.member.2", &when(missing)), at(a)],
            "allowed PolicyInputList.1 | allowed PolicyInputList.1",
        ),
        (
            "missing_with_unconditional_deny",
            &[policy(DENY), ("PolicyInputList.member.2", &when(missing))],
            "explicitDeny PolicyInputList.1",
        ),
        (
            "missing_irrelevant_operator_Null",
            &[policy(&elsewhere.replace("StringEquals", "Null").replace("yes", "true"))],
            "implicitDeny [\"stack:missing\"]",
        ),
        ("missing_case_variants", &[policy(&two)], "implicitDeny [\"stack:missing\", \"STack:missing\"]"),
        (
            "missing_variable_default_resource_miss",
            &[policy(&variable), at(a)],
            "implicitDeny [\"stack:key\"] | implicitDeny [\"stack:key\"]",
        ),
        (
            "boundary_allow",
            &[policy(ALLOW), boundary(ANY), at(a)],
            "allowed PolicyInputList.1 | allowed PolicyInputList.1",
        ),
        ("boundary_missing_context", &[policy(ALLOW), boundary(&when(missing))], "implicitDeny [\"stack:missing\"]"),
        ("resource_wrong_type", &[policy(ALLOW), at(&fictional)], "implicitDeny | implicitDeny"),
        (
            "composition_same_root_no_identity",
            &[by_root, caller, at(a)],
            "allowed ResourcePolicy | allowed ResourcePolicy",
        ),
        (
            "composition_same_root_boundary_implicit",
            &[by_root, caller, at(a), boundary(&put)],
            "allowed ResourcePolicy | allowed ResourcePolicy",
        ),
        (
            "composition_same_root_boundary_deny",
            &[by_root, caller, at(a), boundary(DENY)],
            "explicitDeny PermissionsBoundaryPolicyInputList.1 | explicitDeny PermissionsBoundaryPolicyInputList.1",
        ),
        ("composition_cross_no_identity", &[by_user, caller, at(a), foreign], "implicitDeny | implicitDeny"),
        ("composition_custom_auto_username", &[policy(&username), caller], "allowed PolicyInputList.1"),
        ("composition_custom_auto_principal_arn", &[policy(&whole), caller], "allowed PolicyInputList.1"),
        (
            "composition_group_auto_username",
            &[policy(&username), ("CallerArn", &group)],
            "implicitDeny [\"aws:username\"]",
        ),
        ("composition_no_caller_value_account_authenticated", &[policy(&account)], "allowed PolicyInputList.1"),
        (
            "organizations_none",
            &[policy(ALLOW), at(a), ("ResourceArns.member.2", b)],
            "allowed PolicyInputList.1 | allowed PolicyInputList.1 | allowed PolicyInputList.1",
        ),
    ] {
        let answer = custom(params).send(&world).fine();
        assert_eq!(told(&answer), expect, "{scenario}: {}", answer.body());
    }
}

/// The statement of a policy that has one.
fn plain(policy: &str) -> &str {
    policy.split_once('[').unwrap().1.strip_suffix("]}").unwrap()
}

#[test]
fn actions_fit_resources_of_their_kind() {
    let world = world();
    let bucket = "arn:aws:s3:::shelf".to_owned();
    let queue = "arn:aws:sqs:us-east-1:123456789012:one".to_owned();
    let key = "arn:aws:kms:us-east-1:123456789012:key/one".to_owned();
    let function = "arn:aws:lambda:us-east-1:123456789012:function:one".to_owned();
    let instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-00000000000000001".to_owned();
    let resources = [OBJECT.to_owned(), bucket, arn("user/one"), arn("role/one"), queue, key, function, instance];
    let base: Vec<(String, &str)> = resources
        .iter()
        .enumerate()
        .map(|(at, arn)| (format!("ResourceArns.member.{}", at + 1), arn.as_str()))
        .collect();
    let base: Vec<(&str, &str)> = base.iter().map(|(name, arn)| (name.as_str(), *arn)).collect();
    // known_s3_objects and the like: which of these fit, and what several of them are called.
    for (action, fits, form) in [
        ("s3:GetObject", &[0, 1][..], "arn:aws:s3:::${BucketName}/${KeyName}"),
        ("S3:listbucket", &[0, 1], "arn:aws:s3:::${BucketName}/${KeyName}"),
        ("s3:ListAllMyBuckets", &[], "arn:aws:s3:::${BucketName}/${KeyName}"),
        ("iam:GetUser", &[2], "arn:aws:iam::${Account}:${ResourceType}/${ResourceName}"),
        ("iam:ListUsers", &[], "arn:aws:iam::${Account}:${ResourceType}/${ResourceName}"),
        ("iam:PassRole", &[3], "arn:aws:iam::${Account}:${ResourceType}/${ResourceName}"),
        ("iam:GenerateServiceLastAccessedDetails", &[2, 3], "arn:aws:iam::${Account}:${ResourceType}/${ResourceName}"),
        ("iam:SimulatePrincipalPolicy", &[2, 3], "arn:aws:iam::${Account}:${ResourceType}/${ResourceName}"),
        ("iam:SimulateCustomPolicy", &[], "arn:aws:iam::${Account}:${ResourceType}/${ResourceName}"),
        ("iam:GetSAMLProvider", &[], "arn:aws:iam::${Account}:${ResourceType}/${ResourceName}"),
        ("sts:GetCallerIdentity", &[], "arn:aws:iam::${Account}:${RelativeId}"),
        ("sts:AssumeRole", &[3], "arn:aws:iam::${Account}:${RelativeId}"),
        ("sqs:SendMessage", &[4], "arn:aws:sqs:${Region}:${Account}:${QueueName}"),
        ("kms:Encrypt", &[5], "arn:aws:kms:${Region}:${Account}:${ResourceType}/${Id}"),
        ("lambda:InvokeFunction", &[6], "arn:aws:lambda:${Region}:${Account}:${ResourceType}:${ResourceId}"),
        ("ec2:DescribeInstances", &[], "arn:aws:ec2:${Region}:${Account}:${ResourceType}/${ResourcePath}"),
        ("ec2:StartInstances", &[7], "arn:aws:ec2:${Region}:${Account}:${ResourceType}/${ResourcePath}"),
        ("madeup:Action", &[0, 1, 2, 3, 4, 5, 6, 7], "*"),
        ("s3:MadeUp", &[0, 1, 2, 3, 4, 5, 6, 7], "*"),
    ] {
        let params = [&[policy(ANY), ("ActionNames.member.1", action)], base.as_slice()].concat();
        let answer = custom(&params).send(&world).fine();
        let decisions = texts(&answer, "EvalResourceDecision");
        let fitting: Vec<usize> = (0..resources.len()).filter(|at| decisions[*at] == "allowed").collect();
        assert_eq!((fitting.as_slice(), texts(&answer, "EvalResourceName")[0].as_str()), (fits, form), "{action}");
    }
    let china = [
        policy(ANY),
        ("ActionNames.member.1", "sqs:SendMessage"),
        ("ResourceArns.member.1", "arn:aws-cn:sqs:cn-north-1:123456789012:one"),
        ("ResourceArns.member.2", "arn:aws:sqs:us-east-1:123456789012:two"),
    ];
    let answer = decision(&world, "partitions", &china, "allowed");
    assert_eq!(texts(&answer, "EvalResourceName")[0], "arn:aws-cn:sqs:${Region}:${Account}:${QueueName}");
    let mixed = [
        policy(ANY),
        ("ActionNames.member.1", "madeup:Action"),
        ("ActionNames.member.2", "s3:GetObject"),
        ("ActionNames.member.3", "s3:*"),
    ];
    decision(&world, "action_groups_default", &mixed, "allowed allowed allowed");
    let text =
        "Invalid Input Actions: [s3:GetObject] and [madeup:Action,s3:*] require different authorization information. ";
    wrong(&world, "global_mix", &[mixed.as_slice(), &[("ResourceArns.member.1", OBJECT)]].concat(), text);
    // Of services that are in no table nothing is known.
    let unsure = [&mixed[..3], &[("ResourceArns.member.1", OBJECT)]].concat();
    decision(&world, "B-850", &unsure, "allowed allowed");
}

#[test]
fn a_scenario_must_be_one_of_the_action() {
    let world = world();
    let instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0";
    let alarm = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:example";
    let run = "arn:aws:devicefarm:us-west-2:123456789012:run:00000000-0000-0000-0000-000000000000/00000000";
    let simulate = |action, scenario, resources: &[&str]| {
        let names: Vec<String> = (1..=resources.len()).map(|at| format!("ResourceArns.member.{at}")).collect();
        let resources = names.iter().map(String::as_str).zip(resources.iter().copied());
        let base = [policy(ANY), ("ActionNames.member.1", action), ("ResourceHandlingOption", scenario)];
        custom(&base.into_iter().chain(resources).collect::<Vec<_>>())
    };
    for (scenario, action, option, resources, expect) in [
        ("resource_handling_missing_EC2-VPC-EBS", "ec2:RunInstances", "EC2-VPC-EBS", &[instance][..], "allowed"),
        ("service_reference", "ec2:runinstances", "EC2-Classic-InstanceStore", &[instance], "allowed"),
        ("service_reference", "cloudwatch:TagResource", "CloudWatch-Dashboard", &[alarm], "allowed"),
        ("service_reference", "devicefarm:ScheduleRun", "Device Pool as filter", &[run], "implicitDeny"),
        ("resource_handling_unknown", "s3:GetObject", "fictional", &[], "allowed"),
        ("resource_handling_unknown", "s3:GetObject", "fictional", &["*"], "allowed"),
    ] {
        let answer = simulate(action, option, resources).send(&world).fine();
        assert_eq!(texts(&answer, "EvalDecision"), [expect], "{scenario}: {}", answer.body());
    }
    for (scenario, action, option, resources) in [
        ("resource_handling_other_action", "s3:GetObject", "EC2-VPC-EBS", &[OBJECT][..]),
        ("service_reference", "ec2:RunInstances", "fictional", &[instance]),
        ("service_reference", "ec2:RunInstances", "CloudWatch-Alarm", &[instance]),
        ("service_reference", "cloudwatch:UntagResource", "EC2-VPC-EBS", &[alarm, instance]),
        ("B-560", "ec2:RunInstances", "ec2-vpc-ebs", &[instance]),
        ("B-560", "ec2:RunInstances", " ", &[instance]),
    ] {
        let text = format!(
            "Invalid input resource handling options. Action does not support resource handling options: {action}. \
             Please refer to the documentation for more details: \
             https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html"
        );
        check(&world, scenario, &simulate(action, option, resources), refused(400, "InvalidInput", &text));
    }
    let too_long = "x".repeat(65);
    let text = "1 validation error detected: Value at 'resourceHandlingOption' failed to satisfy constraint: Member must \
                have length less than or equal to 64";
    let call = simulate("ec2:RunInstances", &too_long, &[instance]);
    check(&world, "ResourceHandlingOption", &call, refused(400, "ValidationError", text));
}

#[test]
fn typed_values_are_written_out_for_text_operators() {
    let world = world();
    for (scenario, kind, value, text, expect) in [
        ("canonical_numeric", "numeric", "01.00", "1.00", "allowed"),
        ("canonical_numeric", "numeric", "01.00", "01.00", "implicitDeny"),
        ("canonical_date", "date", "2035-01-02", "2035-01-02T00:00:00.000Z", "allowed"),
        ("canonical_date_zero", "date", "0", "1970-01-01T00:00:00.000Z", "allowed"),
        ("canonical_date_offset", "date", "2035-01-02T03:04:05+02:00", "2035-01-02T01:04:05.000Z", "allowed"),
        ("canonical_date_fraction", "date", "2035-01-02T03:04:05.123456Z", "2035-01-02T03:04:05.123Z", "allowed"),
        ("canonical_ip", "ip", "2001:0db8::1", "2001:0db8::1", "allowed"),
        ("canonical_binary", "binary", "YQ==", "YQ==", "allowed"),
        ("type_match_numeric_list_original_text", "numericList", "01.00", "01.00", "implicitDeny"),
    ] {
        let is_list = kind.ends_with("List");
        let operator = if is_list { "ForAnyValue:StringEquals" } else { "StringEquals" };
        let document = statement(&format!(r#","Condition":{{"{operator}":{{"stack:key":"{text}"}}}}"#));
        let params = [
            policy(&document),
            ("ContextEntries.member.1.ContextKeyName", "stack:key"),
            ("ContextEntries.member.1.ContextKeyType", kind),
            ("ContextEntries.member.1.ContextKeyValues.member.1", value),
        ];
        decision(&world, scenario, &params, expect);
    }
}

fn texts_of(list: &str) -> Vec<String> {
    list.split("<member>").skip(1).map(|piece| piece.split('<').next().unwrap().to_owned()).collect()
}

#[test]
fn resource_policies_take_part() {
    let world = world();
    let caller = arn("user/nobody");
    let bucket = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{caller}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::shelf/*"}}]}}"#
    );
    let base = [("ResourceArns.member.1", OBJECT), ("ResourcePolicy", bucket.as_str()), ("CallerArn", &caller)];
    let own = decision(&world, "own account", &base, "allowed");
    assert_eq!(texts(&own, "SourcePolicyId")[0], "ResourcePolicy");
    assert_eq!(texts(&own, "SourcePolicyType")[0], "Resource Policy");
    let foreign = [base.as_slice(), &[("ResourceOwner", "arn:aws:iam::210987654321:root")]].concat();
    let cross = decision(&world, "iamx-sim-cross", &foreign, "implicitDeny");
    assert_eq!(texts(&cross, "key")[..2], ["IAM Policy", "Resource Policy"]);
    assert_eq!(texts(&cross, "value")[..2], ["implicitDeny", "allowed"]);
    decision(&world, "both", &[foreign.as_slice(), &[policy(ALLOW)]].concat(), "allowed");
    let nobody = "Invalid caller - Caller cannot be null or empty.";
    wrong(&world, "resource_policy_missing_caller", &base[..2], nobody);
    let no_caller = "Invalid caller - Caller must be an IAM user, role or group in this context.";
    for odd in [arn("root"), format!("arn:aws:sts::{ACCOUNT}:assumed-role/fictional/session")] {
        let params = [base[0], base[1], ("CallerArn", odd.as_str())];
        wrong(&world, "resource_policy_caller_root", &params, no_caller);
    }
    let unclear = "Invalid Entity Arn: * does not clearly define entity type and name.";
    wrong(&world, "composition_resource_shape_arn_omitted", &base[1..], unclear);
    let star = [("ResourceArns.member.1", "*"), base[1], base[2]];
    wrong(&world, "composition_resource_shape_arn_explicit_wildcard", &star, unclear);
    let of_everything = bucket.replace("arn:aws:s3:::shelf/*", "*");
    let params = [base[0], ("ResourcePolicy", of_everything.as_str()), base[2]];
    let text = "ResourceNames are not in a valid ARN format: *.";
    wrong(&world, "composition_resource_wildcard_invalid", &params, text);
    let everybody = bucket.replace(&caller, "*");
    done(&world, "CreateGroup", &[("GroupName", "crew")]);
    for source in ["group/crew", "role/worker"] {
        let params = [
            ("PolicySourceArn", arn(source)),
            ("ActionNames.member.1", "s3:GetObject".to_owned()),
            ("ResourceArns.member.1", OBJECT.to_owned()),
            ("ResourcePolicy", everybody.clone()),
        ];
        let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = done(&world, "SimulatePrincipalPolicy", &params);
        assert_eq!(texts(&answer, "SourcePolicyId")[0], "ResourcePolicy", "principal_resource_policy_group");
    }
    // iamx-sim-trust
    let trust =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
    let role = arn("role/worker");
    let assumes = [
        policy(ANY),
        ("ActionNames.member.1", "sts:AssumeRole"),
        ("ResourceArns.member.1", &role),
        ("ResourcePolicy", trust),
        ("CallerArn", &caller),
    ];
    decision(&world, "iamx-sim-trust", &assumes, "allowed");
}

#[test]
fn context_keys_are_listed_as_they_are_written() {
    let world = world();
    let keys = |documents: &[&str]| {
        let names: Vec<String> = (1..=documents.len()).map(|at| format!("PolicyInputList.member.{at}")).collect();
        let params: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(documents.iter().copied()).collect();
        texts(&done(&world, "GetContextKeysForCustomPolicy", &params), "member")
    };
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/${*}",
        "Condition":{"StringLike":{"aws:UserId":"${aws:PrincipalTag/x, 'y'}"},"Null":{"aws:UserId":"true"}}}]}"#;
    let found = ["aws:username", "*", "aws:UserId", "aws:PrincipalTag/x"];
    assert_eq!(keys(&[document]), found);
    assert_eq!(keys(&[document, document]).len(), 8);
    assert_eq!(keys(&[&document.replace("2012-10-17", "2008-10-17")]), ["aws:UserId"]);
    // iam-s-ctxkeys-lenient
    let bare = [r#"{"Version":"2012-10-17"}"#, r#"{"Statement":[]}"#, r#"{"Statement":{"Effect":"Allow"}}"#];
    assert!(keys(&bare).is_empty());
    // variable_condition_numeric
    let number = statement(r#","Condition":{"NumericEquals":{"aws:MultiFactorAuthAge":"${aws:PrincipalTag/Age}"}}"#);
    assert_eq!(keys(&[&number]), ["aws:MultiFactorAuthAge", "aws:PrincipalTag/Age"]);
    for odd in [
        "x",
        r#"{"Statement":{"Action":"s3:*"}}"#,
        r#"{"Odd":1}"#,
        r#"{"Statement":{"Effect":"Allow","Condition":{"Odd":{"a":"b"}}}}"#,
    ] {
        let call = call("GetContextKeysForCustomPolicy", &[policy(odd)]);
        let refusal = refused(400, "InvalidInput", "Policy input list item 1 has invalid content");
        check(&world, "iam-s-ctxkeys-lenient", &call, refusal);
    }
    done(&world, "PutUserPolicy", &[("UserName", "Selma"), ("PolicyName", "more"), ("PolicyDocument", document)]);
    let params = [
        ("PolicySourceArn", arn("user/staff/Selma")),
        ("PolicyInputList.member.1", statement(r#","Condition":{"Bool":{"aws:x":"true"}}"#)),
    ];
    let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let all = texts(&done(&world, "GetContextKeysForPrincipalPolicy", &params), "member");
    assert_eq!(all, [&["aws:username"], found.as_slice(), &["aws:x"]].concat());
    // principal:user_with_shared_attachment_and_boundary
    for name in ["shared", "boundary"] {
        let document = statement(&format!(r#","Condition":{{"Bool":{{"aws:{name}":"true"}}}}"#));
        done(&world, "CreatePolicy", &[("PolicyName", name), ("PolicyDocument", &document)]);
    }
    let (shared, boundary) = (arn("policy/shared"), arn("policy/boundary"));
    done(&world, "CreateGroup", &[("GroupName", "crew")]);
    done(&world, "AddUserToGroup", &[("GroupName", "crew"), ("UserName", "nobody")]);
    done(&world, "AttachGroupPolicy", &[("GroupName", "crew"), ("PolicyArn", &shared)]);
    done(&world, "AttachUserPolicy", &[("UserName", "nobody"), ("PolicyArn", &shared)]);
    done(&world, "PutUserPermissionsBoundary", &[("UserName", "nobody"), ("PermissionsBoundary", &boundary)]);
    let source = arn("user/nobody");
    let all = texts(&done(&world, "GetContextKeysForPrincipalPolicy", &[("PolicySourceArn", &source)]), "member");
    assert_eq!(all, ["aws:shared", "aws:boundary"]);
}

#[test]
fn lists_of_plain_values_have_indexes_as_aws_reads_them() {
    let world = world();
    let keys = |names: &[&str]| {
        let document = statement(r#","Condition":{"Bool":{"aws:x":"true"}}"#);
        names.iter().fold(call("GetContextKeysForCustomPolicy", &[]), |call, name| {
            call.param(&format!("PolicyInputList.member.{name}"), &document)
        })
    };
    assert_eq!(texts(&keys(&["01"]).send(&world).fine(), "member"), ["aws:x"], "sts-s-q-index-leading-zero");
    for (id, names, text) in [
        ("sts-s-q-index-zero", &["0"][..], "0 is not a valid index"),
        ("sts-s-q-index-negative", &["-1"], "Key -1 may not have a leading '-'"),
        ("sts-s-q-index-word", &["one"], "Start of list found where not expected"),
        ("sts-s-q-index-word", &["+1"], "Start of list found where not expected"),
        ("sts-s-q-index-sparse", &["12"], "Excessively sparse input would skip 11 list elements"),
        ("sts-s-q-index-sparse", &["1", "12"], "Excessively sparse input would skip 11 list elements"),
    ] {
        check(&world, id, &keys(names), refused(400, "MalformedInput", text));
    }
    let text = r"1 validation error detected: Value at 'policyInputList' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 131072, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]+]";
    for names in [&["11"][..], &["1", "8", "15"]] {
        check(&world, "sts-s-q-index-gap", &keys(names), refused(400, "ValidationError", text));
    }
}
