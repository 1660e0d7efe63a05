//! The requests. Keys, secrets and tokens are made up and worth nothing.

/// A request before it is signed.
#[derive(Clone)]
pub struct Case {
    pub name: &'static str,
    pub method: &'static str,
    pub target: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub key: &'static str,
    pub secret: &'static str,
    pub token: Option<String>,
    pub region: &'static str,
    pub service: &'static str,
    pub s3: bool,
    pub unsigned_payload: bool,
    /// Presigned for so many seconds.
    pub expires: Option<u64>,
}

pub fn cases() -> Vec<Case> {
    let mut all = plain();
    all.extend(headers());
    all.extend(queries());
    all.extend(paths());
    all.extend(presigned());
    all.extend(s3());
    all
}

const WHOAMI: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const FORM: &str = "application/x-www-form-urlencoded";
const TOKEN: &str = "FwoGmadeUpToken//////////wEaDPlusAndSlash+/AndEquals==";

fn get(name: &'static str, target: &str) -> Case {
    Case {
        name,
        method: "GET",
        target: target.to_owned(),
        headers: vec![("host", "sts.us-east-1.amazonaws.com".to_owned())],
        body: String::new(),
        key: "AKIAMADEUPMADEUP0001",
        secret: "madeUpSecret/madeUpSecret+madeUpSecret00",
        token: None,
        region: "us-east-1",
        service: "sts",
        s3: false,
        unsigned_payload: false,
        expires: None,
    }
}

fn post(name: &'static str, body: &str) -> Case {
    Case { method: "POST", body: body.to_owned(), ..get(name, "/") }.header("content-type", FORM)
}

impl Case {
    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn token(self) -> Self {
        Self { key: "ASIAMADEUPMADEUP0002", token: Some(TOKEN.to_owned()), ..self }
    }

    fn presigned(self, seconds: u64) -> Self {
        Self { expires: Some(seconds), ..self }
    }

    fn s3(mut self) -> Self {
        self.headers[0].1 = "bucket.s3.eu-central-1.amazonaws.com".to_owned();
        Self { region: "eu-central-1", service: "s3", s3: true, ..self }
    }
}

fn plain() -> Vec<Case> {
    let long = "x".repeat(9000);
    let mut iam = post("post-iam", "Action=GetUser&Version=2010-05-08");
    iam.headers[0].1 = "iam.amazonaws.com".to_owned();
    let mut local = post("post-local-demo-key", WHOAMI);
    local.headers[0].1 = "127.0.0.1:4592".to_owned();
    vec![
        get("get", &format!("/?{WHOAMI}")),
        get("get-no-query", "/"),
        post("post-form", WHOAMI),
        post("post-empty-body", ""),
        Case { headers: get("", "/").headers, ..post("post-form-charset", "Action=AssumeRole&RoleSessionName=%C3%A9") }
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        post("post-token", WHOAMI).token(),
        post("post-long-body", &format!("Action=AssumeRole&Version=2011-06-15&Policy={long}")),
        Case { method: "DELETE", ..get("delete", "/thing/1") },
        Case { method: "PUT", body: "{\"a\": \"é\"}\n".to_owned(), ..get("put-json", "/thing/1") }
            .header("content-type", "application/json"),
        Case { service: "iam", ..iam },
        Case { key: "test", secret: "test", region: "eu-central-1", ..local },
        Case {
            secret: "a secret that is longer than one block of SHA-256 (64 bytes)",
            ..post("post-long-secret", WHOAMI)
        },
    ]
}

fn headers() -> Vec<Case> {
    vec![
        get("headers-repeated", "/")
            .header("x-list", "b")
            .header("x-other", "z")
            .header("x-list", "a")
            .header("x-list", "b"),
        get("headers-repeated-blanks", "/").header("x-list", "  b  b ").header("x-list", "").header("x-list", " a"),
        get("headers-folded", "/").header("x-one", "  a   b  ").header("x-two", "\"c    d\"").header("x-three", "e f"),
        get("headers-empty", "/").header("x-empty", "").header("x-blank", "    "),
        get("headers-extra", "/")
            .header("accept", "application/json")
            .header("amz-sdk-invocation-id", "00000000-0000-4000-8000-000000000000")
            .header("x-amz-meta-note", "a, b; c=d")
            .header("x-amz-target", "Thing_20110615.Do"),
        get("headers-mixed-case", "/").header("X-Mixed", "KeepsItsCase").header("Accept", "*/*"),
        get("headers-unsigned", "/").header("user-agent", "made-up/1.0").header("x-amzn-trace-id", "Root=1-0-0"),
        get("headers-sorted-by-byte", "/")
            .header("x-a_b", "1")
            .header("x-a-b", "2")
            .header("x-ab", "3")
            .header("x-a", "4"),
        get("headers-long", "/").header("x-long", &"long words ".repeat(400)),
        (0..60).fold(get("headers-many", "/"), |case, at| {
            case.header(["x-many", "x-more", "x-most"][at % 3], &format!("{at}"))
        }),
    ]
}

fn queries() -> Vec<Case> {
    vec![
        get("query-order", "/?a.=1&a-=2&a=3&A=4&a%2B=5&aa=6&a_=7&a~=8&a0=9&a%20=10"),
        get("query-repeated", "/?k=2&k=1&k=&k=10&k=2"),
        get("query-empty", "/?a=&b&c=1&&d"),
        get("query-equals", "/?a=b=c&=d&e=="),
        get("query-plus", "/?a=b+c&d%2Be=f%20g"),
        get("query-unicode", "/?%E2%82%AC=%f0%9f%92%a9&name=%C3%A9"),
        get("query-reserved", "/?r=%21%22%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40%5B%5D&raw=!$'()*,/:;?@"),
        get("query-needless-escapes", "/?%61ction=%47et%2dIt%2E%5F%7e&lower=%2f"),
        get("query-escaped-percent", "/?p=100%25&q=%2525"),
        get("query-long", &format!("/?{WHOAMI}&Policy={}", "%7B%22a%22%3A1%7D".repeat(300))),
    ]
}

