//! Calls that wait for the keys of an issuer, through real sockets: one fetch for all, and nobody else waits.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use local_sts::env::{Clock, SystemClock};
use serde_json::json;

use crate::crash::{connect, over, receive, send};
use crate::http::Running;
use crate::store::Scratch;
use crate::support::tokens::{Token, key_set};
use crate::support::{Call, Keys, identify};

/// An issuer that tells when it is asked, and answers when it is told to.
struct Issuer {
    url: String,
    /// Each path that was asked for, as soon as it was.
    asked: Receiver<String>,
    /// An answer for each; without one it hangs up.
    answers: Sender<Vec<u8>>,
}

impl Issuer {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/tenant", listener.local_addr().unwrap());
        let (tell, asked) = channel();
        let (answers, answer) = channel::<Vec<u8>>();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = tell.send(path(&mut stream));
                let Ok(answer) = answer.recv() else { return };
                let _ = stream.write_all(&answer);
            }
        });
        Self { url, asked, answers }
    }

    /// Waits until it is asked.
    fn next(&self) -> String {
        self.asked.recv_timeout(std::time::Duration::from_secs(10)).unwrap()
    }

    fn answer(&self, document: &str) {
        let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", document.len());
        self.answers.send(format!("{head}{document}").into_bytes()).unwrap();
    }

    fn answer_with_discovery(&self) {
        self.answer(&json!({"issuer": self.url, "jwks_uri": format!("{}/keys", self.url)}).to_string());
    }

    /// What was asked for meanwhile.
    fn asked_meanwhile(&self) -> Vec<String> {
        self.asked.try_iter().collect()
    }

    /// A service that has a role for its tokens.
    fn service(&self, scratch: &Scratch) -> Running {
        let seed = scratch.0.join("seed.yaml");
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": format!("arn:aws:iam::123456789012:oidc-provider/{}", &self.url[7..])}
        }]});
        let text = format!(
            r#"
accounts:
  - id: "123456789012"
    oidcProviders: [{{ url: "{}", clientIds: [sts.amazonaws.com] }}]
    users: [{{ name: alice, accessKeys: [{{ id: AKIAALICE, secret: alice-secret }}] }}]
    roles: [{{ name: deployer, trust: {trust} }}]
"#,
            self.url
        );
        std::fs::write(&seed, text).unwrap();
        Running::start(&["--ephemeral", "--seed", seed.to_str().unwrap()])
    }

    /// A call with a token of its own, signed by `key`.
    fn call(&self, key: &str) -> Call {
        let now = SystemClock.moment().machine.seconds();
        let token = Token::of("ci").claim("iss", self.url.as_str()).claim("iat", now).claim("exp", now + 600).by(key);
        Call::web_identity("arn:aws:iam::123456789012:role/deployer", &token.sign())
    }
}

fn path(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned()
}

fn sent(running: &Running, call: &Call) -> TcpStream {
    let mut stream = connect(&running.aws);
    send(&mut stream, call).unwrap();
    stream
}

/// Somebody who needs no key set is answered at once.
#[track_caller]
fn check_others_are_served(running: &Running) {
    let alice = Keys::of("alice");
    over(&mut connect(&running.aws), &identify(&alice)).unwrap().fine();
}

#[test]
fn hundreds_who_wait_for_the_same_keys_cause_one_fetch() {
    let (issuer, scratch) = (Issuer::new(), Scratch::new("waiting-together"));
    let running = issuer.service(&scratch);
    let call = issuer.call("rsa");
    let mut callers: Vec<TcpStream> = (0..300).map(|_| sent(&running, &call)).collect();
    assert_eq!(issuer.next(), "/tenant/.well-known/openid-configuration");
    check_others_are_served(&running);
    issuer.answer_with_discovery();
    assert_eq!(issuer.next(), "/tenant/keys");
    check_others_are_served(&running);
    issuer.answer(&key_set(&["rsa"]));
    for caller in &mut callers {
        receive(caller).unwrap().fine();
    }
    assert_eq!(issuer.asked_meanwhile(), [""; 0]);
}

#[test]
fn whoever_leaves_takes_no_keys_along() {
    let (issuer, scratch) = (Issuer::new(), Scratch::new("waiting-left"));
    let running = issuer.service(&scratch);
    let first = sent(&running, &issuer.call("rsa"));
    assert_eq!(issuer.next(), "/tenant/.well-known/openid-configuration");
    let mut second = sent(&running, &issuer.call("rsa"));
    drop(first);
    check_others_are_served(&running);
    issuer.answer_with_discovery();
    assert_eq!(issuer.next(), "/tenant/keys");
    issuer.answer(&key_set(&["rsa"]));
    receive(&mut second).unwrap().fine();
    assert_eq!(issuer.asked_meanwhile(), [""; 0]);
}

/// Row wi-jwks, from an issuer that hangs up, and from one that neither answers nor does.
#[test]
fn an_issuer_that_does_not_answer_costs_its_own_callers_a_few_seconds() {
    let text = "Couldn't retrieve verification key from your identity provider,  please reference \
                AssumeRoleWithWebIdentity documentation for requirements";
    let (silent, scratch) = (Issuer::new(), Scratch::new("waiting-silent"));
    let running = silent.service(&scratch);
    let mut caller = sent(&running, &silent.call("rsa"));
    silent.next();
    check_others_are_served(&running);
    assert_eq!(receive(&mut caller).unwrap().text("Message").as_deref(), Some(text));
    let (gone, scratch) = (Issuer::new(), Scratch::new("waiting-gone"));
    let running = gone.service(&scratch);
    let call = gone.call("rsa");
    gone.answers.send(Vec::new()).unwrap();
    assert_eq!(over(&mut connect(&running.aws), &call).unwrap().text("Message").as_deref(), Some(text));
}
