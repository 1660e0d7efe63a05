//! Policy documents: which of them IAM stores, and in which words it refuses the others.

use serde_json::{Value, json};

use super::{call, done, world};
use crate::support::{check, refused};

const SYNTAX: &str = "Syntax errors in policy.";
const LEGACY: &str = "The policy failed legacy parsing";
const VERSION: &str = "Policy document must be version 2012-10-17 or greater.";
const VENDOR: &str = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
const NO_RESOURCES: &str = "Policy statement must contain resources.";
const NO_ACTIONS: &str = "Policy statement must contain actions.";

/// A document of one statement, good but for these of its members; `null` takes one out.
fn statement(changes: &Value) -> Value {
    document(&json!({}), std::slice::from_ref(changes))
}

fn document(outside: &Value, changes: &[Value]) -> Value {
    let good = json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::example_bucket"});
    let statements: Vec<Value> = changes.iter().map(|changes| changed(&good, changes)).collect();
    changed(&json!({"Version": "2012-10-17", "Statement": statements}), outside)
}

fn changed(of: &Value, changes: &Value) -> Value {
    let mut all = of.as_object().unwrap().clone();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            all.remove(name)
        } else {
            all.insert(name.clone(), value.clone())
        };
    }
    Value::Object(all)
}

fn resource(resource: &str) -> Value {
    statement(&json!({"Resource": resource}))
}

fn condition(condition: &Value) -> Value {
    statement(&json!({"Condition": condition}))
}

fn date(operand: &str) -> Value {
    condition(&json!({"DateGreaterThan": {"aws:CurrentTime": operand}}))
}

/// Each of these documents is refused in these words.
#[track_caller]
fn refuses(id: &str, documents: &[Value], text: &str) {
    let world = world();
    for document in documents {
        let call = call("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", &document.to_string())]);
        check(&world, &format!("{id}: {document}"), &call, refused(400, "MalformedPolicyDocument", text));
    }
}

/// Each of these documents is stored.
#[track_caller]
fn stores(id: &str, documents: &[Value]) {
    let world = world();
    for (at, document) in documents.iter().enumerate() {
        let params = [("PolicyName", &*format!("p{at}")), ("PolicyDocument", &*document.to_string())];
        assert_eq!(call("CreatePolicy", &params).send(&world).status(), 200, "{id}: {document}");
    }
}

#[test]
fn what_has_another_form_is_a_syntax_error() {
    let one = statement(&json!({}));
    refuses("iamx-doc-json", &[json!("no object")], SYNTAX);
    refuses("iamx-doc-v2013", &[changed(&one, &json!({"Version": "2013-10-17"}))], SYNTAX);
    refuses("iamx-doc-nostmt", &[changed(&one, &json!({"Statement": null}))], SYNTAX);
    refuses("iamx-doc-emptystmt", &[changed(&one, &json!({"Statement": []}))], SYNTAX);
    refuses("iamx-doc-stmtstring", &[changed(&one, &json!({"Statement": ["text"]}))], SYNTAX);
    refuses("iamx-doc-topfield", &[changed(&one, &json!({"Comment": "x"}))], SYNTAX);
    refuses("iamx-doc-stmtfield", &[statement(&json!({"Comment": "x"}))], SYNTAX);
    let ids = [json!(["x"]), json!({"x": "y"})].map(|id| changed(&one, &json!({"Id": id})));
    refuses("iamx-doc-idarray", &ids, SYNTAX);
    refuses("iamx-doc-effect", &[statement(&json!({"Effect": "Maybe"}))], SYNTAX);
    refuses("iamx-doc-noeffect", &[statement(&json!({"Effect": null}))], SYNTAX);
    let actions = [json!("s3:Get*"), json!([])].map(|action| statement(&json!({"NotAction": action})));
    refuses("iamx-doc-both-action", &actions, SYNTAX);
    let resources = [json!("*"), json!([])].map(|resource| statement(&json!({"NotResource": resource})));
    refuses("iamx-doc-both-resource", &resources, SYNTAX);
    let odd = [json!({"a": "b"}), json!([{"a": "b"}])].map(|resource| statement(&json!({"Resource": resource})));
    refuses("iamx-doc-resdict", &odd, SYNTAX);
    let odd = [json!({"a": "b"}), json!([["s3:Get*"]])].map(|action| statement(&json!({"Action": action})));
    refuses("iamx-doc-actdict", &odd, SYNTAX);
    refuses("iamx-doc-condarray", &[json!([]), json!("text")].map(|odd| condition(&odd)), SYNTAX);
    let flat = [json!({"StringEquals": "x"}), json!({"StringEquals": ["x"]})];
    refuses("iamx-doc-condflat", &flat.map(|odd| condition(&odd)), SYNTAX);
    let operators = ["StringEqual", "ForAnyValue::StringLike"];
    refuses("iamx-doc-condop", &operators.map(|name| condition(&json!({name: {"aws:username": "x"}}))), SYNTAX);
    let odd = [json!(["x"]), json!({"x": "y"})].map(|sid| statement(&json!({"Sid": sid})));
    refuses("iamx-doc-sidtype", &odd, SYNTAX);
}