fn paths() -> Vec<Case> {
    vec![
        get("path-dots", "/a/./b/../c//d"),
        get("path-dots-at-end", "/a/b/."),
        get("path-parent-at-end", "/a/b/.."),
        get("path-above-root", "/../../a"),
        get("path-nothing-left", "/a/../"),
        get("path-slashes", "//a///b//"),
        get("path-dots-in-names", "/.a/..b/c./d../..."),
        get("path-space", "/a%20b/c"),
        get("path-unicode", "/%E1%88%B4/%c3%a9"),
        get("path-escaped-slash", "/a%2Fb/%2e%2e/c"),
        get("path-reserved", "/a:b@c!d$e&f'g(h)i*j,k;l=m~n-o_p.q+r"),
    ]
}

fn presigned() -> Vec<Case> {
    let whoami = |name| get(name, &format!("/?{WHOAMI}")).presigned(900);
    vec![
        whoami("presigned-get"),
        whoami("presigned-get-token").token(),
        whoami("presigned-get-eks").header("x-k8s-aws-id", "made-up-cluster"),
        whoami("presigned-get-eks-token").header("x-k8s-aws-id", "made-up-cluster").token(),
        get("presigned-get-week", &format!("/?{WHOAMI}")).presigned(604_800),
        get("presigned-get-order", "/?X-Amz-A=1&X-Amz=2&x-amz-date=3&zz=4&X-Amz-Date-=5").presigned(60),
        post("presigned-post", WHOAMI).presigned(60),
        post("presigned-post-token", WHOAMI).token().presigned(0),
    ]
}

/// A body that is sent in chunks of these sizes; the last, empty one comes of itself.
pub struct Chunked {
    pub head: Case,
    pub mode: &'static str,
    pub sizes: &'static [usize],
    pub trailers: &'static [(&'static str, &'static str)],
}

/// The values of the trailers are made up: no checksum is judged with a signature.
pub fn chunked() -> Vec<Chunked> {
    let case = |name, mode, sizes: &'static [usize], trailers: &'static [(&str, &str)]| {
        let length: usize = sizes.iter().sum();
        let names: Vec<&str> = trailers.iter().map(|(name, _)| *name).collect();
        let head = Case { method: "PUT", ..get(name, "/big%20file").s3() }
            .header("content-encoding", "aws-chunked")
            .header("x-amz-decoded-content-length", &length.to_string());
        let head = if names.is_empty() { head } else { head.header("x-amz-trailer", &names.join(",")) };
        Chunked { head, mode, sizes, trailers }
    };
    const SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    const TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    const UNSIGNED: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    const CHECKSUM: (&str, &str) = ("x-amz-checksum-crc32c", "bWFkZQ==");
    let token = |case: Chunked| Chunked { head: case.head.token(), ..case };
    vec![
        case("signed", SIGNED, &[8192, 10_000, 9000, 77], &[]),
        case("signed-one", SIGNED, &[5], &[]),
        case("signed-nothing", SIGNED, &[], &[]),
        token(case("signed-token", SIGNED, &[65_536, 1], &[])),
        case("signed-trailer", TRAILER, &[8192, 8192, 12_345], &[CHECKSUM]),
        token(case("signed-trailers-unsorted", TRAILER, &[100], &[("x-amz-meta-last", " b  c "), CHECKSUM])),
        case("signed-trailer-nothing", TRAILER, &[], &[CHECKSUM]),
        case("unsigned-trailer", UNSIGNED, &[8192, 20_000, 3], &[CHECKSUM]),
        case("unsigned-no-trailer", UNSIGNED, &[300], &[]),
    ]
}

fn s3() -> Vec<Case> {
    let unsigned = |case: Case| Case { unsigned_payload: true, ..case };
    vec![
        get("s3-get", "/reports/2026/q1.csv").s3(),
        get("s3-path-dots", "/a/./b/../c/.").s3(),
        get("s3-path-slashes", "//a///b//").s3(),
        get("s3-path-escapes", "/a%20b/%E1%88%B4/c%2Fd/e%2Bf/%2e%2e/g").s3(),
        get("s3-path-reserved", "/a:b@c!d$e&f'g(h)i*j,k;l=m~n-o_p.q+r").s3(),
        get("s3-list", "/?list-type=2&prefix=a%2Fb&delimiter=%2F&start-after=").s3(),
        get("s3-subresource", "/key?acl").s3(),
        Case { method: "PUT", body: "hello".to_owned(), ..get("s3-put-token", "/key").s3().token() },
        unsigned(Case { method: "PUT", body: "hello".to_owned(), ..get("s3-put-unsigned-payload", "/key").s3() }),
        unsigned(get("s3-presigned-get", "/a%20b//c").s3().presigned(3600)),
        unsigned(get("s3-presigned-get-token", "/key?versionId=null").s3().token().presigned(604_800)),
        unsigned(
            Case { method: "PUT", body: "x".to_owned(), ..get("s3-presigned-put", "/key").s3() }
                .header("x-amz-acl", "private")
                .presigned(60),
        ),
    ]
}
