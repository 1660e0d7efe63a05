//! Error documents as other services of AWS write them, for those who speak in their stead.

use super::document::escape_xml;

/// S3's: no indents, its details between message and ids.
pub fn s3(code: &str, message: &str, details: &[(&str, String)], request_id: &str) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    element("Code", code, &mut out);
    element("Message", message, &mut out);
    for (name, value) in details {
        element(name, value, &mut out);
    }
    element("RequestId", request_id, &mut out);
    element("HostId", request_id, &mut out);
    out.push_str("</Error>");
    out
}

/// That of the Query protocol, without the namespace that each service has of its own.
pub fn query(code: &str, message: &str, fault: &str, request_id: &str) -> String {
    let mut out = String::from("<ErrorResponse>\n  <Error>\n    ");
    for (name, value) in [("Type", fault), ("Code", code), ("Message", message)] {
        element(name, value, &mut out);
        out.push_str("\n    ");
    }
    out.truncate(out.len() - 2);
    out.push_str("</Error>\n  ");
    element("RequestId", request_id, &mut out);
    out.push_str("\n</ErrorResponse>\n");
    out
}

/// EC2's.
pub fn ec2(code: &str, message: &str, request_id: &str) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>");
    element("Code", code, &mut out);
    element("Message", message, &mut out);
    out.push_str("</Error></Errors>");
    element("RequestID", request_id, &mut out);
    out.push_str("</Response>");
    out
}

fn element(name: &str, value: &str, out: &mut String) {
    out.extend(["<", name, ">"]);
    escape_xml(value, out);
    out.extend(["</", name, ">"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_whole_and_escaped() {
        assert_eq!(
            s3("ExpiredToken", "a < b", &[("Token-0", "x&y".to_owned())], "id"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>ExpiredToken</Code><Message>a &lt; b</Message>\
             <Token-0>x&amp;y</Token-0><RequestId>id</RequestId><HostId>id</HostId></Error>"
        );
        assert_eq!(
            query("AccessDenied", "no", "Sender", "id"),
            "<ErrorResponse>\n  <Error>\n    <Type>Sender</Type>\n    <Code>AccessDenied</Code>\n    \
             <Message>no</Message>\n  </Error>\n  <RequestId>id</RequestId>\n</ErrorResponse>\n"
        );
        assert!(ec2("AuthFailure", "no", "id").ends_with("</Error></Errors><RequestID>id</RequestID></Response>"));
    }
}