#[test]
fn what_older_readers_would_not_have_taken_says_so() {
    let spelled = ["denY", "allow"].map(|effect| statement(&json!({"Effect": effect})));
    refuses("iamx-doc-effectcase", &spelled, LEGACY);
    refuses("iamx-doc-arn5", &[resource("arn:aws:s3::example_bucket")], LEGACY);
    refuses("iamx-doc-noservice", &[resource("arn:aws::::example_bucket")], LEGACY);
    refuses("iamx-doc-date", &[date("sdfdsf")], LEGACY);
    refuses("iamx-doc-date-big", &[date("9223372036854775808")], LEGACY);
    let both = json!({"Resource": "arn:error:s3:::b", "Condition": {"DateLessThan": {"aws:CurrentTime": "x"}}});
    refuses("iamx-doc-date-partition", &[statement(&both)], LEGACY);
    let values = [
        ("NumericLessThan", "abc"),
        ("NumericLessThan", " 10"),
        ("NumericLessThan", "0x10"),
        ("IpAddress", "203.0.113.999/24"),
        ("NotIpAddress", "10.0.0.0/33"),
        ("ArnLike", "nope"),
        ("ArnLike", "arn:aws:s3:b"),
    ];
    refuses("a value", &values.map(|(operator, value)| condition(&json!({operator: {"k": value}}))), LEGACY);
    let bytes = ["!!!", "abc", "YWJj=="].map(|bytes| condition(&json!({"BinaryEquals": {"k": bytes}})));
    refuses("bytes", &bytes, SYNTAX);
}

#[test]
fn versions_and_ids_of_statements_come_first() {
    let one = statement(&json!({}));
    refuses("iamx-doc-noversion", &[changed(&one, &json!({"Version": null}))], VERSION);
    refuses("iamx-doc-v2008", &[changed(&one, &json!({"Version": "2008-10-17"}))], VERSION);
    let twice = [json!({"Sid": "same", "Action": null}), json!({"Sid": "same"})];
    let text = "Statement IDs (SID) in a single policy must be unique.";
    refuses("iamx-doc-dupsid", &[document(&json!({}), &twice)], text);
    refuses("iamx-doc-dupsid-noversion", &[document(&json!({"Version": null}), &twice)], VERSION);
}

#[test]
fn actions_have_a_vendor() {
    refuses("iamx-doc-noprefix", &[statement(&json!({"Action": "ListBucket"}))], VENDOR);
    refuses("iamx-doc-emptyaction", &[statement(&json!({"Action": null, "NotAction": ""}))], VENDOR);
    refuses("iamx-doc-vendor", &[statement(&json!({"Action": "a a:ListBucket"}))], "Vendor a a is not valid");
    let text = "Actions/Condition can contain only one colon.";
    refuses("iamx-doc-colons", &[statement(&json!({"Action": "s3:List:Bucket"}))], text);
    let text = "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.";
    let open = ["*:GetObject", "s3*:GetObject", "s3?:Get"].map(|a| statement(&json!({"Action": a})));
    refuses("an open vendor", &open, text);
    let none = [json!(null), json!([])];
    let resources = none.clone().map(|none| statement(&json!({"Resource": none, "Action": "no-vendor"})));
    refuses("iamx-doc-nores", &resources, NO_RESOURCES);
    refuses("iamx-doc-noact", &none.map(|none| statement(&json!({"Action": none, "Resource": null}))), NO_ACTIONS);
}

