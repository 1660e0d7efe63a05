//! What Prometheus reads: every call is counted once, whichever thread answered it.

use local_sts::faults::Rule;
use local_sts::metrics::Beside;
use serde_json::json;

use crate::http::{Running, companion, status};
use crate::support::{Call, Keys, TestWorld, identify};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        policies: [{ name: all, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "sts:*", Resource: "*" }] } }]
    roles:
      - name: reader
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
"#;

fn read(world: &TestWorld) -> String {
    let service = &world.service;
    service.metrics().render(&Beside { journal: service.journal().size(), faults: service.world().faults.standing() })
}

#[test]
fn every_call_is_counted_once_by_what_came_of_it() {
    let world = TestWorld::new(SEED);
    let alice = Keys::of("alice");
    let whoami = identify(&alice);
    let assume = |role: &str| {
        let role = format!("arn:aws:iam::123456789012:role/{role}");
        Call::assume_role(&role, "ci").by(&alice)
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5).for_each(|_| assert_eq!(whoami.send(&world).status(), 200)));
        }
    });
    assume("reader").send(&world);
    assume("nobodys").send(&world);
    Call::iam("ListRoles").by(&alice).send(&world);
    Call::sts("GetNothing").by(&alice).send(&world);
    let rule: Rule =
        serde_json::from_value(json!({"id": "busy", "error": {"code": "InternalFailure", "httpStatus": 503}})).unwrap();
    world.service.world().faults.add(vec![rule], false).unwrap();
    whoami.send(&world);
    let text = read(&world);
    for line in [
        r#"local_sts_requests_total{surface="sts",action="GetCallerIdentity",outcome="success"} 20"#,
        r#"local_sts_requests_total{surface="sts",action="GetCallerIdentity",outcome="failed"} 1"#,
        r#"local_sts_requests_total{surface="sts",action="AssumeRole",outcome="success"} 1"#,
        r#"local_sts_requests_total{surface="sts",action="AssumeRole",outcome="refused"} 1"#,
        r#"local_sts_requests_total{surface="iam",action="ListRoles",outcome="refused"} 1"#,
        r#"local_sts_requests_total{surface="sts",action="-",outcome="refused"} 1"#,
        r#"local_sts_refusals_total{surface="sts",code="AccessDenied"} 1"#,
        r#"local_sts_refusals_total{surface="iam",code="AccessDenied"} 1"#,
        r#"local_sts_refusals_total{surface="sts",code="InvalidAction"} 1"#,
        r#"local_sts_refusals_total{surface="sts",code="injected"} 1"#,
        "local_sts_sessions_minted_total 1",
        "local_sts_journal_entries 25",
        "local_sts_journal_written_total 25",
        r#"local_sts_faults_struck_total{rule="busy"} 1"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    let families = text.lines().filter(|line| line.starts_with("# TYPE ")).count();
    assert_eq!(families, 8, "{text}");
}

#[test]
fn prometheus_reads_it_off_the_companion_without_a_token() {
    let running = Running::start(&["--ephemeral", "--journal", "0"]);
    companion(&running, "GET", "/v1/nothing", "", "");
    companion(&running, "GET", "/oidc/.well-known/openid-configuration", "", "");
    let answer = companion(&running, "GET", "/metrics", "", "");
    assert_eq!(status(&answer), "200 OK");
    assert!(answer.to_ascii_lowercase().contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    for line in [
        r#"local_sts_requests_total{surface="validator",action="-",outcome="refused"} 1"#,
        r#"local_sts_requests_total{surface="oidc",action="openid-configuration",outcome="success"} 1"#,
        "local_sts_journal_entries 0",
    ] {
        assert!(answer.contains(line), "{line} in\n{answer}");
    }
    assert!(answer.contains("local_sts_build_info{version=\""), "{answer}");
    assert_eq!(status(&companion(&running, "POST", "/metrics", "", "")), "405 Method Not Allowed");
    let origin = companion(&running, "GET", "/metrics", "Origin: http://evil.example\r\n", "");
    assert_eq!(status(&origin), "403 Forbidden");
}