#[test]
fn resources_are_arns() {
    let not_an_arn = |resource: &str| format!("Resource {resource} must be in ARN format or \"*\".");
    refuses("iamx-doc-noarn", &[resource("invalid resource")], &not_an_arn("invalid resource"));
    refuses("iamx-doc-emptyres", &[resource("")], &not_an_arn(""));
    let both = statement(&json!({"Action": "no-vendor", "Resource": "sdfsadf"}));
    refuses("iamx-doc-res-before-act", &[both], &not_an_arn("sdfsadf"));
    for (id, sent, partition, shown) in [
        ("iamx-doc-partition1", "a:b:cadfsdf", "b", "arn:b:cadfsdf:*:*:*"),
        ("iamx-doc-partition2", "aws:s3:::example_bucket", "s3", "arn:s3:::example_bucket:*"),
        ("iamx-doc-partition3", "arn:error:s3:::example_bucket", "error", "arn:error:s3:::example_bucket"),
    ] {
        let text = format!("Partition \"{partition}\" is not valid for resource \"{shown}\".");
        refuses(id, &[resource(sent)], &text);
    }
    let text = "Resource vendor must be fully qualified and cannot contain regexes.";
    refuses("iamx-doc-arn2", &[resource("arn:aws")], text);
    refuses("an open service", &["arn:aws:*:::b", "arn:aws:s3*:::b", "arn:aws:*:*:*:*"].map(resource), text);
    let text = "Partition \"aws-cn\" is not valid for resource \"arn:aws-cn:s3:::b\".";
    refuses("another partition", &[resource("arn:aws-cn:s3:::b")], text);
    let text = "Resource arn:aws:s3::111122223333:b cannot contain an account id.";
    refuses("a bucket with an account", &[resource("arn:aws:s3::111122223333:b")], text);
    let text = "Resource arn:aws:route53:us-east-1::hostedzone/z can not contain region information.";
    refuses("a zone with a region", &[resource("arn:aws:route53:us-east-1::hostedzone/z")], text);
    let text = "Resource arn:aws:s3:my-bucket:*:* can not contain region information.";
    refuses("a short ARN", &[resource("arn:aws:s3:my-bucket")], text);
    let text = "IAM resource path must either be \"*\", root, or start with user/, federated-user/, role/, group/, \
                instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, \
                report/, access-report/.";
    refuses("iamx-doc-iampath", &[resource("arn:aws:iam:::example_bucket")], text);
    let of_iam = "arn:aws:iam:us-east-1::example_bucket";
    let text = format!("IAM resource {of_iam} cannot contain region information.");
    refuses("iamx-doc-iamregion", &[resource(of_iam)], &text);
    let of_s3 = "arn:aws:s3:us-east-1::example_bucket";
    let text = format!("Resource {of_s3} can not contain region information.");
    refuses("iamx-doc-s3region", &[resource(of_s3)], &text);
}

#[test]
fn odd_documents_that_aws_takes_are_taken() {
    let odd = ["unknown:Action", "s3:NoSuchThing", "iam: asdf safdsf af "];
    stores("iamx-docok-unknown", &odd.map(|action| statement(&json!({"Action": action, "Resource": "*"}))));
    let empty = [json!({}), json!({"StringEquals": {}}), json!({"NoSuchOperator": {}})];
    stores("iamx-docok-emptycond", &empty.map(|none| condition(&none)));
    stores("iamx-docok-emptysid", &[document(&json!({}), &[json!({"Sid": ""}), json!({"Sid": ""})])]);
    stores("iamx-docok-shortarn", &[resource("arn:aws:fdsasf")]);
    stores("iamx-docok-dates", &["01T", "-292275054", "2016-12-13t2:00:00.593194+23"].map(date));
    stores("iamx-docok-s3ap", &[resource("arn:aws:s3:us-west-2:123456789012:accesspoint/my-access-point")]);
    let neither = json!({"Action": null, "Resource": null, "NotAction": "iam:*", "NotResource": "*"});
    stores("iamx-docok-notboth", &[statement(&neither)]);
    stores("iamx-docok-emptylistop", &[condition(&json!({"StringEquals": {"aws:username": []}}))]);
}

#[test]
fn an_arn_is_whole_before_any_variable_counts() {
    let like = |value: &str| condition(&json!({"ArnLike": {"aws:SourceArn": value}}));
    refuses("a variable for an ARN", &[like("${aws:PrincipalArn}")], LEGACY);
    stores("variables in an ARN", &["arn:aws:iam::${aws:PrincipalAccount}:role/*", "*"].map(like));
}

#[test]
fn documents_have_a_size() {
    let world = world();
    let long = statement(&json!({"Action": format!("s3:{}", "x".repeat(5990))})).to_string();
    done(&world, "CreatePolicy", &[("PolicyName", "fits"), ("PolicyDocument", &long)]);
    let longer = statement(&json!({"Action": format!("s3:{}", "x".repeat(6144))})).to_string();
    let over = call("CreatePolicy", &[("PolicyName", "over"), ("PolicyDocument", &longer)]);
    let text = "Cannot exceed quota for PolicySize: 6144";
    check(&world, "iamx-pol-size", &over, refused(409, "LimitExceeded", text));
}
